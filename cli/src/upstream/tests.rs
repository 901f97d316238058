use policy::call::Kind;

use super::{Target, Upstream, assemble};

fn one(upstream: &str) -> Upstream {
    let mut all = assemble(&[upstream.to_owned()], &[], &[], &[]).unwrap();
    all.remove(0)
}

fn refused(upstreams: &[&str], kinds: &[&str]) -> String {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assemble(&owned(upstreams), &owned(kinds), &[], &[]).unwrap_err().to_string()
}

#[test]
fn prefix_and_url() {
    let cases = [
        // argument, prefix, authority, base
        ("http://127.0.0.1:9000", "/", "127.0.0.1:9000", "/"),
        ("http://127.0.0.1:9000/a/b/", "/", "127.0.0.1:9000", "/a/b"),
        ("/mcp=http://tools:80/x=y", "/mcp", "tools", "/x=y"),
        ("/mcp/=https://tools/mcp", "/mcp", "tools", "/mcp"),
        ("/=https://tools:8443", "/", "tools:8443", "/"),
        ("/six=http://[::1]:81/", "/six", "[::1]:81", "/"),
    ];
    for (argument, prefix, authority, base) in cases {
        let upstream = one(argument);
        let target = &upstream.target;
        assert_eq!(
            (upstream.prefix.as_str(), target.authority().as_str(), target.base()),
            (prefix, authority, base),
            "{argument}"
        );
    }
}

#[test]
fn mistakes_are_named() {
    let cases: &[(&[&str], &[&str], &str)] = &[
        (&["tools:8080"], &[], "not by `tools`"),
        (&["mcp"], &[], "`mcp` is not a URL"),
        (&["ftp://tools"], &[], "not by `ftp`"),
        (&["http://tools/?q=1"], &[], "no query"),
        (&["/a=http://x", "/a/=http://y"], &[], "two upstreams"),
        (&["/a//b=http://x"], &[], "is not a prefix"),
        (&["/a/../b=http://x"], &[], "is not a prefix"),
        (&["/a%2fb=http://x"], &[], "is not a prefix"),
        (&["/a=http://x"], &["/b=mcp"], "no upstream has the prefix `/b`; there is `/a`"),
        (&["/a=http://x"], &["/a=soap"], "`soap` is not a kind"),
    ];
    for (upstreams, kinds, part) in cases {
        let error = refused(upstreams, kinds);
        assert!(error.contains(part), "{upstreams:?} {kinds:?}: {error}");
    }
}

#[test]
fn a_password_in_a_url_is_refused_and_not_repeated() {
    for url in ["http://me:hunter2@tools/", "http://me:hunter2@tools:port/"] {
        let error = format!("{:#}", Target::parse(url).unwrap_err());
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn kinds_and_credentials_find_their_upstream() {
    let folder = tempfile::tempdir().unwrap();
    let (bare, whole) = (folder.path().join("bare"), folder.path().join("whole"));
    std::fs::write(&bare, "abc123\n").unwrap();
    std::fs::write(&whole, "Basic abc123").unwrap();
    let upstreams = ["/a=http://x".to_owned(), "http://y".to_owned()];
    let credentials = [format!("/a={}", bare.display()), format!("/={}", whole.display())];
    let all = assemble(&upstreams, &["/a=mcp".to_owned()], &[], &credentials).unwrap();
    assert_eq!((all[0].kind, all[1].kind), (Kind::Mcp, Kind::Auto));
    let scheme = |index: usize| all[index].credential.as_ref().unwrap().has_scheme;
    assert_eq!((scheme(0), scheme(1)), (false, true));
}

#[test]
fn a_bad_credential_is_refused_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    for content in ["", "\n", "abc123\nx-evil: 1\n", "abc123\t", " abc123", "abc123 \n"] {
        std::fs::write(&file, content).unwrap();
        let argument = format!("/={}", file.display());
        let error = assemble(&["http://y".to_owned()], &[], &[], &[argument]).unwrap_err();
        assert!(!format!("{error:#}").contains("abc123"), "{content:?}: {error:#}");
    }
}

#[test]
fn sections_find_their_upstream() {
    let upstreams = ["/a=http://x".to_owned(), "http://y".to_owned()];
    let with = |sections: &[&str]| {
        let sections: Vec<String> = sections.iter().map(|one| (*one).to_owned()).collect();
        assemble(&upstreams, &[], &sections, &[])
    };
    let all = with(&["/a=payments", "/a=stock-2", "/=stock-2"]).unwrap();
    assert_eq!(all[0].sections, ["payments", "stock-2"]);
    assert_eq!(all[1].sections, ["stock-2"]);
    for wrong in ["/b=payments", "/a=", "/a=payments,stock", "/a=Payments"] {
        assert!(with(&[wrong]).is_err(), "{wrong}");
    }
}
