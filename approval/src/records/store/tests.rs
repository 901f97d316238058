mod left_out;
mod parts;
mod pruning;
mod tenants;

use std::sync::Arc;

use macro_rules_attribute::apply;
use policy::principal::Principal;
use policy::reason::Reason;
use policy::record::chain::Chain;
use policy::record::checkpoint::{Note, OutOf};
use policy::record::{HoldRecord, McpRecord, RECORD_VERSION, Record};
use policy::rule::{Effect, Mode, Severity};
use policy::session::{JoinedBy, Session};
use policy::verdict::Contribution;
use tempfile::TempDir;

use super::super::sieve::Sieve;
use super::super::{Envoy, Exchange, Line, session};
use super::{
    Bodies, ExchangePlace, LinePlace, RecordStore, SessionCut, Source, SqlRecords, Tail, Taken,
    TakenOut,
};
use crate::clock::{Clock, ManualClock};
use crate::config::{Database, Records};
use crate::tenant::{FILTER_NAME, Tenant};
use crate::testing::{NOW, On, on_both};

pub struct Ground {
    pub store: SqlRecords,
    pub database: Database,
    pub clock: Arc<ManualClock>,
    _dir: TempDir,
}

impl Ground {
    pub async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let holds = On::current().database(dir.path()).await;
        let database = Records::beside(&holds).database;
        let clock = Arc::new(ManualClock::at(NOW));
        let store = SqlRecords::open(&database, clock.clone()).await.unwrap();
        Self { store, database, clock, _dir: dir }
    }

    pub async fn again(&self) -> SqlRecords {
        SqlRecords::open(&self.database, self.clock.clone()).await.unwrap()
    }

    pub async fn take(&self, lines: &[Line]) -> Taken {
        self.store.take(&Tenant::default(), Source::Import, lines).await.unwrap()
    }

    pub async fn erase(&self, issuer: Option<&str>, subject: &str, by: &str) -> TakenOut {
        let mut taken = TakenOut::default();
        self.store.erase(issuer, subject, by, &mut taken).await.unwrap();
        taken
    }

    pub async fn found(&self, sieve: &Sieve) -> Vec<session::Session> {
        self.store.sessions(sieve, SessionCut::Begin, 100).await.unwrap()
    }

    pub async fn one(&self, reference: &str) -> Option<Exchange> {
        let mut found = self.store.found(reference, None).await.unwrap();
        assert!(found.len() < 2, "{found:?}");
        found.pop().map(|one| one.exchange)
    }

    pub async fn all(&self) -> Vec<Line> {
        let lines = self.store.lines(None, None, 10_000).await.unwrap();
        lines.into_iter().map(|(_, line)| line).collect()
    }
}

pub fn record(exchange: &str, subject: &str, started_ms: u64) -> Record {
    Record {
        version: RECORD_VERSION,
        salt: format!("salt-of-{exchange}"),
        exchange: exchange.to_owned(),
        started_ms,
        last: true,
        principal: Some(Principal {
            issuer: "https://i".to_owned(),
            subject: subject.to_owned(),
            groups: Vec::new(),
            agent: None,
            owners: Vec::new(),
            scopes: Vec::new(),
        }),
        ..Record::default()
    }
}

pub fn envoy() -> Envoy {
    Envoy { start_time: "2026-11-27T10:00:00.000Z".to_owned(), status: 200, ..Envoy::default() }
}

pub fn linked(chain: &mut Chain, record: &Record) -> Line {
    let record = record.to_ascii_json();
    let link = chain.link(&record).to_ascii_json();
    Line { envoy: envoy(), record: Some(record), link: Some(link), ..Line::default() }
}

pub fn unlinked(record: &Record) -> Line {
    Line { envoy: envoy(), record: Some(record.to_ascii_json()), ..Line::default() }
}

pub fn chain(name: &str) -> Chain {
    Chain::new(name.to_owned(), [7; 16])
}

fn counts(new: u64, known: u64, finished: u64, conflicts: u64, refused: u64) -> Taken {
    Taken { new, known, finished, conflicts, refused, ..Taken::default() }
}

fn tenant(name: &str) -> Tenant {
    Tenant::of([format!("{FILTER_NAME}/{name}").as_str()].into_iter()).unwrap()
}

