/*!
Content types and their parameters, in the heads of requests and of parts. `Content-Disposition` is
written alike.

Servers do not agree on where a parameter begins and ends: some mind quotes and some do not, some take
a name wherever it stands. What could be a danger (`values`) is told in every reading; what the gateway
goes by itself (`boundary`) must have a single one.
*/

/// The one of a request; empty where there is none.
pub fn of(headers: &[(String, String)]) -> &str {
    headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value)
}

/// Type and subtype, in lower case.
pub fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether anyone may take the body for parts: some servers look for the word wherever it stands.
pub fn is_multipart(content_type: &str) -> bool {
    content_type.to_ascii_lowercase().contains("multipart/")
}

/// Whether anyone may take the body for `name=value` pairs. Rack does where no type is named.
pub fn is_form(content_type: &str) -> bool {
    says_form(content_type) || !content_type.contains('/')
}

/// Whether it names a form, anywhere in it.
pub fn says_form(content_type: &str) -> bool {
    content_type.to_ascii_lowercase().contains("form-urlencoded")
}

/// Whether everyone takes the body for text, a document or parts. What is not known may be a form.
pub fn is_text(content_type: &str) -> bool {
    const DOCUMENTS: &[&str] = &["graphql", "json", "sql", "xml", "yaml"];
    let essence = essence(content_type);
    let document = essence.strip_prefix("application/").is_some_and(|of| DOCUMENTS.contains(&of));
    // `text/plain, x/y` is a list that nobody should have sent.
    let family = ["multipart/", "text/"].iter().any(|family| essence.starts_with(family));
    (family || document) && !content_type.contains(',') && !is_form(content_type)
}

/// Whether everyone takes the body for JSON.
pub fn is_json(content_type: &str) -> bool {
    let essence = essence(content_type);
    let of = essence.strip_prefix("application/").unwrap_or_default();
    (of == "json" || of.ends_with("+json")) && !content_type.contains(',') && !is_form(content_type)
}

/// Whether everyone takes the body for lines of JSON: NDJSON, JSON lines.
pub fn is_json_lines(content_type: &str) -> bool {
    const LINES: &[&str] = &[
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonl",
        "application/jsonlines",
        "application/x-jsonlines",
        "application/json-lines",
        "application/stream+json",
        "text/x-ndjson",
    ];
    LINES.contains(&essence(content_type).as_str()) && !content_type.contains(',')
}

/// A comma outside quotes: some servers take what is before it, some what is behind. Whether a
/// backslash keeps a quote from closing is a matter of the server too.
pub fn names_two(content_type: &str) -> bool {
    let outside = if content_type.contains('\\') { 1 } else { 2 };
    content_type.split('"').step_by(outside).any(|text| text.contains(','))
}

/// The values of a parameter, whose name is given in lower case: whole, up to where it could end
/// earlier, and without the character set that RFC 2231 puts in front. `*` and `*0` behind the name
/// are of that RFC too. `None` where it is named more often than can be looked at: each value may be
/// as long as the header.
pub fn values(header: &str, name: &str) -> Option<Vec<String>> {
    const MOST: usize = 8;
    let folded = header.to_ascii_lowercase();
    let behind = folded.match_indices(name).filter_map(|(at, _)| header.get(at + name.len()..));
    let found: Vec<&str> = behind.filter_map(value).take(MOST + 1).collect();
    (found.len() <= MOST).then(|| found.into_iter().flat_map(readings).collect())
}

fn value(behind: &str) -> Option<&str> {
    let star = behind.strip_prefix('*');
    let behind = star
        .map_or(behind, |rest| rest.trim_start_matches(|c: char| c == '*' || c.is_ascii_digit()));
    behind.trim_start().strip_prefix('=').map(str::trim_start)
}

fn readings(value: &str) -> [String; 3] {
    let whole = value.split(';').next().unwrap_or_default();
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
    let short = match quote {
        Some(quote) => value.split(quote).nth(1),
        None => value.split([';', ',', '"', ' ', '\t']).next(),
    };
    let bare = clean(whole);
    let decoded = bare.rsplit('\'').next().unwrap_or_default().to_owned();
    [bare, clean(short.unwrap_or_default()), decoded]
}

fn clean(value: &str) -> String {
    value.trim().trim_matches(['"', '\'']).replace('\\', "")
}

