/*! Whether Envoy will get the address agents call: it tells of one that is taken by a log of its own only. */

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, Result};

/// Taken and given back at once. Somebody may come between; then Envoy's log tells.
pub fn is_free(address: SocketAddr) -> Result<()> {
    TcpListener::bind(address).map(drop).with_context(|| {
        format!("agents cannot call at {address}; choose another address with --listen")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_use_is_told_with_what_to_do() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = taken.local_addr().unwrap();
        let said = format!("{:#}", is_free(address).unwrap_err());
        assert!(said.contains(&address.to_string()) && said.contains("--listen"), "{said}");
        assert!(said.contains("in use"), "{said}");
        drop(taken);
        is_free(address).unwrap();
    }
}
