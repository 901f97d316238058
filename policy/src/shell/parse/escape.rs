/*! Escapes of `$'..'`, `echo -e` and `printf`. */

/// A backslash that begins no escape stays.
pub(in crate::shell) fn decoded(text: &str) -> String {
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            push(&mut bytes, c);
            continue;
        }
        let Some(escaped) = chars.next() else {
            bytes.push(b'\\');
            break;
        };
        let mut digits = |most: usize, radix: u32| {
            let mut value = 0u32;
            let mut count = 0;
            while count < most
                && let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix))
            {
                value = value * radix + digit;
                chars.next();
                count += 1;
            }
            (count > 0).then_some(value)
        };
        match escaped {
            'n' => bytes.push(b'\n'),
            't' => bytes.push(b'\t'),
            'r' => bytes.push(b'\r'),
            'a' | 'b' | 'v' | 'f' => bytes.push(b' '),
            'e' | 'E' => bytes.push(0x1b),
            '\\' | '\'' | '"' | '?' => push(&mut bytes, escaped),
            'x' => match digits(2, 16) {
                Some(value) => bytes.push(low(value)),
                None => bytes.extend(b"\\x"),
            },
            'u' | 'U' => {
                let most = if escaped == 'u' { 4 } else { 8 };
                let value = digits(most, 16).and_then(char::from_u32);
                push(&mut bytes, value.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            'c' => {
                chars.next();
            }
            '0'..='7' => {
                let first = escaped.to_digit(8).unwrap_or_default();
                let most = if first == 0 { 3 } else { 2 };
                let mut value = first;
                for _ in 0..most {
                    match digits(1, 8) {
                        Some(digit) => value = value * 8 + digit,
                        None => break,
                    }
                }
                bytes.push(low(value));
            }
            other => {
                bytes.push(b'\\');
                push(&mut bytes, other);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn low(value: u32) -> u8 {
    u8::try_from(value & 0xff).unwrap_or_default()
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
}
