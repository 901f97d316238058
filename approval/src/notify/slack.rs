/*!
A message for a Slack-compatible incoming webhook.

Slack's rules (<https://docs.slack.dev/messaging/formatting-message-text>): `&`, `<` and `>` begin what is more than
text and are written as entities; what stands between backticks is shown as it is. Others take `text` for Markdown,
where the latter holds too. So text of others stands between backticks and has none of its own.
*/

use serde_json::{Value, json};

use super::note::Note;

pub fn payload(note: &Note) -> Value {
    let mut text = format!("*{}*\n", escape(&note.title));
    for line in &note.lines {
        text.push_str(&format!("{}: `{}`\n", escape(&line.label), code(&line.text)));
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

/// Between backticks. Nothing could be written for one, so it is shown as what hides is.
fn code(text: &str) -> String {
    let shown = escape(&text.replace('`', "\\u{60}"));
    // Two backticks with nothing between are two backticks.
    if shown.trim().is_empty() { "(empty)".to_owned() } else { shown }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
