/*!
Text to commands, by the grammar of POSIX and what bash adds.

Lenient: what no shell would take is told (`broken`), and the rest is read all the same, since another
shell may take it.
*/

mod compound;
mod escape;
mod parameter;
mod redirect;
mod word;

pub(super) use escape::decoded;

use super::syntax::{Command, Pipeline, Script};
use super::work::Work;
use redirect::Pending;

/// Commands within commands. A level takes some hundred bytes of the module's stack.
const MAX_DEPTH: usize = 24;

pub(super) struct Parsed {
    pub script: Script,
    /// Literal values that are given to variables anywhere in it.
    pub assigned: Vec<(String, String)>,
    pub broken: bool,
}

pub(super) fn parse(text: &str, work: &Work) -> Parsed {
    let mut parser = Parser::new(text, work, 0);
    let mut script = Script::default();
    loop {
        script.pipelines.extend(parser.list(&[]).pipelines);
        if parser.rest().is_empty() {
            break;
        }
        // A bracket or a word that closes nothing.
        parser.broken = true;
        let before = parser.at;
        if !parser.take(";;") && parser.bare().is_some() {
            parser.at += parser.bare().map_or(0, str::len);
        }
        if parser.at == before {
            parser.skip(1);
        }
    }
    parser.documents();
    parser.broken |= !parser.pending.is_empty();
    Parsed { script, assigned: parser.assigned, broken: parser.broken }
}

struct Parser<'a, 'w> {
    text: &'a str,
    at: usize,
    depth: usize,
    work: &'w Work,
    broken: bool,
    pending: Vec<Pending>,
    assigned: Vec<(String, String)>,
}

/// Words that end a list of commands.
const CLOSING: &[&str] = &["then", "else", "elif", "fi", "do", "done", "esac", "}"];

impl<'a, 'w> Parser<'a, 'w> {
    fn new(text: &'a str, work: &'w Work, depth: usize) -> Self {
        let broken = !work.spend(text.len());
        let text = if broken { "" } else { text };
        Self { text, at: 0, depth, work, broken, pending: Vec::new(), assigned: Vec::new() }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn starts(&self, prefix: &str) -> bool {
        self.rest().starts_with(prefix)
    }

    fn take(&mut self, prefix: &str) -> bool {
        let starts = self.starts(prefix);
        if starts {
            self.at += prefix.len();
        }
        starts
    }

    /// So many characters.
    fn skip(&mut self, count: usize) {
        self.at += self.rest().chars().take(count).map(char::len_utf8).sum::<usize>();
    }

    /// Blanks, continued lines and comments; not the end of a line.
    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some('#') => {
                    let rest = self.rest();
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                Some('\\') if self.starts("\\\n") => self.at += 2,
                Some('\\') if self.starts("\\\r\n") => self.at += 3,
                Some(c) if c != '\n' && is_blank(c) => self.at += c.len_utf8(),
                _ => return,
            }
        }
    }

    fn newline(&mut self) -> bool {
        let is_end = self.take("\n");
        if is_end {
            self.documents();
        }
        is_end
    }

    /// Blanks and ends of lines.
    fn gap(&mut self) {
        loop {
            self.blanks();
            if !self.newline() {
                return;
            }
        }
    }

    /// The next word as far as it stands there without quotes and expansions, if it ends there.
    fn bare(&self) -> Option<&'a str> {
        let rest = self.rest();
        let end = rest.find(|c: char| is_meta(c) || "'\"\\$`".contains(c)).unwrap_or(rest.len());
        let next = rest.get(end..).and_then(|rest| rest.chars().next());
        let ends = next.is_none_or(is_meta);
        (ends && end > 0).then(|| rest.get(..end)).flatten()
    }

    fn take_bare(&mut self, word: &str) -> bool {
        let is_next = self.bare() == Some(word);
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    /// Commands up to a closing bracket, `;;`, one of these words, or the end.
    fn list(&mut self, stop: &[&str]) -> Script {
        let mut script = Script::default();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.broken = true;
            self.at = self.text.len();
        }
        loop {
            self.gap();
            let Some(next) = self.peek() else { break };
            let closes = self.bare().is_some_and(|word| CLOSING.contains(&word));
            if next == ')' || self.starts(";;") || self.starts(";&") {
                break;
            }
            if closes {
                // Of something that was never opened, unless it is waited for.
                let waited = self.bare().is_some_and(|word| stop.contains(&word));
                self.broken |= !waited;
                if waited || stop.is_empty() {
                    break;
                }
                self.at += self.bare().map_or(1, str::len);
                continue;
            }
            if next == ';' || next == '&' || next == '|' {
                self.at += 1;
                continue;
            }
            let before = self.at;
            let pipeline = self.pipeline();
            script.pipelines.push(pipeline);
            if self.at == before {
                self.broken = true;
                self.skip(1);
            }
        }
        self.depth -= 1;
        script
    }

    fn pipeline(&mut self) -> Pipeline {
        let mut pipeline = Pipeline::default();
        loop {
            self.gap();
            if self.take_bare("!") {
                continue;
            }
            pipeline.commands.extend(self.command());
            self.blanks();
            if self.starts("||") || !self.take("|") {
                break;
            }
            self.take("&");
        }
        self.blanks();
        pipeline.background = self.starts("&") && !self.starts("&&");
        pipeline
    }

    /// Of a function, which may be another one.
    fn body(&mut self) -> Option<Command> {
        self.depth += 1;
        let body = if self.depth > MAX_DEPTH { None } else { self.command() };
        self.broken |= body.is_none();
        self.depth -= 1;
        body
    }

    fn command(&mut self) -> Option<Command> {
        let kind = match self.compound() {
            Some(kind) => kind,
            None => return self.simple(),
        };
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            match self.redirect() {
                Some(redirect) => redirects.push(redirect),
                None => return Some(Command { kind, redirects }),
            }
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{b}' | '\u{c}' | '\0')
}

fn is_meta(c: char) -> bool {
    is_blank(c) || matches!(c, ';' | '&' | '|' | '(' | ')' | '<' | '>')
}

pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && text.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}
