/*!
Sections: parts of a bundle that routes choose by name. A route says its sections in its metadata, as
text with commas between the names: the one form that filters and locks of all hosts can read alike.
*/

use crate::bundle::Bundle;
use crate::rule::Rule;

/// What a route says. Whatever is no list of names stays as it is, so that no bundle knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteSections(Option<String>);

impl RouteSections {
    /// `None`: the route says nothing of sections.
    pub fn new(value: Option<&[u8]>) -> Self {
        Self(value.map(|value| String::from_utf8_lossy(value).into_owned()))
    }

    /// Of metadata that cannot be read.
    pub fn unreadable() -> Self {
        Self(Some("\u{fffd}".to_owned()))
    }

    /// As the second lock compares it with the route of the moment.
    pub fn text(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.iter().flat_map(|text| text.split(',')).map(str::trim).collect()
    }

    /// The first name that the bundle does not declare. Nobody knows which rules were meant then.
    pub fn unknown_to(&self, bundle: &Bundle) -> Option<&str> {
        let declared = |name: &&str| bundle.sections.iter().any(|section| section == name);
        self.names().into_iter().find(|name| !declared(name))
    }
}

/// Whether a rule is meant for a route with these sections.
pub fn concern(rule: &Rule, of_route: &[&str]) -> bool {
    meant_for(&rule.sections, of_route)
}

/// Whether what names these sections is meant for a route with those.
pub fn meant_for(sections: &[String], of_route: &[&str]) -> bool {
    sections.is_empty() || sections.iter().any(|name| of_route.contains(&name.as_str()))
}

/// What an operator reads in the record of a refused call.
pub fn unknown(name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic());
    if plain {
        format!("the route names the section `{name}`, which the bundle does not declare")
    } else {
        "the route's `sections` cannot be read: it is text with commas between the names".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{RouteSections, concern, unknown};
    use crate::bundle::Bundle;

    #[test]
    fn names_stand_between_commas() {
        let names = |text: &[u8]| {
            let sections = RouteSections::new(Some(text));
            sections.names().into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(names(b"payments"), ["payments"]);
        assert_eq!(names(b" payments, refunds "), ["payments", "refunds"]);
        assert!(RouteSections::new(None).names().is_empty());
    }

    #[test]
    fn what_is_not_a_declared_name_is_unknown() {
        let mut bundle = Bundle::none();
        bundle.sections = vec!["payments".into(), "refunds".into()];
        let unknown_in = |text: &[u8]| {
            let sections = RouteSections::new(Some(text));
            sections.unknown_to(&bundle).map(str::to_owned)
        };
        assert_eq!(unknown_in(b"payments,refunds"), None);
        assert_eq!(unknown_in(b"payments,refund"), Some("refund".into()));
        for text in [&b""[..], b",", b"payments,", b"Payments", b"\0\0\0\0", b"\xff", b"[payments]"]
        {
            assert!(unknown_in(text).is_some(), "{text:?}");
        }
        assert!(RouteSections::unreadable().unknown_to(&bundle).is_some());
        assert_eq!(RouteSections::default().unknown_to(&Bundle::none()), None);
        assert!(unknown("refund").contains("`refund`") && unknown("\0").contains("cannot be read"));
    }

    #[test]
    fn a_rule_without_sections_is_meant_for_every_route() {
        let rule = |sections: serde_json::Value| {
            let rule = serde_json::json!({"name": "r", "on": "request", "effect": "deny", "sections": sections});
            serde_json::from_value(rule).unwrap()
        };
        for of_route in [&[][..], &["a"]] {
            assert!(concern(&rule(serde_json::json!([])), of_route));
        }
        let (a, both) = (rule(serde_json::json!(["a"])), rule(serde_json::json!(["a", "b"])));
        assert!(concern(&a, &["a"]) && concern(&a, &["c", "a"]) && concern(&both, &["b"]));
        assert!(!concern(&a, &[]) && !concern(&a, &["b"]) && !concern(&both, &["ab"]));
    }
}
