/*!
Labels: what a pattern looks for instead of a value that has no shape of its own.

Either the expression says where the value is, `://[^:@]+:(?<value>[^@]+)@`, or the label is made from
the names of the pattern's fields and all that joins a name and a value in text.
*/

use regex_automata::util::syntax;
use regex_syntax::hir::{Hir, HirKind};

use super::diagnostic::Diagnostics;
use super::document::Part;
use super::trigger;
use crate::scan::{ByteSet, LABEL_MAX, QUALIFIERS};

/// The group of an expression that is the match.
const VALUE: &str = "value";

/// What joins a name and its value, in any text that has names. Each repetition is without a bound, as
/// automata like it: the label as a whole has one.
const JOINT: &str = r#"(?x)
    (?:
        # name: value, "name": "value", 'name' => 'value', name := value, **name**: value
        ["'`*\])]* [\x20\t]* (?: := | => | [:=] ) [\x20\t*]* (?: [brfBRF]? ["'`]+ )?
        # name: | followed by a block of YAML
      | : [\x20\t]* [|>] -? \s+
        # <name>value, <name type="x">value, <f n="name">value, with or without CDATA
      | (?: ["'] \x20* | \x20 [^<>\r\n]* )? > \s* (?: < [a-zA-Z-]* [vV]alue > \s* )? (?: <!\[CDATA\[ )?
        # name="name" value="value"
      | ["'] \s+ (?: value | content ) \s* = \s* ["']
        # "name": "name", "value": "value, and the same on lines of YAML
      | ["'] \s* , \s* ["'] [a-zA-Z]* [vV]alue ["'] \s* : \s* ["']?
      | ["']? [\x20\t]* \r? \n [\x20\t]* [a-zA-Z]* [vV]alue : [\x20\t]+ ["']?
        # <name>name</name><value>value
      | </ [a-zA-Z-]* (?: [nN]ame | [kK]ey ) > \s* < [a-zA-Z-]* [vV]alue > \s* (?: <!\[CDATA\[ )?
        # <th>name</th><td>value, <dt>name</dt><dd>value, <b>name</b>: value
      | :? </ (?: th | dt | td | key | b | strong | label | span | code ) > \s* :? \s*
        (?: < (?: td | dd | string | span | b | code ) [^<>]* > )?
        # | name | value |
      | [\x20\t]* \| [\x20\t]*
        # a part of a multipart body that has the name
      | ["'] (?: ; [^\r\n]* )? (?: \r? \n [a-zA-Z-]+ : [^\r\n]* )* \r? \n \r? \n
        # the name on file is value, the name of this account is value, name value
      | [\x20\t]+ (?: on \x20 file \x20 )?
        (?: (?: of | for ) \x20 (?: this | the | that ) \x20 [a-z]+ \x20 )?
        (?: (?: is | was | are | to | set \x20 to ) [\x20\t]+ )? (?: now \x20 )? ["'`]?
    )
"#;

pub(super) struct Labelled {
    /// All of the label.
    pub(super) label: Hir,
    pub(super) value: Hir,
    /// What has to stand right after the value.
    pub(super) tail: Option<ByteSet>,
}

/// The parts of an expression that says where its value is; `Some(None)` after a mistake.
pub(super) fn split(
    hir: &Hir,
    part: &Part,
    diagnostics: &mut Diagnostics,
) -> Option<Option<Labelled>> {
    if !holds_value(hir) {
        return None;
    }
    let subs: &[Hir] = match hir.kind() {
        HirKind::Concat(subs) => subs,
        _ => std::slice::from_ref(hir),
    };
    let found = subs.iter().position(is_value).and_then(|at| {
        let (before, rest) = subs.split_at_checked(at)?;
        let (value, after) = rest.split_first()?;
        let HirKind::Capture(value) = value.kind() else { return None };
        let tail = match after {
            [] => None,
            [one] => Some(single(one)?),
            _ => return None,
        };
        let label = Hir::concat(before.to_vec());
        let empty = value.sub.properties().minimum_len().unwrap_or_default() == 0;
        let sound = !before.is_empty() && !empty && !before.iter().chain(after).any(holds_value);
        sound.then(|| Labelled { label, value: (*value.sub).clone(), tail })
    });
    if found.is_none() {
        diagnostics.add_with_help(
            "GH210",
            part.node.place_of("regex"),
            "the group `value` may be empty, or is not between a label and at most one character",
            "write what stands before the value, then `(?<value>...)`, then nothing or one character or class",
        );
    }
    Some(found)
}

fn is_value(hir: &Hir) -> bool {
    matches!(hir.kind(), HirKind::Capture(capture) if capture.name.as_deref() == Some(VALUE))
}

fn holds_value(hir: &Hir) -> bool {
    is_value(hir) || hir.kind().subs().iter().any(holds_value)
}

/// The bytes of an expression that matches exactly one.
fn single(hir: &Hir) -> Option<ByteSet> {
    match hir.kind() {
        HirKind::Literal(literal) if literal.0.len() == 1 => {
            Some(literal.0.iter().map(|byte| (*byte, *byte)).collect())
        }
        HirKind::Class(class) => Some(trigger::bytes_of(class)),
        _ => None,
    }
}

/// The label that the names of fields make.
pub(super) fn of_names(names: &[String]) -> Option<Hir> {
    let names: Vec<String> = names.iter().map(|name| words(name).join("[ _.-]?")).collect();
    let qualifiers = QUALIFIERS.join("|");
    let text = format!(
        "(?i:{})(?:[ _.-]?(?:[0-9]{{1,3}}|(?i:{qualifiers})))?(?:{JOINT})",
        names.join("|")
    );
    let config = syntax::Config::new().unicode(false).utf8(false);
    syntax::parse_with(&text, &config).ok()
}

/// What before a name makes it the end of another one.
pub(super) fn joined() -> ByteSet {
    [(b'0', b'9'), (b'A', b'Z'), (b'a', b'z'), (b'_', b'_'), (b'-', b'-'), (0x80, 0xff)]
        .into_iter()
        .collect()
}

/// The words of a name as it was written: `secretAccessKey`, `secret_access-key`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut last = ' ';
    for c in name.chars().filter(|c| *c != '*') {
        let begins = c.is_ascii_uppercase() && last.is_ascii_lowercase();
        if begins || !c.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut()
            && c.is_ascii_alphanumeric()
        {
            word.push(c.to_ascii_lowercase());
        }
        last = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Most bytes of the label from its trigger on.
pub(super) fn length(rest: &Hir) -> u32 {
    let own = rest.properties().maximum_len().and_then(|length| u32::try_from(length).ok());
    own.unwrap_or(LABEL_MAX).min(LABEL_MAX)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_have_words() {
        for (name, expected) in [
            ("*password", vec!["password"]),
            ("SecretAccessKey", vec!["secret", "access", "key"]),
            ("x-api_key", vec!["x", "api", "key"]),
            ("APIKey", vec!["apikey"]),
        ] {
            assert_eq!(words(name), expected);
        }
    }
}
