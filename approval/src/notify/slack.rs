/*!
A message for a Slack-compatible incoming webhook.

Slack's rules (<https://docs.slack.dev/messaging/formatting-message-text>): `&`, `<` and `>` begin what is more than
text and are written as entities; what stands between backticks is shown as it is. Others take `text` for Markdown,
where the latter holds too. So text of others stands between backticks and has none of its own.
*/

use serde_json::{Value, json};

use super::note::Note;

/// Characters that all lines have between them: a block holds 3000.
const LINES: usize = 2400;

pub fn payload(note: &Note) -> Value {
    let each = LINES / note.lines.len().max(1);
    let mut text = format!("*{}*\n", escape(&note.title));
    for line in &note.lines {
        text.push_str(&format!("{}: `{}`\n", escape(&line.label), code(&line.text, each)));
    }
    text.push_str(&format!("<{}|{}>", escape(&note.link), note.link_words));
    json!({
        "text": text,
        // `verbatim` and the rest: nothing in it is looked at for links, names and addresses.
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}}],
        "mrkdwn": true,
        "parse": "none",
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// Between backticks. Nothing could be written for one, so it is shown as what hides is. At most so many
/// characters, of which none is cut in two.
fn code(text: &str, limit: usize) -> String {
    let mut shown = String::new();
    for character in text.chars() {
        let written = match character {
            '`' => "\\u{60}".to_owned(),
            other => escape(other.encode_utf8(&mut [0; 4])),
        };
        if shown.chars().count() + written.chars().count() >= limit {
            shown.push('…');
            break;
        }
        shown.push_str(&written);
    }
    // Two backticks with nothing between are two backticks.
    if shown.trim().is_empty() { "(empty)".to_owned() } else { shown }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
