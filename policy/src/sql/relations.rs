/*!
Which tables, schemas and columns a statement names.

By position, since any word can be a name: a table stands behind `FROM`, `JOIN`, `INTO` and the like, and
behind the commas of such a list. Where databases differ, or a word could be a keyword or a name, it is
taken for a name: rules that stop calls must not miss one. What is in parentheses is a level of its own.
*/

use std::collections::BTreeSet;

use super::identifiers::{Chain, Identifiers, normal};
use super::position::{
    ENDS_LIST, FROM_OPERANDS, LIST_MODIFIERS, NEVER_NAMES, is_operand, is_plain_name,
};
use super::token::{Kind, Token, Tokens};
use super::verb::{is_head, may_begin};
use super::work::Work;

/// What a list of tables began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    From,
    /// `DELETE`, `UPDATE`: `USING` and `JOIN` go on with it.
    Changed,
    Into,
    /// Of `DROP TABLE a, b`.
    Named,
    /// `GRANT .. ON a, b TO ..`.
    On,
    /// One table and no more.
    One,
}

/// Within one pair of parentheses.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    list: Option<List>,
    /// A table comes next.
    expecting: bool,
    /// A table has come, and its alias may.
    named: bool,
    /// `SELECT` has come.
    selects: bool,
    /// Arguments of `extract (year FROM x)` and the like.
    operands: bool,
    /// Of `CAST (x AS type)`.
    cast: bool,
    /// The columns that an `INSERT` fills.
    filled: bool,
    /// It stands in the place of a table, or belongs to one.
    item: bool,
    /// Where the first name of the level is, which a `JOIN` makes a table.
    first: Option<usize>,
}

/// Verbs behind which the same words mean other things.
#[rustfmt::skip]
const VERBS: &[&str] = &[
    "ALTER", "ANALYZE", "COMMENT", "COPY", "CREATE", "DELETE", "DENY", "DISABLE", "DROP", "ENABLE", "GRANT", "INSERT", "LOCK",
    "MERGE", "RENAME", "REPLACE", "REVOKE", "SECURITY", "SELECT", "TRUNCATE", "UPDATE",
];

/// Tokens of a search path that are looked at.
const MAX_PATH: usize = 64;

/// What is no table behind `ON` of `GRANT` and `COMMENT`.
#[rustfmt::skip]
const OTHER_OBJECTS: &[&str] = &[
    "CONSTRAINT", "DATABASE", "DOMAIN", "EXTENSION", "FOREIGN", "FUNCTION", "INDEX", "LANGUAGE", "POLICY", "PROCEDURE", "ROLE",
    "RULE", "SCHEMA", "SEQUENCE", "SERVER", "TABLESPACE", "TRIGGER", "TYPE",
];

pub(super) fn collect(tokens: &[Token<'_>], work: &Work, found: &mut Identifiers) {
    let (levels, level, rows) = (Vec::new(), Level::default(), BTreeSet::new());
    let mut walk = Walk { tokens, verb: "", levels, level, rows, found };
    let mut at = 0;
    while at < tokens.len() && work.spend(0) {
        at = walk.step(at);
    }
    // `SELECT t FROM users t` is the whole row.
    if walk.rows.iter().any(|row| walk.found.columns.contains(row)) {
        found.every_column();
    }
}

struct Walk<'t, 'a, 'f> {
    tokens: &'t [Token<'a>],
    /// Of the statement that the walk is in, as far as one can be told from the next.
    verb: &'static str,
    levels: Vec<Level>,
    level: Level,
    /// Names that stand for a row.
    rows: BTreeSet<String>,
    found: &'f mut Identifiers,
}

impl<'a> Walk<'_, 'a, '_> {
    /// Returns where to go on.
    fn step(&mut self, at: usize) -> usize {
        let token = self.tokens.at(at);
        match token.kind {
            Kind::Symbol => self.symbol(at),
            Kind::Word if self.keyword(at) => {}
            Kind::Word | Kind::Quoted => return self.name(at),
            Kind::Text if self.is_quoted_name(at) => return self.name(at),
            Kind::Param if self.level.expecting && !token.text.starts_with('@') => {
                // What stands there is filled in by somebody else.
                self.found.hidden = true;
                self.level.expecting = false;
            }
            _ => self.level.expecting &= self.tokens.before(at).word == "TOP",
        }
        at + 1
    }

    fn symbol(&mut self, at: usize) {
        let token = self.tokens.at(at);
        let named = std::mem::take(&mut self.level.named);
        match token.text {
            "(" => self.open(at, named),
            ")" => {
                let item = self.level.item;
                self.level = self.levels.pop().unwrap_or_default();
                self.level.named = item;
            }
            "," => self.level.expecting = !matches!(self.level.list, None | Some(List::One)),
            // `ON OBJECT::dbo.users`.
            "::" if self.level.list == Some(List::On) => self.level.expecting = true,
            "*" if self.is_every_column(at) => self.found.every_column(),
            _ => {}
        }
    }

