//! The kill switch, in each state that an exchange can be in.

use super::lab::*;
use crate::engine::Heard;
use crate::exchange::{Event, Exchange, Flow, Step};
use crate::hold::HoldStatus;
use crate::kill::{self, Kill, Kills, Whom};
use crate::principal;
use crate::reason::Reason;
use crate::record::{End, Record};

const UNTIL: u64 = NOW.unix_ms / 1000 + 60;

fn caller(lab: &Lab, subject: &str) -> Whom {
    Whom::Caller(principal::caller("https://issuer.example", subject, &lab.engine.digest_key))
}

fn token(lab: &Lab, token: &str) -> Whom {
    Whom::Token(kill::token_key(token.as_bytes(), &lab.engine.digest_key))
}

fn kill(lab: &mut Lab, whom: &[Whom]) {
    let kill = |whom: &Whom| Kill { id: "k_1".into(), whom: whom.clone(), until: UNTIL };
    let kills = Kills { kills: whom.iter().map(kill).collect(), stale: false };
    let said = serde_json::to_vec(&kills).unwrap();
    assert_eq!(lab.engine.killed.answered(200, None, &said), Heard::More);
}

pub fn kill_ada(lab: &mut Lab) {
    let ada = caller(lab, "ada");
    kill(lab, &[ada]);
}

fn ended(lab: &mut Lab, exchange: &mut Exchange) -> Record {
    let steps = lab.on(exchange, Event::Log(None));
    let text = steps.list.iter().find_map(|step| match step {
        Step::WriteRecord(text) => Some(text),
        _ => None,
    });
    serde_json::from_str(text.unwrap()).unwrap()
}

fn recorded(lab: &mut Lab, exchange: &mut Exchange, end: End) -> Record {
    let record = ended(lab, exchange);
    let verdict = &record.verdict;
    assert_eq!((verdict.reason, verdict.kill.as_deref()), (Some(Reason::Killed), Some("k_1")));
    assert_eq!(record.end, end);
    record
}

#[test]
fn who_is_stopped_begins_nothing_by_whatever_token() {
    let mut lab = Lab::new();
    kill_ada(&mut lab);
    for _ in 0..2 {
        lab.bearer = lab.token("ada");
        let head = lab.head("GET", "/", true);
        let (mut exchange, steps) = lab.begin(head);
        assert_eq!((reason(&steps), steps.flow, releases(&steps)), ("killed", Flow::Pause, false));
        assert!(!lab.body(&mut exchange, "").list.contains(&Step::Resume));
        recorded(&mut lab, &mut exchange, End::Refused);
    }
    lab.bearer = lab.token("bob");
    let head = lab.head("GET", "/", true);
    assert!(releases(&lab.begin(head).1));
    lab.engine.killed.asks(crate::exchange::Now { unix_ms: UNTIL * 1000 });
    lab.bearer = lab.token("ada");
    let head = lab.head("GET", "/", true);
    assert!(releases(&lab.begin(head).1), "its end came");
}

#[test]
fn a_token_is_stopped_and_not_the_next_one() {
    let mut lab = Lab::new();
    let stopped = lab.bearer.clone();
    let whom = token(&lab, &stopped);
    kill(&mut lab, &[whom]);
    let head = lab.head("GET", "/", true);
    let (mut exchange, steps) = lab.begin(head);
    assert_eq!(reason(&steps), "killed");
    let record = recorded(&mut lab, &mut exchange, End::Refused);
    assert_eq!(Whom::named(&record.token), Some(token(&lab, &stopped)));
    assert!(!record.to_ascii_json().contains(&stopped));
    // The same one with another signature is the same.
    lab.bearer = lab.token("ada");
    assert_ne!(lab.bearer, stopped);
    let head = lab.head("GET", "/", true);
    assert_eq!(reason(&lab.begin(head).1), "killed");
    lab.scope = "another";
    let head = lab.head("GET", "/", true);
    assert!(releases(&lab.begin(head).1));
}