#[apply(on_both)]
async fn what_came_is_there_once_and_as_it_was() {
    let ground = Ground::new().await;
    let mut chain = chain("c_a");
    let mut lines: Vec<Line> = (0..1_200)
        .map(|n| linked(&mut chain, &record(&format!("x{n}"), "ada", 1_000 + n)))
        .collect();
    lines.push(Line { envoy: envoy(), ..Line::default() });
    assert_eq!(ground.take(&lines).await, counts(1_201, 0, 0, 0, 0));
    assert_eq!(ground.take(&lines[300..900]).await, counts(0, 600, 0, 0, 0));
    // Another time in one call.
    let twice = [lines.clone(), lines.clone()].concat();
    assert_eq!(ground.take(&twice).await, counts(0, 2_402, 0, 0, 0));
    let mut all = ground.all().await;
    let unseen = all.remove(0);
    assert_eq!((unseen.record, &all[..]), (None, &lines[..1_200]));
    // In steps.
    let (mut place, mut read): (Option<LinePlace>, _) = (None, Vec::new());
    loop {
        let some = ground.store.lines(None, place.as_ref(), 7).await.unwrap();
        let Some((last, _)) = some.last() else { break };
        place = Some(last.clone());
        read.extend(some.into_iter().map(|(_, line)| line));
    }
    assert_eq!((read.len(), &read[1..]), (1_201, &lines[..1_200]));
    assert_eq!(ground.found(&Sieve::default()).await[0].exchanges, 1_200);
}

#[apply(on_both)]
async fn another_record_at_the_same_place_is_a_conflict() {
    let ground = Ground::new().await;
    let (mut one, mut other) = (chain("c_a"), chain("c_a"));
    let line = linked(&mut one, &record("x1", "ada", 1));
    let forged = linked(&mut other, &record("x2", "eve", 1));
    assert_eq!(ground.take(&[line.clone(), forged.clone()]).await, counts(1, 0, 0, 1, 0));
    assert_eq!(ground.take(std::slice::from_ref(&forged)).await, counts(0, 1, 0, 0, 0));
    let forged = linked(&mut chain("c_a"), &record("x3", "eve", 1));
    assert_eq!(ground.take(&[forged]).await, counts(0, 0, 0, 1, 0));
    assert_eq!(ground.store.counts().await.unwrap().conflicts, 2);
    assert_eq!(ground.all().await, std::slice::from_ref(&line));
    assert!(ground.one("x2").await.is_none());
    // Of one without a link it is the exchange that says where it is.
    let whole = unlinked(&record("x9", "ada", 1));
    let changed = unlinked(&record("x9", "eve", 1));
    assert_eq!(ground.take(&[whole, changed]).await, counts(1, 0, 0, 1, 0));
    // Another tenant's have nothing to do with it.
    let blue = tenant("blue");
    let taken = ground.store.take(&blue, Source::Als, &[line]).await.unwrap();
    assert_eq!(taken, counts(1, 0, 0, 0, 0));
}

#[apply(on_both)]
async fn the_begin_of_an_exchange_gives_way_to_its_end() {
    let ground = Ground::new().await;
    let mut chain = chain("c_a");
    let begun = |text: &str| {
        let mut record = record("x1", "ada", 5);
        record.last = false;
        record.route = text.to_owned();
        unlinked(&record)
    };
    let end = linked(&mut chain, &record("x1", "ada", 5));
    assert_eq!(ground.take(&[begun("a")]).await, counts(1, 0, 0, 0, 0));
    assert_eq!(ground.take(&[begun("a")]).await, counts(0, 1, 0, 0, 0));
    assert_eq!(ground.take(&[begun("b")]).await, counts(0, 0, 1, 0, 0));
    let shown = ground.one("x1").await.unwrap();
    assert_eq!((shown.record.route.as_str(), shown.record.last), ("b", false));
    assert_eq!(ground.take(std::slice::from_ref(&end)).await, counts(0, 0, 1, 0, 0));
    assert_eq!(ground.take(&[begun("a"), begun("b")]).await, counts(0, 2, 0, 0, 0));
    assert_eq!(ground.take(&[begun("a"), end.clone(), begun("b")]).await, counts(0, 3, 0, 0, 0));
    assert_eq!(ground.all().await, [end]);
    let sessions = ground.found(&Sieve::default()).await;
    assert_eq!((sessions.len(), sessions[0].exchanges), (1, 1));
}

