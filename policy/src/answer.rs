/*!
What is changed in an upstream's answer besides what is redacted: ids leave sealed, and names that are the
gateway's own are taken out. Edits on the original bytes, as everywhere.
*/

mod asker;
mod cut;
mod lists;
mod proposed;
mod work;

use std::cell::Cell;

use crate::call::Kind;
use crate::json::{JsonError, Spanned, Step, member_spans};
use crate::protocol::{is_meta, is_own_meta};
use crate::reason::Reason;
use crate::redact::{self, Edit};
use crate::scan::{self, Mend};
use crate::seal::{self, Id, Seal};
use crate::verdict::Contribution;

pub use asker::Asker;
pub use lists::{Listed, Lists, ShownTool};
use proposed::Proposed;
pub use proposed::{HeldProposal, JUDGED_MAX, ProposedCall};

/// With an event of that name a server of the SSE transport (before 2025-03-26) gives out a session.
const ENDPOINT: &[u8] = b"endpoint";
const OLD_TRANSPORT: &str = "the server gives out a session of the old SSE transport that nobody can be kept from; \
    say `kind: mcp` of the route, or let it speak streamable HTTP";

/// How one answer is to be mended.
#[derive(Clone, Default)]
pub struct Answer {
    /// What it is read as; never `Auto`.
    pub kind: Kind,
    /// The route says so.
    said: bool,
    /// `None` on a route that says it is plain HTTP: ids there are the API's own business.
    seal: Option<Seal>,
    /// What a model proposes, where rules ask.
    proposed: Option<Box<Proposed>>,
    /// Of MCP.
    lists: Option<Lists>,
    refused: Option<(Reason, String)>,
    /// The event gives out the address of a session.
    endpoint: bool,
    /// Some id in it left sealed.
    sealed: Cell<bool>,
}

impl Answer {
    pub fn new(kind: Kind, seal: Option<Seal>) -> Self {
        Self { kind, seal, ..Self::default() }
    }

    /// Whether the route says its kind.
    pub fn said(self, said: bool) -> Self {
        Self { said, ..self }
    }

    pub fn to(self, asker: Asker) -> Self {
        match self.kind {
            Kind::Openai => Self { proposed: Proposed::new(asker).map(Box::new), ..self },
            Kind::Mcp => Self { lists: Some(Lists::new(asker)), ..self },
            Kind::Http | Kind::Auto => self,
        }
    }

    /// Rules have something to say of what is proposed in it.
    pub fn is_judged(&self) -> bool {
        self.proposed.is_some()
    }

    /// An agent acts on what is answered as a success.
    pub fn with_status(self, status: u32) -> Self {
        let success = (200..300).contains(&status);
        let lists = self.lists.filter(|_| success);
        Self { lists, proposed: self.proposed.filter(|_| success), ..self }
    }

    pub fn in_events(self) -> Self {
        Self { lists: self.lists.map(Lists::in_events), ..self }
    }

    fn note(&self, sealed: bool) {
        self.sealed.set(self.sealed.get() || sealed);
    }

    /// Of MCP.
    fn tasks(&self, text: &str) -> Vec<Edit> {
        let seal = self.seal.as_ref().filter(|_| seal::tasks::may_hold(text));
        let sealed =
            seal.and_then(|seal| Some(seal::tasks::close(seal, &Spanned::parse(text).ok()?)));
        let sealed = sealed.unwrap_or_default();
        self.note(!sealed.is_empty());
        sealed
    }

    /// What a header becomes that names places, of which one is a stored object's. Empty: it is taken off.
    pub fn place(&self, name: &str, value: &[u8]) -> Option<Vec<u8>> {
        let seal = self.seal.as_ref().filter(|_| self.kind == Kind::Openai)?;
        let value = std::str::from_utf8(value).ok()?;
        if name == "link" {
            let mut places = value.split(['<', '>']);
            return places.any(seal::target::is_of_object).then(Vec::new);
        }
        match seal::target::close(seal, value) {
            Ok(sealed) => {
                self.note(sealed.is_some());
                sealed.map(String::into_bytes)
            }
            Err(seal::openai::NotIssued) => Some(Vec::new()),
        }
    }

    /// What a header becomes that gives a session its id.
    pub fn session(&self, name: &str, value: &[u8]) -> Option<Vec<u8>> {
        let seal = self.seal.as_ref().filter(|_| name == "mcp-session-id")?;
        Some(match std::str::from_utf8(value) {
            Ok(id) if !id.is_empty() => {
                self.note(true);
                seal.close(Id::Session, id).into_bytes()
            }
            _ => Vec::new(),
        })
    }

