use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::Poster;
use crate::config::url;
use crate::notify::Outcome;
use crate::testing::authority::Authority;
use crate::testing::ends::{Say, WebEnd};
use crate::tls::TlsListener;

fn poster(address: &str, ca: Option<&str>) -> Poster {
    let poster = Poster::new(url(address).unwrap(), ca.map(str::as_bytes)).unwrap();
    Poster { whole: Duration::from_secs(2), ..poster }
}

async fn post(address: &str) -> Outcome {
    poster(address, None).post("{}".into(), &[("webhook-id", "id".into())]).await
}

fn why(outcome: &Outcome) -> &str {
    let why = outcome.why().unwrap();
    assert!(!why.contains("hush") && !why.contains("http://"), "{why}");
    why
}

#[tokio::test]
async fn the_status_of_the_answer_counts() {
    let end = WebEnd::saying(&[
        Say::Status(200),
        Say::Status(500),
        Say::With(429, "retry-after", "90"),
        Say::With(503, "retry-after", "Fri, 31 Dec 1999 23:59:59 GMT"),
        Say::Status(410),
        Say::Status(404),
    ])
    .await;
    assert_eq!(post(&end.url).await, Outcome::Sent);
    assert_eq!(post(&end.url).await, Outcome::failed("the answer was 500"));
    let busy = Outcome::Failed { why: "the answer was 429".into(), after: 90 };
    assert_eq!(post(&end.url).await, busy);
    assert_eq!(post(&end.url).await, Outcome::failed("the answer was 503"));
    assert_eq!(post(&end.url).await, Outcome::refused("the answer was 410"));
    assert_eq!(post(&end.url).await, Outcome::failed("the answer was 404"));
    let seen = end.seen(6).await;
    assert_eq!((seen[0].header("webhook-id"), seen[0].body.as_str()), ("id", "{}"));
    assert_eq!(seen[0].header("content-type"), "application/json");
    assert_eq!(seen[0].path, "/hush-T0-B0");
}

#[tokio::test]
async fn no_redirect_is_followed() {
    for code in [301, 302, 303, 307, 308] {
        let elsewhere = WebEnd::saying(&[]).await;
        let to: &'static str = elsewhere.url.clone().leak();
        let end = WebEnd::saying(&[Say::With(code, "location", to)]).await;
        let told = format!("the answer was {code}; redirects are not followed");
        assert_eq!(why(&post(&end.url).await), told);
        assert_eq!((end.count(), elsewhere.count()), (1, 0));
    }
}

#[tokio::test]
async fn silence_ends_after_a_while() {
    let end = WebEnd::saying(&[Say::Nothing]).await;
    assert_eq!(why(&post(&end.url).await), "no answer within 2 s");
}

#[tokio::test]
async fn nobody_there_is_told_without_the_address() {
    let gone = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = format!("http://{}/hush?key=hush", gone.local_addr().unwrap());
    drop(gone);
    let outcome = post(&address).await;
    assert!(why(&outcome).starts_with("cannot connect: "), "{outcome:?}");
}

/// One that says what it likes, raw.
async fn raw(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = format!("http://{}/hush", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut got = [0; 4096];
        let _ = stream.read(&mut got).await;
        let _ = stream.write_all(answer).await;
        // A body that never ends, if that is what was begun.
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    });
    address
}

#[tokio::test]
async fn garbage_is_a_failure_and_a_body_is_not_read() {
    let outcome = post(&raw(b"SSH-2.0-hush\r\n\x1b[2J\r\n\r\n").await).await;
    let told = why(&outcome);
    assert!(told.starts_with("the exchange failed"), "{told}");
    assert!(!told.chars().any(char::is_control), "{told:?}");
    let endless = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n";
    assert_eq!(post(&raw(endless).await).await, Outcome::Sent);
    let heads = b"HTTP/1.1 200 OK\r\nx: ";
    assert!(matches!(post(&raw(heads).await).await, Outcome::Failed { .. }));
}

#[tokio::test]
async fn a_server_proves_itself() {
    let authority = Authority::new();
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = format!("https://localhost:{}/hush", listener.local_addr().unwrap().port());
    let (router, end) = WebEnd::of(address.clone(), &[]);
    let listener = TlsListener::new(listener, authority.server.clone()).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let post =
        async |address: &str, ca: Option<&str>| poster(address, ca).post("{}".into(), &[]).await;
    let outcome = post(&address, None).await;
    assert!(why(&outcome).starts_with("cannot connect: "), "{outcome:?}");
    let outcome = post(&address, Some(&Authority::new().pem)).await;
    assert!(why(&outcome).contains("cannot connect: "), "{outcome:?}");
    let by_number = address.replace("localhost", "127.0.0.1");
    let outcome = post(&by_number, Some(&authority.pem)).await;
    assert!(why(&outcome).contains("cannot connect: "), "{outcome:?}");
    assert_eq!(end.count(), 0);
    assert_eq!(post(&address, Some(&authority.pem)).await, Outcome::Sent);
    assert_eq!(end.count(), 1);
}
