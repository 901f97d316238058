//! The scene: signers, files, a server, a board that others can write to.

use std::collections::HashMap;

use jwt_simple::prelude::Ed25519KeyPair;

use crate::bundle::Bundle;
use crate::bundle::signature::{SignerConfig, SignersConfig, Statement, sign};
use crate::compile::{Source, SourceFile, compile, release};
use crate::delivery::{Answer, Board, Delivery, Fetch, FetchConfig, News, Why, artefact};

pub const START: u64 = 1_800_000_000_000;
pub const TICK: u64 = 250;
pub const INTERVAL: u64 = 5_000;

#[derive(Default)]
pub struct Memory {
    pub values: HashMap<String, (Vec<u8>, u32)>,
}

impl Board for Memory {
    fn get(&self, key: &str) -> (Option<Vec<u8>>, Option<u32>) {
        let value = self.values.get(key);
        (value.map(|(value, _)| value.clone()), value.map(|(_, cas)| *cas))
    }

    fn set(&mut self, key: &str, value: &[u8], cas: Option<u32>) -> bool {
        let old = self.values.get(key).map_or(0, |(_, cas)| *cas);
        if cas.is_some_and(|cas| cas != old) {
            return false;
        }
        self.values.insert(key.into(), (value.to_vec(), old + 1));
        true
    }
}

/// One worker: what is in force in it, and what it was told.
pub struct Worker {
    pub delivery: Delivery,
    pub bundle: Option<Bundle>,
    pub refused: Vec<Why>,
    pub unreachable: usize,
}

impl Worker {
    fn hear(&mut self, news: Option<News>) {
        match news {
            Some(News::Activated { bundle, .. }) => self.bundle = Some(*bundle),
            Some(News::Refused(refused)) => self.refused.push(refused.why),
            Some(News::Unreachable { first, .. }) => self.unreachable += usize::from(first),
            None => {}
        }
    }

    pub fn serial(&self) -> u64 {
        self.bundle.as_ref().map_or(0, |bundle| bundle.serial)
    }
}

pub struct Envoy {
    pub ada: Ed25519KeyPair,
    /// Besides ada, who may sign everything.
    others: Vec<SignerConfig>,
    pub board: Memory,
    pub workers: Vec<Worker>,
    pub now: u64,
    /// `None`: the server is down.
    pub served: Option<Vec<u8>>,
    pub etags: bool,
    /// Each fetch with the worker that sent it, and whether it carried an ETag.
    pub fetches: Vec<(usize, bool)>,
    /// Touches the board before each worker's tick.
    pub poison: Option<fn(&mut Memory)>,
}

impl Envoy {
    pub fn new(workers: usize) -> Self {
        Self::with_signers(workers, Vec::new())
    }

    pub fn with_signers(workers: usize, others: Vec<SignerConfig>) -> Self {
        let mut envoy = Self {
            ada: Ed25519KeyPair::generate(),
            others,
            board: Memory::default(),
            workers: Vec::new(),
            now: START,
            served: None,
            etags: true,
            fetches: Vec::new(),
            poison: None,
        };
        (0..workers).for_each(|_| envoy.add_worker());
        envoy
    }

    pub fn config() -> FetchConfig {
        FetchConfig {
            cluster: "bundles".into(),
            authority: "bundles.test".into(),
            path: "/b".into(),
            interval_seconds: INTERVAL / 1000,
            stale_after_seconds: 20,
        }
    }

    pub fn add_worker(&mut self) {
        let key = self.ada.public_key().to_pem();
        let mut keys = vec![SignerConfig { name: "ada".into(), key, sections: None }];
        keys.extend(self.others.iter().cloned());
        let signers = SignersConfig { keys, required: 1 };
        let name = format!("w{}", self.workers.len());
        let delivery = Delivery::new(Self::config(), signers, &[7; 32], name, self.now).unwrap();
        let (bundle, refused, unreachable) = (None, Vec::new(), 0);
        let mut worker = Worker { delivery, bundle, refused, unreachable };
        let news = worker.delivery.adopt(&mut self.board, self.now);
        worker.hear(news);
        self.workers.push(worker);
    }

    pub fn signed(&self, serial: u64) -> Vec<u8> {
        let file = compiled(serial, "");
        artefact::write(&file, &[self.signature(&file, None)])
    }

    pub fn signature(&self, file: &[u8], replaces: Option<u64>) -> String {
        let statement = Statement { replaces, ..Bundle::decode(file).unwrap().statement() };
        sign(&self.ada.to_pem(), statement, 0).unwrap()
    }

    /// Lets time pass, tick by tick.
    pub fn run(&mut self, ms: u64) {
        let until = self.now + ms;
        while self.now < until {
            self.now += TICK;
            for index in 0..self.workers.len() {
                if let Some(poison) = self.poison {
                    poison(&mut self.board);
                }
                let worker = &mut self.workers[index];
                let tick = worker.delivery.tick(&mut self.board, self.now);
                worker.hear(tick.news);
                if let Some(fetch) = tick.fetch {
                    self.serve(index, &fetch);
                }
            }
        }
    }

    fn serve(&mut self, index: usize, fetch: &Fetch) {
        self.fetches.push((index, fetch.etag.is_some()));
        let etag = self
            .served
            .as_ref()
            .map(|file| format!("\"{}\"", super::super::notes::digest_of(file)));
        let etag = etag.filter(|_| self.etags);
        let unchanged = fetch.etag.is_some() && fetch.etag == etag;
        let (status, body) = match &self.served {
            None => (503, b"down".as_slice()),
            Some(_) if unchanged => (304, b"".as_slice()),
            Some(file) => (200, file.as_slice()),
        };
        let answer = Answer { status, etag: etag.as_deref(), body };
        let worker = &mut self.workers[index];
        let news = worker.delivery.answered(&mut self.board, Some(answer), self.now);
        worker.hear(news);
    }

    pub fn serials(&self) -> Vec<u64> {
        self.workers.iter().map(Worker::serial).collect()
    }

    pub fn refusals(&self) -> Vec<Why> {
        self.workers.iter().flat_map(|worker| worker.refused.clone()).collect()
    }

    pub fn stale(&mut self) -> Vec<bool> {
        let now = self.now;
        self.workers.iter_mut().map(|worker| worker.delivery.status(now).stale).collect()
    }
}

pub fn compiled(serial: u64, more: &str) -> Vec<u8> {
    written(&format!("bundle: {{name: b, version: '1', serial: {serial}{more}}}\n"))
}

pub fn written(text: &str) -> Vec<u8> {
    let file = SourceFile { path: "b.yaml".into(), text: text.into() };
    compile(&[Source { name: "b".into(), files: vec![file], ..Source::default() }]).unwrap()
}

/// With these cases.
pub fn released(serial: u64, cases: &str) -> Vec<u8> {
    let text = format!("bundle: {{name: b, version: '1', serial: {serial}}}\ntests:\n{cases}");
    let source = Source {
        name: "b".into(),
        files: vec![SourceFile { path: "b.yaml".into(), text }],
        ..Source::default()
    };
    release(&[source]).unwrap()
}
