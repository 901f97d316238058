use std::sync::Arc;

use macro_rules_attribute::apply;
use policy::hold::{HoldStatus, RedeemRequest, Requirement, Terms};
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Row, SqlitePool};

use super::{Audit, Choice, Cut, Shelf, SqlStore, Store, StoreError};
use crate::config::Database;
use crate::holds::{Redeemed, Verdict};
use crate::tenant::Tenant;
use crate::testing::{
    APPROVER_KEY, DIGEST_KEY, Fixture, LOGIN_CODE, NOW, On, card, on_both, request, said,
};

fn redeem(exchange: &str) -> RedeemRequest {
    RedeemRequest { exchange: exchange.into(), nonce: format!("nonce-of-exchange-{exchange}") }
}

impl SqlStore {
    /// How many rows of the audit trail say this.
    pub async fn audited(&self, action: &str) -> usize {
        let query = "SELECT count(*) FROM audit WHERE action = $1";
        let count = sqlx::query_scalar::<_, i64>(query).bind(action).fetch_one(&self.pool);
        usize::try_from(count.await.unwrap()).unwrap()
    }

    async fn tamper(&self, statements: &[&'static str], number: u64) {
        for statement in statements {
            let statement = sqlx::query(*statement).bind(super::row::integer(number));
            statement.execute(&self.pool).await.unwrap();
        }
    }

    /// As somebody who has the database may: to the first so many checkpoints.
    pub async fn roll_back_log(&self, number: u64) {
        let statements = [
            "DELETE FROM checkpoints WHERE number > $1",
            "DELETE FROM log_hashes WHERE number > $1",
            "DELETE FROM tree_heads WHERE size > $1",
        ];
        self.tamper(&statements, number).await;
    }

    pub async fn change_checkpoint(&self, number: u64) {
        let change = "UPDATE checkpoints SET jws = jws || 'x' WHERE number = $1";
        self.tamper(&[change], number).await;
    }

    pub async fn drop_checkpoint(&self, number: u64) {
        self.tamper(&["DELETE FROM checkpoints WHERE number = $1"], number).await;
    }

    /// It is computed anew.
    pub async fn forget_tree(&self) {
        self.tamper(&["DELETE FROM log_hashes WHERE number > $1"], 0).await;
    }
}

#[apply(on_both)]
async fn many_redeem_at_once_and_one_gets_it() {
    let fixture = Fixture::new().await;
    let mut id = String::new();
    for n in 0..40 {
        id = fixture.hold(&format!("e{n}")).await.hold;
    }
    assert!(matches!(fixture.decide(&id, Choice::Approve).await, Ok(Verdict::Stands(_))));
    let tasks: Vec<_> = (0..40)
        .flat_map(|n| [n, n])
        .map(|n| {
            let (asks, id) = (fixture.asks.clone(), id.clone());
            tokio::spawn(async move {
                let nonce = crate::random::secret().unwrap();
                let request = RedeemRequest { nonce, ..redeem(&format!("e{n}")) };
                asks.redeem(&id, &request).await.unwrap()
            })
        })
        .collect();
    let mut once = 0;
    for task in tasks {
        match task.await.unwrap() {
            Redeemed::Once(_) => once += 1,
            Redeemed::Not(state) => assert_eq!(state.status, HoldStatus::Redeemed),
        }
    }
    assert_eq!(once, 1);
    assert_ne!(fixture.hold("late").await.hold, id);
}

#[apply(on_both)]
async fn many_decide_at_once_and_a_denial_ends_it() {
    let fixture = Arc::new(Fixture::new().await);
    let id = fixture.hold("e1").await.hold;
    let choices = (0..30).map(|n| if n % 2 == 0 { Choice::Approve } else { Choice::Deny });
    let tasks: Vec<_> = choices
        .map(|choice| {
            let (fixture, id) = (fixture.clone(), id.clone());
            tokio::spawn(async move { (choice, fixture.decide(&id, choice).await.unwrap()) })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    let settled = fixture.holds.store.hold(&id).await.unwrap().unwrap();
    let stands = settled.decision.unwrap();
    // One denial counts, and one approval where it was the first of all.
    let made = |wanted: Choice| {
        let stands =
            |one: &&(Choice, Verdict)| one.0 == wanted && matches!(one.1, Verdict::Stands(_));
        outcomes.iter().filter(stands).count()
    };
    let first = usize::from(stands.took_back);
    assert_eq!((stands.choice, settled.status), (Choice::Deny, HoldStatus::Denied));
    assert_eq!((made(Choice::Deny), made(Choice::Approve)), (1, first));
    let trail = fixture.holds.store.trail(&id).await.unwrap();
    let count = |action: &str| trail.iter().filter(|one| one.action == action).count();
    assert_eq!((trail.len(), count("deny_again"), count("deny_refused")), (31, 14, 0));
    assert_eq!((count("taken_back"), count("deny"), count("approve")), (first, 1 - first, first));
    assert_eq!(count("approve_again") + count("approve_refused"), 15 - first);
}

#[apply(on_both)]
async fn the_trail_cannot_be_changed() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    let store = fixture.opened_again().await;
    let mut changes = vec!["DELETE FROM audit", "UPDATE audit SET actor = 'nobody'"];
    if On::current() == On::Postgres {
        changes.push("TRUNCATE audit");
    }
    for change in changes {
        let error = sqlx::query(change).execute(&store.pool).await.unwrap_err().to_string();
        assert!(error.contains("only ever added"), "{error}");
    }
    assert_eq!(fixture.holds.store.trail(&id).await.unwrap().len(), 1);
}

/// All of it is read: neither a finding nor a key is anywhere in it.
#[apply(on_both)]
async fn the_database_holds_no_secret() {
    let fixture = Fixture::new().await;
    let mut held = request("e1");
    held.call.body = held.call.body.replace("10000000000000000001", &format!("\"{}\"", card()));
    held.description = format!("card {}", card());
    let id = fixture.asks.request(held).await.unwrap().hold;
    let approver = crate::approver::Approver {
        person: crate::testing::dana().person,
        door: crate::approver::Door::Console,
    };
    let reason = format!("it is {}", card());
    let decided = fixture.holds.decide(&id, &said(Choice::Approve, &reason), &approver, "").await;
    assert!(decided.is_ok());
    assert!(matches!(fixture.asks.redeem(&id, &redeem("e1")).await, Ok(Redeemed::Once(_))));
    let bytes = match On::current() {
        On::Sqlite => files(&fixture).await,
        On::Postgres => rows(&fixture).await,
    };
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"[REDACTED:payment-card]"));
    for secret in [card().as_bytes(), DIGEST_KEY, APPROVER_KEY.as_bytes(), LOGIN_CODE.as_bytes()] {
        assert!(!holds(secret));
    }
}

