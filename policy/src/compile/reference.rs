/*! Every field of a bundle's files as a page of Markdown, made from the shapes that check them. */

use super::condition::VARIABLES;
use super::document::FILE;
use super::shape::{Field, Shape};

const HEAD: &str = "\
# Fields of a bundle

<!-- Written by `make gen`; change the shapes in policy/src/compile instead. -->

A bundle is a folder of YAML files, or one file. Each file may hold any of `bundle`, `rules`,
`patterns` and `tests`; files under `tests/` hold cases only. Where a list is asked for, a single
entry may stand for a list of one.
";

const CONDITIONS: &str = "
## Conditions

`when` is an expression of [CEL](https://cel.dev). It has `&&`, `||`, `!`, `==`, `!=`, `<`, `<=`, `>`,
`>=`, `in`, `+`, `-`, `*`, `? :`, lists, `has(a.b)`, `list.exists(e, ...)`, `list.all(e, ...)`, `size(a)`,
`startsWith`, `endsWith`, `contains`, `lowerAscii` and `matches`. Names that are no words stand between
backticks: ``has(action.arguments.`dry-run`)``.

`text.matches('^re?g[ex]$')` looks for a regular expression, in the syntax of RE2, anywhere in the text; it
has to be written down. Moments and spans of time are `context.time`, `timestamp('2027-01-31T18:00:00Z')` and
`duration('1h30m')`, to the second, with `<`, `==`, `+` and `-`. A moment has `getFullYear()`,
`getMonth()` and `getDayOfYear()` from 0, `getDate()` from 1, `getDayOfMonth()` from 0, `getDayOfWeek()` from 0
for Sunday, `getHours()`, `getMinutes()` and `getSeconds()`, in UTC or as in `getHours('+02:00')`.

A rule matches if its `match` does and its condition is true. Where the condition has no value, the call
is denied: a member is missing and `has` did not ask for it, values are of types that do not fit, a
member stands there in another case (`Amount` for `amount`, which some servers take for the same), or
it would take too much work. `&&` and `||` need no value of one side if the other one decides.

Callers choose the types in their JSON, so conditions are stricter there than CEL, and have no value:

* `==`, `!=` and `in` where the two are of different types, such as `1` or `'true'` for `true`. Null
  differs from everything else. A list written in the condition may hold several types: `id in [7, '7']`.
* `in`, `exists`, `all` and `size` of a map where a list was meant, and `size` of text. Maps in the table
  below have them; ask for members of others by `has(a.b)`, and for the size of text by `size('' + a)`.
* Numbers that would not be exact: whole ones beyond 64 bits, others of more than 15 digits, any of more
  than 64 characters, and results that are infinite. Whole numbers and others are compared exactly.
* Text with a NUL in it, at which some servers end it.

`exists` and `all` over a map run through its names as they are, in any case; `'force' in` asks for one
name and minds other spellings of it.

Conditions on responses ask about the request that led to them.

| name | is | meaning |
|---|---|---|
";

pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    for field in FILE {
        section(field.name, field, &mut page);
    }
    conditions(&mut page);
    page
}

/// What `when` may ask about.
fn conditions(page: &mut String) {
    page.push_str(CONDITIONS);
    for one in VARIABLES {
        let lacking = if one.optional { ", may be missing" } else { "" };
        let (name, kind, about) = (one.fact.name(), one.type_name(), one.about);
        page.push_str(&format!("| `{name}` | {kind}{lacking} | {about} |\n"));
    }
}

/// A heading, the fields as a table, and then a section for each field that has fields of its own.
fn section(path: &str, field: &Field, page: &mut String) {
    let Some(fields) = fields(&field.shape) else { return };
    page.push_str(&format!(
        "\n## `{path}`\n\n{}\n\n| field | is | meaning |\n|---|---|---|\n",
        field.about
    ));
    for inner in fields {
        let needed = if inner.required { ", required" } else { "" };
        let about = inner.about.replace('|', "\\|");
        page.push_str(&format!(
            "| `{}` | {}{needed} | {about} |\n",
            inner.name,
            kind(&inner.shape)
        ));
    }
    for inner in fields {
        section(&format!("{path}.{}", inner.name), inner, page);
    }
}

fn fields(shape: &Shape) -> Option<&'static [Field]> {
    match shape {
        Shape::Record(fields) => Some(fields),
        Shape::List(entry) | Shape::Map(entry) | Shape::Either(entry, _) => fields(entry),
        _ => None,
    }
}

fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Text => "text".into(),
        Shape::Name => "a name".into(),
        Shape::Flag => "`true` or `false`".into(),
        Shape::Count => "a whole number".into(),
        Shape::Number => "a number".into(),
        Shape::Duration => "a duration: `30s`, `10m`, `4h`, `7d`".into(),
        Shape::Size => "bytes: `512KiB`, `10MiB`, `2GiB`, or a number".into(),
        Shape::Instant => "a moment: `2027-01-31T18:00:00Z`".into(),
        Shape::OneOf(names) => {
            names().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        }
        Shape::List(entry) => format!("a list of: {}", kind(entry)),
        Shape::Map(value) => format!("names, each with: {}", kind(value)),
        Shape::Record(_) => "fields, see below".into(),
        Shape::Either(_, list) => format!("{}, or fields, see below", kind(list)),
        Shape::Parts => "text, or a list of texts that are joined".into(),
        Shape::Condition => "a condition, see [conditions](#conditions)".into(),
        Shape::Any => "any JSON".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::{Source, SourceFile, compile};

    #[test]
    fn each_code_has_a_page_and_each_page_a_code() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut codes = BTreeSet::new();
        collect(&root.join("src/compile"), &mut codes);
        let index = std::fs::read_to_string(root.join("../docs/errors/README.md")).unwrap();
        let mut pages = BTreeSet::new();
        for entry in std::fs::read_dir(root.join("../docs/errors")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if let Some(code) = name.strip_suffix(".md").filter(|code| code.starts_with("GH")) {
                assert!(index.contains(&format!("[{code}]({code}.md)")), "{code} is in no index");
                pages.insert(code.to_owned());
            }
        }
        assert_eq!(codes, pages);
    }

    #[test]
    fn the_example_of_each_page_has_that_mistake() {
        let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors");
        let mut tried = 0;
        for entry in std::fs::read_dir(pages).unwrap().map(|entry| entry.unwrap().path()) {
            let text = std::fs::read_to_string(&entry).unwrap();
            let Some((_, rest)) = text.split_once("```yaml\n") else { continue };
            let example = rest.split_once("```").unwrap().0;
            let code = entry.file_stem().unwrap().to_string_lossy().into_owned();
            let whole = code == "GH110" || example.starts_with("bundle:");
            let head = if whole { "" } else { "bundle: {name: a, version: '1'}\n" };
            let file = SourceFile { path: String::new(), text: format!("{head}{example}") };
            let source = Source { name: code.clone(), files: vec![file], ..Source::default() };
            let found = compile(&[source]).map(|file| file.len()).unwrap_err();
            assert!(found.iter().any(|mistake| mistake.code == code), "{code}: {found:?}");
            tried += 1;
        }
        assert!(tried > 20);
    }

    fn collect(folder: &Path, codes: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                collect(&entry, codes);
                continue;
            }
            let text = std::fs::read_to_string(&entry).unwrap();
            for piece in text.split("\"GH").skip(1) {
                let code: String = piece.chars().take_while(char::is_ascii_digit).collect();
                if code.len() == 3 && !entry.ends_with("tests.rs") {
                    codes.insert(format!("GH{code}"));
                }
            }
        }
    }
}
