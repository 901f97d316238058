/*! `gatehouse run`: a local gateway around any upstream. */

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use approval::chains::Witness;
use clap::Args;
use policy::engine::Subjects;

use super::envoy_config;
use crate::bundle::fetched::Source;
use crate::bundle::signed::{Signed, Wanted};
use crate::envoy::{Limits, ServerTls};
use crate::gateway::keeping::Rotation;
use crate::gateway::{self, Options, Witnesses};
use crate::records::anchors::Reach;
use crate::records::removing::Keep;
use crate::{approver, lifetime, size, upstream};

#[derive(Args)]
pub struct Arguments {
    /// Where calls go: whole path segments, the longest prefix first, replaced by the URL's path.
    #[arg(long, value_name = "[PREFIX=]URL", required = true)]
    upstream: Vec<String>,
    /// How to read an upstream's bodies: mcp, openai or http. Found from each body without it.
    #[arg(long, value_name = "PREFIX=KIND")]
    kind: Vec<String>,
    /// A section of the bundle whose rules are meant for an upstream; may be repeated.
    #[arg(long, value_name = "PREFIX=NAME")]
    section: Vec<String>,
    /// The upstream's credential: a bearer token, or a whole header value such as `Basic ...`.
    #[arg(long, value_name = "PREFIX=FILE")]
    credential: Vec<String>,
    /// Folder or file with rules, or the name of a bundle that is built in, such as `secrets`; instead of
    /// those that apply by default. May be repeated.
    #[arg(long, value_name = "BUNDLE")]
    bundle: Vec<PathBuf>,
    /// Where bundles are fetched from while the gateway runs, as `bundle pack` wrote them.
    #[arg(long, value_name = "URL", requires = "bundle_signer", conflicts_with = "bundle")]
    bundle_url: Option<String>,
    /// How often the URL is asked for a new one.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = lifetime::parse,
        requires = "bundle_url")]
    bundle_interval: Duration,
    /// Public key in PEM of one whose signature the compiled bundle needs; may be repeated.
    #[arg(long, value_name = "FILE")]
    bundle_signer: Vec<PathBuf>,
    /// How many of them have to have signed.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "bundle_signer")]
    bundle_signatures: usize,
    /// A section whose rules alone the owner of NAME.pub may sign; may be repeated.
    #[arg(long, value_name = "NAME=SECTION", requires = "bundle_signer")]
    bundle_signer_section: Vec<String>,
    /// Issuers whose tokens are taken beside those of `gatehouse token`, in YAML or JSON.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Where agents call; port 0 for any.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:10000")]
    listen: SocketAddr,
    /// Where approvers decide; port 0 for any. Browsers open no page on port 10080; programs do.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:10081")]
    console: SocketAddr,
    /// How approvers reach the console, if not at its address.
    #[arg(long, value_name = "URL")]
    console_url: Option<String>,
    /// Who may decide, with the groups they decide for; may be repeated, each gets a key and a login
    /// link. Without groups: only what asks for nobody in particular. Without the option: you alone, for
    /// every group.
    #[arg(long, value_name = "NAME[=GROUP,...]")]
    approver: Vec<String>,
    /// Keys, records and holds.
    #[arg(long, value_name = "DIR", default_value = super::DATA)]
    data: PathBuf,
    /// Has records sent to the console's store as exchanges end, by Envoy's access-log service; the file stays.
    #[arg(long)]
    als: bool,
    /// A collector of OpenTelemetry that records are sent to, too: gRPC, as http://HOST:4317.
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,
    /// Certificate chain of the listener, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its key.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Who signs the certificates of callers; then each must show one.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,
    #[command(flatten)]
    records: RecordArguments,
    #[command(flatten)]
    limits: LimitArguments,
    /// How much Envoy writes to its log, DIR/envoy/envoy.log.
    #[arg(long, value_name = "LEVEL", default_value = "warning", help_heading = "Limits and logs",
        value_parser = ["trace", "debug", "info", "warning", "error", "critical", "off"])]
    envoy_log: String,
}