/// All that a sender can say, and what both databases make of it.
#[apply(on_both)]
async fn hostile_text_harms_no_other_record() {
    let ground = Ground::new().await;
    let mut own = chain("c_a");
    let long = "é".repeat(100_000);
    let mut odd = record("x\0y", "a\0da", u64::MAX);
    odd.route = long.clone();
    odd.verdict.rules = vec![rule("r\0"), rule(&long), rule(""), rule("r\0")];
    odd.request.mcp = Some(McpRecord {
        method: "\0".to_owned(),
        tool: Some("'; DROP TABLE records; --".into()),
        ..Default::default()
    });
    let mut named = record(&long, &long, 1);
    named.session = Some(Session { id: "team.s_1/../\0".into(), joined_by: JoinedBy::Run });
    let mut lines = vec![linked(&mut own, &record("x1", "ada", 1))];
    lines.push(linked(&mut chain(&long), &odd));
    lines.push(linked(&mut chain("\0"), &named));
    let mut huge = linked(&mut own, &record("x2", "ada", 2));
    let link = huge.link.take().unwrap();
    // The last one that is taken.
    let most = i64::MAX - 1;
    huge.link = Some(link.replace("\"sequence\":2", &format!("\"sequence\":{most}")));
    lines.push(huge);
    // None of ours.
    for (record, link) in [("{}", None), ("1", None), ("{\"version\":2}", Some("{}")), ("\0", None)]
    {
        let (record, link) = (Some(record.to_owned()), link.map(str::to_owned));
        lines.push(Line { envoy: envoy(), record, link, ..Line::default() });
    }
    lines.push(linked(&mut chain("c_b"), &record("x3", "ada", 3)));
    let taken = ground.take(&lines).await;
    assert_eq!((taken.new, taken.refused), (5, 4), "{taken:?}");
    let all = ground.all().await;
    assert!(lines.iter().filter(|line| all.contains(line)).count() == 5);
    assert!(ground.one("x\0y").await.is_some());
    let by_name = Sieve { principal: long, ..Sieve::default() };
    assert_eq!(ground.found(&by_name).await.len(), 1);
    let by_rule = Sieve { rule: "r\0".to_owned(), ..Sieve::default() };
    assert_eq!(ground.found(&by_rule).await.len(), 1);
}

fn rule(name: &str) -> Contribution {
    let rule = name.to_owned();
    Contribution { rule, effect: Effect::Hold, mode: Mode::Enforce, severity: Severity::High }
}

/// Many sessions of many kinds, and what the same words find in a list of them.
fn mixed() -> Vec<Exchange> {
    let mut chain = chain("c_a");
    let one = |n: u64| {
        let mut one =
            record(&format!("x{n}"), ["ada", "bob", "Eve"][n as usize % 3], 1_000 + n * 7 % 50);
        one.claims.session = Some(format!("m{}", n % 5));
        one.dry_run = n.is_multiple_of(11);
        one.request.path = format!("/orders/{n}?q=50%25_off");
        one.response.body.text = format!("Order \"{n}\" of Zoë");
        one.request.mcp = n.is_multiple_of(4).then(|| McpRecord {
            method: "tools/call".into(),
            tool: Some(format!("t{}", n % 3)),
            ..Default::default()
        });
        one.verdict.effect =
            [Some(Effect::Allow), Some(Effect::Deny), Some(Effect::Hold), None][n as usize % 4];
        one.verdict.reason = [None, Some(Reason::Denied), Some(Reason::Pending)][n as usize % 3];
        one.verdict.rules = (0..n % 3).map(|r| rule(&format!("r{r}"))).collect();
        if n.is_multiple_of(6) {
            one.hold = Some(HoldRecord { hold: format!("h{}", n / 12), ..HoldRecord::default() });
        }
        one
    };
    (0..120).map(|n| linked(&mut chain, &one(n)).exchange().unwrap().unwrap()).collect()
}

