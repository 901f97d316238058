use crate::bundle::Bundle;
use crate::compile::{Source, SourceFile, compile};
use crate::pin::PinSet;
use crate::rule::Mode;

const HEAD: &str = "bundle: {name: b, version: '1', sections: [stock]}\npins:\n";

fn source(text: &str) -> Source {
    let file = SourceFile { path: "b.yaml".into(), text: text.into() };
    Source { name: "b".into(), files: vec![file], ..Source::default() }
}

fn mistakes(pins: &str) -> Vec<String> {
    let found = compile(&[source(&format!("{HEAD}{pins}\n"))]).err().unwrap_or_default();
    found.iter().map(|one| format!("{}:{} {}", one.line, one.code, one.message)).collect()
}

fn digest() -> String {
    format!("sha256:{}", "0f".repeat(32))
}

#[test]
fn pins_are_lowered() {
    let digest = digest();
    let text = format!(
        "{HEAD}  - {{name: tickets, description: d, sections: stock, match: {{http: {{path: /t/**, host: '*.com'}}}}, tools: {{create_ticket: '{digest}'}}, mode: shadow}}\n  - {{name: all, tools: {{}}}}\n"
    );
    let file = compile(&[source(&text)]).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let bundle = Bundle::decode(&file).unwrap();
    let [tickets, all]: [PinSet; 2] = bundle.pins.try_into().unwrap();
    assert_eq!(tickets.tools["create_ticket"].to_string(), digest);
    assert_eq!((tickets.mode, all.mode), (Mode::Shadow, Mode::Enforce));
    let place = tickets.matches.http.unwrap();
    assert_eq!((place.path, place.host), (vec!["/t/**".to_owned()], vec!["*.com".to_owned()]));
    assert_eq!(tickets.sections, ["stock"]);
    let shadow = text.replace("version: '1'", "version: '1', mode: shadow");
    let bundle = Bundle::decode(&compile(&[source(&shadow)]).unwrap()).unwrap();
    assert_eq!(bundle.pins[1].mode, Mode::Shadow);
}

#[test]
fn mistakes_are_told_where_they_are() {
    let good = digest();
    for (pins, told) in [
        (
            "  - {name: a, tools: {}}\n  - {name: a, tools: {}}",
            "4:GH111 there are two sets of pins",
        ),
        ("  - {name: a, sections: [x], tools: {}}", "3:GH116 the bundle has no section `x`"),
        ("  - {name: a}", "3:GH103 the field `tools`"),
        ("  - name: a\n    tools:\n      t: sha256:00", "5:GH136 the pin of `t` is no digest"),
        ("  - {name: a, tool: {}, tools: {}}", "3:GH102 unknown field `tool`"),
        ("  - {name: a, match: {mcp: {}}, tools: {}}", "3:GH102 unknown field `mcp`"),
    ] {
        let found = mistakes(pins);
        assert!(found.iter().any(|one| one.starts_with(told)), "{pins}: {found:?}");
    }
    let upper = good.to_uppercase();
    assert!(mistakes(&format!("  - {{name: a, tools: {{t: '{upper}'}}}}"))[0].contains("GH136"));
    let many: String = (0..65).map(|n| format!("  - {{name: a{n}, tools: {{}}}}\n")).collect();
    assert!(mistakes(&many)[0].starts_with("67:GH136 65 sets of pins"), "{:?}", mistakes(&many));
    let tools: String = (0..4097).map(|n| format!("      t{n}: {good}\n")).collect();
    let found = mistakes(&format!("  - name: a\n    tools:\n{tools}"));
    assert!(found[0].contains("GH136 4097 pinned tools"), "{found:?}");
}
