use proptest::prelude::*;

use super::{PartsError, read};

const TYPE: &str = "multipart/form-data; boundary=b";

/// One part with these head lines.
fn part(head: &str) -> Result<(), PartsError> {
    let body = format!("--b\r\n{head}\r\n\r\nx\r\n--b--\r\n");
    read(TYPE, &body).map(|_| ())
}

fn contents<'b>(content_type: &str, body: &'b str) -> Vec<&'b str> {
    read(content_type, body).unwrap().into_iter().map(|part| part.content).collect()
}

#[test]
fn what_clients_send_is_read() {
    let browser = "------WebKitFormBoundaryabc\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n\
        a -- b\r\n\r\n--c\r\n------WebKitFormBoundaryabc\r\nContent-Disposition: form-data; \
        name=\"file\"; filename=\"späte Meldung.txt\"\r\nContent-Type: application/octet-stream\r\n\r\n\
        \r\n------WebKitFormBoundaryabc--\r\n";
    let kind = "multipart/form-data; boundary=----WebKitFormBoundaryabc";
    assert_eq!(contents(kind, browser), ["a -- b\r\n\r\n--c", ""]);

    let curl = "--------------------------d74496d66958873e\r\nContent-Disposition: form-data; \
        name=\"file\"; filename=\"a\\\"b.csv\"\r\nContent-Type: text/csv\r\n\r\n1;2\n3;4\n\r\n\
        --------------------------d74496d66958873e--\r\n";
    let kind = "multipart/form-data; boundary=------------------------d74496d66958873e";
    assert_eq!(contents(kind, curl), ["1;2\n3;4\n"]);

    let requests = "--9051914041544843365972754266\r\nContent-Disposition: form-data; name=\"q\"; \
        filename*=utf-8''sp%C3%A4t.txt\r\n\r\nx\r\n--9051914041544843365972754266--\r\n";
    let kind = "multipart/form-data; boundary=9051914041544843365972754266";
    assert_eq!(contents(kind, requests), ["x"]);

    // Google's client for Python: lines of mail.
    let google = "--===============1==\nContent-Type: application/json\nMIME-Version: 1.0\n\n\
        {\"name\": \"a\"}\n--===============1==\nContent-Type: text/plain; charset=UTF-8\n\
        MIME-Version: 1.0\nContent-Transfer-Encoding: binary\n\nline\r\nline\n--===============1==--\n";
    let kind = "multipart/related; boundary=\"===============1==\"";
    assert_eq!(contents(kind, google), ["{\"name\": \"a\"}", "line\r\nline"]);

    assert!(contents(TYPE, "--b--\r\n").is_empty(), "a form without fields");
    assert!(contents("multipart/form-data", "").is_empty(), "no body at all");
    assert!(contents("text/plain; boundary=b", "--b\r\n").is_empty());
    assert_eq!(contents(TYPE, "\r\n--b\r\nA: b\r\n\r\nx\r\n--b--"), ["x"]);
}

#[test]
fn a_body_without_one_boundary_is_refused() {
    let body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--\r\n";
    assert!(read(TYPE, body).is_ok());
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=b; boundary=c",
        "multipart/form-data; boundary*=utf-8''b",
        "multipart/form-data; boundary*0=b",
        "multipart/form-data; boundary=\"\\b\"",
        "text/plain; x=multipart/form-data; boundary=b",
    ] {
        assert_eq!(read(content_type, body), Err(PartsError::Boundary), "{content_type}");
    }
}

#[test]
fn parts_that_others_find_elsewhere_are_refused() {
    for body in [
        "words",
        "\n",
        "--c\r\nA: b\r\n\r\nx\r\n--c--\r\n",
        "preamble\r\n--b\r\nA: b\r\n\r\nx\r\n--b--\r\n",
        "\r\n\r\n--b\r\nA: b\r\n\r\nx\r\n--b--\r\n",
        "--b\r\nA: b\r\n\r\nx\r\n--b--\r\nepilogue",
        "--b--\r\n--b\r\nA: b\r\n\r\nx\r\n--b--\r\n",
        "--b--\r\nA: b\r\n\r\nx",
        "--b\r\nA: b\r\n\r\nx",
        "--b\r\nA: b\r\n\r\nx\r\n--b\r\n",
        "--b\r\nA: b\r\n\r\nx--b--\r\n",
        "--b\r\nA: b\r\n\r\nx\n--b--\r\n",
        "--b\r\nA: b\r\n\r\nx\r--b\rA: b\r\ry\r\n--b--\r\n",
        "--b\r\nA: b\r\n\r\nx\r\n--bc\r\n--b--\r\n",
        "--b\r\nA: b\r\n\r\nx\r\n---b\r\n--b--\r\n",
        "--b \r\nA: b\r\n\r\nx\r\n--b--\r\n",
        "--b\nA: b\n\nx\r\n--b--\n",
        "--b\nA: b\n\nx\n--b\r\nA: b\r\n\r\nx\r\n--b--\r\n",
        "--b\r--b--",
    ] {
        assert_eq!(read(TYPE, body), Err(PartsError::Fence), "{body:?}");
    }
}

