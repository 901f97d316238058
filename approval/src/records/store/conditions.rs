/*! A sieve as a condition of SQL. */

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AssertSqlSafe, Executor};

use super::super::sieve::Sieve;
use super::row::{column, integer};
use crate::store::Dialect;

/// A query that is put together, with what is bound in it. Its text is made of words of the program alone.
#[derive(Clone, Debug, Default)]
pub struct Query {
    text: String,
    bound: Vec<Bound>,
}

#[derive(Clone, Debug)]
pub enum Bound {
    Text(Option<String>),
    Number(i64),
}

impl From<i64> for Bound {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Bound {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<&str>> for Bound {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl Query {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), bound: Vec::new() }
    }

    pub fn say(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub fn bind(&mut self, value: impl Into<Bound>) -> &mut Self {
        self.bound.push(value.into());
        self.text.push_str(&format!("${}", self.bound.len()));
        self
    }

    /// What fits, of rows `r`.
    pub fn fitting(&mut self, sieve: &Sieve, dialect: Dialect) -> &mut Self {
        let words = [
            ("subject", &sieve.principal),
            ("effect", &sieve.effect),
            ("reason", &sieve.reason),
            ("tool", &sieve.tool),
        ];
        for (name, wanted) in words.into_iter().filter(|(_, wanted)| !wanted.is_empty()) {
            self.say(&format!(" AND r.{name} = ")).bind(column(wanted).as_str());
        }
        if sieve.refused {
            self.say(" AND r.refused = 1");
        }
        if sieve.since_ms > 0 {
            self.say(" AND r.started_ms >= ").bind(integer(sieve.since_ms));
        }
        if !sieve.rule.is_empty() {
            self.say(" AND EXISTS (SELECT 1 FROM record_names n WHERE n.record = r.id AND n.sort = 'rule' AND n.name = ")
                .bind(column(&sieve.rule).as_str())
                .say(")");
        }
        if let Some(text) = as_in_records(&sieve.text) {
            let like = match dialect {
                Dialect::Sqlite => "LIKE",
                Dialect::Postgres => "ILIKE",
            };
            // It may stand over the seam of two parts: those with parts are read.
            self.say(&format!(" AND (r.parts IS NOT NULL OR r.record {like} "))
                .bind(format!("%{text}%").as_str())
                .say(" ESCAPE '!')");
        }
        self
    }

    /// In brackets, as a row.
    pub fn values<const N: usize>(&mut self, values: [Bound; N]) -> &mut Self {
        self.list(values.into_iter())
    }

    /// In brackets; there has to be one.
    pub fn list<T: Into<Bound>>(&mut self, values: impl Iterator<Item = T>) -> &mut Self {
        for (at, value) in values.enumerate() {
            self.say(if at == 0 { "(" } else { ", " }).bind(value);
        }
        self.say(")")
    }

    pub async fn all<'e>(
        &self,
        executor: impl Executor<'e, Database = Any>,
    ) -> Result<Vec<AnyRow>, sqlx::Error> {
        self.query().fetch_all(executor).await
    }

    /// How many rows it changed.
    pub async fn run<'e>(
        &self,
        executor: impl Executor<'e, Database = Any>,
    ) -> Result<u64, sqlx::Error> {
        Ok(self.query().execute(executor).await?.rows_affected())
    }

    /// Prepared for this once: there are too many of them to keep.
    fn query(&self) -> sqlx::query::Query<'_, Any, AnyArguments> {
        let mut query = sqlx::query(AssertSqlSafe(self.text.clone())).persistent(false);
        for value in &self.bound {
            query = match value {
                Bound::Text(text) => query.bind(text),
                Bound::Number(number) => query.bind(number),
            };
        }
        query
    }
}

/// A pattern for what stands in the text of records as it is; what is escaped there is found by reading them.
fn as_in_records(text: &str) -> Option<String> {
    let as_it_is = |c: char| (' '..='~').contains(&c) && !"\"\\/".contains(c);
    if text.is_empty() || !text.chars().all(as_it_is) {
        return None;
    }
    let mut pattern = String::new();
    for c in text.chars() {
        if "!%_".contains(c) {
            pattern.push('!');
        }
        pattern.push(c);
    }
    Some(pattern)
}

#[cfg(test)]
mod tests {
    use super::as_in_records;

    #[test]
    fn a_pattern_means_itself() {
        assert_eq!(as_in_records("50% _off!").as_deref(), Some("50!% !_off!!"));
        for read in ["", "a\"b", "é", "a\\b", "a\nb", "/v1"] {
            assert_eq!(as_in_records(read), None, "{read}");
        }
    }
}
