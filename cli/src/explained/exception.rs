/*!
One recorded call as a condition of CEL that holds of it alone: who calls, where, what, and with which arguments.
What the record does not have is left out and told, since the condition is wider by it.
*/

use std::collections::BTreeMap;
use std::fmt::Write as _;

use policy::backtest;
use policy::query;
use policy::record::Record;
use policy::redact::marks;
use serde_json::Value as Json;

use super::findings::is_called_form;

/// What a condition may have of them; the compiler's limits are a bit above.
const LEAVES: usize = 48;
const LENGTH: usize = 3_000;
/// Conditions may be 40 levels deep, and `&&` is one more for each.
const IN_A_ROW: usize = 8;
/// More digits are no number to a condition.
const DIGITS: usize = 15;

#[derive(Debug, Default)]
pub struct Exception {
    pub condition: String,
    /// What else of the call it does not ask for.
    pub wider: Vec<String>,
}

#[derive(Default)]
struct Terms {
    all: Vec<String>,
    wider: Vec<String>,
    /// Numbers that are masked stand as `0` in records.
    zero_is_masked: bool,
}

/// `proposed`: the tool of a call that a model proposes in its answer.
pub fn of(record: &Record, proposed: Option<&str>) -> Exception {
    let mut terms = Terms::default();
    terms.caller(record);
    terms.place(record);
    match proposed {
        Some(tool) => {
            terms.is("action.tool", tool);
            terms.wider.push("the arguments of the call that was proposed".to_owned());
        }
        None => terms.asked(record),
    }
    let mut exception = Exception::default();
    let mut length = 0;
    for (at, term) in terms.all.iter().enumerate() {
        length += term.len();
        if at >= LEAVES || length > LENGTH {
            terms.wider.push("the rest of it, which is too long for a condition".to_owned());
            terms.all.truncate(at);
            break;
        }
    }
    exception.condition = joined(&terms.all);
    terms.wider.dedup();
    exception.wider = terms.wider;
    exception
}

impl Terms {
    fn is(&mut self, fact: &str, value: &str) {
        if marks(value).next().is_some() {
            self.wider.push(format!("`{fact}`, which is masked in the record"));
        } else {
            self.all.push(format!("{fact} == {}", text(value)));
        }
    }

    fn caller(&mut self, record: &Record) {
        let Some(principal) = &record.principal else {
            self.wider.push("who calls, of whom the record says nothing".to_owned());
            return;
        };
        self.is("principal.issuer", &principal.issuer);
        if principal.subject == record.caller {
            self.wider.push("who calls: records have only keys of subjects".to_owned());
        } else {
            self.is("principal.subject", &principal.subject);
        }
    }

    fn place(&mut self, record: &Record) {
        self.is("action.method", &record.request.method);
        match backtest::place(record) {
            Some((host, path)) => {
                self.is("resource.host", &host);
                self.is("resource.path", &path.to_lowercase());
            }
            None => {
                self.wider.push("host and path, of which the record has only a part".to_owned())
            }
        }
        let target = record.request.judged_as.as_ref();
        let path = target.map_or(&record.request.path, |target| &target.path);
        let query = path.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let mut parameters = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in query::pairs(query) {
            parameters.entry(name).or_default().push(value);
        }
        for (name, values) in parameters {
            let masked = values.iter().chain([&name]).any(|one| marks(one).next().is_some());
            match member("resource.query", &name).filter(|_| !masked) {
                Some(fact) => {
                    let values: Vec<String> = values.iter().map(|one| text(one)).collect();
                    self.all.push(format!("(has({fact}) && {fact} == [{}])", values.join(", ")));
                }
                None => self.wider.push("a parameter of the query, which is masked".to_owned()),
            }
        }
        self.wider.push("other parameters of the query".to_owned());
    }

