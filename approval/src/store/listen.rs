/*! Replicas tell each other of changed holds: NOTIFY in the transaction that changes them, and LISTEN. */

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Executor;
use sqlx::postgres::{PgListener, PgNotification};

use crate::wake::Wake;

const CHANNEL: &str = "gatehouse_holds";
/// Shorter than what PostgreSQL lets one notification be.
const LONGEST_PAYLOAD: usize = 7000;
/// How often a listener that hears nothing makes sure that it would.
const PROVE_EVERY: Duration = Duration::from_secs(15);
const PROVE_WITHIN: Duration = Duration::from_secs(5);
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// Names a replica to the others for as long as it runs.
pub type Replica = Arc<str>;

/// `REPLICA HOLD HOLD ...`, as many as it takes.
pub fn payloads(replica: &Replica, holds: &BTreeSet<String>) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for hold in holds {
        match payloads.last_mut() {
            Some(last) if last.len() + hold.len() < LONGEST_PAYLOAD => {
                last.push(' ');
                last.push_str(hold);
            }
            _ => payloads.push(format!("{replica} {hold}")),
        }
    }
    payloads
}

pub async fn notify(
    connection: &mut sqlx::AnyConnection,
    payload: &str,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload);
    query.execute(connection).await?;
    Ok(())
}

/// Wakes this replica's own sleepers and watchers for what others changed, until the service stops.
pub async fn listen(url: String, replica: Replica, wake: Arc<Wake>) {
    tokio::select! {
        () = wake.stopped() => {}
        () = keep_listening(&url, &replica, &wake) => {}
    }
}

async fn keep_listening(url: &str, replica: &Replica, wake: &Wake) {
    loop {
        match hear(url, replica, wake).await {
            Ok(()) => {
                tracing::warn!("the connection that hears of changes at other replicas broke")
            }
            Err(error) => {
                tracing::warn!(%error, "changes at other replicas are not heard; trying again");
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        }
    }
}

/// Until the connection breaks. A new one is made here and not by the library, which may not tell of it.
async fn hear(url: &str, replica: &Replica, wake: &Wake) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    // What happened while nobody listened was missed.
    wake.all();
    loop {
        let heard = tokio::time::timeout(PROVE_EVERY, listener.try_recv()).await;
        match heard {
            Ok(Ok(Some(notification))) => tell(&notification, replica, wake),
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            Err(_) => prove(&mut listener).await?,
        }
    }
}

fn tell(notification: &PgNotification, replica: &Replica, wake: &Wake) {
    let mut words = notification.payload().split(' ');
    if words.next() != Some(replica) {
        words.for_each(|hold| wake.changed(hold));
    }
}

/// A connection that is cut on its way is not closed: only an answer tells.
async fn prove(listener: &mut PgListener) -> Result<(), sqlx::Error> {
    let asked = tokio::time::timeout(PROVE_WITHIN, listener.execute("SELECT 1")).await;
    asked.map_err(|_| sqlx::Error::PoolTimedOut)?.map(drop)
}