    fn open(&mut self, at: usize, named: bool) {
        let before = self.tokens.before(at);
        let mut inner = Level { item: self.level.expecting || named, ..Level::default() };
        if self.level.expecting && before.word != "TOP" {
            inner = Level { list: self.level.list, expecting: true, ..inner };
            self.level.expecting = false;
        } else if before.word != "TOP" {
            inner.operands =
                FROM_OPERANDS.iter().any(|name| before.text.eq_ignore_ascii_case(name));
            inner.cast = before.text.to_ascii_lowercase().ends_with("cast");
            inner.filled = self.level.list == Some(List::Into);
            // `users AS u (a, b)` gives its columns other names.
            if self.level.list == Some(List::From) && self.alias_before(at) {
                self.found.every_column();
            }
        }
        self.levels.push(std::mem::replace(&mut self.level, inner));
    }

    /// Whether `AS x` or a bare alias is in front.
    fn alias_before(&self, at: usize) -> bool {
        let name = self.tokens.before(at);
        let behind = at.checked_sub(2).map_or(Token::END, |at| self.tokens.at(at));
        is_plain_name(&name) && (behind.word == "AS" || is_plain_name(&behind) || behind.is(")"))
    }

    /// A literal where only a name can stand: SQLite takes it for one.
    fn is_quoted_name(&self, at: usize) -> bool {
        let (before, next) = (self.tokens.before(at), self.tokens.at(at + 1));
        (self.level.expecting && !self.is_copied())
            || (self.level.filled && (before.is("(") || before.is(",")) && !self.level.selects)
            || (next.is("=") && (before.word == "SET" || before.is(",")))
    }

    /// `COPY t FROM 'file'`.
    fn is_copied(&self) -> bool {
        self.tokens.at(0).word == "COPY" && self.levels.is_empty()
    }

    /// A word that is none of the statement's own names. Returns whether it was one.
    fn keyword(&mut self, at: usize) -> bool {
        let (token, before) = (self.tokens.at(at), self.tokens.before(at));
        // `ALTER TABLE t RENAME COLUMN a TO b`.
        let clause = token.word == "RENAME" && self.verb == "ALTER";
        if token.is_word(VERBS) && !clause && may_begin(self.tokens, at) {
            self.verb = token.word;
        }
        if self.takes_every_column(at) {
            self.found.every_column();
        }
        if token.is_word(&["SCHEMA", "DATABASE", "USE"]) && self.schema(at) {
            return true;
        }
        if token.word == "COLUMN" && self.verb == "COMMENT" {
            // The column is told as any other.
            let mut chain = Chain::at(self.tokens, at + 1);
            chain.parts.pop();
            self.report(&chain);
            self.level.expecting = false;
            return true;
        }
        if let Some(list) = self.opens(at) {
            if let (true, None, Some(first)) =
                (token.word == "JOIN", self.level.list, self.level.first)
            {
                self.report(&Chain::at(self.tokens, first));
            }
            // `DROP SCHEMA`, `GRANT .. ON ALL TABLES IN SCHEMA`: which tables that are is not said.
            self.found.hidden |= token.word == "TABLES" && before.word == "ALL";
            self.level = Level { list: Some(list), expecting: true, named: false, ..self.level };
            return true;
        }
        if self.level.expecting {
            let next = self.tokens.at(at + 1);
            let more = next.is_name() && !next.is_word(NEVER_NAMES) || next.is("(");
            let other = self.level.list == Some(List::On) && token.is_word(OTHER_OBJECTS);
            let piped = self.is_copied() && token.is_word(&["STDIN", "PROGRAM"]);
            if piped || (other && next.is_name() && !next.is_word(NEVER_NAMES)) {
                self.level.expecting = false;
                return true;
            }
            if token.is_word(&["ONLY", "LATERAL", "NOT", "EXISTS", "IF", "TOP", "FROM", "OR"]) {
                return true;
            }
            if LIST_MODIFIERS.iter().any(|word| token.text.eq_ignore_ascii_case(word))
                && (more || next.is_word(&["INTO", "FROM", "ONLY", "TABLE"]))
            {
                // It may be the name of the table, with an alias.
                if !next.is_word(&["INTO", "FROM", "ONLY", "TABLE"]) {
                    self.report(&Chain::at(self.tokens, at));
                }
                return true;
            }
        }
        if token.is_word(ENDS_LIST) || self.ends(at) {
            self.level = Level {
                list: None,
                expecting: false,
                named: false,
                selects: self.level.selects || token.word == "SELECT",
                ..self.level
            };
            return true;
        }
        if token.is_word(NEVER_NAMES) {
            self.level.expecting = false;
            self.level.named &= token.word == "AS";
            return true;
        }
        false
    }

