/*!
Lists of MCP in an answer, cut to what the caller may call. A courtesy, so that a model does not try what is
refused anyway: the judgement of the call is the control.

A list is known by its shape, whoever asked for it: a stream that is taken up again brings the answer to
another message.
*/

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::call::{Call, Kind};
use crate::condition::Fault;
use crate::decide::{self, Facts};
use crate::json::{MAX_DEPTH, Node, Shape, Spanned, folded};
use crate::pin::{self, Definition, Observed, PinSet, Place, ToolDigest};
use crate::protocol::{List, McpCall, Protocol};
use crate::reason::Reason;
use crate::redact::Edit;
use crate::rule::Mode;

use super::Asker;
use super::cut::cut;
use super::work::Work;

/// What one list takes before its first entry.
const WORK_OF_LIST: u64 = 1_000;

/// Of pinned tools in one answer, each time it is another definition.
const SHOWN_MAX: usize = 16 * 1024;

#[derive(Clone)]
pub struct Lists {
    asker: Rc<Asker>,
    /// The list that was asked for; the answer is one or an error.
    asked: Option<List>,
    /// Tools are pinned for this place.
    pinned: bool,
    /// The answer is a stream of events, of which any may be a list.
    events: bool,
    work: Work,
    pub refused: Option<(Reason, String)>,
    pub listed: Listed,
    /// What was last shown of a tool of a pin set.
    told: BTreeMap<(String, String), ToolDigest>,
}

/// What became of the lists of one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Entries that were cut since the rules refuse what they are for.
    pub hidden: u32,
    /// Tools of pin sets, as lists showed them.
    pub shown: Vec<ShownTool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownTool {
    pub set: String,
    pub tool: String,
    pub mode: Mode,
    pub digest: ToolDigest,
    /// It is as it is pinned.
    pub pinned: bool,
}

impl Lists {
    pub fn new(asker: Asker) -> Self {
        let asked = asker.mcp.as_ref().filter(|call| call.id.is_some()).and_then(List::asked_by);
        let pinned = asker.pins().iter().any(|set| set.mode == Mode::Enforce);
        Self {
            asker: Rc::new(asker),
            asked,
            pinned,
            events: false,
            work: Work::default(),
            refused: None,
            listed: Listed::default(),
            told: BTreeMap::new(),
        }
    }

    pub fn in_events(self) -> Self {
        Self { events: true, ..self }
    }

    pub fn edits(&mut self, text: &str) -> Vec<Edit> {
        self.work.earn(text.len());
        // An event that only gives an id has no data.
        if text.trim().is_empty() {
            return Vec::new();
        }
        if !self.is_strict() && self.asked.is_none() && !may_hold_list(text) {
            return Vec::new();
        }
        if self.is_strict() && Node::parse(text, MAX_DEPTH).is_err() {
            return self.unread("it is not strict JSON");
        }
        let Ok(root) = Spanned::parse(text) else { return Vec::new() };
        let mut edits = Vec::new();
        for message in messages(&root) {
            edits.extend(self.of_message(text, message));
        }
        edits.sort_by_key(|edit: &Edit| edit.span.start);
        edits.dedup_by(|one, other| one.span == other.span);
        if self.refused.is_some() { Vec::new() } else { edits }
    }

    /// What nobody can read alike must not pass for a list: where tools are pinned none gets by in a form that
    /// only its reader understands.
    fn is_strict(&self) -> bool {
        let asked = self.asked.is_some() && self.asker.said;
        asked || (self.pinned && (self.events || self.asked == Some(List::Tools)))
    }

    /// An answer that cannot be read as text.
    pub fn no_text(&mut self) {
        if self.is_strict() {
            self.unread("it is not utf-8 text");
        }
    }

    fn unread(&mut self, why: &str) -> Vec<Edit> {
        self.refuse(Reason::ResponseUnreadable, &format!("a list cannot be read: {why}"))
    }

    fn of_message(&mut self, text: &str, message: &Spanned<'_>) -> Vec<Edit> {
        // What answers a call that asks for no list is that call's own business.
        let own = self.asker.mcp.as_ref().and_then(|call| call.id.as_deref());
        let id = message.get("id").and_then(|id| text.get(id.span.clone()));
        if self.asked.is_none() && own.is_some() && id == own {
            return Vec::new();
        }
        if self.pinned && is_misspelled(message, "result") {
            return self.unread("a member is in the wrong case");
        }
        let mut edits = Vec::new();
        for result in called(message, "result") {
            if self.pinned && is_misspelled(result, List::Tools.member()) {
                return self.unread("a member is in the wrong case");
            }
            for list in List::ALL {
                for entries in called(result, list.member()) {
                    edits.extend(self.of_list(text, list, entries));
                    edits.extend(called(result, "cacheScope").filter_map(for_one));
                }
            }
        }
        edits
    }

