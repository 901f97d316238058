/*! What somebody could read in bytes: every way in which clients are known to be lenient. */

/// Each is a whole text; whatever is in none of them nobody reads.
pub(super) fn readings(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut all = vec![text.clone(), text.replace('\0', "")];
    for little in [true, false] {
        let unit = |pair: &[u8]| match little {
            true => u16::from_le_bytes([pair[0], pair[1]]),
            false => u16::from_be_bytes([pair[0], pair[1]]),
        };
        let units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
        all.push(String::from_utf16_lossy(&units));
    }
    all.extend(data(&text));
    // Twice: JSON that is packed into a string.
    for _ in 0..2 {
        let plain: Vec<_> = all.iter().map(|text| without_escapes(text)).collect();
        all.extend(plain);
    }
    all
}

/// The data of events, with and without what joins its lines.
fn data(stream: &str) -> Vec<String> {
    let text = stream.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let values = text.lines().filter_map(|line| {
        let value = line.strip_prefix("data:")?;
        Some(value.strip_prefix(' ').unwrap_or(value))
    });
    let values: Vec<_> = values.collect();
    vec![values.join("\n"), values.concat()]
}

/// An escape that is none stays.
fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = after.strip_prefix('u').and_then(|hex| hex.get(..4));
        let code = code.and_then(|hex| u32::from_str_radix(hex, 16).ok());
        rest = match (code, after.chars().next()) {
            (Some(code), _) => {
                plain.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                &after[5..]
            }
            (None, Some(own @ ('"' | '\\' | '/'))) => {
                plain.push(own);
                &after[1..]
            }
            _ => {
                plain.push('\\');
                after
            }
        };
    }
    plain + rest
}

#[test]
fn lenient_readers_find_it() {
    for bytes in [
        b"a 12-34".as_slice(),
        br#"{"a":"1\u0032-3\u0034"}"#,
        br#"{"a":"{\"b\":\"\\u0031\\u0032-34\"}"}"#,
        b"1\x002-3\x004",
        b"1\x002\x00-\x003\x004\x00",
        b"data: 12\rdata:-34\r\r",
        br"12\-34\/12-34",
    ] {
        assert!(readings(bytes).iter().any(|text| text.contains("12-34")), "{bytes:?}");
    }
}