    /// Whether the list ends that is open: `VALUES` may be the alias of a table, `TO` is none of `GRANT`.
    fn ends(&self, at: usize) -> bool {
        match self.tokens.at(at).word {
            "VALUES" => self.level.list != Some(List::From),
            "TO" => self.level.list == Some(List::On) || self.names_grantees(),
            "FROM" => self.names_grantees(),
            _ => false,
        }
    }

    /// Behind the tables of `GRANT` and `REVOKE`.
    fn names_grantees(&self) -> bool {
        let tables = matches!(self.level.list, Some(List::On | List::Named));
        tables && matches!(self.verb, "GRANT" | "REVOKE" | "DENY")
    }

    fn opens(&self, at: usize) -> Option<List> {
        let tokens = self.tokens;
        let (token, before, next) = (tokens.at(at), tokens.before(at), tokens.at(at + 1));
        let earlier = at.checked_sub(2).map_or(Token::END, |at| tokens.at(at));
        let verb = self.verb;
        let begins = || may_begin(tokens, at) && !next.is("(");
        let is = |word: &str| token.text.eq_ignore_ascii_case(word);
        match token.word {
            "FROM" => {
                let compares = before.word == "DISTINCT" && earlier.is_word(&["IS", "NOT"]);
                (!compares
                    && !self.names_grantees()
                    && (!self.level.operands || self.level.selects))
                    .then_some(List::From)
            }
            "JOIN" => Some(List::From),
            "INTO" => Some(List::Into),
            "USING"
                if !next.is("(") || is_head(&tokens.at(at + 2)) || tokens.at(at + 2).is("(") =>
            {
                matches!(self.level.list, Some(List::From | List::Changed | List::Into))
                    .then_some(List::From)
            }
            "DELETE" | "UPDATE" => may_begin(tokens, at).then_some(List::Changed),
            "INSERT" | "REPLACE" | "UPSERT" | "MERGE" => begins().then_some(List::Into),
            "ANALYZE" | "ANALYSE" if tokens.at(0).word == "EXPLAIN" => None,
            "TRUNCATE" | "COPY" | "LOCK" | "ANALYZE" | "ANALYSE" | "VACUUM" | "CLUSTER"
            | "HANDLER" => begins().then_some(List::Named),
            "DESCRIBE" | "DESC" | "EXPLAIN" => {
                let end = Chain::at(tokens, at + 1).end;
                (at == 0 && next.is_name() && tokens.len() <= end + 1).then_some(List::One)
            }
            "TABLE" | "TABLES" | "VIEW" if verb == "ALTER" || verb == "CREATE" => Some(List::One),
            "TABLE" | "TABLES" | "VIEW" => Some(List::Named),
            "ON" => (self.level.list.is_none()
                && !matches!(
                    verb,
                    "" | "DELETE" | "INSERT" | "MERGE" | "REPLACE" | "SELECT" | "UPDATE"
                ))
            .then_some(List::On),
            "TO" => {
                let renames =
                    before.word == "RENAME" || (verb == "RENAME" && self.level.list.is_some());
                let event = before.is_word(&["SELECT", "INSERT", "UPDATE", "DELETE"])
                    && earlier.word == "ON";
                (renames || event).then_some(List::Named)
            }
            "OF" => (before.word == "PARTITION").then_some(List::One),
            "LIKE" => (verb == "CREATE" && (before.is("(") || before.is(",") || self.level.named))
                .then_some(List::One),
            "FOR" => (1..5).any(|at| tokens.at(at).word == "SYNONYM").then_some(List::One),
            _ if is("straight_join") => Some(List::From),
            _ if is("apply") && before.is_word(&["CROSS", "OUTER"]) => Some(List::From),
            // As names of columns they must not end a list.
            _ if matches!(self.level.list, Some(List::From | List::Changed)) => None,
            _ if is("references") || is("inherits") || is("identity_insert") => Some(List::One),
            _ if is("clone") && verb == "CREATE" => Some(List::One),
            _ => None,
        }
    }

    /// Whether what begins at `at` is about all columns without saying so.
    fn takes_every_column(&self, at: usize) -> bool {
        let (token, before) = (self.tokens.at(at), self.tokens.before(at));
        match token.word {
            // `INSERT INTO t VALUES (1)`, `INSERT INTO t (SELECT ..)`.
            "VALUES" | "SELECT" | "WITH" | "EXEC" | "EXECUTE" => {
                (self.level.list == Some(List::Into) && !before.is(")"))
                    || (self.level.filled && before.is("("))
            }
            // `COPY t TO STDOUT`.
            "TO" | "FROM" => self.is_copied() && !before.is(")"),
            // `TABLE t` is `SELECT * FROM t`.
            "TABLE" => {
                before.word == "AS"
                    || before.is("(")
                    || matches!(self.verb, "" | "SELECT" | "INSERT" | "COPY")
            }
            _ => false,
        }
    }

