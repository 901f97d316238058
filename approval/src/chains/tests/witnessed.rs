//! Witnesses of the log of checkpoints: one that checks what it is shown, away at times, and lies in some tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tlog_tiles::tlog::check_tree;

use super::*;
use crate::chains::{LogState, Witness, Witnessing};
use crate::clock::{Clock, ManualClock};
use crate::store::{Log, Store};
use crate::tlog::tests::Cosigner;
use crate::tlog::tree::Tree;
use crate::tlog::{Hash, Signed, TreeHead, Vkey, leaf};

/// What it keeps, and how it does.
struct Own {
    cosigner: Cosigner,
    log: Option<Vkey>,
    seen: Option<TreeHead>,
    clock: Arc<ManualClock>,
    asked: Vec<u64>,
    /// Answers nothing good.
    away: bool,
    /// Says another time.
    late: u64,
}

type Shared = Arc<Mutex<Own>>;

async fn add(State(own): State<Shared>, body: String) -> (StatusCode, String) {
    let mut own = own.lock().unwrap();
    if own.away {
        return (StatusCode::BAD_GATEWAY, String::new());
    }
    let (above, note) = body.split_once("\n\n").unwrap();
    let mut lines = above.lines();
    let old: u64 = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
    let hash = |line: &str| Hash(STANDARD.decode(line).unwrap().try_into().unwrap());
    let proof: Vec<Hash> = lines.map(hash).collect();
    let note = Signed::read(note).unwrap();
    let Some(log) = own.log.clone() else { return (StatusCode::NOT_FOUND, String::new()) };
    if !note.is_signed_by(&log) {
        return (StatusCode::FORBIDDEN, String::new());
    }
    let head = TreeHead::read(&note.text).unwrap();
    own.asked.push(head.size);
    let seen = own.seen.as_ref().map_or(0, |seen| seen.size);
    if old != seen {
        return (StatusCode::CONFLICT, format!("{seen}\n"));
    }
    if let Some(seen) = &own.seen
        && check_tree(&proof, head.size, head.root, seen.size, seen.root).is_err()
    {
        return (StatusCode::UNPROCESSABLE_ENTITY, String::new());
    }
    own.seen = Some(head);
    let at = own.clock.now() + own.late;
    (StatusCode::OK, own.cosigner.cosignature(&note.text, at))
}

async fn witness(name: &str, clock: &Arc<ManualClock>) -> (Shared, Witness) {
    let own = Own {
        cosigner: Cosigner::new(name),
        log: None,
        seen: None,
        clock: clock.clone(),
        asked: Vec::new(),
        away: false,
        late: 0,
    };
    let key = own.cosigner.vkey.to_string();
    let own = Arc::new(Mutex::new(own));
    let router = Router::new().route("/w/add-checkpoint", post(add)).with_state(own.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/w/?sas=secret", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (own, Witness::new(&url, &key, None).unwrap())
}

struct Bench {
    fixture: Fixture,
    witnesses: Vec<Shared>,
    log: Vkey,
}

impl Bench {
    async fn new(count: usize, quorum: usize) -> Self {
        let clock = Arc::new(ManualClock::at(0));
        let mut all = Vec::new();
        for at in 0..count {
            all.push(witness(&format!("witness.example/w{at}"), &clock).await);
        }
        let (witnesses, known): (Vec<Shared>, Vec<Witness>) = all.into_iter().unzip();
        let key = SigningKey::generate();
        let every = Duration::from_secs(1);
        let witnessing = Witnessing::new(&key, None, known, Some(quorum), every).unwrap();
        let log = key.vkey(&witnessing.origin).unwrap();
        for one in &witnesses {
            one.lock().unwrap().log = Some(log.clone());
        }
        let witnessing = Some(witnessing);
        let made = Checkpointing { key, every, file: None, http: None, witnessing };
        let fixture = Fixture::checkpointing(made).await;
        for one in &witnesses {
            one.lock().unwrap().clock = fixture.clock.clone();
        }
        Self { fixture, witnesses, log }
    }

    /// So many checkpoints more, and the witnesses are asked.
    async fn grow(&self, to: std::ops::RangeInclusive<u64>) -> LogState {
        for count in to {
            told(&self.fixture, &report("c_a", count)).await;
            self.fixture.holds.last_checkpoint().await;
        }
        self.ask().await
    }

    async fn ask(&self) -> LogState {
        self.fixture.holds.last_witnessing().await;
        self.fixture.holds.log_state().await.unwrap().unwrap()
    }

    fn of(&self, at: usize) -> std::sync::MutexGuard<'_, Own> {
        self.witnesses[at].lock().unwrap()
    }

    /// What is served, as whoever verifies takes it.
    async fn served(&self) -> (Signed, TreeHead) {
        let bearer = format!("Bearer {APPROVER_KEY}");
        let headers = [("host", HOST), ("authorization", &bearer[..])];
        let path = "/v1/checkpoints/tree-head";
        let answer = send(&self.fixture.console, "GET", path, &headers, "").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let note = Signed::read(&answer.body).unwrap();
        assert!(note.is_signed_by(&self.log));
        let head = TreeHead::read(&note.text).unwrap();
        (note, head)
    }

    /// Of the first so many checkpoints in the database.
    async fn root(&self, size: u64) -> Hash {
        let mut tree = Tree::default();
        for one in self.fixture.holds.store.checkpoints(0, 10_000).await.unwrap() {
            tree.push(leaf(one.jws.as_bytes()));
        }
        tree.root(size).unwrap()
    }
}

