/*! An entry of the access-log service is what the log's line is: the same record and link, the same words of Envoy. */

use jiff::Timestamp;
use policy::record::part::PARTS_IN_LINE;
use prost::Message;
use prost::bytes::{Buf, Bytes};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::{Address, BytesValue, Common, Entry, Time};
use crate::records::line::LONGEST_LINE;
use crate::records::{Envoy, Line};

/// Of the filter state, as Envoy is told to send it.
const RECORD: &str = "wasm.gatehouse_record";
const LINK: &str = "wasm.gatehouse_link";
const PARTS: &str = "wasm.gatehouse_parts";

/// Of a text of Envoy: whatever its sender says it is.
const LONGEST_TEXT: usize = 1024;

/// What an entry came to.
#[derive(Debug, PartialEq)]
pub enum Read {
    Line(Box<Line>),
    /// Of an exchange that goes on and has said nothing yet: its last entry says it all.
    Intermediate,
    Unreadable,
}

/// One after the other, so that no more than one is unpacked at a time.
pub struct Entries(Bytes);

impl Entries {
    pub fn of(http_logs: Bytes) -> Self {
        Self(http_logs)
    }
}

impl Iterator for Entries {
    type Item = Read;

    fn next(&mut self) -> Option<Read> {
        if self.0.is_empty() {
            return None;
        }
        let Some(entry) = first(&mut self.0) else {
            // Behind it nobody knows where the next one begins.
            self.0.clear();
            return Some(Read::Unreadable);
        };
        Some(read(entry))
    }
}

/// The message has one field, whose key is one byte: 1, of bytes with their length in front.
fn first(bytes: &mut Bytes) -> Option<Bytes> {
    const KEY: u8 = 1 << 3 | 2;
    let length =
        (bytes.get_u8() == KEY).then(|| prost::decode_length_delimiter(&mut *bytes))?.ok()?;
    (length <= bytes.len()).then(|| bytes.split_to(length))
}

fn read(entry: Bytes) -> Read {
    if u64::try_from(entry.len()).is_ok_and(|length| length > LONGEST_LINE) {
        return Read::Unreadable;
    }
    let Ok(mut entry) = Entry::decode(entry) else { return Read::Unreadable };
    let mut common = entry.common.take().unwrap_or_default();
    let [record, link, parts] = [RECORD, LINK, PARTS].map(|name| state(&mut common, name));
    let parts = parts.and_then(|text| listed(text.as_deref().unwrap_or_default()));
    let (Some(record), Some(link), Some(parts)) = (record.and_then(one), link.and_then(one), parts)
    else {
        return Read::Unreadable;
    };
    if common.intermediate && (parts.is_empty() || link.is_some()) {
        return Read::Intermediate;
    }
    let mut envoy = envoy(&common, &entry);
    // As in the file: masked, where words of the other end may stand in it.
    if envoy.details != "via_upstream"
        && let Some(details) = record.as_deref().and_then(details_in)
    {
        envoy.details = details;
    }
    Read::Line(Box::new(Line { envoy, record, parts, link, ..Line::default() }))
}

/// What the record says of it, if it was written when all had ended.
fn details_in(record: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Ended {
        envoy: Option<Said>,
    }
    #[derive(Deserialize)]
    struct Said {
        details: String,
    }
    serde_json::from_str::<Ended>(record).ok()?.envoy.map(|said| said.details)
}

/// The very text; `None` if what stands in its place is not one line of ASCII.
fn state(common: &mut Common, name: &str) -> Option<Option<String>> {
    let Some(any) = common.filter_state_objects.remove(name) else { return Some(None) };
    let text = String::from_utf8(BytesValue::decode(&any.value[..]).ok()?.value).ok()?;
    let is_line = text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control());
    is_line.then_some(Some(text))
}

/// `None` if it is no JSON.
fn one(text: Option<String>) -> Option<Option<String>> {
    let is_json =
        |text: &String| serde_json::from_str::<&RawValue>(text).is_ok_and(|raw| raw.get() == text);
    text.as_ref().is_none_or(is_json).then_some(text)
}

/// With commas between them, as in the brackets of a line. Empty where what was shown is in the record.
fn listed(text: &str) -> Option<Vec<String>> {
    let text = format!("[{text}]");
    let parts = serde_json::from_str::<Vec<&RawValue>>(&text).ok()?;
    if parts.len() > PARTS_IN_LINE {
        return None;
    }
    Some(parts.iter().map(|part| part.get().to_owned()).collect())
}

fn envoy(common: &Common, entry: &Entry) -> Envoy {
    let response = entry.response.as_ref();
    let flags = common.response_flags.map(|flags| flags.short().join(",")).unwrap_or_default();
    Envoy {
        goes_on: common.intermediate,
        start_time: start_time(common.start_time.unwrap_or_default()),
        status: response.and_then(|response| response.code).map_or(0, |code| code.value),
        flags: if flags.is_empty() { "-".to_owned() } else { flags },
        details: response.map_or_else(String::new, |response| details(&response.code_details)),
        route: text(&common.route_name),
        upstream_host: common.upstream_remote_address.as_ref().map_or_else(String::new, host),
        duration_ms: common.duration.map_or(0, milliseconds),
        bytes_received: entry.request.as_ref().map_or(0, |request| request.body_bytes),
        bytes_sent: response.map_or(0, |response| response.body_bytes),
    }
}

/// Of what Envoy gives out, whatever is in there.
fn text(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes.get(..LONGEST_TEXT).unwrap_or(bytes)).into_owned();
    text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    text
}

/// Envoy's log has no spaces in them.
fn details(bytes: &[u8]) -> String {
    text(bytes).replace(|c: char| c.is_ascii_whitespace() || c == '\u{b}', "_")
}

/// As `%START_TIME%` has it: in UTC, to the millisecond.
fn start_time(time: Time) -> String {
    let time = Timestamp::new(time.seconds, time.nanos).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn milliseconds(time: Time) -> u64 {
    let seconds = u64::try_from(time.seconds).unwrap_or_default();
    let rest = u64::try_from(time.nanos / 1_000_000).unwrap_or_default();
    seconds.saturating_mul(1000).saturating_add(rest)
}

fn host(address: &Address) -> String {
    match (&address.socket_address, &address.pipe) {
        (Some(at), _) => {
            let ip = text(&at.address);
            if ip.contains(':') {
                format!("[{ip}]:{}", at.port)
            } else {
                format!("{ip}:{}", at.port)
            }
        }
        (None, Some(pipe)) => text(&pipe.path),
        (None, None) => String::new(),
    }
}
