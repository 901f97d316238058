//! What the generator knows of SQL: rules of words and of other rules (`#name`), each for some dialects
//! (`p`ostgres, `m`ysql, `t`sql, `s`qlite; none: all). The first production leads to an end.

mod expression;
mod names;
mod objects;
mod query;
mod rows;
mod server;
mod statement;

use super::Dialect;

pub(super) type Productions = &'static [(&'static str, &'static str)];

pub(super) enum Symbol {
    /// Words and symbols, apart.
    Rule,
    /// Written as it stands.
    Raw,
}

pub(super) fn productions(symbol: &str) -> (Symbol, Productions) {
    if let Some(raw) = names::raw(symbol) {
        return (Symbol::Raw, raw);
    }
    let rules = [
        statement::rules,
        query::rules,
        expression::rules,
        rows::rules,
        objects::rules,
        server::rules,
    ];
    let found = rules.iter().find_map(|rules| rules(symbol));
    (Symbol::Rule, found.unwrap_or_else(|| panic!("no rule `{symbol}`")))
}

pub(super) fn letter(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Mysql => "m",
        Dialect::Tsql => "t",
        Dialect::Sqlite => "s",
        _ => "p",
    }
}

/// What databases skip between words.
pub(super) fn gaps(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Mysql => {
            &["\n", "\t ", "/**/", " /* DROP TABLE x; */ ", " -- ; '\n", " # DELETE FROM t; \"\n"]
        }
        Dialect::Sqlite => &["\n", "\t ", "/**/", " /* DROP TABLE x; */ ", " -- ; '\n", "/* /* */"],
        _ => &["\n", "\t ", "/**/", " /* DROP TABLE x; */ ", " --; '\n", "/* /* ' */ DELETE */"],
    }
}