fn sieves() -> Vec<Sieve> {
    let set = |change: &dyn Fn(&mut Sieve)| {
        let mut sieve = Sieve::default();
        change(&mut sieve);
        sieve
    };
    vec![
        Sieve::default(),
        set(&|one| one.principal = "ada".into()),
        set(&|one| one.principal = "eve".into()),
        set(&|one| one.since_ms = 1_030),
        set(&|one| one.effect = "deny".into()),
        set(&|one| one.reason = "pending".into()),
        set(&|one| one.rule = "r1".into()),
        set(&|one| one.tool = "t2".into()),
        set(&|one| one.text = "ORDER \"7".into()),
        set(&|one| one.text = "zoË".into()),
        set(&|one| one.text = "50%25_OFF".into()),
        set(&|one| one.text = "50%25xoff".into()),
        // In the record, and in none of the texts that are looked through.
        set(&|one| one.text = "exchange".into()),
        set(&|one| one.text = "orders".into()),
        set(&|one| {
            one.rule = "r0".into();
            one.principal = "bob".into();
            one.text = "of z".into();
        }),
    ]
}

#[apply(on_both)]
async fn the_same_is_found_as_by_reading_all() {
    let ground = Ground::new().await;
    let exchanges = mixed();
    let mut lines: Vec<Line> = exchanges
        .iter()
        .map(|one| Line {
            envoy: one.envoy.clone(),
            record: Some(one.record.to_ascii_json()),
            link: one.link.as_ref().map(|link| link.to_ascii_json()),
            ..Line::default()
        })
        .collect();
    // In another order than they ended.
    lines.reverse();
    assert_eq!(ground.take(&lines).await.new, 120);
    let ids = |some: &[Exchange]| -> Vec<String> {
        some.iter().map(|one| one.record.exchange.clone()).collect()
    };
    for sieve in sieves() {
        let mut wanted = session::list(&exchanges);
        wanted.retain(|session| {
            let of_it = session::exchanges(&exchanges, &session.id);
            of_it.iter().any(|one| sieve.lets_through(one))
        });
        let found = ground.found(&sieve).await;
        let shown = |all: &[session::Session]| serde_json::to_value(all).unwrap();
        assert_eq!(shown(&found), shown(&wanted), "{sieve:?}");
        // In steps, there and back.
        let mut read = Vec::new();
        let mut cut = SessionCut::Begin;
        loop {
            let some = ground.store.sessions(&sieve, cut, 2).await.unwrap();
            let Some(last) = some.last() else { break };
            cut = SessionCut::After(last.into());
            read.extend(some);
        }
        assert_eq!(shown(&read), shown(&wanted), "{sieve:?}");
        if let [before, .., last] = &wanted[..] {
            let cut = SessionCut::Before(last.into());
            let some = ground.store.sessions(&sieve, cut, 100).await.unwrap();
            assert_eq!(some.len(), wanted.len() - 1);
            assert_eq!(some.last().map(|one| &one.id), Some(&before.id));
        }
        for session in &wanted {
            let mut of_it = session::exchanges(&exchanges, &session.id);
            of_it.retain(|one| sieve.lets_through(one));
            let of_it: Vec<Exchange> = of_it.into_iter().cloned().collect();
            let (mut after, mut read): (Option<ExchangePlace>, _) = (None, Vec::new());
            loop {
                let some = ground
                    .store
                    .exchanges(&session.id, &sieve, Bodies::All, after, 3)
                    .await
                    .unwrap();
                let Some(last) = some.last() else { break };
                after = Some(last.into());
                read.extend(some);
            }
            assert_eq!(read, of_it, "{sieve:?} {:?}", ids(&read));
        }
    }
    let session = ground.store.session(&session::id(&exchanges[3].record)).await.unwrap();
    assert_eq!(session.unwrap().subject.as_deref(), Some("ada"));
    assert!(ground.store.session("s-none").await.unwrap().is_none());
    assert_eq!(ground.one("x7").await, Some(exchanges[7].clone()));
    let by_hold = ground.one("h3").await.unwrap();
    assert_eq!(by_hold.record.exchange, "x42");
    assert!(ground.one("").await.is_none());
}

