/*! `gatehouse bundle show`: what a bundle holds, as a gateway would read it. */

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, Result};
use clap::Args;
use policy::bundle::{Bundle, cases};
use serde_json::{Value, json};

use super::diff::{redaction, word};
use crate::bundle::load;
use crate::lifetime;
use crate::print::{self, Format};
use policy::rule::Rule;
use policy::scan::PatternSpec;

#[derive(Args)]
pub struct Arguments {
    /// A compiled bundle, folders, YAML files or names of built-in bundles; without any, those that apply by
    /// default.
    #[arg(value_name = "BUNDLE")]
    bundle: Vec<PathBuf>,
}

pub fn run(arguments: &Arguments, format: Format) -> Result<ExitCode> {
    let file = load(&arguments.bundle)?;
    let bundle = Bundle::decode(&file)?;
    print::out(&match format {
        Format::Human => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
            human(&bundle, cases(&file)?.len(), file.len(), now)
        }
        Format::Json => print::json(&program(&bundle, cases(&file)?.len(), file.len())?)?,
    })?;
    Ok(ExitCode::SUCCESS)
}

fn human(bundle: &Bundle, tests: usize, bytes: usize, now: u64) -> String {
    let (triggers, runs) = bundle.scanner.memory();
    let expires = bundle.not_after.map_or("never".into(), |then| lifetime::until(now, then));
    let mut text = format!(
        "{} {}\nserial    {}\nexpires   {expires}\ndefault   {}\nrevision  {}\ntests     {tests}\nsize      {bytes} bytes; in memory {triggers} for triggers, {runs} for patterns\n\n",
        print::clean(&bundle.name),
        print::clean(&bundle.version),
        bundle.serial,
        word(&bundle.default),
        bundle.revision,
    );
    if !bundle.sections.is_empty() {
        text += &format!("sections  {}\n\n", bundle.sections.join(", "));
    }
    let rules: Vec<Vec<String>> = bundle
        .rules
        .iter()
        .map(|rule| {
            let words =
                [word(&rule.on), word(&rule.effect), word(&rule.mode), word(&rule.severity)];
            [vec![rule.name.clone()], words.to_vec(), vec![rule.description.clone()]].concat()
        })
        .collect();
    text += &print::table(&["RULE", "ON", "EFFECT", "MODE", "SEVERITY", "DESCRIPTION"], &rules);
    let meant = bundle.rules.iter().filter(|rule| !rule.sections.is_empty());
    let meant: Vec<Vec<String>> =
        meant.map(|rule| vec![rule.name.clone(), rule.sections.join(", ")]).collect();
    if !meant.is_empty() {
        text += "\n";
        text += &print::table(&["RULE", "SECTIONS"], &meant);
    }
    let taken = bundle.rules.iter();
    let taken: Vec<Vec<String>> =
        taken.filter_map(|rule| Some(vec![rule.name.clone(), rule.from.clone()?])).collect();
    if !taken.is_empty() {
        text += "\n";
        text += &print::table(&["RULE", "TAKEN OVER FROM"], &taken);
    }
    let conditions: Vec<Vec<String>> = bundle
        .rules
        .iter()
        .filter_map(|rule| Some(vec![rule.name.clone(), rule.when.as_ref()?.to_string()]))
        .collect();
    if !conditions.is_empty() {
        text += "\n";
        text += &print::table(&["RULE", "WHEN"], &conditions);
    }
    let scoped = bundle.rules.iter().filter(|rule| !rule.requires_scope.is_empty());
    let scoped: Vec<Vec<String>> =
        scoped.map(|rule| vec![rule.name.clone(), rule.requires_scope.join(", ")]).collect();
    if !scoped.is_empty() {
        text += "\n";
        text += &print::table(&["RULE", "SCOPES A TOKEN NEEDS"], &scoped);
    }
    let redactions: Vec<Vec<String>> = bundle
        .rules
        .iter()
        .filter(|rule| rule.redact.is_some())
        .map(|rule| vec![rule.name.clone(), redaction(rule)])
        .collect();
    if !redactions.is_empty() {
        text += "\n";
        text += &print::table(&["RULE", "FINDINGS BECOME"], &redactions);
    }
    let alone: Vec<Vec<String>> =
        bundle.rules.iter().flat_map(|rule| left_alone(rule, now)).collect();
    if !alone.is_empty() {
        text += "\n";
        text += &print::table(&["RULE", "LEAVES ALONE", "ENDS", "REASON"], &alone);
    }
    let budgets: Vec<Vec<String>> = bundle
        .budgets
        .iter()
        .map(|budget| vec![budget.name.clone(), super::budget::about(budget), word(&budget.mode)])
        .collect();
    if !budgets.is_empty() {
        text += "\n";
        text += &print::table(&["BUDGET", "EACH PRINCIPAL", "MODE"], &budgets);
    }
    let pins: Vec<Vec<String>> = bundle
        .pins
        .iter()
        .map(|set| vec![set.name.clone(), super::pin_words::about(set), word(&set.mode)])
        .collect();
    if !pins.is_empty() {
        text += "\n";
        text += &print::table(&["PINS", "OF", "MODE"], &pins);
    }
    let patterns: Vec<Vec<String>> = bundle
        .scanner
        .specs()
        .map(|spec| {
            let validator = spec.validate.as_ref().map_or("-".into(), word);
            let length = spec.max_length.to_string();
            vec![spec.name.clone(), spec.kind.clone(), length, validator, near(spec), fields(spec)]
        })
        .collect();
    if !patterns.is_empty() {
        text += "\n";
        text += &print::table(
            &["PATTERN", "KIND", "BYTES AT MOST", "VALIDATOR", "NEAR", "OR IN"],
            &patterns,
        );
    }
    text.trim_end().to_owned()
}

