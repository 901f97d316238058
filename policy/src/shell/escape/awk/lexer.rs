/*! Words, literals and symbols of awk, without patterns and comments. */

use crate::shell::parse::decoded;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Word(&'a str),
    Text(String),
    Symbol(&'a str),
    /// A pattern between slashes.
    Pattern,
}

pub(super) fn lexed(program: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = program;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let length = closed(rest, '"');
                let inner = rest.get(1..length).unwrap_or_default();
                tokens.push(Token::Text(decoded(inner.strip_suffix('"').unwrap_or(inner))));
                length
            }
            // Behind an operand it divides.
            '/' if !matches!(
                tokens.last(),
                Some(Token::Word(_) | Token::Text(_) | Token::Symbol(")" | "]"))
            ) =>
            {
                tokens.push(Token::Pattern);
                closed(rest, '/')
            }
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '\\' if rest.starts_with("\\\n") => 2,
            '\n' => {
                tokens.push(Token::Symbol("\n"));
                1
            }
            _ if first.is_whitespace() => first.len_utf8(),
            _ if first.is_alphanumeric() || first == '_' => {
                let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                let length = length.unwrap_or(rest.len());
                tokens.push(Token::Word(rest.get(..length).unwrap_or_default()));
                length
            }
            _ => {
                let two = ["||", "|&", ">>", "&&"].iter().find(|two| rest.starts_with(**two));
                let length = two.map_or(first.len_utf8(), |two| two.len());
                tokens.push(Token::Symbol(rest.get(..length).unwrap_or_default()));
                length
            }
        };
        rest = rest.get(length.max(1)..).unwrap_or_default();
    }
    tokens
}

/// How long what begins with this delimiter is, with the one at its end.
fn closed(text: &str, delimiter: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == delimiter => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}
