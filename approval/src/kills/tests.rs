//! What a gateway is told, over the routes it asks.

use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{StatusCode, header};
use macro_rules_attribute::apply;
use policy::kill::{Kills, Whom};

use super::{Board, Reach, TenantReach};
use crate::api::KillRequest;
use crate::approver::{Approver, Door};
use crate::holds::Holds;
use crate::store::Kill;
use crate::tenant::Tenant;
use crate::testing::{Answer, Fixture, NOW, dana, filter_of, on_both, send};

/// A second or two, on a machine that has a lot to do.
const SOON: Duration = Duration::from_secs(10);

fn approver() -> Approver {
    Approver { person: dana().person, door: Door::Key }
}

fn of_alice(seconds: u64) -> KillRequest {
    KillRequest {
        issuer: Some("https://idp.example".into()),
        subject: Some("alice".into()),
        seconds: Some(seconds),
        reason: "it deletes customers".into(),
        ..KillRequest::default()
    }
}

pub async fn kill(holds: &Holds, seconds: u64) -> Kill {
    killed(holds, &of_alice(seconds)).await
}

async fn killed(holds: &Holds, said: &KillRequest) -> Kill {
    holds.kill(said, None, &approver(), "::1").await.unwrap().0
}

async fn ask(filter: &Router, worker: &str, known: &str) -> Answer {
    let path = format!("/v1/kills?gateway=edge&worker={worker}");
    match known {
        "" => send(filter, "GET", &path, &[], "").await,
        known => send(filter, "GET", &path, &[("if-none-match", known)], "").await,
    }
}

fn tag(answer: &Answer) -> String {
    answer.headers[header::ETAG].to_str().unwrap().to_owned()
}

fn ids(answer: &Answer) -> Vec<String> {
    answer.json::<Kills>().kills.into_iter().map(|one| one.id).collect()
}

