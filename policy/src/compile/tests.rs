use super::{Source, SourceFile, compile};
use crate::bundle::Bundle;

fn source(text: &str) -> Source {
    Source {
        name: "bundle.yaml".to_owned(),
        files: vec![SourceFile { path: "bundle.yaml".to_owned(), text: text.to_owned() }],
    }
}

fn mistakes(text: &str) -> String {
    let diagnostics = compile(&[source(text)]).unwrap_err();
    diagnostics
        .iter()
        .map(|d| {
            format!(
                "{}:{} {} {} | {}\n",
                d.line,
                d.column,
                d.code,
                d.message,
                d.help.as_deref().unwrap_or("")
            )
        })
        .collect()
}

#[test]
fn smallest_bundle() {
    let file = compile(&[source("bundle: {name: small, version: 1.0.0, serial: 3}\n")]).unwrap();
    let bundle = Bundle::decode(&file).unwrap();
    assert_eq!(
        (bundle.name.as_str(), bundle.version.as_str(), bundle.serial),
        ("small", "1.0.0", 3)
    );
    assert!(bundle.revision.starts_with("sha256:") && bundle.revision.len() == 71);
}

#[test]
fn tells_all_mistakes_at_once() {
    let text = "\
bundle: {name: Bad Name, version: 1.0.0}
rules:
  - name: drop
    on: request
    efect: deny
    match:
      http: {methd: [GET]}
  - name: keep
    on: respons
    effect: redact
    hold: {expiry: 10}
";
    print!("{}", mistakes(text));
}
