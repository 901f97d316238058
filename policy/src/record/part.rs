/*!
What a body says behind the text that its record keeps, in numbered parts that stand beside the record in its
line. The record lists them with digests, so that what ties it to its chain covers them, too. A digest is
made with the record's salt: once both are erased it says nothing of the text.

Of an answer that goes on, lines that are written meanwhile have parts of it from its first byte on, which
no record lists yet. The last line has all that its record lists, and so stands by itself.
*/

use serde::{Deserialize, Serialize};

use super::BodyRecord;
use super::line::Line;
use crate::digest::Keyed;

/// Bytes of the parts of one exchange that may be configured: a line with all of them has to be one that readers take.
pub const PARTS_MOST: usize = 256 * 1024;

/// Bytes of one.
pub const PART_MOST: usize = 64 * 1024;

/// In one line, of both bodies. No gateway writes as many: a line with more is none.
pub const PARTS_IN_LINE: usize = 1024;

/// In Envoy's line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub of: Side,
    pub n: u32,
    /// Bytes of the body's masked text before it.
    pub from: u64,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Request,
    Response,
}

/// In the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRecord {
    pub n: u32,
    pub from: u64,
    /// Bytes of its text.
    pub size: u64,
    /// `blake2b-256:` and a digest of what it is, with the record's salt.
    pub digest: String,
}

impl Part {
    pub fn digest(&self, salt: &str) -> String {
        let mut digest = Keyed::new("gatehouse-part-1", &[]);
        digest.bytes(salt.as_bytes());
        digest.bytes(match self.of {
            Side::Request => b"request",
            Side::Response => b"response",
        });
        digest.bytes(&u64::from(self.n).to_be_bytes());
        digest.bytes(&self.from.to_be_bytes());
        digest.bytes(self.text.as_bytes());
        digest.finish()
    }

    pub fn told(&self, salt: &str) -> PartRecord {
        let Self { n, from, .. } = *self;
        PartRecord { n, from, size: self.text.len() as u64, digest: self.digest(salt) }
    }
}

/// One after the other with commas between them, as in the brackets of a line.
pub fn to_ascii_json(parts: &[Part]) -> String {
    let one = |part: &Part| Line::of(part, 96 + part.text.len() * 2).unwrap_or_default();
    let all: Vec<String> = parts.iter().map(one).collect();
    all.join(",")
}

impl BodyRecord {
    /// All of its text that there is: what parts say that this lists, behind its own.
    pub fn joined(&mut self, of: Side, parts: &[Part], salt: &str) {
        let listed = self.parts.len();
        let mut taken = 0;
        // A digest for each, and not for each that is listed.
        let own: Vec<(PartRecord, &Part)> = match listed {
            0 => Vec::new(),
            _ => {
                parts.iter().filter(|part| part.of == of).map(|one| (one.told(salt), one)).collect()
            }
        };
        for told in &self.parts {
            let Some((_, part)) = own.iter().find(|(own, _)| own == told) else { break };
            if part.from != self.text.len() as u64 {
                break;
            }
            self.text.push_str(&part.text);
            taken += 1;
        }
        if listed > 0 {
            self.truncated = self.parts_truncated || taken < listed;
        }
    }
}

/// What came so far of an answer that goes on, whose record lists no parts yet.
pub fn so_far(of: Side, parts: &[Part]) -> String {
    let mut own: Vec<&Part> = parts.iter().filter(|part| part.of == of).collect();
    own.sort_by_key(|part| (part.from, part.n));
    own.iter().fold(String::new(), |mut text, part| {
        let known = (text.len() as u64).checked_sub(part.from);
        let known = known.and_then(|known| usize::try_from(known).ok());
        // The last one grows from line to line.
        text.push_str(known.and_then(|known| part.text.get(known..)).unwrap_or_default());
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(n: u32, from: u64, text: &str) -> Part {
        Part { of: Side::Response, n, from, text: text.into() }
    }

    #[test]
    fn nothing_of_a_part_can_change_without_its_digest() {
        let one = part(1, 2, "ab");
        let changed = [
            Part { of: Side::Request, ..one.clone() },
            Part { n: 2, ..one.clone() },
            Part { from: 3, ..one.clone() },
            Part { text: "ac".into(), ..one.clone() },
        ];
        for other in changed {
            assert_ne!(other.digest("s"), one.digest("s"), "{other:?}");
        }
        assert_ne!(one.digest("t"), one.digest("s"));
    }

    #[test]
    fn they_stand_in_a_line_as_they_are() {
        let parts = [part(0, 0, "a\"é\n"), part(1, 5, "b")];
        let line = format!("[{}]", to_ascii_json(&parts));
        assert!(line.is_ascii() && !line.contains('\n'), "{line}");
        assert_eq!(serde_json::from_str::<Vec<Part>>(&line).unwrap(), parts);
    }

    #[test]
    fn a_text_goes_on_with_what_its_record_lists_and_nothing_else() {
        let parts = [part(3, 2, "cd"), part(4, 4, "ef")];
        let body = BodyRecord {
            text: "ab".into(),
            truncated: true,
            parts: parts.iter().map(|part| part.told("s")).collect(),
            ..BodyRecord::default()
        };
        let joined = |parts: &[Part]| {
            let mut body = body.clone();
            body.joined(Side::Response, parts, "s");
            (body.text, body.truncated)
        };
        assert_eq!(joined(&parts), ("abcdef".into(), false));
        assert_eq!(joined(&[parts[1].clone(), parts[0].clone()]), ("abcdef".into(), false));
        assert_eq!(joined(&parts[..1]), ("abcd".into(), true));
        assert_eq!(joined(&parts[1..]), ("ab".into(), true));
        assert_eq!(joined(&[part(3, 2, "cx")]), ("ab".into(), true));
        let mut cut = BodyRecord { parts_truncated: true, ..body.clone() };
        cut.joined(Side::Response, &parts, "s");
        assert_eq!((cut.text.as_str(), cut.truncated), ("abcdef", true));
    }

    #[test]
    fn what_came_so_far_ends_at_the_first_gap() {
        let so_far = |parts: &[Part]| super::so_far(Side::Response, parts);
        assert_eq!(so_far(&[part(1, 2, "cd"), part(0, 0, "ab")]), "abcd");
        // The same part, as it stood in two lines.
        assert_eq!(so_far(&[part(0, 0, "a"), part(0, 0, "ab"), part(1, 2, "c")]), "abc");
        assert_eq!(so_far(&[part(0, 0, "ab"), part(2, 3, "d")]), "ab");
        assert_eq!(so_far(&[part(0, u64::MAX, "ab"), part(0, 0, "é"), part(1, 1, "x")]), "é");
    }
}
