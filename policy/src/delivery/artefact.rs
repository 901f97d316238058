/*!
What is fetched: one file with a compiled bundle and its signatures, so that one GET and one ETag
are all that a store has to serve, and no reader ever meets a bundle beside signatures of another.

```text
magic `GHSIGNED`, format version u32, count u32
per signature: u32 length + bytes, padded to four bytes
the compiled bundle, to the end
```
*/

use crate::bundle::LoadError;
use crate::bundle::wire::{self, Cursor, error, put_block, put_number};

const MAGIC: [u8; 8] = *b"GHSIGNED";
const FORMAT_VERSION: u32 = 1;
/// Signatures in one file.
pub const MOST: usize = 64;
/// Bytes of one file. What grows with it before a signature is found good are two digests, which for the
/// largest file take some 200 ms in the module, once for each file fetched. Besides these only the
/// manifest is read, and signatures are checked; both have bounds of their own.
pub const MAX_BYTES: usize = wire::MAX_BYTES;

#[derive(Debug, PartialEq, Eq)]
pub struct Artefact<'a> {
    pub signatures: Vec<String>,
    pub bundle: &'a [u8],
}

/// Whether a file says that it is one.
pub fn is_one(file: &[u8]) -> bool {
    file.starts_with(&MAGIC)
}

pub fn write(bundle: &[u8], signatures: &[String]) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    put_number(&mut file, FORMAT_VERSION as usize);
    put_number(&mut file, signatures.len());
    signatures.iter().for_each(|signature| put_block(&mut file, signature.as_bytes()));
    file.extend_from_slice(bundle);
    file
}

pub fn read(file: &[u8]) -> Result<Artefact<'_>, LoadError> {
    if file.len() > MAX_BYTES {
        return Err(error("the file is larger than 24 MiB"));
    }
    let mut cursor = Cursor(file);
    if cursor.take(MAGIC.len())? != MAGIC {
        return Err(error("this is no signed bundle: serve what `gatehouse bundle pack` wrote"));
    }
    let version = cursor.number()?;
    if version != FORMAT_VERSION {
        return Err(LoadError(format!(
            "the signed bundle has format {version}, this gateway reads format {FORMAT_VERSION}: pack it with the same release"
        )));
    }
    let count = cursor.number()? as usize;
    if count > MOST {
        return Err(error("the signed bundle has too many signatures"));
    }
    let mut signatures = Vec::with_capacity(count);
    for _ in 0..count {
        let signature = String::from_utf8(cursor.block()?.to_vec());
        signatures.push(signature.map_err(|_| error("a signature of the bundle is no text"))?);
    }
    Ok(Artefact { signatures, bundle: cursor.0 })
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, MOST, is_one, read, write};

    #[test]
    fn what_is_written_is_read() {
        for signatures in [vec![], vec!["a.b.c".to_owned(), "d".to_owned()]] {
            let file = write(b"bundle", &signatures);
            let artefact = read(&file).unwrap();
            assert!(is_one(&file) && !is_one(artefact.bundle));
            assert_eq!((artefact.signatures, artefact.bundle), (signatures, b"bundle".as_slice()));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let good = write(b"", &["a.b.c".to_owned()]);
        let text = |file: &[u8]| read(file).unwrap_err().0;
        for length in 0..good.len() {
            assert!(read(&good[..length]).is_err(), "{length}");
        }
        assert!(text(b"GHBUNDLE and what follows").contains("no signed bundle"));
        let mut other = good.clone();
        other[8] = 2;
        assert!(text(&other).contains("has format 2"));
        let many = write(b"", &vec![String::new(); MOST + 1]);
        assert!(text(&many).contains("too many signatures"));
        assert!(text(&vec![0; MAX_BYTES + 1]).contains("larger"));
        let mut no_text = good;
        no_text[20] = 0xff;
        assert!(text(&no_text).contains("no text"));
    }
}
