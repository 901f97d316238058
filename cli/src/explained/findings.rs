/*! Where something was found in a recorded call, and findings that are none. Values are in no record. */

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use policy::content_type;
use policy::record::{BodyRecord, FindingCount, HeaderRecord, Record};
use policy::redact::marks;
use serde::Serialize;
use serde_json::Value as Json;

/// More than any finding has.
const LONGEST: u64 = 64 * 1024;
/// That are told: an answer may have thousands.
const MOST: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    pub kind: String,
    pub of: Side,
    /// `body`, `path`, or the name of a header.
    pub part: String,
    /// JSON pointer to the value that it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Request,
    Response,
}

/// As far as the record has its marks.
pub fn of(record: &Record) -> Vec<Found> {
    let (request, response) = (&record.request, &record.response);
    let mut all = Vec::new();
    in_body(Side::Request, &request.body, &request.findings, &mut all);
    for one in &request.path_findings {
        let (kind, part) = (one.kind.clone(), "path".to_owned());
        all.push(Found { kind, of: Side::Request, part, field: None });
    }
    in_headers(Side::Request, &request.headers, &request.header_findings, &mut all);
    in_body(Side::Response, &response.body, &response.findings, &mut all);
    in_headers(Side::Response, &response.headers, &response.header_findings, &mut all);
    all.truncate(MOST);
    all
}

fn in_body(of: Side, body: &BodyRecord, findings: &[FindingCount], all: &mut Vec<Found>) {
    let json = serde_json::from_str::<Json>(&body.text).ok();
    for finding in findings {
        let mut fields = Vec::new();
        if let Some(json) = &json {
            pointers(json, "", &finding.kind, &mut fields);
        }
        let found =
            |field| Found { kind: finding.kind.clone(), of, part: "body".to_owned(), field };
        match fields.is_empty() {
            true => all.push(found(None)),
            false => all.extend(fields.into_iter().map(|field| found(Some(field)))),
        }
    }
}

fn in_headers(of: Side, headers: &[HeaderRecord], found: &[FindingCount], all: &mut Vec<Found>) {
    for header in headers {
        let mut kinds: Vec<&str> = marks(&header.value).filter_map(|mark| mark.kind).collect();
        kinds.dedup();
        for kind in kinds.into_iter().filter(|kind| found.iter().any(|one| one.kind == *kind)) {
            let (kind, part) = (kind.to_owned(), header.name.clone());
            all.push(Found { kind, of, part, field: None });
        }
    }
}

fn pointers(value: &Json, at: &str, kind: &str, all: &mut Vec<String>) {
    match value {
        Json::String(text) if marks(text).any(|mark| mark.kind == Some(kind)) => {
            all.push(at.to_owned());
        }
        Json::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                pointers(entry, &format!("{at}/{index}"), kind, all);
            }
        }
        Json::Object(members) => {
            for (name, value) in members {
                // A field that is masked itself, or that stands for any, names none.
                if marks(name).next().is_none() && name != "*" {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    pointers(value, &format!("{at}/{name}"), kind, all);
                }
            }
        }
        _ => {}
    }
}

/// Whether the fields of its body count for allowances.
pub fn is_called_json(headers: &[HeaderRecord]) -> bool {
    content_type::essence(called(headers)).ends_with("json")
}

/// What is called nothing may be one.
pub fn is_called_form(headers: &[HeaderRecord]) -> bool {
    content_type::is_form(called(headers))
}

fn called(headers: &[HeaderRecord]) -> &str {
    let mut types = headers.iter().filter(|one| one.name == "content-type");
    types.next().map_or("", |one| one.value.as_str())
}

/// A value that was found and is none of its kind.
#[derive(Clone)]
pub struct FalseFinding {
    pub kind: String,
    pub value: String,
}

impl FalseFinding {
    /// `KIND=FILE`. A command line can be read by others, so the value is not in it.
    pub fn read(text: &str) -> Result<Self> {
        let form = || format!("`{text}` is not KIND=FILE; the file, or `-`, has the value");
        let (kind, file) = text.split_once('=').with_context(form)?;
        let shown = || format!("cannot read `{file}`");
        let mut value = String::new();
        match file {
            "-" => std::io::stdin().take(LONGEST).read_to_string(&mut value),
            file => {
                let file = std::fs::File::open(Path::new(file)).with_context(shown)?;
                file.take(LONGEST).read_to_string(&mut value)
            }
        }
        .with_context(shown)?;
        let value = value.trim().to_owned();
        ensure!(!value.is_empty(), "`{file}` holds no value");
        Ok(Self { kind: kind.to_owned(), value })
    }

    /// The call with the value where it stood. `None`: others of its kind stood there, too, or nobody knows where.
    pub fn put_back(&self, record: &Record) -> Option<Record> {
        let found = &record.request.findings;
        let of_kind = found.iter().find(|one| one.kind == self.kind)?;
        let mut record = record.clone();
        let text = &mut record.request.body.text;
        let own: Vec<_> = marks(text).filter(|mark| mark.kind == Some(&self.kind)).collect();
        let [mark] = own.as_slice() else { return None };
        if of_kind.count != 1 {
            return None;
        }
        let value = match serde_json::from_str::<Json>(text) {
            Ok(_) => serde_json::to_string(&self.value).ok()?.trim_matches('"').to_owned(),
            Err(_) => self.value.clone(),
        };
        let span = mark.span.clone();
        text.replace_range(span, &value);
        record.request.findings.retain(|one| one.kind != self.kind);
        Some(record)
    }
}
