/*!
What is changed in an upstream's answer besides what is redacted: ids leave sealed, and names that are the
gateway's own are taken out. Edits on the original bytes, as everywhere.
*/

mod cut;
mod lists;
mod proposed;

use crate::call::Kind;
use crate::json::{Spanned, Step, member_spans};
use crate::protocol::{is_meta, is_own_meta};
use crate::reason::Reason;
use crate::redact::{self, Edit};
use crate::scan::Mend;
use crate::seal::{self, Id, Seal};
use crate::verdict::Contribution;

use proposed::Proposed;
pub use proposed::Request;

pub use lists::{Asker, Listed, Lists, ShownTool};

/// How one answer is to be mended.
#[derive(Clone, Default)]
pub struct Answer {
    /// What it is read as; never `Auto`.
    pub kind: Kind,
    /// `None` on a route that says it is plain HTTP: ids there are the API's own business.
    seal: Option<Seal>,
    /// What a model proposes, where rules ask.
    proposed: Option<Box<Proposed>>,
    /// Of MCP.
    lists: Option<Lists>,
}

impl Answer {
    pub fn new(kind: Kind, seal: Option<Seal>) -> Self {
        Self { kind, seal, proposed: None, lists: None }
    }

    /// To a request to a model's API.
    pub fn judged(self, request: impl FnOnce() -> Request) -> Self {
        let asked = (self.kind == Kind::Openai).then(request);
        Self { proposed: asked.and_then(Proposed::new).map(Box::new), ..self }
    }

    pub fn to(self, asker: Asker) -> Self {
        Self { lists: Some(Lists::new(asker)), ..self }
    }

    pub fn with_status(self, status: u32) -> Self {
        Self { lists: self.lists.and_then(|lists| lists.with_status(status)), ..self }
    }

    pub fn in_events(self) -> Self {
        Self { lists: self.lists.map(Lists::in_events), ..self }
    }

    /// What a header becomes that gives a session its id.
    pub fn session(&self, name: &str, value: &[u8]) -> Option<Vec<u8>> {
        let seal = self.seal.as_ref().filter(|_| name == "mcp-session-id")?;
        Some(match std::str::from_utf8(value) {
            Ok(id) if !id.is_empty() => seal.close(Id::Session, id).into_bytes(),
            _ => Vec::new(),
        })
    }
}

impl Mend for Answer {
    fn data(&mut self, payload: &[u8]) -> Vec<Edit> {
        let Ok(text) = std::str::from_utf8(payload) else {
            self.lists.iter_mut().for_each(Lists::no_text);
            return Vec::new();
        };
        match (self.kind, &self.seal) {
            (Kind::Openai, Some(seal)) => {
                let Ok(root) = Spanned::parse(text) else {
                    // `[DONE]`, or what no client takes for a part of an answer.
                    self.proposed.iter_mut().for_each(|proposed| proposed.finish());
                    return Vec::new();
                };
                self.proposed.iter_mut().for_each(|proposed| proposed.see(text, &root));
                seal::openai::close(seal, &root)
            }
            (Kind::Mcp, _) => {
                let lists = self.lists.as_mut().map(|lists| lists.edits(text));
                redact::joined(lists.unwrap_or_default(), without_own_names(text))
            }
            _ => Vec::new(),
        }
    }

    fn event_id(&self, id: &[u8]) -> Option<String> {
        let id = std::str::from_utf8(id).ok().filter(|id| !id.is_empty())?;
        Some(self.seal.as_ref()?.close(Id::Event, id))
    }

    fn refuses(&self) -> Option<(Reason, String)> {
        let proposed = self.proposed.as_ref().and_then(|proposed| proposed.refused());
        proposed.or_else(|| self.lists.as_ref()?.refused.clone())
    }

    fn rules(&self) -> &[Contribution] {
        self.proposed.as_ref().map_or(&[], |proposed| proposed.rules())
    }

    fn listed(&self) -> Option<&Listed> {
        Some(&self.lists.as_ref()?.listed)
    }
}

/// Members of any `_meta` that would speak for the gateway.
fn without_own_names(text: &str) -> Vec<Edit> {
    // A name may be spelled with escapes.
    let lower = || text.as_bytes().windows(10).any(|part| part.eq_ignore_ascii_case(b"gatehouse/"));
    if !text.contains("\\u") && !lower() {
        return Vec::new();
    }
    let spans = member_spans(text, |way, name| {
        matches!(way.last(), Some(Step::Member(last)) if is_meta(last)) && is_own_meta(name)
    });
    let cut = |span| Edit { span, replacement: String::new() };
    spans.unwrap_or_default().into_iter().map(cut).collect()
}

#[cfg(test)]
mod tests;
