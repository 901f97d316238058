/*! Budgets in the words of `bundle show` and `bundle diff`. */

use policy::budget::{Budget, BudgetMatch, PlaceMatch};
use policy::rule::{HttpMatch, Match, Mode};

use super::diff::conditions;
use crate::print::count;

/// `5 requests and 10 MiB per 1h for calls with path /a in stock`.
pub fn about(budget: &Budget) -> String {
    let requests = budget.requests.map(|number| count(number, "request"));
    let bytes = budget.bytes.map(size);
    let limits: Vec<String> = requests.into_iter().chain(bytes).collect();
    let mut text = format!("{} per {}", limits.join(" and "), length(budget.per_seconds));
    let conditions = conditions(&as_of_rules(&budget.matches));
    if !conditions.is_empty() {
        text += &format!(" for calls {}", conditions.join(" and "));
    }
    if !budget.sections.is_empty() {
        text += &format!(" in {}", budget.sections.join(", "));
    }
    text
}

/// What a budget says of calls, rules say in the same fields.
fn as_of_rules(of: &BudgetMatch) -> Match {
    let BudgetMatch { kind, principal, http } = of.clone();
    let place = |PlaceMatch { method, path, host }| HttpMatch {
        method,
        path,
        host,
        ..HttpMatch::default()
    };
    Match { kind, principal, http: http.map(place), ..Match::default() }
}

pub fn told(budget: &Budget) -> String {
    match budget.mode {
        Mode::Enforce => format!("each principal has {}", about(budget)),
        Mode::Shadow => format!("only recorded (shadow): each principal has {}", about(budget)),
    }
}

pub fn changed(before: &Budget, now: &Budget) -> Option<String> {
    let text = format!("{}; before, {}", told(now), told(before));
    (told(before) != told(now)).then_some(text)
}

fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let whole = units.iter().find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit));
    whole.map_or(format!("{bytes} bytes"), |(unit, name)| format!("{} {name}", bytes / unit))
}

fn length(seconds: u64) -> String {
    let units = [(86400, "d"), (3600, "h"), (60, "m")];
    let whole = units.iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    whole.map_or(format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}

#[cfg(test)]
mod tests {
    use super::{Budget, changed, told};

    fn budget(more: &str) -> Budget {
        let text = format!(r#"{{"name":"a","per_seconds":3600,{more}}}"#);
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn budgets_are_told() {
        let small = budget(r#""requests":5,"bytes":10485760"#);
        assert_eq!(told(&small), "each principal has 5 requests and 10 MiB per 1h");
        let bytes = r#""bytes":1000,"sections":["stock"],"match":{"kind":["mcp"]},"mode":"shadow""#;
        let shadow = budget(bytes);
        assert_eq!(
            told(&shadow),
            "only recorded (shadow): each principal has 1000 bytes per 1h for calls on routes of kind mcp in stock"
        );
        let place = r#""requests":1,"match":{"principal":{"group":["bots"]},"http":{"method":["POST","PUT"],"path":["/pay/**"],"host":["a"]}}"#;
        assert_eq!(
            told(&budget(place)),
            "each principal has 1 request per 1h for calls by principals of group bots and with method POST or PUT and with path /pay/** and with host a"
        );
        assert_eq!(changed(&small, &small), None);
        let text = changed(&shadow, &small).unwrap();
        assert_eq!(text, format!("{}; before, {}", told(&small), told(&shadow)));
    }
}
