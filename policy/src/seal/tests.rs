use serde_json::Value;

use super::{Id, Opened, Seal};
use crate::principal::Principal;
use crate::redact::{Edit, apply};

pub(crate) fn principal(subject: &str) -> Principal {
    Principal {
        issuer: "https://idp".into(),
        subject: subject.into(),
        groups: Vec::new(),
        agent: None,
        owners: Vec::new(),
        scopes: Vec::new(),
    }
}

pub(crate) fn seal(subject: &str) -> Seal {
    Seal::new(&[7; 32], &principal(subject), "upstream-1")
}

/// JSON with these edits.
pub(crate) fn edited(text: &str, edits: &[Edit]) -> Value {
    serde_json::from_slice(&apply(text.as_bytes(), edits)).unwrap()
}

#[test]
fn a_seal_is_of_one_principal_cluster_and_kind() {
    let ada = seal("ada");
    let sealed = ada.close(Id::Session, "s-1");
    assert_eq!(sealed.len(), "s-1~".len() + 22);
    assert_eq!(ada.open(Id::Session, &sealed), Opened::Own("s-1"));
    let others = [
        seal("ben"),
        seal("ad"),
        Seal::new(&[7; 32], &principal("ada"), "upstream-2"),
        Seal::new(&[8; 32], &principal("ada"), "upstream-1"),
        Seal::new(&[7; 32], &Principal { issuer: "i".into(), ..principal("ada") }, "upstream-1"),
    ];
    for other in others {
        assert_eq!(other.open(Id::Session, &sealed), Opened::Foreign("s-1"));
    }
    for of in [Id::Event, Id::Object] {
        assert_eq!(ada.open(of, &sealed), Opened::Foreign("s-1"));
    }
    // The groups of a token change, its principal does not.
    let grouped = Principal { groups: vec!["g".into()], ..principal("ada") };
    let grouped = Seal::new(&[7; 32], &grouped, "upstream-1");
    assert_eq!(grouped.open(Id::Session, &sealed), Opened::Own("s-1"));
}

#[test]
fn what_has_no_seal_is_plain() {
    let ada = seal("ada");
    let sealed = ada.close(Id::Object, "resp_1");
    for text in
        ["", "~", "resp_1", "resp_1~", "~0123456789012345678901", &sealed[..sealed.len() - 1]]
    {
        assert_eq!(ada.open(Id::Object, text), Opened::Plain, "{text}");
    }
    let twice = ada.close(Id::Object, &sealed);
    assert_eq!(ada.open(Id::Object, &twice), Opened::Own(&sealed));
    assert_eq!(
        ada.open(Id::Object, &sealed.replace("resp_1", "resp_2")),
        Opened::Foreign("resp_2")
    );
}
