/*! Text of others in a message: one line of bounded length that nothing takes for more than text. */

use crate::view::visible_line;

/// At most so many characters, with all that hides or reorders shown as what it is.
pub fn bounded(text: &str, limit: usize) -> String {
    let visible = visible_line(text);
    match visible.char_indices().nth(limit) {
        None => visible,
        Some(_) => {
            let kept: String = visible.chars().take(limit.saturating_sub(1)).collect();
            format!("{kept}…")
        }
    }
}

/// Without what a reader of mail or chat turns into a link by itself: ours is to be the only one.
pub fn unlinked(text: &str) -> String {
    let mut plain = text.to_owned();
    for (link, broken) in [("://", ": //"), ("www.", "www ."), ("mailto:", "mailto :")] {
        plain = replaced(&plain, link, broken);
    }
    plain
}

/// Whatever the case it is written in.
fn replaced(text: &str, what: &str, with: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    // ASCII alone is folded, so that places in both are the same.
    while let Some(at) = rest.to_ascii_lowercase().find(what) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        plain.push_str(with);
        rest = from.split_at(what.len()).1;
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::{bounded, unlinked};

    #[test]
    fn texts_are_cut_after_they_became_visible() {
        assert_eq!(bounded("abc", 3), "abc");
        assert_eq!(bounded("abcd", 3), "ab…");
        assert_eq!(bounded("a\u{202e}b\r\n", 40), "a\\u{202e}b\\u{d}\\u{a}");
        assert_eq!(bounded(&"\0".repeat(1000), 10).chars().count(), 10);
    }

    #[test]
    fn no_link_is_left() {
        let text = "see HTTPS://evil.example and WwW.evil.example, Mailto:x@evil.example é://";
        let plain = "see HTTPS: //evil.example and www .evil.example, mailto :x@evil.example é: //";
        assert_eq!(unlinked(text), plain);
        // Putting one apart never puts another one together.
        assert!(!unlinked(":://// wwwww..").contains("://"));
    }
}
