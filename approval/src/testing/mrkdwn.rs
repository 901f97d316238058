//! Text of Slack's, read by the rules in its documents.

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Text(String),
    /// Between backticks, decoded.
    Code(String),
    /// Between `<` and `>`: a link, or somebody who is told.
    Control(String),
}

/// Fails on what the rules do not allow: a bare `&`, or a `<` that nothing ends.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['<', '>', '`']) {
        let (before, from) = rest.split_at(at);
        push(&mut tokens, before);
        let (begin, after) = from.split_at(1);
        let end = match begin {
            "<" => '>',
            "`" => '`',
            _ => panic!("`>` that ends nothing in {text:?}"),
        };
        let (inside, after) =
            after.split_once(end).unwrap_or_else(|| panic!("no {end} in {text:?}"));
        match begin {
            "<" => tokens.push(Token::Control(inside.to_owned())),
            // What is control elsewhere may be so here.
            _ => {
                assert!(!inside.contains(['<', '>', '\n']) && !inside.is_empty(), "{inside:?}");
                tokens.push(Token::Code(decoded(inside)));
            }
        }
        rest = after;
    }
    push(&mut tokens, rest);
    tokens
}

fn push(tokens: &mut Vec<Token>, text: &str) {
    if !text.is_empty() {
        tokens.push(Token::Text(decoded(text)));
    }
}

fn decoded(text: &str) -> String {
    let plain = ["&amp;", "&lt;", "&gt;"].iter().fold(text.to_owned(), |t, e| t.replace(e, ""));
    assert!(!plain.contains('&'), "a bare & in {text:?}");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