/// A service with two checkpoints and a tree head of them.
pub async fn cosigned() -> Fixture {
    let bench = Bench::new(1, 1).await;
    bench.grow(1..=2).await;
    bench.fixture
}

#[apply(on_both)]
async fn what_grows_is_cosigned_and_served() {
    let bench = Bench::new(2, 2).await;
    let state = bench.ask().await;
    assert_eq!((state.head, bench.of(0).asked.len()), (None, 0));
    for (size, to) in [(1, 1..=1), (2, 2..=2), (7, 3..=7), (123, 8..=123)] {
        let state = bench.grow(to).await;
        assert!(state.witnesses.iter().all(|one| one.health.failing.is_none() && one.size == size));
        assert!(!format!("{state:?}").contains("secret"));
        let (note, head) = bench.served().await;
        assert_eq!((head.size, head.root), (size, bench.root(size).await));
        for at in [0, 1] {
            let at = note.cosigned_by(&bench.of(at).cosigner.vkey);
            assert_eq!(at, Some(bench.fixture.clock.now()));
        }
    }
    // Nothing new: nobody is asked, until what was cosigned is old.
    let asked = bench.of(0).asked.len();
    bench.ask().await;
    assert_eq!(bench.of(0).asked.len(), asked);
    bench.fixture.clock.advance(3600);
    let now = bench.fixture.clock.now();
    bench.ask().await;
    assert_eq!(bench.served().await.0.cosigned_by(&bench.of(0).cosigner.vkey), Some(now));
}

#[apply(on_both)]
async fn one_that_was_away_catches_up_and_too_few_are_not_enough() {
    let bench = Bench::new(2, 2).await;
    bench.grow(1..=3).await;
    bench.of(1).away = true;
    let state = bench.grow(4..=6).await;
    assert_eq!(state.head.as_ref().unwrap().size, 3);
    let failing = &state.witnesses[1].health;
    assert!(failing.failing.as_ref().unwrap().1.contains("502") && !failing.differs);
    assert_eq!((state.witnesses[0].size, state.witnesses[1].size), (6, 3));
    bench.of(1).away = false;
    let state = bench.grow(7..=7).await;
    assert_eq!(state.head.as_ref().unwrap().size, 7);
    assert_eq!(state.witnesses[1].health, Default::default());
    // With one of two the other may stay away.
    let bench = Bench::new(2, 1).await;
    bench.of(0).away = true;
    assert_eq!(bench.grow(1..=2).await.head.unwrap().size, 2);
}

