use std::collections::BTreeSet;

use macro_rules_attribute::apply;
use policy::kill::{KILLS_MAX, Whom};
use policy::principal::Principal;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};

use super::{Kill, Killing, Lifting, NewKill};
use crate::config::{Channel, Database};
use crate::notify::{About, EventKind, Outcome, Route};
use crate::store::{Audit, Dead, Fate, Outbox, SqlStore, Store};
use crate::tenant::Tenant;
use crate::testing::events::channel;
use crate::testing::{Fixture, NOW, On, call, on_both};

fn key(kind: char, n: usize) -> Whom {
    Whom::named(&format!("{kind}_{n:022}")).unwrap()
}

fn new(n: usize, until: u64) -> NewKill {
    NewKill {
        id: format!("k_{n}"),
        tenant: None,
        whom: key('p', n),
        principal: Some(call().principal),
        whose: BTreeSet::new(),
        until,
    }
}

fn audit(action: &str, at: u64) -> Audit {
    Audit {
        at,
        actor: "dana".into(),
        door: "key".into(),
        peer: "127.0.0.1".into(),
        action: action.into(),
        reason_text: format!("because of {at}"),
    }
}

async fn kill(store: &dyn Store, new: &NewKill, at: u64) -> Killing {
    store.kill(new, &audit("killed", at)).await.unwrap()
}

fn made(killing: Killing) -> Kill {
    match killing {
        Killing::New(kill) => kill,
        other => panic!("{other:?}"),
    }
}

async fn ids(store: &dyn Store, now: u64) -> Vec<String> {
    store.kills_in_force(now).await.unwrap().into_iter().map(|one| one.id).collect()
}

async fn actions(store: &dyn Store, id: &str) -> Vec<String> {
    let trails = store.kill_trails(1000).await.unwrap();
    let trail = trails.get(id).into_iter().flatten();
    trail.map(|row| row.action.clone()).collect()
}

#[apply(on_both)]
async fn a_kill_is_in_force_until_its_end_or_until_it_is_lifted() {
    let fixture = Fixture::new().await;
    let store = fixture.holds.store.as_ref();
    let first = made(kill(store, &new(1, NOW + 60), NOW).await);
    let tenant = Tenant::of_name("team-1");
    let token = NewKill { tenant, whom: key('t', 2), principal: None, ..new(2, NOW + 90) };
    let second = made(kill(store, &token, NOW + 1).await);
    assert_eq!(ids(store, NOW + 59).await, ["k_2", "k_1"]);
    assert_eq!(ids(store, NOW + 60).await, ["k_2"]);
    // What was given back is what is kept.
    assert_eq!(store.kill_of("k_1").await.unwrap(), Some(first.clone()));
    assert_eq!(store.kill_of("k_2").await.unwrap(), Some(second));
    assert_eq!(
        (first.killed_by.as_str(), first.reason_text.as_str()),
        ("dana", &*format!("because of {NOW}"))
    );
    let lifted = match store.lift("k_2", &audit("kill_lifted", NOW + 70)).await.unwrap() {
        Lifting::Now(kill) => kill,
        other => panic!("{other:?}"),
    };
    assert_eq!((lifted.lifted_by.as_deref(), lifted.lifted_at), (Some("dana"), Some(NOW + 70)));
    assert_eq!(store.kill_of("k_2").await.unwrap(), Some(lifted));
    assert!(ids(store, NOW + 70).await.is_empty());
    for over in ["k_1", "k_2"] {
        let again = store.lift(over, &audit("kill_lifted", NOW + 71)).await.unwrap();
        assert!(matches!(again, Lifting::Before(_)), "{again:?}");
    }
    let none = store.lift("k_3", &audit("kill_lifted", NOW + 71)).await.unwrap();
    assert!(matches!(none, Lifting::NoSuchKill), "{none:?}");
    // The latest to end comes first.
    let over = store.kills_over(10, NOW + 80).await.unwrap();
    assert_eq!(over.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["k_2", "k_1"]);
    assert_eq!(store.kills_over(1, NOW + 80).await.unwrap().len(), 1);
    assert_eq!(actions(store, "k_1").await, ["killed"]);
    assert_eq!(actions(store, "k_2").await, ["killed", "kill_lifted"]);
}

