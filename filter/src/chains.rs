/*! Tells the approval service how far the chain of records is, so that nobody can cut it off unseen. */

use std::time::Duration;

use policy::engine::Engine;
use policy::record::checkpoint::{CHAIN_EVERY_MS, CHAIN_QUIET_MS, ChainReport};
use proxy_wasm::hostcalls;

use crate::host;
use crate::perform::service_headers;

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Default)]
pub struct ChainTeller {
    /// How many links were told last, and when.
    told: Option<(u64, u64)>,
    /// The host's token of the one that is under way.
    under_way: Option<u32>,
    gateway: Option<String>,
}

impl ChainTeller {
    pub fn tick(&mut self, engine: &Engine) {
        let (count, now) = (engine.chain.head().count, host::now().unix_ms);
        let due = match self.told {
            None => count > 0,
            Some((told, at)) => {
                let every = if count == told { CHAIN_QUIET_MS } else { CHAIN_EVERY_MS };
                now.abs_diff(at) >= every
            }
        };
        if due && self.under_way.is_none() {
            self.tell(engine);
        }
    }

    /// Another configuration takes its place. Exchanges that are under way add to the chain still, so nobody here knows
    /// its end.
    pub fn last(&mut self, engine: &Engine) {
        if engine.chain.head().count > 0 {
            self.tell(engine);
        }
    }

    /// Whether the call was one of its own. What nobody took is told again as if it were new.
    pub fn answered(&mut self, token: u32, status: impl FnOnce() -> u32) -> bool {
        let own = self.under_way == Some(token);
        if own {
            self.under_way = None;
            if status() != 204 {
                self.forget();
            }
        }
        own
    }

    fn forget(&mut self) {
        self.told = self.told.map(|(_, at)| (0, at));
    }

    fn tell(&mut self, engine: &Engine) {
        let gateway = self.gateway.get_or_insert_with(host::node).clone();
        let report = ChainReport {
            gateway,
            chain: engine.chain.name().to_owned(),
            proof: engine.chain.proof(),
            head: engine.chain.head().clone(),
            ended: false,
        };
        let headers = service_headers("POST", "/v1/chains", &engine.approval.authority);
        let body = serde_json::to_vec(&report).unwrap_or_default();
        let cluster = &engine.approval.cluster;
        let call =
            hostcalls::dispatch_http_call(cluster, headers, Some(&body), Vec::new(), TIMEOUT);
        if call.is_err() {
            log::debug!("the approval service cannot be told how far the chain of records is");
        }
        self.told = Some((report.head.count, host::now().unix_ms));
        self.under_way = call.ok();
        if self.under_way.is_none() {
            self.forget();
        }
    }
}