/// Whoever rolls back the database never gets a cosignature again.
#[apply(on_both)]
async fn a_database_that_was_rolled_back_differs() {
    let bench = Bench::new(1, 1).await;
    bench.grow(1..=5).await;
    let store = bench.fixture.opened_again().await;
    store.roll_back_log(3).await;
    let state = bench.ask().await;
    let health = &state.witnesses[0].health;
    let why = &health.failing.as_ref().unwrap().1;
    assert!(
        health.differs && why.contains("5 checkpoints") && why.contains("rolled back"),
        "{why}"
    );
    // It goes on, as long as it was and longer, and is another.
    for to in [6..=7, 8..=9] {
        let state = bench.grow(to).await;
        let health = &state.witnesses[0].health;
        let why = &health.failing.as_ref().unwrap().1;
        assert!(health.differs && why.contains("another tree of 5"), "{why}");
        assert_eq!(state.head, None);
    }
}

/// What is changed in the middle is in the tree as it was; changed there too, no witness takes it.
#[apply(on_both)]
async fn a_changed_checkpoint_is_in_no_tree_head() {
    let bench = Bench::new(1, 1).await;
    bench.grow(1..=5).await;
    let store = bench.fixture.opened_again().await;
    store.change_checkpoint(2).await;
    bench.grow(6..=6).await;
    let (_, head) = bench.served().await;
    assert!(head.size == 6 && head.root != bench.root(6).await);
    store.forget_tree().await;
    let state = bench.grow(7..=7).await;
    assert!(state.witnesses[0].health.differs && state.head.unwrap().size == 6);
    store.drop_checkpoint(3).await;
    store.forget_tree().await;
    assert!(matches!(store.grow_log().await, Err(crate::store::StoreError::Log(3))));
}

/// Whoever takes the last one out or changes it, and leaves the hashes, gets no fresh cosignature for them.
#[apply(on_both)]
async fn hashes_of_what_is_there_no_more_are_cosigned_no_more() {
    for changed in [false, true] {
        let bench = Bench::new(1, 1).await;
        bench.grow(1..=5).await;
        let store = bench.fixture.opened_again().await;
        match changed {
            true => store.change_checkpoint(5).await,
            false => store.drop_checkpoint(5).await,
        }
        let asked = bench.of(0).asked.len();
        assert!(matches!(store.grow_log().await, Err(crate::store::StoreError::Log(5))));
        bench.fixture.clock.advance(2 * 3600);
        bench.ask().await;
        assert_eq!(bench.of(0).asked.len(), asked);
    }
}

#[apply(on_both)]
async fn replicas_grow_one_tree_and_do_not_alarm_each_other() {
    let bench = Bench::new(1, 1).await;
    let replica = bench.fixture.opened_again().await;
    for size in 1..=130 {
        told(&bench.fixture, &report("c_a", size)).await;
        bench.fixture.holds.last_checkpoint().await;
    }
    let own = &bench.fixture.holds.store;
    let both = async |store: &dyn Store| while !store.grow_log().await.unwrap().1 {};
    tokio::join!(both(own.as_ref()), both(replica.as_ref()));
    assert_eq!(bench.ask().await.head.unwrap().size, 130);
    // The other one showed a newer tree head meanwhile.
    bench.fixture.clock.advance(3600);
    let seen = bench.of(0).seen.clone();
    bench.of(0).seen = seen.map(|seen| TreeHead { size: 131, ..seen });
    told(&bench.fixture, &report("c_a", 131)).await;
    let store = own.clone();
    let head = TreeHead { origin: bench.log.name.clone(), size: 130, root: bench.root(130).await };
    bench.fixture.holds.last_checkpoint().await;
    let made = bench.fixture.holds.checkpointing.as_ref().unwrap();
    let note = head.signed(&made.key).unwrap();
    let known = made.witnessing.as_ref().unwrap().witnesses[0].clone();
    let mut client = crate::chains::witness::Client::new(known, Default::default(), 130).unwrap();
    let now = bench.fixture.clock.now();
    let said = client.cosign(store.as_ref(), (&head, &note, &bench.log), now).await;
    assert!(matches!(said, Ok(None)));
}

