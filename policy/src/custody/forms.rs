/*! The forms in which a credential may stand in a text, and their marks. Host side. */

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::{Mark, WINDOW, digest_of, power, roll};

/// Marks of one credential, without its scheme. Empty if it is too short to have any.
pub fn marks(secret: &[u8], base: u64, key: &[u8]) -> Vec<Mark> {
    if secret.len() < WINDOW {
        return Vec::new();
    }
    let forms = forms(secret);
    let marked = forms.iter().filter_map(|form| mark(form, base, key));
    marked.collect()
}

fn mark(form: &[u8], base: u64, key: &[u8]) -> Option<Mark> {
    let length = u16::try_from(form.len()).ok().filter(|length| *length <= 4096)?;
    let tail = form.get(form.len().checked_sub(WINDOW)?..)?;
    let tail = tail.iter().fold(0, |hash, &byte| roll(hash, base, power(base), byte, None));
    Some(Mark { length, tail, digest: STANDARD.encode(digest_of(form, key)) })
}

fn forms(secret: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::from([secret.to_vec()]);
    forms.insert(escaped(secret, |byte| format!("{byte:02x}")));
    forms.insert(escaped(secret, |byte| format!("{byte:02X}")));
    for shift in 0..3 {
        forms.extend(within_base64(secret, shift));
    }
    forms
}

fn escaped(secret: &[u8], escape: impl Fn(u8) -> String) -> Vec<u8> {
    secret.iter().map(|&byte| escape(byte)).collect::<String>().into_bytes()
}

/// What base64 makes of the secret when `shift` bytes (modulo 3) stand before it, less the digits
/// that also depend on its neighbours.
fn within_base64(secret: &[u8], shift: usize) -> Vec<Vec<u8>> {
    let skipped = (3 - shift) % 3;
    let inner = secret.get(skipped..).unwrap_or_default();
    let whole = inner.get(..inner.len() - inner.len() % 3).unwrap_or_default();
    vec![STANDARD_NO_PAD.encode(whole).into_bytes(), URL_SAFE_NO_PAD.encode(whole).into_bytes()]
}
