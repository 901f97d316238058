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

/// Names and what stands before values, tables, and text in other text: whole and in halves.
pub(crate) fn surroundings() -> Vec<String> {
    let password = ["t7", "Kq-vX2zR"].concat();
    let token = ["kQ3vTz8LmXw2", "RbN5yHcJ4pGd"].concat();
    let encoded = ["a2V5PUFLSUFZM0ZEUVhaMkxLVF", "dNSFVCLg=="].concat();
    let twice = ["YTJWNVBVRkxTVUZaTTBaRVVWaGFNa3hNVkZk", "TlNGVkNMZz09"].concat();
    let mut texts = vec![
        format!("password: {password} "),
        format!("db_password_old=\"{password}\"\n"),
        format!("id,db_password,city\n1,{password},Rome\n2,\"a\n{password}\",Oslo\n"),
        format!(" id | ssn | b\n----+---+---\n 1 | {} | x\n", ssn().replace('-', "")),
        format!("SSN is {} and", ssn().replace('-', "")),
        format!("<th>Password</th><td>{password}</td><f n=\"secret\">{password}</f>"),
        format!("Authorization: Bearer {token}\n"),
        format!("postgres://app:{password}@db.internal/x "),
        format!(
            "{encoded} {twice}, {}",
            ssn().bytes().map(|b| format!("{b:02x}")).collect::<String>()
        ),
        format!("name=\"password\"\r\n\r\n{password}\r\n--b"),
        format!("the api key on file is {token}."),
    ];
    texts.extend(elsewhere(&password));
    let halves: Vec<String> = texts.iter().map(|text| text[..text.len() / 2].to_owned()).collect();
    texts.extend(halves);
    let parts = [
        "\n",
        "\r\n",
        "\"",
        ",",
        " | ",
        "password",
        ": ",
        "secret,a\n",
        "name: password\n",
        "  value: ",
        "<tr>",
        "<th>",
        "<td>",
        "</td>",
        "<",
        "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQg\n",
        "aGVsbG8",
        "%2B",
        "%3D",
        "=",
        "\u{ff14}",
        "\u{200b}",
        "\u{202f}",
    ];
    texts.extend(parts.map(str::to_owned));
    texts
}

/// Names that do not stand right before their values, and text in other text that is broken up.
fn elsewhere(password: &str) -> Vec<String> {
    let ssn = ssn().replace('-', "");
    let encoded = ["a2V5PUFLSUFZM0ZEUVhaMkxLVF", "dNSFVCLCB3aGF0", "IGZvbGxvd3MrLw=="].concat();
    let wrapped = |width: usize, between: &str| {
        let lines: Vec<&str> = (0..encoded.len())
            .step_by(width)
            .map(|at| &encoded[at..encoded.len().min(at + width)])
            .collect();
        lines.join(between)
    };
    vec![
        format!("- name: DB_PASSWORD\n  value: {password}\n- name: SSN\n  value: '{ssn}'\n"),
        format!(
            "{{\"key\":\"password\", \"value\":\"{password}\"}}, {{\"name\":\"ssn\",\"value\":{ssn}}}"
        ),
        format!("<p><name>password</name>\n<value>{password}</value>"),
        format!(
            "<table><tr><th>Name<th><b>SSN</b></tr><tr><td>a</td><td>\n{ssn} </td><tr><td>x<td><{ssn}<"
        ),
        format!(
            "<thead><tr><td>a</td><td>password</td></thead><tr><td>a<td><i>{password}</i><tr><td>1<td>2"
        ),
        format!(
            "1st,password,'ssn'\n1,\"{password},'{ssn}'\n2,\"a\nb\",{ssn}\n3,{password},\"{ssn}\"\n"
        ),
        format!(
            "id, password, ssn\n1, {password}, {ssn}\n\nfull name, password\nx, everything\ny, {password}\n"
        ),
        wrapped(28, "\n"),
        format!("{}, ", wrapped(32, "\r\n  ")),
        format!("?a={}&b", encoded.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D")),
    ]
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