#[tokio::test]
async fn who_does_not_know_the_log_is_told_its_key_and_lies_count_for_nothing() {
    let bench = Bench::new(1, 1).await;
    bench.of(0).log = None;
    let why = |state: &LogState| state.witnesses[0].health.failing.clone().unwrap().1;
    let state = bench.grow(1..=1).await;
    assert!(why(&state).contains(&bench.log.to_string()), "{}", why(&state));
    bench.of(0).log = Some(SigningKey::generate().vkey(&bench.log.name).unwrap());
    assert!(why(&bench.ask().await).contains("this key of the log"));
    bench.of(0).log = Some(bench.log.clone());
    bench.of(0).late = 301;
    assert!(why(&bench.ask().await).contains("its clock"));
    bench.of(0).late = 0;
    // Somebody else in its place.
    let stranger = Cosigner::new("witness.example/w0");
    let own = std::mem::replace(&mut bench.of(0).cosigner, stranger);
    assert!(why(&bench.ask().await).contains("no cosignature by"));
    bench.of(0).cosigner = own;
    let state = bench.ask().await;
    assert_eq!((state.head.unwrap().size, state.witnesses[0].health.differs), (1, false));
}

/// The service does so beside its work, and writes it where it shall.
#[tokio::test]
async fn the_service_keeps_it_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tree-head");
    let clock = Arc::new(ManualClock::at(0));
    let (own, known) = witness("w", &clock).await;
    let key = SigningKey::generate();
    let every = Duration::from_millis(20);
    let mut witnessing = Witnessing::new(
        &key,
        Some("example.com/l".into()),
        vec![known],
        None,
        Duration::from_secs(1),
    )
    .unwrap();
    witnessing.file = Some(file.clone());
    own.lock().unwrap().log = Some(key.vkey("example.com/l").unwrap());
    let witnessing = Some(witnessing);
    let made = Checkpointing { key, every, file: None, http: None, witnessing };
    let fixture = Fixture::checkpointing(made).await;
    own.lock().unwrap().clock = fixture.clock.clone();
    let holds = fixture.holds.clone();
    let task = tokio::spawn(async move { holds.keep_witnessing().await });
    told(&fixture, &report("c_a", 1)).await;
    fixture.holds.last_checkpoint().await;
    let mut looks = 0..2_000;
    while std::fs::read_to_string(&file).is_err() {
        looks.next().expect("the tree head to be written in time");
        tokio::time::sleep(every).await;
    }
    let note = Signed::read(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert!(note.text.starts_with("example.com/l\n1\n"));
    fixture.holds.wake.stop();
    task.await.unwrap();
}

#[test]
fn what_cannot_be_witnessed_is_refused() {
    let key = SigningKey::generate();
    let vkey = Cosigner::new("w").vkey.to_string();
    let one = || Witness::new("https://w.example/x", &vkey, None).unwrap();
    let second = Duration::from_secs(1);
    let wrong = |origin: Option<&str>, all: Vec<Witness>, quorum, every| {
        let made = Witnessing::new(&key, origin.map(Into::into), all, quorum, every);
        made.unwrap_err().to_string()
    };
    assert!(wrong(Some("a b"), vec![one()], None, second).contains("`a b`"));
    assert!(wrong(None, vec![one(), one()], None, second).contains("twice"));
    assert!(wrong(None, vec![one()], Some(2), second).contains("2 of 1"));
    assert!(wrong(None, vec![one()], Some(0), second).contains("0 of 1"));
    assert!(wrong(None, vec![], None, second).contains("0 of 0"));
    assert!(wrong(None, vec![one()], None, Duration::ZERO).contains("once a second"));
    let log = key.vkey("l").unwrap().to_string();
    for (url, key, why) in [
        ("http://w.example/", vkey.as_str(), "https"),
        ("https://w.example/", "w", "NAME+ID+KEY"),
        ("https://w.example/", &log, "the key of a log"),
    ] {
        let said = format!("{:#}", Witness::new(url, key, None).unwrap_err());
        assert!(said.contains(why), "{said}");
    }
}
