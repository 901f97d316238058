/*! What has to be around a match: from what is written to what is compared. */

use serde::Deserialize;

use super::diagnostic::Diagnostics;
use super::document::Part;
use super::shape::{Field, Shape, optional, required};
use crate::scan::{Context, FIELDS_MAX, WITHIN, WITHIN_MAX, WORDS_MAX, normal_field};

/// Letters and digits of a name.
const FIELD_MAX: usize = 64;

pub(super) const CONTEXT: &[Field] = &[
    required(
        "words",
        Shape::List(&Shape::Text),
        "Words or terms such as `account number`, of which one has to be there as whole words. Case does not count, and a blank, `_` and `-` between words are alike.",
    ),
    optional(
        "within",
        Shape::Count,
        "How many bytes before or after a match a word may lie: 1 to 100, 40 if not said.",
    ),
];

#[derive(Deserialize)]
pub(super) struct Written {
    words: Vec<String>,
    within: Option<u32>,
}

/// `None` if there is a mistake.
pub(super) fn compile(
    written: Written,
    part: &Part,
    diagnostics: &mut Diagnostics,
) -> Option<Context> {
    let within = written.within.unwrap_or(WITHIN);
    let words: Vec<String> = written.words.iter().map(|word| Context::normal(word)).collect();
    let mut mistake = |message: String, help: String| {
        diagnostics.add_with_help("GH208", part.node.place_of("context"), message, help);
        None
    };
    if !(1..=WITHIN_MAX).contains(&within) {
        let help = format!("say 1 to {WITHIN_MAX} bytes; most labels stand within {WITHIN}");
        return mistake(format!("`within` cannot be {within}"), help);
    }
    if !(1..=WORDS_MAX).contains(&words.len()) {
        let message = format!("`context` has {} words", words.len());
        return mistake(message, format!("name 1 to {WORDS_MAX}; without any, no match counts"));
    }
    for (word, said) in words.iter().zip(&written.words) {
        if word.is_empty() {
            return mistake(format!("`{said}` is no word"), "write letters or digits".into());
        }
        if word.len() > within as usize {
            let message = format!("`{said}` never lies within {within} bytes: it is longer");
            return mistake(message, format!("say `within: {WITHIN_MAX}` or a shorter word"));
        }
    }
    Some(Context { words, within })
}

