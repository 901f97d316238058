/*! What Envoy's statistics tell of the bundle and its effects. Envoy puts `wasmcustom.` before each name. */

use std::cell::RefCell;

use policy::delivery::{Status, Why};
use policy::exchange::COUNTERS;
use proxy_wasm::hostcalls;
use proxy_wasm::types::MetricType;

type Of = fn(&Status) -> u64;

thread_local! {
    /// Numbers of the counters of effects: a VM has one thread, and asks Envoy for them once.
    static EFFECTS: RefCell<Vec<(&'static str, u32)>> = const { RefCell::new(Vec::new()) };
}

/// At the start of the VM: an Envoy that allows the module no metrics ends it here, before any request.
pub fn define_effects() {
    let ids = COUNTERS.iter().filter_map(|name| {
        Some((*name, hostcalls::define_metric(MetricType::Counter, name).ok()?))
    });
    EFFECTS.set(ids.collect());
}

/// Counts one exchange.
pub fn effect(name: &str) {
    EFFECTS.with_borrow(|ids| {
        if let Some((_, id)) = ids.iter().find(|(known, _)| *known == name) {
            let _ = hostcalls::increment_metric(*id, 1);
        }
    });
}

/// Of all workers together. A gauge is written only where it changes, so that a worker that knows
/// nothing new does not overwrite another's word.
#[derive(Default)]
pub struct Metrics {
    told: Option<Status>,
    revision: Option<u32>,
}

impl Metrics {
    /// Counters begin at 0, so that an alarm can tell none from not there.
    pub fn define(&self) {
        count("gatehouse_bundle_activations", 0);
        for why in Why::ALL {
            count(&refusals(why), 0);
        }
    }

    pub fn activated(&self) {
        count("gatehouse_bundle_activations", 1);
    }

    pub fn refused(&self, why: Why) {
        count(&refusals(why), 1);
    }

    pub fn tell(&mut self, status: &Status) {
        let told = self.told.as_ref();
        let changed = |of: Of| told.map(of) != Some(of(status));
        let gauges: [(&str, Of); 5] = [
            ("gatehouse_bundle_active", |status| u64::from(!status.revision.is_empty())),
            ("gatehouse_bundle_serial", |status| status.serial),
            ("gatehouse_bundle_activated_seconds", |status| status.activated),
            ("gatehouse_bundle_stale", |status| u64::from(status.stale)),
            ("gatehouse_bundle_error", |status| status.error),
        ];
        for (name, of) in gauges.into_iter().filter(|(_, of)| changed(*of)) {
            gauge(name, of(status));
        }
        if told.map(|told| &told.revision) != Some(&status.revision) {
            self.tell_revision(&status.revision);
        }
        self.told = Some(status.clone());
    }

    /// A gauge holds no text, so the revision is a part of its name.
    fn tell_revision(&mut self, revision: &str) {
        if let Some(old) = self.revision.take() {
            let _ = hostcalls::record_metric(old, 0);
        }
        let digest = revision.trim_start_matches("sha256:");
        if let Some(short) = digest.get(..12) {
            self.revision = gauge(&format!("gatehouse_bundle_revision.{short}"), 1);
        }
    }
}

fn refusals(why: Why) -> String {
    format!("gatehouse_bundle_refusals.{}", why.name())
}

/// Envoy gives the same metric for the same name, in every VM.
fn count(name: &str, by: i64) {
    if let Ok(id) = hostcalls::define_metric(MetricType::Counter, name) {
        let _ = hostcalls::increment_metric(id, by);
    }
}

fn gauge(name: &str, value: u64) -> Option<u32> {
    let id = hostcalls::define_metric(MetricType::Gauge, name).ok()?;
    hostcalls::record_metric(id, value).ok()?;
    Some(id)
}
