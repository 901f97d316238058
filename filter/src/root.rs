/*! One per VM: takes the configuration, fetches keys and bundles, asks and tells the service what nobody heard. */

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use policy::delivery::{Answer, Board, artefact};
use policy::engine::Engine;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

use crate::again::Again;
use crate::board::SharedData;
use crate::bundles::Bundles;
use crate::chains::ChainTeller;
use crate::host;
use crate::http::{Http, LONGEST_ANSWER};
use crate::kills::KillsAsker;
use crate::report::Reporter;
use crate::stream::Kept;
use crate::tell::Teller;

/// What waits to be asked again waits no longer than it has to.
const TICK: Duration = Duration::from_millis(50);
/// Of so many ticks one is for everything else.
const SELDOM: u32 = 5;
const KEYS_TIMEOUT: Duration = Duration::from_secs(5);
/// No more of an answer is copied: the core refuses one that is over its limit.
const LONGEST: usize = artefact::MAX_BYTES + 1;

pub struct Root {
    again: Again,
    teller: Teller,
    ticks: u32,
    engine: Option<Rc<RefCell<Engine>>>,
    /// Calls for keys under way, by the host's token, and for which issuer.
    fetching: HashMap<u32, usize>,
    bundles: Bundles,
    reporter: Reporter,
    chains: ChainTeller,
    kills: KillsAsker,
}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let (Some(fresh), Some(secret)) = (host::fresh(), host::fresh()) else {
            log::error!("the host has no randomness");
            return false;
        };
        let config = hostcalls::get_buffer(
            proxy_wasm::types::BufferType::PluginConfiguration,
            0,
            usize::MAX,
        );
        let config = config.ok().flatten().unwrap_or_default();
        match Engine::new(&config, [fresh, secret], host::now().seconds()) {
            Ok(mut engine) => {
                engine.ledger.share(Box::new(SharedData));
                if engine.shared_data {
                    engine.killed.share(Box::new(SharedData));
                    engine.spoken.share(Box::new(SharedData));
                    engine.definitions.share(Box::new(SharedData));
                }
                if engine.shared_data || !engine.active().budgets.is_empty() {
                    // An Envoy that allows the module no shared data ends it here, before any request.
                    let _ = SharedData.get("gatehouse-budget");
                }
                self.bundles.start(&mut engine);
                let runs = match engine.active().is_none() {
                    true => "waits for its bundle".to_owned(),
                    false => format!("runs {}", engine.active().revision),
                };
                log::info!("gatehouse {} {runs}", env!("CARGO_PKG_VERSION"));
                self.engine = Some(Rc::new(RefCell::new(engine)));
                if hostcalls::set_tick_period(TICK).is_err() {
                    return false;
                }
                self.fetch_keys();
                true
            }
            Err(error) => {
                log::error!("configuration refused: {error}");
                false
            }
        }
    }

    fn on_tick(&mut self) {
        self.again.tick();
        self.kills.end_all(&self.again);
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks.is_multiple_of(SELDOM) {
            self.fetch_keys();
            self.fetch_bundle();
            self.report();
            self.tell();
            self.tell_of_chain();
            self.ask_for_kills();
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Http::new(id, self.engine.clone(), Rc::clone(&self.again.kept))))
    }
}

impl Context for Root {
    /// Another configuration took its place, and nobody uses this one any more. What waits to be told is told now,
    /// without hearing whether it was; and Envoy would wake a root for ever that does not say it sleeps.
    fn on_done(&mut self) -> bool {
        self.tell();
        if let Some(engine) = &self.engine
            && let Ok(engine) = engine.try_borrow()
        {
            self.chains.last(&engine);
        }
        if hostcalls::set_tick_period(Duration::ZERO).is_err() {
            log::warn!("the ticks of a past configuration go on");
        }
        true
    }