    fn of_list(&mut self, text: &str, list: List, entries: &Spanned<'_>) -> Vec<Edit> {
        if self.work.take_steps(WORK_OF_LIST).is_none() {
            return self.refuse(Reason::OverBudget, "there are too many lists in a short answer");
        }
        let asker = Rc::clone(&self.asker);
        let sets = if list == List::Tools { asker.pins() } else { Vec::new() };
        let mut shown = BTreeMap::new();
        let mut call = asker.calling(list);
        let mut marked = Vec::with_capacity(entries.items().len());
        for entry in entries.items() {
            let key = entry.get(list.key()).and_then(Spanned::text);
            let Some(key) = key.filter(|_| !is_misspelled(entry, list.key())) else {
                if !sets.is_empty() && self.pinned {
                    return self.unread("a tool has no name");
                }
                // What has no name can be called by nobody.
                marked.push((entry.span.clone(), true));
                continue;
            };
            let definition = if sets.is_empty() {
                Ok(None)
            } else {
                let Some(digest) = text.get(entry.span.clone()).and_then(ToolDigest::of) else {
                    return self.unread("a tool is not strict JSON");
                };
                compare(&sets, key, digest, &mut shown)
            };
            let stays = match (definition, self.shows(list, key, definition, &mut call)) {
                (Ok(Some(Definition::Changed)), _) => None,
                (_, Some(shown)) => Some(shown),
                (_, None) => {
                    return self.refuse(Reason::OverBudget, "the list is too long to be judged");
                }
            };
            if stays == Some(false) {
                self.listed.hidden = self.listed.hidden.saturating_add(1);
            }
            marked.push((entry.span.clone(), stays == Some(true)));
        }
        if !self.tell(shown) {
            return self.refuse(Reason::OverBudget, "the tools of its lists change too often");
        }
        cut(&marked)
    }

    /// What is new of it. A stream may show the same list again and again.
    fn tell(&mut self, shown: BTreeMap<(String, String), ShownTool>) -> bool {
        for (place, tool) in shown {
            let same = self.told.insert(place, tool.digest) == Some(tool.digest);
            // That it changed is said again: another answer may have told otherwise meanwhile.
            if !same || !tool.pinned {
                self.listed.shown.push(tool);
            }
        }
        self.listed.shown.len() <= SHOWN_MAX
    }

    /// `None`: it takes too much work to find out.
    fn shows(
        &mut self,
        list: List,
        key: &str,
        definition: Result<Option<Definition>, Fault>,
        call: &mut Call,
    ) -> Option<bool> {
        let asker = Rc::clone(&self.asker);
        let rules = &asker.bundle.rules;
        self.work.take(rules.len())?;
        if let Some((_, value)) = call.headers.iter_mut().find(|(name, _)| name == "mcp-name") {
            key.clone_into(value);
        }
        let protocol = Protocol {
            kind: Kind::Mcp,
            said: asker.said,
            mcp: Some(asker.message(list, key)),
            json: None,
            parts: Vec::new(),
        };
        let sections = asker.sections.names();
        let facts = Facts::new(call, &asker.path, &asker.host, &protocol, &[], sections)
            .of_any_resource(list == List::Templates)
            .defined(definition);
        let before = facts.steps().left();
        let shown = decide::may_pass(rules, asker.bundle.default, &facts);
        self.work.take_steps(before.saturating_sub(facts.steps().left()))?;
        Some(shown)
    }

    fn refuse(&mut self, reason: Reason, detail: &str) -> Vec<Edit> {
        self.refused = Some((reason, detail.to_owned()));
        Vec::new()
    }
}

impl Asker {
    /// Those that are meant for where it asks.
    fn pins(&self) -> Vec<&PinSet> {
        let sections = self.sections.names();
        let place = Place { path: &self.path, host: &self.host, sections: &sections };
        pin::concerned(&self.bundle.pins, place)
    }

    /// A call to an entry says of its sender what the call for the list did.
    fn message(&self, list: List, key: &str) -> McpCall {
        let sender = self.mcp.clone().unwrap_or_default();
        let McpCall { client, client_version, protocol_version, .. } = sender;
        McpCall { client, client_version, protocol_version, ..list.call(key) }
    }

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

/// What is known of a tool that a list shows so, and what has to be remembered of it: of two of one name the
/// one that is not as it is pinned.
fn compare(
    sets: &[&PinSet],
    tool: &str,
    digest: ToolDigest,
    shown: &mut BTreeMap<(String, String), ShownTool>,
) -> Result<Option<Definition>, Fault> {
    for set in sets {
        let Some(pin) = set.tools.get(tool) else { continue };
        let pinned = *pin == digest;
        let (set, tool, mode) = (set.name.clone(), tool.to_owned(), set.mode);
        let one = ShownTool { set, tool, mode, digest, pinned };
        let known = shown.entry((one.set.clone(), one.tool.clone())).or_insert_with(|| one.clone());
        if known.pinned {
            *known = one;
        }
    }
    pin::of_call(sets, tool, &|_, _| Observed::Digest(digest))
}

/// A list is for one caller: a cache must not show it to the next, whoever the server would have it shown to.
fn for_one(scope: &Spanned<'_>) -> Option<Edit> {
    let shared = scope.text() == Some("public");
    shared.then(|| Edit { span: scope.inner(), replacement: "private".into() })
}

/// A name that some readers take for this one: Go and others ignore the case.
fn is_misspelled(of: &Spanned<'_>, name: &str) -> bool {
    let same = folded(name);
    of.members().iter().any(|(member, _)| member != name && folded(member) == same)
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
