/*! Asks the approval service who is killed, and ends what they have under way. */

use std::time::Duration;

use policy::engine::{Engine, Heard};
use proxy_wasm::hostcalls;

use crate::again::Again;
use crate::host;
use crate::perform::{RETRIES, RETRY_ON};

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Default)]
pub struct KillsAsker {
    /// The host's token of the call that is under way.
    under_way: Option<u32>,
    /// There may be streams of somebody who is killed.
    ends: bool,
    path: Option<String>,
}

impl KillsAsker {
    pub fn tick(&mut self, engine: &mut Engine) {
        let now = host::now();
        if self.under_way.is_some() || !engine.killed.due(now) {
            return;
        }
        let worker = engine.chain.name();
        let path = self.path.get_or_insert_with(|| policy::kill::path(&host::node(), worker));
        let mut headers = vec![
            (":method", "GET"),
            (":path", path.as_str()),
            (":authority", engine.approval.authority.as_str()),
            ("accept", "application/json"),
            RETRY_ON,
            RETRIES,
        ];
        if let Some(etag) = engine.killed.asks(now) {
            headers.push(("if-none-match", etag));
        }
        let cluster = &engine.approval.cluster;
        let call = hostcalls::dispatch_http_call(cluster, headers, None, Vec::new(), TIMEOUT);
        self.under_way = call.ok();
        if self.under_way.is_none() {
            self.answered(engine, 0, None, b"");
        }
    }

    /// Whether it was its own; whoever takes it says what came of it, or it is asked again.
    pub fn takes(&mut self, token: u32) -> bool {
        self.under_way.take_if(|own| *own == token).is_some()
    }

    pub fn answered(&mut self, engine: &mut Engine, status: u32, etag: Option<&str>, said: &[u8]) {
        match engine.killed.answered(status, etag, said) {
            Heard::Nothing => {}
            Heard::More => self.ends = true,
            Heard::Unheard { first: true } => {
                log::warn!(
                    "the approval service does not say who is killed; what it said before holds"
                );
            }
            Heard::Unheard { first: false } => {}
        }
    }

    /// A few in each tick, until there are none.
    pub fn end_all(&mut self, streams: &Again) {
        if self.ends {
            self.ends = !streams.kill();
        }
    }
}
