/*!
How a run is written in a text: with escapes, as JSON has them, with its signs percent-encoded, as queries
have them, and over several lines. What is written anew is written the same way.
*/

use std::borrow::Cow;

use crate::scan::unescape::unescape;

/// Most bytes of padding.
pub(in crate::scan) const SIGNS_MAX: usize = 6;

/// How many signs of padding a text begins with, and their bytes.
pub(super) fn signs(text: &[u8]) -> (usize, usize) {
    let (mut signs, mut bytes) = (0, 0);
    while signs < 2 {
        bytes += match text.get(bytes..).unwrap_or_default() {
            [b'=', ..] => 1,
            [b'%', b'3', b'D' | b'd', ..] => 3,
            _ => break,
        };
        signs += 1;
    }
    (signs, bytes)
}

/// A run without escapes.
pub(super) fn plain(raw: &[u8]) -> Cow<'_, [u8]> {
    let run: Cow<'_, [u8]> =
        if raw.contains(&b'\\') { unescape(raw).into() } else { Cow::Borrowed(raw) };
    if run.contains(&b'%') { without_percent(&run).into() } else { run }
}

/// The digits of lines, and padding.
pub(super) fn digits(lines: &[u8]) -> Vec<u8> {
    lines.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect()
}

fn without_percent(run: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(run.len());
    let mut rest = run;
    while let Some((first, more)) = rest.split_first() {
        let (byte, more) = match rest {
            [b'%', b'2', b'B' | b'b', more @ ..] => (b'+', more),
            [b'%', b'2', b'F' | b'f', more @ ..] => (b'/', more),
            [b'%', b'3', b'D' | b'd', more @ ..] => (b'=', more),
            _ => (*first, more),
        };
        plain.push(byte);
        rest = more;
    }
    plain
}

/// A run in the way that another one is written.
pub(super) fn as_in(run: String, raw: &[u8]) -> String {
    if raw.contains(&b'%') {
        return run.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    }
    let escaped = raw.contains(&b'\\');
    let lines: Cow<'_, [u8]> = if escaped { unescape(raw).into() } else { Cow::Borrowed(raw) };
    let Some(width) = lines.iter().position(u8::is_ascii_whitespace) else { return run };
    let between = lines.iter().skip(width).take_while(|byte| byte.is_ascii_whitespace());
    let mut between: String = between.map(|byte| char::from(*byte)).collect();
    if escaped {
        between = between.replace('\r', "\\r").replace('\n', "\\n").replace('\t', "\\t");
    }
    let mut text = String::with_capacity(run.len() + run.len() / width.max(1) * between.len());
    for (at, digit) in run.chars().enumerate() {
        if at > 0 && at.is_multiple_of(width.max(1)) {
            text.push_str(&between);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::as_in;

    #[test]
    fn a_run_is_written_like_another() {
        for (run, raw, expected) in [
            ("YWJjZGVm", "eHh4", "YWJjZGVm"),
            ("YWJj+/Zg==", "eHh4%3D", "YWJj%2B%2FZg%3D%3D"),
            ("YWJjZGVmZw==", "eHh4\r\n eHg=", "YWJj\r\n ZGVm\r\n Zw=="),
            ("YWJjZGVm", r"eHh4\r\neHg=", r"YWJj\r\nZGVm"),
        ] {
            assert_eq!(as_in(run.to_owned(), raw.as_bytes()), expected);
        }
    }
}
