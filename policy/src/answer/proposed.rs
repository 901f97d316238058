/*!
Calls that a model proposes, judged before the agent gets the end of the answer. A call is read as the message
of MCP it would be, so that one language of rules speaks of both. What a rule holds keeps the answer back until an
approver lets that very call go.
*/

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::call::{Call, Kind};
use crate::decide::{self, Facts};
use crate::digest::Keyed;
use crate::json::{self, MAX_DEPTH, Node, Spanned};
use crate::protocol::{Mark, McpCall, Proposal, Proposals, Protocol, Unread};
use crate::reason::Reason;
use crate::rule::{Effect, Mode, Phase, Rule};
use crate::scan::{Budget, scan_body};
use crate::verdict::{Contribution, Verdict};

use super::Asker;
use super::work::Work;

#[derive(Clone)]
pub struct Proposed {
    asker: Rc<Asker>,
    /// The call as a message of MCP that the agent would send to the same place, without its body.
    call: Call,
    read: Proposals,
    rules: Vec<Contribution>,
    calls: Vec<ProposedCall>,
    refused: Option<Refusal>,
    held: Vec<HeldProposal>,
    /// Calls that were judged, with what keeps those back that are held: in streams each stands several times.
    judged: BTreeMap<[u8; 32], Option<usize>>,
    work: Work,
    scan: Budget,
}

/// A call that was judged, for the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedCall {
    /// Empty if it is longer than any tool is called.
    pub tool: String,
    pub effect: Effect,
    pub rules: Vec<String>,
}

/// Calls that are kept for the record, and bytes of the name of a tool that are.
const KEPT_MAX: usize = 64;
const NAME_MAX: usize = 1024;

/// Why and, in words, what of it.
type Refusal = (Reason, String);

/// A call that may only be shown to the agent once it is approved.
#[derive(Clone, Debug)]
pub struct HeldProposal {
    pub call: Call,
    pub verdict: Verdict,
    mark: Mark,
    /// However it is spelled.
    canonical: String,
}

/// Calls that are judged in one answer.
pub const JUDGED_MAX: u32 = 1024;

const TOO_MUCH: &str = "the calls that the model proposes take too much work to judge";

/// Calls of one answer for which people are asked.
const HELD_MAX: usize = 16;

impl Proposed {
    /// `None` where no rule asks.
    pub fn new(asker: Asker) -> Option<Self> {
        // What is made there is a file or sound, which no client reads calls out of.
        let proposes_none =
            ["/content", "/audio/speech"].iter().any(|end| asker.path.ends_with(end));
        if proposes_none || !asker.bundle.rules.iter().any(|rule| rule.on == Phase::Proposal) {
            return None;
        }
        let call = Call {
            kind: Kind::Mcp,
            proven: true,
            proposed: true,
            method: "POST".into(),
            headers: vec![("content-type".into(), "application/json".into())],
            ..asker.call.clone()
        };
        Some(Self {
            asker: Rc::new(asker),
            call,
            read: Proposals::default(),
            rules: Vec::new(),
            calls: Vec::new(),
            refused: None,
            held: Vec::new(),
            judged: BTreeMap::new(),
            work: Work::default(),
            scan: Budget::for_body(0),
        })
    }

    /// A whole body or the data of an event; `root` is what it is as JSON.
    pub fn see(&mut self, text: &str, root: Option<&Spanned<'_>>) {
        if self.refused.is_some() {
            return;
        }
        if text.trim() == "[DONE]" {
            return self.finish();
        }
        // Two members of one name, or what only some take for JSON, could propose what nobody judged.
        let strict = Node::parse(text, MAX_DEPTH).is_ok();
        let Some(root) = root.filter(|_| strict) else { return self.unread() };
        self.work.earn(text.len());
        let read = self.read.read(text, root);
        self.judge_all(read);
    }

    pub fn unread(&mut self) {
        let detail = "what the model proposes cannot be read: it is not strict JSON";
        self.refuse(Reason::ResponseUnreadable, detail);
    }

