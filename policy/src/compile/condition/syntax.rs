/*! The parser, and its complaints in words for people. */

use std::collections::HashMap;

use cel::Env;
use cel::common::ast::{IdedExpr, SourceInfo};

use super::Mistake;
use crate::condition::DEPTH_MAX;

const HELP: &str =
    "conditions are CEL, such as `action.tool == 'refund' && 'support' in principal.groups`";

pub(super) struct Parsed {
    pub(super) expression: IdedExpr,
    info: SourceInfo,
}

impl Parsed {
    /// Where a part begins, in characters; operators and calls stand at their sign.
    pub(super) fn place(&self, part: &IdedExpr) -> usize {
        // The parser counts bytes here, and characters in its errors.
        let start = self.info.offset_for(part.id).map_or(0, |(start, _)| start as usize);
        self.info.source.get(..start).map_or(start, |before| before.chars().count())
    }
}

/// Without macros: `has`, `exists` and `all` stay the calls they are written as.
pub(super) fn parse(text: &str) -> Result<Parsed, Vec<Mistake>> {
    let parser = Env::default().with_optional_support(false).parser();
    let parser = parser.max_recursion_depth(DEPTH_MAX as u16).enable_ident_escape_syntax(true);
    match parser.parse_with_source_info(text) {
        Ok((expression, info)) => Ok(Parsed { expression, info }),
        Err(errors) => {
            if errors.errors.iter().any(|error| error.msg.contains("Recursion limit")) {
                return Err(super::too_deep());
            }
            // What follows the first is what it led the parser to.
            let first = errors.errors.into_iter().next();
            let (at, told) = first
                .map_or((0, String::new()), |error| (offset(text, error.pos), wording(&error.msg)));
            let message = format!("the condition cannot be read: {told}");
            let help = hint(text, at).unwrap_or(HELP);
            Err(vec![Mistake::new("GH120", at, message, help)])
        }
    }
}

/// Lines and columns are counted from 1; what is not known is 0.
fn offset(text: &str, (line, column): (isize, isize)) -> usize {
    let before = usize::try_from(line - 1).unwrap_or_default();
    let lines = text.split_inclusive('\n').take(before);
    let lines: usize = lines.map(|line| line.chars().count()).sum();
    lines + usize::try_from(column - 1).unwrap_or_default()
}

fn hint(text: &str, at: usize) -> Option<&'static str> {
    let mut rest = text.chars().skip(at);
    let (one, two) = (rest.next()?, rest.next());
    let signs: HashMap<char, &str> = [
        ('=', "equality is `==`"),
        ('&', "both of two conditions are `&&`"),
        ('|', "one of two conditions is `||`"),
    ]
    .into();
    signs.get(&one).copied().filter(|_| two != Some(one))
}

/// The parser lists what it would have taken, by the names of its own tokens: nothing for people.
fn wording(message: &str) -> String {
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    let message = message.split(" expecting ").next().unwrap_or_default();
    let found = |start: &str| {
        let rest = message.strip_prefix(start)?.trim();
        let rest = rest.strip_prefix('\'')?.strip_suffix('\'')?.trim();
        Some(if rest == "<EOF>" {
            "it ends too early".into()
        } else {
            format!("`{rest}` is not understood here")
        })
    };
    let starts = [
        "token recognition error at:",
        "mismatched input",
        "extraneous input",
        "no viable alternative at input",
    ];
    if let Some(told) = starts.into_iter().find_map(found) {
        return told;
    }
    match message.strip_prefix("missing ").and_then(|rest| rest.split_once(" at ")) {
        Some((missing, _)) => format!("{} is missing", missing.replace('\'', "`")),
        None => message.to_lowercase(),
    }
}
