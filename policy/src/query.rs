/*!
Queries and forms: `name=value` pairs, decoded.

Some servers take `;` for a separator beside `&`, others for a part of the value, and a pair may lack
its `=`. Each reading counts, so that no reader finds a text that was not looked at.
*/

use std::ops::Range;

use crate::content_type;
use crate::path::percent_decoded;

/// Every name, value and whole pair, in every reading.
pub fn words(text: &str, mut hear: impl FnMut(&str)) {
    for pair in readings(text) {
        if let Some((name, value)) = pair.split_once('=') {
            hear(&decoded(name));
            hear(&decoded(value));
        } else {
            hear(&decoded(pair));
        }
    }
}

/// Of a body by its content type: all `words` unless that names something else than a form. Then only
/// pairs whose name has no blank in it, which no text is cut into, so that a reader that takes any body
/// for a form finds nothing unseen either.
pub fn words_of_body(content_type: &str, body: &str, hear: impl FnMut(&str)) {
    if !content_type::is_text(content_type) {
        return words(body, hear);
    }
    values_where(body, |name| !name.contains(char::is_whitespace), hear);
}

/// The values of one name, in every reading; some servers hear names in any case.
pub fn values(text: &str, name: &str) -> Vec<String> {
    pairs(text).filter(|(key, _)| is_called(key, name)).map(|(_, value)| value).collect()
}

pub fn is_called(key: &str, name: &str) -> bool {
    let ascii = key.is_ascii() && name.is_ascii();
    key.eq_ignore_ascii_case(name) || (!ascii && key.to_lowercase() == name.to_lowercase())
}

/// Names with their values, in every reading. A bare name has an empty value, and PHP hears other names
/// than most.
pub fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    // `a=1&` has nothing behind its `&`, and so has no query at all.
    let pairs = readings(text).filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).flat_map(|(name, value)| {
        let (name, value) = (decoded(name), decoded(value));
        let php = Some(in_php(&name)).filter(|php| *php != name);
        std::iter::once((name, value.clone())).chain(php.map(|php| (php, value)))
    })
}

/// Up to a NUL, without blanks in front, and with `_` for a blank, a dot and a `[` that is not closed; a
/// list by its name alone.
pub fn in_php(name: &str) -> String {
    let name = name.split('\0').next().unwrap_or_default().trim_start();
    let own = match name.split_once('[') {
        Some((list, index)) if !list.is_empty() && index.contains(']') => list,
        _ => name,
    };
    own.replace([' ', '.', '['], "_")
}

/// What a form holds that is JSON as well. A name with a quote, a brace or a blank within is a piece of
/// the JSON between `&` and `=`, in which half a statement means nothing.
pub fn words_of_json(text: &str, hear: impl FnMut(&str)) {
    let in_json = |c: char| matches!(c, '"' | '{' | '}') || c.is_whitespace();
    values_where(text, |name| !name.trim().contains(in_json), hear);
}

/// The values behind such names, which are given as they are written; a bare word is its own name.
fn values_where(text: &str, takes: impl Fn(&str) -> bool, mut hear: impl FnMut(&str)) {
    let pairs = readings(text).map(|pair| pair.split_once('=').unwrap_or((pair, pair)));
    pairs.filter(|(name, _)| takes(name)).for_each(|(_, value)| hear(&decoded(value)));
}

fn readings(text: &str) -> impl Iterator<Item = &str> {
    readings_at(text.as_bytes()).filter_map(|pair| text.get(pair))
}

/// Where pairs stand, in every reading: whole ones and what a `;` makes of them.
pub(crate) fn readings_at(form: &[u8]) -> impl Iterator<Item = Range<usize>> {
    split(form, 0..form.len(), b'&').flat_map(|pair| {
        let cut = split(form, pair.clone(), b';').filter({
            let pair = pair.clone();
            move |part| *part != pair
        });
        std::iter::once(pair).chain(cut)
    })
}

fn split(text: &[u8], within: Range<usize>, by: u8) -> impl Iterator<Item = Range<usize>> {
    let mut next = Some(within.start);
    std::iter::from_fn(move || {
        let start = next?;
        let rest = text.get(start..within.end).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == by).map(|at| start + at);
        next = end.map(|end| end + 1);
        Some(start..end.unwrap_or(within.end))
    })
}

fn decoded(text: &str) -> String {
    percent_decoded(&text.replace('+', " "))
}

#[cfg(test)]
mod tests {
    use super::{pairs, values, words, words_of_body, words_of_json};

    fn all(text: &str) -> Vec<String> {
        let mut heard = Vec::new();
        words(text, |word| heard.push(word.to_owned()));
        heard
    }

    #[test]
    fn every_reading_counts() {
        assert_eq!(all("a=1+2&b=%33"), ["a", "1 2", "b", "3"]);
        assert_eq!(all("drop%20it"), ["drop it"]);
        assert_eq!(all("q=a;b=c"), ["q", "a;b=c", "q", "a", "b", "c"]);
        assert_eq!(all("q=a%3Bb"), ["q", "a;b"]);
        assert_eq!(all("a%2Bb=%zz"), ["a+b", "%zz"]);
        assert_eq!(values("a=1;a=2&%61=3&b=4&a", "a"), ["1;a=2", "1", "2", "3", ""]);
        for text in ["+a=1", "a[]=1", "a[b]=1", "a%00x=1"] {
            assert_eq!(values(text, "a"), ["1"], "{text}");
        }
        assert_eq!(values("a.b=1", "a_b"), ["1"]);
        assert_eq!(values("[a=1&b[c=2", "_a"), ["1"]);
        assert_eq!(values("[a=1&b[c=2", "b_c"), ["2"]);
        assert_eq!((pairs("").count(), pairs("a=1&&").count()), (0, 1));
    }

    /// `curl -d` calls whatever it sends a form.
    #[test]
    fn fields_of_json_are_told_where_they_could_be_meant() {
        let told = |text: &str| {
            let mut heard = Vec::new();
            words_of_json(text, |word| heard.push(word.to_owned()));
            heard
        };
        assert_eq!(told(r#"{"a": "&b=1+2&c[d]=%33&"}"#), ["1 2", "3"]);
        assert_eq!(told(r#"{"a":"&b%00=1&c+d/e=2&DROP+it&"}"#), ["1", "2", "DROP it"]);
        assert!(told(r#"{"sql": "DELETE FROM t WHERE a = 1; SELECT 2 WHERE b = 3"}"#).is_empty());
    }

    #[test]
    fn a_text_is_not_cut_like_a_form() {
        let told = |kind: &str, body: &str| {
            let mut heard = Vec::new();
            words_of_body(kind, body, |word| heard.push(word.to_owned()));
            heard
        };
        let text = "DELETE FROM t WHERE id = 7";
        for kind in ["text/plain", "Text/Markdown;charset=utf-8", "multipart/form-data; boundary=b"]
        {
            assert!(told(kind, text).is_empty(), "{kind}");
            // Some reader takes it for a form all the same.
            assert_eq!(told(kind, "a=b&sql=DROP%20it+now"), ["b", "DROP it now"], "{kind}");
            assert_eq!(told(kind, "a b=c&sql=DROP it"), ["DROP it"], "{kind}");
            assert_eq!(told(kind, "DROP%20it"), ["DROP it"], "{kind}");
        }
        for kind in [
            "",
            "application/octet-stream",
            "x/y",
            "application/x-www-form-urlencoded",
            "text/plain, application/x-www-form-urlencoded",
        ] {
            assert_eq!(told(kind, text), ["DELETE FROM t WHERE id ", " 7"], "{kind}");
        }
    }
}
