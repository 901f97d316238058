//! Two services over one PostgreSQL: a hold asked for at one, decided at the other.

use std::time::{Duration, Instant};

use policy::hold::{HoldStatus, RedeemRequest};
use sqlx::Row;

use super::{Choice, SqlStore};
use crate::holds::Redeemed;
use crate::testing::{Fixture, On, request};
use crate::wake::Wake;

/// Far below the length of a poll: whoever is not woken is late.
const AT_ONCE: Duration = Duration::from_secs(10);
const POLL_MS: u64 = 60_000;

async fn pair() -> (Fixture, Fixture) {
    let here = Fixture::new().await;
    let there = here.replica().await;
    (here, there)
}

/// Returns once the replica listens, however often its connection was made anew.
async fn until_heard(speaker: &Fixture, listener: &Fixture) {
    let mut changes = listener.holds.wake.changes();
    for n in 0.. {
        let mut one = request(&format!("probe-{n}"));
        one.call.path = format!("/probe/{n}");
        let id = speaker.asks.request(one).await.unwrap().hold;
        speaker.asks.leave(&id, &format!("probe-{n}")).await.unwrap();
        let heard = async { while &*changes.recv().await.unwrap() != id.as_str() {} };
        if tokio::time::timeout(Duration::from_millis(250), heard).await.is_ok() {
            return;
        }
    }
}

async fn listeners(store: &SqlStore, query: &'static str) -> i64 {
    sqlx::query(query).fetch_one(&store.pool).await.unwrap().get(0)
}

/// Connections of this database that listen and do nothing else.
const COUNT: &str = "SELECT count(*) FROM pg_stat_activity \
     WHERE datname = current_database() AND query LIKE 'LISTEN%'";
const KILL: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
     WHERE datname = current_database() AND query LIKE 'LISTEN%'";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn held_here_and_decided_there() {
    On::Postgres.run(held_here_and_decided_there_on()).await;
}

async fn held_here_and_decided_there_on() {
    let (here, there) = pair().await;
    until_heard(&there, &here).await;
    for choice in [Choice::Approve, Choice::Deny] {
        let exchange = choice.name();
        let id = here.hold(exchange).await.hold;
        let began = Instant::now();
        let (state, decided) = tokio::join!(here.asks.wait(&id, exchange, POLL_MS), async {
            while here.holds.wake.sleeping(&id) == 0 {
                tokio::task::yield_now().await;
            }
            there.decide(&id, choice).await
        });
        assert!(decided.is_ok() && began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
        let expected = match choice {
            Choice::Approve => HoldStatus::Approved,
            Choice::Deny => HoldStatus::Denied,
        };
        assert_eq!(state.unwrap().status, expected);
        // Redeemed at either, at both it is the one redemption.
        let redeem = |nonce: &str| RedeemRequest { exchange: exchange.into(), nonce: nonce.into() };
        let once = there.asks.redeem(&id, &redeem("0123456789abcdef")).await.unwrap();
        assert_eq!(matches!(once, Redeemed::Once(_)), choice == Choice::Approve);
        let twice = here.asks.redeem(&id, &redeem("fedcba9876543210")).await.unwrap();
        assert!(matches!(twice, Redeemed::Not(_)));
    }
}

/// The same call asked for at two replicas at once is one hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_call_at_two_replicas_is_one_hold() {
    On::Postgres.run(one_call_at_two_replicas_is_one_hold_on()).await;
}

async fn one_call_at_two_replicas_is_one_hold_on() {
    let (here, there) = pair().await;
    for n in 0..20 {
        let at = |fixture: &Fixture, name: &str| {
            let mut one = request(&format!("{name}-{n}"));
            one.call.path = format!("/mcp/{n}");
            let asks = fixture.asks.clone();
            tokio::spawn(async move { asks.request(one).await.unwrap().hold })
        };
        let (one, other) = (at(&here, "here"), at(&there, "there"));
        assert_eq!(one.await.unwrap(), other.await.unwrap());
    }
}

/// By a notification, before anybody looks by themselves.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_here_and_heard_there() {
    On::Postgres.run(killed_here_and_heard_there_on()).await;
}

async fn killed_here_and_heard_there_on() {
    let (here, there) = pair().await;
    until_heard(&here, &there).await;
    let mut changed = there.holds.wake.sleeper(Wake::KILLS);
    let made = crate::kills::tests::kill(&here.holds, 600).await;
    tokio::time::timeout(AT_ONCE, changed.changed()).await.unwrap().unwrap();
    let (told, _) = there.asks.kills("edge", "w1", &[]).unwrap();
    assert!(told.kills.is_empty(), "it has not read it yet");
    there.holds.read_kills().await.unwrap();
    let (told, _) = there.asks.kills("edge", "w1", &[]).unwrap();
    assert_eq!(told.kills.keys().collect::<Vec<_>>(), [&made.id]);
}

/// What was missed while nobody listened is not lost: everybody looks again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_listener_that_was_cut_off_wakes_all() {
    On::Postgres.run(a_listener_that_was_cut_off_wakes_all_on()).await;
}

async fn a_listener_that_was_cut_off_wakes_all_on() {
    let (here, there) = pair().await;
    until_heard(&there, &here).await;
    until_heard(&here, &there).await;
    let eye = there.opened_again().await;
    for round in 0..5 {
        let exchange = format!("e{round}");
        let mut held = request(&exchange);
        held.call.path = format!("/mcp/{round}");
        let id = here.asks.request(held).await.unwrap().hold;
        let mut changes = here.holds.wake.changes();
        let began = Instant::now();
        let (state, ()) = tokio::join!(here.asks.wait(&id, &exchange, POLL_MS), async {
            while here.holds.wake.sleeping(&id) == 0 {
                tokio::task::yield_now().await;
            }
            assert!(listeners(&eye, KILL).await >= 2);
            assert!(there.decide(&id, Choice::Approve).await.is_ok());
        });
        assert_eq!(state.unwrap().status, HoldStatus::Approved);
        assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
        // Pages that are open are told to look again.
        while !["*", &id].contains(&&*changes.recv().await.unwrap()) {}
        while listeners(&eye, COUNT).await < 3 {
            tokio::task::yield_now().await;
        }
    }
}