    fn on_http_call_response(
        &mut self,
        token: u32,
        _headers: usize,
        body: usize,
        _trailers: usize,
    ) {
        if self.chains.answered(token, host::answer_status) {
            return;
        }
        if self.kills.takes(token) {
            let said = self.get_http_call_response_body(0, body.min(LONGEST)).unwrap_or_default();
            return self.hear_kills(&said);
        }
        let answer = || self.get_http_call_response_body(0, body.min(LONGEST_ANSWER));
        if self.again.answered(token, || answer().unwrap_or_default()) {
            return;
        }
        let status = host::answer_status();
        let body = self.get_http_call_response_body(0, body.min(LONGEST)).unwrap_or_default();
        let Some(engine) = &self.engine else { return };
        let Ok(mut engine) = engine.try_borrow_mut() else { return };
        if self.bundles.is_fetching(token) {
            let etag = host::answer_header("etag");
            let answer = Answer { status, etag: etag.as_deref(), body: &body };
            return self.bundles.answered(&mut engine, Some(answer));
        }
        if self.teller.answered(&mut engine, token, status) {
            return;
        }
        let Some(issuer) = self.fetching.remove(&token) else { return };
        if let Err(error) = engine.identity.on_keys(issuer, status, &body, host::now().seconds()) {
            log::warn!("keys of an issuer not taken, the last good ones stay: {error}");
        }
    }
}

impl Root {
    pub fn new(context: u32) -> Self {
        Self {
            again: Again { context, kept: Rc::new(RefCell::new(Kept::default())) },
            teller: Teller::default(),
            ticks: 0,
            engine: None,
            fetching: HashMap::new(),
            bundles: Bundles::default(),
            reporter: Reporter::default(),
            chains: ChainTeller::default(),
            kills: KillsAsker::default(),
        }
    }

    fn fetch_keys(&mut self) {
        let Some(engine) = &self.engine else { return };
        let Ok(mut engine) = engine.try_borrow_mut() else { return };
        for fetch in engine.identity.due_fetches(host::now().seconds()) {
            let headers = vec![
                (":method", "GET"),
                (":path", fetch.path.as_str()),
                (":authority", fetch.authority.as_str()),
                ("accept", "application/json"),
            ];
            let call = hostcalls::dispatch_http_call(
                &fetch.cluster,
                headers,
                None,
                Vec::new(),
                KEYS_TIMEOUT,
            );
            match call {
                Ok(token) => {
                    self.fetching.insert(token, fetch.issuer);
                }
                Err(_) => {
                    log::warn!("keys cannot be fetched: no cluster `{}`", fetch.cluster);
                    // A failure it hears of is retried sooner than one it has to wait out.
                    let _ = engine.identity.on_keys(fetch.issuer, 0, b"", host::now().seconds());
                }
            }
        }
    }

    fn fetch_bundle(&mut self) {
        let Some(engine) = &self.engine else { return };
        let Ok(mut engine) = engine.try_borrow_mut() else { return };
        self.bundles.tick(&mut engine);
    }

    fn report(&mut self) {
        let Some(engine) = &self.engine else { return };
        let Ok(mut engine) = engine.try_borrow_mut() else { return };
        self.reporter.tick(&mut engine);
    }

    fn tell_of_chain(&mut self) {
        let Some(engine) = &self.engine else { return };
        let Ok(engine) = engine.try_borrow() else { return };
        self.chains.tick(&engine);
    }

    fn ask_for_kills(&mut self) {
        let Some(engine) = &self.engine else { return };
        let Ok(mut engine) = engine.try_borrow_mut() else { return };
        self.kills.tick(&mut engine);
    }

    fn hear_kills(&mut self, said: &[u8]) {
        let Some(engine) = &self.engine else { return };
        let Ok(mut engine) = engine.try_borrow_mut() else { return };
        let etag = host::answer_header("etag");
        self.kills.answered(&mut engine, host::answer_status(), etag.as_deref(), said);
    }

    fn tell(&mut self) {
        let Some(engine) = &self.engine else { return };
        let Ok(mut engine) = engine.try_borrow_mut() else { return };
        self.teller.tick(&mut engine);
    }
}
