/*!
Multipart bodies, read only where every server finds the same parts in them.

Servers differ in what they make of text before the first boundary and behind the last one, of a
boundary within a line, of folded, broken or missing head lines, and of line ends that change. Clients
send none of these, so they are refused.
*/

use crate::charset;
use crate::content_type;
use crate::reason::Reason;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<'b> {
    /// Names in lower case.
    pub headers: Vec<(String, &'b str)>,
    pub content: &'b str,
}

/// Why a body is not read. Nothing of it is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartsError {
    #[error(
        "the content type does not name one plain boundary; name it once, in letters, digits and `-`"
    )]
    Boundary,
    #[error(
        "the boundary does not divide the body plainly; begin with it, end with its closing line, and choose one that no part holds"
    )]
    Fence,
    #[error(
        "a part of the body has no plain head, or another length than it says; send each header of it on one line, with an empty line behind the last"
    )]
    Head,
    #[error("a part of the body has a transfer or content encoding; send it as it is")]
    Encoded,
    #[error("a part of the body has another character set; send it as UTF-8")]
    Charset,
    #[error(
        "the name of a part of the body is encoded or in pieces; send it once, plain, as UTF-8"
    )]
    Name,
    #[error("a part of the body holds parts or a message of its own; send that as a request")]
    Nested,
}

impl PartsError {
    pub fn reason(self) -> Reason {
        match self {
            Self::Encoded | Self::Charset => Reason::BodyEncoded,
            Self::Boundary | Self::Fence | Self::Head | Self::Name | Self::Nested => {
                Reason::BodyUnreadable
            }
        }
    }
}

/// None where the content type is another one, or there is no body.
///
/// # Errors
///
/// Where the parts would not be the same to every server, or one of them cannot be looked into.
pub fn read<'b>(content_type: &str, body: &'b str) -> Result<Vec<Part<'b>>, PartsError> {
    if !content_type::is_multipart(content_type) || body.is_empty() {
        return Ok(Vec::new());
    }
    if !content_type::essence(content_type).starts_with("multipart/") {
        return Err(PartsError::Boundary);
    }
    let boundary = content_type::boundary(content_type).ok_or(PartsError::Boundary)?;
    let parts: Vec<_> = split(boundary, body)?.into_iter().map(part).collect::<Result<_, _>>()?;
    parts.iter().try_for_each(inspect)?;
    Ok(parts)
}

/// Head and content of each part, and how lines end in all of the body: some servers know but one way.
fn split<'b>(boundary: &str, body: &'b str) -> Result<Vec<(&'b str, &'static str)>, PartsError> {
    let fence = format!("--{boundary}");
    // Old clients begin with an empty line.
    let body = body.strip_prefix("\r\n").unwrap_or(body);
    let body = body.strip_prefix(&fence).ok_or(PartsError::Fence)?;
    let line_end = if body.starts_with('\n') { "\n" } else { "\r\n" };
    let mut pieces: Vec<&str> = body.split(fence.as_str()).collect();
    let closing = pieces.pop().and_then(|last| last.strip_prefix("--"));
    if !closing.is_some_and(|rest| rest.trim_matches([' ', '\t', '\r', '\n']).is_empty()) {
        return Err(PartsError::Fence);
    }
    let within = |piece: &'b str| {
        let part = piece.strip_prefix(line_end)?.strip_suffix(line_end)?;
        (line_end == "\r\n" || !part.ends_with('\r')).then_some((part, line_end))
    };
    pieces.into_iter().map(|piece| within(piece).ok_or(PartsError::Fence)).collect()
}

fn part<'b>((part, line_end): (&'b str, &str)) -> Result<Part<'b>, PartsError> {
    let empty_line = line_end.repeat(2);
    let (head, content) = part.split_once(empty_line.as_str()).ok_or(PartsError::Head)?;
    let headers = head.split(line_end).map(header).collect::<Option<_>>();
    Ok(Part { headers: headers.ok_or(PartsError::Head)?, content })
}

/// Line ends of other sorts are control characters too.
fn header(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.split_once(':')?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let breaks = |c: char| (c.is_control() && c != '\t') || matches!(c, '\u{2028}' | '\u{2029}');
    (!name.is_empty() && name.bytes().all(is_token) && !value.contains(breaks))
        .then(|| (name.to_ascii_lowercase(), value.trim()))
}

/// Everything a server may decode before it reads.
fn inspect(part: &Part<'_>) -> Result<(), PartsError> {
    for (name, value) in &part.headers {
        let folded = value.to_ascii_lowercase();
        match name.as_str() {
            "content-transfer-encoding" if !matches!(&*folded, "7bit" | "8bit" | "binary") => {
                return Err(PartsError::Encoded);
            }
            // aiohttp goes by it rather than by the boundary.
            "content-length" if folded != part.content.len().to_string() => {
                return Err(PartsError::Head);
            }
            "content-encoding" if folded != "identity" => return Err(PartsError::Encoded),
            // Apache's client calls its text latin1; all of it that is ASCII is the same in UTF-8.
            "content-type"
                if !(charset::is_utf8(value)
                    || (part.content.is_ascii() && charset::is_read(value))) =>
            {
                return Err(PartsError::Charset);
            }
            "content-type" if holds_more(&folded) => return Err(PartsError::Nested),
            "content-disposition" if is_encoded(&folded) || names(value).is_none() => {
                return Err(PartsError::Name);
            }
            _ => {}
        }
    }
    // RFC 7578: such a part names the character set of the others.
    let sets = part.names().any(|name| name.eq_ignore_ascii_case("_charset_"));
    let names_one = !part.content.trim().is_empty();
    if sets && names_one && !charset::is_utf8(&format!(";charset={}", part.content)) {
        return Err(PartsError::Charset);
    }
    Ok(())
}

fn holds_more(content_type: &str) -> bool {
    content_type::is_multipart(content_type)
        || content_type.contains("message/")
        || content_type.contains("application/http")
}

/// What some servers decode to another name: encoded words of mail (RFC 2047), a parameter in pieces or
/// another character set than UTF-8 (RFC 2231).
fn is_encoded(disposition: &str) -> bool {
    let other = |star: &str| {
        let behind = star.trim_start_matches(|c: char| c == '*' || c.is_ascii_digit());
        let value =
            behind.trim_start().strip_prefix('=').map(|value| value.trim_start_matches('"'));
        value.is_some_and(|value| !star.starts_with('=') || !value.starts_with("utf-8'"))
    };
    (disposition.contains("=?") && disposition.contains("?="))
        || disposition.split("name*").skip(1).any(other)
}

fn names(disposition: &str) -> Option<Vec<String>> {
    content_type::values(disposition, "name")
}

impl Part<'_> {
    /// What servers may call the part: Rack takes its file name or its id where it has no name.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.headers.iter().flat_map(|(header, value)| match header.as_str() {
            "content-disposition" => names(value).unwrap_or_default(),
            "content-id" => vec![(*value).to_owned()],
            _ => Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests;
