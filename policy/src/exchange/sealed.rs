/*! Ids that a request brings back: the upstream gets its own, and only from whom it gave them to. */

use crate::call::Kind;
use crate::json::Spanned;
use crate::path;
use crate::reason::Reason;
use crate::redact;
use crate::seal::openai::NotIssued;
use crate::seal::{self, Id, Opened, Seal};

use super::event::RequestHead;
use super::head::{Admitted, Refused};
use super::step::Step;

const UNKNOWN: Refused = (
    Reason::IdUnknown,
    "the request names a session or an object that was not given to this caller",
);

const HEADERS: [(&str, Id); 2] = [("mcp-session-id", Id::Session), ("last-event-id", Id::Event)];

/// Opens the ids in the head; the steps make the real one alike.
pub fn open_head(
    seal: &Seal,
    head: &RequestHead,
    admitted: &mut Admitted,
) -> Result<Vec<Step>, Refused> {
    let mut steps = Vec::new();
    for (name, of) in HEADERS {
        let mut values = admitted.headers.iter_mut().filter(|(header, _)| header == name);
        let Some((_, value)) = values.next() else { continue };
        if values.next().is_some() {
            return Err((Reason::RequestAmbiguous, "a header that names one id stands twice"));
        }
        let Opened::Own(id) = seal.open(of, value) else { return Err(UNKNOWN) };
        *value = id.to_owned();
        steps.push(Step::SetRequestHeader(name, value.clone()));
    }
    if head.route.kind == Kind::Openai {
        steps.extend(open_target(seal, head, admitted)?);
    }
    Ok(steps)
}

fn open_target(
    seal: &Seal,
    head: &RequestHead,
    admitted: &mut Admitted,
) -> Result<Option<Step>, Refused> {
    let unknown = |NotIssued| UNKNOWN;
    // What follows a collection shows in the path that the upstream sees.
    let Some(path) = seal::target::open(seal, &admitted.path).map_err(unknown)? else {
        return Ok(None);
    };
    let sent = std::str::from_utf8(&head.path).unwrap_or_default();
    let sent = seal::target::open_sealed(seal, sent).map_err(unknown)?.ok_or(UNKNOWN)?;
    let path_only = path.split('?').next().unwrap_or_default();
    admitted.normal_path = path::normal_form(path_only)
        .map_err(|_| (Reason::RequestAmbiguous, "the path reads differently once decoded"))?;
    admitted.path = path;
    Ok(Some(Step::SetRequestHeader(":path", sent)))
}

/// The body with the upstream's own ids. `None`: there is none in it.
pub fn open_body(
    seal: &Seal,
    (kind, path): (Kind, &str),
    body: &[u8],
) -> Result<Option<Vec<u8>>, Refused> {
    let text = std::str::from_utf8(body).ok().filter(|_| kind == Kind::Openai);
    // What is no JSON is refused when it is read.
    let Some(root) = text.and_then(|text| Spanned::parse(text).ok()) else { return Ok(None) };
    // A trace tells of whatever a program did, for anybody.
    let edits = match path.ends_with("/traces/ingest") {
        true => seal::openai::open_told(seal, &root),
        false => seal::openai::open(seal, &root).map_err(|NotIssued| UNKNOWN)?,
    };
    Ok((!edits.is_empty()).then(|| redact::apply(body, &edits)))
}

/// Whether what is answered there gives out ids. What a model is called is asked for as it is.
pub fn gives_out(path: &str) -> bool {
    !path.ends_with("/models") && !path.contains("/models/")
}
