/*! `gatehouse sessions backtest`: what a bundle would have made of the exchanges that were recorded. */

mod told;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::slice::from_ref;

use anyhow::Result;
use approval::records::{Exchange, describe};
use clap::Args;
use policy::backtest::{self, CannotTell, Change, Outcome, changes};
use policy::bundle::Bundle;
use serde::Serialize;

use super::super::{Log, Reading};
use crate::bundle::load;
use crate::exit;
use crate::print::{self, Format};
use crate::records::sieve::Sieve;

#[derive(Args)]
pub struct Arguments {
    /// The bundle to come: compiled, a folder or a YAML file. Several become one.
    #[arg(long, value_name = "PATH", required = true)]
    bundle: Vec<PathBuf>,
    /// The bundle that was in force. What it makes of a record has to be what was recorded: else
    /// nobody can tell what the one to come would have made of it.
    #[arg(long, value_name = "PATH")]
    against: Option<PathBuf>,
    /// Exchanges of which nobody can tell are a difference, too.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    sieve: Sieve,
}

/// What came of all of them.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// The bundle's.
    revision: String,
    /// Exchanges that were looked at.
    exchanges: u64,
    /// Of which it is known what would have become of them.
    judged: u64,
    /// Refused before any rule was asked.
    before_rules: u64,
    cannot_tell: BTreeMap<CannotTell, u64>,
    different: Vec<Different>,
    /// By rule in shadow, how many requests and answers it matches.
    shadow: BTreeMap<String, u64>,
    /// References of those nobody can tell of.
    unknown: Vec<Unknown>,
}

#[derive(Debug, Serialize)]
struct Different {
    exchange: String,
    started_ms: u64,
    subject: Option<String>,
    call: String,
    /// As it was recorded.
    verdict: String,
    changes: Vec<Change>,
}

#[derive(Debug, Serialize)]
struct Unknown {
    exchange: String,
    why: CannotTell,
}

pub async fn run(arguments: &Arguments, log: &Log, reading: &Reading) -> Result<ExitCode> {
    let bundle = Bundle::decode(&load(&arguments.bundle)?)?;
    let against = arguments.against.as_ref();
    let against = against.map(|path| anyhow::Ok(Bundle::decode(&load(from_ref(path))?)?));
    let against = against.transpose()?;
    let place = log.place(reading).await?;
    let sieve = arguments.sieve.at(super::now());
    let mut report = Report { revision: bundle.revision.clone(), ..Report::default() };
    place.each(&sieve, |exchange| report.add(&bundle, against.as_ref(), exchange)).await?;
    print::out(&match reading.format {
        Format::Json => print::json(&report)?,
        Format::Human => told::human(&report),
    })?;
    let found =
        !report.different.is_empty() || (arguments.strict && !report.cannot_tell.is_empty());
    Ok(if found { exit::found() } else { ExitCode::SUCCESS })
}

impl Report {
    fn add(&mut self, bundle: &Bundle, against: Option<&Bundle>, exchange: &Exchange) {
        let record = &exchange.record;
        self.exchanges += 1;
        let Some(before) = backtest::recorded(record) else {
            self.before_rules += 1;
            return;
        };
        let after = match after(bundle, against, exchange, &before) {
            Ok(after) => after,
            Err(why) => {
                *self.cannot_tell.entry(why).or_default() += 1;
                self.unknown.push(Unknown { exchange: record.exchange.clone(), why });
                return;
            }
        };
        self.judged += 1;
        let sides = [Some(&after.request), after.response.as_ref()].into_iter().flatten();
        for rule in sides.flat_map(|side| &side.shadow) {
            *self.shadow.entry(rule.clone()).or_default() += 1;
        }
        let changes = changes(&before, &after);
        if !changes.is_empty() {
            self.different.push(different(exchange, changes));
        }
    }
}

fn after(
    bundle: &Bundle,
    against: Option<&Bundle>,
    exchange: &Exchange,
    before: &Outcome,
) -> Result<Outcome, CannotTell> {
    if let Some(against) = against
        && !changes(before, &backtest::judge(against, &exchange.record)?).is_empty()
    {
        return Err(CannotTell::UnlikeRecorded);
    }
    backtest::judge(bundle, &exchange.record)
}

fn different(exchange: &Exchange, changes: Vec<Change>) -> Different {
    let record = &exchange.record;
    Different {
        exchange: record.exchange.clone(),
        started_ms: record.started_ms,
        subject: record.principal.as_ref().map(|principal| principal.subject.clone()),
        call: describe::call(record),
        verdict: describe::verdict(exchange),
        changes,
    }
}

