/*!
Globs of rules: `*` is any text and `?` one character. In paths both stay within a segment, and `**`
does not; in names a `/` means nothing, so that no tool gets by a rule by having one in its name.
*/

/// Linear in text times stars: no pattern can make it explode.
pub fn matches_path(pattern: &str, path: &str) -> bool {
    matches_bytes(pattern.as_bytes(), path.as_bytes(), Some(b'/'))
}

pub fn matches(pattern: &str, text: &str) -> bool {
    matches_bytes(pattern.as_bytes(), text.as_bytes(), None)
}

pub fn matches_any(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, text))
}

fn matches_bytes(pattern: &[u8], text: &[u8], separator: Option<u8>) -> bool {
    // reachable[i]: the pattern read so far matches the first i bytes of the text.
    let mut reachable = vec![false; text.len() + 1];
    if let Some(first) = reachable.first_mut() {
        *first = true;
    }
    let mut rest = pattern;
    loop {
        let (next, step): (&[u8], Token) = match rest {
            [] => return reachable.last().copied().unwrap_or(false),
            [b'*', b'*', tail @ ..] => (tail, Token::Any),
            [b'*', tail @ ..] => (tail, Token::Segment),
            [b'?', tail @ ..] => (tail, Token::One),
            [byte, tail @ ..] => (tail, Token::Byte(*byte)),
        };
        reachable = advance(&reachable, text, step, separator);
        rest = next;
    }
}

#[derive(Clone, Copy)]
enum Token {
    Any,
    Segment,
    One,
    Byte(u8),
}

fn advance(before: &[bool], text: &[u8], token: Token, separator: Option<u8>) -> Vec<bool> {
    let mut after = Vec::with_capacity(before.len());
    let mut previous = false;
    for (index, &here) in before.iter().enumerate() {
        let last = index.checked_sub(1);
        let byte = last.and_then(|i| text.get(i)).copied();
        let inside = byte.is_some() && byte != separator;
        let stepped = last.and_then(|i| before.get(i)).copied().unwrap_or(false);
        let now = match token {
            Token::Any => here || previous,
            Token::Segment => here || (previous && inside),
            Token::One => stepped && inside,
            Token::Byte(wanted) => stepped && byte == Some(wanted),
        };
        after.push(now);
        previous = now;
    }
    after
}

#[cfg(test)]
mod tests {
    use super::{matches, matches_path};

    #[test]
    fn star_stays_within_a_segment_of_a_path() {
        assert!(matches_path("/customers/*", "/customers/7"));
        assert!(!matches_path("/customers/*", "/customers/7/notes"));
        assert!(matches_path("/customers/**", "/customers/7/notes"));
        assert!(!matches_path("/a?c", "/a/c"));
        assert!(matches("delete_*", "delete_customer"));
        assert!(matches("delete_*", "delete_orders/all"));
        assert!(!matches("delete_*", "undelete_customer"));
    }

    #[test]
    fn stars_do_not_explode() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(5_000).replace("aaaa", "aaab")));
    }

    #[test]
    fn empty_and_exact() {
        assert!(matches("", ""));
        assert!(!matches("", "a"));
        assert!(matches("**", ""));
        assert!(matches("a?c", "abc"));
    }
}
