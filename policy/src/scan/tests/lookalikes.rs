//! What only looks like a secret or a person's number: no kind may be found in it.

use proptest::prelude::*;

use super::samples::scanner;
use crate::scan::{Budget, scan_body};

/// Expressions of things that stand in answers of ordinary services. None of them can be a card number by
/// chance: no brand begins as they do, or none has as many digits.
const ALIKE: &[&str] = &[
    // UUID, digests, trace context, ULID, pages
    "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "[0-9a-f]{32}",
    "[0-9a-f]{40}",
    "sha256:[0-9a-f]{64}",
    "00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]",
    "0x[0-9a-f]{8,40}",
    "01[0-9A-HJKMNP-TV-Z]{24}",
    "page_token=[A-Za-z0-9_-]{48}",
    "(cache|idempotency)-key-[0-9a-f]{32}",
    "AC[0-9a-f]{32}",
    "pk_(live|test)_[A-Za-z0-9]{24}",
    "[A-Za-z0-9+/]{120,200}={0,2}",
    // ISBN, IMEI, ICCID, parcels, orders, invoices
    "97[89]-[0-9]-[0-9]{3}-[0-9]{5}-[0-9]",
    "97[89][0-9]{10}",
    "35[0-9]{13}",
    "89[0-9]{17}",
    "1Z[A-Z0-9]{16}",
    "ORD-[0-9]{10}",
    "INV-20[0-9]{2}-[0-9]{6}",
    "[1-9][0-9]{2}-[0-9]{7}-[0-9]{7}",
    // parts, lots
    "[1-9][0-9]{2}-[0-9]{2}-[0-9]{5}",
    "[1-9][0-9]{2}-[0-9]{2}-[0-9]{4}-[0-9]{3}",
    "[A-Z]{2}-[0-9]{3}-[0-9]{3}-[0-9]{4}",
    "P/N [0-9]{4}-[0-9]{3}-[0-9]{3}",
    "LOT[0-9]{8}",
    // times, in seconds to nanoseconds
    "1[67][0-9]{8}",
    "1[67][0-9]{11}",
    "1[67][0-9]{14}",
    "1[67][0-9]{17}",
    r"20[0-9]{2}-[01][0-9]-[0-2][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](Z|\+(02|05|10):[03]0)",
    r"[0-9]{1,3}\.[0-9]\.[0-9]{4}\.[0-9]{2,3}",
    "v[0-9]{1,2}\\.[0-9]{1,3}\\.[0-9]{1,4}",
    // addresses, places, sums
    r"[1-9][0-9]{0,2}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(:[0-9]{2,5})?",
    "[0-9a-f]{4}(:[0-9a-f]{4}){7}",
    r"-?[0-8]?[0-9]\.[0-9]{6},-?1[0-7][0-9]\.[0-9]{6}",
    r"[$][0-9]{1,3}(,[0-9]{3}){1,4}\.[0-9]{2}",
    "[0-9]{1,3}( [0-9]{3}){1,2} kr",
    "[0-9]{5}-[0-9]{4}",
    "[0-9]{9,10}",
    "(DE|GB|IT)[0-9]{9}",
    "(ch|se|no|be)[0-9]{2} [a-z]{3,9} to [a-z]{3,9} and [a-z]{3,9}",
    r"s3://[a-z]{4,9}/[0-9]{3}/[0-9]{2}/[0-9]{4}/[0-9a-f]{8}\.parquet",
    r"@@ -[0-9]{1,3},[0-9] \+[0-9]{1,5},[0-9]{1,2} @@",
    r"(img|scan)_[0-9]{4}_[0-9]{4}_[0-9]{4}\.png",
];

fn alike() -> impl Strategy<Value = String> {
    let each = ALIKE.iter().map(|regex| proptest::string::string_regex(regex).unwrap().boxed());
    proptest::strategy::Union::new(each)
}

fn kinds(body: &str) -> Vec<(String, u32)> {
    scan_body(scanner(), body.as_bytes(), &mut Budget::for_body(body.len())).unwrap().counts()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn look_alikes_are_nothing(value in alike(), around in 0usize..6) {
        let body = match around {
            0 => value,
            1 => format!(r#"{{"reference": "{value}", "count": 7}}"#),
            2 => format!("ref={value}&page=2"),
            3 => format!("<td>{value}</td>"),
            4 => format!("2026-01-11 INFO {value} done"),
            _ => format!("name,{value},x\r\n"),
        };
        prop_assert_eq!(kinds(&body), [], "{}", body);
    }
}

/// What reads like names and values and is something else: lists of columns, code, prose, masks.
#[test]
fn documents_without_secrets() {
    for body in [
        "| Field | Type |\n|---|---|\n| password | string |\n| created_at | datetime |\n",
        "users,name,text\nusers,password,text\nusers,created_at,date\n",
        r#"[["users","password","text"],["users","created_at","date"]]"#,
        "\tProcessAccessToken\n\tProcessLdtInformation\n",
        r#"{"ARN":"arn:aws:secretsmanager:us-west-2:123412341234:secret:MyTestSecret-a1b2c3"}"#,
        "let password = Password::new([0u8; 32]);",
        "update-passwd \u{43e}\u{431}\u{43d}\u{430}\u{440}\u{443}\u{436}\u{438}\u{43b}\u{430} \u{438}",
        "needs the <code>iam:ChangePassword</code> permission",
        "password: [FILTERED]",
        "password: (hidden)",
        "pub Password: LSA_UNICODE_STRING,",
        r#"{"token_endpoint_auth_methods":{"client_secret":"client_secret_post"}}"#,
        "See passwd proc.5 and chsh(1).",
        r#"{"password": "\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u2022"}"#,
        "x@libfoo.so.4",
    ] {
        assert_eq!(kinds(body), [], "{body}");
    }
}

/// Of a value that is longer than any, a part is redacted, and no half of a character stays.
#[test]
fn long_values_end_between_characters() {
    for letter in ["\u{308b}", "\u{e9}", "\u{1f511}"] {
        for begin in ["", "a", "ab", "abc"] {
            let body = format!(r#"{{"x": "password: {begin}{}"}}"#, letter.repeat(400));
            let found = scan_body(scanner(), body.as_bytes(), &mut Budget::for_body(body.len()));
            let edits =
                crate::redact::redact(scanner(), body.as_bytes(), &found.unwrap(), |_| true);
            let after = String::from_utf8(crate::redact::apply(body.as_bytes(), &edits)).unwrap();
            assert!(serde_json::from_str::<serde_json::Value>(&after).is_ok(), "{after}");
        }
    }
}
