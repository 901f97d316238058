/*!
A field `_method`: Rails, Symfony, Laravel and others let it stand for the request's own method, in
the query, a form, or a JSON object. Headers that do the same are taken off (`head`).
*/

use serde_json::Value;

use crate::protocol::Protocol;
use crate::query;

const FIELD: &str = "_method";

/// Whether such a field names another method.
pub fn is_there(method: &str, path: &str, protocol: &Protocol, body: &str) -> bool {
    let other = |named: &str| !named.eq_ignore_ascii_case(method);
    let query = path.split_once('?').map_or("", |(_, query)| query);
    if query::values(query, FIELD).iter().any(|named| other(named)) {
        return true;
    }
    match &protocol.json {
        Some(json) => json.get(FIELD).and_then(Value::as_str).is_some_and(other),
        None => {
            query::values(body, FIELD).iter().any(|named| other(named))
                // Of a multipart form it is enough that there is one.
                || body.contains("name=\"_method\"") || body.contains("name=_method")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_there;
    use crate::call::Kind;
    use crate::protocol;

    fn refused(method: &str, path: &str, body: &str) -> bool {
        let protocol = protocol::read(Kind::Auto, method, &[], body).unwrap();
        is_there(method, path, &protocol, body)
    }

    #[test]
    fn another_method_is_found_wherever_servers_look_for_it() {
        let part = "--x\r\ncontent-disposition: form-data; name=\"_method\"\r\n\r\nDELETE\r\n--x--";
        for (path, body) in [
            ("/customers/7?_method=DELETE", ""),
            ("/customers/7?a=1;_method=delete", ""),
            ("/customers/7", "a=1&_method=PUT"),
            ("/customers/7", "%5Fmethod=PUT"),
            ("/customers/7", r#"{"_method": "DELETE"}"#),
            ("/customers/7", part),
        ] {
            assert!(refused("POST", path, body), "{path} {body}");
        }
        for (path, body) in [
            ("/x?_method=post", ""),
            ("/x?method=DELETE", "method=DELETE"),
            ("/x", r#"{"text": "_method=DELETE", "_method": 7}"#),
        ] {
            assert!(!refused("POST", path, body), "{path} {body}");
        }
    }
}
