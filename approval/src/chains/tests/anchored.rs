//! The anchor on another host: a server of HTTP that keeps what is put, or does otherwise.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;

use super::*;
use crate::chains::remote::{Halt, HttpAnchor, Remote};

#[derive(Default)]
struct Shelf {
    objects: BTreeMap<String, Vec<u8>>,
    /// Answers before it does anything.
    broken: usize,
    /// What is put is kept, and the answer lost.
    deaf: bool,
    /// Nobody may read.
    blind: bool,
    asked: usize,
}

type Shared = Arc<Mutex<Shelf>>;

async fn put(
    State(shelf): State<Shared>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let mut shelf = shelf.lock().unwrap();
    shelf.asked += 1;
    if headers.get("authorization").is_none_or(|value| value != "Bearer sesame") {
        return StatusCode::UNAUTHORIZED;
    }
    assert_eq!(headers.get("if-none-match").unwrap(), "*");
    if shelf.broken > 0 {
        shelf.broken -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    if shelf.objects.contains_key(&name) {
        return StatusCode::PRECONDITION_FAILED;
    }
    shelf.objects.insert(name, body.to_vec());
    if shelf.deaf { StatusCode::BAD_GATEWAY } else { StatusCode::CREATED }
}

async fn look(State(shelf): State<Shared>, Path(name): Path<String>) -> impl IntoResponse {
    let mut shelf = shelf.lock().unwrap();
    shelf.asked += 1;
    match shelf.objects.get(&name) {
        _ if shelf.blind => (StatusCode::FORBIDDEN, Vec::new()),
        Some(bytes) => (StatusCode::OK, bytes.clone()),
        None => (StatusCode::NOT_FOUND, Vec::new()),
    }
}

async fn shelf() -> (Shared, String) {
    let shelf = Shared::default();
    let router = Router::new().route("/worm/{name}", get(look).put(put)).with_state(shelf.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/worm/?sas=secret", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (shelf, url)
}

fn anchor(url: &str) -> HttpAnchor {
    HttpAnchor::new(url, [("authorization", "Bearer sesame")], None).unwrap()
}

/// So many checkpoints in the database, and a way to the shelf.
async fn made(count: u64) -> (Fixture, Shared, HttpAnchor) {
    let (shelf, url) = shelf().await;
    let (fixture, _) = fixture(None).await;
    for at in 1..=count {
        told(&fixture, &report("c_a", at)).await;
        fixture.holds.last_checkpoint().await;
    }
    (fixture, shelf, anchor(&url))
}

async fn stored(fixture: &Fixture) -> Vec<Vec<u8>> {
    let all = fixture.holds.store.checkpoints(0, 1000).await.unwrap();
    all.into_iter().map(|one| one.jws.into_bytes()).collect()
}

fn kept(shelf: &Shared) -> Vec<Vec<u8>> {
    shelf.lock().unwrap().objects.values().cloned().collect()
}

#[tokio::test]
async fn each_is_put_once_in_order_until_it_is_taken() {
    let (fixture, shelf, anchor) = made(23).await;
    shelf.lock().unwrap().broken = 1;
    let store = fixture.holds.store.as_ref();
    let mut remote = Remote::new(anchor.clone()).unwrap();
    let failed = remote.catch_up(store).await.unwrap_err();
    assert_eq!(failed, Halt::Failed("its answer was 503".into()));
    remote.catch_up(store).await.unwrap();
    assert_eq!((remote.taken(), kept(&shelf)), (Some(23), stored(&fixture).await));
    let first = shelf.lock().unwrap().objects.keys().next().cloned().unwrap();
    assert_eq!(first, "00000000000000000001.jws");
    // A service that starts anew finds its place by a few looks.
    let before = shelf.lock().unwrap().asked;
    let mut again = Remote::new(anchor.clone()).unwrap();
    again.catch_up(store).await.unwrap();
    let looks = shelf.lock().unwrap().asked - before;
    assert!(again.taken() == Some(23) && looks <= 12, "{looks}");
    // An answer that got lost is no reason to go on without.
    told(&fixture, &report("c_a", 24)).await;
    fixture.holds.last_checkpoint().await;
    shelf.lock().unwrap().deaf = true;
    assert!(again.catch_up(store).await.is_err());
    again.catch_up(store).await.unwrap();
    assert_eq!(kept(&shelf), stored(&fixture).await);
}

#[tokio::test]
async fn what_differs_is_an_alarm_and_nothing_goes_past_it() {
    let (fixture, shelf, anchor) = made(5).await;
    let store = fixture.holds.store.as_ref();
    let mut remote = Remote::new(anchor.clone()).unwrap();
    remote.catch_up(store).await.unwrap();
    told(&fixture, &report("c_a", 6)).await;
    fixture.holds.last_checkpoint().await;
    // Somebody else signed a sixth one.
    let sixth = "00000000000000000006.jws".to_owned();
    shelf.lock().unwrap().objects.insert(sixth.clone(), b"other".to_vec());
    for _ in 0..2 {
        let why = remote.catch_up(store).await.unwrap_err();
        assert!(matches!(&why, Halt::Differs(why) if why.contains("checkpoint 6")), "{why:?}");
    }
    assert_eq!(remote.taken(), Some(5));
    // A database that was rolled back has less than the anchor.
    let own = stored(&fixture).await.pop().unwrap();
    shelf.lock().unwrap().objects.insert(sixth, own);
    let seventh = "00000000000000000007.jws".to_owned();
    shelf.lock().unwrap().objects.insert(seventh, b"later".to_vec());
    let why = Remote::new(anchor).unwrap().catch_up(store).await.unwrap_err();
    assert!(matches!(&why, Halt::Differs(why) if why.contains("rolled back")), "{why:?}");
}

#[apply(on_both)]
async fn who_may_only_write_goes_on_and_who_may_not_is_told() {
    let (fixture, shelf, anchor) = made(23).await;
    shelf.lock().unwrap().blind = true;
    let store = fixture.holds.store.as_ref();
    // One that starts anew puts none twice.
    for requests in [24, 1] {
        let before = shelf.lock().unwrap().asked;
        Remote::new(anchor.clone()).unwrap().catch_up(store).await.unwrap();
        assert_eq!(shelf.lock().unwrap().asked - before, requests);
    }
    assert_eq!(kept(&shelf), stored(&fixture).await);
    // What was noted and is not in the database is none.
    store.keep_anchored(&crate::chains::remote::shown(&anchor.url), 99).await.unwrap();
    let before = shelf.lock().unwrap().asked;
    Remote::new(anchor.clone()).unwrap().catch_up(store).await.unwrap();
    assert!(shelf.lock().unwrap().asked - before > 23);
    let stranger = HttpAnchor { headers: HeaderMap::new(), ..anchor };
    shelf.lock().unwrap().objects.clear();
    let why = Remote::new(stranger).unwrap().catch_up(store).await.unwrap_err();
    assert_eq!(why, Halt::Failed("its answer was 401".into()));
}

/// A stop ends what is under way with the anchor, and no use of the database.
#[tokio::test]
async fn a_stop_waits_for_no_anchor() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (every, http) = (std::time::Duration::from_millis(1), Some(anchor(&url)));
    let key = SigningKey::generate();
    let made = Checkpointing { key, every, file: None, http, witnessing: None };
    let fixture = Fixture::checkpointing(made).await;
    told(&fixture, &report("c_a", 1)).await;
    fixture.holds.last_checkpoint().await;
    let holds = fixture.holds.clone();
    let task = tokio::spawn(async move { holds.keep_anchoring().await });
    // It takes the connection, and answers nothing.
    let (silent, _) = listener.accept().await.unwrap();
    fixture.holds.wake.stop();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(15), task).await;
    ended.expect("to end before the anchor's time is up").unwrap();
    assert_eq!(fixture.holds.anchored().unwrap().health.failing, None);
    drop(silent);
}

