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
    "the request names a session, a task or an object that was not given to this caller",
);
const ALL_TASKS: Refused = (
    Reason::MethodNotAllowed,
    "`tasks/list` would show the tasks of other callers; ask for each by its id",
);
/// Since 2026-07-28 it repeats what a message names; of `tasks/get` and the like that is the task.
const NAME: &str = "mcp-name";

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
    match head.route.kind {
        Kind::Openai => steps.extend(open_target(seal, head, admitted)?),
        Kind::Mcp | Kind::Auto => steps.extend(opened_name(seal, admitted)?),
        Kind::Http => {}
    }
    // Where a route does not say that it is MCP, a query may call anything so.
    if head.route.kind == Kind::Mcp {
        steps.extend(open_query(seal, head, admitted)?);
    }
    Ok(steps)
}

fn open_query(
    seal: &Seal,
    head: &RequestHead,
    admitted: &mut Admitted,
) -> Result<Option<Step>, Refused> {
    let opened = seal::endpoint::open(seal, &admitted.path).map_err(|NotIssued| UNKNOWN)?;
    let Some(path) = opened else { return Ok(None) };
    admitted.path = path;
    sent(head, |target| seal::endpoint::open(seal, target)).map(Some)
}

/// The target as it came, with the upstream's own ids: Envoy replaces its prefix afterwards.
fn sent(
    head: &RequestHead,
    open: impl Fn(&str) -> Result<Option<String>, NotIssued>,
) -> Result<Step, Refused> {
    let target = std::str::from_utf8(&head.path).unwrap_or_default();
    let opened = open(target).map_err(|NotIssued| UNKNOWN)?.ok_or(UNKNOWN)?;
    Ok(Step::SetRequestHeader(":path", opened))
}

/// What the upstream gets. Ours stays as it came until the body is opened, with which it has to agree: that
/// proves whose task it is.
fn opened_name(seal: &Seal, admitted: &Admitted) -> Result<Option<Step>, Refused> {
    let mut names = admitted.headers.iter().filter(|(header, _)| header == NAME);
    let Some((_, name)) = names.next() else { return Ok(None) };
    let Opened::Own(id) = seal.open(Id::Task, name) else { return Ok(None) };
    match names.next() {
        None => Ok(Some(Step::SetRequestHeader(NAME, id.to_owned()))),
        Some(_) => Err((Reason::RequestAmbiguous, "a header that names one id stands twice")),
    }
}

/// Ours, once the body is opened.
pub fn open_name(seal: &Seal, admitted: &mut Admitted) {
    for (_, value) in admitted.headers.iter_mut().filter(|(header, _)| header == NAME) {
        if let Opened::Own(id) = seal.open(Id::Task, value) {
            *value = id.to_owned();
        }
    }
}

fn open_target(
    seal: &Seal,
    head: &RequestHead,
    admitted: &mut Admitted,
) -> Result<Option<Step>, Refused> {
    // What follows a collection shows in the path that the upstream sees.
    let opened = seal::target::open(seal, &admitted.path).map_err(|NotIssued| UNKNOWN)?;
    let Some(path) = opened else { return Ok(None) };
    let sent = sent(head, |target| seal::target::open_sealed(seal, target))?;
    let path_only = path.split('?').next().unwrap_or_default();
    admitted.normal_path = path::normal_form(path_only)
        .map_err(|_| (Reason::RequestAmbiguous, "the path reads differently once decoded"))?;
    admitted.path = path;
    Ok(Some(sent))
}

/// The body with the upstream's own ids. `None`: there is none in it.
pub fn open_body(
    seal: &Seal,
    (kind, path): (Kind, &str),
    body: &[u8],
) -> Result<Option<Vec<u8>>, Refused> {
    let text = std::str::from_utf8(body).ok().filter(|_| kind != Kind::Http);
    // What is no JSON is refused when it is read.
    let Some(root) = text.and_then(|text| Spanned::parse(text).ok()) else { return Ok(None) };
    let unknown = |NotIssued| UNKNOWN;
    // What is no message to anybody holds ids of something else.
    let kind = match kind {
        Kind::Auto if seal::tasks::is_message(&root) => Kind::Mcp,
        other => other,
    };
    let edits = match kind {
        // A trace tells of whatever a program did, for anybody.
        Kind::Openai if path.ends_with("/traces/ingest") => seal::openai::open_told(seal, &root),
        Kind::Openai => seal::openai::open(seal, &root).map_err(unknown)?,
        Kind::Mcp if seal::tasks::asks_for_all(&root) => return Err(ALL_TASKS),
        Kind::Mcp => seal::tasks::open(seal, &root).map_err(unknown)?,
        Kind::Auto | Kind::Http => Vec::new(),
    };
    Ok((!edits.is_empty()).then(|| redact::apply(body, &edits)))
}

/// Whether what is answered there gives out ids. What a model is called is asked for as it is. A list of all objects
/// of a kind shows those of the gateway's credential, whoever made them: to be shown one is not to be given it.
pub fn gives_out(kind: Kind, method: &str, path: &str) -> bool {
    let mut segments = path.rsplit('/');
    let (last, before) = (segments.next(), segments.next());
    let of_models = [last, before].contains(&Some("models"));
    let lists_all = matches!(method, "GET" | "HEAD") && !seal::target::is_of_object(path);
    kind != Kind::Openai || !(of_models || lists_all)
}

#[cfg(test)]
mod tests {
    use super::gives_out;
    use crate::call::Kind;

    #[test]
    fn models_are_called_by_their_names() {
        for (path, gives) in [
            ("/v1/models", false),
            ("/v1/models/gpt-5", false),
            ("/models/v1/responses", true),
            ("/models/chat/completions", true),
            ("/v1/responses", true),
        ] {
            assert_eq!(gives_out(Kind::Openai, "POST", path), gives, "{path}");
        }
        assert!(gives_out(Kind::Mcp, "POST", "/models/mcp"));
    }
}
