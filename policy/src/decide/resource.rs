/*!
URIs of resources against globs. A server may decode a URI, follow its `..` and not mind its case: rules that
stop calls see it in each of these readings, one that allows only what has a single one.
*/

use crate::glob;
use crate::path::percent_decoded;

/// As a rule that stops calls compares it.
pub fn matches(globs: &[String], uri: &str) -> bool {
    let decoded = percent_decoded(uri);
    let plain = without_dots(&decoded);
    let readings = [uri.to_lowercase(), decoded.to_lowercase(), plain.to_lowercase()];
    globs.iter().map(|glob| glob.to_lowercase()).any(|glob| {
        let mut readings = readings.iter();
        readings.any(|reading| glob::matches(&glob, reading))
    })
}

/// Whether a template may become what a rule that stops calls names: as far as both are literal they agree.
pub fn may_be(globs: &[String], template: &str) -> bool {
    let Some((begin, _)) = template.split_once('{') else { return false };
    let readings = [begin.to_lowercase(), without_dots(&percent_decoded(begin)).to_lowercase()];
    globs.iter().any(|glob| {
        let glob = glob.to_lowercase();
        let literal = glob.split(['*', '?', '{']).next().unwrap_or_default();
        readings.iter().any(|begin| begin.starts_with(literal) || literal.starts_with(begin))
    })
}

/// As one that allows them does.
pub fn matches_alone(globs: &[String], uri: &str) -> bool {
    let decoded = percent_decoded(uri);
    decoded == uri && without_dots(&decoded) == uri && glob::matches_any(globs, uri)
}

/// Without segments that lead up or nowhere, behind the scheme and the host.
fn without_dots(uri: &str) -> String {
    let uri = uri.replace('\\', "/");
    let at = uri.find("://").map_or(0, |at| at + 3);
    let (begin, rest) = uri.split_at_checked(at).unwrap_or(("", &uri));
    let mut kept: Vec<&str> = Vec::new();
    for (number, segment) in rest.split('/').enumerate() {
        match segment {
            "." => {}
            // The first is the host, which nothing leads out of.
            ".." if number > 0 => kept.truncate(kept.len().saturating_sub(1).max(1)),
            segment => kept.push(segment),
        }
    }
    format!("{begin}{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{matches, matches_alone, may_be};

    #[test]
    fn a_template_may_be_what_it_can_become() {
        let etc = ["file:///etc/*".to_owned()];
        for template in [
            "file:///{path}",
            "FILE:///e{x}",
            "file:///etc/{name}",
            "{any}",
            "file:///a/..{b}",
            "file:///%65{x}",
        ] {
            assert!(may_be(&etc, template), "{template}");
        }
        for template in ["file:///public/{name}", "note://{id}", "file:///etc/passwd"] {
            assert!(!may_be(&etc, template), "{template}");
        }
    }

    #[test]
    fn what_stops_is_compared_broadly_and_what_allows_narrowly() {
        let etc = ["file:///etc/*".to_owned()];
        for (uri, stops, allows) in [
            ("file:///etc/passwd", true, true),
            ("file:///ETC/passwd", true, false),
            ("FILE:///etc/passwd", true, false),
            ("file:///%65tc/passwd", true, false),
            ("file:///public/../etc/passwd", true, false),
            ("file:///public/%2e%2e/etc/passwd", true, false),
            ("file:///./etc/./passwd", true, false),
            ("file:///public\\..\\etc\\passwd", true, false),
            ("file:///etc/../public/a", true, false),
            ("file:///public/a", false, false),
            ("file://host/etc/a", false, false),
        ] {
            assert_eq!((matches(&etc, uri), matches_alone(&etc, uri)), (stops, allows), "{uri}");
        }
        let any = ["*".to_owned()];
        assert!(matches_alone(&any, "note:a/b") && !matches_alone(&any, "note:a/../b"));
        assert!(!matches(&[], "a"));
    }
}
