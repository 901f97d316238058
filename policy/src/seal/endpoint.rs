/*!
Addresses by which a server of the old SSE transport (before 2025-03-26) hears of a session: the event `endpoint` gives
one out, and messages are posted there. Whoever knows it may post, so the session's id in its query is sealed.
*/

use std::ops::Range;

use crate::path::{is_unreserved, percent_decoded};
use crate::redact::{self, Edit};

use super::openai::{NotIssued, is_id};
use super::{Id, Opened, Seal};

/// As the SDKs for Python and TypeScript call it, in lower case.
const NAMES: &[&str] = &["session_id", "sessionid"];

/// The edits that seal the session in an address.
///
/// # Errors
///
/// It names none that could come back.
pub fn close(seal: &Seal, address: &str) -> Result<Vec<Edit>, NotIssued> {
    let edits: Option<Vec<Edit>> = sessions(address)
        .map(|(span, id)| {
            let replacement = is_plain(&id).then(|| seal.close(Id::Session, &id))?;
            Some(Edit { span, replacement })
        })
        .collect();
    edits.filter(|edits| !edits.is_empty()).ok_or(NotIssued)
}

/// The target with the server's own id. `None`: it names no session.
///
/// # Errors
///
/// A session that was not given to this principal.
pub fn open(seal: &Seal, target: &str) -> Result<Option<String>, NotIssued> {
    let mut edits = Vec::new();
    for (span, text) in sessions(target) {
        match seal.open(Id::Session, &text) {
            Opened::Own(id) if is_plain(id) => {
                edits.push(Edit { span, replacement: id.to_owned() });
            }
            _ => return Err(NotIssued),
        }
    }
    let opened = || String::from_utf8(redact::apply(target.as_bytes(), &edits));
    if edits.is_empty() { Ok(None) } else { opened().map(Some).map_err(|_| NotIssued) }
}

/// Where the id stands in its query, and what it is once decoded.
fn sessions(target: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let begin = target.find('?').map_or(target.len(), |at| at + 1);
    let mut next = begin;
    target.get(begin..).unwrap_or_default().split('&').filter_map(move |pair| {
        let start = next;
        next += pair.len() + 1;
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name_of = percent_decoded(name).to_lowercase();
        let from = (start + name.len() + 1).min(start + pair.len());
        NAMES
            .contains(&name_of.as_str())
            .then(|| (from..start + pair.len(), percent_decoded(value)))
    })
}

/// Needs no escape in a query.
fn is_plain(id: &str) -> bool {
    is_id(id) && id.bytes().all(is_unreserved)
}

#[cfg(test)]
mod tests {
    use super::{close, open};
    use crate::redact::apply;
    use crate::seal::tests::seal;

    #[test]
    fn an_address_comes_back_from_whom_it_was_given_to() {
        let (ada, ben) = (seal("ada"), seal("ben"));
        for address in ["/messages/?session_id=5f", "/m?a=b&sessionId=5f-0&c", "?session%5Fid=5"] {
            let given = apply(address.as_bytes(), &close(&ada, address).unwrap());
            let given = String::from_utf8(given).unwrap();
            assert_eq!(open(&ada, &given), Ok(Some(address.to_owned())));
            assert!(open(&ben, &given).is_err() && open(&ada, address).is_err());
            assert!(open(&ada, &format!("{given}&SESSION_ID=5f")).is_err(), "{given}");
        }
        assert_eq!(open(&ada, "/mcp?session=5f"), Ok(None));
        assert_eq!(open(&ada, "/mcp"), Ok(None));
        assert!(open(&ada, "/mcp?session_id").is_err());
        for address in ["/messages/5f", "/m?session_id=", "/m?session_id=a%2fb", ""] {
            assert!(close(&ada, address).is_err(), "{address}");
        }
    }
}