#[apply(on_both)]
async fn one_tenant_writes_nothing_into_the_sessions_of_another() {
    let ground = Ground::new().await;
    let mut own = record("x1", "ada", 1);
    own.session = Some(Session { id: "s_1".into(), joined_by: JoinedBy::Run });
    ground.take(&[unlinked(&own)]).await;
    own.exchange = "x2".to_owned();
    let blue = tenant("blue");
    ground.store.take(&blue, Source::Als, &[unlinked(&own)]).await.unwrap();
    // Nor one without a name into those of one that has one.
    own.session = Some(Session { id: "blue.s_1".into(), joined_by: JoinedBy::Run });
    own.exchange = "x3".to_owned();
    ground.take(&[unlinked(&own)]).await;
    let mut ids: Vec<(String, usize)> = ground
        .found(&Sieve::default())
        .await
        .into_iter()
        .map(|one| (one.id, one.exchanges))
        .collect();
    ids.sort();
    assert_eq!(&ids[..2], [("blue.s_1".to_owned(), 1), (ids[1].0.clone(), 1)]);
    assert!(ids[1].0.starts_with("s-") && ids[2] == ("s_1".to_owned(), 1), "{ids:?}");
}

#[apply(on_both)]
async fn many_take_the_same_at_once() {
    let ground = Arc::new(Ground::new().await);
    let mut chain = chain("c_a");
    let lines: Arc<Vec<Line>> = Arc::new(
        (0..300).map(|n| linked(&mut chain, &record(&format!("x{n}"), "ada", n))).collect(),
    );
    let mut tasks = Vec::new();
    for at in 0..4 {
        let (store, lines) = (ground.again().await, lines.clone());
        tasks.push(tokio::spawn(async move {
            let mut taken = Taken::default();
            let (mut from, mut step) = (0, 11 + at * 13);
            while from < lines.len() {
                let to = (from + step).min(lines.len());
                taken +=
                    store.take(&Tenant::default(), Source::Als, &lines[from..to]).await.unwrap();
                (from, step) = (to, step + 1);
            }
            taken
        }));
    }
    let mut taken = Taken::default();
    for task in tasks {
        taken += task.await.unwrap();
    }
    assert_eq!(taken, counts(300, 900, 0, 0, 0));
    assert_eq!(ground.all().await, *lines);
    assert_eq!(ground.found(&Sieve::default()).await[0].exchanges, 300);
}

/// With the lines: a crash in between neither loses nor doubles.
#[apply(on_both)]
async fn how_far_a_file_was_read_is_kept_with_its_lines() {
    let ground = Ground::new().await;
    let mut chain = chain("c_a");
    let line = linked(&mut chain, &record("x1", "ada", 1));
    let tail = Tail {
        name: "access".into(),
        device: u64::MAX,
        inode: 7,
        begin: "00ff".into(),
        offset: 1_000,
        unreadable: 2,
    };
    assert_eq!(ground.store.tail("access").await.unwrap(), None);
    let taken = ground.store.take_read(std::slice::from_ref(&line), &tail).await.unwrap();
    assert_eq!(taken, counts(1, 0, 0, 0, 0));
    assert_eq!(ground.store.tail("access").await.unwrap(), Some(tail.clone()));
    let tail = Tail { offset: 1_100, begin: "ff00".into(), ..tail };
    ground.store.take_read(&[], &tail).await.unwrap();
    assert_eq!(ground.again().await.tail("access").await.unwrap(), Some(tail));
}

/// Every column of every table but those of the migrations, as text.
async fn everything(ground: &Ground) -> String {
    let mut text = String::new();
    for table in
        ["records", "record_names", "record_sessions", "record_conflicts", "record_erasures"]
    {
        let query = match On::current() {
            On::Postgres => format!("SELECT t::text FROM {table} t"),
            On::Sqlite => {
                let columns = format!(
                    "SELECT group_concat('coalesce(' || name || ', '''')', ' || ''|'' || ') FROM pragma_table_info('{table}')"
                );
                let columns: String = sqlx::query_scalar(sqlx::AssertSqlSafe(columns))
                    .fetch_one(&ground.store.pool)
                    .await
                    .unwrap();
                format!("SELECT {columns} FROM {table}")
            }
        };
        let rows = sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(query));
        for row in rows.fetch_all(&ground.store.pool).await.unwrap() {
            text.push_str(&row);
            text.push('\n');
        }
    }
    text
}

