/*! A line of the log, with the very text of its record and of its link: digests are of these bytes. */

use policy::record::part::{PARTS_IN_LINE, Part, Side, so_far};
use policy::record::{BodyRecord, Record};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Envoy, Exchange};

/// A longer line is none of a record, which keeps 16 KiB of each body and 256 KiB in parts, each byte of which takes six
/// at most.
pub const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// Who erased a record that came when its principal, or its tenant, had used up the minute's bytes.
pub const LEFT_OUT: &str = "limits.record_bytes_per_minute";
pub const LEFT_OUT_OF_TENANT: &str = "limits.record_bytes_per_minute_per_tenant";

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub envoy: Envoy,
    /// None where Envoy refused the request before the filter saw it, and where a record was erased.
    pub record: Option<String>,
    /// What is behind the text of the record, as it came; of an exchange that goes on, what came last.
    pub parts: Vec<String>,
    /// None of a record that a crash left.
    pub link: Option<String>,
    /// The record was taken out on purpose.
    pub erased: Option<Erased>,
    /// What stood before it in its chain was removed on purpose, up to this number.
    pub pruned_to: Option<u64>,
    /// How many before it say the same, of those without record and link; written nowhere.
    pub again: u64,
}

/// In no digest, like all that Envoy says: whoever can write the line can write this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// In Unix seconds.
    pub at: u64,
    pub by: String,
}

impl Erased {
    /// Nobody wanted it gone: there was no room for it.
    pub fn is_left_out(&self) -> bool {
        [LEFT_OUT, LEFT_OUT_OF_TENANT].contains(&self.by.as_str())
    }
}

/// Envoy writes an empty value as none at all, and both in brackets.
#[derive(Deserialize)]
struct Parsed<'l> {
    #[serde(borrow)]
    records: Vec<&'l RawValue>,
    #[serde(default, borrow)]
    parts: Vec<&'l RawValue>,
    #[serde(default, borrow)]
    links: Vec<&'l RawValue>,
    erased: Option<Erased>,
    pruned_to: Option<u64>,
}

#[derive(Serialize)]
struct Written<'l> {
    #[serde(flatten)]
    envoy: &'l Envoy,
    records: Vec<&'l RawValue>,
    /// Also where there are none: so does Envoy.
    parts: Vec<&'l RawValue>,
    links: Vec<&'l RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    erased: Option<&'l Erased>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pruned_to: Option<u64>,
}

impl Line {
    /// Its end may be there or not. `None` if it is no line of ours, or a part of one.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let envoy = serde_json::from_slice::<Envoy>(line).ok()?;
        let Parsed { records, parts, links, erased, pruned_to } =
            serde_json::from_slice(line).ok()?;
        if parts.len() > PARTS_IN_LINE {
            return None;
        }
        let parts = parts.iter().map(|part| part.get().to_owned()).collect();
        let (record, link) = (only(&records)?, only(&links)?);
        Some(Self { envoy, record, parts, link, erased, pruned_to, again: 0 })
    }

    /// Of what has no parts in it none.
    pub fn parts(&self) -> Vec<Part> {
        self.parts.iter().filter_map(|part| serde_json::from_str(part).ok()).collect()
    }

    /// Nothing of what was said.
    pub fn without_record(self) -> Self {
        Self { record: None, parts: Vec::new(), ..self }
    }

    /// What is stored of it.
    pub fn bytes(&self) -> u64 {
        let texts = self.record.iter().chain(&self.link).chain(&self.parts);
        let texts = texts.map(|text| text.len()).sum::<usize>();
        let envoy = serde_json::to_string(&self.envoy).map_or(0, |text| text.len());
        (texts + envoy) as u64
    }

    /// With all that is there of its bodies in their place. `Err` if what stands in the record's place is none.
    pub fn exchange(&self) -> Result<Option<Exchange>, serde_json::Error> {
        let Some(record) = &self.record else { return Ok(None) };
        let mut record: Record = serde_json::from_str(record)?;
        let parts = self.parts();
        let Record { salt, request, response, .. } = &mut record;
        request.body.joined(Side::Request, &parts, salt);
        response.body.joined(Side::Response, &parts, salt);
        if !record.last && !parts.is_empty() {
            let (text, truncated) = (so_far(Side::Response, &parts), true);
            record.response.body = BodyRecord { text, truncated, ..record.response.body };
        }
        Ok(Some(Exchange {
            record,
            link: self.link.as_deref().map(serde_json::from_str).transpose()?,
            envoy: self.envoy.clone(),
        }))
    }

    /// Whether its record is one of this caller.
    pub fn is_of(&self, issuer: Option<&str>, subject: &str) -> bool {
        let exchange = self.exchange().ok().flatten();
        let principal = exchange.and_then(|one| one.record.principal);
        principal.is_some_and(|one| {
            one.subject == subject && issuer.is_none_or(|issuer| one.issuer == issuer)
        })
    }

    /// As in the log, without its end. Record and link are as they came.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let (record, link) = (raw(&self.record)?, raw(&self.link)?);
        let parts = self.parts.iter().map(|part| serde_json::from_str(part));
        serde_json::to_string(&Written {
            envoy: &self.envoy,
            records: record.into_iter().collect(),
            parts: parts.collect::<Result<_, _>>()?,
            links: link.into_iter().collect(),
            erased: self.erased.as_ref(),
            pruned_to: self.pruned_to,
        })
    }
}

