/*! A line as a row: the very texts, and what it is looked up by. */

use policy::reason::Reason;
use policy::record::Record;
use policy::record::chain::{Link, record_digest};

use super::super::line::Erased;
use super::super::session::{self, Session};
use super::super::{Exchange, Line, describe};
use super::parts;
use crate::random::text_digest;
use crate::tenant::Tenant;

/// Of the session of requests without a record, and of that of records that were erased.
pub const UNSEEN: &str = "";
pub const ERASED: &str = "-";

/// Of text in a column; what is longer gets a digest in the place of its end.
const LONGEST: usize = 512;

#[derive(Clone, Debug)]
pub struct Row {
    /// Names its place in the store: of fixed length, whatever the sender called it.
    pub place: String,
    pub chain: String,
    pub sequence: i64,
    pub exchange: String,
    pub part: i64,
    /// Not of the begin of an exchange alone.
    pub last: bool,
    pub issuer: Option<String>,
    pub subject: Option<String>,
    pub effect: String,
    pub reason: String,
    pub tool: String,
    /// Of this row alone.
    pub session: Session,
    pub started_ms: i64,
    pub rules: Vec<String>,
    pub holds: Vec<String>,
    pub bytes: i64,
    pub envoy: String,
    /// It went on when its line was written.
    pub goes_on: bool,
    pub parts: Vec<String>,
    pub erased: Option<String>,
    pub link: Option<String>,
    pub record: Option<String>,
}

impl Row {
    /// `None` if what stands in the place of the record or of the link is none.
    pub fn of(tenant: &Tenant, line: &Line) -> Option<Self> {
        let envoy = plain(&serde_json::to_string(&line.envoy).ok()?);
        let erased = line.erased.as_ref().map(|one| serde_json::to_string(one).ok());
        let mut texts = line.record.iter().chain(&line.link).chain(&line.parts);
        // JSON has no NUL as it is, and PostgreSQL takes none.
        if texts.any(|text| text.contains('\0')) {
            return None;
        }
        let link: Option<Link> = match &line.link {
            Some(link) => Some(serde_json::from_str(link).ok()?),
            None => None,
        };
        // No worker lives as long; columns, and what comes after the number, end there.
        link.as_ref().is_none_or(|link| link.sequence < i64::MAX.unsigned_abs()).then_some(())?;
        let exchange = line.exchange().ok()?;
        let record = exchange.as_ref().map(|one| &one.record);
        let place = match (&link, record) {
            (Some(link), _) => digest(&["c", &link.chain, &link.sequence.to_string()]),
            (None, Some(record)) => digest(&["x", &record.exchange, &record.part.to_string()]),
            (None, None) if line.again == 0 => digest(&["u", &envoy]),
            (None, None) => digest(&["u", &envoy, &line.again.to_string()]),
        };
        let unknown = || Exchange {
            record: Record::default(),
            link: link.clone(),
            envoy: line.envoy.clone(),
        };
        let seen = exchange.clone().unwrap_or_else(unknown);
        let id = match (&exchange, &link) {
            (Some(one), _) => session_id(tenant.as_str(), &one.record),
            (None, Some(_)) => ERASED.to_owned(),
            (None, None) => UNSEEN.to_owned(),
        };
        let mut session = Session::new(id, &seen);
        session.add(&seen);
        for text in [&mut session.issuer, &mut session.subject, &mut session.client_id] {
            *text = text.as_deref().map(column);
        }
        session.started = column(&session.started);
        let parts = parts::kept(line, exchange.as_ref().map(|one| &one.record));
        let bytes = Line { parts: parts.clone(), ..line.clone() }.bytes();
        let record = &seen.record;
        Some(Self {
            place,
            chain: link.as_ref().map_or_else(String::new, |link| column(&link.chain)),
            sequence: link.as_ref().map_or(0, |link| integer(link.sequence)),
            exchange: column(&record.exchange),
            part: record.part.into(),
            last: record.last || link.is_some() || exchange.is_none(),
            issuer: session.issuer.clone(),
            subject: session.subject.clone(),
            effect: record.verdict.effect.as_ref().map(describe::word).unwrap_or_default(),
            reason: record.verdict.reason.map(Reason::code).unwrap_or_default().to_owned(),
            tool: record
                .request
                .mcp
                .as_ref()
                .and_then(|mcp| mcp.tool.as_deref())
                .map(column)
                .unwrap_or_default(),
            started_ms: integer(record.started_ms),
            rules: names(record.verdict.rules.iter().map(|one| one.rule.as_str())),
            holds: names(record.holds().map(|hold| hold.hold.as_str())),
            session,
            bytes: integer(bytes),
            goes_on: line.envoy.goes_on,
            parts,
            envoy,
            erased: erased.flatten().map(|text| plain(&text)),
            link: line.link.clone(),
            record: line.record.clone(),
        })
    }