/// What a newer release wrote may mean what this one does not know.
#[apply(on_both)]
async fn a_database_of_a_newer_release_is_left_alone() {
    let fixture = Fixture::new().await;
    let store = fixture.opened_again().await;
    let newer = "UPDATE _sqlx_migrations SET version = 9999 \
         WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    sqlx::query(newer).execute(&store.pool).await.unwrap();
    let error = SqlStore::open(&fixture.database, Default::default()).await.err().unwrap();
    assert!(matches!(error, StoreError::Newer(9999)), "{error}");
    assert!(error.to_string().contains("newer release"), "{error}");
}

async fn files(fixture: &Fixture) -> Vec<u8> {
    fixture.holds.store.close().await;
    let files = std::fs::read_dir(fixture.dir.path()).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

async fn rows(fixture: &Fixture) -> Vec<u8> {
    let store = fixture.opened_again().await;
    let tables =
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
    let mut text = String::new();
    for table in sqlx::query_scalar::<_, String>(tables).fetch_all(&store.pool).await.unwrap() {
        let all = AssertSqlSafe(format!("SELECT t::text FROM \"{table}\" t"));
        let rows: Vec<AnyRow> = sqlx::query(all).fetch_all(&store.pool).await.unwrap();
        text.extend(rows.iter().map(|row| row.get::<String, _>(0)));
    }
    text.into_bytes()
}

#[apply(on_both)]
async fn shelves_tell_the_time() {
    let fixture = Fixture::new().await;
    let id = fixture.hold("e1").await.hold;
    let store = &fixture.holds.store;
    let on = async |shelf, now| store.list(shelf, Cut::Begin, 10, now).await.unwrap().len();
    assert_eq!((on(Shelf::Open, NOW).await, on(Shelf::Settled, NOW).await), (1, 0));
    // Not noted as expired yet, but shown as such.
    assert_eq!((on(Shelf::Open, NOW + 600).await, on(Shelf::Settled, NOW + 600).await), (0, 1));
    assert_eq!(on(Shelf::Only(HoldStatus::Expired), NOW + 600).await, 1);
    assert_eq!(on(Shelf::Only(HoldStatus::Pending), NOW + 600).await, 0);
    assert_eq!(store.expire(NOW + 600).await.unwrap(), [id]);
    assert_eq!(on(Shelf::Only(HoldStatus::Expired), NOW + 600).await, 1);
    assert_eq!(on(Shelf::Only(HoldStatus::Denied), NOW + 600).await, 0);
}

#[apply(on_both)]
async fn a_crowd_does_not_grow_the_file_or_cancel_the_hold() {
    let fixture = Fixture::new().await;
    let mut id = String::new();
    for n in 0..300 {
        id = fixture.hold(&format!("e{n}")).await.hold;
    }
    for n in 0..300 {
        let audit = Audit {
            at: NOW,
            actor: format!("e{n}"),
            door: "filter".into(),
            peer: String::new(),
            action: "cancelled".into(),
            reason_text: String::new(),
        };
        fixture.holds.store.leave(&Tenant::default(), &id, &format!("e{n}"), &audit).await.unwrap();
    }
    assert_eq!(fixture.hold("last").await.hold, id);
}

/// A data folder of the release before goes on: its holds keep their terms.
#[tokio::test]
async fn terms_of_before_are_read() {
    let folder = tempfile::TempDir::new().unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("a.db"));
    let pool = SqlitePool::connect_with(options.create_if_missing(true)).await.unwrap();
    for sql in [
        include_str!("../../migrations/sqlite/0001_holds.sql"),
        include_str!("../../migrations/sqlite/0002_cancel_key.sql"),
        include_str!("../../migrations/sqlite/0003_quorum.sql"),
        include_str!("../../migrations/sqlite/0004_gateways.sql"),
    ] {
        sqlx::raw_sql(sql).execute(&pool).await.unwrap();
    }
    let before = [
        (r#"{"expiry_seconds":600,"wait_seconds":120,"reason_required":false}"#, 1),
        (
            r#"{"approvers":["a","b"],"expiry_seconds":60,"wait_seconds":9,"reason_required":true}"#,
            2,
        ),
    ];
    for (terms, quorum) in before {
        let insert = "INSERT INTO holds (id, status, join_key, grant_digest, rules, revision, \
             issuer, subject, principal, description, severity, terms, quorum, view, created_at, \
             expires_at) VALUES (?1, 'pending', ?1, 'g', '[]', 'r', 'i', 's', '{}', 'd', 'low', ?1, ?2, '{}', 1, 2)";
        let query = sqlx::query(insert).bind(terms).bind(quorum);
        query.execute(&pool).await.unwrap();
    }
    let last = include_str!("../../migrations/sqlite/0005_requirements.sql");
    sqlx::raw_sql(last).execute(&pool).await.unwrap();
    let query = sqlx::query_scalar::<_, String>("SELECT terms FROM holds ORDER BY seq");
    let terms: Vec<Terms> = query
        .fetch_all(&pool)
        .await
        .unwrap()
        .iter()
        .map(|terms| serde_json::from_str(terms).unwrap())
        .collect();
    let of = |approvers: serde_json::Value, quorum, times: (u32, u32), reason_required| Terms {
        requirements: vec![Requirement {
            approvers: serde_json::from_value(approvers).unwrap(),
            quorum,
        }],
        expiry_seconds: times.0,
        wait_seconds: times.1,
        reason_required,
        scope: None,
        break_glass: Vec::new(),
    };
    let expected = [of(json!([]), 1, (600, 120), false), of(json!(["a", "b"]), 2, (60, 9), true)];
    assert_eq!(terms, expected);
}

/// A file of the release before, made by its own migrations, goes on with what is in it.
#[tokio::test]
async fn a_file_of_before_goes_on() {
    let fixture = Fixture::new().await;
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("a.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    sqlx::migrate!("migrations/sqlite").run_to(6, &pool).await.unwrap();
    let id = fixture.hold("e1").await.hold;
    let now = fixture.opened_again().await;
    let kept = now.hold(&id).await.unwrap().unwrap();
    let insert = "INSERT INTO holds (id, status, join_key, grant_digest, rules, revision, issuer, \
         subject, principal, description, severity, terms, view, created_at, expires_at) \
         VALUES ('h1', 'pending', 'j', 'g', '[]', 'r', 'i', 's', $1, 'd', 'low', $2, $3, 1, 9999999999)";
    sqlx::query(insert)
        .bind(serde_json::to_string(&kept.principal).unwrap())
        .bind(serde_json::to_string(&kept.terms).unwrap())
        .bind(serde_json::to_string(&kept.view).unwrap())
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let store = SqlStore::open(&Database::Sqlite(file), Default::default()).await.unwrap();
    let listed = store.list(Shelf::Open, Cut::Begin, 10, NOW).await.unwrap();
    assert_eq!((listed.len(), listed[0].tenant.as_str()), (1, ""));
    assert_eq!(listed[0].view.action, kept.view.action);
    assert_eq!(store.hold("h1").await.unwrap().unwrap().view, kept.view);
}

/// A list reads what it shows, not what the calls hold.
#[apply(on_both)]
async fn lists_read_no_bodies() {
    let fixture = Fixture::new().await;
    let mut held = request("e1");
    held.call.kind = policy::call::Kind::Http;
    held.call.body = format!("{{\"sql\": \"SELECT {}\"}}", "1,".repeat(30_000));
    let id = fixture.asks.request(held).await.unwrap().hold;
    let whole = fixture.holds.found(&id).await.unwrap();
    let listed = fixture.holds.store.list(Shelf::Open, Cut::Begin, 10, NOW).await.unwrap();
    let bytes = |view: &crate::view::View| serde_json::to_string(view).unwrap().len();
    assert!(bytes(&whole.view) > 60_000 && bytes(&listed[0].view) < 2_000);
    assert_eq!((&listed[0].view.action, listed[0].view.sql.len()), (&whole.view.action, 1));
}
