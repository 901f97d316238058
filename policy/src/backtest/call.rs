/*! The call of a record, as far as it is there. */

use super::CannotTell;
use crate::call::Kind;
use crate::exchange::{RequestHead, RouteFacts, RouteName};
use crate::principal::Principal;
use crate::record::Record;
use crate::sections::RouteSections;

/// What stands in the place of what was masked begins so.
const MASKED: &str = "[REDACTED";

/// A call, with what is masked in it written in one way.
pub struct Version {
    pub head: RequestHead,
    pub body: String,
}

/// One, or two where something is masked.
///
/// # Errors
///
/// Where it is not whole.
pub fn versions(record: &Record) -> Result<Vec<Version>, CannotTell> {
    let request = &record.request;
    if request.body.truncated {
        return Err(CannotTell::RequestCut);
    }
    if request.body.size > 0 && request.body.text.is_empty() {
        return Err(CannotTell::RequestNotKept);
    }
    let headers = headers(record)?;
    let (authority, path) = match &request.judged_as {
        Some(target) => (&target.authority, &target.path),
        None => (&request.authority, &request.path),
    };
    let texts = || {
        let values = headers.iter().map(|(_, value)| value);
        [authority, path, &request.body.text].into_iter().chain(values)
    };
    // Both are words to whoever reads text, a parameter or SQL, and nothing that any pattern finds.
    let masked: &[&str] = match texts().any(|text| text.contains(MASKED)) {
        true => &["x", "0"],
        false => &[""],
    };
    let version = |value: &&str| Version {
        head: RequestHead {
            method: request.method.clone(),
            authority: written(authority, value).into_bytes(),
            path: written(path, value).into_bytes(),
            headers: headers
                .iter()
                .map(|(name, text)| (name.clone(), written(text, value).into_bytes()))
                .collect(),
            end_of_stream: request.body.size == 0,
            route: route(record),
            ..RequestHead::default()
        },
        body: written(&request.body.text, value),
    };
    Ok(masked.iter().map(version).collect())
}

/// With this where something is masked.
fn written(text: &str, value: &str) -> String {
    let mut parts = text.split(MASKED);
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(']') {
            Some((_, rest)) => {
                written.push_str(value);
                written.push_str(rest);
            }
            None => {
                written.push_str(MASKED);
                written.push_str(part);
            }
        }
    }
    written
}

fn headers(record: &Record) -> Result<Vec<(String, String)>, CannotTell> {
    let request = &record.request;
    // There is always one of Envoy's own.
    if request.headers.is_empty() || request.headers_cut {
        return Err(CannotTell::HeadersNotKept);
    }
    Ok(request.headers.iter().map(|one| (one.name.clone(), one.value.clone())).collect())
}

/// As it was proven. With the scopes that its token had.
pub fn principal(record: &Record) -> Result<Principal, CannotTell> {
    let principal = record.principal.clone().ok_or(CannotTell::ReadOtherwise)?;
    Ok(Principal { scopes: record.scopes.clone(), ..principal })
}

fn route(record: &Record) -> RouteFacts {
    let named = (!record.sections.is_empty()).then(|| record.sections.join(","));
    let name = RouteName {
        route: record.route.clone(),
        sections: RouteSections::new(named.as_deref().map(str::as_bytes)),
        ..RouteName::default()
    };
    let kind = match (record.kind_guessed, record.kind.as_str()) {
        (true, _) => Kind::Auto,
        (false, "mcp") => Kind::Mcp,
        (false, "openai") => Kind::Openai,
        (false, _) => Kind::Http,
    };
    RouteFacts { name, kind, replay_off: true, ..RouteFacts::default() }
}

#[cfg(test)]
mod tests {
    use super::written;

    #[test]
    fn each_masked_value_is_written_anew() {
        let text = "[REDACTED:email], [REDACTED] and [REDACTED:card#2].";
        assert_eq!(written(text, "0"), "0, 0 and 0.");
        assert_eq!(written("[REDACTED", "0"), "[REDACTED");
        assert_eq!(written("", "0"), "");
    }
}
