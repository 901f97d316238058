/*! `text.matches('regex')`: the expression becomes an automaton here. */

use std::convert::Infallible;

use cel::common::ast::IdedExpr;
use regex_automata::dfa::StartKind;
use regex_syntax::ast::{self, Ast};

use super::super::pattern::automaton;
use super::check::{Checker, Lowered};
use super::types::Type;
use crate::condition::{AUTOMATON_MAX, Expression, Regex};

const CODE: &str = "GH125";

/// Levels of groups and the like.
const NEST_MAX: u32 = 50;

impl Checker<'_> {
    pub(super) fn matches(&mut self, part: &IdedExpr, of: &IdedExpr, regex: &IdedExpr) -> Lowered {
        let (lowered, kind) = self.lower(of)?;
        if !matches!(kind, Type::Text(_) | Type::Any) {
            let message = format!("`matches` does not work on {}", kind.name());
            return self.refuse("GH122", part, message, "write `text.matches('[a-z]+')`");
        }
        let Some((Expression::Text(text), _)) = self.lower(regex) else {
            let help = "write the expression down, as in `text.matches('^[a-z]+$')`";
            return self.refuse(CODE, regex, "an expression that comes from elsewhere", help);
        };
        match compile(&text) {
            Ok(regex) => Some((Expression::Matches(Box::new(lowered), regex), Type::Flag)),
            Err((message, help)) => self.refuse(CODE, regex, message, help),
        }
    }
}

fn compile(text: &str) -> Result<Regex, (String, &'static str)> {
    let unread = |why: String| {
        (format!("the expression cannot be read: {why}"), "it is written as RE2 has it")
    };
    let plain = in_ascii(text).map_err(unread)?;
    let parsed = regex_syntax::ParserBuilder::new().nest_limit(NEST_MAX).build().parse(&plain);
    let parsed = parsed.map_err(|error| match error {
        regex_syntax::Error::Parse(error) => unread(error.kind().to_string()),
        regex_syntax::Error::Translate(error) => unread(error.kind().to_string()),
        _ => unread("it is not understood".into()),
    })?;
    let too_large = || {
        let help = "use smaller counts of repetitions, and `[a-z]` in place of classes of Unicode";
        ("the automaton of this expression is too large".to_owned(), help)
    };
    let bytes = automaton(&[parsed], StartKind::Unanchored, false, AUTOMATON_MAX);
    Regex::new(text.to_owned(), bytes.map_err(|_| too_large())?).ok_or_else(too_large)
}

/// `\d`, `\s`, `\w` and `\b` are about ASCII in RE2, about all of Unicode in the parser.
fn in_ascii(text: &str) -> Result<String, String> {
    let parser = ast::parse::ParserBuilder::new().nest_limit(NEST_MAX).build().parse(text);
    let parsed = parser.map_err(|error| error.kind().to_string())?;
    let Ok(found) = ast::visit(&parsed, Classes(Vec::new()));
    let mut plain = String::with_capacity(text.len());
    let mut read = 0;
    for (span, class) in found {
        plain.push_str(text.get(read..span.start.offset).unwrap_or_default());
        plain.push_str(class);
        read = span.end.offset;
    }
    plain.push_str(text.get(read..).unwrap_or_default());
    Ok(plain)
}

/// What stands in the place of each, in the order of the text.
struct Classes(Vec<(ast::Span, &'static str)>);

impl Classes {
    fn class(&mut self, class: &ast::ClassPerl) {
        use ast::ClassPerlKind::{Digit, Space, Word};
        let plain = match (&class.kind, class.negated) {
            (Digit, false) => "[0-9]",
            (Digit, true) => "[^0-9]",
            (Space, false) => r"[\t\n\f\r ]",
            (Space, true) => r"[^\t\n\f\r ]",
            (Word, false) => "[0-9A-Za-z_]",
            (Word, true) => "[^0-9A-Za-z_]",
        };
        self.0.push((class.span, plain));
    }
}

impl ast::Visitor for Classes {
    type Output = Vec<(ast::Span, &'static str)>;
    type Err = Infallible;

    fn finish(self) -> Result<Self::Output, Infallible> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, node: &Ast) -> Result<(), Infallible> {
        match node {
            Ast::ClassPerl(class) => self.class(class),
            Ast::Assertion(assertion) => match assertion.kind {
                ast::AssertionKind::WordBoundary => {
                    self.0.push((assertion.span, r"(?-u:\b)"));
                }
                ast::AssertionKind::NotWordBoundary => {
                    self.0.push((assertion.span, r"(?-u:\B)"));
                }
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Infallible> {
        if let ast::ClassSetItem::Perl(class) = item {
            self.class(class);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use regex_automata::dfa::dense;

    use super::*;

    /// Whoever signs a bundle may have built it otherwise.
    #[test]
    fn a_large_automaton_is_not_taken_from_a_bundle() {
        let built = |text: &str| {
            let config = dense::Config::new().start_kind(StartKind::Unanchored);
            let dfa = dense::Builder::new().configure(config).build(text).unwrap();
            let (bytes, padding) = dfa.to_bytes_little_endian();
            bytes[padding..].to_vec()
        };
        let (small, large) = (built("(?-u)a[a-c]{4}b"), built("(?-u)a[a-c]{12}b"));
        assert!(small.len() < AUTOMATON_MAX && large.len() > AUTOMATON_MAX);
        assert!(Regex::new("a".into(), small).is_some());
        assert!(Regex::new("a".into(), large).is_none());
    }
}