    /// The name behind `SCHEMA`. Returns whether there is one.
    fn schema(&mut self, at: usize) -> bool {
        let skipped = |token: &&Token<'_>| token.is_word(&["IF", "NOT", "EXISTS", "AUTHORIZATION"]);
        let start = at + 1 + self.tokens.iter().skip(at + 1).take_while(skipped).count();
        let name = self.tokens.at(start);
        if !is_plain_name(&name) && name.kind != Kind::Text {
            return false;
        }
        // Whichever tables are in it.
        self.found.hidden |= self.verb == "DROP" || self.tokens.before(at).word == "IN";
        self.found.schema(&Chain::at(self.tokens, start));
        let of_grant = self.level.list == Some(List::On);
        self.level.expecting &= !of_grant;
        !self.level.expecting || of_grant
    }

    fn name(&mut self, at: usize) -> usize {
        let chain = Chain::at(self.tokens, at);
        let next = self.tokens.at(chain.end);
        // `U&"d!0061ta" UESCAPE '!'`, `FROM identifier('a')`, a path that is set for what follows.
        let called = |name: &str| chain.last().text.eq_ignore_ascii_case(name) && next.is("(");
        self.found.hidden |= next.word == "UESCAPE" && self.tokens.at(at).kind == Kind::Quoted
            || called("identifier")
            || called("set_config");
        let before = self.tokens.before(at);
        let of_pragma = self.tokens.at(0).word == "PRAGMA" && (before.is("(") || before.is("="));
        if (self.level.expecting && !is_assigned(&next)) || of_pragma {
            self.report(&chain);
            // `{oj a LEFT JOIN b}`: the word behind the brace is none, or none is behind it.
            self.level.expecting = before.is("{");
            self.level.named = true;
            return chain.end;
        }
        self.level.expecting = false;
        if self.level.named {
            self.level.named = false;
            self.rows.insert(normal(&chain.last()));
            return chain.end;
        }
        self.other(at, &chain);
        chain.end
    }

    /// What is no table: a column, a function, the name of a query.
    fn other(&mut self, at: usize, chain: &Chain<'a>) {
        let (before, next) = (self.tokens.before(at), self.tokens.at(chain.end));
        if chain.parts.len() == 1 && self.level.first.is_none() {
            self.level.first = Some(at);
        }
        if chain.star {
            self.found.every_column();
            return;
        }
        if self.tokens.at(at).text.eq_ignore_ascii_case("search_path") {
            let rest = self.tokens.get(chain.end..).unwrap_or_default();
            self.found.hidden |= rest.len() > MAX_PATH;
            let is_name = |token: &&Token<'_>| token.kind == Kind::Text || is_plain_name(token);
            for name in rest.iter().take(MAX_PATH).filter(is_name) {
                self.found.schema(&Chain::at(&[*name], 0));
            }
            return;
        }
        let query = next.word == "AS" && self.tokens.at(chain.end + 1).is("(");
        if query {
            self.rows.insert(normal(&chain.last()));
            return;
        }
        // PostgreSQL reads `ssn(users)` as `users.ssn`.
        let of_row = next.is("(")
            && self.tokens.at(chain.end + 1).is_name()
            && self.tokens.at(chain.end + 2).is(")");
        let type_name = before.is("::") || (self.level.cast && before.word == "AS");
        let last = chain.last();
        let column = is_plain_name(&last) || last.kind == Kind::Text || chain.parts.len() > 1;
        if column && !type_name && (!next.is("(") || of_row) {
            self.found.column(&last);
        }
    }

    fn report(&mut self, chain: &Chain<'a>) {
        self.rows.insert(normal(&chain.last()));
        self.found.table(chain);
    }

    /// Not `count(*)` and not a product.
    fn is_every_column(&self, at: usize) -> bool {
        let (before, next) = (self.tokens.before(at), self.tokens.at(at + 1));
        if before.is("(") && next.is(")") {
            let name = at.checked_sub(2).map_or(Token::END, |at| self.tokens.at(at));
            return !name.text.eq_ignore_ascii_case("count");
        }
        let left = is_operand(&before) || before.is(")") || before.is("]");
        !(left && (is_operand(&next) || next.is("(") || next.is("-") || next.is("+")))
    }
}

/// Whether a value is given to what stands before it: `b` of `SET a = 1, b = 2`.
fn is_assigned(next: &Token<'_>) -> bool {
    next.kind == Kind::Symbol
        && matches!(next.text, "=" | ":=" | "[" | "+" | "-" | "|" | "&" | "^" | "%" | "||")
}