#[apply(on_both)]
async fn an_equal_one_is_made_longer_and_never_shorter() {
    let fixture = Fixture::new().await;
    let store = fixture.holds.store.as_ref();
    let unknown = NewKill { principal: None, ..new(1, NOW + 600) };
    made(kill(store, &unknown, NOW).await);
    let again = |id: &str, until| NewKill { id: id.into(), until, ..new(1, 0) };
    let same = kill(store, &again("k_2", NOW + 600), NOW + 1).await;
    assert!(matches!(&same, Killing::Same(one) if one.id == "k_1" && one.until == NOW + 600));
    let Killing::Longer(longer) = kill(store, &again("k_3", NOW + 900), NOW + 2).await else {
        panic!("it is not longer")
    };
    assert_eq!((longer.id.as_str(), longer.until, longer.killed_at), ("k_1", NOW + 900, NOW));
    assert!(longer.principal.is_some(), "it became known who it is");
    assert_eq!(store.kill_of("k_1").await.unwrap(), Some(longer));
    // Of other gateways, and of another key, it is another one.
    let elsewhere = NewKill { tenant: Tenant::of_name(""), ..again("k_4", NOW + 900) };
    made(kill(store, &elsewhere, NOW + 3).await);
    made(kill(store, &new(5, NOW + 900), NOW + 3).await);
    assert_eq!(ids(store, NOW + 3).await, ["k_5", "k_4", "k_1"]);
    // What is over is not made longer.
    store.lift("k_1", &audit("kill_lifted", NOW + 4)).await.unwrap();
    made(kill(store, &again("k_6", NOW + 700), NOW + 5).await);
    made(kill(store, &again("k_7", NOW + 2000), NOW + 700).await);
    assert_eq!(actions(store, "k_1").await, ["killed", "kill_again", "kill_longer", "kill_lifted"]);
}

