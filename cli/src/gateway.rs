/*!
A local gateway: the approval service in this process and Envoy beside it, around any upstream.

Everything is checked and written before Envoy starts, and taken down in the reverse order however
it ends: Envoy first, so that its records are complete.
*/

mod files;
pub mod keeping;
mod listening;
mod plan;
mod sections;
pub mod service;
pub mod stop;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use approval::Person;
use approval::chains::Witness;
use approval::chains::remote::HttpAnchor;
use policy::bundle::Bundle;
use policy::engine::Subjects;

use crate::bundle::fetched::Source;
use crate::bundle::signed::Signed;
use crate::data::DataDir;
use crate::data::keys::{IssuerKey, ServiceKeys};
use crate::data::pki::Pki;
use crate::data::run_file::{ApproverEntry, RunFile};
use crate::envoy::{self, Limits, ServerTls, plugin::Plugin};
use crate::process::binary;
use crate::process::child::{Envoy, Start};
use crate::records::heads::heads;
use crate::upstream::{Target, Upstream};
use crate::{approver, bundle, custody, identity, print};

use keeping::{Keeper, Mark, Rotation};
use stop::Stop;

/// Of the ports on the list of the Fetch standard (bad ports) the one beside our defaults.
const REFUSED_BY_BROWSERS: u16 = 10080;

pub struct Options {
    pub upstreams: Vec<Upstream>,
    /// Folders and files; none: the embedded ones.
    pub bundles: Vec<PathBuf>,
    pub signed: Signed,
    /// Where bundles come from instead.
    pub fetch: Option<Source>,
    pub identity: Option<PathBuf>,
    pub listen: SocketAddr,
    pub tls: Option<ServerTls>,
    pub console: SocketAddr,
    pub console_url: Option<String>,
    /// Who may decide; at least one.
    pub approvers: Vec<Person>,
    pub data: PathBuf,
    /// Whether records go to the service's store by Envoy's access-log service, too.
    pub als: bool,
    pub otlp: Option<Target>,
    pub limits: Limits,
    pub envoy_log: String,
    pub rotation: Rotation,
    /// Where checkpoints are put besides the data folder.
    pub anchor: Option<HttpAnchor>,
    pub witnesses: Witnesses,
    /// How records name who calls.
    pub subjects: Subjects,
}

/// Who cosigns how many checkpoints there are.
pub struct Witnesses {
    /// None: nobody.
    pub known: Vec<Witness>,
    /// All without it.
    pub quorum: Option<usize>,
    pub every: Duration,
    /// Of the log; after its key without it.
    pub origin: Option<String>,
}

/// Runs until it is told to stop, or until Envoy ends.
pub async fn run(options: Options) -> Result<()> {
    let mut stop = Stop::new()?;
    // Of a bundle that is still to be fetched nothing is known; the embedded ones mask until then.
    let bundle = bundle::tested::to_run(&options.bundles)?;
    let in_force = Bundle::decode(&bundle)?;
    if let (Some(rule), None) = (cut_short(&in_force, options.limits), &options.fetch) {
        eprintln!("warning: rule `{rule}` keeps callers waiting longer than the limits let them");
    }
    for (rule, groups) in approver::without_approvers(&options.approvers, &in_force) {
        eprintln!(
            "warning: nobody may approve what rule `{rule}` holds: it asks for {groups}; add --approver NAME=GROUP"
        );
    }
    if options.fetch.is_none() {
        sections::check(&options.upstreams, &in_force)?;
    }
    let masking = bundle::for_masking(&options.bundles, &bundle)?;
    let envoy = binary::envoy()?;
    let data = DataDir::create(&options.data)?;
    let _lock = data.lock()?;
    if options.fetch.is_none() {
        bundle::kept::keep(&data, &options.bundles, &bundle)?;
    }
    listening::is_free(options.listen)?;
    let issuer = IssuerKey::of(&data)?;
    let trust = match &options.identity {
        Some(path) => identity::with_file(&issuer, path)?,
        None => identity::local(&issuer),
    };
    let keys = ServiceKeys::of(&data)?;
    let pki = Pki::new(envoy::APPROVAL_AUTHORITY)?;
    let plugin_keys = (keys.grant.public_bytes(), keys.receipt.public_bytes());
    let digest_key = keys.digest.clone();
    let custody = custody::config(&options.upstreams, &digest_key)?;
    let config = service::config(&options, &data, keys, &pki, &masking)?;
    let people: Vec<_> =
        config.approvers.iter().map(|one| (one.person.name.clone(), one.key.clone())).collect();
    let service = approval::start(config).await?;
    let approvers: Vec<_> = people
        .into_iter()
        .zip(&service.login_urls)
        .map(|((name, key), url)| ApproverEntry { name, key, login_url: url.clone() })
        .collect();
    let first = approvers.first().context("nobody may decide")?.clone();

    let plugin = Plugin {
        custody: &custody,
        identity: &trust.config,
        bundle: &bundle,
        fetch: options.fetch.as_ref().map(|source| &source.config),
        signed: &options.signed,
        grant_key: &plugin_keys.0,
        receipt_key: &plugin_keys.1,
        digest_key: &digest_key,
        limits: options.limits,
        subjects: options.subjects,
    };
    let facts = RunFile {
        pid: std::process::id(),
        envoy_pid: 0,
        gateway: String::new(),
        console: service.console_url.clone(),
        console_address: service.console_addr.to_string(),
        approver_key: first.key,
        login_url: first.login_url,
        approvers,
        approval: format!("https://{}", service.filter_addr),
        admin: files::admin_socket(&data)?,
        issuer: issuer.issuer(),
        revision: if options.fetch.is_none() { in_force.revision } else { String::new() },
    };
    let prepared = plan::plan(&options, &data, &trust, &facts, service.filter_addr, &plugin)
        .and_then(|plan| files::write(&data, &plan, &pki));
    let before = Mark::now(&data.records());
    let (store, noting) = (service.records(), service.noting());
    let keeper =
        Keeper::start(&data.records(), &facts.admin, store, options.rotation, noting).await?;
    let ended = match prepared {
        Ok(bootstrap) => {
            let start = Start {
                binary: &envoy,
                bootstrap: &bootstrap,
                log: &data.envoy().join("envoy.log"),
                log_level: &options.envoy_log,
            };
            around_envoy(&options, &data, &start, &facts, (&mut stop, &keeper)).await
        }
        Err(error) => Err(error),
    };
    files::remove(&data, &facts.admin);
    // Envoy wrote all it had, and nobody else writes there.
    if let Err(error) = keeper.end().await {
        eprintln!("warning: the last records are taken at the next start: {error:#}");
    }
    if ended.is_ok() {
        let told = service.chains_told().await;
        match before.since(&data.records()).and_then(|files| heads(&files, told)) {
            Ok(heads) => service.chains_ended(envoy::NODE, heads),
            Err(error) => eprintln!("warning: the ends of the records are not noted: {error}"),
        }
    }
    service.shutdown().await;
    ended
}

