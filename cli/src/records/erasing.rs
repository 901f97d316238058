/*! Takes the records of one caller out of a file that nobody writes any more. */

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use approval::records::Line;
use approval::records::line::{Erased, LONGEST_LINE};
use policy::record::chain::Link;

/// Of each chain, numbers of what was erased.
pub type Places = BTreeMap<String, Vec<u64>>;

/// How many lines. All others stay as they are, byte by byte; the file is there whole at any time.
pub fn erase(
    path: &Path,
    caller: (Option<&str>, &str),
    note: &Erased,
    places: &mut Places,
) -> Result<u64> {
    let shown = || format!("cannot write `{}` anew", path.display());
    let old = File::open(path).with_context(shown)?;
    let changed = old.metadata().and_then(|file| file.modified()).with_context(shown)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", crate::random::hex::<8>()?));
    let new = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&beside);
    let mut new = BufWriter::new(new.with_context(shown)?);
    let mut own = Places::new();
    let written = copy(BufReader::with_capacity(1 << 20, old), &mut new, caller, (note, &mut own))
        .and_then(|erased| Ok((erased, new.into_inner().map_err(|error| error.into_error())?)))
        .and_then(|(taken, file)| {
            // By their age files are removed.
            file.set_modified(changed)?;
            file.sync_all()?;
            Ok(taken)
        });
    match written {
        Ok(taken) if taken != Taken::default() => {
            std::fs::rename(&beside, path).with_context(shown)?;
            for (chain, numbers) in own {
                places.entry(chain).or_default().extend(numbers);
            }
            Ok(taken.records)
        }
        other => {
            std::fs::remove_file(&beside).with_context(shown)?;
            Ok(other.with_context(shown)?.records)
        }
    }
}

/// Lines of the caller.
#[derive(Default, PartialEq)]
struct Taken {
    records: u64,
    /// What they said while they went on, which is counted at their end.
    going_on: u64,
}

fn copy(
    mut from: impl BufRead,
    to: &mut impl Write,
    (issuer, subject): (Option<&str>, &str),
    (note, places): (&Erased, &mut Places),
) -> std::io::Result<Taken> {
    let mut taken = Taken::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if std::io::Read::take(&mut from, LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            return Ok(taken);
        }
        match Line::parse(&line) {
            Some(parsed) if parsed.is_of(issuer, subject) && goes_on(&parsed) => {
                taken.going_on += 1;
            }
            Some(parsed) if parsed.is_of(issuer, subject) => {
                // Without a link nothing is left that the note would be of.
                let link = parsed.link.as_deref().map(serde_json::from_str::<Link>);
                if let Some(Ok(link)) = link {
                    places.entry(link.chain).or_default().push(link.sequence);
                }
                let erased = parsed.link.is_some().then(|| note.clone());
                let left = Line { erased, ..parsed.without_record() };
                writeln!(to, "{}", left.to_json()?)?;
                taken.records += 1;
            }
            _ => to.write_all(&line)?,
        }
    }
}

/// Whatever Envoy's own words are made to say, a link stays.
fn goes_on(line: &Line) -> bool {
    line.envoy.goes_on && line.link.is_none()
}

#[cfg(test)]
mod tests {
    use policy::principal::Principal;
    use policy::record::chain::Chain;
    use policy::record::part::{self, Part, Side};
    use policy::record::{RECORD_VERSION, Record};

    use super::*;
    use crate::records::verify::{Problem, Verifier};

    fn log() -> String {
        let part = Part { of: Side::Response, n: 0, from: 0, text: "said".into() };
        let mut chain = Chain::new("c_a".to_owned(), [7; 16]);
        let one = |n: usize| {
            let principal = Principal {
                issuer: "i".into(),
                subject: ["ada", "mallory"][n % 2].into(),
                groups: Vec::new(),
                agent: None,
                owners: Vec::new(),
                scopes: Vec::new(),
            };
            let exchange = format!("x{n}");
            let (version, principal) = (RECORD_VERSION, Some(principal));
            let mut record =
                Record { version, exchange, principal, last: true, ..Record::default() };
            record.response.body.parts.push(part.told(""));
            let record = record.to_ascii_json();
            let link = chain.link(&record).to_ascii_json();
            let part = part::to_ascii_json(std::slice::from_ref(&part));
            format!(
                "{{\"start_time\": \"t\",\"records\":[{record}],\"parts\":[{part}],\"links\":[{link}]}}\n"
            )
        };
        (0..10).map(one).collect()
    }

    /// The file has nothing else of the caller: its end is in the next one.
    #[test]
    fn what_was_said_while_it_went_on_goes_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access-000001.jsonl");
        let goes_on = r#"{"type":"DownstreamPeriodic","#;
        let lines: Vec<String> = log().lines().map(|line| line.replacen('{', goes_on, 1)).collect();
        let unlinked = lines.iter().map(|line| line.split(",\"links\"").next().unwrap());
        let unlinked: Vec<String> =
            unlinked.map(|line| line.replace("\"last\":true", "\"last\":false") + "}").collect();
        std::fs::write(&path, unlinked.join("\n") + "\n").unwrap();
        let note = Erased { at: 7, by: "dana".into() };
        assert_eq!(erase(&path, (None, "mallory"), &note, &mut Places::new()).unwrap(), 0);
        let left = std::fs::read_to_string(&path).unwrap();
        let others: Vec<&str> = unlinked.iter().step_by(2).map(String::as_str).collect();
        assert_eq!(left.lines().collect::<Vec<_>>(), others);
    }

    fn verified(text: &str) -> (u64, u64, Vec<Problem>) {
        let mut verifier = Verifier::default();
        verifier.read("f", text.as_bytes()).unwrap();
        let report = verifier.report(None, false);
        (report.records, report.erased, report.problems)
    }

    #[test]
    fn links_stay_and_prove_what_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access-000001.jsonl");
        let log = log();
        let text = format!("{log}no line of ours\n{{\"half");
        std::fs::write(&path, &text).unwrap();
        let note = Erased { at: 7, by: "dana".into() };
        let mut places = Places::new();
        assert_eq!(erase(&path, (Some("other"), "mallory"), &note, &mut places).unwrap(), 0);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(erase(&path, (Some("i"), "mallory"), &note, &mut places).unwrap(), 5);
        assert_eq!(places, [("c_a".to_owned(), vec![2, 4, 6, 8, 10])].into());
        let left = std::fs::read_to_string(&path).unwrap();
        assert!(!left.contains("mallory") && left.ends_with("no line of ours\n{\"half"));
        assert_eq!(left.matches("said").count(), 5);
        let own: Vec<&str> = left.lines().take(10).collect();
        let before: Vec<&str> = log.lines().collect();
        assert!((0..10).step_by(2).all(|n| own[n] == before[n]));
        let ours = own.join("\n") + "\n";
        assert_eq!(verified(&ours), (5, 5, Vec::new()));
        // Taken out and not noted.
        let unnoted = ours.replace(",\"erased\":{\"at\":7,\"by\":\"dana\"}", "");
        let problems = verified(&unnoted).2;
        assert!(problems.len() == 5 && matches!(problems[0], Problem::RecordGone { .. }));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
