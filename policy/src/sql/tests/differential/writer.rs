//! Grammars written out: each word in any case, with anything between words that a database skips.

use super::Dialect;
use super::grammar::{self, Symbol};
use super::random::Random;

/// Rules below this depth take their first production, which leads to an end.
const DEPTH: u8 = 7;

/// Longer texts are cut off in breadth: only first productions from there on.
const LENGTH: usize = 700;

pub(super) struct Writer {
    random: Random,
    dialect: Dialect,
    text: String,
    /// Only single spaces, and keywords as they are: half of all texts, so that each word of a failure
    /// can be read.
    plain: bool,
}

pub(super) fn write(seed: u64, dialect: Dialect) -> String {
    let mut random = Random::new(seed);
    let plain = random.percent(50);
    let mut writer = Writer { random, dialect, text: String::new(), plain };
    let more = if writer.random.percent(15) { 1 + writer.random.below(2) } else { 0 };
    writer.gap();
    writer.expand("statement", 0);
    for _ in 0..more {
        writer.word(";");
        writer.expand("statement", 0);
    }
    if writer.random.percent(20) {
        writer.word(";");
    }
    writer.text
}

impl Writer {
    fn expand(&mut self, symbol: &str, depth: u8) {
        let (symbol, all) = grammar::productions(symbol);
        let own = |(dialects, _): &&(&str, &str)| {
            dialects.is_empty() || dialects.contains(grammar::letter(self.dialect))
        };
        let open: Vec<&str> = all.iter().filter(own).map(|(_, text)| *text).collect();
        let ends = depth >= DEPTH || self.text.len() > LENGTH;
        let index = if ends { 0 } else { self.random.below(open.len()) };
        let production = open[index];
        match symbol {
            Symbol::Raw => self.push(production),
            Symbol::Rule => {
                for word in production.split(' ').filter(|word| !word.is_empty()) {
                    match word.strip_prefix('#') {
                        Some(symbol) if !symbol.is_empty() => self.expand(symbol, depth + 1),
                        _ => self.word(word),
                    }
                }
            }
        }
    }

    fn word(&mut self, word: &str) {
        let keyword = word.bytes().all(|byte| byte.is_ascii_uppercase());
        // What a comment asks for is run by every server of that version.
        if keyword && self.dialect == Dialect::Mysql && !self.plain && self.random.percent(4) {
            let version = ["", "50000", "40101"][self.random.below(3)];
            self.push(&format!("/*!{version} {word} */"));
            return;
        }
        let cased = match self.random.below(10) {
            0..=2 if keyword && !self.plain => word.to_lowercase(),
            3 if keyword && !self.plain => {
                let alternate = |(i, c): (usize, char)| {
                    if i % 2 == 0 { c.to_ascii_lowercase() } else { c }
                };
                word.chars().enumerate().map(alternate).collect()
            }
            _ => word.to_owned(),
        };
        self.push(&cased);
    }

    fn push(&mut self, text: &str) {
        self.text += text;
        self.gap();
    }

    fn gap(&mut self) {
        if self.plain {
            if !self.text.is_empty() {
                self.text.push(' ');
            }
            return;
        }
        let gaps = grammar::gaps(self.dialect);
        self.text += match self.random.below(10) {
            0..=5 => " ",
            _ => gaps[self.random.below(gaps.len())],
        };
    }
}
