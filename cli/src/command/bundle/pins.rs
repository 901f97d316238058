/*! `gatehouse bundle pins`: the digests of the tools of a saved answer to `tools/list`, as a bundle has them. */

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use policy::pin::{self, ToolDigest};
use serde_json::json;

use crate::print::{self, Format};

/// What a gateway reads of an answer, and more.
const ANSWER_MAX: u64 = 64 * 1024 * 1024;

#[derive(Args)]
pub struct Arguments {
    /// The answer, as JSON: the whole message or its result. Absent, or `-`: it comes by standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// What the set of pins is called.
    #[arg(long, default_value = "tools")]
    name: String,
}

pub fn run(arguments: &Arguments, format: Format) -> Result<ExitCode> {
    let text = read(arguments)?;
    let tools = pin::of_answer(&text).map_err(|why| anyhow!("this is no list of tools: {why}"))?;
    print::out(&match format {
        Format::Human => yaml(&arguments.name, &tools),
        Format::Json => {
            print::json(&json!({ "pins": [{ "name": arguments.name, "tools": tools }] }))?
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn read(arguments: &Arguments) -> Result<String> {
    let mut text = String::new();
    match &arguments.file {
        Some(file) if file.as_os_str() != "-" => {
            let opened = std::fs::File::open(file);
            let opened = opened.with_context(|| format!("cannot read `{}`", file.display()))?;
            opened.take(ANSWER_MAX).read_to_string(&mut text)
        }
        _ => std::io::stdin().take(ANSWER_MAX).read_to_string(&mut text),
    }
    .context("the answer is not utf-8 text")?;
    if text.trim().is_empty() {
        bail!("there is no answer: save what the server answers to `tools/list`");
    }
    Ok(text)
}

fn yaml(name: &str, tools: &BTreeMap<String, ToolDigest>) -> String {
    let mut text = format!("pins:\n  - name: {name}\n    tools:");
    if tools.is_empty() {
        text += " {}";
    }
    for (tool, digest) in tools {
        text += &format!("\n      {}: {digest}", key(tool));
    }
    text
}

/// In quotes where YAML could take it for something else. Its quoted text is read as JSON writes it, but for
/// characters that no YAML has as they are.
fn key(tool: &str) -> String {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let plain = tool.contains('_') && tool.bytes().all(word);
    let starts = tool.starts_with(|first: char| first.is_ascii_alphabetic());
    if plain && starts {
        return tool.to_owned();
    }
    let quoted = json!(tool).to_string();
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    let escape = |c: char| if unseen(c) { format!("\\u{:04x}", u32::from(c)) } else { c.into() };
    quoted.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use policy::compile::{Source, SourceFile, compile};
    use policy::pin::of_answer;

    use super::yaml;

    #[test]
    fn what_is_printed_is_a_part_of_a_bundle() {
        let names = [
            "create_ticket",
            "no",
            "a: b",
            "\u{7f}\u{85}\u{2028}\u{feff}\u{fffe}\u{1f600}\n\"\\",
            "1_0",
            "~",
            "{{x}}",
        ];
        let tools: Vec<_> = names.iter().map(|name| serde_json::json!({"name": name})).collect();
        let tools = of_answer(&serde_json::json!({"tools": tools}).to_string()).unwrap();
        let printed = yaml("own", &tools);
        assert!(printed.contains("\n      create_ticket: sha256:"), "{printed}");
        let text = format!("bundle: {{name: a, version: '1'}}\n{printed}\n");
        let file = SourceFile { path: String::new(), text };
        let source = Source { name: "a".into(), files: vec![file], ..Source::default() };
        let compiled = compile(&[source]).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        let bundle = policy::bundle::Bundle::decode(&compiled).unwrap();
        assert_eq!((bundle.pins[0].name.as_str(), &bundle.pins[0].tools), ("own", &tools));
        assert!(yaml("own", &of_answer(r#"{"tools":[]}"#).unwrap()).ends_with("tools: {}"));
    }
}
