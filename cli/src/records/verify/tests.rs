use policy::record::Record;
use policy::record::chain::Chain;
use policy::record::part::{self, Part, Side};

use super::*;

mod notes;

/// A log of two chains, turn by turn, and their heads at the end.
struct Log {
    lines: Vec<String>,
    kept: Vec<Kept>,
}

fn record(chain: &mut Chain, exchange: &str) -> String {
    let salt = chain.salt();
    let version = policy::record::RECORD_VERSION;
    Record { version, salt, exchange: exchange.to_owned(), last: true, ..Record::default() }
        .to_ascii_json()
}

fn line(records: &str, links: &str) -> String {
    format!(r#"{{"start_time":"t","status":200,"records":[{records}],"links":[{links}]}}"#)
}

fn log(each: usize) -> Log {
    let mut chains = ["c_a", "c_b"].map(|name| Chain::new(name.to_owned(), [7; 16]));
    let mut lines = Vec::new();
    for number in 0..each {
        for chain in &mut chains {
            let record = record(chain, &format!("x_{}_{number}", chain.name()));
            let link = chain.link(&record).to_ascii_json();
            lines.push(line(&record, &link));
        }
    }
    let kept = |chain: &Chain| Kept {
        tenant: String::new(),
        gateway: "g".into(),
        chain: chain.name().into(),
        head: chain.head().clone(),
        ended: false,
        heard_at: 1,
    };
    Log { lines, kept: chains.iter().map(kept).collect() }
}

fn read(files: &[&[String]], kept: &[Kept], partial: bool) -> Report {
    let mut verifier = Verifier::default();
    for (at, lines) in files.iter().enumerate() {
        let text = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>();
        verifier.read(&format!("f{at}"), text.as_bytes()).unwrap();
    }
    verifier.report((!kept.is_empty()).then_some(kept), partial)
}

fn problems(lines: &[String]) -> Vec<Problem> {
    read(&[lines], &[], false).problems
}

fn at(line: u64) -> Place {
    Place { file: "f0".into(), line }
}

fn a() -> String {
    "c_a".into()
}

#[test]
fn what_was_written_is_verified() {
    let Log { lines, kept } = log(50);
    let report = read(&[&lines], &kept, false);
    assert_eq!((report.records, &report.problems[..], report.chains.len()), (100, &[][..], 2));
    let chain = &report.chains[0];
    assert_eq!((chain.from, chain.to, chain.proven), (1, 50, 50));
    assert_eq!(chain.head, kept[0].head.digest);
    // In files that were put away one after the other, whatever order they are given in.
    let report = read(&[&lines[60..], &lines[..60]], &kept, false);
    assert_eq!((report.records, report.problems), (100, Vec::new()));
    let report = read(&[&lines[60..]], &kept, true);
    assert_eq!((report.problems, report.chains[0].from), (Vec::new(), 31));
    let gone = Problem::Missing { chain: a(), from: 1, to: 30 };
    assert_eq!(read(&[&lines[60..]], &kept, false).problems[0], gone);
}

/// Of each byte of a record and of a link: nothing in them can change and go unseen.
#[test]
fn each_flipped_byte_is_found() {
    let Log { lines, kept } = log(3);
    let target = &lines[2];
    let begin = target.find("[{").unwrap();
    for byte in begin..target.len() {
        let mut bytes = target.clone().into_bytes();
        bytes[byte] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        let mut altered = lines.clone();
        altered[2] = changed;
        let found = read(&[&altered], &kept, false).problems;
        assert!(!found.is_empty(), "byte {byte} of {target}");
    }
}

#[test]
fn an_altered_record_is_named() {
    let mut lines = log(5).lines;
    lines[4] = lines[4].replace("x_c_a_2", "x_c_a_9");
    assert_eq!(problems(&lines), [Problem::RecordAltered { at: at(5), chain: a(), sequence: 3 }]);
}

/// Whoever can compute a digest gives an altered record a link that fits it.
#[test]
fn a_link_that_was_made_anew_does_not_fit_the_next() {
    let Log { mut lines, kept } = log(5);
    let mut forger = Chain::new(a(), [0; 16]);
    for place in [0, 2, 4] {
        let record = record(&mut forger, "forged");
        let link = forger.link(&record).to_ascii_json();
        lines[place] = line(&record, &link);
    }
    let found = Problem::LinkAltered { at: at(5), next: at(7), chain: a(), sequence: 3 };
    assert_eq!(problems(&lines), [found]);
    // Up to the end of the chain only a head that was kept tells.
    for place in [6, 8] {
        let record = record(&mut forger, "forged");
        let link = forger.link(&record).to_ascii_json();
        lines[place] = line(&record, &link);
    }
    assert_eq!(problems(&lines), []);
    let found = read(&[&lines], &kept, false).problems;
    assert_eq!(found, [Problem::OtherChain { at: at(9), chain: a(), sequence: 5 }]);
}

#[test]
fn what_is_missing_is_named() {
    let Log { lines, kept } = log(5);
    let without = |places: &[usize]| -> Vec<String> {
        let kept = lines.iter().enumerate().filter(|(at, _)| !places.contains(at));
        kept.map(|(_, line)| line.clone()).collect()
    };
    let missing = |from, to| Problem::Missing { chain: a(), from, to };
    assert_eq!(problems(&without(&[4])), [missing(3, 3)]);
    assert_eq!(problems(&without(&[2, 4])), [missing(2, 3)]);
    assert_eq!(problems(&without(&[0])), [missing(1, 1)]);
    // The end of a chain: only against its head.
    let cut = without(&[6, 8]);
    assert_eq!(problems(&cut), []);
    let found = read(&[&cut], &kept, false).problems;
    assert_eq!(found, [Problem::CutOff { chain: a(), from: 4, to: 5 }]);
    // And so is a whole chain.
    let gone = without(&[0, 2, 4, 6, 8]);
    assert_eq!(problems(&gone), []);
    let found = read(&[&gone], &kept, false).problems;
    assert_eq!(found, [Problem::ChainGone { chain: a(), count: 5 }]);
}

#[test]
fn what_was_moved_or_repeated_is_named() {
    let mut lines = log(5).lines;
    lines.swap(2, 6);
    assert_eq!(problems(&lines), [Problem::Moved { at: at(5), chain: a(), sequence: 3 }]);
    lines.swap(2, 6);
    lines.push(lines[2].clone());
    let twice = Problem::Twice { at: at(11), other: at(3), chain: a(), sequence: 2 };
    let moved = Problem::Moved { at: at(11), chain: a(), sequence: 2 };
    assert_eq!(problems(&lines), [moved, twice]);
}

#[test]
fn records_and_links_belong_together() {
    let mut lines = log(5).lines;
    let link = |text: &str| text[text.find(",\"links\"").unwrap()..].to_owned();
    lines[2] = format!("{{\"start_time\":\"t\",\"records\":[]{}", link(&lines[2]));
    let gone = Problem::RecordGone { at: at(3), chain: a(), sequence: 2 };
    assert_eq!(problems(&lines), [gone]);
    let unlinked = lines[4].replace(&link(&lines[4]), "}");
    lines[4] = unlinked;
    let report = read(&[&lines], &[], false);
    assert_eq!(report.problems[1], Problem::Unlinked { at: at(5) });
    assert_eq!(report.problems[2], Problem::Missing { chain: a(), from: 3, to: 3 });
    // As a crash leaves it.
    lines[4] = lines[4].replace("\"last\":true", "\"last\":false");
    assert_eq!(read(&[&lines], &[], false).unchained, [at(5)]);
}

#[test]
fn lines_that_are_none_of_ours_are_told() {
    let mut lines = log(2).lines;
    let half = lines[3][..40].to_owned();
    lines[3] = half;
    lines.push(line("", ""));
    let old = Record { version: 1, last: true, ..Record::default() }.to_ascii_json();
    lines.push(line(&old, ""));
    // Two in one, and a name that stands twice, of which readers take one or the other.
    let two = lines[0].replace("\"records\":[", "\"records\":[{\"version\":2},");
    lines.push(two);
    lines.push(lines[0].replace("\"links\":", "\"links\":[],\"links\":"));
    // What those who show records cannot read would be hidden.
    lines.push(lines[0].replace("\"status\":", "\"status\":\"200\",\"status\":"));
    let report = read(&[&lines], &[], false);
    let mut found: Vec<Problem> =
        [4, 7, 8, 9].map(|line| Problem::Unreadable { at: at(line) }).into();
    found.insert(1, Problem::Unlikely { at: at(6) });
    assert_eq!(report.problems, found);
    assert_eq!((report.unseen, report.before_links, report.records), (1, 0, 4));
    lines.rotate_left(5);
    assert_eq!(read(&[&lines], &[], false).before_links, 1);
}

#[test]
fn a_head_of_nothing_asks_for_nothing() {
    let (tenant, gateway, chain, head) = Default::default();
    let kept = Kept { tenant, gateway, chain, head, ended: false, heard_at: 1 };
    assert_eq!(read(&[], &[kept], false), Report::default());
}

#[test]
fn what_was_put_in_where_checkpoints_say_otherwise_is_named() {
    let Log { mut lines, mut kept } = log(3);
    kept[0].ended = true;
    assert_eq!(read(&[&lines], &kept, false).problems, []);
    // Behind the end of a chain, and as a chain of its own: links need no key.
    let mut chain = Chain::new(a(), [7; 16]);
    for _ in 0..3 {
        let record = record(&mut chain, "x");
        chain.link(&record);
    }
    let mut forged = Chain::new("c_f".into(), [0; 16]);
    for chain in [&mut chain, &mut forged] {
        let record = record(chain, "forged");
        let link = chain.link(&record).to_ascii_json();
        lines.push(line(&record, &link));
    }
    let found = read(&[&lines], &kept, false).problems;
    let behind = Problem::BehindEnd { chain: a(), from: 4, to: 4 };
    assert!(found.contains(&behind), "{found:?}");
    assert!(found.contains(&Problem::NotTold { chain: "c_f".into() }), "{found:?}");
    // Of files that were put away nothing is asked.
    assert_eq!(read(&[&log(3).lines[1..2]], &kept[1..], true).problems.len(), 1);
}

#[test]
fn a_file_cannot_use_up_the_memory() {
    let mut verifier = Verifier::default();
    let long = [
        vec![b'x'; LONGEST_LINE as usize * 2],
        b"\n".to_vec(),
        log(1).lines[0].clone().into(),
        b"\n".to_vec(),
    ];
    verifier.read("f0", &long.concat()[..]).unwrap();
    verifier.read("f1", &vec![b'\n'; MOST_PROBLEMS + 5][..]).unwrap();
    let report = verifier.report(None, false);
    assert_eq!((report.problems.len(), report.more_problems), (MOST_PROBLEMS, 6));
    assert_eq!(report.records, 1);
}

fn parted(chain: &mut Chain, lasted_ms: u64) -> (String, Vec<Part>) {
    let part = |n, from, text: &str| Part { of: Side::Response, n, from, text: text.into() };
    let parts = vec![part(1, 4, "some "), part(2, 9, "more")];
    let mut one: Record = serde_json::from_str(&record(chain, "x_1")).unwrap();
    one.response.body.parts = parts.iter().map(|part| part.told(&one.salt)).collect();
    one.timings.total_ms = lasted_ms;
    (one.to_ascii_json(), parts)
}

fn with_parts(record: &str, parts: &[Part], link: &str) -> String {
    let parts = part::to_ascii_json(parts);
    format!(
        r#"{{"start_time":"t","status":200,"records":[{record}],"parts":[{parts}],"links":[{link}]}}"#
    )
}

#[test]
fn a_part_that_is_missing_altered_or_put_in_is_named() {
    let mut chain = Chain::new(a(), [7; 16]);
    let (record, parts) = parted(&mut chain, 9);
    let link = chain.link(&record).to_ascii_json();
    let found = |parts: &[Part]| problems(&[with_parts(&record, parts, &link)]);
    assert_eq!(found(&parts), []);
    let (at, of) = (at(1), Side::Response);
    let [gone, altered, added] = [
        |at, of, part| Problem::PartGone { at, of, part },
        |at, of, part| Problem::PartAltered { at, of, part },
        |at, of, part| Problem::PartAdded { at, of, part },
    ];
    assert_eq!(found(&parts[..1]), [gone(at.clone(), of, 2)]);
    assert_eq!(found(&[]), [gone(at.clone(), of, 1), gone(at.clone(), of, 2)]);
    let mut other = parts.clone();
    other[0].text = "none ".into();
    assert_eq!(found(&other), [altered(at.clone(), of, 1)]);
    let twice = [parts[0].clone(), parts[1].clone(), other[0].clone()];
    assert_eq!(found(&twice), [altered(at.clone(), of, 1)]);
    let more = [parts.clone(), vec![Part { n: 3, ..parts[0].clone() }]].concat();
    assert_eq!(found(&more), [added(at.clone(), of, 3)]);
    let asked = [parts.clone(), vec![Part { of: Side::Request, ..parts[0].clone() }]].concat();
    assert_eq!(found(&asked), [added(at, Side::Request, 1)]);
    // Whoever alters the list, too, alters the record.
    let own = record.replace(&parts[0].told("").digest, &other[0].told("").digest);
    let own = own.replace(&parts[0].digest(salt(&record)), &other[0].digest(salt(&record)));
    let altered = problems(&[with_parts(&own, &other, &link)]);
    assert_eq!(altered, [Problem::RecordAltered { at: self::at(1), chain: a(), sequence: 1 }]);
}

fn salt(record: &str) -> &str {
    record.split("\"salt\":\"").nth(1).unwrap().split('"').next().unwrap()
}

#[test]
fn what_goes_on_is_no_record_and_no_problem() {
    let mut chain = Chain::new(a(), [7; 16]);
    let (record, parts) = parted(&mut chain, 5000);
    let link = chain.link(&record).to_ascii_json();
    let begun = record.replace("\"last\":true", "\"last\":false");
    let begun = with_parts(&begun, &parts[..1], "");
    let goes_on = begun.replacen('{', r#"{"type":"DownstreamPeriodic","#, 1);
    let report = read(&[&[goes_on.clone(), goes_on.clone()]], &[], false);
    assert_eq!((report.records, report.going_on, report.unchained.len()), (0, 1, 0));
    let end = with_parts(&record, &parts, &link);
    let (meanwhile, end) = (std::slice::from_ref(&goes_on), [end]);
    for files in [[meanwhile, &end], [&end, meanwhile]] {
        let report = read(&files, &[], false);
        assert_eq!((report.records, report.going_on, report.problems), (1, 0, Vec::new()));
    }
    // Its worker died.
    let report = read(&[&[goes_on, begun]], &[], false);
    assert_eq!((report.records, report.going_on, report.unchained), (1, 0, vec![at(2)]));
}