#[test]
fn a_call_whose_body_still_comes_is_refused() {
    let mut lab = Lab::new();
    let head = lab.head("POST", "/", false);
    let (mut exchange, _) = lab.begin(head);
    kill_ada(&mut lab);
    assert!(exchange.is_killed(&lab.engine));
    let steps = lab.body(&mut exchange, "{}");
    assert_eq!((reason(&steps), releases(&steps)), ("killed", false));
    assert!(!exchange.is_killed(&lab.engine), "it knows");
    recorded(&mut lab, &mut exchange, End::Refused);
}

#[test]
fn a_call_on_hold_is_refused_and_its_hold_is_left() {
    let mut lab = Lab::new();
    let (mut exchange, _) = lab.held();
    lab.answer(&mut exchange, 200, &state(HoldStatus::Pending));
    kill_ada(&mut lab);
    let steps = lab.on(&mut exchange, Event::Killed);
    assert_eq!((reason(&steps), steps.flow), ("killed", Flow::Pause));
    let told = lab.engine.telling.take();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, "/v1/leave");
    // The answer that was under way changes nothing.
    let steps = lab.answer(&mut exchange, 200, &state(HoldStatus::Approved));
    assert!(steps.list.is_empty() && steps.flow == Flow::Pause, "{steps:?}");
    let record = recorded(&mut lab, &mut exchange, End::Refused);
    assert_eq!(record.hold.unwrap().hold, "h_1");
    assert_eq!(lab.on(&mut exchange, Event::Killed).list, []);
}

#[test]
fn an_approval_that_comes_at_the_same_time_releases_nothing() {
    let mut lab = Lab::new();
    let (mut exchange, grant, receipt) = lab.approved();
    kill_ada(&mut lab);
    let pair = lab.pair("h_1", grant, receipt);
    let steps = lab.answer(&mut exchange, 200, &pair);
    assert_eq!((reason(&steps), releases(&steps)), ("killed", false));
}

#[test]
fn what_the_upstream_has_is_answered_or_cut() {
    let mut lab = Lab::new();
    let [mut waits, mut flows, mut over] = [(); 3].map(|()| {
        let get = lab.head("GET", "/", true);
        lab.begin(get).0
    });
    let headers = vec![(":status".to_owned(), b"200".to_vec())];
    for (exchange, end_of_stream) in [(&mut flows, false), (&mut over, true)] {
        let head = Event::ResponseHeaders { headers: headers.clone(), end_of_stream };
        lab.on(exchange, head);
    }
    lab.on(&mut flows, Event::ResponseBody { chunk: b"some", end_of_stream: false });
    kill_ada(&mut lab);

    let steps = lab.on(&mut waits, Event::Killed);
    assert_eq!(reason(&steps), "killed");
    // The gateway's own answer on its way out.
    let head = Event::ResponseHeaders { headers, end_of_stream: false };
    assert_eq!(lab.on(&mut waits, head).list, []);
    recorded(&mut lab, &mut waits, End::Refused);

    let steps = lab.on(&mut flows, Event::Killed);
    assert_eq!(steps.list, [Step::ResetResponse]);
    let steps = lab.on(&mut flows, Event::ResponseBody { chunk: b"more", end_of_stream: true });
    assert_eq!(chunk(&steps).as_deref(), Some(""));
    let record = recorded(&mut lab, &mut flows, End::Reset);
    assert_eq!(record.response.status, 200);

    assert!(!over.is_killed(&lab.engine));
    assert_eq!(lab.on(&mut over, Event::Killed).list, []);
    assert_eq!(ended(&mut lab, &mut over).end, End::Complete);
}

#[test]
fn nobody_else_is_stopped() {
    let mut lab = Lab::new();
    let get = lab.head("GET", "/", true);
    let (mut exchange, _) = lab.begin(get);
    let bob = caller(&lab, "bob");
    kill(&mut lab, &[bob]);
    assert!(!exchange.is_killed(&lab.engine));
    assert_eq!(lab.on(&mut exchange, Event::Killed).list, []);
    // Nor who never said who it is: an empty key is nobody's.
    let mut head = lab.head("GET", "/", true);
    head.headers.clear();
    let (unknown, steps) = lab.begin(head);
    assert_eq!(reason(&steps), "unauthenticated");
    assert!(!unknown.is_killed(&lab.engine));
}
