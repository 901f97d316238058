/*! E-mail addresses, and what only looks like one. */

/// Last labels that are extensions of files: `logo@2x.png`.
const FILE_EXTENSIONS: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "pdf", "css", "js", "mjs", "ts", "tsx",
    "jsx", "json", "html", "htm", "xml", "yaml", "yml", "toml", "txt", "map", "woff", "woff2",
    "ttf", "lock",
];

pub(super) fn is_address(text: &[u8]) -> bool {
    let Some((local, domain)) =
        text.iter().position(|&byte| byte == b'@').map(|at| (text.get(..at), text.get(at + 1..)))
    else {
        return false;
    };
    let (Some(local), Some(domain)) = (local, domain) else { return false };
    let local_fits = !local.starts_with(b".")
        && !local.ends_with(b".")
        && !local.windows(2).any(|pair| pair == b"..");
    let labels_fit = domain.split(|&byte| byte == b'.').all(|label| {
        (1..=63).contains(&label.len()) && !label.starts_with(b"-") && !label.ends_with(b"-")
    });
    let last = domain.rsplit(|&byte| byte == b'.').next().unwrap_or_default();
    let is_file = FILE_EXTENSIONS.iter().any(|ending| last.eq_ignore_ascii_case(ending.as_bytes()));
    // `package@1.2.0-beta.next`
    let numeric = |label: Option<&[u8]>| label.is_some_and(|l| l.iter().all(u8::is_ascii_digit));
    let mut labels = domain.split(|&byte| byte == b'.');
    let is_version = numeric(labels.next()) && numeric(labels.next());
    local_fits && labels_fit && !is_file && !is_version && last.iter().all(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn addresses_and_look_alikes() {
        for good in ["a@b.co", "first.last+tag@mail.example.com", "o'brien@example.ie"] {
            assert!(is_address(good.as_bytes()), "{good}");
        }
        for bad in [
            "logo@2x.png",
            "a@b.PNG",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.co",
            "a@-b.co",
            "a@b-.co",
            "a@b..co",
            "a@1.2.3.4",
            "",
            "@",
            "a@",
        ] {
            assert!(!is_address(bad.as_bytes()), "{bad}");
        }
    }
}
