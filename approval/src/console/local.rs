/*! Where people go after a login: a page of ours, whatever a link says. */

/// The path with its query if it is one of this console's pages, else the queue.
pub fn path(wanted: &str) -> &str {
    let inside = wanted.starts_with('/') && !wanted.starts_with("//");
    let plain = wanted.bytes().all(|byte| byte.is_ascii_graphic() && !br#"\#"<>"#.contains(&byte));
    let page = wanted.split('?').next().unwrap_or_default();
    let of_a_login = page == "/logout" || page == "/login" || page.starts_with("/login/");
    if inside && plain && wanted.len() <= 512 && !of_a_login { wanted } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for right in ["/", "/holds/abc", "/history?status=denied&before=7", "/?q=a%20b"] {
            assert_eq!(path(right), right);
        }
        let long = format!("/{}", "a".repeat(512));
        for wrong in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a\r\nx: y",
            "evil",
            "/%0d\n",
            "/login",
            "/login/oidc?to=/",
            "/logout",
            "/a#b",
            "/é",
            "/\t/evil.example",
            &long,
        ] {
            assert_eq!(path(wrong), "/", "{wrong}");
        }
    }
}