/// `None` if there is a mistake.
pub(super) fn fields(
    written: &[String],
    part: &Part,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<String>> {
    let mut mistake = |message: String, help: String| {
        diagnostics.add_with_help("GH209", part.node.place_of("fields"), message, help);
        None
    };
    if !(1..=FIELDS_MAX).contains(&written.len()) {
        let help = format!("name 1 to {FIELDS_MAX}; without any, no match counts");
        return mistake(format!("`fields` has {} names", written.len()), help);
    }
    let mut fields: Vec<String> = written.iter().map(|name| normal_field(name)).collect();
    for (field, said) in fields.iter().zip(written) {
        if !(1..=FIELD_MAX).contains(&field.trim_start_matches('*').len()) {
            let help = format!(
                "write 1 to {FIELD_MAX} letters or digits, after a `*` if others may stand before them"
            );
            return mistake(format!("`{said}` is no name of a field"), help);
        }
    }
    if let Some(said) = written.iter().find(|said| said.chars().skip(1).any(|c| c == '*')) {
        let help = "write `*` only before a name, for any words before it".to_owned();
        return mistake(format!("`{said}` has a `*` elsewhere than at its begin"), help);
    }
    fields.sort();
    fields.dedup();
    Some(fields)
}

#[cfg(test)]
mod tests {
    use crate::bundle::Bundle;
    use crate::compile::{Source, SourceFile, compile};
    use crate::scan::Context;

    fn compiled(context: &str) -> Result<Option<Context>, String> {
        let text = format!(
            "bundle: {{name: one, version: '1'}}\npatterns:\n  - {{name: a, kind: a, regex: 'key-[0-9]{{4}}', context: {context}}}\n"
        );
        let files = vec![SourceFile { path: String::new(), text }];
        match compile(&[Source { name: "one".into(), files, ..Source::default() }]) {
            Ok(file) => {
                let bundle = Bundle::decode(&file).unwrap();
                Ok(bundle.scanner.specs().next().unwrap().context.clone())
            }
            Err(mistakes) => {
                Err(mistakes.iter().map(|m| format!("{} {}", m.code, m.message)).collect())
            }
        }
    }

    #[test]
    fn terms_are_compared_in_one_form() {
        let context = compiled("{words: [IBAN, ' Account_-Number ']}").unwrap().unwrap();
        assert_eq!(context.words, ["iban", "account number"]);
        assert_eq!(context.within, 40);
        assert_eq!(compiled("{words: iban, within: 4}").unwrap().unwrap().within, 4);
        assert_eq!(compiled("{words: iban, within: 100}").unwrap().unwrap().within, 100);
    }

    #[test]
    fn words_that_can_never_stand_there() {
        let many: Vec<String> = (0..33).map(|n| format!("w{n}")).collect();
        for (context, message) in [
            ("{words: []}".to_owned(), "`context` has 0 words"),
            (format!("{{words: [{}]}}", many.join(", ")), "`context` has 33 words"),
            ("{words: [a, ' -']}".into(), "` -` is no word"),
            ("{words: iban, within: 0}".into(), "`within` cannot be 0"),
            ("{words: iban, within: 101}".into(), "`within` cannot be 101"),
            ("{words: iban, within: 3}".into(), "`iban` never lies within 3 bytes: it is longer"),
        ] {
            assert_eq!(compiled(&context), Err(format!("GH208 {message}")));
        }
        assert!(compiled(&format!("{{words: [{}]}}", many[..32].join(", "))).is_ok());
    }

    fn fields(fields: &str) -> Result<Vec<String>, String> {
        let text = format!(
            "bundle: {{name: one, version: '1'}}\npatterns:\n  - {{name: a, kind: a, regex: 'key-[0-9]{{4}}', fields: {fields}}}\n"
        );
        let files = vec![SourceFile { path: String::new(), text }];
        match compile(&[Source { name: "one".into(), files, ..Source::default() }]) {
            Ok(file) => {
                let bundle = Bundle::decode(&file).unwrap();
                Ok(bundle.scanner.specs().next().unwrap().fields.clone())
            }
            Err(mistakes) => {
                Err(mistakes.iter().map(|m| format!("{} {}", m.code, m.message)).collect())
            }
        }
    }

    #[test]
    fn names_of_fields() {
        assert_eq!(
            fields("[ssn, socialSecurityNumber, Social-Security_Number]").unwrap(),
            ["socialsecuritynumber", "ssn"]
        );
        let many: Vec<String> = (0..65).map(|n| format!("f{n}")).collect();
        assert!(fields(&format!("[{}]", many[..64].join(", "))).is_ok());
        for (written, message) in [
            ("[]".to_owned(), "`fields` has 0 names"),
            (format!("[{}]", many.join(", ")), "`fields` has 65 names"),
            ("[ssn, '_']".into(), "`_` is no name of a field"),
        ] {
            assert_eq!(fields(&written), Err(format!("GH209 {message}")));
        }
        let long = "f".repeat(65);
        assert_eq!(fields(&long), Err(format!("GH209 `{long}` is no name of a field")));
    }

    /// Whoever compiled it: a gateway takes none that breaks what bounds its work.
    #[test]
    fn what_a_gateway_takes() {
        let sound = |words: &[&str], within| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            Context { words, within }.is_sound()
        };
        assert!(sound(&["iban", "account number"], 100));
        assert!(!sound(&[], 100) && !sound(&["iban"], 101) && !sound(&["iban"], 3));
        assert!(!sound(&[""], 100) && !sound(&["Iban"], 100) && !sound(&["a"; 33], 100));
    }
}
