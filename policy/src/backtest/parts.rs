/*!
Which parts of a rule hold of a call that was recorded. Each is asked by itself, in a bundle that has a rule of that
part alone, so what is told is what the judgement of real calls makes of it.
*/

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::{CannotTell, Stop, judged};
use crate::bundle::Bundle;
use crate::record::Record;
use crate::rule::{DefaultEffect, Effect, HoldTerms, HttpMatch, Match, Mode, Phase, Rule};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// As the rule writes it, such as `match.http.path`.
    pub name: String,
    pub held: Held,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    Yes,
    No,
    /// What it asks for is not there, or cannot be read: a call is denied for that.
    Unreadable,
    CannotTell(CannotTell),
}

/// Matched as a whole, since it speaks of one thing.
const WHOLE: &[&str] = &["sql", "shell", "openai"];
const OPENS: &str = "opens";

/// Those of `match` by their names. None of a rule that the bundle has not.
pub fn parts(bundle: &Bundle, record: &Record, rule: &str) -> Vec<Part> {
    let Some(rule) = bundle.rules.iter().find(|one| one.name == rule) else { return Vec::new() };
    let mut asked = Bundle { rules: Vec::new(), budgets: Vec::new(), ..bundle.clone() };
    alone(rule)
        .into_iter()
        .map(|(name, one)| {
            let held = if name == "match.findings" && rule.on == Phase::Response {
                found(&one, record)
            } else {
                held(&mut asked, one, record)
            };
            Part { name, held }
        })
        .collect()
}

fn held(asked: &mut Bundle, one: Rule, record: &Record) -> Held {
    let (allows, proposal) = (one.effect == Effect::Allow, one.on == Phase::Proposal);
    asked.default = if allows { DefaultEffect::Deny } else { DefaultEffect::Allow };
    let name = one.name.clone();
    asked.rules = vec![one];
    if record.kind == "openai" && !allows {
        asked.rules.push(opening());
    }
    let outcome = match judged::outcome(asked, record) {
        Ok(outcome) => outcome,
        Err(why) => return Held::CannotTell(why),
    };
    let of_it = match proposal {
        false => outcome.request,
        // No answer came in which there was anything to ask about.
        true => match outcome.response {
            Some(answer) => answer,
            None => return Held::CannotTell(CannotTell::ReadOtherwise),
        },
    };
    match of_it.stops {
        None if allows => Held::Yes,
        Some(Stop::Hold) => Held::Yes,
        Some(Stop::Deny) if !allows && of_it.rules.contains(&name) => Held::Unreadable,
        None | Some(Stop::Deny) => Held::No,
    }
}

fn found(one: &Rule, record: &Record) -> Held {
    let kinds = &one.matches.findings;
    let found = record.response.findings.iter().any(|found| kinds.contains(&found.kind));
    if found { Held::Yes } else { Held::No }
}

/// Of a path that no rule names nothing would be asked.
fn opening() -> Rule {
    let http = HttpMatch { path: vec!["/**".to_owned()], ..HttpMatch::default() };
    let matches = Match { http: Some(http), ..Match::default() };
    Rule { name: OPENS.to_owned(), effect: Effect::Allow, ..bare(Phase::Request, matches) }
}

/// That holds whatever matches.
fn bare(on: Phase, matches: Match) -> Rule {
    Rule {
        name: "asked".to_owned(),
        description: String::new(),
        severity: Default::default(),
        on,
        sections: Vec::new(),
        matches,
        when: None,
        effect: Effect::Hold,
        requires_scope: Vec::new(),
        allow_findings: Vec::new(),
        redact: None,
        hold: Some(HoldTerms::default()),
        unparsed: None,
        message: None,
        mode: Mode::Enforce,
        record: None,
        tags: Vec::new(),
        from: None,
    }
}

/// A rule of each part by itself.
fn alone(rule: &Rule) -> Vec<(String, Rule)> {
    // Who calls what is asked of the request, also for its answer.
    let on = if rule.on == Phase::Proposal { Phase::Proposal } else { Phase::Request };
    let allows = rule.effect == Effect::Allow;
    let own = |matches: Match| Rule {
        effect: if allows { Effect::Allow } else { Effect::Hold },
        hold: (!allows).then(HoldTerms::default),
        unparsed: rule.unparsed,
        ..bare(on, matches)
    };
    let mut all = Vec::new();
    if !rule.sections.is_empty() {
        let one = Rule { sections: rule.sections.clone(), ..own(Match::default()) };
        all.push(("sections".to_owned(), one));
    }
    let written = serde_json::to_value(&rule.matches).unwrap_or_default();
    for (name, value) in written.as_object().into_iter().flatten() {
        let deeper = value.as_object().filter(|_| !WHOLE.contains(&name.as_str()));
        for (inner, value) in deeper.into_iter().flatten() {
            let one = json!({ name: Map::from_iter([(inner.clone(), value.clone())]) });
            all.extend(matched(&one).map(|one| (format!("match.{name}.{inner}"), own(one))));
        }
        if deeper.is_none() {
            let one = json!({ name: value });
            all.extend(matched(&one).map(|one| (format!("match.{name}"), own(one))));
        }
    }
    if let Some(when) = &rule.when {
        all.push(("when".to_owned(), Rule { when: Some(when.clone()), ..own(Match::default()) }));
    }
    if !rule.requires_scope.is_empty() {
        let requires_scope = rule.requires_scope.clone();
        let deny = Rule { requires_scope, ..own(Match::default()) };
        all.push(("requires_scope".to_owned(), deny));
    }
    all
}

fn matched(one: &Json) -> Option<Match> {
    serde_json::from_value(one.clone()).ok()
}