    /// What it says in its body.
    fn asked(&mut self, record: &Record) {
        let request = &record.request;
        let in_text = marks(&request.body.text).count() as u64;
        let found: u64 = request.findings.iter().map(|one| u64::from(one.count)).sum();
        self.zero_is_masked = in_text < found;
        let body = serde_json::from_str::<Json>(&request.body.text).ok();
        if let Some(mcp) = &request.mcp {
            self.is("action.mcp_method", &mcp.method);
            if let Some(tool) = &mcp.tool {
                self.is("action.tool", tool);
            }
            if let Some(prompt) = &mcp.prompt {
                self.is("action.prompt", prompt);
            }
            match mcp.resources.as_slice() {
                [] => {}
                [uri] => self.is("action.resource_uri", uri),
                _ => self.wider.push("which resources it names".to_owned()),
            }
            if mcp.tool.is_some() || mcp.prompt.is_some() {
                match body.as_ref().and_then(|body| body.pointer("/params/arguments")) {
                    Some(arguments) => self.members("action.arguments", arguments, true),
                    None if body.is_some() => self.all.push("size(action.arguments) == 0".into()),
                    None => self.wider.push("its arguments, which the record has not".to_owned()),
                }
            }
        } else if let Some(model) = &request.model {
            match model.models.as_slice() {
                [name] => self.is("action.model", name),
                _ => self.wider.push("which model".to_owned()),
            }
            self.wider.push("what is said to the model, and its tools".to_owned());
        } else if request.body.size > 0 {
            match body {
                Some(_) if is_called_form(&request.headers) => self.wider.push(
                    "its body: it is called a form, and conditions read nothing of one that is JSON".to_owned(),
                ),
                Some(body) if body.is_object() => self.members("context.body", &body, false),
                _ => self.wider.push("its body".to_owned()),
            }
        } else {
            self.wider.push("a body, which this call had not".to_owned());
        }
    }

    fn members(&mut self, fact: &str, value: &Json, counted: bool) {
        let Json::Object(members) = value else { return };
        if counted {
            self.all.push(format!("size({fact}) == {}", members.len()));
        } else {
            self.wider.push(format!("other members beside those of `{fact}`"));
        }
        for (name, value) in members {
            match member(fact, name) {
                Some(inner) => self.member(&inner, value),
                None => self.wider.push(format!("a member of `{fact}`")),
            }
        }
    }

    fn member(&mut self, fact: &str, value: &Json) {
        match value {
            Json::Object(inner) if inner.is_empty() => self.wider.push(format!("`{fact}`")),
            Json::Object(_) => self.members(fact, value, false),
            value => match literal(value, self.zero_is_masked) {
                Some(literal) => self.all.push(format!("(has({fact}) && {fact} == {literal})")),
                None => self.wider.push(format!("`{fact}`, of which the record says too little")),
            },
        }
    }
}

/// `None`: masked, or nothing that a condition compares.
fn literal(value: &Json, zero_is_masked: bool) -> Option<String> {
    match value {
        Json::Null => Some("null".to_owned()),
        Json::Bool(flag) => Some(flag.to_string()),
        Json::Number(number) => {
            let shown = number.to_string();
            let plain = shown.bytes().all(|b| b.is_ascii_digit() || b"-.".contains(&b));
            (plain && shown.len() <= DIGITS && !(zero_is_masked && shown == "0")).then_some(shown)
        }
        Json::String(value) => marks(value).next().is_none().then(|| text(value)),
        Json::Array(entries) => {
            let nested = |entry: &Json| entry.is_array() || entry.is_object();
            if entries.iter().any(nested) {
                return None;
            }
            let all: Option<Vec<String>> =
                entries.iter().map(|entry| literal(entry, zero_is_masked)).collect();
            Some(format!("[{}]", all?.join(", ")))
        }
        Json::Object(_) => None,
    }
}

/// A name that is no word stands between backticks.
fn member(fact: &str, name: &str) -> Option<String> {
    const KEYWORDS: &[&str] = &[
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ];
    let mut characters = name.chars();
    let first = characters.next()?;
    let word = (first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !KEYWORDS.contains(&name);
    if word {
        return Some(format!("{fact}.{name}"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-/ ".contains(c);
    name.chars().all(plain).then(|| format!("{fact}.`{name}`"))
}

/// In ASCII, so that nothing in it is otherwise on a screen than in a file.
fn text(value: &str) -> String {
    let mut written = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => {
                written.push('\\');
                written.push(c);
            }
            ' '..='~' => written.push(c),
            c if u32::from(c) > 0xffff => {
                let _ = write!(written, "\\U{:08x}", u32::from(c));
            }
            c => {
                let _ = write!(written, "\\u{:04x}", u32::from(c));
            }
        }
    }
    written.push('"');
    written
}

fn joined(terms: &[String]) -> String {
    if terms.len() <= IN_A_ROW {
        return terms.join(" && ");
    }
    let rows: Vec<String> =
        terms.chunks(IN_A_ROW).map(|row| format!("({})", row.join(" && "))).collect();
    rows.join(" && ")
}
