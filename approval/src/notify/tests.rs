//! From a hold to the server at the other end.

mod crash;
mod ends;
mod guide;

use tokio::task::JoinHandle;

use crate::config::Channel;
use crate::notify::Senders;
use crate::testing::Fixture;

/// Holds whose channels have senders. Retries come when the fixture's clock says so.
async fn sending(channels: &[Channel]) -> (Fixture, Vec<JoinHandle<()>>) {
    let fixture = Fixture::telling(channels).await;
    let senders = Senders::new(channels.to_vec(), &fixture.holds.console_url).unwrap();
    let tasks = senders.start(&fixture.holds);
    (fixture, tasks)
}
