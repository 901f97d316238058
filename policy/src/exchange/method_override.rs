/*!
A field such as `_method`: Rails, Symfony, Laravel and others let it stand for the request's own
method, in the query, a form, or a JSON object. Headers that do the same are refused too (`head`).
*/

use crate::content_type;
use crate::json::Node;
use crate::path::percent_decoded;
use crate::protocol::Protocol;
use crate::query;

/// Of Rails, Symfony, Laravel, Spring, WordPress and (in capitals) Slim; of ASP.NET MVC, which takes
/// the header's name for a field too; of Plack and Catalyst; of Flask; of Salesforce.
const FIELDS: &[&str] = &[
    "_method",
    "_httpmethod",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-tunneled-method",
    "__method_override__",
];

/// Whether such a field names another method.
pub fn is_there(
    method: &str,
    path: &str,
    headers: &[(String, String)],
    protocol: &Protocol<'_>,
    body: &str,
) -> bool {
    let other = |named: &str| {
        let named = named.trim();
        !named.is_empty() && !named.eq_ignore_ascii_case(method)
    };
    let in_pairs =
        |text: &str| query::pairs(text).any(|(name, value)| is_field(&name) && other(&value));
    let content_type = content_type::of(headers);
    // Also what is JSON: whoever reads a form goes by the content type.
    if in_pairs(path.split_once('?').map_or("", |(_, query)| query))
        || (content_type::is_form(content_type) && in_pairs(body))
    {
        return true;
    }
    if let Some(Node::Object(members)) = &protocol.json {
        return members.iter().any(|(name, value)| {
            is_field(name) && first(value).and_then(Node::text).is_some_and(other)
        });
    }
    protocol.parts.iter().any(|part| {
        other(part.content) && part.names().any(|name| is_field(&percent_decoded(&name)))
    })
}

/// Of a list, as Express takes it.
fn first<'n, 'a>(value: &'n Node<'a>) -> Option<&'n Node<'a>> {
    match value {
        Node::Array(list) => list.first(),
        _ => Some(value),
    }
}

/// In PHP too. Rack drops brackets in front. Express takes the first of a list, `_method[]`.
fn is_field(name: &str) -> bool {
    let name = name.split('\0').next().unwrap_or_default().trim().to_ascii_lowercase();
    let php = query::in_php(&name);
    let list = name.trim_start_matches(['[', ']']).split(['[', ']']).next();
    FIELDS.iter().any(|field| *field == php || Some(*field) == list)
}

#[cfg(test)]
mod tests {
    use super::is_there;
    use crate::call::Kind;
    use crate::protocol;

    fn refused(path: &str, content_type: &str, body: &str) -> bool {
        let headers = [("content-type".to_owned(), content_type.to_owned())];
        let protocol = protocol::read(Kind::Auto, "POST", &headers, body).unwrap();
        is_there("POST", path, &headers, &protocol, body)
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[test]
    fn another_method_is_found_wherever_servers_look_for_it() {
        for (path, content_type, body) in [
            ("/customers/7?_method=DELETE", "", ""),
            ("/customers/7?a=1;_method=delete", "", ""),
            ("/customers/7?_HttpMethod=DELETE", "", ""),
            ("/customers/7?x-method-override=DELETE", "", ""),
            ("/customers/7?X-HTTP-Method-Override=DELETE", "", ""),
            ("/customers/7", "", "a=1&_method=PUT"),
            ("/customers/7", FORM, "a=1&_method=PUT"),
            ("/customers/7", FORM, r#"{"a": "&_method=PUT&"}"#),
            ("/customers/7", FORM, "x-tunneled-method=PUT"),
            ("/customers/7", "application/json", r#"{"_method": "DELETE"}"#),
            ("/customers/7", "application/json", r#"{"_METHOD": "DELETE"}"#),
            ("/customers/7", "application/json", r#"{"_method": ["DELETE"]}"#),
            ("/customers/7", "text/plain", r#"{"_method": "DELETE"}"#),
        ] {
            assert!(refused(path, content_type, body), "{path} {body}");
        }
        for (path, content_type, body) in [
            ("/x?_method=post", "", ""),
            ("/x?method=DELETE", FORM, "method=DELETE"),
            ("/x?_methods=DELETE&a_method=DELETE", FORM, "text=_method=DELETE"),
            ("/x", "application/json", r#"{"text": "_method=DELETE", "_method": 7}"#),
            ("/x", "text/html", "<input name=\"_method\" value=\"DELETE\"> name=_method"),
            ("/x", "text/plain", "/customers/7?a=1&_method=DELETE"),
            ("/x", FORM, "html=<input+name=\"_method\">"),
        ] {
            assert!(!refused(path, content_type, body), "{path} {body}");
        }
    }

    #[test]
    fn every_spelling_of_the_name_is_found() {
        for name in [
            "%5Fmethod",
            ".method",
            "%2emethod",
            "%20_method",
            "+_method",
            "%20.method",
            "_method%00",
            "_method%00x",
            "[method",
            "[_method]",
            "_method]",
            "_METHOD",
            "_method[]",
            "_method%5B0%5D",
            "%20method",
        ] {
            // Of a space in front PHP makes nothing, so that ` method` is no override.
            let found = name != "%20method";
            assert_eq!(refused(&format!("/x?{name}=DELETE"), "", ""), found, "{name}");
            assert_eq!(refused("/x", FORM, &format!("a=b&{name}=DELETE")), found, "{name}");
        }
    }

    #[test]
    fn a_part_of_that_name_is_found() {
        let ask = |head: &str, content: &str| {
            let body = format!("--x\r\n{head}\r\n\r\n{content}\r\n--x--\r\n");
            refused("/x", "multipart/form-data; boundary=x", &body)
        };
        for name in [
            "name=\"_method\"",
            "Name=\"_method\"",
            "name = \"_method\"",
            "name=\"_m\\ethod\"",
            "name='_method'",
            "name=_method",
            "name=\"_method\"x",
            "name=\" .method\"",
            "name*=UTF-8''%5Fmethod",
            "filename=\"_method\"",
            "x=\"; name=_method",
            "x= name=_method",
            "name=\"a\"; name=\"_method\"",
            "name=\"[_method]\"",
            "name=_method; filename=\"a\"",
        ] {
            assert!(ask(&format!("content-disposition: form-data; {name}"), "DELETE"), "{name}");
        }
        assert!(ask("Content-Type: text/plain\r\nContent-ID: _method", "DELETE"));
        for (name, content) in [
            ("name=\"_method\"", "POST"),
            ("name=\"method\"", "DELETE"),
            ("name=\"_methods\"", "DELETE"),
            ("name=\"html\"", "<input name=\"_method\" value=\"DELETE\">"),
            ("name=\"text\"", "a=1&_method=DELETE"),
            (
                "name=\"file\"; filename=\"x_method.rb\"",
                "Content-Disposition: form-data; name=_method",
            ),
        ] {
            let head = format!("Content-Disposition: form-data; {name}");
            assert!(!ask(&head, content), "{name} {content}");
        }
    }
}
