/*! Members and values that readers of JSON take differently, inside of what each protocol carries. */

use super::Expect::{Denied, Passes, Untold};
use super::{Table, UNREADABLE};

#[test]
fn of_names_and_values() {
    let mut table = Table::default();
    for (name, object, expect) in [
        ("plain", r#"{"sink":"test","amount":5}"#, Passes),
        ("the value a rule is for", r#"{"sink":"prod"}"#, Denied("sink")),
        ("an escaped value", r#"{"sink":"\u0070rod"}"#, Denied("sink")),
        ("an escaped name", r#"{"s\u0069nk":"prod"}"#, Denied("sink")),
        (
            "both in escapes",
            r#"{"\u0073\u0069\u006E\u006b":"\u0070\u0072\u006f\u0064"}"#,
            Denied("sink"),
        ),
        ("the last of many", r#"{"zz":[1,{"sink":"test"}],"a":{},"sink":"prod"}"#, Denied("sink")),
        ("the first of many", r#"{"sink":"prod","zz":[1,{"sink":"test"}],"a":{}}"#, Denied("sink")),
        ("in a list", r#"{"sink":["test",["prod"]]}"#, Denied("sink")),
        ("a map for a value", r#"{"sink":{"$eq":"prod"}}"#, Untold("sink")),
        ("a pair of surrogates", r#"{"note":"\ud83d\ude00","sink":"test"}"#, Passes),
        ("an escaped solidus", r#"{"note":"a\/b","sink":"test"}"#, Passes),
        ("names twice, harmless last", r#"{"sink":"prod","sink":"test"}"#, UNREADABLE),
        ("names twice, harmless first", r#"{"sink":"test","sink":"prod"}"#, UNREADABLE),
        ("names twice, equal", r#"{"sink":"test","sink":"test"}"#, UNREADABLE),
        ("names twice by an escape", r#"{"sink":"test","s\u0069nk":"prod"}"#, UNREADABLE),
        ("names twice, deep in lists", r#"{"a":[[{"x":{"y":1,"y":2}}]]}"#, UNREADABLE),
        ("an empty name twice", r#"{"":1,"":2}"#, UNREADABLE),
        ("another case", r#"{"Sink":"prod"}"#, Denied("sink")),
        ("another case beside it", r#"{"sink":"test","SINK":"prod"}"#, Denied("sink")),
        ("another case by an escape", r#"{"sink":"test","\u0053ink":"prod"}"#, Denied("sink")),
        ("a long s", r#"{"sink":"test","\u017fink":"prod"}"#, Denied("sink")),
        ("a kelvin sign", "{\"sin\u{212a}\":\"prod\"}", Denied("sink")),
        ("a prototype", r#"{"__proto__":{"sink":"prod"}}"#, UNREADABLE),
        (
            "a prototype by an escape",
            r#"{"_\u005fproto__":{"sink":"prod"},"sink":"test"}"#,
            UNREADABLE,
        ),
        ("a name that ends at NUL", r#"{"sink\u0000":"prod"}"#, UNREADABLE),
        (
            "a name that ends at NUL beside it",
            r#"{"sink":"test","sink\u0000x":"prod"}"#,
            UNREADABLE,
        ),
        ("a value that ends at NUL", r#"{"sink":"prod\u0000x"}"#, Untold("sink")),
        ("an escaped NUL elsewhere", r#"{"sink":"test","note":"a\u0000b"}"#, Passes),
    ] {
        table.everywhere(name, object, expect);
    }
    table.done();
}

#[test]
fn of_numbers() {
    let mut table = Table { place: "amount", ..Table::default() };
    for (number, expect) in [
        ("500", Passes),
        ("5e2", Passes),
        ("-0", Passes),
        ("-0.0e0", Passes),
        ("501", Denied("amount")),
        ("5.01e2", Denied("amount")),
        ("501.0", Denied("amount")),
        ("1E+3", Denied("amount")),
        ("0.1e4", Denied("amount")),
        ("9223372036854775807", Denied("amount")),
        // Beyond 64 bits one reader wraps around, one rounds and one refuses.
        ("9223372036854775808", Untold("amount")),
        ("18446744073709551616", Untold("amount")),
        ("-18446744073709551115", Untold("amount")),
        ("100000000000000000001", Untold("amount")),
        ("500.00000000000000000001", Untold("amount")),
        ("1e308", Denied("amount")),
        ("1e400", UNREADABLE),
        ("-1e400", UNREADABLE),
        ("\"501\"", Untold("amount")),
        ("\"501\\u0000\"", Untold("amount")),
        ("[501]", Untold("amount")),
        ("true", Untold("amount")),
        ("null", Untold("amount")),
        ("{\"$numberLong\":\"501\"}", Untold("amount")),
        ("0501", UNREADABLE),
        ("+501", UNREADABLE),
        (".501e3", UNREADABLE),
        ("501.", UNREADABLE),
        ("0x1f5", UNREADABLE),
        ("5_01", UNREADABLE),
        ("501n", UNREADABLE),
        ("NaN", UNREADABLE),
        ("Infinity", UNREADABLE),
        ("-Infinity", UNREADABLE),
        ("5,amount:501", UNREADABLE),
        ("5,\"Amount\":501", Untold("amount")),
        ("5,\"\\u0041mount\":501", Untold("amount")),
        ("5,\"amount\\u0000\":501", UNREADABLE),
        ("5,\"__proto__\":{\"amount\":501}", UNREADABLE),
    ] {
        table.everywhere(number, format!("{{\"amount\":{number}}}"), expect);
    }
    table.everywhere("only in another case", "{\"Amount\":501}", Untold("amount"));
    table.everywhere("only by a prototype", "{\"__proto__\":{\"amount\":501}}", UNREADABLE);
    table.done();
}

#[test]
fn of_text_that_is_not_quite_json() {
    let mut table = Table::default();
    let deep = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    table.everywhere("fifty levels", deep(50), Passes);
    table.everywhere("a hundred levels", deep(100), UNREADABLE);
    table.everywhere("a hundred thousand levels", deep(100_000), UNREADABLE);
    for object in [
        "{/*x*/\"sink\":\"test\"}",
        "{\"sink\":\"test\"//x\n}",
        "{\"sink\":\"test\"#x\n}",
        "{'sink':'test'}",
        "{sink:\"test\"}",
        "{\"sink\":\"test\",}",
        "{,\"sink\":\"test\"}",
        "{\"sink\":\"test\" \"a\":1}",
        "{\"sink\"=\"test\"}",
        "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"a\":[,]}",
        "{\"a\":undefined}",
        "{\"a\":True}",
        "{\"a\":nulL}",
        "{\"a\":tru}",
        "{\"a\":\"line\nend\"}",
        "{\"a\":\"tab\t\"}",
        "{\"a\":\"\u{1}\"}",
        "{\"a\":\"\0\"}",
        "{\"sink\0\":\"prod\"}",
        "{\"sink\":\"test\"\0,\"sink\":\"prod\"}",
        "{\u{0}\"sink\":\"test\"}",
        "{\u{feff}\"sink\":\"test\"}",
        "{\u{a0}\"sink\":\"test\"}",
        "{\u{2028}\"sink\":\"test\"}",
        "{\u{b}\"sink\":\"test\"}",
        "{\u{c}\"sink\":\"test\"}",
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\udc00\ud800"}"#,
        r#"{"a":"\ud800\u0041"}"#,
        r#"{"\ud800sink":"prod"}"#,
        r#"{"a":"\x41"}"#,
        r#"{"a":"\u{41}"}"#,
        r#"{"a":"\u004"}"#,
        r#"{"a":"\'"}"#,
        r#"{"a":"\0"}"#,
        "{\"a\":\"b\\\nc\"}",
    ] {
        table.everywhere(object, object, UNREADABLE);
    }
    let bytes: [&[u8]; 8] = [
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\x80\"}",
        b"{\"a\":\"\xc0\xa2,\"}",
        b"{\"a\":\"\xe0\x80\xa2\"}",
        b"{\"a\":\"\xed\xa0\x80\"}",
        b"{\"a\":\"\xf4\x90\x80\x80\"}",
        b"{\"a\":\"\xc3\"}",
        b"{\"s\xefnk\":\"prod\"}",
    ];
    for object in bytes {
        table.everywhere(&format!("{object:?}"), object, UNREADABLE);
    }
    table.done();
}