    /// The answer says that it is over, or is.
    pub fn finish(&mut self) {
        let left = self.read.finish();
        self.judge_all(left);
    }

    fn judge_all(&mut self, read: Result<Vec<Proposal>, Unread>) {
        match read {
            Ok(found) => found.iter().for_each(|one| self.judge(one)),
            Err(Unread::TooMany) => {
                self.refuse(Reason::OverBudget, "the model proposes more calls than can be judged");
            }
            Err(Unread::Ambiguous) => self.refuse(
                Reason::ResponseUnreadable,
                "what the model proposes cannot be read: its readers would find different calls in it",
            ),
        }
    }

    fn refuse(&mut self, reason: Reason, detail: &str) {
        self.refused.get_or_insert_with(|| (reason, detail.to_owned()));
    }

    pub fn refused(&self) -> Option<Refusal> {
        self.refused.clone()
    }

    /// Every rule that matched, in shadow too.
    pub fn rules(&self) -> &[Contribution] {
        &self.rules
    }

    /// Each once, however often it stands in a stream.
    pub fn calls(&self) -> &[ProposedCall] {
        &self.calls
    }

    /// What has to be approved before more of the answer goes out.
    pub fn held(&self) -> &[HeldProposal] {
        &self.held
    }

    fn judge(&mut self, proposal: &Proposal) {
        if self.refused.is_some() {
            return;
        }
        let message = message(proposal);
        if self.work.take_text(message.len()).is_none() {
            return self.refuse(Reason::OverBudget, TOO_MUCH);
        }
        let known = digest(proposal, &message);
        let judged = match self.judged.get(&known) {
            Some(held) => held.map_or(Ok(()), |held| self.is_shown_again(held, &proposal.mark)),
            None => self.judge_message(proposal, message).map(|held| {
                self.judged.insert(known, held);
            }),
        };
        if let Err((reason, detail)) = judged {
            self.refuse(reason, &detail);
        }
    }

    /// What is kept back for it.
    fn judge_message(
        &mut self,
        proposal: &Proposal,
        message: String,
    ) -> Result<Option<usize>, Refusal> {
        let few = self.judged.len() < JUDGED_MAX as usize;
        let verdict = few.then(|| self.verdict(proposal, &message)).flatten();
        let Some(verdict) = verdict else {
            return Err((Reason::OverBudget, TOO_MUCH.to_owned()));
        };
        for rule in &verdict.contributions {
            if !self.rules.contains(rule) {
                self.rules.push(rule.clone());
            }
        }
        if self.calls.len() < KEPT_MAX {
            let tool = Some(&proposal.tool).filter(|tool| tool.len() <= NAME_MAX);
            self.calls.push(ProposedCall {
                tool: tool.cloned().unwrap_or_default(),
                effect: verdict.effect,
                rules: verdict.contributions.iter().map(|rule| rule.rule.clone()).collect(),
            });
        }
        match verdict.effect {
            Effect::Allow | Effect::Redact => Ok(None),
            Effect::Hold => self.hold(proposal, message, verdict).map(Some),
            Effect::Deny => Err((Reason::ResponseDenied, told(&verdict, &proposal.tool))),
        }
    }

    fn hold(
        &mut self,
        proposal: &Proposal,
        message: String,
        verdict: Verdict,
    ) -> Result<usize, Refusal> {
        let denied = |detail: &str| Err((Reason::ResponseDenied, detail.to_owned()));
        let Some(canonical) = json::canonical(&message, |_| true) else {
            return denied("a call that needs approval cannot be read");
        };
        if let Some(at) = self.held.iter().position(|held| held.canonical == canonical) {
            return self.is_shown_again(at, &proposal.mark).map(|()| at);
        }
        if self.held.len() >= HELD_MAX {
            return denied(
                "the model proposes more calls at once than people are asked to approve",
            );
        }
        let call = Call { body: message, ..self.call.clone() };
        self.held.push(HeldProposal { call, verdict, mark: proposal.mark.clone(), canonical });
        Ok(self.held.len() - 1)
    }

