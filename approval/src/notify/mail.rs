/*! A message as mail. Of its headers the Subject alone has text of others, in one line of bounded length. */

use std::time::{Duration, SystemTime};

use askama::Template;
use lettre::Message as Letter;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use super::note::{Line, Note};
use super::plain::bounded;

/// Characters.
const SUBJECT: usize = 160;

/// Who it is from and to; checked when the configuration was.
#[derive(Clone, Debug)]
pub struct Post {
    pub from: Mailbox,
    pub to: Vec<Mailbox>,
    /// Host of the console, for ids.
    pub host: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    note: &'a Note,
}

/// No answering machine answers it (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Every try of a message has the same id; all about one hold, or one kill, are one thread.
pub fn letter(note: &Note, post: &Post, id: &str, now: u64) -> anyhow::Result<Letter> {
    let mut letter = Letter::builder()
        .from(post.from.clone())
        .subject(subject(note))
        .message_id(Some(format!("<{id}@{}>", post.host)))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(now))
        .header(AutoSubmitted);
    for to in &post.to {
        letter = letter.to(to.clone());
    }
    if let Some(about) = &note.about {
        letter = letter.references(format!("<{about}@{}>", post.host));
    }
    let html = Html { note }.render()?;
    Ok(letter.multipart(MultiPart::alternative_plain_html(text(note), html))?)
}

fn subject(note: &Note) -> String {
    let about = note.lines.first().filter(|_| note.about.is_some());
    let about = about.map(|line| format!(": {}", line.text)).unwrap_or_default();
    let subject = bounded(&format!("[Gatehouse] {}{about}", note.title), SUBJECT);
    // A reader decodes what looks like an encoded word, whoever wrote it.
    subject.replace("=?", "= ?")
}

fn text(note: &Note) -> String {
    let line = |line: &Line| format!("{}: {}\n", line.label, line.text);
    let lines: String = note.lines.iter().map(line).collect();
    format!("{}\n\n{lines}\n{}: {}\n", note.title, note.link_words, note.link)
}

#[cfg(test)]
mod tests;
