/*!
Values that fields called passwords or keys hold and that are none: placeholders, references to where the
secret lies, addresses, dates, identifiers and words.
*/

/// What begins a reference or a placeholder.
const BEGINNINGS: &[&[u8]] = &[
    b"${",
    b"$(",
    b"{{",
    b"<",
    b"%(",
    b"%{",
    b"#{",
    b"[redacted",
    b"vault:",
    b"arn:",
    b"op://",
    b"env:",
    b"ssm:",
    b"kms:",
    b"file:",
    b"secret:",
    b"secretref:",
    b"secretsmanager:",
    b"keyvault:",
    b"enc[",
    b"os.environ",
    b"process.env",
    b"env.",
    b"your",
    b"./",
    b"~/",
    b"/run/",
    b"/etc/",
    b"/var/",
    b"/home/",
    b"/opt/",
    b"/mnt/",
    b"/secrets/",
    b"/usr/",
    b"/tmp/",
    b"data:",
    b"@",
];

/// Words that stand where a value would, in prose, forms and settings.
const WORDS: &[&[u8]] = &[
    b"accepted",
    b"authentication",
    b"authorization",
    b"cancelled",
    b"changed",
    b"changeable",
    b"compromised",
    b"configured",
    b"correct",
    b"credential",
    b"credentials",
    b"disabled",
    b"enabled",
    b"encrypted",
    b"encryption",
    b"expired",
    b"external",
    b"forgotten",
    b"generated",
    b"generation",
    b"hashed",
    b"incorrect",
    b"internal",
    b"invalid",
    b"management",
    b"mandatory",
    b"mismatch",
    b"missing",
    b"nullable",
    b"optional",
    b"passphrase",
    b"passwd",
    b"password",
    b"passwords",
    b"plaintext",
    b"protected",
    b"protection",
    b"provided",
    b"recovery",
    b"rejected",
    b"required",
    b"revealed",
    b"rotated",
    b"rotation",
    b"sensitive",
    b"sensitivity",
    b"specified",
    b"strength",
    b"temporary",
    b"unauthorized",
    b"unchanged",
    b"undefined",
    b"unknown",
    b"unset",
    b"unspecified",
    b"verified",
    b"verification",
    b"username",
    b"redacted",
    b"masked",
    b"hidden",
    b"placeholder",
    b"secret",
    b"secrets",
    b"something",
    b"somewhere",
    b"anything",
    b"confirmation",
    b"minimum",
    b"maximum",
    b"settings",
    b"security",
    b"resetting",
    b"falsefalse",
];

/// Whether a text may be a secret.
pub(super) fn may_be(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    !(BEGINNINGS.iter().any(|begin| lower.starts_with(begin))
        || WORDS.contains(&lower.as_slice())
        || text.iter().any(u8::is_ascii_whitespace)
        || lower.windows(3).any(|part| part == b"://")
        || has_one_character(&lower)
        || is_variable(text)
        || is_code(text)
        || is_path(text)
        || is_moment(text)
        || is_uuid(text))
}

/// And whether it reads as if it were made up at random: letters and digits, or capital letters inside.
pub(super) fn is_random(text: &[u8]) -> bool {
    crate::scan::label::is_mixed(text) && may_be(text)
}

/// `********`, `xxxx-xxxx`.
fn has_one_character(lower: &[u8]) -> bool {
    let mut letters = lower.iter().filter(|byte| !matches!(byte, b'-' | b'_' | b'.' | b' '));
    let Some(first) = letters.next() else { return true };
    letters.all(|byte| byte == first)
}

/// `$DB_PASSWORD`, `%DB_PASSWORD%`.
fn is_variable(text: &[u8]) -> bool {
    let name = match text {
        [b'$', name @ ..] | [b'%', name @ .., b'%'] => name,
        _ => return false,
    };
    name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

/// `get_password(user)`, `Optional[str]`, `settings.CLIENT_SECRET`, `SecretString`.
fn is_code(text: &[u8]) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    let end = text.iter().position(|byte| !word(byte)).unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    let letters = name.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.'));
    let named = name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    let inside =
        |pair: &[u8]| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase());
    named
        && match text.get(end) {
            Some(b'(' | b'[') => true,
            Some(_) => false,
            None => {
                letters
                    && (name.contains(&b'.') || name.windows(2).any(inside))
                    && !crate::scan::label::is_mixed(text)
            }
        }
}

/// `/srv/www/project`, and no base64 that begins with a slash.
fn is_path(text: &[u8]) -> bool {
    let plain =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"/._-".contains(byte);
    text.first() == Some(&b'/')
        && text.iter().filter(|byte| **byte == b'/').count() > 1
        && text.iter().all(plain)
}

/// `2026-01-02T03:04:05Z`, `2026-01-02`.
fn is_moment(text: &[u8]) -> bool {
    let shape = b"dddd-dd-dd";
    let digit = |(byte, wanted): (&u8, &u8)| match wanted {
        b'd' => byte.is_ascii_digit(),
        _ => byte == wanted,
    };
    text.len() >= shape.len()
        && text.iter().zip(shape).all(digit)
        && text.iter().all(|byte| byte.is_ascii_digit() || b"-:.TZ+".contains(byte))
}

fn is_uuid(text: &[u8]) -> bool {
    let hex = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == 36 && text.iter().enumerate().all(hex)
}

#[cfg(test)]
mod tests {
    use super::{is_random, may_be};

    #[test]
    fn what_is_no_secret() {
        for text in [
            "${DB_PASSWORD}",
            "$DB_PASSWORD",
            "%DB_PASSWORD%",
            "{{ vault }}",
            "<password>",
            "********",
            "xxxx-xxxx",
            "[REDACTED:password]",
            "https://example.com/x",
            "2026-01-02T03:04:05Z",
            "2026-01-02",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "Password",
            "REQUIRED",
            "vault:kv/data/a#b",
            "/run/secrets/db",
            "your_password",
            "get_password(user1)",
            "Optional[str]",
            "settings.CLIENT_SECRET",
            "SecretString",
            "/srv/www/project12",
            "at least 8 characters",
            "",
        ] {
            assert!(!may_be(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_may_be_one() {
        for text in ["hunterhunter", "t7Kq-vX2zR", "$ecret99word", "12345678", "2026-01-02!"] {
            assert!(may_be(text.as_bytes()), "{text}");
        }
        assert!(is_random(b"t7kqvx2z") && is_random(b"tKqvXzRbWq"));
        assert!(!is_random(b"boarding-pass") && !is_random(b"12345678") && !is_random(b"Boarding"));
    }
}