    /// In a stream a call stands several times at one place. At another place it is one more call, and one
    /// approval lets go one.
    fn is_shown_again(&mut self, at: usize, mark: &Mark) -> Result<(), Refusal> {
        let Some(held) = self.held.get_mut(at) else { return Ok(()) };
        if !held.mark.is_same(mark) {
            let detail = "the model proposes one call twice that a person has to approve; an approval is for one";
            return Err((Reason::ResponseDenied, detail.to_owned()));
        }
        held.mark.add(mark.clone());
        Ok(())
    }

    /// `None`: reading it takes too much work.
    fn verdict(&mut self, proposal: &Proposal, message: &str) -> Option<Verdict> {
        let Asker { bundle, path, host, sections, now, .. } = &*self.asker;
        self.work.take(bundle.rules.len())?;
        self.scan.earn(message.len());
        let findings = scan_body(&bundle.scanner, message.as_bytes(), &mut self.scan).ok()?;
        let call = Call { body: message.to_owned(), ..self.call.clone() };
        let mcp = McpCall {
            method: "tools/call".into(),
            tool: Some(proposal.tool.clone()),
            ..McpCall::default()
        };
        let json = Node::parse(message, MAX_DEPTH).ok()?;
        let protocol = Protocol {
            kind: Kind::Mcp,
            said: true,
            mcp: Some(mcp),
            json: Some(json),
            parts: Vec::new(),
        };
        let kinds = findings.kinds();
        let facts = Facts::new(&call, path, host, &protocol, &kinds, sections.names());
        let facts = facts.judged_at(*now);
        let before = facts.steps().left();
        let verdict = decide::decide_proposal(&bundle.rules, &facts);
        self.work.take_steps(before.saturating_sub(facts.steps().left()))?;
        let read = proposal.arguments.is_some();
        Some(if read { verdict } else { unread(&bundle.rules, &facts, verdict) })
    }
}

/// Arguments that readers take differently may be those of any rule on that tool.
fn unread(rules: &[Rule], facts: &Facts<'_>, verdict: Verdict) -> Verdict {
    let concerns = |rule: &&Rule| {
        rule.on == Phase::Proposal && rule.mode == Mode::Enforce && decide::concerns(rule, facts)
    };
    let Some(rule) = rules.iter().find(concerns) else { return verdict };
    let Rule { name, severity, .. } = rule;
    let (effect, mode) = (Effect::Deny, Mode::Enforce);
    let own = Contribution { rule: name.clone(), effect, mode, severity: *severity };
    Verdict {
        effect,
        reason: Some(Reason::FactUnavailable),
        contributions: vec![own],
        message: Some("Its arguments cannot be read.".into()),
        ..verdict
    }
}

/// As the agent would send it to a server of MCP.
fn message(proposal: &Proposal) -> String {
    let tool = serde_json::Value::from(proposal.tool.as_str());
    let arguments = proposal.arguments.as_deref().unwrap_or("{}");
    let which = proposal.which.iter().map(|(name, value)| format!(r#""{name}":{value},"#));
    let which: String = which.collect();
    format!(
        r#"{{"jsonrpc":"2.0","id":0,"method":"tools/call","params":{{"name":{tool},{which}"arguments":{arguments}}}}}"#
    )
}

fn digest(proposal: &Proposal, message: &str) -> [u8; 32] {
    let mut digest = Keyed::new("gatehouse-proposal-1", &[]);
    digest.field("read", if proposal.arguments.is_some() { "yes" } else { "no" });
    digest.field("message", message);
    digest.tag()
}

/// The model chose the tool's name: it is shown as far as it is one.
fn told(verdict: &Verdict, tool: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':');
    let tool: String = tool.chars().filter(|c| plain(*c)).take(128).collect();
    let rule = verdict.deciding().next().map_or("", |rule| rule.rule.as_str());
    let message = verdict.message.as_deref().map(|text| format!(". {text}")).unwrap_or_default();
    format!("rule `{rule}` denies the call of `{tool}` that the model proposes{message}")
}

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests;
