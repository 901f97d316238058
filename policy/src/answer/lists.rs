/*!
Lists of MCP in an answer, cut to what the caller may call. A courtesy, so that a model does not try what is
refused anyway: the judgement of the call is the control.

A list is known by its shape, whoever asked for it: a stream that is taken up again brings the answer to
another message.
*/

use std::rc::Rc;
use std::sync::Arc;

use crate::bundle::Bundle;
use crate::call::{Call, Kind};
use crate::decide::{self, Facts};
use crate::json::{MAX_DEPTH, Node, Shape, Spanned};
use crate::protocol::{List, McpCall, Protocol};
use crate::reason::Reason;
use crate::redact::Edit;
use crate::sections::RouteSections;

use super::cut::cut;

/// Rules that are looked at, and steps of their conditions, for the entries of one answer: an upstream that
/// sends very many must not keep a worker busy. A thousand tools under a thousand rules fit twice.
const WORK: u64 = 2_000_000;

/// Who asks and where, as calls to what is listed would come.
pub struct Asker {
    pub bundle: Arc<Bundle>,
    /// Without its body.
    pub call: Call,
    /// As rules see it.
    pub path: String,
    pub host: String,
    pub sections: RouteSections,
    pub mcp: Option<McpCall>,
    /// The route says that it speaks MCP.
    pub said: bool,
}

#[derive(Clone)]
pub struct Lists {
    asker: Rc<Asker>,
    /// The list that was asked for; the answer is one or an error.
    asked: Option<List>,
    work: u64,
    pub refused: Option<(Reason, String)>,
    pub listed: Listed,
}

/// What became of the lists of one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Entries that were cut since the rules refuse what they are for.
    pub hidden: u32,
}

impl Lists {
    pub fn new(asker: Asker) -> Self {
        let asked = asker.mcp.as_ref().filter(|call| call.id.is_some()).and_then(List::asked_by);
        Self { asker: Rc::new(asker), asked, work: WORK, refused: None, listed: Listed::default() }
    }

    /// What is answered with another status is no list, whatever it looks like.
    pub fn with_status(mut self, status: u32) -> Self {
        self.asked = self.asked.filter(|_| status == 200);
        self
    }

    pub fn edits(&mut self, text: &str) -> Vec<Edit> {
        // An event that only gives an id has no data.
        if text.trim().is_empty() || (self.asked.is_none() && !may_hold_list(text)) {
            return Vec::new();
        }
        let strict = self.asked.is_some() && self.asker.said;
        if strict && Node::parse(text, MAX_DEPTH).is_err() {
            return self.refuse(Reason::ResponseUnreadable, "the list is not strict JSON");
        }
        let Ok(root) = Spanned::parse(text) else { return Vec::new() };
        let mut edits = Vec::new();
        for message in messages(&root) {
            edits.extend(self.of_message(text, message));
        }
        if self.refused.is_some() { Vec::new() } else { edits }
    }

    /// An answer that cannot be read as text.
    pub fn unread(&mut self) {
        if self.asked.is_some() && self.asker.said {
            self.refuse(Reason::ResponseUnreadable, "the list is not utf-8 text");
        }
    }

    fn of_message(&mut self, text: &str, message: &Spanned<'_>) -> Vec<Edit> {
        // What answers a call that asks for no list is that call's own business.
        let own = self.asker.mcp.as_ref().and_then(|call| call.id.as_deref());
        let id = message.get("id").and_then(|id| text.get(id.span.clone()));
        if self.asked.is_none() && own.is_some() && id == own {
            return Vec::new();
        }
        let mut edits = Vec::new();
        for result in called(message, "result") {
            for list in List::ALL {
                for entries in called(result, list.member()) {
                    edits.extend(self.of_list(list, entries));
                }
            }
        }
        edits
    }

    fn of_list(&mut self, list: List, entries: &Spanned<'_>) -> Vec<Edit> {
        let mut call = self.asker.calling(list);
        let mut marked = Vec::with_capacity(entries.items().len());
        for entry in entries.items() {
            // What has no name can be called by nobody.
            let key = entry.get(list.key()).and_then(Spanned::text);
            let stays = match key.map(|key| self.shows(list, key, &mut call)) {
                None => true,
                Some(Some(shown)) => shown,
                Some(None) => {
                    return self.refuse(Reason::OverBudget, "the list is too long to be judged");
                }
            };
            marked.push((entry.span.clone(), stays));
        }
        let hidden = marked.iter().filter(|(_, stays)| !*stays).count();
        let hidden = u32::try_from(hidden).unwrap_or(u32::MAX);
        self.listed.hidden = self.listed.hidden.saturating_add(hidden);
        cut(&marked)
    }

    /// `None`: it takes too much work to find out.
    fn shows(&mut self, list: List, key: &str, call: &mut Call) -> Option<bool> {
        let asker = Rc::clone(&self.asker);
        let rules = &asker.bundle.rules;
        let looks = u64::try_from(rules.len()).unwrap_or(u64::MAX).saturating_add(1);
        self.work = self.work.checked_sub(looks)?;
        if let Some((_, value)) = call.headers.iter_mut().find(|(name, _)| name == "mcp-name") {
            key.clone_into(value);
        }
        let protocol = Protocol {
            kind: Kind::Mcp,
            said: asker.said,
            mcp: Some(list.call(key)),
            json: None,
            parts: Vec::new(),
        };
        let sections = asker.sections.names();
        let facts = Facts::new(call, &asker.path, &asker.host, &protocol, &[], sections);
        let before = facts.steps().left();
        let shown = decide::may_pass(rules, asker.bundle.default, &facts);
        self.work = self.work.checked_sub(before.saturating_sub(facts.steps().left()))?;
        Some(shown)
    }

    fn refuse(&mut self, reason: Reason, detail: &str) -> Vec<Edit> {
        self.refused = Some((reason, detail.to_owned()));
        Vec::new()
    }
}

impl Asker {
    /// The head of a call to an entry: clients since 2026-07-28 say method and name there as well.
    fn calling(&self, list: List) -> Call {
        let mut call = self.call.clone();
        if call.header("mcp-method").is_some() {
            call.headers.retain(|(name, _)| !matches!(name.as_str(), "mcp-method" | "mcp-name"));
            call.headers.push(("mcp-method".into(), list.call("").method));
            call.headers.push(("mcp-name".into(), String::new()));
        }
        call
    }
}

/// Members of that name: which of several counts is up to who reads them.
fn called<'s, 'a>(of: &'s Spanned<'a>, name: &'s str) -> impl Iterator<Item = &'s Spanned<'a>> {
    of.members().iter().filter(move |(member, _)| member == name).map(|(_, value)| value)
}

/// A batch is several.
fn messages<'s, 'a>(root: &'s Spanned<'a>) -> &'s [Spanned<'a>] {
    match &root.shape {
        Shape::Array(messages) => messages,
        _ => std::slice::from_ref(root),
    }
}

/// A name may be spelled with escapes.
fn may_hold_list(text: &str) -> bool {
    text.contains("\\u") || List::ALL.iter().any(|list| text.contains(list.member()))
}
