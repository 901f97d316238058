/*! Bundles that running gateways fetch: a release goes live, what is not good is refused. */

mod crashed;
mod held;
mod limited;
mod memory;
mod over_tls;
mod refused;
mod released;
mod reported;

use std::time::Duration;

use integration::bundles::{Author, BundleServer};
use integration::envoy::ask;
use integration::gateway::Builder;
use integration::wait::{SOON, until};
use integration::{Call, Gateway, Upstream};

/// With ada as the one signer.
pub fn fetching(upstream: &Upstream, author: &Author, url: &str, interval: &str) -> Builder {
    Gateway::build()
        .upstream("/", &upstream.url())
        .arg("--bundle-url")
        .arg(url)
        .arg("--bundle-interval")
        .arg(interval)
        .arg("--bundle-signer")
        .arg(author.file("ada.pub"))
}

/// Value of a counter or gauge of all workers of `gatehouse run`.
fn stat(gateway: &Gateway, name: &str) -> u64 {
    let socket = gateway.run["admin"].as_str().unwrap();
    stat_at(socket.as_ref(), name).unwrap_or_else(|| panic!("no metric {name}"))
}

fn stat_at(socket: &std::path::Path, name: &str) -> Option<u64> {
    let name = format!("wasmcustom.gatehouse_bundle_{name}");
    let answer = ask(socket, "GET", &format!("/stats?filter=^{name}$"))?;
    answer.trim().strip_prefix(&name)?.trim_start_matches(':').trim().parse().ok()
}

pub fn status(address: &str, token: &str, path: &str) -> u16 {
    Call::get(path).token(token).send_to(address).status
}

/// In force in the worker that takes this connection.
pub fn serial_is(address: &str, token: &str, serial: u64) -> bool {
    status(address, token, &format!("/until-{serial}")) == 403
}

/// Between two looks: a worker that is busy with a release, for longer than many looks take in a row, leaves all of
/// them to the other.
const APART: Duration = Duration::from_millis(25);

/// As often in a row as no two workers would let it pass by chance.
#[track_caller]
pub fn live(address: &str, token: &str, serial: u64) {
    let looks = |_| {
        std::thread::sleep(APART);
        serial_is(address, token, serial)
    };
    until(&format!("serial {serial} in every worker"), SOON, || (0..20).all(looks).then_some(()));
}

/// Waits until the server answered that many more times.
#[track_caller]
fn more_fetches(server: &BundleServer, count: usize) {
    let all = |(whole, unchanged, failed): (usize, usize, usize)| whole + unchanged + failed;
    let before = all(server.fetches());
    until("fetches", SOON, || (all(server.fetches()) >= before + count).then_some(()));
}
