/*!
Removes files of records that were put away long ago, and notes how far that took each chain, so that `verify`
tells what was removed on purpose from what is missing.
*/

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use approval::records::line::LONGEST_LINE;
use policy::record::chain::Head;

use super::heads::{follows, link};
use crate::data::file::{remove as remove_file, replace};

/// How long files that were put away stay.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    pub files: usize,
    /// Zero: for ever.
    pub age: Duration,
}

/// Of each chain, up to which number its records were removed.
pub type Removed = BTreeMap<String, u64>;

fn note(current: &Path) -> PathBuf {
    current.with_file_name("removed.json")
}

pub fn removed(current: &Path) -> Result<Removed> {
    let path = note(current);
    match std::fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Removed::new()),
        read => {
            let shown = || format!("cannot read `{}`", path.display());
            serde_json::from_slice(&read.with_context(shown)?).with_context(shown)
        }
    }
}

/// `taken`: those that were put away and that the store has, the oldest first. `told` is how far that took each chain, also
/// where it fails then: what is noted is not told once more.
pub fn remove(current: &Path, taken: &[PathBuf], keep: Keep, told: &mut Removed) -> Result<()> {
    let kept_for_ever = keep.age.is_zero();
    let many = taken.len().saturating_sub(keep.files);
    let old = |path: &PathBuf| {
        let changed = std::fs::metadata(path).and_then(|file| file.modified());
        changed.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > keep.age))
    };
    let too_old = taken.iter().take_while(|path| !kept_for_ever && old(path)).count();
    let gone = taken.get(..many.max(too_old)).unwrap_or_default();
    if gone.is_empty() {
        return Ok(());
    }
    let mut removed = removed(current)?;
    let before = removed.clone();
    for path in gone {
        tokio::task::block_in_place(|| reached(path, &mut removed))
            .with_context(|| format!("cannot read the records in `{}`", path.display()))?;
    }
    // Noted first: what is noted and still there is no harm.
    replace(&note(current), &serde_json::to_vec_pretty(&removed)?)?;
    removed.retain(|chain, to| before.get(chain) != Some(to));
    told.append(&mut removed);
    gone.iter().try_for_each(|path| remove_file(path))
}

/// Whoever can write the file can put a link there: so only those count that go on, without a gap, from what was
/// removed before. What stands behind a gap is told as missing then as now.
fn reached(path: &Path, removed: &mut Removed) -> std::io::Result<()> {
    let mut heads = BTreeMap::<String, Head>::new();
    let mut lines = BufReader::with_capacity(1 << 20, File::open(path)?);
    let mut line = Vec::new();
    while lines.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? > 0 {
        if let Some(link) = link(&line) {
            let to = removed.get(&link.chain).map_or(0, |to| *to);
            let goes_on = match heads.get(&link.chain) {
                Some(before) => follows(&link, before),
                None => link.sequence == to + 1 && link.previous.is_empty() == (to == 0),
            };
            if goes_on {
                removed.insert(link.chain.clone(), link.sequence);
                let head = Head { count: link.sequence, digest: link.digest() };
                heads.insert(link.chain, head);
            }
        }
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use policy::record::chain::Chain;

    use super::*;

    fn lines(chain: &mut Chain, many: usize) -> Vec<String> {
        let record = r#"{"version":2}"#;
        let mut line = || {
            let link = chain.link(record).to_ascii_json();
            format!("{{\"records\":[{record}],\"links\":[{link}]}}\n")
        };
        (0..many).map(|_| line()).collect()
    }

    /// What is noted once files with these lines went, one after the other.
    fn noted(files: &[&[String]]) -> Removed {
        let folder = tempfile::tempdir().unwrap();
        let current = folder.path().join("access.jsonl");
        let mut paths = Vec::new();
        for (at, lines) in files.iter().enumerate() {
            let path = folder.path().join(format!("access-{at}.jsonl"));
            std::fs::write(&path, lines.concat()).unwrap();
            paths.push(path);
        }
        let keep = Keep { files: 0, age: Duration::ZERO };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
        // One by one, as they become too many.
        runtime.unwrap().block_on(async {
            tokio::spawn(async move {
                paths.iter().for_each(|path| {
                    let told = &mut Removed::new();
                    remove(&current, std::slice::from_ref(path), keep, told).unwrap();
                });
                let left = std::fs::read_dir(folder.path()).unwrap().count();
                assert_eq!(left, 1, "what is noted");
                removed(&current).unwrap()
            })
            .await
            .unwrap()
        })
    }

    fn of_a(to: u64) -> Removed {
        [("c_a".to_owned(), to)].into()
    }

    /// It is noted by then, and told by no later try.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_noted_is_told_though_a_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let current = folder.path().join("access.jsonl");
        let path = folder.path().join("access-1.jsonl");
        std::fs::write(&path, lines(&mut Chain::new("c_a".into(), [1; 16]), 3).concat()).unwrap();
        // One that can be read, and removed by nobody.
        let stays = PathBuf::from("/proc/self/status");
        let keep = Keep { files: 0, age: Duration::ZERO };
        let mut told = Removed::new();
        remove(&current, &[path, stays.clone()], keep, &mut told).unwrap_err();
        assert_eq!(told, of_a(3));
        let mut told = Removed::new();
        remove(&current, &[stays], keep, &mut told).unwrap_err();
        assert_eq!((told, removed(&current).unwrap()), (Removed::new(), of_a(3)));
    }

    #[test]
    fn only_what_goes_on_from_the_begin_counts() {
        let own = lines(&mut Chain::new("c_a".into(), [1; 16]), 9);
        assert_eq!(noted(&[&own[..4], &own[4..]]), of_a(9));
        // One that somebody put in, before or behind the others, in a file of its own or in theirs.
        let forged = own[8].replace("\"sequence\":9", "\"sequence\":9000000000000000000");
        let forged = std::slice::from_ref(&forged);
        assert_eq!(noted(&[forged]), Removed::new());
        assert_eq!(noted(&[&[forged, &own[..4], forged].concat(), forged]), of_a(4));
        assert_eq!(noted(&[&own[..4], &own[5..]]), of_a(4));
        let other = lines(&mut Chain::new("c_a".into(), [2; 16]), 9);
        let other: Vec<String> = other.iter().map(|line| line.replace("2}", "3}")).collect();
        assert_eq!(noted(&[&[&own[..4], &other[5..]].concat()]), of_a(4));
        assert_eq!(noted(&[&own[3..]]), Removed::new());
    }
}
