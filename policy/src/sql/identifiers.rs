/*!
Names of tables, schemas and columns, in the spelling that rules are compared with.

Bare names are in lower case; quoted ones stay as they are, without their quotes. Parts are joined by
points, as many as the statement gives.
*/

use std::collections::BTreeSet;

use super::token::{Kind, Token, Tokens};

/// A text that names more has its names taken for hidden.
const MAX_NAMES: usize = 10_000;

/// What SQL names. More than it touches, never less: the name of a `WITH` query counts as a table, and
/// whatever could be a column as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifiers {
    /// `orders`, `sales.orders`, `shop.sales.orders`: views and functions in the place of a table too.
    /// `sales.*` where bare names are made to be those of a schema.
    pub tables: BTreeSet<String>,
    /// What tables are qualified with, and what is named as a schema or database.
    pub schemas: BTreeSet<String>,
    /// Without what they are qualified with. `*`: all there are, however that is written.
    pub columns: BTreeSet<String>,
    /// Schemas to which bare names belong by a statement of the text, wherever in it that stands: a
    /// procedure or another text of the call may be run first.
    pub path: BTreeSet<String>,
    /// Something is named in a way that cannot be read here.
    pub hidden: bool,
    /// A quoted name has a point in it: what belongs to what cannot be told from the joined names.
    pub dotted: bool,
}

impl Identifiers {
    pub fn extend(&mut self, other: Self) {
        self.tables.extend(other.tables);
        self.schemas.extend(other.schemas);
        self.columns.extend(other.columns);
        self.path.extend(other.path);
        self.hidden |= other.hidden;
        self.dotted |= other.dotted;
    }

    /// Adds the bare names as tables of the schemas that were set.
    pub fn settle(&mut self) {
        let bare = self.tables.iter().filter(|table| !table.contains('.'));
        if bare.clone().count().saturating_mul(self.path.len()) > MAX_NAMES {
            self.hidden = true;
            return;
        }
        let all = self
            .path
            .iter()
            .flat_map(|schema| bare.clone().map(move |table| format!("{schema}.{table}")));
        let all: Vec<String> = all.collect();
        self.tables.extend(all);
    }

    pub(super) fn path(&mut self, chain: &Chain<'_>) {
        if self.is_full() {
            return;
        }
        for parts in spellings(&chain.parts) {
            // Some settings take one literal for the whole list.
            let parts = parts.iter().flat_map(|part| part.split(',')).map(str::trim);
            for part in parts.filter(|part| !part.is_empty()) {
                self.dotted |= part.contains('.');
                self.schemas.insert(part.to_owned());
                self.tables.insert(format!("{part}.*"));
                self.path.insert(part.to_owned());
            }
        }
    }

    pub(super) fn table(&mut self, chain: &Chain<'_>) {
        if self.is_full() {
            return;
        }
        for parts in spellings(&chain.parts) {
            let (_, qualifiers) = parts.split_last().unwrap_or((&chain.empty, &[]));
            self.schemas.extend(qualifiers.iter().filter(|part| !part.is_empty()).cloned());
            self.dotted |= parts.iter().any(|part| part.contains('.'));
            self.tables.insert(parts.join("."));
        }
    }

    pub(super) fn schema(&mut self, chain: &Chain<'_>) {
        if self.is_full() {
            return;
        }
        for parts in spellings(&chain.parts) {
            self.schemas.extend(parts.into_iter().filter(|part| !part.is_empty()));
        }
    }

    pub(super) fn column(&mut self, part: &Token<'_>) {
        if self.is_full() {
            return;
        }
        for mut parts in spellings(&[*part]) {
            self.columns.extend(parts.pop());
        }
    }

    pub(super) fn every_column(&mut self) {
        self.columns.insert("*".to_owned());
    }

    fn is_full(&mut self) -> bool {
        let full = self.tables.len() + self.schemas.len() + self.columns.len() >= MAX_NAMES;
        self.hidden |= full;
        full
    }
}

/// A name with what it belongs to.
pub(super) struct Chain<'a> {
    pub parts: Vec<Token<'a>>,
    /// `t.*`.
    pub star: bool,
    /// Behind it.
    pub end: usize,
    empty: String,
}

impl<'a> Chain<'a> {
    /// `db..t` has an empty part. SQLite takes literals for names.
    pub fn at(tokens: &[Token<'a>], start: usize) -> Self {
        let mut chain = Self {
            parts: vec![tokens.at(start)],
            star: false,
            end: start + 1,
            empty: String::new(),
        };
        while tokens.at(chain.end).is(".") {
            let next = tokens.at(chain.end + 1);
            if next.is(".") {
                chain.parts.push(Token::END);
                chain.end += 1;
            } else if next.is_name() || next.kind == Kind::Text {
                chain.parts.push(next);
                chain.end += 2;
            } else {
                chain.star = next.is("*");
                chain.end += if chain.star { 2 } else { 1 };
                break;
            }
        }
        chain
    }

    pub fn last(&self) -> Token<'a> {
        self.parts.last().copied().unwrap_or(Token::END)
    }
}

/// As it stands, and what doubled quotes and the escapes of `U&"d\0061ta"` stand for.
fn spellings(parts: &[Token<'_>]) -> Vec<Vec<String>> {
    let plain: Vec<String> = parts.iter().map(normal).collect();
    let meant: Vec<String> = plain.iter().map(|part| unescaped(part)).collect();
    if meant == plain { vec![plain] } else { vec![plain, meant] }
}

pub(super) fn normal(part: &Token<'_>) -> String {
    if part.kind == Kind::Word { part.text.to_lowercase() } else { part.text.to_owned() }
}

fn unescaped(part: &str) -> String {
    let mut single = part.to_owned();
    for (doubled, quote) in [("\"\"", "\""), ("``", "`"), ("]]", "]"), ("''", "'")] {
        if single.contains(doubled) {
            single = single.replace(doubled, quote);
        }
    }
    let mut pieces = single.split('\\');
    let mut meant = pieces.next().unwrap_or_default().to_owned();
    let mut literal = false;
    for piece in pieces {
        // Behind a doubled backslash, which is one.
        if literal || piece.is_empty() {
            meant.extend((!literal).then_some('\\'));
            literal = !literal && piece.is_empty();
            meant += piece;
            continue;
        }
        let (digits, rest) = match piece.strip_prefix('+') {
            Some(long) => long.split_at_checked(6).unwrap_or(("", piece)),
            None => piece.split_at_checked(4).unwrap_or(("", piece)),
        };
        let decoded = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        match decoded {
            Some(decoded) => {
                meant.push(decoded);
                meant += rest;
            }
            None => {
                meant.push('\\');
                meant += piece;
            }
        }
    }
    meant
}