/// What separates the parts, if every server finds the same: it is named once, and holds nothing that
/// is escaped, decoded, trimmed or cut by anyone.
pub fn boundary(content_type: &str) -> Option<&str> {
    const NAME: &str = "boundary";
    let folded = content_type.to_ascii_lowercase();
    let mut found = folded.match_indices(NAME).map(|(at, _)| at);
    let at = found.next()?;
    // The word is in the boundaries of browsers too. PHP takes it in lower case first, wherever it is.
    let exact = content_type.get(at..)?.starts_with(NAME);
    let again = |at: usize| !exact || folded.get(at + NAME.len()..).and_then(value).is_some();
    if found.any(again) {
        return None;
    }
    let (front, behind) = content_type.split_at_checked(at)?;
    let quotes = front.bytes().filter(|byte| *byte == b'"').count();
    let begins = front.trim_end_matches([' ', '\t']).ends_with(';') && quotes % 2 == 0;
    let value = behind.get(NAME.len()..)?.strip_prefix('=')?;
    let (value, rest) = match value.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => value.split_at_checked(value.find(';').unwrap_or(value.len()))?,
    };
    let ends = rest.is_empty() || rest.starts_with(';');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+_-./:=".contains(&byte);
    // 70 is the limit of RFC 2046.
    let reads = (1..=70).contains(&value.len()) && value.bytes().all(plain);
    (begins && ends && reads && !content_type.contains('\\')).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_in_every_reading() {
        for (header, value) in [
            ("form-data; name=\"a\"", "a"),
            ("form-data; NAME = 'a'; x=y", "a"),
            ("form-data;name=\"\\a\"", "a"),
            ("form-data; name=\"a\" b", "a"),
            ("form-data; name=a b", "a"),
            ("form-data; name=\"a", "a"),
            ("form-data; name*=utf-8''a", "a"),
            ("form-data; name*0*=\"a\"", "a"),
            ("form-data; x=\"; name=a", "a"),
            ("form-data; x= name=\"a;b\"", "a;b"),
            ("form-data; name=\"b\"; name=\"a\"", "a"),
        ] {
            assert!(values(header, "name").unwrap().iter().any(|one| one == value), "{header}");
        }
        for header in
            ["", "form-data", "form-data; name", "form-data; names=a", "form-data; name-=a"]
        {
            assert!(values(header, "name").unwrap().is_empty(), "{header}");
        }
        assert!(values(&"name=".repeat(8), "name").is_some());
        assert!(values(&"name=".repeat(9), "name").is_none());
    }

    #[test]
    fn a_boundary_has_one_reading() {
        for (content_type, expected) in [
            (
                "multipart/form-data; boundary=----WebKitFormBoundaryabc",
                "----WebKitFormBoundaryabc",
            ),
            ("multipart/form-data;Boundary=\"b\";charset=utf-8", "b"),
            ("multipart/related; type=\"text/xml\"; boundary=\"===1==\"", "===1=="),
            ("multipart/form-data; boundary=0f3a", "0f3a"),
            (
                "multipart/form-data; boundary=----geckoformboundary1; charset=utf-8",
                "----geckoformboundary1",
            ),
        ] {
            assert_eq!(boundary(content_type), Some(expected));
        }
        for content_type in [
            "multipart/form-data",
            "multipart/form-data; boundary",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"\"",
            "multipart/form-data; boundary=\"a",
            "multipart/form-data; boundary=\"a\"b",
            "multipart/form-data; boundary=a b",
            "multipart/form-data; boundary= a",
            "multipart/form-data; boundary =a",
            "multipart/form-data; boundary=a ;x=y",
            "multipart/form-data; boundary=a,b",
            "multipart/form-data; boundary='a'",
            "multipart/form-data; boundary=\"a\\b\"",
            "multipart/form-data; boundary==?utf-8?q?a?=",
            "multipart/form-data; boundary=a; boundary=b",
            "multipart/form-data; boundary=a; BOUNDARY=a",
            "multipart/form-data; boundary*=utf-8''a",
            "multipart/form-data; boundary*0=a; boundary*1=b",
            "multipart/form-data; boundary*=utf-8''b; boundary=a",
            "multipart/form-data; x=boundary; y=b",
            "multipart/form-data; x=\"; boundary=a\"",
            "multipart/form-data; x=\"\\\"; boundary=a",
            "multipart/form-data; xboundary=a",
            "multipart/form-data boundary=a",
            "multipart/form-data; boundary=xboundary=a",
            "multipart/form-data; Boundary=xboundary; y=a",
            "multipart/form-data; boundary=é",
            &format!("multipart/form-data; boundary={}", "a".repeat(71)),
        ] {
            assert_eq!(boundary(content_type), None, "{content_type}");
        }
    }

    #[test]
    fn what_others_may_take_it_for() {
        assert!(is_multipart("Multipart/Form-Data") && is_multipart("a/b; x=multipart/mixed"));
        assert!(!is_multipart("text/plain") && !is_multipart(""));
        for form in ["", "x", "application/x-www-form-urlencoded;charset=utf-8"] {
            assert!(is_form(form), "{form}");
        }
        assert!(!is_form("text/plain") && !is_form("application/json"));
        assert_eq!(essence(" Text/Plain ; x=y"), "text/plain");
        for two in ["a/b, c/d", "a/b; x=\"y\", c/d", "a/b; x=\"\\\", c/d\""] {
            assert!(names_two(two), "{two}");
        }
        assert!(!names_two("a/b; x=\"c, d\"") && !names_two("a/b"));
    }
}
