/*!
Which policy is in force where. Workers report one by one; people look at gateways. A worker that
begins anew has another name, so what an old one said counts only until a new one is heard.
*/

use policy::report::{BundleReport, EVERY_MS, ErrorReport, LONGEST_TEXT, Report};
use serde::Serialize;

use crate::error::Problem;
use crate::holds::{Holds, TenantHolds};
use crate::store::Reported;
use crate::view::visible_line;

/// Three reports left out: then nobody knows what is in force there.
const SILENT: u64 = 3 * EVERY_MS / 1000;
/// A gateway that was not heard for a day is not shown any more.
const GONE: u64 = 24 * 3600;

/// In the order of what people have to look at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Silent,
    NoBundle,
    Stale,
    Failing,
    Current,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gateway {
    /// Whose it is; empty for the only one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tenant: String,
    pub gateway: String,
    pub state: State,
    /// One for each that is in force in a worker; more than one only while a release goes live.
    pub bundles: Vec<BundleReport>,
    pub error: Option<ErrorReport>,
    /// Of the module that are heard: one in each worker, and one in the main thread.
    pub instances: usize,
    pub release: String,
    pub seen_at: u64,
}

impl TenantHolds {
    pub async fn report(&self, report: &Report) -> Result<(), Problem> {
        let bundle = report.bundle.as_ref();
        let texts = [&report.gateway, &report.worker, &report.release].into_iter();
        let texts = texts.chain(bundle.iter().flat_map(|b| [&b.name, &b.version, &b.revision]));
        let mut texts =
            texts.chain(report.error.iter().flat_map(|error| [&error.why, &error.text]));
        if texts.any(|text| text.len() > LONGEST_TEXT) {
            return Err(Problem::bad_request("a text of the report is too long"));
        }
        if report.gateway.is_empty() || report.worker.is_empty() {
            return Err(Problem::bad_request("the report does not say whose it is"));
        }
        let Holds { clock, store, .. } = self.holds.as_ref();
        let now = clock.now();
        Ok(store.report(&self.tenant, report, now, now.saturating_sub(GONE)).await?)
    }
}

impl Holds {
    pub async fn gateways(&self) -> Result<Vec<Gateway>, Problem> {
        let now = self.clock.now();
        let reports = self.store.reports(now.saturating_sub(GONE)).await?;
        let mut gateways: Vec<Gateway> = reports
            .chunk_by(|a, b| (&a.tenant, &a.report.gateway) == (&b.tenant, &b.report.gateway))
            .filter_map(|of| gateway(of, now))
            .collect();
        gateways.sort_by(|a, b| {
            (a.state, &a.tenant, &a.gateway).cmp(&(b.state, &b.tenant, &b.gateway))
        });
        Ok(gateways)
    }
}

/// The latest report comes first.
fn gateway(reports: &[Reported], now: u64) -> Option<Gateway> {
    let Reported { tenant, report: latest, seen_at } = reports.first()?;
    let alive: Vec<&Report> = reports
        .iter()
        .filter(|one| now.saturating_sub(one.seen_at) <= SILENT)
        .map(|one| &one.report)
        .collect();
    let counted = if alive.is_empty() { vec![latest] } else { alive.clone() };
    let mut bundles: Vec<BundleReport> = Vec::new();
    for bundle in counted.iter().filter_map(|report| report.bundle.as_ref()) {
        match bundles.iter_mut().find(|known| known.revision == bundle.revision) {
            Some(known) => known.since = known.since.min(bundle.since),
            None => bundles.push(shown(bundle)),
        }
    }
    let errors = || counted.iter().filter_map(|report| report.error.as_ref());
    let error = errors().find(|error| !error.text.is_empty()).or_else(|| errors().next());
    let state = if alive.is_empty() {
        State::Silent
    } else if counted.iter().any(|report| report.bundle.is_none()) {
        State::NoBundle
    } else if counted.iter().any(|report| report.stale) {
        State::Stale
    } else if error.is_some() {
        State::Failing
    } else {
        State::Current
    };
    Some(Gateway {
        tenant: tenant.clone(),
        gateway: visible_line(&latest.gateway),
        state,
        bundles,
        error: error.map(|error| ErrorReport {
            why: visible_line(&error.why),
            text: visible_line(&error.text),
        }),
        instances: alive.len(),
        release: visible_line(&latest.release),
        seen_at: *seen_at,
    })
}

fn shown(bundle: &BundleReport) -> BundleReport {
    BundleReport {
        name: visible_line(&bundle.name),
        version: visible_line(&bundle.version),
        revision: visible_line(&bundle.revision),
        ..bundle.clone()
    }
}

#[cfg(test)]
mod tests;