async fn around_envoy(
    options: &Options,
    data: &DataDir,
    start: &Start<'_>,
    facts: &RunFile,
    (stop, keeper): (&mut Stop, &Keeper),
) -> Result<()> {
    let mut envoy = Envoy::start(start)?;
    keeper.envoy(envoy.pid());
    let mut facts = RunFile { envoy_pid: envoy.pid(), ..facts.clone() };
    let ended = tokio::select! {
        ended = serve(options, data, &mut envoy, &mut facts) => ended,
        () = stop.asked() => Ok(()),
    };
    envoy.stop().await.and(ended)
}

/// Until Envoy ends.
async fn serve(
    options: &Options,
    data: &DataDir,
    envoy: &mut Envoy,
    facts: &mut RunFile,
) -> Result<()> {
    let port = envoy.ready(&facts.admin).await?;
    facts.gateway = plan::gateway_url(options, port);
    facts.write(data)?;
    // The one line others wait for; everything else goes to stderr.
    let (gateway, console) = (&facts.gateway, &facts.console);
    print::out(&format!("ready gateway={gateway} console={console} data={}", shown(data)))?;
    for ApproverEntry { name, login_url, .. } in &facts.approvers {
        let who = if facts.approvers.len() > 1 { format!(" as {name}") } else { String::new() };
        eprintln!("approve held calls{who} at {login_url} (good for one login)");
    }
    if options.console.port() == REFUSED_BY_BROWSERS {
        eprintln!(
            "warning: browsers open no page on port {REFUSED_BY_BROWSERS}; try --console 127.0.0.1:10081"
        );
    }
    eprintln!("make a token with `gatehouse token --data {} --sub NAME`", shown(data));
    Err(envoy.ended().await)
}

/// A rule whose calls on hold the limits would end before it does.
fn cut_short(bundle: &Bundle, limits: Limits) -> Option<&str> {
    let wait = |seconds: u32| Duration::from_secs(seconds.into());
    let longest = limits.idle.min(limits.stream);
    let mut rules = bundle.rules.iter();
    let rule =
        rules.find(|rule| rule.hold.as_ref().is_some_and(|hold| wait(hold.wait_seconds) > longest));
    rule.map(|rule| rule.name.as_str())
}

fn shown(data: &DataDir) -> impl std::fmt::Display + '_ {
    data.root().display()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use policy::bundle::Bundle;

    use super::cut_short;
    use crate::bundle::load;
    use crate::envoy::Limits;

    #[test]
    fn no_limit_is_shorter_than_a_wait() {
        let bundle = Bundle::decode(&load(&[]).unwrap()).unwrap();
        assert_eq!(cut_short(&bundle, Limits::default()), None);
        let short = Limits { stream: Duration::from_secs(1), ..Limits::default() };
        assert!(cut_short(&bundle, short).is_some());
    }
}