fn raw(text: &Option<String>) -> Result<Option<&RawValue>, serde_json::Error> {
    text.as_deref().map(serde_json::from_str).transpose()
}

/// Two would be somebody's work: of which one shows it would hang on the reader.
fn only(values: &[&RawValue]) -> Option<Option<String>> {
    match values {
        [] => Some(None),
        [one] => Some(Some(one.get().to_owned())),
        [_, _, ..] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"start_time":"t","status":200,"flags":"DC","details":"d","route":"r","upstream_host":"h","duration_ms":1,"bytes_received":2,"bytes_sent":3,"records":[{"a": "\u00e9" }],"parts":[],"links":[{"b":1}]}"#;

    #[test]
    fn a_line_is_written_as_it_was_read() {
        let line = Line::parse(LINE.as_bytes()).unwrap();
        assert_eq!(line.record.as_deref(), Some("{\"a\": \"\\u00e9\" }"));
        assert_eq!(line.link.as_deref(), Some("{\"b\":1}"));
        assert_eq!(line.to_json().unwrap(), LINE);
        assert_eq!(Line::parse(format!("{LINE}\n").as_bytes()), Some(line));
    }

    #[test]
    fn a_line_of_what_goes_on_has_what_came() {
        let part = r#"{"of":"response","n":0,"from":0,"text":"\u00e9"}"#;
        let going_on = LINE.replacen('{', r#"{"type":"DownstreamPeriodic","#, 1);
        let going_on =
            going_on.replace("[],\"links\":[{\"b\":1}]", &format!("[{part}],\"links\":[]"));
        let line = Line::parse(going_on.as_bytes()).unwrap();
        assert!(line.envoy.goes_on && line.parts == [part] && line.link.is_none());
        assert_eq!(line.to_json().unwrap(), going_on);
        assert_eq!(line.parts()[0].text, "é");
        assert_eq!(line.bytes() - line.clone().without_record().bytes(), (part.len() + 16) as u64);
        // Whatever else may be said of its end.
        let ended = LINE.replacen('{', r#"{"type":"DownstreamEnd","#, 1);
        assert_eq!(Line::parse(ended.as_bytes()), Line::parse(LINE.as_bytes()));
    }

    #[test]
    fn a_line_may_have_neither() {
        let bare = r#"{"start_time":"t","status":400,"flags":"DPE","records":[]}"#;
        let line = Line::parse(bare.as_bytes()).unwrap();
        assert_eq!((&line.record, &line.link, line.exchange().unwrap()), (&None, &None, None));
        assert_eq!(Line::parse(line.to_json().unwrap().as_bytes()), Some(line));
    }

    #[test]
    fn what_is_no_line_of_ours_is_none() {
        let two = LINE.replace("\"records\":[", "\"records\":[{},");
        let again = LINE.replacen('{', "{\"records\":[],", 1);
        let many = LINE.replace("\"parts\":[]", &format!("\"parts\":[{}0]", "0,".repeat(1024)));
        for text in [&two, &again, &many, &LINE[..90], "", "{}", "[]", "\u{0}"] {
            assert_eq!(Line::parse(text.as_bytes()), None, "{text}");
        }
        assert!(Line::parse(LINE.as_bytes()).unwrap().exchange().is_err());
    }
}