    /// With what came before of the same exchange, which went on.
    pub fn behind(&self, before: &[String]) -> Self {
        let parts = parts::merged(before, &self.parts);
        let length = |parts: &[String]| parts.iter().map(String::len).sum::<usize>() as u64;
        let more = integer(length(&parts)) - integer(length(&self.parts));
        Self { parts, bytes: self.bytes + more, ..self.clone() }
    }

    /// Of what it says: two of one place say the same if these are equal.
    pub fn digest(&self) -> String {
        of_texts(self.record.as_deref(), self.link.as_deref())
    }

    /// Empty where only a link is left of it: then that is all there is to compare.
    pub fn kept_digest(&self) -> String {
        match (&self.record, &self.link) {
            (None, Some(_)) => String::new(),
            _ => self.digest(),
        }
    }

    /// Whether what has this `kept_digest` and link says the same. Of what was erased, here or there, only the link is
    /// left.
    pub fn says(&self, kept_digest: &str, link: Option<&str>) -> bool {
        kept_digest == self.digest()
            || (kept_digest.is_empty() || self.kept_digest().is_empty())
                && link == self.link.as_deref()
    }

    /// Whether it is the very record that was left out beside this link, as the digest in the link says.
    pub fn fills(&self, link: Option<&str>, erased: Option<&str>) -> bool {
        let (Some(record), Some(own)) = (&self.record, &self.link) else { return false };
        let left_out = || note(erased);
        let of_link = || serde_json::from_str::<Link>(own).ok();
        link == Some(own)
            && left_out().is_some_and(|note| note.is_left_out())
            && of_link().is_some_and(|link| link.record == record_digest(record))
    }

    /// Whether it was erased of this link on purpose.
    pub fn is_gone(&self, link: Option<&str>, erased: Option<&str>) -> bool {
        self.record.is_some()
            && link == self.link.as_deref()
            && note(erased).is_some_and(|note| !note.is_left_out())
    }

    pub fn names(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let rules = self.rules.iter().map(|name| ("rule", name));
        rules.chain(self.holds.iter().map(|name| ("hold", name)))
    }
}

fn note(erased: Option<&str>) -> Option<Erased> {
    erased.and_then(|note| serde_json::from_str(note).ok())
}

pub fn of_texts(record: Option<&str>, link: Option<&str>) -> String {
    digest(&[record.unwrap_or_default(), link.unwrap_or_default()])
}

/// As in the store: none of another tenant's has the same.
pub fn session_id(tenant: &str, record: &Record) -> String {
    let id = session::id(record);
    let known = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let ours = id.len() <= 64 && id.starts_with(['s']) && id.chars().all(known);
    of_tenant(tenant, if ours { id } else { format!("s-{}", &text_digest(&id)[..16]) })
}

/// The id of a session as the store has it, by the gateway's own.
pub fn of_tenant(tenant: &str, id: String) -> String {
    if tenant.is_empty() { id } else { format!("{tenant}.{id}") }
}

/// A rule that is there a thousand times is one; and no sender makes more rows of a record than this.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = all.map(column).collect();
    names.sort();
    names.dedup();
    names.truncate(64);
    names
}

/// Of fields with their lengths: no two lists are the same bytes.
fn digest(fields: &[&str]) -> String {
    let mut all = String::new();
    for field in fields {
        all.push_str(&format!("{}:{field}", field.len()));
    }
    text_digest(&all)
}

/// What both databases take and an index can hold.
pub fn column(text: &str) -> String {
    let text = plain(text);
    if text.len() <= LONGEST {
        return text;
    }
    let mut end = LONGEST - 64;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…{}", &text[..end], text_digest(&text))
}

fn plain(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

pub fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
