/*!
What a gateway says of itself to the approval service, so that people see which policy is in force
where: `POST /v1/gateways`, by each worker, whenever it changes and once a minute.
*/

use serde::{Deserialize, Serialize};

use crate::bundle::Bundle;
use crate::delivery::{Refused, Status, Why};

/// How often a worker says it again.
pub const EVERY_MS: u64 = 60_000;

/// Bytes of a text in a report: the service takes none that is longer.
pub const LONGEST_TEXT: usize = 1000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Names the Envoy: its node id.
    pub gateway: String,
    /// One life of one of its workers, as in records.
    pub worker: String,
    /// Release of the module.
    pub release: String,
    /// What is in force; none: everything is refused.
    pub bundle: Option<BundleReport>,
    /// Nobody confirmed it for too long, it is past its `not_after`, or there is none.
    pub stale: bool,
    /// Why the last try to get another one failed; none once the server confirmed what is in force.
    pub error: Option<ErrorReport>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleReport {
    pub name: String,
    pub version: String,
    pub serial: u64,
    pub revision: String,
    /// In Unix seconds.
    pub since: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorReport {
    /// A stable word, as in metrics.
    pub why: String,
    /// Empty in workers that only heard of it.
    pub text: String,
}

impl Report {
    pub fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let Self { gateway, worker, release, bundle, stale: _, error } = self;
        let bundle = bundle
            .iter_mut()
            .flat_map(|bundle| [&mut bundle.name, &mut bundle.version, &mut bundle.revision]);
        let error = error.iter_mut().flat_map(|error| [&mut error.why, &mut error.text]);
        [gateway, worker, release].into_iter().chain(bundle).chain(error)
    }

    /// As the service takes it. A report that is refused would hide what is in force.
    pub fn fitting(mut self) -> Self {
        for text in self.texts() {
            let mut end = text.len().min(LONGEST_TEXT);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
        }
        self
    }
}

impl BundleReport {
    pub fn of(bundle: &Bundle, since: u64) -> Option<Self> {
        let Bundle { name, version, serial, revision, not_after, .. } = bundle;
        (!bundle.is_none()).then(|| Self {
            name: name.clone(),
            version: version.clone(),
            serial: *serial,
            revision: revision.clone(),
            since,
            not_after: *not_after,
        })
    }
}

impl ErrorReport {
    pub fn of(status: &Status) -> Option<Self> {
        let why = Why::ALL.into_iter().find(|why| why.number() == status.error)?;
        let told = status.told.as_ref().filter(|told| told.why == why);
        let text = told.map(|Refused { text, .. }| text.clone()).unwrap_or_default();
        Some(Self { why: why.name().to_owned(), text })
    }
}

#[cfg(test)]
mod tests {
    use super::{BundleReport, ErrorReport, LONGEST_TEXT, Report};

    #[test]
    fn texts_are_cut_between_characters() {
        let long = || format!("x{}", "\u{e4}".repeat(LONGEST_TEXT));
        let bundle = BundleReport {
            name: long(),
            version: long(),
            serial: 1,
            revision: long(),
            since: 0,
            not_after: None,
        };
        let report = Report {
            gateway: long(),
            worker: long(),
            release: long(),
            bundle: Some(bundle),
            stale: false,
            error: Some(ErrorReport { why: long(), text: long() }),
        };
        let mut cut = report.fitting();
        let texts: Vec<&mut String> = cut.texts().collect();
        assert_eq!(texts.len(), 8);
        assert!(texts.iter().all(|text| text.len() == LONGEST_TEXT - 1 && text.starts_with('x')));
        assert_eq!(cut.clone().fitting(), cut);
    }
}
