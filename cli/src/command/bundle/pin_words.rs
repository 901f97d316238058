/*! Sets of pins in the words of `bundle show` and `bundle diff`. */

use policy::pin::PinSet;
use policy::rule::{HttpMatch, Match, Mode};

use super::diff::conditions;
use crate::print::count;

/// `2 tools for calls with path /a in stock`.
pub fn about(set: &PinSet) -> String {
    let mut text = count(set.tools.len(), "tool");
    let http = set.matches.http.clone().map(|at| HttpMatch {
        path: at.path,
        host: at.host,
        ..HttpMatch::default()
    });
    let conditions = conditions(&Match { http, ..Match::default() });
    if !conditions.is_empty() {
        text += &format!(" for calls {}", conditions.join(" and "));
    }
    if !set.sections.is_empty() {
        text += &format!(" in {}", set.sections.join(", "));
    }
    text
}

pub fn told(set: &PinSet) -> String {
    match set.mode {
        Mode::Enforce => format!("pins {}", about(set)),
        Mode::Shadow => format!("only recorded (shadow): pins {}", about(set)),
    }
}

pub fn changed(before: &PinSet, now: &PinSet) -> Option<String> {
    let mut parts = Vec::new();
    if told(before) != told(now) {
        parts.push(format!("{}; before, {}", told(now), told(before)));
    }
    let names = |what: &str, names: Vec<&String>| {
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    };
    let keys = |one: &'_ PinSet, other: &PinSet, same: bool| {
        let differs = |tool: &&String| match other.tools.get(*tool) {
            None => !same,
            Some(pin) => same && one.tools.get(*tool) != Some(pin),
        };
        one.tools.keys().filter(differs).cloned().collect::<Vec<_>>()
    };
    let (new, gone, other) =
        (keys(now, before, false), keys(before, now, false), keys(now, before, true));
    parts.extend(names("pins now also", new.iter().collect()));
    parts.extend(names("no longer pins", gone.iter().collect()));
    parts.extend(names("takes another definition of", other.iter().collect()));
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::{PinSet, changed, told};

    fn set(tools: &[(&str, &str)], more: &str) -> PinSet {
        let tools: Vec<String> = tools
            .iter()
            .map(|(tool, byte)| format!(r#""{tool}":"sha256:{}""#, byte.repeat(32)))
            .collect();
        let text = format!(r#"{{"name":"a","tools":{{{}}}{more}}}"#, tools.join(","));
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn pins_are_told() {
        let before = set(&[("a", "00"), ("b", "00"), ("c", "00")], "");
        assert_eq!(told(&before), "pins 3 tools");
        assert_eq!(changed(&before, &before), None);
        let now = set(&[("a", "00"), ("b", "01"), ("d", "00")], "");
        assert_eq!(
            changed(&before, &now).unwrap(),
            "pins now also d; no longer pins c; takes another definition of b"
        );
        let place = r#","sections":["stock"],"match":{"http":{"path":["/mcp"]}},"mode":"shadow""#;
        let placed = set(&[("a", "00")], place);
        assert_eq!(
            told(&placed),
            "only recorded (shadow): pins 1 tool for calls with path /mcp in stock"
        );
        assert!(changed(&before, &placed).unwrap().contains("; before, pins 3 tools; no longer"));
    }
}
