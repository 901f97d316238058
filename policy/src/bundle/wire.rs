/*!
The file of a compiled bundle.

```text
header   magic `GHBUNDLE`, format version u32, byte-order mark u32, SHA-256 of the payload
payload  count u32, then per section: name u32 length + bytes, data u32 length + bytes
```

Numbers are little-endian; names and data are padded to four bytes, as automata need. A reader takes
one format version and refuses the others; unknown sections are refused too, since a bundle whose
parts are ignored is not the bundle that was reviewed.
*/

use hmac_sha256::Hash;

use super::LoadError;

pub const MAGIC: [u8; 8] = *b"GHBUNDLE";
pub const FORMAT_VERSION: u32 = 1;
/// The automata inside are little-endian: a machine that reads this differently cannot run them.
pub const BYTE_ORDER: u32 = 0x0102_0304;
pub const HEADER_BYTES: usize = 48;
/// Bytes of one file. Envoy fetches at most 32 MiB, and each worker holds the automata twice while one
/// bundle follows another.
pub const MAX_BYTES: usize = 24 * 1024 * 1024;

/// Sections of a file: there are fewer that any release knows.
pub const MOST_SECTIONS: usize = 16;

pub mod section {
    pub const MANIFEST: &str = "manifest";
    pub const RULES: &str = "rules";
    /// Only where there are any.
    pub const BUDGETS: &str = "budgets";
    /// Only where there are any.
    pub const PINS: &str = "pins";
    pub const PATTERNS: &str = "patterns";
    pub const TRIGGERS: &str = "triggers";
    pub const AUTOMATA: &str = "automata";
    pub const TESTS: &str = "tests";
}

/// Frames sections as a payload and puts the header before it.
pub fn write(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut payload = Vec::new();
    put_number(&mut payload, sections.len());
    for (name, data) in sections {
        put_block(&mut payload, name.as_bytes());
        put_block(&mut payload, data);
    }
    seal(&payload)
}

/// The header for a payload, and the payload.
pub fn seal(payload: &[u8]) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    file.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    file.extend_from_slice(&BYTE_ORDER.to_le_bytes());
    file.extend_from_slice(&Hash::hash(payload));
    file.extend_from_slice(payload);
    file
}

pub fn put_block(output: &mut Vec<u8>, data: &[u8]) {
    put_number(output, data.len());
    output.extend_from_slice(data);
    output.resize(output.len().next_multiple_of(4), 0);
}

pub fn put_number(output: &mut Vec<u8>, number: usize) {
    output.extend_from_slice(&(number as u32).to_le_bytes());
}

/// The payload of a file whose header, version, byte order and digest are right, and the digest.
pub fn payload(file: &[u8]) -> Result<(&[u8], [u8; 32]), LoadError> {
    if file.len() > MAX_BYTES {
        return Err(error("the bundle is larger than 24 MiB: use fewer patterns"));
    }
    let (header, payload) =
        file.split_at_checked(HEADER_BYTES).ok_or_else(|| error("the bundle is cut short"))?;
    let mut header = Cursor(header);
    if header.take(MAGIC.len())? != MAGIC {
        return Err(error("this is not a compiled bundle"));
    }
    let version = header.number()?;
    if version != FORMAT_VERSION {
        return Err(error(&format!(
            "the bundle has format {version}, this gateway reads format {FORMAT_VERSION}: compile it with the same release"
        )));
    }
    if header.number()? != BYTE_ORDER {
        return Err(error("the bundle has another byte order"));
    }
    let digest = Hash::hash(payload);
    if header.0 != digest {
        return Err(error("the bundle's digest does not fit its content: it was damaged"));
    }
    Ok((payload, digest))
}

/// The sections of a payload, in order.
pub fn sections(payload: &[u8]) -> Result<Vec<(&str, &[u8])>, LoadError> {
    let mut cursor = Cursor(payload);
    let count = cursor.number()? as usize;
    if count > MOST_SECTIONS {
        return Err(error("the bundle has more than 16 sections"));
    }
    let mut sections = Vec::with_capacity(count);
    for _ in 0..count {
        let name = cursor.block()?;
        let name = std::str::from_utf8(name).map_err(|_| error("a section has no name"))?;
        sections.push((name, cursor.block()?));
    }
    if !cursor.0.is_empty() {
        return Err(error("the bundle has bytes after its last section"));
    }
    Ok(sections)
}

/// Reads from the front of what is left.
pub struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], LoadError> {
        let (taken, rest) =
            self.0.split_at_checked(count).ok_or_else(|| error("the bundle is cut short"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn number(&mut self) -> Result<u32, LoadError> {
        let (number, rest) =
            self.0.split_first_chunk().ok_or_else(|| error("the bundle is cut short"))?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*number))
    }

    pub fn block(&mut self) -> Result<&'a [u8], LoadError> {
        let length = self.number()? as usize;
        let block = self.take(length)?;
        self.take(length.next_multiple_of(4) - length)?;
        Ok(block)
    }
}

pub fn error(message: &str) -> LoadError {
    LoadError(message.to_owned())
}
