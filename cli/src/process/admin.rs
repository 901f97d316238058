/*! What Envoy's admin interface is asked: whether it is ready, and where it listens. */

use std::path::Path;

use anyhow::{Context, Result, ensure};
use hyper::Method;
use serde_json::Value;

use crate::envoy;
use crate::http::send;

/// Whether Envoy takes calls. It does not say yes before the filter took its configuration.
pub async fn is_ready(socket: &Path) -> bool {
    get(socket, "/ready").await.is_ok_and(|(status, _)| status == 200)
}

/// The port agents call, which Envoy chose if it was told 0.
pub async fn port(socket: &Path) -> Result<u16> {
    let (_, body) = get(socket, "/listeners?format=json").await?;
    listening(&serde_json::from_slice(&body)?).context("Envoy does not say where it listens")
}

fn listening(listeners: &Value) -> Option<u16> {
    let statuses = listeners["listener_statuses"].as_array()?;
    let ours = statuses.iter().find(|status| status["name"] == envoy::LISTENER)?;
    let port = ours["local_address"]["socket_address"]["port_value"].as_u64()?;
    u16::try_from(port).ok().filter(|port| *port != 0)
}

/// Envoy opens its logs by their names once more: what was written is in the old files, all else goes into the new.
pub async fn reopen_logs(socket: &Path) -> Result<()> {
    let reply = send(socket, Method::POST, "/reopen_logs").await?;
    ensure!(reply.status == 200, "its answer is status {}", reply.status);
    Ok(())
}

async fn get(socket: &Path, path: &str) -> Result<(u16, Vec<u8>)> {
    let reply = send(socket, Method::GET, path).await?;
    Ok((reply.status, reply.body))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::listening;

    #[test]
    fn the_port_of_our_listener() {
        let status = |name: &str, port: u32| {
            let address = json!({ "address": "127.0.0.1", "port_value": port });
            json!({ "name": name, "local_address": { "socket_address": address } })
        };
        let both = json!({ "listener_statuses": [status("x", 1), status("gatehouse", 4711)] });
        assert_eq!(listening(&both), Some(4711));
        for none in [json!({}), json!({ "listener_statuses": [status("gatehouse", 0)] })] {
            assert_eq!(listening(&none), None, "{none}");
        }
    }
}
