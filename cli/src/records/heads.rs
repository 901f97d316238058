/*!
How far each chain is in a file of records, by its links alone. Whoever can write the file can put something
there: so only what goes on without a gap from what a worker said itself is believed.
*/

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use approval::records::line::LONGEST_LINE;
use policy::record::chain::{Head, Link};

/// What stands in front of a line's links, which are the last in it.
const LINKS: &[u8] = b",\"links\":[";

/// Of the chains of which a worker `told` how far they were, in these files, which are one after the other, each from a byte on.
pub fn heads(
    files: &[(PathBuf, u64)],
    told: Vec<(String, Head)>,
) -> std::io::Result<Vec<(String, Head)>> {
    let told: BTreeMap<String, Head> = told.into_iter().collect();
    let mut reached = Reached::new();
    for (file, from) in files {
        read(file, *from, &told, &mut reached)?;
    }
    Ok(reached.into_iter().filter_map(|(chain, head)| Some((chain, head?))).collect())
}

/// None: two follow the same one, and nobody knows which is the worker's.
type Reached = BTreeMap<String, Option<Head>>;

fn read(
    file: &Path,
    from: u64,
    told: &BTreeMap<String, Head>,
    reached: &mut Reached,
) -> std::io::Result<()> {
    match std::fs::symlink_metadata(file) {
        Ok(found) if !found.is_file() => return Err(Error::other("the records are no file")),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(from))?;
    let mut lines = BufReader::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    while lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? > 0 {
        if let Some(link) = link(&line) {
            let head = Head { count: link.sequence, digest: link.digest() };
            match reached.get_mut(&link.chain) {
                None if told.get(&link.chain) == Some(&head) => {
                    reached.insert(link.chain, Some(head));
                }
                None => {}
                Some(before) => {
                    *before = before.take().filter(|before| follows(&link, before)).map(|_| head);
                }
            }
        }
        line.clear();
    }
    Ok(())
}

pub fn follows(link: &Link, before: &Head) -> bool {
    link.previous == before.digest && link.sequence == before.count + 1
}

pub fn link(line: &[u8]) -> Option<Link> {
    let at = line.windows(LINKS.len()).rposition(|bytes| bytes == LINKS)?;
    serde_json::from_slice(line.get(at + LINKS.len()..)?.strip_suffix(b"]}\n")?).ok()
}

#[cfg(test)]
mod tests {
    use policy::record::chain::Chain;

    use super::*;

    struct Log {
        chains: [Chain; 3],
        text: String,
    }

    impl Log {
        fn new() -> Self {
            let chains = ["c_a", "c_b", "c_c"].map(|name| Chain::new(name.into(), [1; 16]));
            Self { chains, text: String::new() }
        }

        fn line(&mut self, at: usize) -> &mut Self {
            // A caller can write what looks like links into its own text, escaped.
            let record = r#"{"version":2,"path":",\"links\":[{}]}"}"#;
            let link = self.chains[at].link(record).to_ascii_json();
            self.text.push_str(&format!("{{\"records\":[{record}],\"links\":[{link}]}}\n"));
            self
        }

        fn told(&self) -> Vec<(String, Head)> {
            let told = self.chains.iter().filter(|chain| chain.head().count > 0);
            told.map(|chain| (chain.name().to_owned(), chain.head().clone())).collect()
        }

        fn counts(&self, from: u64, told: &[(String, Head)]) -> Vec<(String, u64)> {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("records");
            std::fs::write(&file, &self.text).unwrap();
            let found = heads(&[(file, from)], told.to_vec()).unwrap();
            found.into_iter().map(|(chain, head)| (chain, head.count)).collect()
        }
    }

    #[test]
    fn what_goes_on_from_what_was_told_counts() {
        let mut log = Log::new();
        log.line(2);
        let from = log.text.len() as u64;
        log.line(0).line(1).line(0);
        let told = log.told();
        log.line(0);
        log.text.push_str("{\"records\":[],\"links\":[]}\n");
        log.line(0);
        let half = log.text.len() + 90;
        log.line(1);
        log.text.truncate(half);
        assert_eq!(log.counts(from, &told), [("c_a".to_owned(), 4), ("c_b".to_owned(), 1)]);
        // Of which no worker said anything.
        assert_eq!(log.counts(from, &[]), []);
        assert!(heads(&[(PathBuf::from("/dev/null"), 0)], Vec::new()).is_err());
    }

    #[test]
    fn what_somebody_else_put_there_ends_nothing() {
        let mut log = Log::new();
        log.line(0).line(0);
        let told = log.told();
        let mut forger = Log { chains: log.chains.clone(), text: String::new() };
        // Told and gone from the file.
        let cut = Log { chains: log.chains.clone(), text: log.text[..90].to_owned() };
        assert_eq!(cut.counts(0, &told), []);
        // A forged one, and the worker's own behind it.
        forger.line(0);
        log.text.push_str(&forger.text.replace("path", "tpah"));
        log.line(0);
        assert_eq!(log.counts(0, &told), []);
    }
}
