use policy::bundle::Bundle;
use policy::compile::{Source, SourceFile, compile};

use super::{changes, human};

const BEFORE: &str = "
bundle: {name: shop, version: '1', serial: 1, sections: [old, pay]}
rules:
  - {name: gone, on: request, match: {http: {method: [PUT, PATCH], path: /a}}, effect: deny}
  - {name: same, on: request, effect: allow}
  - {name: stricter, on: request, match: {mcp: {tool: delete_*}}, effect: hold, message: a}
  - {name: tried, on: request, match: {principal: {group: bots}}, effect: deny, mode: shadow}
  - {name: terms, on: request, match: {http: {query: {all: '1'}}}, effect: hold, hold: {expiry: 5m}}
  - {name: large, on: request, match: {mcp: {tool: pay}}, when: action.arguments.cents > 500, effect: hold}
  - {name: mild, on: response, match: {findings: key}, effect: redact}
patterns:
  - {name: key, kind: key, regex: 'key-[0-9]{4}'}
";
const AFTER: &str = "
bundle: {name: shop, version: '2', serial: 1, default: deny, sections: [pay, stock]}
rules:
  - {name: same, on: request, effect: allow}
  - {name: stricter, on: request, sections: [pay, stock], match: {mcp: {tool: delete_*}}, effect: deny, message: b}
  - {name: tried, on: request, match: {principal: {group: [bots, crawlers]}}, effect: deny}
  - {name: terms, on: request, match: {http: {query: {all: '1'}}}, effect: hold,
     hold: {expiry: 10m, approvers: [dba, ops], reason_required: true, break_glass: oncall}}
  - {name: large, on: request, match: {mcp: {tool: pay}}, when: action.arguments.cents>100, effect: hold}
  - {name: new, on: response, match: {findings: [key, word]}, effect: redact}
  - {name: mild, on: response, match: {findings: key}, effect: redact, redact: {as: fixed, text: (none)}}
  - {name: text, on: request, match: {findings: key}, effect: redact, redact: {as: fixed, text: (none)}}
patterns:
  - {name: key, kind: key, regex: 'key-[0-9]{6}'}
  - {name: word, kind: word, regex: 'word-[0-9]{4}'}
";

fn bundle(text: &str) -> Bundle {
    let file = SourceFile { path: String::new(), text: text.into() };
    let source = Source { name: "shop.yaml".into(), files: vec![file], ..Source::default() };
    Bundle::decode(&compile(&[source]).unwrap()).unwrap()
}

#[test]
fn changes_are_told_in_words() {
    let (before, after) = (bundle(BEFORE), bundle(AFTER));
    let changes = changes(&before, &after);
    let told: Vec<String> =
        changes.iter().map(|c| format!("{} {}: {}", c.change, c.name, c.text)).collect();
    assert_eq!(
        told,
        [
            "changed default: requests that no rule speaks for are denied now, before they passed",
            "removed old: every call on a route that names this section is refused",
            "added stock: routes may name this section",
            "removed gone: no longer: requests with method PUT or PATCH and with path /a are denied",
            "changed large: was about requests of the tool pay when `action.arguments.cents > 500`, is about requests of the tool pay when `action.arguments.cents > 100`",
            "changed mild: findings become the text `(none)` now, before `[REDACTED:kind]`",
            "added new: responses that hold key or word pass with their findings redacted",
            "changed terms: a hold now has approvers of dba or ops, with a reason, 600 s to decide and 120 s of waiting at most; one person of oncall may break the glass",
            "added text: requests that hold key pass with their findings redacted to the text `(none)`",
            "changed tried: was about requests by principals of group bots, is about requests by principals of group bots or crawlers; is enforced from now on, and was only recorded",
            "changed stricter: was about requests of the tool delete_*, is about requests of the section pay or stock of the tool delete_*; what it matches: they are denied now, before they waited for an approval; tells callers something else",
            "changed key: finds `key` by other rules than before",
            "added word: finds `word`",
        ]
    );
    let back = super::changes(&after, &before);
    assert!(back[0].text.contains("pass now, before they were denied"), "{}", back[0].text);
    let text = human(&before, &after, &changes);
    assert!(text.contains("the serial does not rise"), "{text}");
    assert!(human(&after, &after, &[]).ends_with("nothing changes for callers"));
}