#[derive(Args)]
#[command(next_help_heading = "Records")]
struct RecordArguments {
    /// A file of records that is as long is put away, and a new one begun; 0: never.
    #[arg(long, value_name = "SIZE", default_value = "256MB", value_parser = size::parse)]
    rotate_records: u64,
    /// How many files that were put away are kept.
    #[arg(long, value_name = "N", default_value_t = 64)]
    keep_record_files: usize,
    /// How long records are kept, in files that were put away and in the store; 0d: for ever.
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = lifetime::parse)]
    keep_records: Duration,
    /// Where each checkpoint of the records is put as an object of its own, which nobody who has the data folder can
    /// take back.
    #[arg(long, value_name = "URL")]
    anchor: Option<String>,
    /// A header for it, with the file that has its value; may be repeated.
    #[arg(long, value_name = "NAME=FILE", requires = "anchor")]
    anchor_header: Vec<String>,
    /// Certificates in PEM that sign its server's, beside the system's.
    #[arg(long, value_name = "FILE", requires = "anchor")]
    anchor_ca: Option<PathBuf>,
    /// A witness that cosigns how many checkpoints there are, so that nobody rolls them back unseen; may be repeated.
    #[arg(long, value_name = "VKEY=URL")]
    witness: Vec<String>,
    /// How many of them have to; all without it.
    #[arg(long, value_name = "N", requires = "witness")]
    witness_quorum: Option<usize>,
    /// How often they are asked at most.
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = lifetime::parse)]
    witness_every: Duration,
    /// Certificates in PEM that sign their servers', beside the system's.
    #[arg(long, value_name = "FILE", requires = "witness")]
    witness_ca: Option<PathBuf>,
    /// How they know the log of checkpoints; after its key without it.
    #[arg(long, value_name = "ORIGIN", requires = "witness")]
    log_origin: Option<String>,
    /// How records name subjects, agents and owners: `clear`, or `keyed`, by a key that is the same for the same one.
    #[arg(long, value_name = "HOW", default_value = "clear", value_parser = ["clear", "keyed"])]
    subjects: String,
}

#[derive(Args)]
#[command(next_help_heading = "Limits and logs")]
struct LimitArguments {
    /// Longest request body, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().request_body,
        value_parser = clap::value_parser!(u64).range(1..=64 * 1024 * 1024))]
    request_limit: u64,
    /// Longest response body that is not a stream, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().response_body,
        value_parser = clap::value_parser!(u64).range(1..=64 * 1024 * 1024))]
    response_limit: u64,
    /// Calls of one principal on hold at a time.
    #[arg(long, value_name = "N", default_value_t = Limits::default().holds_per_principal)]
    holds_per_principal: u32,
    /// Bytes of the calls of one principal on hold, heads and bodies.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().held_bytes_per_principal,
        value_parser = clap::value_parser!(u64).range(1..=1024 * 1024 * 1024))]
    held_bytes_per_principal: u64,
    /// Calls of all principals on hold at a time, in one worker.
    #[arg(long, value_name = "N", default_value_t = Limits::default().holds,
        value_parser = clap::value_parser!(u32).range(1..=16 * 1024))]
    holds: u32,
    /// Bytes of all calls on hold, in one worker.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().held_bytes,
        value_parser = clap::value_parser!(u64).range(1..=256 * 1024 * 1024))]
    held_bytes: u64,
    /// Dry runs of one principal in a minute; 0: none.
    #[arg(long, value_name = "N", default_value_t = Limits::default().dry_runs_per_minute)]
    dry_runs_per_minute: u32,
    /// A call nobody moves ends after this. Must be longer than any rule keeps a caller waiting.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = lifetime::parse)]
    idle_limit: Duration,
    /// No call or stream lives longer.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = lifetime::parse)]
    stream_limit: Duration,
}

pub fn run(arguments: Arguments) -> Result<ExitCode> {
    crate::log::start("warn");
    super::block_on(gateway::run(options(arguments)?))?;
    Ok(ExitCode::SUCCESS)
}

