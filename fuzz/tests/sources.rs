/*! What authors write: any text is a bundle or a list of mistakes. */

use bolero::check;
use policy::bundle::Bundle;
use policy::compile::release;

fn survive(text: String) {
    if let Ok(file) = release(&[fuzz::source(text)]) {
        assert!(Bundle::decode(&file).is_ok());
    }
}

#[test]
fn sources() {
    check!().with_max_len(2048).for_each(|bytes: &[u8]| {
        survive(String::from_utf8_lossy(bytes).into_owned());
    });
}

/// A sound bundle with a piece of it taken out and another put in.
#[test]
fn damaged_sources() {
    check!().with_type::<(u16, u8, u16, u8)>().for_each(|(at, gone, from, long)| {
        let mut bytes = fuzz::BUNDLE.as_bytes().to_vec();
        let from = usize::from(*from) % bytes.len();
        let piece = bytes[from..(from + usize::from(*long % 64)).min(bytes.len())].to_vec();
        let at = usize::from(*at) % bytes.len();
        let end = (at + usize::from(*gone % 64)).min(bytes.len());
        bytes.splice(at..end, piece);
        survive(String::from_utf8_lossy(&bytes).into_owned());
    });
}

#[test]
fn conditions() {
    check!().with_max_len(256).for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).replace('\'', "\"").replace(['\n', '\r'], " ");
        survive(format!(
            "bundle: {{name: a, version: '1'}}\nrules:\n- {{name: r, on: request, effect: deny, when: '{text}'}}\n"
        ));
    });
}