#[apply(on_both)]
async fn of_an_erased_caller_the_links_are_left() {
    let ground = Ground::new().await;
    let mut own = chain("c_a");
    let who = |n: u64| if n.is_multiple_of(2) { "mallory@example" } else { "ada" };
    let mut held = record("x-held", "mallory@example", 3);
    held.hold = Some(HoldRecord { hold: "h1".to_owned(), ..HoldRecord::default() });
    held.request.path = "/mallory".to_owned();
    let mut lines: Vec<Line> =
        (0..40).map(|n| linked(&mut own, &record(&format!("x{n}"), who(n), n))).collect();
    lines.push(linked(&mut own, &held));
    // Without a link, and one that came for a place that was taken.
    lines.push(unlinked(&record("y1", "mallory@example", 1)));
    lines.push(linked(&mut chain("c_a"), &record("z1", "mallory@example", 1)));
    let mut other = record("x-other", "mallory@example", 5);
    other.principal.as_mut().unwrap().issuer = "https://other".to_owned();
    lines.push(linked(&mut own, &other));
    assert_eq!(ground.take(&lines).await, counts(43, 0, 0, 1, 0));
    assert_eq!(ground.erase(Some("https://i"), "nobody", "dana").await, TakenOut::default());
    let erased = ground.erase(Some("https://i"), "mallory@example", "dana").await;
    assert_eq!(erased.records, 23);
    let signed: u64 = erased.notes.iter().flat_map(|one| &one.erased).map(|(a, b)| b - a + 1).sum();
    let whose = |one: &Note| (one.out_of, one.at, one.by.as_str()) == (OutOf::Store, NOW, "dana");
    assert!(erased.notes.iter().all(whose), "{:?}", erased.notes);
    // Those that have a link.
    assert_eq!((signed, erased.notes.len()), (21, 1));
    assert_eq!(everything(&ground).await.matches("mallory").count(), 3, "of the other issuer");
    assert_eq!(ground.erase(None, "mallory@example", "dana").await.records, 1);
    let text = everything(&ground).await;
    assert!(!text.contains("mallory") && !text.contains("salt-of-x0\"") && text.contains("ada"));
    if let Database::Sqlite(file) = &ground.database {
        for file in [file.clone(), file.with_extension("sqlite-wal")] {
            let bytes = std::fs::read(file).unwrap_or_default();
            assert!(!bytes.windows(7).any(|window| window == b"mallory"), "in the file");
        }
    }
    let all = ground.all().await;
    let erased: Vec<&Line> = all.iter().filter(|line| line.erased.is_some()).collect();
    assert_eq!((all.len(), erased.len()), (43, 22));
    assert!(erased.iter().all(|line| line.record.is_none() && line.link.is_some()));
    // Of the one without a link nothing is left to note anything beside.
    assert_eq!(all.iter().filter(|line| line.record.is_none()).count(), 23);
    assert_eq!(erased[0].erased.as_ref().map(|one| (one.at, one.by.as_str())), Some((NOW, "dana")));
    let sessions = ground.found(&Sieve::default()).await;
    assert_eq!((sessions.len(), sessions[0].exchanges), (1, 20));
    assert!(ground.one("x0").await.is_none());
    assert!(ground.one("h1").await.is_none());
    assert_eq!(ground.store.counts().await.unwrap().erased, 23);
    // Whoever sends them again brings none of them back.
    let again = ground.take(&lines[..42]).await;
    assert_eq!(again, Taken { erased: 22, ..counts(0, 42, 0, 0, 0) });
    let mut begun = record("x0", "mallory@example", 0);
    begun.last = false;
    assert_eq!(ground.take(&[unlinked(&begun)]).await, counts(0, 1, 0, 0, 0));
    assert!(!everything(&ground).await.contains("mallory"));
}

