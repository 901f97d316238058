/*! The access log: one line of JSON for each exchange, the record inside. */

use std::path::Path;

use serde_json::Value;

use crate::wait::{SOON, until};

#[derive(Clone, Debug)]
pub struct Entry {
    /// What Envoy says.
    pub line: Value,
    /// What the filter says; null where it wrote nothing.
    pub record: Value,
}

impl Entry {
    pub fn path(&self) -> &str {
        self.record["request"]["path"].as_str().unwrap_or_default()
    }

    /// Which worker wrote it, by the chain of its link.
    pub fn chain(&self) -> String {
        self.line["links"][0]["chain"].as_str().unwrap_or_default().to_owned()
    }

    /// Names of the rules that took part.
    pub fn rules(&self) -> Vec<String> {
        let rules = self.record["verdict"]["rules"].as_array().cloned().unwrap_or_default();
        rules.iter().filter_map(|rule| rule["rule"].as_str()).map(str::to_owned).collect()
    }

    pub fn effect(&self) -> &str {
        self.record["verdict"]["effect"].as_str().unwrap_or_default()
    }

    pub fn reason(&self) -> &str {
        self.record["verdict"]["reason"].as_str().unwrap_or_default()
    }

    /// How many findings of `kind` were in the request or the response.
    pub fn findings(&self, side: &str, kind: &str) -> u64 {
        let findings = self.record[side]["findings"].as_array().cloned().unwrap_or_default();
        let of_kind = findings.iter().filter(|finding| finding["kind"] == kind);
        of_kind.filter_map(|finding| finding["count"].as_u64()).sum()
    }
}

/// Of exchanges that ended. Whole lines only: the last one may be half written.
pub fn read(file: &Path) -> Vec<Entry> {
    let mut all = read_all(file);
    all.retain(|entry| entry.line.get("type").is_none());
    all
}

/// And of those that went on.
pub fn read_all(file: &Path) -> Vec<Entry> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("not a line of JSON ({error}): {line}"));
            let record = line["records"][0].clone();
            Entry { line, record }
        })
        .collect()
}

#[track_caller]
pub fn wait(file: &Path, what: &str, wanted: impl Fn(&Entry) -> bool) -> Entry {
    until(&format!("a record of {what}"), SOON, || read(file).into_iter().find(&wanted))
}
