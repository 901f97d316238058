/*!
Whose a token is: the people its issuer says it acts for. An approval by one of them is none, so a name that could
be somebody else's must not stand in the place of theirs: what cannot be relied on refuses the token.
*/

use serde_json::{Map, Value};

use super::claims::{WRONG_TYPE, strings};
use super::unauthorized::Unauthorized;

/// More than anybody shares an agent with.
const OWNERS_MAX: usize = 16;

/// The names at these claims, in lower case, each once, in one order. A claim is the name of a member, or a path of
/// names with dots between them; a member whose own name has the dots in it comes first.
pub(super) fn of(
    claims: &Map<String, Value>,
    named: &[String],
) -> Result<Vec<String>, Unauthorized> {
    let mut owners = Vec::new();
    for claim in named {
        if let Some((within, last)) = find(claims, claim)? {
            verified(within, last)?;
            owners.extend(strings(within, last)?.unwrap_or_default());
        }
    }
    let mut owners: Vec<String> = owners.iter().map(|name| name.trim().to_lowercase()).collect();
    owners.retain(|name| !name.is_empty());
    owners.sort();
    owners.dedup();
    if owners.len() > OWNERS_MAX {
        return Err(Unauthorized::invalid("token names too many owners"));
    }
    Ok(owners)
}

/// The object it is in, and its name there.
type Member<'a> = (&'a Map<String, Value>, &'a str);

/// The object that a claim is a member of, and its name there.
fn find<'a>(
    claims: &'a Map<String, Value>,
    claim: &'a str,
) -> Result<Option<Member<'a>>, Unauthorized> {
    let Some((path, last)) = claim.rsplit_once('.').filter(|_| !claims.contains_key(claim)) else {
        return Ok(Some((claims, claim)));
    };
    let mut within = claims;
    for name in path.split('.') {
        match within.get(name) {
            Some(Value::Object(member)) => within = member,
            None => return Ok(None),
            Some(_) => return Err(WRONG_TYPE),
        }
    }
    Ok(Some((within, last)))
}

/// An address that nobody verified may be anybody's: whoever chose it could keep its holder from approving and
/// approve themselves. An issuer that says nothing of it has been named by the operator for what it says.
fn verified(within: &Map<String, Value>, claim: &str) -> Result<(), Unauthorized> {
    let last = claim.rsplit(['.', '/']).next();
    if last != Some("email") || !within.contains_key(claim) {
        return Ok(());
    }
    match within.get("email_verified") {
        None | Some(Value::Bool(true)) => Ok(()),
        // Some issuers write it as text.
        Some(Value::String(text)) if text == "true" => Ok(()),
        Some(_) => Err(Unauthorized::invalid("token names an owner by an unverified e-mail")),
    }
}
