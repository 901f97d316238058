/*! Laying out JSON token by token, and finding the parts of a JSON-RPC call in it. */

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The call inside a JSON-RPC message, as slices of it.
#[derive(Default)]
pub struct Rpc<'a> {
    pub method: Option<String>,
    pub tool: Option<String>,
    pub arguments: Option<&'a str>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

/// `None` if it is no JSON-RPC message or says something twice: the body is shown as it is then.
pub fn rpc(body: &str) -> Option<Rpc<'_>> {
    let message: Message<'_> = serde_json::from_str(body).ok()?;
    let method = message.method?.into_owned();
    let params = message.params.map(RawValue::get);
    if method != "tools/call" {
        return Some(Rpc { method: Some(method), tool: None, arguments: params });
    }
    let params: Params<'_> = serde_json::from_str(params?).ok()?;
    Some(Rpc {
        method: Some(method),
        tool: params.name.map(Cow::into_owned),
        arguments: params.arguments.map(RawValue::get),
    })
}

/// What tells a tool that a model proposes from others of its name, in front of the name.
pub fn which(body: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Which<'a> {
        #[serde(borrow)]
        namespace: Option<&'a RawValue>,
        #[serde(borrow)]
        server_label: Option<&'a RawValue>,
    }
    let message: Message<'_> = serde_json::from_str(body).ok()?;
    let of: Which<'_> = serde_json::from_str(message.params?.get()).ok()?;
    let said = [of.server_label, of.namespace].into_iter().flatten();
    let said: Vec<&str> = said.map(|one| one.get().trim_matches('"')).collect();
    (!said.is_empty()).then(|| said.join("."))
}

/// What is deeper stands no further to the right: a body of brackets alone would be megabytes of spaces.
const DEEPEST: usize = 32;

/// Two spaces a level; strings with as few escapes as JSON allows, everything else verbatim.
/// Text that is not JSON stays as it is.
pub fn pretty(text: &str) -> String {
    if serde_json::from_str::<&RawValue>(text).is_err() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let token = rest.get(..token_length(rest, first)).unwrap_or(rest);
        rest = rest.get(token.len()..).unwrap_or_default().trim_start();
        match first {
            '{' | '[' if rest.starts_with(['}', ']']) => out.push(first),
            '{' | '[' => {
                depth += 1;
                out.push(first);
                new_line(&mut out, depth);
            }
            '}' | ']' if out.ends_with(['{', '[']) => out.push(first),
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(first);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            '"' => out.push_str(&minimal(token)),
            _ => out.push_str(token),
        }
    }
    out
}

/// Bytes of the token at the start of valid JSON.
fn token_length(text: &str, first: char) -> usize {
    match first {
        '"' => {
            let mut escaped = false;
            let end = text.char_indices().skip(1).find(|&(_, character)| {
                let ends = character == '"' && !escaped;
                escaped = character == '\\' && !escaped;
                ends
            });
            end.map_or(text.len(), |(at, _)| at + 1)
        }
        '{' | '}' | '[' | ']' | ',' | ':' => 1,
        _ => text.find(|c: char| ",:]}".contains(c) || c.is_whitespace()).unwrap_or(text.len()),
    }
}

fn minimal(token: &str) -> Cow<'_, str> {
    let decoded = serde_json::from_str::<String>(token);
    match decoded.and_then(|text| serde_json::to_string(&text)) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(token),
    }
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(DEEPEST)));
}
