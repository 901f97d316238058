/*!
Telling SQL from text that is none, in text that may be either.

What is not taken for SQL is not judged at all, so every place is looked at where some database would
begin a statement, and each verb asks for no more than all its statements have (`form`). Prose is told
by what no database could run: an object that is called `the`, words behind the statement that no
grammar has, a text that begins with three names.
*/

use super::form::name::is_determiner;
use super::form::{Form, Front, procedure, starts};
use super::lexer::lex;
use super::rules::{Rules, readings};
use super::token::{Kind, Token, Tokens};
use super::verb::{may_begin, never_first};
use super::work::Work;
use super::{Dialect, names};

/// Verbs whose statements need no others before them to be looked for.
#[rustfmt::skip]
const VERBS: &[&str] = &[
    "ALTER", "ATTACH", "BACKUP", "BULK", "CALL", "CHANGE", "COPY", "CREATE", "DBCC", "DECLARE",
    "DELETE", "DENY", "DO", "DROP", "EXEC", "EXECUTE", "EXPLAIN", "FLUSH", "FROM", "GRANT",
    "IMPORT", "INSERT", "INSTALL", "KILL", "LOAD", "MERGE", "PRAGMA", "PREPARE", "PURGE",
    "REASSIGN", "RECONFIGURE", "RENAME", "REPLACE", "RESET", "RESTART", "RESTORE", "REVOKE",
    "SECURITY", "SELECT", "SET", "SHUTDOWN", "START", "STOP", "TABLE", "TRUNCATE", "UNDROP",
    "UNINSTALL", "UPDATE", "UPSERT", "VACUUM", "VALUES", "WITH",
];

/// Words with which texts begin that are SQL rather than something else: behind one of these, forms
/// count that prose and code have too.
#[rustfmt::skip]
const LEADING: &[&str] = &[
    "ALTER", "BEGIN", "COMMIT", "CREATE", "DECLARE", "DELETE", "DROP", "EXEC", "GRANT", "INSERT",
    "MERGE", "PRAGMA", "PREPARE", "PRINT", "REPLACE", "REVOKE", "ROLLBACK",
    "SELECT", "SET", "TABLE", "TRUNCATE", "UPDATE", "USE", "VALUES", "WAITFOR", "WITH",
];

/// Words of MySQL's and MariaDB's blocks behind which a statement begins; others are keywords.
const IN_BLOCK: &[&str] = &["atomic", "found", "loop", "repeat", "sqlexception", "sqlwarning"];

/// Procedures and packages, which SQL Server and Oracle run by their bare names.
const PROCEDURES: &[&str] = &["dbms_", "sp_", "utl_", "xp_"];

/// Also when it cannot be told within what the work allows.
pub(super) fn looks_like_sql(text: &str, work: &Work) -> bool {
    holds_sql(text, None, work)
}

/// Of text that is handed to a database by what is around it: a lone `SHUTDOWN` is a statement there.
pub(super) fn would_run(text: &str, work: &Work) -> bool {
    holds_sql(text, Some(Form::Strong), work)
}

fn holds_sql(text: &str, led: Option<Form>, work: &Work) -> bool {
    work.is_over()
        || (may_hold(text)
            && readings(text, Dialect::Any).into_iter().any(|rules| {
                let lexed = lex(text, rules, work);
                lexed.cut || is_sql(&lexed.tokens, rules, led, work) || work.is_over()
            }))
}

/// Cheap, since most text ends here: some run of letters is a verb. A number in hexadecimal can end
/// within one: `0xfGRANT`.
fn may_hold(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut words = bytes.split(|byte| !byte.is_ascii_alphabetic() && *byte != b'_');
    words.any(|word| names_verb(word) || names_procedure(word))
        || bytes.windows(2).any(|pair| matches!(pair, b"0x" | b"0X"))
}

