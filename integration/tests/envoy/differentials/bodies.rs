/*! A whole body: what stands before and behind it, what its bytes are, and in which pieces it comes. */

use super::Expect::{Denied, Passes, Untold};
use super::speech::Speech;
use super::{ENCODED, Expect, Table, UNREADABLE};

const HARMLESS: &[u8] = br#"{"sink":"test"}"#;
const HARMFUL: &[u8] = br#"{"sink":"prod"}"#;

/// Of a body that is called JSON.
fn everywhere(table: &mut Table, name: &str, expect: Expect, make: impl Fn(Vec<u8>) -> Vec<u8>) {
    let object = if matches!(expect, Denied(_)) { HARMFUL } else { HARMLESS };
    for speech in Speech::ALL {
        let body = make(speech.body(object));
        table.row(name, speech, expect, |path| speech.call(path).body(body.clone()));
    }
}

fn around(before: &'static [u8], after: &'static [u8]) -> impl Fn(Vec<u8>) -> Vec<u8> {
    move |body| [before, &body, after].concat()
}

#[test]
fn of_what_stands_around_it() {
    let mut table = Table::default();
    let table = &mut table;
    everywhere(table, "white space", Passes, around(b" \t\r\n", b"\n \t\r\n"));
    everywhere(table, "white space, harmful", Denied("sink"), around(b" \t\r\n", b"\n \t\r\n"));
    let parts: [(&str, &'static [u8], &'static [u8]); 18] = [
        ("a mark", b"\xef\xbb\xbf", b""),
        ("two marks", b"\xef\xbb\xbf\xef\xbb\xbf", b""),
        ("a mark behind white space", b"\n\xef\xbb\xbf", b""),
        ("a mark at the end", b"", b"\xef\xbb\xbf"),
        ("a record separator", b"\x1e", b"\n"),
        ("a NUL in front", b"\0", b""),
        ("a NUL behind", b"", b"\0"),
        ("a NUL and more behind", b"", b"\0{\"metadata\":{\"sink\":\"prod\"}}"),
        ("an end of file", b"", b"\x1a"),
        ("a guard against scripts", b")]}',\n", b""),
        ("a callback", b"f(", b")"),
        ("a comment in front", b"/**/", b""),
        ("a comment behind", b"", b"// x"),
        ("a bracket behind", b"", b"]"),
        ("a brace behind", b"", b"}"),
        ("another value behind", b"", b"{\"metadata\":{\"sink\":\"prod\"}}"),
        ("another line behind", b"", b"\n{\"metadata\":{\"sink\":\"prod\"}}"),
        ("a length in front", b"17\r\n", b""),
    ];
    for (name, before, after) in parts {
        everywhere(table, name, UNREADABLE, around(before, after));
    }
    for cut in [1, 5] {
        everywhere(table, "cut off", UNREADABLE, |mut body| {
            body.truncate(body.len() - cut);
            body
        });
    }
    std::mem::take(table).done();
}

#[test]
fn of_its_encoding() {
    let mut table = Table::default();
    let table = &mut table;
    let utf16 = |mark: bool, little: bool| {
        move |body: Vec<u8>| {
            let text = String::from_utf8(body).unwrap();
            let mark = mark.then_some(0xfeff);
            let units = mark.into_iter().chain(text.encode_utf16().collect::<Vec<_>>());
            let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
            units.flat_map(bytes).collect()
        }
    };
    for (mark, little) in [(false, false), (false, true), (true, false), (true, true)] {
        let name = format!("utf-16, mark {mark}, little {little}");
        everywhere(table, &name, UNREADABLE, utf16(mark, little));
    }
    everywhere(table, "utf-32", UNREADABLE, |body| {
        body.into_iter().flat_map(|byte| u32::from(byte).to_le_bytes()).collect()
    });
    everywhere(table, "utf-7", UNREADABLE, |body| {
        String::from_utf8(body).unwrap().replace('{', "+AHs-").into_bytes()
    });
    everywhere(table, "ebcdic", UNREADABLE, |body| body.iter().map(|byte| byte ^ 0xc0).collect());
    everywhere(table, "packed, and nothing says so", UNREADABLE, |body| {
        [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], body.as_slice()].concat()
    });
    for speech in Speech::ALL {
        for encoding in
            ["gzip", "GZIP", "x-gzip", "br", "deflate", "zstd", "identity, gzip", "gzip, identity"]
        {
            table.row(encoding, speech, ENCODED, |path| {
                speech.call(path).header("content-encoding", encoding).body(speech.body(HARMLESS))
            });
        }
        table.row("two encodings", speech, ENCODED, |path| {
            let call = speech.call(path).header("content-encoding", "identity");
            call.header("content-encoding", "gzip").body(speech.body(HARMLESS))
        });
        table.row("identity", speech, Passes, |path| {
            speech.call(path).header("content-encoding", "identity").body(speech.body(HARMLESS))
        });
    }
    std::mem::take(table).done();
}

/// One value, several, or a value in another.
#[test]
fn of_how_many_it_holds() {
    let mut table = Table::default();
    for speech in Speech::ALL {
        let body = speech.body(HARMFUL);
        let text = String::from_utf8(body.clone()).unwrap();
        let packed = serde_json::to_string(&text).unwrap();
        let object = speech.body(HARMLESS);
        let batches: [(&str, Vec<u8>); 4] = [
            ("a batch of one", [b"[", body.as_slice(), b"]"].concat()),
            ("a batch of two", [b"[", object.as_slice(), b",", &body, b"]"].concat()),
            ("a batch in a batch", [b"[[", body.as_slice(), b"]]"].concat()),
            ("text that holds it", packed.into_bytes()),
        ];
        for (name, body) in batches {
            let expect = match speech {
                // A list or a text may be what a plain API asks for, but has no place that is named.
                Speech::Http | Speech::AutoHttp => Untold("sink"),
                _ => UNREADABLE,
            };
            table.row(name, speech, expect, |path| speech.call(path).body(body.clone()));
        }
        for (name, body) in [("nothing", ""), ("white space", " \n"), ("null", "null"), ("7", "7")]
        {
            let expect = match (speech, body) {
                (Speech::Http | Speech::AutoHttp, "" | "null") => Passes,
                (Speech::Responses | Speech::Chat, "") => Passes,
                (Speech::Http | Speech::AutoHttp, _) => Untold("sink"),
                (Speech::Responses | Speech::Chat, " \n") => Untold("sink"),
                _ => UNREADABLE,
            };
            table.row(name, speech, expect, |path| speech.call(path).body(body));
        }
    }
    table.done();
}

/// However it comes, the same is judged.
#[test]
fn of_its_pieces() {
    let mut table = Table::default();
    for speech in Speech::ALL {
        for (object, expect) in [
            (HARMLESS, Passes),
            (HARMFUL, Denied("sink")),
            (br#"{"sink":"\u0070rod"}"#.as_slice(), Denied("sink")),
            (br#"{"sink":"test","s\u0069nk":"prod"}"#.as_slice(), UNREADABLE),
            ("{\"sink\":\"test\",\"note\":\"\u{e9}\u{1f600}\"}".as_bytes(), Passes),
            (b"{\"sink\":\"\xed\xa0\x80\"}".as_slice(), UNREADABLE),
        ] {
            let body = speech.body(object);
            for size in [1, 7] {
                let pieces: Vec<&[u8]> = body.chunks(size).collect();
                let name = format!("{} in pieces of {size}", String::from_utf8_lossy(object));
                table.row(&name, speech, expect, |path| speech.call(path).chunked(&pieces, &[]));
            }
        }
    }
    table.done();
}
