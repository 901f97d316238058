/*!
Headers as the record has them. What a pack knows is masked like any text; but tokens of most services have no
form, so what a header is called decides first: the values of those that are called like a credential are left out
whole. These are the copies of what came to the filter, which stands in front of the gateway's own credentials.
*/

use std::ops::Range;

use crate::decide::ResponsePlan;
use crate::engine::Engine;
use crate::record::{FindingCount, HeaderRecord};
use crate::redact;
use crate::scan::{self, Budget, Findings};

use super::journal::findings;
use super::masked_target;
use super::masked_text::{lossy, mask_url, mask_whole};

/// Bytes of names and values of one side.
const LIMIT: usize = 8 * 1024;

/// What the names of credentials have in them, whatever stands between their words.
const PARTS: &[&str] = &[
    "accesskey",
    "apikey",
    "assertion",
    "authent",
    "authkey",
    "authoriz",
    "bearer",
    "clientcert",
    "cookie",
    "credential",
    "creds",
    "csrf",
    "dpop",
    "jwt",
    "nonce",
    "passcode",
    "passphrase",
    "passw",
    "privatekey",
    "secret",
    "sessid",
    "session",
    "signature",
    "ticket",
    "token",
    "xsrf",
];

/// Words that make a credential of a name in which they stand alone.
const WORDS: &[&str] = &[
    "auth", "cert", "hmac", "login", "mfa", "otp", "pass", "pin", "psk", "pwd", "sas", "sid", "sig",
];

/// What words end with that make one: `x-sharedkey`.
const END: &str = "key";

/// Their tokens are counted, in numbers.
const COUNTS: &[&str] = &["ratelimit-", "x-ratelimit-"];

#[derive(Clone, Debug, Default)]
pub struct Headers {
    pub list: Vec<HeaderRecord>,
    /// Some are not there, since they are too many or too long.
    pub cut: bool,
    pub findings: Vec<FindingCount>,
}

/// `plan`: of a response, which the caller got redacted by it.
pub fn copy(
    engine: &Engine,
    headers: &[(String, Vec<u8>)],
    plan: Option<&ResponsePlan>,
) -> Headers {
    let mut copy = Headers::default();
    let mut lines = Lines::default();
    let mut room = LIMIT;
    for (name, value) in headers.iter().filter(|(name, _)| !name.starts_with(':')) {
        let Some(left) = room.checked_sub(name.len() + value.len()) else {
            copy.cut = true;
            continue;
        };
        room = left;
        let left_out = engine.bundle.is_none() || is_secret(engine, name, value);
        // The gateway's own, should an upstream echo it.
        let value = redact::apply(value, &engine.custody.edits(value));
        match left_out {
            true => lines.add(name, redact::LEFT_OUT.as_bytes()),
            false => lines.add(name, &of_url(engine, &value).map_or(value, String::into_bytes)),
        }
    }
    let scanner = &engine.bundle.scanner;
    let text = &lines.text;
    let found = scan::scan_body(scanner, text, &mut Budget::for_body(text.len()));
    let Ok(found) = found else {
        // Too much work to read them: then none is shown.
        copy.cut = true;
        return copy;
    };
    copy.list = lines.without(&redact::redact(scanner, text, &found, |_| true));
    copy.findings = told(engine, &found, text, plan);
    copy
}

fn told(
    engine: &Engine,
    found: &Findings,
    text: &[u8],
    plan: Option<&ResponsePlan>,
) -> Vec<FindingCount> {
    let scanner = &engine.bundle.scanner;
    let seen = plan.filter(|_| !found.is_empty());
    let seen = seen.map(|plan| plan.redactions(scanner).treat(text, false, found).seen);
    findings(found.counts(), scanner, &seen.unwrap_or_default())
}

/// It is called like one, or like the fields of a pattern whose values have no form.
fn is_secret(engine: &Engine, name: &str, value: &[u8]) -> bool {
    if COUNTS.iter().any(|begin| name.starts_with(begin)) && is_count(value) {
        return false;
    }
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    name.starts_with("proxy-")
        || PARTS.iter().any(|part| plain.contains(part))
        || name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| WORDS.contains(&word) || word.ends_with(END))
        || engine.bundle.scanner.names_a_value(name)
}

/// Of numbers alone: what is called so may be a token all the same.
fn is_count(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_digit() || b" .,;=".contains(byte))
}

/// What is left of one in which something has to be masked that stands as it does in a URL.
fn of_url(engine: &Engine, value: &[u8]) -> Option<String> {
    if !value.iter().any(|byte| b"%?#".contains(byte)) {
        return None;
    }
    let value = lossy(value);
    masked_target::shown(engine, &value).or_else(|| {
        let masked = mask_url(engine, &value);
        // What is found in any text is told beside it.
        (masked != mask_whole(engine, &value)).then_some(masked)
    })
}

/// A line each, so that all are read at once and no finding goes from one into the next unseen.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    /// Of each name, and of its value.
    places: Vec<(Range<usize>, Range<usize>)>,
}

impl Lines {
    fn add(&mut self, name: &str, value: &[u8]) {
        let mut add = |bytes: &[u8]| {
            let begin = self.text.len();
            self.text.extend_from_slice(bytes);
            begin..self.text.len()
        };
        let name = add(name.as_bytes());
        add(b": ");
        let value = add(value);
        add(b"\n");
        self.places.push((name, value));
    }

    fn without(&self, edits: &[redact::Edit]) -> Vec<HeaderRecord> {
        let one = |(name, value): &(Range<usize>, Range<usize>)| HeaderRecord {
            name: self.part(name, edits),
            value: self.part(value, edits),
        };
        self.places.iter().map(one).collect()
    }

    /// One into which an edit reaches from beside it is left out whole.
    fn part(&self, part: &Range<usize>, edits: &[redact::Edit]) -> String {
        let first = edits.partition_point(|edit| edit.span.end <= part.start);
        let of = edits.iter().skip(first).take_while(|edit| edit.span.start < part.end);
        let mut within = Vec::new();
        for edit in of {
            if edit.span.start < part.start || edit.span.end > part.end {
                return redact::LEFT_OUT.to_owned();
            }
            let span = edit.span.start - part.start..edit.span.end - part.start;
            within.push(redact::Edit { span, replacement: edit.replacement.clone() });
        }
        let bytes = self.text.get(part.clone()).unwrap_or_default();
        lossy(&redact::apply(bytes, &within)).into_owned()
    }
}