#[cfg(test)]
mod tests {
    use approval::records::Envoy;
    use policy::principal::Principal;
    use policy::record::{FindingCount, HeaderRecord, Record};
    use policy::rule::Effect;

    use super::*;
    use crate::bundle::compiled;
    use policy::compile::{Source, SourceFile};

    const BUNDLE: &str = "bundle: {name: b, version: '1'}\npatterns:\n  - {name: mail, kind: email, regex: '[a-z]{1,9}@[a-z]{1,9}', examples: {match: ['a@bc'], no_match: ['a']}}\nrules:\n";

    fn bundle(rules: &str) -> Bundle {
        let file = SourceFile { path: "b.yaml".into(), text: format!("{BUNDLE}{rules}") };
        let source = Source { name: "b".into(), files: vec![file], ..Source::default() };
        Bundle::decode(&compiled(&[source]).unwrap_or_else(|e| panic!("{e}"))).unwrap()
    }

    fn exchange(method: &str) -> Exchange {
        let mut record = Record { exchange: format!("x_{method}"), ..Record::default() };
        record.kind = "http".into();
        record.principal = Some(Principal {
            issuer: "i".into(),
            subject: "ada\u{1b}".into(),
            groups: Vec::new(),
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        });
        record.request.method = method.into();
        record.request.authority = "a.example".into();
        record.request.path = "/".into();
        record.request.headers = vec![HeaderRecord { name: "accept".into(), value: "a/b".into() }];
        record.verdict.effect = Some(Effect::Allow);
        record.response.status = 200;
        record.response.body.text = "[REDACTED:email]".into();
        record.response.findings =
            vec![FindingCount { kind: "email".into(), count: 1, redacted: true, allowed: false }];
        Exchange { record, link: None, envoy: Envoy::default() }
    }

    fn report(bundle: &Bundle, against: Option<&Bundle>, all: &[&Exchange]) -> Report {
        let mut report = Report::default();
        all.iter().for_each(|one| report.add(bundle, against, one));
        report
    }

    const MASK: &str =
        "  - {name: mask, on: response, match: {findings: [email]}, effect: redact}\n";

    #[test]
    fn what_would_be_different_is_counted_and_named() {
        let rules = "  - {name: no-gets, on: request, match: {http: {method: [GET]}}, effect: deny}\n  - {name: later, on: request, match: {http: {method: [PUT]}}, effect: hold, mode: shadow}\n";
        let [get, put, post] = ["GET", "PUT", "POST"].map(exchange);
        let mut cut = exchange("PATCH");
        cut.record.request.body.truncated = true;
        let mut refused = exchange("GET");
        refused.record.kind.clear();
        let report = report(&bundle(rules), None, &[&get, &put, &post, &cut, &refused]);
        assert_eq!((report.exchanges, report.judged, report.before_rules), (5, 3, 1));
        let text = told::human(&report);
        for wanted in [
            "3 exchanges judged once more, of 5",
            "newly deny                       1",
            "no longer mask in the answer     2  (email 2)",
            "1 refused before any rule was asked",
            "nobody can tell of 1: the record has only the begin of the request",
            "in shadow, `later` matches 1",
            "x_GET   ada\u{fffd}  GET /   allow  newly deny by no-gets",
            "x_PUT   ada\u{fffd}  PUT /   allow  no longer mask in the answer email",
        ] {
            assert!(text.contains(wanted), "{wanted}\n{text}");
        }
    }

    #[test]
    fn a_bundle_that_changes_nothing_says_so() {
        let report = report(&bundle(MASK), None, &[&exchange("GET")]);
        assert!(told::human(&report).contains("nothing would be different"));
        assert!(report.different.is_empty() && report.unknown.is_empty());
    }

    /// The bundle that was in force would not have masked it: so the record is of another.
    #[test]
    fn what_the_bundle_before_cannot_explain_tells_nothing() {
        let all = [&exchange("GET")];
        let unlike = report(&bundle(MASK), Some(&bundle("  []\n")), &all);
        assert_eq!(unlike.cannot_tell, BTreeMap::from([(CannotTell::UnlikeRecorded, 1)]));
        let like = report(&bundle("  []\n"), Some(&bundle(MASK)), &all);
        assert_eq!(like.different.len(), 1);
    }
}
