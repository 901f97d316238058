/*! What patterns look for, put together here so that no file holds it in clear. */

pub fn card() -> String {
    ["4539", "1488", "0343", "6467"].concat()
}

pub fn ssn() -> String {
    ["536", "22", "8726"].join("-")
}

pub fn email() -> String {
    ["ada.quill", "example.com"].join("@")
}

pub fn aws_key_id() -> String {
    ["AKIA", "Y3FZ6", "MQ7T2WN", "KD4P"].concat()
}

pub fn private_key() -> String {
    let (dashes, body) = ("-".repeat(5), "MIIBVgIBADANBgkqhkiG9w0BAQEFAASC".repeat(8));
    let (begin, end) = ("BEGIN PRIVATE KEY", "END PRIVATE KEY");
    format!("{dashes}{begin}{dashes}\n{body}\n{dashes}{end}{dashes}\n")
}
