//! Connections of strangers, over real sockets.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::super::connections::Connections;
use crate::testing::{APPROVER_KEY, Fixture, HOST};

const LIMITS: Connections = Connections { at_once: 3, head_within: Duration::from_millis(400) };

/// Longer than any limit here: what takes this long is not limited.
const LONG: Duration = Duration::from_secs(20);

async fn served(fixture: &Fixture) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (router, wake) = (fixture.console.clone(), fixture.holds.wake.clone());
    let task = tokio::spawn(async move {
        let stopped = async move { wake.stopped().await };
        LIMITS.serve(listener, router, stopped).await;
    });
    (address, task)
}

fn head(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: {HOST}\r\n{more}\r\n")
}

async fn said(address: &str, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

/// All that comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(LONG, stream.read_to_end(&mut text)).await;
    // A reset is an end, too.
    let _ = read.expect("the connection is ended");
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn silence_and_slowness_give_their_place_to_others() {
    let fixture = Fixture::new().await;
    let (address, _task) = served(&fixture).await;
    let mut silent = said(&address, "").await;
    let mut begun = said(&address, "GET / HTTP/1.1\r\nhost: ").await;
    let trickle = tokio::spawn({
        let mut stream = said(&address, "GET / HTTP/1.1\r\nx: ").await;
        async move {
            while stream.write_all(b"a").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    // All places are taken; this one waits for the first that is given up.
    let mut asked = said(&address, &head("GET", "/healthz", "connection: close\r\n")).await;
    assert!(rest(&mut asked).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(rest(&mut silent).await, "");
    let told = rest(&mut begun).await;
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 408 "), "{told}");
    tokio::time::timeout(LONG, trickle).await.expect("a trickle ends").unwrap();
}

/// One that was answered and asks nothing more.
#[tokio::test]
async fn an_idle_connection_ends() {
    let fixture = Fixture::new().await;
    let (address, _task) = served(&fixture).await;
    let mut idle = said(&address, &head("GET", "/healthz", "")).await;
    assert!(rest(&mut idle).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_stop_ends_all_and_an_open_page_with_them() {
    let fixture = Fixture::new().await;
    let (address, task) = served(&fixture).await;
    let key = format!("authorization: Bearer {APPROVER_KEY}\r\n");
    let mut page = said(&address, &head("GET", "/v1/events", &key)).await;
    let mut first = [0; 12];
    page.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    // It is not the head that is waited for now: an open page stays.
    tokio::time::sleep(LIMITS.head_within * 2).await;
    assert!(!task.is_finished());
    let mut idle = said(&address, "").await;
    fixture.holds.wake.stop();
    tokio::time::timeout(LONG, task).await.expect("serving ends").unwrap();
    assert!(rest(&mut page).await.contains("event: change"));
    assert_eq!(rest(&mut idle).await, "");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let fixture = Fixture::new().await;
    let (address, _task) = served(&fixture).await;
    let form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 10\r\n";
    let mut slow = said(&address, &(head("POST", "/login", form) + "code=")).await;
    let told = rest(&mut slow).await;
    assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
    assert!(told.contains("urn:gatehouse:problem:too_slow"), "{told}");
}
