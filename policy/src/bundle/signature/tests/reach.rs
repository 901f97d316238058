//! Signers who are limited to sections.

use jwt_simple::prelude::Ed25519KeyPair;

use super::{SignerConfig, Signers, SignersConfig, Statement, sign};
use crate::bundle::Bundle;
use crate::bundle::signature::reach::{Vouched, follow};
use crate::compile::{Source, SourceFile, compile};

const SHOP: &str = "\
bundle: {name: shop, version: '1', serial: 5, not_after: 2030-01-01T00:00:00Z, sections: [pay, stock]}
rules:
  - {name: all, on: request, match: {http: {path: /all}}, effect: deny}
  - {name: pay-1, on: request, sections: pay, match: {http: {path: /pay}}, effect: deny}
  - {name: stock-1, on: request, sections: stock, match: {http: {path: /stock}}, effect: deny}
  - {name: both, on: request, sections: [pay, stock], match: {http: {path: /both}}, effect: deny}
patterns:
  - {name: key, kind: key, regex: 'key-[0-9]{4}'}
";

fn bundle(changes: &[(&str, &str)]) -> Bundle {
    let text = changes.iter().fold(SHOP.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let file = SourceFile { path: String::new(), text };
    let source = Source { name: "shop.yaml".into(), files: vec![file], ..Source::default() };
    Bundle::decode(&compile(&[source]).unwrap_or_else(|e| panic!("{e:?}"))).unwrap()
}

/// Who may sign everything, the section `pay`, the section `stock`.
struct People {
    keys: [Ed25519KeyPair; 4],
}

const NAMES: [&str; 4] = ["ada", "pia", "sam", "eve"];

impl People {
    fn new() -> Self {
        Self { keys: [(); 4].map(|()| Ed25519KeyPair::generate()) }
    }

    fn signers(&self, required: usize) -> Signers {
        let sections = [None, Some("pay"), Some("stock"), None];
        let keys = NAMES.iter().zip(&self.keys).zip(sections).map(|((name, key), section)| {
            let sections = section.map(|name| vec![name.to_owned()]);
            SignerConfig { name: (*name).into(), key: key.public_key().to_pem(), sections }
        });
        Signers::new(SignersConfig { keys: keys.collect(), required }).unwrap()
    }

    fn sign(&self, who: &str, statement: Statement) -> String {
        let index = NAMES.iter().position(|name| *name == who).unwrap();
        sign(&self.keys[index].to_pem(), statement, 0).unwrap()
    }

    fn by(&self, names: &[&str], bundle: &Bundle) -> Vec<String> {
        names.iter().map(|who| self.sign(who, bundle.statement())).collect()
    }
}

fn told(result: Result<(), crate::bundle::LoadError>) -> String {
    result.err().map(|error| error.0).unwrap_or_default()
}

#[test]
fn a_limited_signer_changes_the_own_section_and_nothing_else() {
    let people = People::new();
    let signers = people.signers(1);
    let five = bundle(&[]);
    let before = people.by(&["ada"], &five);
    assert_eq!(told(signers.take(&before, &five)), "");
    let take = |who: &[&str], changes: &[(&str, &str)]| {
        let all =
            [&[("serial: 5", "serial: 6"), ("version: '1'", "version: '2'")], changes].concat();
        let six = bundle(&all);
        told(signers.take(&[before.clone(), people.by(who, &six)].concat(), &six))
    };
    let own = ("path: /stock", "path: /shelf");
    assert_eq!(take(&["sam"], &[own]), "");
    let more = "  - {name: new, on: request, sections: stock, match: {findings: key}, effect: redact}\npatterns";
    assert_eq!(take(&["sam"], &[("patterns", more)]), "");
    assert!(take(&["pia"], &[own]).contains("its section `stock` is not signed by 1"));
    // Nobody signed this very release.
    assert!(take(&[], &[own]).contains("0 of the 1 signatures"));
    let for_all = [
        ("path: /all", "path: /none"),
        ("  - {name: all, on: request, match: {http: {path: /all}}, effect: deny}\n", ""),
        ("sections: [pay, stock]}\n", "sections: [pay, stock, more]}\n"),
        ("serial: 6", "serial: 6, default: deny"),
        (", not_after: 2030-01-01T00:00:00Z", ""),
        ("2030", "2031"),
        ("name: shop", "name: other"),
        ("[0-9]{4}", "[0-9]{5}"),
        (
            "patterns",
            "  - {name: new, on: request, match: {http: {path: /x}}, effect: allow}\npatterns",
        ),
    ];
    for change in for_all {
        let said = take(&["sam", "pia"], &[change]);
        assert!(said.contains("says for all routes"), "{change:?}: {said}");
        assert_eq!(take(&["ada"], &[change]), "", "{change:?}");
    }
    for change in [
        ("path: /pay", "path: /other"),
        ("path: /both", "path: /other"),
        // Taken into the own section, or out of it.
        ("sections: pay,", "sections: stock,"),
        ("sections: pay,", "sections: [pay, stock],"),
        ("sections: [pay, stock],", "sections: stock,"),
        (
            "  - {name: pay-1, on: request, sections: pay, match: {http: {path: /pay}}, effect: deny}\n",
            "",
        ),
    ] {
        let said = take(&["sam"], &[change]);
        assert!(said.contains("its section `pay`"), "{change:?}: {said}");
        assert_eq!(take(&["ada"], &[change]), "", "{change:?}");
    }
    // Where both change, each says so of the own section.
    assert_eq!(take(&["sam", "pia"], &[("path: /both", "path: /other")]), "");
}

#[test]
fn what_one_said_counts_for_the_release_it_was_said_of_and_its_parts() {
    let people = People::new();
    let signers = people.signers(1);
    let take = |signatures: &[Vec<String>], bundle: &Bundle| {
        told(signers.take(&signatures.concat(), bundle))
    };
    let five = bundle(&[]);
    let six = bundle(&[("serial: 5", "serial: 6"), ("path: /stock", "path: /shelf")]);
    let seven = bundle(&[
        ("serial: 5", "serial: 7"),
        ("path: /stock", "path: /shelf"),
        ("path: /pay", "path: /paid"),
    ]);
    let (by_ada, by_sam) = (people.by(&["ada"], &five), people.by(&["sam"], &six));
    let by_pia = people.by(&["pia"], &seven);
    assert_eq!(take(&[by_ada.clone(), by_sam.clone(), by_pia.clone()], &seven), "");
    assert!(take(&[by_ada.clone(), by_pia.clone()], &seven).contains("section `stock`"));
    assert!(take(&[by_sam, by_pia.clone()], &seven).contains("all routes"));
    // Without the digests a statement is about its release alone.
    let bare = people.sign("ada", Statement { parts: None, ..five.statement() });
    assert_eq!(take(&[vec![bare.clone()]], &five), "");
    assert!(take(&[vec![bare], by_pia], &seven).contains("all routes"));
}

#[test]
fn of_each_part_as_many_as_are_asked_for_sign() {
    let people = People::new();
    let signers = people.signers(2);
    let five = bundle(&[]);
    let before = people.by(&["ada", "eve"], &five);
    assert_eq!(told(signers.take(&before, &five)), "");
    assert!(told(signers.take(&people.by(&["ada", "sam"], &five), &five)).contains("all routes"));
    let six = bundle(&[("serial: 5", "serial: 6"), ("path: /stock", "path: /shelf")]);
    let take =
        |who: &[&str]| told(signers.take(&[before.clone(), people.by(who, &six)].concat(), &six));
    assert!(take(&["sam"]).contains("1 of the 2 signatures"));
    assert_eq!(take(&["sam", "ada"]), "");
    assert!(take(&["sam", "pia"]).contains("section `stock` is not signed by 2"));
    // Two signatures of one person are one.
    assert!(take(&["sam", "sam", "sam"]).contains("1 of the 2 signatures"));
}

#[test]
fn no_part_goes_back_and_no_limited_signer_has_the_last_word() {
    let people = People::new();
    let signers = people.signers(1);
    let vouched = |signatures: &[String], bundle: &Bundle, highest: u64| {
        signers.cover(&signers.hear(signatures), bundle, highest).map_err(|error| error.0)
    };
    let stricter = ("path: /all", "path: /**");
    let (five, six) = (bundle(&[]), bundle(&[("serial: 5", "serial: 6"), stricter]));
    let (by_5, by_6) = (people.by(&["ada"], &five), people.by(&["ada"], &six));
    let at_5 = vouched(&by_5, &five, 5).unwrap();
    let at_6 = follow(&at_5, vouched(&by_6, &six, 6).unwrap()).unwrap();
    // With ada's old word, sam brings the old rule for all routes back.
    let seven = bundle(&[("serial: 5", "serial: 7")]);
    let old = [by_5.clone(), people.by(&["sam"], &seven)].concat();
    let back = vouched(&old, &seven, 7).unwrap();
    assert!(follow(&at_6, back.clone()).unwrap_err().contains("older than what is in force"));
    assert!(follow(&Vouched::new(), back).is_ok(), "a gateway that starts knows of no other");
    // A rollback signed as one is taken, and the rolled back part does not return.
    let rolled = people.sign("ada", Statement { replaces: Some(6), ..five.statement() });
    let at_5 = follow(&at_6, vouched(&[rolled], &five, 6).unwrap()).unwrap();
    let again = bundle(&[("serial: 5", "serial: 7"), stricter]);
    let again = vouched(&[by_6, people.by(&["sam"], &again)].concat(), &again, 7).unwrap();
    assert!(follow(&at_5, again).is_err());

    // Whatever serial sam claims for the own section, ada can change it with the next release.
    let mine = bundle(&[("serial: 5", "serial: 7"), ("path: /stock", "path: /mine")]);
    let claims = |claim: Statement| {
        [by_5.clone(), people.by(&["sam"], &mine), vec![people.sign("sam", claim)]].concat()
    };
    for claim in [
        Statement { serial: u64::MAX, ..mine.statement() },
        Statement { replaces: Some(u64::MAX), ..mine.statement() },
        Statement { serial: 0, replaces: Some(u64::MAX), ..mine.statement() },
    ] {
        let at_7 = follow(&at_5, vouched(&claims(claim), &mine, 7).unwrap()).unwrap();
        let eight = bundle(&[("serial: 5", "serial: 8")]);
        assert!(follow(&at_7, vouched(&people.by(&["ada"], &eight), &eight, 8).unwrap()).is_ok());
    }
    // Nor does sam use up the serials.
    let far = bundle(&[("serial: 5", "serial: 1000006")]);
    let by_sam = [by_5.clone(), people.by(&["sam"], &far)].concat();
    assert!(told(signers.take(&by_sam, &far)).contains("more than 1000000 above 5"));
    let replaces = people.sign("sam", Statement { replaces: Some(u64::MAX), ..mine.statement() });
    assert!(told(signers.take(&[by_5, vec![replaces]].concat(), &mine)).contains("more than"));
    assert_eq!(told(signers.take(&people.by(&["ada"], &far), &far)), "");
}

#[test]
fn without_sections_a_limited_signer_signs_nothing() {
    let people = People::new();
    let text = "bundle: {name: shop, version: '1', serial: 5}\n";
    let file = SourceFile { path: String::new(), text: text.into() };
    let source = Source { name: "shop.yaml".into(), files: vec![file], ..Source::default() };
    let plain = Bundle::decode(&compile(&[source]).unwrap()).unwrap();
    assert!(plain.statement().parts.is_none());
    let signers = people.signers(1);
    assert!(told(signers.take(&people.by(&["sam", "pia"], &plain), &plain)).contains("all routes"));
    assert_eq!(told(signers.take(&people.by(&["ada"], &plain), &plain)), "");
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    let signer = |sections: Option<Vec<String>>| {
        let key = Ed25519KeyPair::generate().public_key().to_pem();
        let keys = vec![SignerConfig { name: "a".into(), key, sections }];
        Signers::new(SignersConfig { keys, required: 1 }).err().map(|error| error.0)
    };
    assert_eq!(signer(None), None);
    assert!(signer(Some(vec![])).unwrap().contains("no section"));
    assert!(signer(Some(vec!["pay".into()])).unwrap().contains("no bundle could be taken"));
}

/// Budgets that are meant for all are in nobody's hands who is limited, those of a section are.
#[test]
fn a_limited_signer_changes_budgets_of_the_own_section_and_no_other() {
    let people = People::new();
    let signers = people.signers(1);
    let limits = |all: u32, stock: u32| {
        format!(
            "budgets:\n  - {{name: all-calls, requests: {all}, per: 1h}}\n  - {{name: stock-calls, sections: stock, requests: {stock}, per: 1h}}\nrules:"
        )
    };
    let release =
        |serial: &str, budgets: &str| bundle(&[("serial: 5", serial), ("rules:", budgets)]);
    let five = release("serial: 5", &limits(10, 10));
    let before = people.by(&["ada"], &five);
    assert_eq!(told(signers.take(&before, &five)), "");
    let take = |who: &str, budgets: &str| {
        let six = release("serial: 6", budgets);
        told(signers.take(&[before.clone(), people.by(&[who], &six)].concat(), &six))
    };
    assert_eq!(take("sam", &limits(10, 99)), "");
    assert_ne!(take("sam", &limits(99, 10)), "");
    assert_ne!(take("pia", &limits(10, 99)), "");
    let everywhere = limits(10, 10).replace(", sections: stock", "");
    assert_ne!(take("sam", &everywhere), "");
    let none = "budgets: [{name: stock-calls, sections: stock, requests: 9, per: 1h}]\nrules:";
    assert_ne!(take("sam", none), "");
    let none = "budgets: [{name: all-calls, requests: 10, per: 1h}]\nrules:";
    assert_eq!(take("sam", none), "");
    assert_eq!(take("ada", &limits(99, 99)), "");
}

/// Whoever could pin or unpin a tool of another section would decide what that one lets pass.
#[test]
fn a_limited_signer_changes_pins_of_the_own_section_and_no_other() {
    let people = People::new();
    let signers = people.signers(1);
    let pins = |all: u8, stock: u8| {
        let digest = |byte: u8| format!("sha256:{}", format!("{byte:02x}").repeat(32));
        format!(
            "pins:\n  - {{name: all-tools, tools: {{a: '{}'}}}}\n  - {{name: stock-tools, sections: stock, tools: {{a: '{}'}}}}\nrules:",
            digest(all),
            digest(stock)
        )
    };
    let release = |serial: &str, pins: &str| bundle(&[("serial: 5", serial), ("rules:", pins)]);
    let five = release("serial: 5", &pins(1, 1));
    let before = people.by(&["ada"], &five);
    assert_eq!(told(signers.take(&before, &five)), "");
    let take = |who: &str, pins: &str| {
        let six = release("serial: 6", pins);
        told(signers.take(&[before.clone(), people.by(&[who], &six)].concat(), &six))
    };
    assert_eq!(take("sam", &pins(1, 9)), "");
    assert_ne!(take("sam", &pins(9, 1)), "");
    assert_ne!(take("pia", &pins(1, 9)), "");
    let everywhere = pins(1, 1).replace(", sections: stock", "");
    assert_ne!(take("sam", &everywhere), "");
    let other = pins(1, 1).replace("sections: stock", "sections: pay");
    assert_ne!(take("sam", &other), "");
    let (_, own) = pins(1, 1).split_once("\n  - {name: stock").map_or_else(
        || panic!("no set of the section"),
        |(_, rest)| ((), format!("pins:\n  - {{name: stock{rest}")),
    );
    assert_ne!(take("sam", &own), "", "those for all are gone");
    assert_eq!(take("ada", &pins(9, 9)), "");
}