#[apply(on_both)]
async fn a_worker_is_told_what_is_in_force_and_only_news() {
    let fixture = Fixture::new().await;
    let none = ask(&fixture.filter, "w1", "").await;
    assert_eq!((none.status, none.body.as_str()), (StatusCode::OK, r#"{"kills":[]}"#));
    assert_eq!(none.headers[header::CONTENT_TYPE], "application/json");
    let first = tag(&none);
    assert!(first.starts_with('"') && first.ends_with('"') && first.len() == 45, "{first}");
    let still = ask(&fixture.filter, "w1", &first).await;
    assert_eq!((still.status, still.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(tag(&still), first);

    let made = kill(&fixture.holds, 60).await;
    let news = ask(&fixture.filter, "w1", &first).await;
    assert_eq!(news.status, StatusCode::OK);
    let told = news.json::<Kills>().kills;
    let key = policy::principal::caller("https://idp.example", "alice", crate::testing::DIGEST_KEY);
    assert_eq!((told[0].id.as_str(), told[0].until), (made.id.as_str(), NOW + 60));
    assert_eq!((told.len(), &told[0].whom), (1, &Whom::Caller(key)));
    let second = tag(&news);
    assert_ne!(first, second);
    for known in [second.clone(), format!("W/{second}"), format!("\"x\", {second}")] {
        assert_eq!(ask(&fixture.filter, "w1", &known).await.status, StatusCode::NOT_MODIFIED);
    }
    for known in ["*", "\"x\"", second.trim_matches('"')] {
        assert_eq!(ask(&fixture.filter, "w1", known).await.status, StatusCode::OK, "{known}");
    }
    // It ends by the clock alone, and then the answer is the one of before.
    fixture.clock.advance(59);
    assert_eq!(ids(&ask(&fixture.filter, "w1", "").await), [made.id]);
    fixture.clock.advance(1);
    let over = ask(&fixture.filter, "w1", &second).await;
    assert_eq!((over.status, tag(&over)), (StatusCode::OK, first));

    let made = kill(&fixture.holds, 60).await;
    assert_eq!(ids(&ask(&fixture.filter, "w1", "").await), [&*made.id]);
    fixture.holds.lift(&made.id, "", &approver(), "::1").await.unwrap();
    assert!(ids(&ask(&fixture.filter, "w1", "").await).is_empty());

    for path in ["/v1/kills", "/v1/kills?gateway=edge", "/v1/kills?gateway=edge&worker="] {
        let answer = send(&fixture.filter, "GET", path, &[], "").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
    let sent = send(&fixture.filter, "POST", "/v1/kills", &[], "{}").await;
    assert_eq!(sent.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[apply(on_both)]
async fn a_tenant_is_told_its_own_and_those_of_all() {
    let fixture = Fixture::new().await;
    let filter = |name: &str| filter_of(&fixture.holds, Tenant::of_name(name).unwrap());
    let of = |tenant: &str| KillRequest { tenant: Some(tenant.into()), ..of_alice(600) };
    let all = kill(&fixture.holds, 600).await.id;
    let red = killed(&fixture.holds, &of("red")).await.id;
    let blue = killed(&fixture.holds, &of("blue")).await.id;
    let nameless = killed(&fixture.holds, &of("")).await.id;
    let mut tags = Vec::new();
    for (tenant, own) in
        [("red", Some(red)), ("blue", Some(blue)), ("", Some(nameless)), ("new", None)]
    {
        let answer = ask(&filter(tenant), "w1", "").await;
        let mut expected: Vec<String> = own.into_iter().chain([all.clone()]).collect();
        expected.sort();
        assert_eq!(ids(&answer), expected, "{tenant}");
        tags.push(tag(&answer));
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4);
}

/// What is not known is not told as nothing, and what was known stays.
#[apply(on_both)]
async fn a_store_that_cannot_be_read_lets_nobody_go() {
    let fixture = Fixture::new().await;
    let made = kill(&fixture.holds, 600).await;
    fixture.holds.store.close().await;
    assert!(fixture.holds.read_kills().await.is_err());
    let answer = ask(&fixture.filter, "w1", "").await;
    assert_eq!((ids(&answer), answer.json::<Kills>().stale), (vec![made.id], true));
    assert_eq!(ask(&fixture.filter, "w1", &tag(&answer)).await.status, StatusCode::NOT_MODIFIED);
    // One that has read nothing yet has nothing to tell.
    let board = Board::default();
    assert!(board.told(&Tenant::default(), NOW).is_none());
    board.take(Vec::new());
    assert!(board.told(&Tenant::default(), NOW).is_some());
    assert_eq!(crate::error::Problem::kills_unknown().status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[apply(on_both)]
async fn people_see_where_it_is_in_force() {
    let fixture = Fixture::new().await;
    let (filter, holds) = (&fixture.filter, &fixture.holds);
    let other = filter_of(holds, Tenant::of_name("other").unwrap());
    let before = tag(&ask(filter, "w1", "").await);
    ask(filter, "w2", "").await;
    ask(&other, "w1", "").await;
    let all = kill(holds, 600).await;
    let own = killed(holds, &KillRequest { tenant: Some(String::new()), ..of_alice(600) }).await;
    let reach = |kill: &Kill| {
        let Reach { workers, heard, .. } = holds.reached().of(kill);
        (workers, heard)
    };
    assert_eq!((reach(&all), reach(&own)), ((0, 3), (0, 2)));
    let now = tag(&ask(filter, "w1", &before).await);
    assert_eq!((reach(&all), reach(&own)), ((1, 3), (1, 2)));
    // The answer was lost, or not understood: it does not count until the worker says that it has it.
    ask(filter, "w1", &before).await;
    assert_eq!(reach(&own), (0, 2));
    ask(filter, "w1", &now).await;
    ask(filter, "w2", &before).await;
    ask(&other, "w1", "").await;
    assert_eq!((reach(&all), reach(&own)), ((3, 3), (2, 2)));
    // One that asks no more does not count for ever.
    fixture.clock.advance(59);
    ask(filter, "w1", &now).await;
    assert_eq!(reach(&own), (2, 2));
    fixture.clock.advance(1);
    assert_eq!((reach(&all), reach(&own)), ((1, 1), (1, 1)));
    // Names of any length do no harm.
    ask(filter, &"w".repeat(5000), "").await;
    assert_eq!(reach(&own), (2, 2));
}

/// How many workers a tenant has is its own word: by tenant it hides nothing of the others.
#[apply(on_both)]
async fn names_of_one_tenant_hide_no_other() {
    let fixture = Fixture::new().await;
    let (filter, holds) = (&fixture.filter, &fixture.holds);
    let red = filter_of(holds, Tenant::of_name("red").unwrap());
    let all = kill(holds, 600).await;
    ask(filter, "w1", "").await;
    assert!(holds.reached().of(&all).tenants.is_empty(), "there is one");
    for n in 0..20 {
        ask(&red, &format!("w{n}"), "").await;
    }
    let before = tag(&ask(&red, "w0", "").await);
    let own = killed(holds, &KillRequest { tenant: Some("red".into()), ..of_alice(600) }).await;
    ask(&red, "w1", &before).await;
    let reach = holds.reached().of(&all);
    let of = |one: &TenantReach| (one.tenant.clone(), one.workers, one.heard);
    let tenants: Vec<_> = reach.tenants.iter().map(of).collect();
    // The first one came back without its list.
    assert_eq!(tenants, [(String::new(), 1, 1), ("red".into(), 19, 20)]);
    assert_eq!((reach.workers, reach.heard), (20, 21));
    let reach = holds.reached().of(&own);
    assert_eq!((reach.workers, reach.heard, reach.tenants), (1, 20, Vec::new()));
    // What asks no more is not kept.
    assert_eq!(holds.kills.heard.known(), 21);
    fixture.clock.advance(60);
    ask(filter, "w1", "").await;
    assert_eq!(holds.kills.heard.known(), 1);
}

/// By a notification or by looking: with either database, whoever else changed it.
#[apply(on_both)]
async fn what_another_replica_did_is_told_soon() {
    let fixture = Fixture::new().await;
    let other = fixture.replica().await;
    let holds = other.holds.clone();
    let keeper = tokio::spawn(async move { holds.keep_kills().await });
    let told = async |expected: &[&str]| {
        let began = Instant::now();
        while ids(&ask(&other.filter, "w1", "").await) != expected {
            assert!(began.elapsed() < SOON, "{expected:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let made = kill(&fixture.holds, 600).await;
    told(&[&made.id]).await;
    fixture.holds.lift(&made.id, "", &approver(), "::1").await.unwrap();
    told(&[]).await;
    other.holds.wake.stop();
    keeper.await.unwrap();
}