/// The words of which one has to stand near a match.
fn near(spec: &PatternSpec) -> String {
    spec.context.as_ref().map_or("-".into(), |context| context.words.join(", "))
}

/// The fields in which a match counts too.
fn fields(spec: &PatternSpec) -> String {
    if spec.fields.is_empty() { "-".into() } else { spec.fields.join(", ") }
}

fn left_alone(rule: &Rule, now: u64) -> Vec<Vec<String>> {
    let each = rule.allow_findings.iter().map(|one| {
        let place = one.field.clone().map_or("one value".to_owned(), String::from);
        let what = format!("{} at {place}", one.kind);
        vec![rule.name.clone(), what, lifetime::until(now, one.until), one.reason.clone()]
    });
    each.collect()
}

fn program(bundle: &Bundle, tests: usize, bytes: usize) -> Result<Value> {
    let (triggers, runs) = bundle.scanner.memory();
    let specs: Vec<_> = bundle.scanner.specs().collect();
    Ok(json!({
        "name": bundle.name,
        "version": bundle.version,
        "serial": bundle.serial,
        "not_after": bundle.not_after,
        "default": bundle.default,
        "sections": bundle.sections,
        "revision": bundle.revision,
        "tests": tests,
        "bytes": bytes,
        "memory": { "triggers": triggers, "patterns": runs },
        "rules": serde_json::to_value(&bundle.rules).context("the rules have no form in JSON")?,
        "budgets": serde_json::to_value(&bundle.budgets).context("the budgets have no form in JSON")?,
        "pins": serde_json::to_value(&bundle.pins).context("the pins have no form in JSON")?,
        "patterns": serde_json::to_value(specs).context("the patterns have no form in JSON")?,
    }))
}

#[cfg(test)]
mod tests {
    use policy::compile::{Source, SourceFile, compile};

    use super::{Bundle, human, program};

    #[test]
    fn conditions_are_shown() {
        let text = "bundle: {name: shop, version: '1', default: deny, sections: [b, a]}\nrules:\n  - {name: plain, on: request, effect: allow}\n  - {name: large, on: request, effect: hold, sections: [a], when: action.arguments.cents>500}\n  - {name: write, on: request, effect: deny, match: {http: {method: PUT}}, requires_scope: [o.write, o.read]}\n";
        let file = SourceFile { path: String::new(), text: text.into() };
        let compiled =
            compile(&[Source { name: "shop.yaml".into(), files: vec![file], ..Source::default() }])
                .unwrap();
        let bundle = Bundle::decode(&compiled).unwrap();
        let shown = human(&bundle, 0, compiled.len(), 0);
        assert!(shown.contains("RULE   WHEN\nlarge  action.arguments.cents > 500\n"), "{shown}");
        assert!(shown.ends_with("RULE   SCOPES A TOKEN NEEDS\nwrite  o.write, o.read"), "{shown}");
        let json = program(&bundle, 0, compiled.len()).unwrap();
        assert!(shown.contains("default   deny\n") && json["default"] == "deny", "{shown}");
        assert!(shown.contains("sections  a, b\n"), "{shown}");
        assert!(shown.contains("RULE   SECTIONS\nlarge  a\n"), "{shown}");
        assert_eq!(json["sections"], serde_json::json!(["a", "b"]));
        assert!(json["rules"][0].get("when").is_none());
        assert_eq!(json["rules"][2]["when"]["compare"][0], "greater");
    }

    #[test]
    fn words_that_a_pattern_asks_for_are_shown() {
        let text = "bundle: {name: bank, version: '1'}\npatterns:\n  - {name: account, kind: account, regex: '[0-9]{2}-[0-9]{6}', context: {words: [IBAN, account_number]}, fields: [to_iban]}\n";
        let file = SourceFile { path: String::new(), text: text.into() };
        let source = Source { name: "bank.yaml".into(), files: vec![file], ..Source::default() };
        let compiled = compile(&[source]).unwrap();
        let shown = human(&Bundle::decode(&compiled).unwrap(), 0, compiled.len(), 0);
        assert!(
            shown.ends_with(
                "account  account  9              -          iban, account number  toiban"
            )
        );
    }

    #[test]
    fn inherited_rules_are_shown_with_their_bundle() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.yaml");
        std::fs::write(&file, "bundle: {name: shop, version: '1', extends: secrets}\n").unwrap();
        let compiled = crate::bundle::load(&[file]).unwrap();
        let bundle = Bundle::decode(&compiled).unwrap();
        let shown = human(&bundle, 0, compiled.len(), 0);
        let (_, table) = shown.split_once("TAKEN OVER FROM\n").unwrap();
        let inherited = table.lines().take_while(|line| !line.is_empty());
        assert_eq!(inherited.filter(|line| line.ends_with(" secrets")).count(), bundle.rules.len());
        assert_eq!(program(&bundle, 0, compiled.len()).unwrap()["rules"][0]["from"], "secrets");
    }
}
