/*! How far each chain is in a file of records, by its last lines alone. */

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom};
use std::path::Path;

use policy::record::chain::{Head, Link};

/// What stands in front of a line's links, which are the last in it.
const LINKS: &[u8] = b",\"links\":[";

/// Of the chains that have a link behind the first `from` bytes.
pub fn heads(file: &Path, from: u64) -> std::io::Result<Vec<(String, Head)>> {
    let mut file = match File::open(file) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    file.seek(SeekFrom::Start(from))?;
    let mut last: BTreeMap<String, Link> = BTreeMap::new();
    let mut lines = BufReader::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        if let Some(link) = link(&line) {
            last.insert(link.chain.clone(), link);
        }
        line.clear();
    }
    let head = |link: Link| Head { count: link.sequence, digest: link.digest() };
    Ok(last.into_iter().map(|(chain, link)| (chain, head(link))).collect())
}

fn link(line: &[u8]) -> Option<Link> {
    let at = line.windows(LINKS.len()).rposition(|bytes| bytes == LINKS)?;
    serde_json::from_slice(line.get(at + LINKS.len()..)?.strip_suffix(b"]}\n")?).ok()
}

#[cfg(test)]
mod tests {
    use policy::record::chain::Chain;

    use super::*;

    #[test]
    fn the_last_link_of_each_chain_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("records");
        assert_eq!(heads(&file, 0).unwrap(), []);
        let mut chains = ["c_a", "c_b", "c_c"].map(|name| Chain::new(name.into(), [1; 16]));
        let mut line = |at: usize| {
            // A caller can write what looks like links into its own text, escaped.
            let record = r#"{"version":2,"path":",\"links\":[{}]}"}"#;
            let link = chains[at].link(record).to_ascii_json();
            format!("{{\"records\":[{record}],\"links\":[{link}]}}\n")
        };
        let old = line(2);
        let text = [line(0), line(1), line(0), "{\"records\":[],\"links\":[]}\n".into(), line(0)];
        let half = &line(1)[..90];
        std::fs::write(&file, format!("{old}{}{half}", text.concat())).unwrap();
        let found = heads(&file, old.len() as u64).unwrap();
        let counts: Vec<_> = found.iter().map(|(chain, head)| (&chain[..], head.count)).collect();
        assert_eq!(counts, [("c_a", 3), ("c_b", 1)]);
        assert_eq!(&found[0].1, chains[0].head());
    }
}
