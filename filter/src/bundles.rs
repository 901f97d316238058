/*! Bundles that are fetched: what the core's delivery asks for becomes host calls. */

use std::time::Duration;

use policy::delivery::{Answer, Fetch, News, TIMEOUT_MS, Why};
use policy::engine::Engine;
use proxy_wasm::hostcalls;

use crate::board::SharedData;
use crate::host;
use crate::metrics::{self, Metrics};

#[derive(Default)]
pub struct Bundles {
    metrics: Metrics,
    /// The host's token of the call under way.
    fetching: Option<u32>,
}

impl Bundles {
    pub fn start(&mut self, engine: &mut Engine) {
        metrics::define_effects();
        let Some(delivery) = &mut engine.delivery else { return };
        self.metrics.define();
        let news = delivery.adopt(&mut SharedData, host::now().unix_ms);
        self.hear(engine, news);
        self.tell(engine);
    }

    pub fn tick(&mut self, engine: &mut Engine) {
        let Some(delivery) = &mut engine.delivery else { return };
        let tick = delivery.tick(&mut SharedData, host::now().unix_ms);
        self.hear(engine, tick.news);
        if let Some(fetch) = tick.fetch {
            self.fetching = send(&fetch);
            if self.fetching.is_none() {
                self.answered(engine, None);
            }
        }
        self.tell(engine);
    }

    /// Whether the call was this one's.
    pub fn is_fetching(&self, token: u32) -> bool {
        self.fetching == Some(token)
    }

    pub fn answered(&mut self, engine: &mut Engine, answer: Option<Answer<'_>>) {
        self.fetching = None;
        let Some(delivery) = &mut engine.delivery else { return };
        let news = delivery.answered(&mut SharedData, answer, host::now().unix_ms);
        self.hear(engine, news);
    }

    fn hear(&mut self, engine: &mut Engine, news: Option<News>) {
        match news {
            None => {}
            Some(News::Activated { bundle, fetched }) => {
                log::info!("bundle {} with serial {} is active", bundle.revision, bundle.serial);
                if fetched {
                    self.metrics.activated();
                }
                engine.activate(*bundle);
            }
            Some(News::Refused(refused)) => {
                let (why, text) = (refused.why.name(), refused.text);
                log::warn!("a bundle was not taken, the last good one stays: {why}: {text}");
                self.metrics.refused(refused.why);
            }
            Some(News::Unreachable { text, first }) => {
                if first {
                    log::warn!("no bundle could be fetched, the last good one stays: {text}");
                }
                self.metrics.refused(Why::Unreachable);
            }
        }
    }

    fn tell(&mut self, engine: &mut Engine) {
        if let Some(delivery) = &mut engine.delivery {
            self.metrics.tell(delivery.status(host::now().unix_ms));
        }
    }
}

fn send(fetch: &Fetch) -> Option<u32> {
    let mut headers = vec![
        (":method", "GET"),
        (":path", fetch.path.as_str()),
        (":authority", fetch.authority.as_str()),
        ("accept", "application/octet-stream, */*;q=0.1"),
        // The digest is over what was packed, so nobody is to compress it again.
        ("accept-encoding", "identity"),
    ];
    if let Some(etag) = &fetch.etag {
        headers.push(("if-none-match", etag));
    }
    let timeout = Duration::from_millis(TIMEOUT_MS);
    hostcalls::dispatch_http_call(&fetch.cluster, headers, None, Vec::new(), timeout).ok()
}