/// The service does so beside its work, and people see how it goes.
#[tokio::test]
async fn the_service_keeps_it_and_tells() {
    let (shelf, url) = shelf().await;
    shelf.lock().unwrap().objects.insert("00000000000000000002.jws".into(), b"other".to_vec());
    let key = SigningKey::generate();
    let every = std::time::Duration::from_millis(20);
    let http = Some(anchor(&url));
    let fixture =
        Fixture::checkpointing(Checkpointing { key, every, file: None, http, witnessing: None })
            .await;
    let holds = fixture.holds.clone();
    let task = tokio::spawn(async move { holds.keep_anchoring().await });
    for count in [1, 2] {
        told(&fixture, &report("c_a", count)).await;
        fixture.holds.last_checkpoint().await;
    }
    let bearer = format!("Bearer {APPROVER_KEY}");
    let headers = [("host", HOST), ("authorization", &bearer[..])];
    let mut looks = 0..2_000;
    let status = loop {
        looks.next().expect("the anchor to be told of in time");
        let answer = send(&fixture.console, "GET", "/v1/checkpoints", &headers, "").await;
        let list: CheckpointList = serde_json::from_str(&answer.body).unwrap();
        let status = list.anchor.unwrap();
        if status.differs {
            break status;
        }
        tokio::time::sleep(every).await;
    };
    assert_eq!(status.taken, 1);
    assert!(status.why.unwrap().contains("checkpoint 2") && status.failing_since.is_some());
    assert!(!status.url.contains("secret"), "{}", status.url);
    fixture.holds.wake.stop();
    task.await.unwrap();
}

#[test]
fn secrets_go_where_they_may_and_into_no_text() {
    let wrong = |url: &str, header: (&str, &str)| {
        format!("{:#}", HttpAnchor::new(url, [header], None).unwrap_err())
    };
    let own = ("authorization", "Bearer sesame");
    assert!(wrong("http://worm.example/a", own).contains("https"));
    assert!(wrong("https://ann:sesame@worm.example/a", own).contains("user"));
    assert!(wrong("https://worm.example/a", ("if-none-match", "sesame")).contains("own"));
    for wrong in [
        wrong("https://w.example", ("a b", "sesame")),
        wrong("https://w.example", ("a", "sesame\n")),
    ] {
        assert!(!wrong.contains("sesame"), "{wrong}");
    }
    let shown = format!("{:?}", anchor("https://worm.example/a?sig=sesame"));
    assert!(!shown.contains("sesame"), "{shown}");
}
