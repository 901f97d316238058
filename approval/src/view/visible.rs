/*!
Text that shows what it is. An agent writes most of what an approver reads: terminal escapes,
right-to-left overrides and characters without a glyph would let it show one thing and do another
(see "Trojan Source", CVE-2021-42574).
*/

/// Line feeds and tabs stay.
pub fn visible(text: &str) -> String {
    escape(text, |character| matches!(character, '\n' | '\t'))
}

/// For one line: line feeds and tabs are escaped too.
pub fn visible_line(text: &str) -> String {
    escape(text, |_| false)
}

/// Whether it is what it looks like.
pub fn shows(text: &str) -> bool {
    !text.chars().any(hides)
}

fn escape(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if hides(character) && !stays(character) {
            shown.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Controls, format characters, other spaces than the one, private use.
fn hides(character: char) -> bool {
    let code = u32::from(character);
    character.is_control()
        || (character.is_whitespace() && character != ' ')
        || matches!(code,
            0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x3164 | 0xfeff | 0xffa0
            | 0x180b..=0x180f | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f
            | 0xfe00..=0xfe0f | 0xfff0..=0xfffb | 0xe000..=0xf8ff | 0xe0000..=0x10_ffff)
}

#[cfg(test)]
mod tests {
    use super::{visible, visible_line};

    #[test]
    fn hidden_characters_are_shown() {
        assert_eq!(visible("a\u{1b}[31m\u{202e}b\r\n\tc"), "a\\u{1b}[31m\\u{202e}b\\u{d}\n\tc");
        assert_eq!(visible_line("a\nb\u{e0041}\u{200b}"), "a\\u{a}b\\u{e0041}\\u{200b}");
        assert_eq!(visible("Zoë 日本 👍"), "Zoë 日本 👍");
    }
}