/// The first one may be set by whoever owns it, and know nothing of that.
#[apply(on_both)]
async fn who_it_belongs_to_is_what_either_knew() {
    let fixture = Fixture::new().await;
    let store = fixture.holds.store.as_ref();
    let with = |id: &str, owners: &[&str], agent: Option<&str>, until| {
        let names = || owners.iter().map(|name| (*name).to_owned());
        let agent = agent.map(str::to_owned);
        let principal = Some(Principal { owners: names().collect(), agent, ..call().principal });
        NewKill { id: id.into(), principal, whose: names().collect(), ..new(1, until) }
    };
    made(kill(store, &with("k_1", &["ann"], None, NOW + 60), NOW).await);
    let same = kill(store, &with("k_2", &["bob", "ann"], Some("bot"), NOW + 60), NOW).await;
    let Killing::Same(same) = same else { panic!("{same:?}") };
    let longer = kill(store, &with("k_3", &["cid"], Some("other"), NOW + 90), NOW).await;
    let Killing::Longer(longer) = longer else { panic!("{longer:?}") };
    for (one, all) in [(same, vec!["ann", "bob"]), (longer.clone(), vec!["ann", "bob", "cid"])] {
        let principal = one.principal.unwrap();
        assert_eq!((principal.owners, principal.agent.as_deref()), (owned(&all), Some("bot")));
        assert_eq!(one.whose.into_iter().collect::<Vec<_>>(), all);
    }
    assert_eq!(store.kill_of("k_1").await.unwrap(), Some(longer));
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[apply(on_both)]
async fn there_are_only_so_many_at_a_time() {
    let fixture = Fixture::new().await;
    let store = fixture.opened_again().await;
    let mut writing = store.write().await.unwrap();
    for n in 0..KILLS_MAX - 1 {
        super::insert(&mut writing, &new(n, NOW + 60), &audit("killed", NOW)).await.unwrap();
    }
    writing.commit().await.unwrap();
    made(kill(store.as_ref(), &new(5000, NOW + 60), NOW).await);
    let full = kill(store.as_ref(), &new(5001, NOW + 60), NOW).await;
    assert!(matches!(full, Killing::Full), "{full:?}");
    assert_eq!(ids(store.as_ref(), NOW).await.len(), KILLS_MAX);
    // One of them is made longer all the same, and one that is over leaves room.
    let longer = NewKill { id: "k_x".into(), ..new(7, NOW + 90) };
    assert!(matches!(kill(store.as_ref(), &longer, NOW).await, Killing::Longer(_)));
    made(kill(store.as_ref(), &new(5001, NOW + 90), NOW + 60).await);
    assert_eq!(ids(store.as_ref(), NOW + 60).await, ["k_5001", "k_7"]);
}

async fn rows(store: &SqlStore, table: &str) -> i64 {
    let query = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query(query).fetch_one(&store.pool).await.unwrap().get(0)
}

#[apply(on_both)]
async fn channels_are_told_and_what_is_over_for_long_goes_whole() {
    let fixture = Fixture::telling(&[
        channel("ops"),
        Channel { events: vec![EventKind::KillLifted], ..channel("lifted") },
        Channel { events: vec![EventKind::Held], ..channel("holds") },
        Channel { groups: vec!["finance".into()], ..channel("finance") },
    ])
    .await;
    let store = fixture.holds.store.as_ref();
    let raw = fixture.opened_again().await;
    kill(store, &new(1, NOW + 60), NOW).await;
    kill(store, &new(1, NOW + 60), NOW).await;
    kill(store, &NewKill { id: "k_2".into(), ..new(1, NOW + 90) }, NOW).await;
    store.lift("k_1", &audit("kill_lifted", NOW + 1)).await.unwrap();
    store.lift("k_1", &audit("kill_lifted", NOW + 1)).await.unwrap();
    for (name, expected) in [
        ("ops", &[EventKind::Killed, EventKind::Killed, EventKind::KillLifted][..]),
        ("finance", &[EventKind::Killed, EventKind::Killed, EventKind::KillLifted]),
        ("lifted", &[EventKind::KillLifted]),
        ("holds", &[]),
    ] {
        let mut told = store.deliveries(Some(name), None, 10).await.unwrap();
        told.reverse();
        assert_eq!(told.iter().map(|one| one.event.kind).collect::<Vec<_>>(), expected, "{name}");
        for one in &told {
            let About::Kill(kill) = &one.event.about else { panic!("{one:?}") };
            assert_eq!((kill.id.as_str(), kill.subject.as_deref()), ("k_1", Some("alice")));
            assert_eq!(one.event.by, "dana");
        }
    }
    // Somebody is still to be told.
    assert_eq!(store.forget_kills(NOW + 1000).await.unwrap(), 0);
    for name in ["ops", "finance", "lifted"] {
        while let Some(message) = store.claim(name, 600, NOW + 2).await.unwrap() {
            let refused = Outcome::refused("no such hook");
            store.settle(&message, &refused, NOW + 2).await.unwrap();
        }
    }
    // A person drops what was given up, and the trail of the kill says so.
    let dropped = audit("untold", NOW + 3);
    assert_eq!(store.revive(Dead::AllOf("ops"), Fate::Drop, &dropped).await.unwrap(), 3);
    assert_eq!(actions(store, "k_1").await.last().unwrap(), "untold");
    assert_eq!(store.forget_kills(NOW + 1).await.unwrap(), 0, "not yet");
    assert!(sqlx::query("DELETE FROM audit WHERE kill = 'k_1'").execute(&raw.pool).await.is_err());
    let one = kill(store, &new(9, NOW + 5000), NOW + 2).await;
    assert_eq!(store.forget_kills(NOW + 2).await.unwrap(), 1);
    assert_eq!((rows(&raw, "kills").await, ids(store, NOW + 3).await), (1, vec![made(one).id]));
    assert!(actions(store, "k_1").await.is_empty() && rows(&raw, "audit").await == 1);
}

/// What the release before was to tell, and what it audited, is there as it was.
#[apply(on_both)]
async fn a_database_of_before_goes_on() {
    let fixture = Fixture::telling(&[channel("ops")]).await;
    let hold = fixture.holds.found(&fixture.hold("e1").await.hold).await.unwrap();
    let told = &fixture.holds.store.deliveries(None, None, 1).await.unwrap()[0].event;
    let folder = tempfile::TempDir::new().unwrap();
    let database = On::current().database(folder.path()).await;
    let (url, migrations) = match &database {
        Database::Sqlite(file) => {
            (format!("sqlite://{}?mode=rwc", file.display()), sqlx::migrate!("migrations/sqlite"))
        }
        Database::Postgres(url) => (url.reveal().to_owned(), sqlx::migrate!("migrations/postgres")),
    };
    let mut before = AnyConnection::connect(&url).await.unwrap();
    migrations.run_to(15, &mut before).await.unwrap();
    let insert = "INSERT INTO holds (id, status, join_key, grant_digest, rules, revision, issuer, \
         subject, principal, description, severity, terms, view, created_at, expires_at) \
         VALUES ('h1', 'pending', 'j', 'g', '[]', 'r', 'i', 's', $1, 'd', 'low', $2, $3, 1, 2)";
    sqlx::query(insert)
        .bind(serde_json::to_string(&hold.principal).unwrap())
        .bind(serde_json::to_string(&hold.terms).unwrap())
        .bind(serde_json::to_string(&hold.view).unwrap())
        .execute(&mut before)
        .await
        .unwrap();
    for (id, state) in [("d1", "waiting"), ("d2", "sent"), ("d3", "dead")] {
        let insert = "INSERT INTO deliveries (id, event, kind, hold, channel, told, urgency, state, \
             created_at, due_at, settled_at, error, tries, more) \
             VALUES ($1, $1, 'held', 'h1', 'ops', $2, 9, $3, $4, $4, $4, 'why', 3, 2)";
        sqlx::query(insert)
            .bind(id)
            .bind(serde_json::to_string(told).unwrap())
            .bind(state)
            .bind(super::integer(NOW))
            .execute(&mut before)
            .await
            .unwrap();
    }
    let insert = "INSERT INTO audit (at, hold, actor, door, peer, action) VALUES ($1, $2, 'dana', 'key', '', 'held')";
    for hold in [Some("h1"), None] {
        let row = sqlx::query(insert).bind(super::integer(NOW)).bind(hold);
        row.execute(&mut before).await.unwrap();
    }
    before.close().await.unwrap();

    let store = SqlStore::open(&database, Default::default()).await.unwrap();
    let store = store.telling([Route::from(&channel("ops"))]);
    let kept = store.deliveries(None, None, 10).await.unwrap();
    let seen: Vec<_> =
        kept.iter().map(|one| (one.id.as_str(), one.state.name(), one.tries, one.more)).collect();
    assert_eq!(seen, [("d3", "dead", 3, 2), ("d2", "sent", 3, 2), ("d1", "waiting", 3, 2)]);
    assert!(kept.iter().all(|one| one.event == *told && one.error == "why"));
    // What comes now comes after it, and what is told of a hold is so still.
    kill(&store, &new(1, NOW + 60), NOW).await;
    let latest = &store.deliveries(None, None, 1).await.unwrap()[0];
    assert!(latest.id != "d3" && matches!(latest.event.about, About::Kill(_)));
    assert_eq!(
        store.revive(Dead::One("d3"), Fate::Again, &audit("told_again", NOW)).await.unwrap(),
        1
    );
    let trail = store.trail("h1").await.unwrap();
    assert_eq!(
        trail.iter().map(|row| row.action.as_str()).collect::<Vec<_>>(),
        ["held", "told_again"]
    );
    // Rows of the trail stay as long as what they are of, and those of nothing for ever.
    for which in ["hold = 'h1'", "kill = 'k_1'", "hold IS NULL AND kill IS NULL"] {
        let erased = sqlx::query(AssertSqlSafe(format!("DELETE FROM audit WHERE {which}")));
        assert!(erased.execute(&store.pool).await.is_err(), "{which}");
    }
    let changed = sqlx::query("UPDATE audit SET actor = 'eve'").execute(&store.pool).await;
    assert!(changed.is_err());
}
