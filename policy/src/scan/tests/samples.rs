//! Values that must not stand in a file of source: put together here, from parts.

use std::sync::OnceLock;

use crate::bundle::Bundle;
use crate::compile::bundles::compiled;
use crate::scan::Scanner;

pub(crate) fn scanner() -> &'static Scanner {
    static SCANNER: OnceLock<Scanner> = OnceLock::new();
    SCANNER
        .get_or_init(|| Bundle::decode(&compiled(&["secrets", "personal-data"])).unwrap().scanner)
}

pub(crate) fn card() -> String {
    ["4111", "1111", "1111", "1111"].concat()
}

pub(crate) fn ssn() -> String {
    ["536", "22", "1873"].join("-")
}

pub(crate) fn iban() -> String {
    ["DE89", "3704", "0044", "0532", "0130", "00"].join(" ")
}

pub(crate) fn aws() -> String {
    ["AKIA", "Y3FDQXZ2", "LKTWMHUB"].concat()
}

pub(crate) fn github() -> String {
    ["ghp", "_zQWBuTSOoRi4A9sp", "HcVY5ncnsDkxkJ0mLq17"].concat()
}

pub(crate) fn pem() -> String {
    let line = "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEA";
    format!("-----{} PRIVATE KEY-----\n{line}\n{line}\n-----{} PRIVATE KEY-----", "BEGIN", "END")
}

/// One of each kind, with its kind.
pub(crate) fn each() -> Vec<(&'static str, String)> {
    vec![
        ("payment-card", card()),
        ("us-ssn", ssn()),
        ("iban", iban()),
        ("email", "ada.lovelace@example.com".to_owned()),
        ("aws-access-key-id", aws()),
        ("github-token", github()),
        ("private-key", pem()),
    ]
}