fn options(arguments: Arguments) -> Result<Options> {
    let Arguments { upstream, kind, section, credential, .. } = &arguments;
    let upstreams = upstream::assemble(upstream, kind, section, credential)?;
    let tls = match (arguments.tls_cert, arguments.tls_key) {
        (Some(certificate), Some(key)) => Some(ServerTls {
            certificate: std::path::absolute(certificate)?,
            key: std::path::absolute(key)?,
            client_ca: arguments.tls_client_ca.map(std::path::absolute).transpose()?,
        }),
        _ => None,
    };
    let limits = arguments.limits;
    let records = arguments.records;
    let wanted = Wanted {
        keys: arguments.bundle_signer,
        required: arguments.bundle_signatures,
        sections: arguments.bundle_signer_section,
    };
    let witnesses = Witnesses {
        known: witnesses(&records.witness, records.witness_ca.as_deref()).context("--witness")?,
        quorum: records.witness_quorum,
        every: records.witness_every,
        origin: records.log_origin,
    };
    let reach = Reach { headers: records.anchor_header, ca: records.anchor_ca };
    let anchor = records.anchor.map(|url| reach.anchor(&url).context("--anchor")).transpose()?;
    let fetch = arguments.bundle_url.map(|url| Source::new(&url, arguments.bundle_interval));
    Ok(Options {
        upstreams,
        signed: match &fetch {
            Some(_) => Signed::of_fetched(&wanted)?,
            None => Signed::read(&arguments.bundle, &wanted)?,
        },
        fetch: fetch.transpose()?,
        bundles: arguments.bundle,
        identity: arguments.identity,
        listen: arguments.listen,
        tls,
        console: arguments.console,
        console_url: arguments.console_url,
        approvers: approver::people(&arguments.approver)?,
        data: arguments.data,
        als: arguments.als,
        otlp: envoy_config::collector(arguments.otlp.as_deref())?,
        limits: Limits {
            request_body: limits.request_limit,
            response_body: limits.response_limit,
            holds_per_principal: limits.holds_per_principal,
            held_bytes_per_principal: limits.held_bytes_per_principal,
            holds: limits.holds,
            held_bytes: limits.held_bytes,
            dry_runs_per_minute: limits.dry_runs_per_minute,
            idle: limits.idle_limit,
            stream: limits.stream_limit,
        },
        anchor,
        witnesses,
        subjects: if records.subjects == "keyed" { Subjects::Keyed } else { Subjects::Clear },
        rotation: Rotation {
            bytes: records.rotate_records,
            keep: Keep { files: records.keep_record_files, age: records.keep_records },
        },
        envoy_log: arguments.envoy_log,
    })
}

fn witnesses(written: &[String], ca: Option<&Path>) -> Result<Vec<Witness>> {
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
    };
    let ca = ca.map(read).transpose()?;
    let one = |text: &String| {
        // No key has a `=` in it, and a URL may.
        let form = || format!("`{text}` is not VKEY=URL");
        let (key, url) = text.split_once('=').with_context(form)?;
        Witness::new(url, key, ca.clone())
    };
    written.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Arguments, options};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn refusal(more: &[&str]) -> String {
        let line = [&["run", "--upstream", "http://127.0.0.1:9"], more].concat();
        match Line::try_parse_from(line) {
            Err(error) => error.to_string(),
            Ok(line) => options(line.arguments).err().map_or(String::new(), |e| format!("{e:#}")),
        }
    }

    #[test]
    fn bundles_are_fetched_only_where_signers_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ada.pub");
        let pair = jwt_simple::prelude::Ed25519KeyPair::generate();
        std::fs::write(&file, pair.public_key().to_pem()).unwrap();
        let ada = file.to_str().unwrap();
        let url = ["--bundle-url", "http://127.0.0.1:8/b"];
        let with = |more: &[&str]| refusal(&[&url, more].concat());
        assert_eq!(with(&["--bundle-signer", ada]), "");
        assert!(with(&[]).contains("--bundle-signer"));
        assert!(with(&["--bundle-signer", ada, "--bundle", "b"]).contains("cannot be used with"));
        let two = with(&["--bundle-signer", ada, "--bundle-signatures", "2"]);
        assert!(two.contains("2 signatures are required of 1"), "{two}");
        let often = with(&["--bundle-signer", ada, "--bundle-interval", "0s"]);
        assert!(often.contains("--bundle-interval"), "{often}");
        assert!(with(&["--bundle-signer", "/nowhere"]).contains("cannot read the key"));
        assert!(refusal(&["--bundle-interval", "5s"]).contains("--bundle-url"));
        for (url, why) in [
            ("http://127.0.0.1:4317", ""),
            ("https://collector.test", ""),
            ("127.0.0.1:4317", "reached by http or https"),
            ("http://collector.test/v1/logs", "gRPC has no path"),
            ("http://ann:secret@collector.test:4317", "user or password"),
        ] {
            let said = refusal(&["--otlp", url]);
            assert!(said.contains(why) && said.is_empty() == why.is_empty(), "{url}: {said}");
            assert!(!said.contains("secret"), "{said}");
        }
        let vkey = "w+0bdd7180+BAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";
        for (witness, why) in [
            (format!("{vkey}=https://w.example/"), ""),
            (format!("{vkey}=http://w.example/"), "https"),
            (vkey.replace("0bdd", "0bde") + "=https://w.example/", "damaged"),
            (vkey.to_owned(), "not VKEY=URL"),
        ] {
            let said = refusal(&["--witness", &witness]);
            assert!(said.contains(why) && said.is_empty() == why.is_empty(), "{witness}: {said}");
        }
        let other = ["--bundle-url", "s3://b/c", "--bundle-signer", ada];
        assert!(refusal(&other).contains("--bundle-url"), "{}", refusal(&other));
    }
}
