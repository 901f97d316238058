use proptest::prelude::*;

use super::{PathError, host_form, normal_form};

#[test]
fn the_deepest_reading_is_compared() {
    for (path, form) in [
        ("/", "/"),
        ("/v1/customers/7", "/v1/customers/7"),
        ("/v1/customers/7/", "/v1/customers/7"),
        ("/v1/customers?x=/../%2e%2f", "/v1/customers"),
        ("/v1/%72efunds", "/v1/refunds"),
        ("/v1/%2572efunds", "/v1/refunds"),
        ("/admin;x=1/users/3/role", "/admin/users/3/role"),
        ("/admin%3Bx=1/users", "/admin/users"),
        ("/ADMIN/x", "/ADMIN/x"),
        ("/a%20b", "/a b"),
        ("/caf%C3%A9", "/café"),
        ("/100%25", "/100%"),
        ("/.well-known/x", "/.well-known/x"),
        ("/a...b/..c", "/a...b/..c"),
    ] {
        assert_eq!(normal_form(path).as_deref(), Ok(form), "{path}");
    }
}

#[test]
fn a_path_with_two_meanings_is_refused() {
    use PathError::*;
    for (path, error) in [
        ("", NotAbsolute),
        ("*", NotAbsolute),
        ("http://h/a", NotAbsolute),
        ("//admin//users", UnresolvedSegments),
        ("//", UnresolvedSegments),
        ("/a//", UnresolvedSegments),
        ("/public/../admin", UnresolvedSegments),
        ("/public/./admin", UnresolvedSegments),
        ("/public/..", UnresolvedSegments),
        ("/public/%2e%2e/admin", UnresolvedSegments),
        ("/public/%252e%252E/admin", UnresolvedSegments),
        ("/public/.%2e", UnresolvedSegments),
        ("/public/..;/admin", UnresolvedSegments),
        ("/public/..%3b/admin", UnresolvedSegments),
        ("/a/;x=1/b", UnresolvedSegments),
        ("/public\\..\\admin", RawByte),
        ("/a b", RawByte),
        ("/a#b", RawByte),
        ("/café", RawByte),
        ("/a\0", RawByte),
        ("/v1/secrets%2Fdb", EncodedStructure),
        ("/v1/secrets%252Fdb", EncodedStructure),
        ("/a%5cb", EncodedStructure),
        ("/a%00", EncodedStructure),
        ("/a%2500", EncodedStructure),
        ("/a%3Fb", EncodedStructure),
        ("/a%23b", EncodedStructure),
        ("/a%0d%0ab", EncodedStructure),
        ("/%25252e%25252e/admin", EncodedTooOften),
        ("/a%", BadEscape),
        ("/a%zz", BadEscape),
        ("/a%2", BadEscape),
        ("/a%u002fb", BadEscape),
        ("/a%c0%afb", LookAlike),
        ("/a%EF%BC%8Fb", LookAlike),
        ("/%EF%BC%8E%EF%BC%8E/admin", LookAlike),
        ("/a%E2%80%8Bb", LookAlike),
    ] {
        assert_eq!(normal_form(path), Err(error), "{path:?}");
    }
}

#[test]
fn decoding_for_the_eye() {
    assert_eq!(super::percent_decoded("/a%40b%2fc%zz%2?x=%e2%82%ac%"), "/a@b/c%zz%2?x=€%");
    assert_eq!(super::percent_decoded("%ff"), "\u{fffd}");
}

#[test]
fn hosts() {
    for (authority, host) in [
        ("API.Example.com", "api.example.com"),
        ("api.example.com:8443", "api.example.com"),
        ("127.0.0.1:10000", "127.0.0.1"),
        ("[::1]:443", "[::1]"),
        ("[0:0::1]", "[::1]"),
        ("my_service", "my_service"),
    ] {
        assert_eq!(host_form(authority).as_deref(), Ok(host), "{authority}");
    }
    for authority in [
        "",
        ":80",
        "good.example.",
        "good.example.:443",
        "user@good.example",
        "a,b",
        "a b",
        "a:",
        "a:0",
        "a:99999",
        "a:+80",
        "a:8 0",
        "a:80:80",
        "[::1",
        "[::1]x",
        "[x]",
        "::1",
        "a/b",
        "a\\b",
        "a..b",
        "%61",
        "gооd.example",
    ] {
        assert_eq!(host_form(authority), Err(PathError::BadHost), "{authority:?}");
    }
}

proptest! {
    #[test]
    fn no_path_panics_and_forms_are_resolved(path in "(/|%|2|5|e|f|F|;|\\.|a|\\?|\\\\|é){0,24}") {
        if let Ok(form) = normal_form(&path) {
            prop_assert!(form.starts_with('/'));
            prop_assert!(form == "/" || form.split('/').skip(1).all(|s| !matches!(s, "" | "." | "..")));
        }
        let _ = host_form(&path);
    }

    #[test]
    fn any_bytes(text in any::<String>()) {
        let _ = normal_form(&text);
        let _ = normal_form(&format!("/{text}"));
        let _ = host_form(&text);
    }
}
