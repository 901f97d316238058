/*!
Headers that repeat what the message says, since 2026-07-28: method, name and the arguments that a tool marks with
`x-mcp-header` (SEP-2243). Only new servers compare them, and what stands between may act on the one or the other.
*/

use base64::Engine;

use super::{McpCall, ReadError};
use crate::json::Node;

const ARGUMENT: &str = "mcp-param-";
/// Each is looked for in all of the arguments.
const ARGUMENTS_MAX: usize = 16;

/// # Errors
///
/// One differs from the body. Which argument a header repeats only the tool's schema says: it has to be one of
/// them at least.
pub(super) fn check(
    call: &McpCall,
    params: &Node<'_>,
    headers: &[(String, String)],
) -> Result<(), ReadError> {
    let arguments = params.get("arguments").unwrap_or(&Node::Null);
    if headers.iter().filter(|(header, _)| header.starts_with(ARGUMENT)).count() > ARGUMENTS_MAX {
        return Err(ReadError::ambiguous("too many headers `mcp-param-...`"));
    }
    for (at, (header, value)) in headers.iter().enumerate() {
        let same = match header.as_str() {
            "mcp-method" => *value == call.method,
            "mcp-name" => text(value).is_some_and(|said| is_name(&said, call, params)),
            _ if header.starts_with(ARGUMENT) => {
                let twice = headers.iter().skip(at + 1).any(|(other, _)| other == header);
                let said = text(value);
                !twice && said.is_some_and(|said| has(arguments, (&said, number(&said))))
            }
            _ => true,
        };
        if !same {
            return Err(ReadError::ambiguous(format!("header `{header}` differs from the body")));
        }
    }
    Ok(())
}

/// Extensions have names of their own for what their messages are about:
/// the header has to be one of the parameters at least.
fn is_name(said: &str, call: &McpCall, params: &Node<'_>) -> bool {
    let named = [&call.tool, &call.prompt, &call.task].into_iter().flatten().next();
    match (named, call.resources.as_slice()) {
        (Some(name), _) => name == said,
        (None, [uri]) => uri == said,
        (None, _) => {
            let members = params.members().unwrap_or_default();
            members.iter().any(|(_, value)| value.text() == Some(said))
        }
    }
}

/// However deep in objects: entries of lists are not repeated.
fn has(arguments: &Node<'_>, said: (&str, Option<f64>)) -> bool {
    match arguments {
        Node::Object(members) => members.iter().any(|(_, member)| has(member, said)),
        Node::Text(text) => text == said.0,
        Node::Bool(flag) => said.0 == if *flag { "true" } else { "false" },
        Node::Number(literal) => {
            *literal == said.0 || (said.1.is_some() && number(literal) == said.1)
        }
        Node::Array(_) | Node::Null => false,
    }
}

/// A server may take `42.0` for `42`. What a double cannot tell apart has to be the same text.
fn number(literal: &str) -> Option<f64> {
    let number: f64 = literal.parse().ok()?;
    (number.abs() < 2f64.powi(53)).then_some(number)
}

/// A value that is not plain ASCII travels as `=?base64?...?=`.
fn text(value: &str) -> Option<String> {
    let Some(encoded) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="))
    else {
        return Some(value.to_owned());
    };
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::json::Node;
    use crate::protocol::McpCall;

    #[test]
    fn a_header_repeats_an_argument() {
        let body = r#"{"name":"run","arguments":{"region":"eu","at":{"deep":"z\u00fcrich"},"n":42,"big":9007199254740993,
            "yes":true,"none":null,"list":["in"]}}"#;
        let params = Node::parse(body, 64).unwrap();
        let passes = |values: &[&str]| {
            let headers =
                values.iter().map(|value| ("mcp-param-x".to_owned(), (*value).to_owned()));
            let headers: Vec<_> = headers.collect();
            check(&McpCall::default(), &params, &headers).is_ok()
        };
        for value in [
            "eu",
            "=?base64?ZXU=?=",
            "=?base64?esO8cmljaA==?=",
            "42",
            "42.0",
            "9007199254740993",
            "true",
        ] {
            assert!(passes(&[value]), "{value}");
        }
        for value in [
            "",
            "us",
            "EU",
            "run",
            "43",
            "9007199254740992",
            "9007199254740993.0",
            "True",
            "null",
            "in",
            "eu, us",
            "=?base64?!?=",
            "=?base64?dXM=?=",
            "=?BASE64?ZXU=?=",
            "nan",
            "inf",
        ] {
            assert!(!passes(&[value]), "{value}");
        }
        assert!(!passes(&["eu", "eu"]) && !passes(&["eu", "us"]));
    }
}
