/*!
The forms in which paths and hosts are compared with rules.

Servers disagree about what a path means: how often it is percent-decoded, whether `;x=1` belongs to
a segment, whether `\` is `/`. A path whose segments depend on that is refused; of the rest the
deepest reading is compared.
*/

/// Why a path or host has no single meaning. Nothing of it is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("path does not start with a slash")]
    NotAbsolute,
    #[error("path holds a byte that is not printable ASCII; percent-encode it once")]
    RawByte,
    #[error("path holds a percent sign without two hexadecimal digits; write it as %25")]
    BadEscape,
    #[error("path is percent-encoded more than twice; encode it once")]
    EncodedTooOften,
    #[error("path holds an encoded slash, backslash, question mark, hash or control character")]
    EncodedStructure,
    #[error("path holds dot segments or empty segments; send it resolved")]
    UnresolvedSegments,
    #[error("decoded path is not UTF-8, or holds look-alikes of ASCII")]
    LookAlike,
    #[error("host is not a plain host name or address with an optional port")]
    BadHost,
}

/// The path rules are compared with: percent-decoded twice, without path parameters, query and
/// trailing slash. Upper and lower case stay as they are.
pub fn normal_form(path: &str) -> Result<String, PathError> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    if !path.starts_with('/') {
        return Err(PathError::NotAbsolute);
    }
    if path.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'#' || byte == b'\\') {
        return Err(PathError::RawByte);
    }
    let once = decode(path.as_bytes(), true)?;
    let twice = decode(&once, false)?;
    if twice.windows(3).any(is_escape) {
        return Err(PathError::EncodedTooOften);
    }
    let decoded = String::from_utf8(twice).map_err(|_| PathError::LookAlike)?;
    if decoded.chars().any(looks_like_ascii) {
        return Err(PathError::LookAlike);
    }
    without_parameters(&decoded)
}

/// One round of percent-decoding. What it uncovers must not be structure; `strict` refuses a
/// percent sign that starts no escape.
fn decode(bytes: &[u8], strict: bool) -> Result<Vec<u8>, PathError> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return Ok(out),
            [b'%', high, low, tail @ ..] if is_escape(&[b'%', *high, *low]) => {
                let byte = hex(*high) * 16 + hex(*low);
                if matches!(byte, b'/' | b'\\' | b'?' | b'#' | 0x7f) || byte < 0x20 {
                    return Err(PathError::EncodedStructure);
                }
                out.push(byte);
                tail
            }
            [b'%', ..] if strict => return Err(PathError::BadEscape),
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
        };
    }
}

/// Needs no escape (RFC 3986).
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// As one segment, or one value of a query.
pub(crate) fn percent_encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match is_unreserved(byte) {
            true => into.push(char::from(byte)),
            false => into.push_str(&format!("%{byte:02X}")),
        }
    }
}

/// One round of percent-decoding for looking at text, not for comparing it: whatever does not decode
/// stays as it is.
pub fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match (byte, tail) {
            (b'%', [high, low, after @ ..]) if is_escape(&[b'%', *high, *low]) => {
                out.push(hex(*high) * 16 + hex(*low));
                rest = after;
            }
            _ => out.push(*byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn is_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}

/// Characters that some servers fold to ASCII: full-width forms, dot leaders, other slashes, and
/// the invisible ones.
fn looks_like_ascii(character: char) -> bool {
    matches!(character,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2024}'..='\u{2026}'
        | '\u{2028}'..='\u{202e}' | '\u{2044}' | '\u{2060}'..='\u{206f}' | '\u{2215}' | '\u{2216}'
        | '\u{29f5}' | '\u{29f8}' | '\u{fe52}' | '\u{fe68}' | '\u{feff}' | '\u{ff00}'..='\u{ff5e}')
}

/// Drops `;name=value` from each segment and the slash at the end.
fn without_parameters(path: &str) -> Result<String, PathError> {
    let inner = path.strip_prefix('/').unwrap_or(path);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    let mut out = String::with_capacity(path.len());
    if inner.is_empty() {
        return if path.len() > 1 { Err(PathError::UnresolvedSegments) } else { Ok("/".into()) };
    }
    for segment in inner.split('/') {
        let name = segment.split_once(';').map_or(segment, |(name, _)| name);
        if matches!(name, "" | "." | "..") {
            return Err(PathError::UnresolvedSegments);
        }
        out.push('/');
        out.push_str(name);
    }
    Ok(out)
}

/// The host rules are compared with: lower case, without the port. IPv6 keeps its brackets.
pub fn host_form(authority: &str) -> Result<String, PathError> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, tail) = rest.split_once(']').ok_or(PathError::BadHost)?;
            let address: std::net::Ipv6Addr = address.parse().map_err(|_| PathError::BadHost)?;
            let port = match tail {
                "" => None,
                _ => Some(tail.strip_prefix(':').ok_or(PathError::BadHost)?),
            };
            (format!("[{address}]"), port)
        }
        None => {
            let (host, port) =
                authority.split_once(':').map_or((authority, None), |(h, p)| (h, Some(p)));
            (host.to_ascii_lowercase(), port)
        }
    };
    let port_reads = port.is_none_or(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|n| n > 0)
    });
    let name_reads = host.starts_with('[')
        || (host.len() <= 253
            && host.split('.').all(|label| {
                !label.is_empty()
                    && label
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            }));
    if port_reads && name_reads { Ok(host) } else { Err(PathError::BadHost) }
}

#[cfg(test)]
mod tests;
