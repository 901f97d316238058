/*! Character sets, as a content type names them. */

use crate::content_type;

const UTF8: &[&str] = &["utf-8", "utf8", "us-ascii", "ascii"];
/// Beginnings of the names of others in which every ASCII character is the byte it is in ASCII, and
/// no other character holds such a byte. All patterns look for ASCII.
const ASCII_INSIDE: &[&str] = &["iso-8859-", "windows-125"];

/// For what must be UTF-8: the gateway and the reader behind it see the same characters.
pub fn is_utf8(content_type: &str) -> bool {
    all_named(content_type, |set| UTF8.contains(&set))
}

/// For what is only scanned.
pub fn is_read(content_type: &str) -> bool {
    all_named(content_type, |set| {
        UTF8.contains(&set)
            || set == "latin1"
            || ASCII_INSIDE.iter().any(|family| set.starts_with(family))
    })
}

/// All of them: two readers of a content type that names two would not agree.
fn all_named(content_type: &str, passes: impl Fn(&str) -> bool) -> bool {
    content_type::values(content_type, "charset")
        .is_some_and(|sets| sets.iter().all(|set| passes(&set.to_ascii_lowercase())))
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
            "text/plain; charset*=utf-8''utf-16",
            "text/plain; charset*0=utf-; charset*1=16",
            "text/plain; charset=\"utf\\-16\"",
            "text/plain; charset=\"utf-8\"-16",
            &"; charset=utf-8".repeat(9),
            // Tomcat looks for no more than this.
            "text/plain; xcharset=utf-16",
        ] {
            assert!(!is_utf8(hidden) && !is_read(hidden), "{hidden}");
        }
    }
}
