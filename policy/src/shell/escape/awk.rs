/*! awk: `system(..)`, and pipes to and from a command. */

mod lexer;

use crate::shell::ShellEffect::RemoteCode;
use crate::shell::argv::Call;
use crate::shell::flow::{ANY, Flow};
use crate::shell::judge::Judge;
use lexer::{Token, lexed};

impl Judge<'_> {
    pub(super) fn awk(&mut self, call: &Call<'_>, stdin: &Flow) {
        let long = ["source", "file", "exec", "assign", "field-separator"];
        let parsed = call.parsed("feEFvi", "", &long);
        let files: Vec<_> = parsed.of(&["f", "E", "file", "exec"]).collect();
        let mut programs: Vec<String> =
            parsed.of(&["e", "source"]).map(|field| field.text.clone()).collect();
        for file in &files {
            let flow = self.named(file, stdin);
            self.feed_language(&flow, |_, text| programs.push(text.to_owned()));
        }
        if files.is_empty() && programs.is_empty() {
            programs.extend(parsed.operands.first().map(|field| field.text.clone()));
        }
        for program in programs {
            if !self.is_unknown(&program) && self.work.spend(program.len()) {
                self.awk_program(&lexed(&program));
            }
        }
    }

    fn awk_program(&mut self, tokens: &[Token<'_>]) {
        let at = |index: usize| tokens.get(index);
        let is = |index: usize, symbol: &str| at(index) == Some(&Token::Symbol(symbol));
        for (index, token) in tokens.iter().enumerate() {
            match token {
                Token::Text(text) if text.contains("/inet") => self.add(RemoteCode),
                Token::Word("system") if is(index + 1, "(") => {
                    self.awk_command(until(tokens.get(index + 2..).unwrap_or_default(), ")"));
                }
                Token::Symbol("|" | "|&") if at(index + 1) == Some(&Token::Word("getline")) => {
                    let before = tokens.get(..index).unwrap_or_default();
                    let ends = |one: &Token<'_>| {
                        matches!(one, Token::Symbol("(" | ")" | "{" | "}" | ";" | "," | "\n" | "="))
                    };
                    // `("x" y) | getline` is bracketed, `("x" | getline)` is not.
                    let before = before.strip_suffix(&[Token::Symbol(")")]).unwrap_or(before);
                    let start = before.iter().rposition(ends).map_or(0, |start| start + 1);
                    self.awk_command(before.get(start..).unwrap_or_default());
                }
                Token::Symbol("|" | "|&") => {
                    self.awk_command(until(tokens.get(index + 1..).unwrap_or_default(), "}"));
                }
                Token::Symbol(">" | ">>") => {
                    if let Some(Token::Text(path)) = at(index + 1) {
                        self.written(path, &Flow::default());
                    }
                }
                // `@load` of a library, `@f()` of what `f` holds.
                Token::Symbol("@") => {
                    self.found.unresolved |= at(index + 1) != Some(&Token::Word("include"));
                }
                _ => {}
            }
        }
    }

    /// Literals that stand next to each other are one.
    fn awk_command(&mut self, tokens: &[Token<'_>]) {
        let mut command = String::new();
        for token in tokens {
            match token {
                Token::Text(text) => command.push_str(text),
                Token::Symbol("(" | ")") => {}
                _ if command.ends_with(ANY) => {}
                _ => command.push(ANY),
            }
        }
        self.text(&command, Flow::default());
    }
}

/// Up to this symbol, or to where a statement ends; brackets hold together.
fn until<'t, 'a>(tokens: &'t [Token<'a>], symbol: &str) -> &'t [Token<'a>] {
    let mut depth = 0usize;
    let end = tokens.iter().position(|token| match token {
        Token::Symbol("(") => {
            depth += 1;
            false
        }
        Token::Symbol(")") if depth > 0 => {
            depth -= 1;
            false
        }
        Token::Symbol(";" | "\n" | "}") => true,
        Token::Symbol(one) => *one == symbol && depth == 0,
        _ => false,
    });
    tokens.get(..end.unwrap_or(tokens.len())).unwrap_or_default()
}