#[test]
fn heads_that_others_read_otherwise_are_refused() {
    for head in [
        "",
        "Content-Disposition",
        "Content-Disposition: form-data;\r\n name=\"a\"",
        "Content-Disposition: form-data; nam\r\ne=\"a\"",
        "Content-Disposition : form-data",
        ": a",
        "A: b\nContent-Transfer-Encoding: base64",
        "A: b\n\nc",
        "A: b\rContent-Transfer-Encoding: base64",
        "A: b\u{85}Content-Transfer-Encoding: base64",
        "A: b\u{2028}Content-Transfer-Encoding: base64",
        "\r\nA: b",
        "Content-Length: 2",
        "Content-Length: 1\r\nContent-Length: 40",
    ] {
        assert_eq!(part(head), Err(PartsError::Head), "{head:?}");
    }
    for body in ["--b\r\nA: b\r\n--b--\r\n", "--b\r\nA: b\n\nx\r\n--b--", "--b\r\nx\r\n--b--"] {
        assert_eq!(read(TYPE, body), Err(PartsError::Head), "{body:?}");
    }
    assert_eq!(read(TYPE, "--b\nA: b\r\n\r\nx\n--b--"), Err(PartsError::Head));
}

#[test]
fn parts_that_are_decoded_are_refused() {
    for head in [
        "Content-Transfer-Encoding: base64",
        "content-transfer-encoding:Quoted-Printable",
        "Content-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: 7bit base64",
        "Content-Transfer-Encoding: x-uuencode",
        "Content-Encoding: gzip",
    ] {
        assert_eq!(part(head), Err(PartsError::Encoded), "{head}");
    }
    for head in [
        "Content-Type: text/plain; charset=utf-7",
        "CONTENT-TYPE: text/plain; Charset=\"utf-16\"",
        "Content-Type: text/plain; charset=utf-8\r\nContent-Type: text/plain; charset=utf-7",
        "Content-Type: text/plain; charset*=''utf-7",
    ] {
        assert_eq!(part(head), Err(PartsError::Charset), "{head}");
    }
    for head in [
        "Content-Type: multipart/mixed; boundary=c",
        "Content-Type: Multipart/Form-Data",
        "Content-Type: message/rfc822",
        "Content-Type: application/http",
    ] {
        assert_eq!(part(head), Err(PartsError::Nested), "{head}");
    }
    for name in [
        "name*0=\"_me\"; name*1=\"thod\"",
        "name*=utf-7''+AF8-method",
        "name*0*=utf-8''_me",
        "name=\"=?utf-8?B?X21ldGhvZA==?=\"",
        "filename* = utf-16''a",
        &"name=a; ".repeat(9),
    ] {
        assert_eq!(part(&format!("Content-Disposition: form-data; {name}")), Err(PartsError::Name));
    }
    for head in [
        "Content-Length: 1",
        "Content-Transfer-Encoding: BINARY",
        "Content-Transfer-Encoding: 8bit",
        "content-transfer-encoding: 7bit",
        "Content-Type: application/octet-stream",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Type: text/plain; charset=ISO-8859-1",
        "Content-Disposition: form-data; name=\"a*\"; filename=\"2*3=6?.txt\"",
        "Content-Disposition: form-data; name=\"a\"; filename*=UTF-8''sp%C3%A4t",
    ] {
        assert_eq!(part(head), Ok(()), "{head}");
    }
}

/// Of what is ASCII it does not matter which of its supersets it is called.
#[test]
fn latin1_passes_as_long_as_it_is_ascii() {
    for (content, passes) in [("plain", true), ("spät", false)] {
        let head = "Content-Type: text/plain; charset=ISO-8859-1";
        assert_eq!(read(TYPE, &format!("--b\r\n{head}\r\n\r\n{content}\r\n--b--")).is_ok(), passes);
    }
}

#[test]
fn a_field_may_name_the_character_set_of_all() {
    for (set, passes) in [("UTF-8", true), ("utf-7", false), ("", true)] {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\n{set}\r\n--b--"
        );
        assert_eq!(read(TYPE, &body).is_ok(), passes, "{set}");
    }
}

/// A megabyte each, of what is looked at most often.
#[test]
fn the_work_is_linear() {
    for head in ["name=", "name*", "charset=", "=?", "*0", " ", "\\"] {
        let lines = format!("Content-Disposition: {}\r\nContent-Type: ", head.repeat(1 << 17));
        let _ = part(&(lines + &head.repeat(1 << 17)));
        let _ = part(&format!("Content-Disposition: {head}\r\n").repeat(1 << 15));
        let _ = read(&format!("{TYPE}{}", head.repeat(1 << 17)), "x");
        let _ = read(&format!("{TYPE}{}", "boundary".repeat(1 << 17)), "x");
        let _ = read(TYPE, &format!("--b\r\n{}", "\r\n--b\r\n".repeat(1 << 17)));
    }
}

proptest! {
    #[test]
    fn no_body_panics(pieces in prop::collection::vec(prop_oneof![
        Just("--b"), Just("--"), Just("\r\n"), Just("\n"), Just("\r"), Just("A: b"), Just("é"),
        Just("Content-Disposition: form-data; name="), Just("\""), Just("*0="), Just("="), Just(";"),
    ], 0..24)) {
        let _ = read(TYPE, &pieces.concat());
    }

    /// Whoever splits at every line that is a boundary, and takes either line end, finds the same.
    #[test]
    fn lenient_readers_find_the_same(pieces in prop::collection::vec(prop_oneof![
        Just("--b"), Just("--b--"), Just("\r\n"), Just("\n"), Just("\r\n\r\n"), Just("\n\n"),
        Just("A: b"), Just("--b\r\nA: b\r\n\r\n"), Just("\r\n--b"),
    ], 0..12)) {
        let body = format!("--b\r\nA: b\r\n\r\n{}\r\n--b--\r\n", pieces.concat());
        if let Ok(parts) = read(TYPE, &body) {
            let lines: Vec<&str> = body.split('\n').map(|line| line.trim_end_matches('\r')).collect();
            let found = lines.iter().filter(|line| **line == "--b").count();
            prop_assert_eq!(parts.len(), found);
        }
    }
}
