/*! A line of the log, as far as it is proven: the very text of its record, and its link. */

use approval::records::{Envoy, Erased};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::record::Record;
use policy::record::chain::{self, LINK_VERSION, record_digest};
use policy::record::part::{Part, Side};
use serde::Deserialize;
use serde_json::value::RawValue;

pub type Digest = [u8; 32];

#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub content: Content,
    pub link: Option<Link>,
    /// What stood before it in its chain was removed on purpose, up to this number.
    pub pruned_to: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    None,
    /// Taken out on purpose.
    Erased,
    Record {
        digest: Digest,
        /// It says that it is the last part, which is written with a link.
        whole: bool,
        /// Those that it lists and that are not beside it as they were, and others.
        parts: Vec<(Side, u32, Fault)>,
        /// Names the exchange, if lines may be there that were written while it went on.
        ended: Option<Digest>,
    },
    /// Of an exchange that went on when the line was written.
    GoingOn(Digest),
    /// Of a release that made no links.
    BeforeLinks,
}

/// What is wrong with a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Gone,
    Altered,
    /// The record lists none of that number.
    Added,
}

/// A link with its digests decoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    pub name: String,
    pub sequence: u64,
    /// Of the one before; none in the first.
    pub previous: Option<Digest>,
    pub record: Digest,
    pub digest: Digest,
}

#[derive(Deserialize)]
struct Line<'l> {
    #[serde(borrow)]
    records: Vec<&'l RawValue>,
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    links: Vec<chain::Link>,
    erased: Option<Erased>,
    pruned_to: Option<u64>,
}

/// Of an exchange that is over sooner no line is written before.
const SHORT_MS: u64 = 500;

/// Of the same length, however long its id is.
fn named(record: &Record) -> Option<Digest> {
    decode(&record_digest(&record.exchange))
}

/// The first release that made links.
const LINKED: u32 = 2;

/// `None` if it is not as it was written whole.
pub fn read(line: &[u8]) -> Option<Seen> {
    let line = line.strip_suffix(b"\n")?;
    // What those who show records cannot read would be hidden from people.
    let envoy = serde_json::from_slice::<Envoy>(line).ok()?;
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    let content = match line.records.as_slice() {
        [] if line.erased.is_some() => Content::Erased,
        [] => Content::None,
        [record] => {
            let read: Record = serde_json::from_str(record.get()).ok()?;
            match read.version {
                0..LINKED => Content::BeforeLinks,
                LINKED.. if envoy.goes_on && !read.last && line.links.is_empty() => {
                    Content::GoingOn(named(&read)?)
                }
                LINKED.. => Content::Record {
                    digest: decode(&record_digest(record.get()))?,
                    whole: read.last,
                    parts: if read.last { faults(&read, &line.parts) } else { Vec::new() },
                    ended: match read.timings.total_ms < SHORT_MS && read.last {
                        true => None,
                        false => Some(named(&read)?),
                    },
                },
            }
        }
        [_, _, ..] => return None,
    };
    let link = match line.links.as_slice() {
        [] => None,
        [one] if one.version == LINK_VERSION && one.sequence > 0 => Some(Link {
            name: one.chain.clone(),
            sequence: one.sequence,
            previous: match one.previous.as_str() {
                "" => None,
                digest => Some(decode(digest)?),
            },
            record: decode(&one.record)?,
            digest: decode(&one.digest())?,
        }),
        _ => return None,
    };
    let pruned_to = line.pruned_to.unwrap_or(0);
    // It is of what stood before this one.
    if link.as_ref().map_or(pruned_to > 0, |link| pruned_to >= link.sequence) {
        return None;
    }
    Some(Seen { content, link, pruned_to })
}

/// Of all parts, by the digests that the record has of them.
fn faults(record: &Record, parts: &[Part]) -> Vec<(Side, u32, Fault)> {
    let mut found = Vec::new();
    let Record { salt, request, response, .. } = record;
    let listed = |of: Side| match of {
        Side::Request => &request.body.parts,
        Side::Response => &response.body.parts,
    };
    for of in [Side::Request, Side::Response] {
        for told in listed(of) {
            let mut there = parts.iter().filter(|part| part.of == of && part.n == told.n);
            let fault = match (there.next(), there.next()) {
                (None, _) => Some(Fault::Gone),
                (Some(part), None) if part.told(salt) == *told => None,
                _ => Some(Fault::Altered),
            };
            found.extend(fault.map(|fault| (of, told.n, fault)));
        }
    }
    let added = parts.iter().filter(|part| !listed(part.of).iter().any(|told| told.n == part.n));
    found.extend(added.map(|part| (part.of, part.n, Fault::Added)));
    found
}

pub fn decode(digest: &str) -> Option<Digest> {
    let bytes = URL_SAFE_NO_PAD.decode(digest.strip_prefix("blake2b-256:")?).ok()?;
    bytes.try_into().ok()
}

pub fn encode(digest: &Digest) -> String {
    format!("blake2b-256:{}", URL_SAFE_NO_PAD.encode(digest))
}
