/*! Maps as the proxy-wasm ABI writes them: the number of pairs, the lengths of all names and values,
then these themselves, a NUL behind each. Numbers are of 32 bits, the low byte first. */

/// `None` if the bytes are not of that form; none at all are a map with nothing in it.
pub fn read(bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let (count, lengths) = number(bytes)?;
    let (mut lengths, mut texts) = lengths.split_at_checked(count.checked_mul(8)?)?;
    let mut pairs = Vec::with_capacity(count);
    for _ in 0..count {
        let (name, rest) = number(lengths)?;
        let (value, rest) = number(rest)?;
        lengths = rest;
        let (name, rest) = text(texts, name)?;
        let (value, rest) = text(rest, value)?;
        texts = rest;
        pairs.push((name, value));
    }
    Some(pairs)
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((usize::try_from(u32::from_le_bytes(*number)).ok()?, rest))
}

fn text(bytes: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (text, rest) = bytes.split_at_checked(length)?;
    Some((text, rest.strip_prefix(b"\0")?))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn pairs_come_back() {
        let bytes = b"\x02\0\0\0\x04\0\0\0\x03\0\0\0\x01\0\0\0\0\0\0\0kind\0mcp\0p\0\0";
        assert_eq!(read(bytes).unwrap(), [(&b"kind"[..], &b"mcp"[..]), (b"p", b"")]);
        for end in 1..bytes.len() {
            assert!(read(&bytes[..end]).is_none(), "{end}");
        }
        assert!(read(&[0xff; 64]).is_none());
        assert!(read(b"").unwrap().is_empty() && read(b"\0\0\0\0").unwrap().is_empty());
    }
}
