/*! E-mail addresses, and what only looks like one. */

/// Last labels that are extensions of files, of which none is a top-level domain: `logo@2x.png`.
const FILE_EXTENSIONS: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "pdf", "css", "js", "mjs", "ts", "tsx",
    "jsx", "json", "html", "htm", "xml", "yaml", "yml", "toml", "txt", "map", "woff", "woff2",
    "ttf", "lock", "avif", "mp4", "scss", "tgz", "gz", "jar", "whl", "deb", "rpm", "wasm",
    "service", "socket", "timer", "slice",
];
/// Who logs in where a path follows, as in `git@example.com:group/project`: no one reads mail by
/// these names there.
const LOGINS: &[&str] = &[
    "git", "hg", "svn", "gitea", "gitlab", "forgejo", "gitolite", "root", "ubuntu", "ec2-user",
    "deploy",
];

/// Longest user of a URL that is looked for.
pub(super) const USER_MAX: usize = 80;

/// Whether what follows is the password of a URL and its host: `scheme://user:password@host`.
pub(super) fn is_behind_user(before: &[u8]) -> bool {
    let apart = |byte: &u8| byte.is_ascii_whitespace() || b"/\"'<>@".contains(byte);
    let from = before.iter().rposition(apart).map_or(0, |at| at + 1);
    let (front, user) = before.split_at_checked(from).unwrap_or_default();
    user.contains(&b':') && front.ends_with(b"//")
}

/// `after` is what follows, with all of the host if `text` ends within it.
pub(super) fn is_address(text: &[u8], after: &[u8]) -> bool {
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
    // `package@1.2.0-beta.next`, `module@v1.2.0-rc.next`
    let numeric = |label: &[u8]| !label.is_empty() && label.iter().all(u8::is_ascii_digit);
    let mut labels = domain.split(|&byte| byte == b'.');
    let major =
        labels.next().is_some_and(|first| numeric(first.strip_prefix(b"v").unwrap_or(first)));
    let is_version = major && labels.next().is_some_and(numeric);
    local_fits
        && labels_fit
        && !is_file
        && !is_version
        && !is_place(local, after)
        && last.iter().all(u8::is_ascii_alphabetic)
}

/// Whether the path of a remote repository or of a copy from host to host follows.
fn is_place(local: &[u8], after: &[u8]) -> bool {
    let host = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let mut after = after.iter().skip_while(|byte| host(byte));
    if after.next() != Some(&b':') {
        return false;
    }
    match after.next() {
        Some(b'/' | b'~') => true,
        Some(byte) if byte.is_ascii_alphabetic() => is_login(local),
        _ => false,
    }
}

/// In text with escapes, the end of a `\n` may seem to be the first letter.
fn is_login(local: &[u8]) -> bool {
    let rest = local.strip_prefix(b"n").or(local.strip_prefix(b"r")).or(local.strip_prefix(b"t"));
    LOGINS.iter().any(|login| local == login.as_bytes() || rest == Some(login.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn addresses_and_look_alikes() {
        for good in ["a@b.co", "first.last+tag@mail.example.com", "o'brien@example.ie", "a@163.com"]
        {
            assert!(is_address(good.as_bytes(), b""), "{good}");
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
            "a@v1.2.0-rc.next",
            "getty@tty1.service",
            "",
            "@",
            "a@",
        ] {
            assert!(!is_address(bad.as_bytes(), b""), "{bad}");
        }
    }

    #[test]
    fn logins_before_a_path() {
        assert!(!is_address(b"git@example.com", b":gro"));
        assert!(!is_address(b"git@git.example", b".com:gro"));
        assert!(!is_address(b"ada@example.com", b":/ho"));
        for after in ["", ":", ": a", ".", ":2"] {
            assert!(is_address(b"git@example.com", after.as_bytes()));
        }
        assert!(is_address(b"ada@example.com", b":Ada"));
    }
}
