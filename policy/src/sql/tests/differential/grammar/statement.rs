//! Which statements there are, and how many of each.

use super::Productions;

pub(super) fn rules(symbol: &str) -> Option<Productions> {
    Some(match symbol {
        "statement" => &[
            ("", "#query"),
            ("", "#query"),
            ("", "#query"),
            ("", "#query"),
            ("", "#query"),
            ("", "#query"),
            ("", "#insert"),
            ("", "#insert"),
            ("", "#update"),
            ("", "#update"),
            ("", "#update"),
            ("", "#delete"),
            ("", "#delete"),
            ("", "#delete"),
            ("pt", "#merge"),
            ("pmt", "#truncate"),
            ("", "#drop"),
            ("", "#drop"),
            ("", "#alter"),
            ("", "#create"),
            ("", "#create"),
            ("pmt", "#grant"),
            ("ps", "#copy"),
            ("", "#explain"),
            ("", "#routine"),
            ("", "#session"),
        ],
        _ => return None,
    })
}
