/*! Character sets, as a content type names them. */

const UTF8: &[&str] = &["utf-8", "utf8", "us-ascii", "ascii"];
/// Beginnings of the names of others in which every ASCII character is the byte it is in ASCII, and
/// no other character holds such a byte. All patterns look for ASCII.
const ASCII_INSIDE: &[&str] = &["iso-8859-", "windows-125"];

/// For what must be UTF-8: the gateway and the reader behind it see the same characters.
pub fn is_utf8(content_type: &str) -> bool {
    named(content_type).all(|set| UTF8.contains(&set.as_str()))
}

/// For what is only scanned.
pub fn is_read(content_type: &str) -> bool {
    named(content_type).all(|set| {
        UTF8.contains(&set.as_str())
            || set == "latin1"
            || ASCII_INSIDE.iter().any(|family| set.starts_with(family))
    })
}

/// All of them: two readers of a content type that names two would not agree.
fn named(content_type: &str) -> impl Iterator<Item = String> + '_ {
    content_type.split(';').skip(1).filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        name.trim().eq_ignore_ascii_case("charset").then(|| value.to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::{is_read, is_utf8};

    #[test]
    fn sets_that_hide_ascii_are_not_read() {
        for read in ["", "text/plain", "a/b; charset=\"UTF-8\"", "a/b;x=y; CharSet = us-ascii"] {
            assert!(is_utf8(read) && is_read(read), "{read}");
        }
        for scanned in ["text/html; charset=ISO-8859-1", "text/csv;charset=windows-1252"] {
            assert!(!is_utf8(scanned) && is_read(scanned), "{scanned}");
        }
        for hidden in [
            "application/json; charset=utf-16",
            "text/plain;charset=utf-16le",
            "text/plain; charset='utf-32'",
            "text/plain; charset=utf-7",
            "text/plain; charset=ibm037",
            "text/plain; charset=utf-8; charset=utf-16",
            "text/plain; charset=",
        ] {
            assert!(!is_utf8(hidden) && !is_read(hidden), "{hidden}");
        }
    }
}
