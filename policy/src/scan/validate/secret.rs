/*!
Values that fields called passwords or keys hold and that are none: placeholders, references to where the
secret lies, addresses, dates, identifiers and words.
*/

use crate::scan::label::is_mixed;

/// What begins a reference or a placeholder.
const BEGINNINGS: &[&[u8]] = &[
    b"${",
    b"$(",
    b"{{",
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
    b"filtered",
    b"changeme",
    b"change-me",
    b"change_me",
    b"supported",
    b"unsupported",
    b"passwort",
    b"kennwort",
    "contrase\u{f1}a".as_bytes(),
    b"wachtwoord",
    b"adgangskode",
    b"parola",
    b"not_configured",
    b"not-configured",
    b"not_set",
];

/// A value of words of which one is such a word is a name of something: `client_secret_post`.
const NAMING: &[&[u8]] = &[b"password", b"passwd", b"passphrase", b"secret", b"passwort"];

/// Whether a text may be a secret. What stands around it may be code, and more of it.
pub(super) fn may_be(text: &[u8]) -> bool {
    is_no_other(text) && (is_wild(text) || !(is_code(text) || is_constant(text)))
}

/// And whether it reads as if it were made up at random: letters and digits, or capital letters inside.
pub(super) fn is_random(text: &[u8]) -> bool {
    is_mixed(text) && may_be(text)
}

/// Whether a whole value may be a secret: what is called in it ends in it.
pub(super) fn may_be_whole(text: &[u8]) -> bool {
    let closed = matches!(text.last(), Some(b')' | b']' | b'}' | b';'));
    let opens = text.iter().any(|byte| matches!(byte, b'(' | b'['));
    is_no_other(text) && ((opens && !closed) || !is_code(text))
}

pub(super) fn is_random_whole(text: &[u8]) -> bool {
    is_mixed(text) && may_be_whole(text)
}

fn is_no_other(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    !(BEGINNINGS.iter().any(|begin| lower.starts_with(begin))
        || is_word(&lower)
        || text.iter().any(u8::is_ascii_whitespace)
        || lower.windows(3).any(|part| part == b"://")
        || is_mask(&lower)
        || is_version(text)
        || is_variable(text)
        || is_marked(text)
        || is_path(text)
        || is_moment(text)
        || is_uuid(text))
}

/// `<password>`, `@Value`, `@Microsoft.KeyVault(...)`, `@ada99`, and no random text that begins so.
fn is_marked(text: &[u8]) -> bool {
    match text {
        [b'<', .., b'>'] => true,
        [b'@', name @ ..] => {
            let end =
                name.iter().position(|byte| matches!(byte, b'(' | b'{')).unwrap_or(name.len());
            let name = name.get(..end).unwrap_or_default();
            name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._/".contains(byte))
        }
        _ => false,
    }
}

/// `required`, `[FILTERED]`, `**hidden**`, `change_password`.
fn is_word(lower: &[u8]) -> bool {
    let around = |byte: &u8| b"[](){}<>*_".contains(byte);
    let from = lower.iter().position(|byte| !around(byte)).unwrap_or(lower.len());
    let to = lower.iter().rposition(|byte| !around(byte)).map_or(from, |last| last + 1);
    let word = lower.get(from..to).unwrap_or_default();
    let names = || {
        let parts = word.split(|byte| b"_-.".contains(byte)).collect::<Vec<_>>();
        parts.len() > 1
            && word.iter().all(|byte| byte.is_ascii_alphabetic() || b"_-.".contains(byte))
            && parts.iter().any(|part| NAMING.contains(part))
    };
    WORDS.contains(&word) || names()
}

/// `********`, `xxxx-xxxx`, `********1234`: one character, or a sign of masks in half of the places.
fn is_mask(lower: &[u8]) -> bool {
    let text = String::from_utf8_lossy(lower);
    let mut letters = text.chars().filter(|c| !matches!(c, '-' | '_' | '.' | ' '));
    let Some(first) = letters.next() else { return true };
    if letters.all(|letter| letter == first) {
        return true;
    }
    let signs = text.chars().filter(|c| matches!(c, '*' | '\u{2022}' | '\u{25cf}' | '\u{2588}'));
    signs.count() * 2 >= text.chars().count()
}

/// `10.0.0.1`, `11.01.2026`, `~1.2.3-beta.1`.
fn is_version(text: &[u8]) -> bool {
    let digits = |text: &[u8]| {
        text.contains(&b'.') && text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
    };
    match text {
        [b'~' | b'^' | b'v', rest @ ..] => {
            let end =
                rest.iter().position(|byte| matches!(byte, b'-' | b'+')).unwrap_or(rest.len());
            rest.get(..end).is_some_and(digits)
        }
        text => digits(text),
    }
}

/// `LSA_UNICODE_STRING`.
fn is_constant(text: &[u8]) -> bool {
    text.contains(&b'_') && text.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
}

/// Signs, digits and letters of both cases in a way that no code has them.
fn is_wild(text: &[u8]) -> bool {
    let kinds = [u8::is_ascii_digit, u8::is_ascii_lowercase, u8::is_ascii_uppercase];
    let mut signs: Vec<u8> =
        text.iter().copied().filter(|byte| b"@#%^~!?*+&".contains(byte)).collect();
    signs.sort_unstable();
    signs.dedup();
    text.len() <= 64 && signs.len() > 1 && kinds.iter().all(|kind| text.iter().any(kind))
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
            Some(b':') if text.get(end + 1) == Some(&b':') => true,
            Some(b'-') if text.get(end + 1) == Some(&b'>') => true,
            Some(_) => false,
            None => {
                letters && (name.contains(&b'.') || name.windows(2).any(inside)) && !is_mixed(text)
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
    use super::{is_random, may_be, may_be_whole};

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
            "[FILTERED]",
            "[FILTERED",
            "**REDACTED**",
            "(hidden)",
            "__PASSWORD__",
            "\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}",
            "********1234",
            "client_secret_post",
            "10.0.0.1",
            "~1.2.3-beta.1",
            "LSA_UNICODE_STRING",
            "Zeroizing::new([0u8",
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
        for text in ["t7Kq(vX2zR", "@t7Kq-vX2zR", "<t7Kq-vX2zR", "ab[9Kq-vX2zR"] {
            assert!(may_be_whole(text.as_bytes()), "{text}");
        }
        for text in
            ["get_password(user1)", "Optional[str]", "@Value", "<password>", "@Azure.Vault(x9)"]
        {
            assert!(!may_be_whole(text.as_bytes()), "{text}");
        }
        assert!(is_random(b"t7kqvx2z") && is_random(b"tKqvXzRbWq"));
        assert!(!is_random(b"boarding-pass") && !is_random(b"12345678") && !is_random(b"Boarding"));
    }
}