/// What was taken out is told though the rest could not be: by another try it would not be found any more.
#[apply(on_both)]
async fn what_was_erased_before_it_failed_is_told() {
    let ground = Ground::new().await;
    let mut own = chain("c_a");
    let lines: Vec<Line> =
        (0..1_500).map(|n| linked(&mut own, &record(&format!("x{n}"), "mallory", n))).collect();
    ground.take(&lines).await;
    let fails = "RAISE(ABORT, 'the disk is full')";
    let sqlite = format!(
        "CREATE TRIGGER full BEFORE UPDATE ON records WHEN OLD.sequence = 1200 BEGIN SELECT {fails}; END"
    );
    let steps = match On::current() {
        On::Sqlite => [sqlite.as_str(), "DROP TRIGGER full"],
        On::Postgres => [
            "ALTER TABLE records ADD CONSTRAINT not_full CHECK (NOT (sequence = 1200 AND erased IS NOT NULL))",
            "ALTER TABLE records DROP CONSTRAINT not_full",
        ],
    };
    let run = async |step: &str| {
        let step = sqlx::AssertSqlSafe(step.to_owned());
        sqlx::query(step).execute(&ground.store.pool).await.unwrap();
    };
    run(steps[0]).await;
    let mut taken = TakenOut::default();
    assert!(ground.store.erase(None, "mallory", "dana", &mut taken).await.is_err());
    assert_eq!((taken.records, &taken.notes[0].erased[..]), (1_000, &[(1, 1_000)][..]));
    run(steps[1]).await;
    ground.store.erase(None, "mallory", "dana", &mut taken).await.unwrap();
    assert_eq!((taken.records, &taken.notes[1].erased[..]), (1_500, &[(1_001, 1_500)][..]));
}

#[apply(on_both)]
async fn what_is_old_goes_from_the_begin_of_its_chain() {
    let ground = Ground::new().await;
    let (mut one, mut two) = (chain("c_a"), chain("c_b"));
    let mut taken = Vec::new();
    for day in 0..10 {
        for (chain, subject) in [(&mut one, "ada"), (&mut two, "bob")] {
            if subject == "ada" || day < 5 {
                let line = linked(chain, &record(&format!("{subject}{day}"), subject, day * 10));
                taken.push(line.clone());
                ground.take(&[line]).await;
            }
        }
        ground.take(&[unlinked(&record(&format!("y{day}"), "eve", day))]).await;
        ground.clock.advance(24 * 3600);
    }
    let before = ground.store.counts().await.unwrap().bytes;
    let cutoff = NOW + 6 * 24 * 3600;
    let gone = ground.store.prune(cutoff, 0).await.unwrap();
    assert_eq!(gone.records, 6 + 5 + 6);
    let noted = [("c_a", 6), ("c_b", 5)].map(|(chain, pruned_to)| Note {
        chain: chain.to_owned(),
        pruned_to,
        at: ground.clock.now(),
        ..Note::default()
    });
    assert_eq!(gone.notes, noted);
    assert_eq!(ground.store.prune(cutoff, 0).await.unwrap(), TakenOut::default());
    let pruned = ground.store.pruned().await.unwrap();
    assert_eq!(
        pruned,
        [("c_a", 6), ("c_b", 5)].map(|(chain, to)| (String::new(), chain.to_owned(), to))
    );
    let lines = ground.all().await;
    let said: Vec<Option<u64>> = lines.iter().map(|line| line.pruned_to).collect();
    assert_eq!(said, [None, None, None, None, Some(6), None, None, None]);
    let sessions = ground.found(&Sieve::default()).await;
    let counted: Vec<_> = sessions
        .iter()
        .map(|one| (one.subject.as_deref(), one.exchanges, one.started_ms))
        .collect();
    assert_eq!(counted, [(Some("ada"), 4, 60), (Some("eve"), 4, 6)]);
    let after = ground.store.counts().await.unwrap().bytes;
    let sum: usize = lines.iter().map(bytes).sum();
    assert_eq!(after, sum as u64);
    assert!(after < before);
    // By size: the oldest first, and no more than it takes.
    let gone = ground.store.prune(0, after - 1).await.unwrap().records;
    assert_eq!((gone, ground.store.prune(0, after - 1).await.unwrap().records), (1, 0));
    assert_eq!(ground.store.prune(0, 1).await.unwrap().records, 7);
    assert_eq!(ground.store.counts().await.unwrap().bytes, 0);
}

fn bytes(line: &Line) -> usize {
    let texts = [line.record.as_ref(), line.link.as_ref()];
    texts.iter().flatten().map(|text| text.len()).sum::<usize>()
        + serde_json::to_string(&line.envoy).unwrap().len()
}