/// Where in `VERBS` those are that begin with each letter.
#[expect(clippy::indexing_slicing, reason = "out of bounds a constant does not compile")]
const BY_LETTER: [(usize, usize); 26] = {
    let mut by_letter = [(0, 0); 26];
    let mut at = 0;
    while at < VERBS.len() {
        let letter = (VERBS[at].as_bytes()[0] - b'A') as usize;
        if by_letter[letter].1 == 0 {
            by_letter[letter].0 = at;
        }
        at += 1;
        by_letter[letter].1 = at;
    }
    by_letter
};

fn names_verb(word: &[u8]) -> bool {
    let Some(first) = word.first().map(|byte| byte.to_ascii_uppercase()) else { return false };
    let letter = usize::from(first.wrapping_sub(b'A'));
    let verbs = BY_LETTER.get(letter).and_then(|(from, to)| VERBS.get(*from..*to));
    verbs.is_some_and(|verbs| verbs.iter().any(|v| v.as_bytes().eq_ignore_ascii_case(word)))
}

fn names_procedure(word: &[u8]) -> bool {
    PROCEDURES.iter().any(|prefix| {
        let start = word.get(..prefix.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    })
}

/// `led`: with what the text begins, where that is known.
fn is_sql(tokens: &[Token<'_>], rules: Rules, mut led: Option<Form>, work: &Work) -> bool {
    // `GO` ends what is sent to SQL Server at once: what failed before it does not matter.
    let parts = tokens.split(|token| token.is(";") || token.word == "GO");
    let mut behind = false;
    parts.filter(|part| !part.is_empty()).any(|part| {
        work.spend(4 * part.len());
        let part = Part {
            tokens: part,
            first: part.iter().position(|token| token.kind != Kind::Symbol).unwrap_or(0),
            last_hit: last_hit(part),
            closed: part.len() + 1 == tokens.len() && part.at(0) == tokens.at(0),
            behind,
            mysql: rules.double_quoted_text,
            work,
        };
        let led_here = part.leads();
        let before = *led.get_or_insert(led_here);
        let found = if is_alive(&part) { part.found(before, led_here) } else { Form::No };
        led = Some(before.max(found));
        behind |=
            starts(&part.tokens.at(part.first)) && !is_determiner(&part.tokens.at(part.first + 1));
        found == Form::Strong
    })
}

/// What stands between two semicolons.
struct Part<'t, 'a> {
    tokens: &'t [Token<'a>],
    /// Behind parentheses, fences of Markdown, which tools take off, and prompts.
    first: usize,
    last_hit: Option<usize>,
    /// It is all there is, but for the semicolon behind it.
    closed: bool,
    /// Something that begins like a statement comes before it.
    behind: bool,
    mysql: bool,
    work: &'t Work,
}

impl Part<'_, '_> {
    fn form(&self, index: usize) -> Form {
        let front = Front {
            tokens: self.tokens.part(index, self.tokens.len()),
            hit: self.last_hit.is_some_and(|hit| hit > index),
            closed: self.closed,
            stands: self.stands(index),
            mysql: self.mysql,
            work: self.work,
        };
        front.form()
    }

    /// At the front, behind what is no word, or behind a word before statements.
    fn stands(&self, index: usize) -> bool {
        let (before, opening) = (self.tokens.before(index), self.tokens.at(0));
        // The first line in a fence of Markdown may name the language.
        let fenced = opening.is("`") && index == self.first + 1;
        // `\c db` and `.open db` of clients end with their line.
        let client = opening.is("\\") || opening.is(".");
        index <= self.first
            || before.kind == Kind::Symbol
            || before.is_word(&["AS", "BEGIN", "DO", "ELSE", "END", "EXPLAIN", "THEN"])
            || IN_BLOCK.iter().any(|word| before.text.eq_ignore_ascii_case(word))
            || fenced
            || client
    }

    /// The statement it begins with, if that is one that only SQL has.
    fn leads(&self) -> Form {
        let (first, second) = (self.tokens.at(self.first), self.tokens.at(self.first + 1));
        let ends = ["COMMIT", "END", "ROLLBACK"];
        let leads = match first.word {
            // `Begin with the end` is no block.
            "BEGIN" => {
                let starts = ["tran", "transaction", "try"];
                second.kind == Kind::End
                    || second.is_word(&["EXEC", "EXECUTE"])
                    || starts.iter().any(|word| second.text.eq_ignore_ascii_case(word))
                    || self.tokens.last().is_some_and(|last| last.is_word(&ends))
            }
            "USE" => second.is_name() && !is_determiner(&second),
            word if names_verb(word.as_bytes()) => {
                let form = self.form(self.first);
                return if first.is_word(LEADING) || form == Form::Faint { form } else { Form::No };
            }
            _ => first.is_word(LEADING) || names_procedure(first.text.as_bytes()),
        };
        if leads { Form::Strong } else { Form::No }
    }

    /// `Strong` if a statement is in it, `Faint` if one that only others make one. `led`: what comes
    /// before it, `led_here`: what it begins with itself.
    fn found(&self, led: Form, led_here: Form) -> Form {
        let mut found = Form::No;
        for (index, token) in self.tokens.iter().enumerate() {
            if self.work.is_over() {
                return Form::Strong;
            }
            let first = index == self.first;
            let verb = names_verb(token.word.as_bytes());
            let procedure = token.is_name() && names_procedure(token.text.as_bytes());
            if !(verb || procedure) || !(first || may_begin(self.tokens, index)) {
                continue;
            }
            let block = self.tokens.at(self.first).word == "BEGIN";
            let around = |least: Form| led >= least && (first || led_here >= least || block);
            let form = match procedure {
                true => Form::strong_if(procedure::is_called(self.tokens, index, first)),
                false => self.form(index),
            };
            match form {
                Form::Strong => return form,
                Form::Weak if around(Form::Faint) => return Form::Strong,
                // PostgreSQL and MySQL, which truncate without `TABLE`, run what comes before it:
                // `SHOW x; TRUNCATE t`. SQL Server, which deletes without `FROM`, runs any word as a
                // procedure, so that nothing could be told from `npm test; delete logs`.
                Form::Weak if self.behind && first && token.word == "TRUNCATE" => {
                    return Form::Strong;
                }
                Form::Faint if around(Form::Weak) => return Form::Strong,
                Form::Faint => found = form,
                Form::Weak | Form::No => {}
            }
        }
        found
    }
}

/// Whether some database could run what begins like this: a verb, a label, or SQL Server's bare name
/// of a procedure with its arguments. `We should never ..` is none of these.
fn is_alive(part: &Part<'_, '_>) -> bool {
    let (tokens, first) = (part.tokens, part.tokens.at(part.first));
    if tokens.at(0).is("/") && tokens.at(1).is("/") {
        return false;
    }
    if starts(&first) {
        return true;
    }
    if !first.is_name() || never_first(&first) {
        return false;
    }
    let mut end = part.first + 1;
    while tokens.at(end).is(".") {
        end += if tokens.at(end + 1).is(".") { 1 } else { 2 };
    }
    let (second, third) = (tokens.at(end), tokens.at(end + 1));
    if second.kind != Kind::Word || starts(&second) {
        return true;
    }
    !never_first(&second) && (third.kind != Kind::Word || starts(&third) || third.word == "WITH")
}

/// The last place that does more than reading, whatever the statement around it: a call, a file, a
/// name that is written in escapes.
fn last_hit(part: &[Token<'_>]) -> Option<usize> {
    part.iter().enumerate().rposition(|(index, token)| match token.kind {
        Kind::Quoted if token.text.contains('\\') => true,
        Kind::Word | Kind::Quoted => {
            names::effect(token.text, part.at(index + 1).is("(")).is_some()
                || (token.word == "INTO" && part.at(index + 1).is_word(&["OUTFILE", "DUMPFILE"]))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::verb::{is_head, keyword};
    use super::*;

    #[test]
    fn every_verb_is_known() {
        assert!(VERBS.iter().chain(LEADING).all(|verb| keyword(verb) == *verb));
        assert!(VERBS.iter().all(|verb| is_head(&Token::new(Kind::Word, verb)) || *verb == "FROM"));
        assert!(
            VERBS.is_sorted()
                && VERBS.iter().all(|verb| names_verb(verb.to_lowercase().as_bytes()))
        );
    }
}
