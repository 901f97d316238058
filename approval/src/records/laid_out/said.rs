/*! What one side said: its body, laid out, and what was found in it. */

use policy::record::{BodyRecord, FindingCount, HeaderRecord};
use policy::sql::looks_like_sql;

use crate::view::{pretty, shorten, sql, visible, visible_line};

/// Bytes of one text on a page.
const TEXT_LIMIT: usize = 128 * 1024;
/// SQL texts that are shown by themselves; the rest is in the body.
const STATEMENTS: usize = 16;

#[derive(Clone, Debug, Default)]
pub struct Said {
    /// JSON over several lines; other text as it came.
    pub text: String,
    /// Bytes of the original.
    pub size: u64,
    /// The text is not all of it.
    pub cut: bool,
    pub digest: String,
    pub statements: Vec<Statement>,
    pub findings: Vec<Finding>,
    pub headers: Vec<(String, String)>,
    /// Some are not there.
    pub headers_cut: bool,
    /// Marks in the body that whoever wrote it put there: nothing was masked at so many of them, at least.
    pub own_marks: u64,
}

#[derive(Clone, Debug)]
pub struct Statement {
    /// Where in the body; empty if it is all of it.
    pub at: String,
    pub text: String,
}

#[derive(Clone, Debug)]
pub struct Finding {
    pub kind: String,
    pub count: u32,
    /// What became of them.
    pub words: &'static str,
    /// Where, if not in the body.
    pub place: &'static str,
}

impl Said {
    pub fn of(body: &BodyRecord, findings: &[FindingCount]) -> Self {
        let text = visible(&pretty(&body.text));
        Self {
            cut: body.truncated || text.len() > TEXT_LIMIT,
            text: shorten(&text, TEXT_LIMIT),
            size: body.size,
            digest: visible_line(&body.digest),
            statements: statements(&body.text),
            findings: findings.iter().map(|one| finding("", one)).collect(),
            headers: Vec::new(),
            headers_cut: false,
            own_marks: own_marks(&body.text, findings),
        }
    }

    /// What was found elsewhere than in the body.
    pub fn found(mut self, place: &'static str, findings: &[FindingCount]) -> Self {
        self.findings.extend(findings.iter().map(|one| finding(place, one)));
        self
    }

    pub fn headed(self, headers: &[HeaderRecord], cut: bool, findings: &[FindingCount]) -> Self {
        let shown = |text: &str| shorten(&visible_line(text), TEXT_LIMIT);
        let headers = headers.iter().map(|one| (shown(&one.name), shown(&one.value))).collect();
        Self { headers, headers_cut: cut, ..self.found("headers", findings) }
    }
}

/// Each finding leaves one mark at most: what is more stood in the body when it came.
fn own_marks(text: &str, findings: &[FindingCount]) -> u64 {
    let found: u64 = findings.iter().map(|one| u64::from(one.count)).sum();
    (text.matches("[REDACTED").count() as u64).saturating_sub(found)
}

fn finding(place: &'static str, of: &FindingCount) -> Finding {
    let words = match (of.redacted, of.allowed) {
        (true, true) => "redacted, where a rule did not allow it",
        (true, false) => "redacted",
        (false, true) => "left, since a rule allows it",
        (false, false) => "masked in this record alone",
    };
    Finding { kind: visible_line(&of.kind), count: of.count, words, place }
}

fn statements(body: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    match serde_json::from_str::<serde_json::Value>(body) {
        Ok(value) => policy::json::strings(&value, |at, text| {
            if found.len() < STATEMENTS && looks_like_sql(text) {
                found.push((at.to_owned(), text.to_owned()));
            }
        }),
        Err(_) if looks_like_sql(body) => found.push((String::new(), body.to_owned())),
        Err(_) => {}
    }
    let laid_out = |text: &str| shorten(&sql::lay_out(&visible(text)), TEXT_LIMIT);
    found
        .iter()
        .map(|(at, text)| Statement { at: visible_line(at), text: laid_out(text) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Said {
        let body = BodyRecord { text: text.into(), size: text.len() as u64, ..Default::default() };
        Said::of(&body, &[])
    }

    #[test]
    fn json_is_laid_out_and_sql_in_it_too() {
        let one = said(r#"{"q":"select a from t where b = 1","n":1.00}"#);
        assert_eq!(one.text, "{\n  \"q\": \"select a from t where b = 1\",\n  \"n\": 1.00\n}");
        assert_eq!(one.statements.len(), 1);
        assert!(one.statements[0].text.contains("select a\nfrom t\nwhere"), "{:?}", one.statements);
    }

    #[test]
    fn depth_costs_no_room_and_text_shows_what_it_is() {
        let deep = said(&format!("{}{}", "[".repeat(8_000), "]".repeat(8_000)));
        assert!(deep.cut && deep.text.len() <= TEXT_LIMIT + 3, "{}", deep.text.len());
        assert_eq!(said("a\u{1b}[2J\u{202e}").text, "a\\u{1b}[2J\\u{202e}");
    }

    /// An agent writes what a mask looks like, so that people think that something was masked.
    #[test]
    fn marks_that_came_with_the_body_are_told_apart() {
        let text = "[REDACTED:email] [REDACTED:email] and [REDACTED:us-ssn]";
        let body = BodyRecord { text: text.into(), ..Default::default() };
        let found =
            |count| FindingCount { kind: "email".into(), count, redacted: true, allowed: false };
        assert_eq!(Said::of(&body, &[found(1)]).own_marks, 2);
        assert_eq!(Said::of(&body, &[found(2), found(1)]).own_marks, 0);
        assert_eq!(said("a [REDACTED note]").own_marks, 1);
    }
}
