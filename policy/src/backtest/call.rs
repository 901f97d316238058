/*! The call of a record, as far as it is there. */

use super::CannotTell;
use super::masked::{self, written};
use crate::call::Kind;
use crate::exchange::{RequestHead, RouteFacts, RouteName, admit};
use crate::principal::Principal;
use crate::record::Record;
use crate::sections::RouteSections;

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
    let (authority, path) = masked::target(record);
    // Both are words to whoever reads text, a parameter or SQL, and nothing that any pattern finds.
    let values: &[&str] = match masked::is_masked(record, &headers)? {
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
    Ok(values.iter().map(version).collect())
}

/// Host and path as rules see them, where the record has all of both.
pub fn place(record: &Record) -> Option<(String, String)> {
    let places = versions(record).ok()?.into_iter().map(|version| {
        admit(&version.head).ok().map(|admitted| (admitted.host, admitted.normal_path))
    });
    let mut places: Vec<_> = places.collect::<Option<_>>()?;
    places.dedup();
    if places.len() == 1 { places.pop() } else { None }
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
