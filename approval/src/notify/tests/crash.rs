//! A sender that is killed between sending and noting that it sent.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::clock::ManualClock;
use crate::config::Database;
use crate::notify::Senders;
use crate::testing::ends::{Say, WebEnd};
use crate::testing::events::webhook;
use crate::testing::{Fixture, Ground, NOW, request};

const FOLDER: &str = "GATEHOUSE_TEST_CRASH_FOLDER";
const URL: &str = "GATEHOUSE_TEST_CRASH_URL";

#[tokio::test]
async fn a_message_that_may_not_have_arrived_is_sent_again() {
    let hook = WebEnd::saying(&[Say::Nothing]).await;
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "notify::tests::crash::one_that_is_killed", "--ignored"])
        .env(FOLDER, folder.path())
        .env(URL, &hook.url)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let first = hook.seen(1).await.remove(0);
    // SIGKILL: nothing is tidied up.
    child.kill().unwrap();
    child.wait().unwrap();

    let channels = [webhook("hook", &hook.url)];
    let clock = Arc::new(ManualClock::at(NOW + 59));
    let fixture = Fixture::at(ground(folder.path(), clock.clone()).await, &channels).await;
    Senders::new(channels.to_vec(), &fixture.holds.console_url).unwrap().start(&fixture.holds);
    // Another one goes out meanwhile: this sender is at work, and leaves alone what is under way.
    let mut other = request("e2");
    other.call.principal.subject = "somebody-else".into();
    fixture.asks.request(other).await.unwrap();
    let second = hook.seen(2).await.remove(1);
    assert_ne!(second.header("webhook-id"), first.header("webhook-id"));
    clock.advance(1);
    let again = hook.seen(3).await.remove(2);
    assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
    assert_eq!(again.body, first.body);
}

async fn ground(folder: &Path, clock: Arc<ManualClock>) -> Ground {
    let database = Database::Sqlite(folder.join("holds.db"));
    Ground { database, clock, ..Ground::new().await }
}

/// The program that is killed.
#[tokio::test]
#[ignore = "another test runs it as a program of its own"]
async fn one_that_is_killed() {
    let (Some(folder), Ok(url)) = (std::env::var_os(FOLDER), std::env::var(URL)) else { return };
    let channels = [webhook("hook", &url)];
    let clock = Arc::new(ManualClock::at(NOW));
    let fixture = Fixture::at(ground(folder.as_ref(), clock).await, &channels).await;
    Senders::new(channels.to_vec(), &fixture.holds.console_url).unwrap().start(&fixture.holds);
    fixture.hold("e1").await;
    std::future::pending::<()>().await;
}
