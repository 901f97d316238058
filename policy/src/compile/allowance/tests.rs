use crate::allowance::digest;
use crate::bundle::Bundle;
use crate::compile::{Source, SourceFile, compile};

const PATTERNS: &str = "patterns:\n  - {name: key, kind: key, regex: 'key-[a-z0-9]{24}'}\n  - {name: pin, kind: pin, regex: 'PIN-[0-9]{6}'}\n";

fn compiled(salt: &str, effect: &str, allowance: &str) -> Result<Bundle, Vec<String>> {
    let text = format!(
        "bundle: {{name: a, version: '1'{salt}}}\nrules:\n  - {{name: r, on: request, effect: {effect}, match: {{findings: [key, pin]}},\n     allow_findings: [{allowance}]}}\n{PATTERNS}"
    );
    let file = SourceFile { path: String::new(), text };
    match compile(&[Source { name: "a.yaml".into(), files: vec![file], ..Source::default() }]) {
        Ok(file) => Ok(Bundle::decode(&file).unwrap()),
        Err(all) => Err(all.iter().map(|m| format!("{} {}", m.code, m.message)).collect()),
    }
}

const SALT: &str = ", salt: 0123456789abcdef";
const UNTIL: &str = "until: '2027-01-31T18:00:00Z', reason: ours";

#[test]
fn allowances_are_lowered() {
    let tag = digest("0123456789abcdef", "key", b"key-x");
    let both =
        format!("{{kind: pin, field: /a/*/b~1c, {UNTIL}}}, {{kind: key, value: '{tag}', {UNTIL}}}");
    let rule = compiled(SALT, "deny", &both).unwrap().rules.remove(0);
    assert_eq!(rule.allow_findings.len(), 2);
    assert_eq!(rule.allow_findings[0].until, 1_801_418_400);
    assert_eq!(rule.allow_findings[1].value.as_ref().unwrap().salt, "0123456789abcdef");
}

#[test]
fn each_mistake_is_told() {
    let tag = digest("0123456789abcdef", "key", b"key-x");
    let key = |rest: &str| format!("{{kind: key, {rest}}}");
    for (salt, effect, allowance, message) in [
        (
            "",
            "deny",
            format!("{{kind: word, field: /a, {UNTIL}}}"),
            "the rule does not name `word`",
        ),
        (
            "",
            "allow",
            key(&format!("field: /a, {UNTIL}")),
            "a rule that allows has nothing to leave alone",
        ),
        ("", "deny", key(&format!("field: a, {UNTIL}")), "a JSON pointer begins with `/`"),
        ("", "deny", key(UNTIL), "an allowance names either a `field` or a `value`"),
        (
            "",
            "deny",
            key(&format!("field: /a, value: '{tag}', {UNTIL}")),
            "an allowance names either a `field` or a `value`",
        ),
        (
            "",
            "deny",
            key(&format!("value: '{tag}', {UNTIL}")),
            "values need `bundle.salt`, 16 characters or more",
        ),
        (
            ", salt: short",
            "deny",
            key(&format!("value: '{tag}', {UNTIL}")),
            "values need `bundle.salt`, 16 characters or more",
        ),
        (SALT, "deny", key(&format!("value: key-x, {UNTIL}")), "this is not the digest of a value"),
        (
            SALT,
            "deny",
            format!("{{kind: pin, value: '{tag}', {UNTIL}}}"),
            "`pin` has so few values that its digest tells which one it is",
        ),
        (
            "",
            "deny",
            key("field: /a, until: '2027-01-31T18:00:00Z', reason: ' '"),
            "the reason is empty",
        ),
    ] {
        let told = compiled(salt, effect, &allowance).unwrap_err();
        assert_eq!(told, [format!("GH134 {message}")], "{allowance}");
    }
    for rest in ["field: /a, reason: x", "field: /a, until: '2027-01-31T18:00:00Z'"] {
        assert!(compiled("", "deny", &key(rest)).unwrap_err()[0].starts_with("GH103"));
    }
}

/// What the greater rule leaves alone is for the other one.
#[test]
fn a_rule_with_allowances_outweighs_no_other() {
    let bundle = |allowance: &str| {
        let text = format!(
            "bundle: {{name: a, version: '1'}}\nrules:\n  - {{name: deny, on: request, effect: deny, match: {{findings: key}}{allowance}}}\n  - {{name: mask, on: request, effect: redact, match: {{findings: key}}}}\n{PATTERNS}"
        );
        let file = SourceFile { path: String::new(), text };
        compile(&[Source { name: "a.yaml".into(), files: vec![file], ..Source::default() }])
            .map_err(|all| all[0].code)
    };
    assert_eq!(bundle("").unwrap_err(), "GH115");
    assert!(bundle(&format!(", allow_findings: {{kind: key, field: /a, {UNTIL}}}")).is_ok());
}
