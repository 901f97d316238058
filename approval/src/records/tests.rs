use policy::principal::Principal;
use policy::reason::Reason;
use policy::record::{ClientClaims, End, HoldRecord, Record};
use policy::rule::Effect;
use policy::session::{JoinedBy, Session};

use super::{Envoy, Exchange, describe, session};

fn record(exchange: &str, subject: &str, session: Option<&str>, started_ms: u64) -> Record {
    Record {
        exchange: exchange.to_owned(),
        started_ms,
        principal: Some(Principal {
            issuer: "https://i".to_owned(),
            subject: subject.to_owned(),
            groups: Vec::new(),
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        }),
        claims: ClientClaims { session: session.map(str::to_owned), ..Default::default() },
        ..Default::default()
    }
}

fn all(records: Vec<Record>) -> Vec<Exchange> {
    let one = |record| Exchange { record, link: None, envoy: Envoy::default() };
    records.into_iter().map(one).collect()
}

#[test]
fn a_session_never_joins_two_principals() {
    let mut held = record("4", "b", Some("x"), 40);
    held.hold = Some(HoldRecord::default());
    let exchanges = all(vec![
        record("2", "a", Some("x"), 20),
        record("1", "a", Some("x"), 10),
        record("3", "a", None, 30),
        held,
    ]);
    let sessions = session::list(&exchanges);
    let seen: Vec<_> = sessions
        .iter()
        .map(|one| (one.subject.as_deref(), one.client_id.as_deref(), one.exchanges, one.held))
        .collect();
    assert_eq!(
        seen,
        [(Some("b"), Some("x"), 1, 1), (Some("a"), None, 1, 0), (Some("a"), Some("x"), 2, 0),]
    );
    let shown = session::exchanges(&exchanges, &sessions[2].id);
    let order: Vec<&str> = shown.iter().map(|one| one.record.exchange.as_str()).collect();
    assert_eq!(order, ["1", "2"]);
}

#[test]
fn a_dry_run_is_none_of_the_calls_that_were_held_or_refused() {
    let mut dry = record("1", "a", None, 10);
    dry.dry_run = true;
    dry.verdict.effect = Some(Effect::Deny);
    dry.verdict.reason = Some(Reason::Denied);
    let exchanges = all(vec![dry, record("2", "a", None, 20)]);
    let sessions = session::list(&exchanges);
    let counts: Vec<_> =
        sessions.iter().map(|one| (one.exchanges, one.dry_runs, one.refused)).collect();
    assert_eq!(counts, [(2, 1, 0)]);
    assert_eq!(describe::verdict(&exchanges[0]), "dry run: deny (denied)");
}

#[test]
fn of_a_caller_that_left_it_is_said_how_far_it_came() {
    let mut left = record("1", "a", None, 10);
    left.verdict.effect = Some(Effect::Hold);
    left.end = End::Aborted;
    let ended = |flags: &str| Exchange {
        record: left.clone(),
        link: None,
        envoy: Envoy { flags: flags.to_owned(), ..Envoy::default() },
    };
    assert_eq!(describe::verdict(&ended("DC")), "hold, the caller left");
    assert_eq!(describe::verdict(&ended("DT,DR")), "hold, the caller left");
    // The upstream did.
    assert_eq!(describe::verdict(&ended("UC")), "hold");
}

#[test]
fn what_the_gateway_joined_is_one_session() {
    let joined = |exchange: &str, id: &str, joined_by, at| {
        let mut record = record(exchange, "a", Some("m"), at);
        record.claims.run = Some("r".to_owned());
        record.claims.trace = Some("t".to_owned());
        record.session = Some(Session { id: id.to_owned(), joined_by });
        record
    };
    let exchanges = all(vec![
        joined("1", "s_run", JoinedBy::Run, 10),
        joined("2", "s_trace", JoinedBy::Trace, 20),
        joined("3", "s_run", JoinedBy::Run, 30),
        joined("4", "s_token", JoinedBy::Token, 40),
    ]);
    let sessions = session::list(&exchanges);
    let seen: Vec<_> = sessions
        .iter()
        .map(|one| (one.id.as_str(), one.client_id.as_deref(), one.exchanges))
        .collect();
    assert_eq!(
        seen,
        [("s_token", Some("m"), 1), ("s_run", Some("r"), 2), ("s_trace", Some("t"), 1)]
    );
    let shown = session::exchanges(&exchanges, "s_run");
    let order: Vec<&str> = shown.iter().map(|one| one.record.exchange.as_str()).collect();
    assert_eq!(order, ["1", "3"]);
}
