//! A match counts in the field that a pattern names.

use super::context::{flowed, masked, scanner};

#[test]
fn members_of_json() {
    let scanner = scanner();
    for (body, counts) in [
        (r#"{"tax_id": "123/4567"}"#, true),
        (r#"{"taxId": "is 123/4567"}"#, true),
        (r#"{"TAX ID": "123/4567"}"#, true),
        (r#"{"ta\u0078-id": "123/4567"}"#, true),
        (r#"{"social_security_number": ["123/4567"]}"#, true),
        (r#"{"SocialSecurityNumber": "123/4567"}"#, true),
        (r#"{"text": "{\"tax_id\": \"123/4567\"}"}"#, true),
        (r#"{"tax_id": "[\"123/4567\"]"}"#, true),
        (r#"{"tax": "123/4567"}"#, false),
        (r#"{"my_tax_id": "123/4567"}"#, false),
        (r#"{"tax_id": 1, "b": "123/4567"}"#, false),
        (r#"{"tax_id": {"b": "123/4567"}}"#, false),
        (r#"["tax_id", "123/4567"]"#, false),
    ] {
        let expected = if counts { body.replace("123/4567", "[REDACTED:id]") } else { body.into() };
        assert_eq!(masked(&scanner, body), expected);
    }
}

#[test]
fn fields_of_forms_however_they_flow() {
    let scanner = scanner();
    let far = "x".repeat(128 - "tax_id=".len());
    for (text, counts) in [
        ("tax_id=123/4567", true),
        ("a=1&taxId=123/4567&b=2", true),
        ("/path?tax-id=123/4567", true),
        ("a=1;tax_id=123/4567", true),
        ("see tax_id=123/4567", true),
        ("tax%5Fid=no.%20123/4567", true),
        ("tax%20id=123/4567", true),
        ("tax_id=1 b=123/4567", true),
        ("b=tax_id=123/4567", true),
        ("tax%5Fid=123/4567", true),
        (&format!("tax_id={far}123/4567"), true),
        (&format!("tax_id={far}x123/4567"), false),
        (&format!("yy&tax_id={far}x123/4567"), false),
        ("123/4567", false),
        ("tax_id:123/4567", true),
        ("<td>Tax ID</td><td>123/4567", true),
        ("the tax id on file is 123/4567", true),
        ("the tax id of Ada is 123/4567", false),
        ("tax_id&123/4567", false),
        ("tax_id=1&b=123/4567", false),
        ("tax_id=1\nb=123/4567", false),
        ("my_tax_id=123/4567", false),
    ] {
        let expected = if counts { text.replace("123/4567", "[REDACTED:id]") } else { text.into() };
        assert_eq!(masked(&scanner, text), expected);
        let everywhere: Vec<usize> = (0..text.len()).collect();
        assert_eq!(flowed(&scanner, text, &everywhere), expected);
    }
}

#[test]
fn of_context_and_fields_either_is_enough() {
    let scanner = scanner();
    let clean = |text: &str| text.replace("AB#12", "[REDACTED:both]");
    for text in
        ["iban=AB#12", "iban AB#12", "bank AB#12", r#"{"IBAN": "AB#12"}"#, r#"{"a": "bank AB#12"}"#]
    {
        assert_eq!(masked(&scanner, text), clean(text));
    }
    for text in ["AB#12", "iban policy AB#12", r#"{"a": "AB#12"}"#] {
        assert_eq!(masked(&scanner, text), text);
    }
}