    /// Only a route that says it is MCP asks back for what is given out here.
    fn address(&mut self, text: &str) -> Vec<Edit> {
        let seal = self.seal.as_ref().filter(|_| self.said);
        match seal.map(|seal| seal::endpoint::close(seal, text)) {
            Some(Ok(edits)) => {
                self.note(!edits.is_empty());
                edits
            }
            _ => {
                self.refused = Some((Reason::ResponseUnreadable, OLD_TRANSPORT.to_owned()));
                Vec::new()
            }
        }
    }
}

impl Mend for Answer {
    fn data(&mut self, payload: &[u8]) -> Vec<Edit> {
        let Ok(text) = std::str::from_utf8(payload) else {
            self.lists.iter_mut().for_each(Lists::no_text);
            self.proposed.iter_mut().for_each(|proposed| proposed.unread());
            return Vec::new();
        };
        if std::mem::take(&mut self.endpoint) {
            return self.address(text);
        }
        match (self.kind, &self.seal) {
            // A comment, or an event that only gives an id.
            (Kind::Openai, _) if text.trim().is_empty() => Vec::new(),
            (Kind::Openai, seal) => {
                let root = Spanned::parse(text).ok();
                self.proposed.iter_mut().for_each(|proposed| proposed.see(text, root.as_ref()));
                let closed =
                    seal.as_ref().zip(root).map(|(seal, root)| seal::openai::close(seal, &root));
                let closed = closed.unwrap_or_default();
                self.note(!closed.is_empty());
                closed
            }
            (Kind::Mcp, _) => {
                let lists = self.lists.as_mut().map(|lists| lists.edits(text)).unwrap_or_default();
                let Ok(own) = own_names(text) else {
                    let detail = "the answer speaks for the gateway where it cannot be read";
                    self.refused = Some((Reason::ResponseUnreadable, detail.to_owned()));
                    return Vec::new();
                };
                redact::joined(redact::joined(lists, own), self.tasks(text))
            }
            _ => Vec::new(),
        }
    }

    fn event_id(&self, id: &[u8]) -> Option<String> {
        let id = std::str::from_utf8(id).ok().filter(|id| !id.is_empty())?;
        let sealed = self.seal.as_ref()?.close(Id::Event, id);
        self.note(true);
        Some(sealed)
    }

    fn event_name(&mut self, name: &[u8]) {
        // A GET that opens a stream does not say what it is for, so on a route that leaves it open, too, it
        // may be MCP.
        let may_be_mcp = self.seal.is_some() && self.kind != Kind::Openai;
        self.endpoint |= may_be_mcp && name.trim_ascii() == ENDPOINT;
    }

    fn finish(&mut self) {
        self.proposed.iter_mut().for_each(|proposed| proposed.finish());
    }

    fn refuses(&self) -> Option<(Reason, String)> {
        if self.refused.is_some() {
            return self.refused.clone();
        }
        let proposed = self.proposed.as_ref().and_then(|proposed| proposed.refused());
        proposed.or_else(|| self.lists.as_ref()?.refused.clone())
    }

    fn rules(&self) -> &[Contribution] {
        self.proposed.as_ref().map_or(&[], |proposed| proposed.rules())
    }

    fn has_sealed(&self) -> bool {
        self.sealed.get()
    }

    fn calls(&self) -> &[ProposedCall] {
        self.proposed.as_ref().map_or(&[], |proposed| proposed.calls())
    }

    fn held(&self) -> &[HeldProposal] {
        self.proposed.as_ref().map_or(&[], |proposed| proposed.held())
    }

    fn listed(&self) -> Option<&Listed> {
        Some(&self.lists.as_ref()?.listed)
    }
}

/// Members that would speak for the gateway: of any `_meta`, and of the data of an error.
fn own_names(text: &str) -> Result<Vec<Edit>, JsonError> {
    if !may_say_own(text) {
        return Ok(Vec::new());
    }
    let spans = member_spans(text, |way, name| {
        let ours = match way {
            [.., Step::Member(error), Step::Member(data)] if error == "error" => data == "data",
            _ => false,
        };
        let meta = matches!(way.last(), Some(Step::Member(last)) if is_meta(last));
        (ours || meta) && is_own_meta(name)
    });
    let cut = |span| Edit { span, replacement: String::new() };
    Ok(spans?.into_iter().map(cut).collect())
}

/// Whether anybody finds such a name there, strict about JSON or not, and however it is spelled.
fn may_say_own(text: &str) -> bool {
    let plain = |text: &[u8]| {
        let said = text.windows(10).any(|part| part.eq_ignore_ascii_case(b"gatehouse/"));
        // The one letter in it that has a third case.
        said || text.windows(2).any(|part| part == "\u{17f}".as_bytes())
    };
    plain(text.as_bytes()) || (text.contains('\\') && plain(&scan::unescape(text.as_bytes())))
}

#[cfg(test)]
mod tests;
