//! How the anchor of checkpoints does, on the page of gateways.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

use super::log_in;
use crate::chains::Checkpointing;
use crate::chains::remote::HttpAnchor;
use crate::config::SigningKey;
use crate::testing::{Fixture, HOST, send};

async fn shown(url: &str) -> String {
    let http = Some(HttpAnchor::new(url, [], None).unwrap());
    let (key, every) = (SigningKey::generate(), Duration::from_secs(1));
    let fixture =
        Fixture::checkpointing(Checkpointing { key, every, file: None, http, witnessing: None })
            .await;
    let (cookie, _) = log_in(&fixture).await;
    fixture.holds.last_anchoring().await;
    let headers = [("host", HOST), ("cookie", cookie.as_str())];
    send(&fixture.console, "GET", "/gateways", &headers, "").await.body
}

#[tokio::test]
async fn people_see_what_witnesses_cosigned_or_refuse() {
    let fixture = crate::chains::tests::witnessed::cosigned().await;
    let (cookie, _) = log_in(&fixture).await;
    let headers = [("host", HOST), ("cookie", cookie.as_str())];
    let body = send(&fixture.console, "GET", "/gateways", &headers, "").await.body;
    assert!(
        body.contains("cosigned 2 checkpoints") && body.contains("witness.example/w0"),
        "{body}"
    );
    assert!(body.contains("gatehouse/checkpoints/") && !body.contains("role=\"alert\""), "{body}");
    fixture.opened_again().await.roll_back_log(1).await;
    fixture.holds.last_witnessing().await;
    let body = send(&fixture.console, "GET", "/gateways", &headers, "").await.body;
    assert!(body.contains("role=\"alert\"") && body.contains("was rolled back"), "{body}");
    assert!(body.contains("Not enough of them cosigned") && !body.contains("secret"), "{body}");
}

#[tokio::test]
async fn people_see_what_the_anchor_lacks_or_has_otherwise() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("http://{address}/worm?sas=secret");
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let body = shown(&nowhere).await;
    assert!(body.contains("not reached") && body.contains("it cannot be reached"), "{body}");
    // It has a checkpoint, and the database none.
    let router = Router::new().route("/worm/{name}", get(|| async { (StatusCode::OK, "other") }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let body = shown(&url).await;
    let alarm = "role=\"alert\"";
    assert!(body.contains(alarm) && body.contains("was rolled back"), "{body}");
    assert!(body.contains("/worm") && !body.contains("secret"), "{body}");
}
