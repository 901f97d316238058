/*! The Authorization header: exactly `Bearer`, one space and a b64token of RFC 6750, or nothing. */

use super::unauthorized::Unauthorized;

/// The longest Authorization value that is read, in bytes.
pub const MAX_AUTHORIZATION: usize = 16 * 1024;

/// `None` where there is no such header at all. Anything else that is not exactly one token is
/// refused: a value that two readers could take for two tokens proves nothing.
pub(super) fn read<'a>(values: &[&'a [u8]]) -> Result<Option<&'a str>, Unauthorized> {
    let value = match values {
        [] => return Ok(None),
        [value] => *value,
        _ => return Err(Unauthorized::invalid("more than one authorization header")),
    };
    if value.len() > MAX_AUTHORIZATION {
        return Err(Unauthorized::invalid("authorization header is too long"));
    }
    let malformed = Unauthorized::invalid("authorization is not a single bearer token");
    let token = value.strip_prefix(b"Bearer ").ok_or(malformed)?;
    if !is_b64token(token) {
        return Err(malformed);
    }
    std::str::from_utf8(token).map(Some).map_err(|_| malformed)
}

/// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
fn is_b64token(token: &[u8]) -> bool {
    let padding = token.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = token.len().saturating_sub(padding);
    body > 0
        && token
            .iter()
            .take(body)
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_after_one_space() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[b"Bearer abc.def-_~+/=="]), Ok(Some("abc.def-_~+/==")));
    }

    #[test]
    fn anything_else_is_refused() {
        for value in [
            "",
            "Bearer",
            "Bearer ",
            "bearer abc",
            "BEARER abc",
            "Basic abc",
            " Bearer abc",
            "Bearer  abc",
            "Bearer\tabc",
            "Bearer abc ",
            "Bearer abc\t",
            "Bearer abc def",
            "Bearer abc,def",
            "Bearer abc, Bearer def",
            "Bearer a=b",
            "Bearer =",
            "Bearer a\"",
            "Bearer a\0",
            "Bearer \u{e9}",
            "Bearerabc",
        ] {
            assert!(read(&[value.as_bytes()]).is_err(), "{value:?}");
        }
        assert!(read(&[b"Bearer \xff"]).is_err());
    }

    #[test]
    fn two_headers_are_refused_even_when_equal() {
        assert!(read(&[b"Bearer abc", b"Bearer abc"]).is_err());
        assert!(read(&[b"Bearer abc", b""]).is_err());
    }

    #[test]
    fn length_is_limited() {
        let fits = format!("Bearer {}", "a".repeat(MAX_AUTHORIZATION - 7));
        assert!(read(&[fits.as_bytes()]).is_ok());
        assert!(read(&[format!("{fits}a").as_bytes()]).is_err());
    }
}
