/*! Commands made of commands, and simple ones. */

use super::{Parser, is_name};
use crate::shell::syntax::{Assignment, Command, Kind, Script, Simple, Word};

/// Bytes of `[..]` before an assignment's `=`.
const MAX_INDEX: usize = 64;

impl Parser<'_, '_> {
    /// `None`: the next command is a simple one.
    pub(super) fn compound(&mut self) -> Option<Kind> {
        if self.starts("((")
            && let Some(word) = self.arithmetic()
        {
            return Some(Kind::Test(vec![word]));
        }
        if self.take("(") {
            let script = self.list(&[]);
            self.close(")");
            return Some(Kind::Group(script));
        }
        let word = self.bare()?;
        match word {
            "{" => {
                self.at += 1;
                Some(Kind::Group(self.until("}")))
            }
            "if" => {
                self.at += 2;
                let mut script = Script::default();
                loop {
                    script.pipelines.extend(self.list(&["then", "elif", "else", "fi"]).pipelines);
                    if !["then", "elif", "else"].iter().any(|word| self.take_bare(word)) {
                        break;
                    }
                }
                self.broken |= !self.take_bare("fi");
                Some(Kind::Group(script))
            }
            "while" | "until" => {
                self.at += word.len();
                let mut script = self.list(&["do"]);
                self.broken |= !self.take_bare("do");
                script.pipelines.extend(self.until("done").pipelines);
                Some(Kind::Loop(script))
            }
            "for" | "select" => {
                self.at += word.len();
                Some(self.for_loop())
            }
            "case" => {
                self.at += 4;
                Some(self.case())
            }
            "function" | "coproc" => {
                self.at += word.len();
                self.blanks();
                let name = self.bare().unwrap_or_default().to_owned();
                let names = word == "function" || self.names_coproc(&name);
                self.at += if names { name.len() } else { 0 };
                self.blanks();
                if self.take("(") {
                    self.blanks();
                    self.close(")");
                }
                self.gap();
                let body = self.body()?;
                Some(Kind::Function { name, body: Box::new(body) })
            }
            "[[" => {
                self.at += 2;
                Some(Kind::Test(self.test()))
            }
            name if self.rest().get(name.len()..).is_some_and(defines) => {
                self.at += name.len();
                self.blanks();
                self.at += 1;
                self.blanks();
                self.close(")");
                self.gap();
                let name = name.to_owned();
                let body = self.body()?;
                Some(Kind::Function { name, body: Box::new(body) })
            }
            _ => None,
        }
    }

    /// `coproc NAME { .. }`; before a simple command there is no name.
    fn names_coproc(&self, name: &str) -> bool {
        let behind = self.rest().get(name.len()..).unwrap_or_default().trim_start();
        is_name(name) && behind.starts_with(['{', '('])
    }

    fn until(&mut self, word: &str) -> Script {
        let script = self.list(&[word]);
        self.broken |= !self.take_bare(word);
        script
    }

    pub(super) fn close(&mut self, bracket: &str) {
        self.gap();
        self.broken |= !self.take(bracket);
    }

    fn for_loop(&mut self) -> Kind {
        self.blanks();
        let mut words = None;
        let mut name = String::new();
        if self.starts("((") {
            words = Some(self.arithmetic().into_iter().collect());
        } else {
            name = self.bare().unwrap_or_default().to_owned();
            self.at += name.len();
            self.gap();
            if self.take_bare("in") {
                words = Some(self.words());
            }
        }
        self.gap();
        self.take(";");
        self.gap();
        let body = if self.take_bare("{") {
            self.until("}")
        } else {
            self.broken |= !self.take_bare("do");
            self.until("done")
        };
        Kind::For { name, words, body }
    }

    /// Up to the end of the command.
    fn words(&mut self) -> Vec<Word> {
        let mut words = Vec::new();
        loop {
            self.blanks();
            match self.word() {
                Some(word) => words.push(word),
                None => return words,
            }
        }
    }

    fn case(&mut self) -> Kind {
        self.blanks();
        let word = self.word().unwrap_or_default();
        self.gap();
        self.broken |= !self.take_bare("in");
        let mut body = Script::default();
        loop {
            self.gap();
            if self.take_bare("esac") {
                break;
            }
            self.take("(");
            loop {
                self.blanks();
                if self.word().is_none() && !self.take("|") {
                    break;
                }
            }
            if !self.take(")") {
                self.broken = true;
                break;
            }
            body.pipelines.extend(self.list(&["esac"]).pipelines);
            let _ = self.take(";;&") || self.take(";;") || self.take(";&");
        }
        Kind::Case { word, body }
    }

    fn test(&mut self) -> Vec<Word> {
        let mut words = Vec::new();
        loop {
            self.gap();
            if self.take_bare("]]") {
                return words;
            }
            match self.word() {
                Some(word) => words.push(word),
                None if self.peek().is_some() => self.skip(1),
                None => {
                    self.broken = true;
                    return words;
                }
            }
        }
    }

    pub(super) fn simple(&mut self) -> Option<Command> {
        let mut simple = Simple::default();
        let mut redirects = Vec::new();
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect() {
                redirects.push(redirect);
                continue;
            }
            if simple.words.is_empty()
                && let Some(assignment) = self.assignment()
            {
                simple.assignments.push(assignment);
                continue;
            }
            match self.word() {
                Some(word) => simple.words.push(word),
                None if self.starts("(") => {
                    // Nothing a shell takes; what is inside is read all the same.
                    self.broken = true;
                    self.at += 1;
                    let inner = self.list(&[]);
                    self.take(")");
                    return Some(Command { kind: Kind::Group(inner), redirects });
                }
                None => break,
            }
        }
        let is_empty =
            simple.words.is_empty() && simple.assignments.is_empty() && redirects.is_empty();
        (!is_empty).then_some(Command { kind: Kind::Simple(simple), redirects })
    }

    fn assignment(&mut self) -> Option<Assignment> {
        let rest = self.rest();
        let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric())?;
        let (name, mut behind) = rest.split_at_checked(end)?;
        if !is_name(name) {
            return None;
        }
        if behind.starts_with('[') {
            let close = behind.bytes().take(MAX_INDEX).position(|byte| byte == b']')?;
            behind = behind.get(close + 1..)?;
        }
        let append = behind.starts_with("+=");
        let behind = behind.strip_prefix("+=").or(behind.strip_prefix('='))?;
        self.at = self.text.len() - behind.len();
        let mut values = Vec::new();
        if self.take("(") {
            loop {
                self.gap();
                match self.word() {
                    Some(word) => values.push(word),
                    None => break,
                }
            }
            self.broken |= !self.take(")");
        } else {
            values.push(self.word_of_value());
        }
        if let [value] = values.as_slice()
            && let Some(value) = value.as_text()
        {
            self.assigned.push((name.to_owned(), value));
        }
        Some(Assignment { name: name.to_owned(), append, values })
    }
}

/// `()` behind a name.
fn defines(behind: &str) -> bool {
    let behind = behind.trim_start_matches([' ', '\t']);
    behind
        .strip_prefix('(')
        .is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with(')'))
}
