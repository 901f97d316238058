//! Notes that records were erased or removed on purpose: whoever can write records can write them.

use super::*;
use policy::record::checkpoint::Note;

fn with(line: &str, note: &str) -> String {
    line.strip_suffix('}').unwrap().to_owned() + note + "}"
}

fn pruned(line: &str, to: u64) -> String {
    with(line, &format!(",\"pruned_to\":{to}"))
}

fn erased(line: &str) -> String {
    let link = &line[line.find(",\"links\"").unwrap()..];
    with(
        &format!("{{\"start_time\":\"t\",\"records\":[]{link}"),
        ",\"erased\":{\"at\":1,\"by\":\"dana\"}",
    )
}

fn of_a(lines: &[String]) -> Vec<String> {
    lines.iter().step_by(2).cloned().collect()
}

fn strictly(lines: &[String], removed: &[(&str, u64)], strict: bool) -> Report {
    let mut verifier = Verifier::strict(strict);
    verifier.begin("f0");
    for line in lines {
        verifier.next(format!("{line}\n").as_bytes());
    }
    for (chain, to) in removed {
        verifier.pruned(chain, *to);
    }
    verifier.report(None, false)
}

#[test]
fn a_begin_may_be_removed_and_a_middle_may_not() {
    let Log { lines, kept } = log(10);
    let (mut own, kept) = (of_a(&lines), &kept[..1]);
    own[5] = pruned(&own[5], 5);
    let report = read(&[&own[5..]], kept, false);
    assert_eq!((report.problems, report.unsigned_notes), (Vec::new(), 1));
    assert_eq!(report.pruned, [(a(), 5)].into());
    // The first stands, so nobody removed the begin.
    let cut = [&own[..1], &own[5..]].concat();
    let missing = Problem::Missing { chain: a(), from: 2, to: 5 };
    assert_eq!(read(&[&cut], kept, false).problems, std::slice::from_ref(&missing));
    assert_eq!(read(&[&own[..1], &own[5..]], kept, false).problems, [missing]);
    // Nor does a note speak of what comes behind it.
    for to in [6, 7, u64::MAX] {
        own[5] = pruned(&of_a(&lines)[5], to);
        let found = read(&[&own[5..]], kept, false).problems;
        assert!(found.contains(&Problem::Unreadable { at: at(1) }), "{to}: {found:?}");
    }
}

#[test]
fn a_whole_chain_is_excused_by_what_can_be() {
    let Log { lines, mut kept } = log(10);
    let other: Vec<String> = lines.iter().skip(1).step_by(2).cloned().collect();
    let found = |kept: &[Kept], to| {
        let mut verifier = Verifier::default();
        verifier.begin("f0");
        other.iter().for_each(|line| verifier.next(format!("{line}\n").as_bytes()));
        verifier.pruned("c_a", to);
        verifier.report(Some(kept), false).problems
    };
    assert_eq!(found(&kept, 10), []);
    assert_eq!(found(&kept, 9), [Problem::ChainGone { chain: a(), count: 10 }]);
    let to = 9_000_000_000_000_000_000;
    assert_eq!(found(&kept, to), [Problem::FalseNote { chain: a(), to }]);
    // A few more than its worker told, unless it told its end.
    assert_eq!(found(&kept, 12), []);
    kept[0].ended = true;
    assert_eq!(found(&kept, 12), [Problem::FalseNote { chain: a(), to: 12 }]);
}

#[test]
fn a_note_without_a_link_excuses_nothing() {
    let mut lines = of_a(&log(5).lines);
    lines[2] = erased(&lines[2]);
    let report = read(&[&lines], &[], false);
    assert_eq!((report.problems, report.erased, report.unsigned_notes), (Vec::new(), 1, 1));
    let begin = lines[2].find(",\"links\":[").unwrap();
    let end = lines[2].find("],\"erased\"").unwrap();
    lines[2].replace_range(begin..=end, ",\"links\":[]");
    let missing = Problem::Missing { chain: a(), from: 3, to: 3 };
    assert_eq!(problems(&lines), [Problem::Unlinked { at: at(3) }, missing]);
}

#[test]
fn strictly_no_note_that_nobody_signed_is_an_excuse() {
    let mut lines = of_a(&log(6).lines);
    lines[3] = pruned(&lines[3], 3);
    lines[4] = erased(&lines[4]);
    let report = strictly(&lines[3..], &[], false);
    assert_eq!((report.problems, report.unsigned_notes), (Vec::new(), 2));
    let gone = Problem::RecordGone { at: at(2), chain: a(), sequence: 5 };
    let missing = Problem::Missing { chain: a(), from: 1, to: 3 };
    let report = strictly(&lines[3..], &[("c_a", 3)], true);
    assert_eq!((report.problems, report.unsigned_notes), (vec![gone, missing], 0));
}

fn note(pruned_to: u64, erased: &[(u64, u64)]) -> Note {
    Note { chain: a(), pruned_to, erased: erased.to_vec(), ..Note::default() }
}

/// Whoever can write the records cannot make these, so they excuse what they say, and no more of it.
#[test]
fn what_a_checkpoint_notes_is_an_excuse_however_strict() {
    let mut lines = of_a(&log(9).lines);
    lines[3] = pruned(&lines[3], 3);
    for at in [4, 6] {
        lines[at] = erased(&lines[at]);
    }
    let with = |notes: &[Note], lines: &[String], strict: bool| {
        let signed = Signed::new(notes, None, false);
        let mut verifier = Verifier::strict(strict).signed(signed);
        verifier.begin("f0");
        lines.iter().for_each(|line| verifier.next(format!("{line}\n").as_bytes()));
        verifier.report(None, false)
    };
    let all = [note(3, &[]), note(0, &[(5, 5), (7, 7)])];
    for strict in [false, true] {
        let report = with(&all, &lines[3..], strict);
        assert_eq!((report.problems, report.erased), (Vec::new(), 2));
        assert_eq!((report.signed_notes, report.unsigned_notes), (3, 0));
    }
    // One more was erased, and one more removed, than the service did.
    let less = [note(2, &[]), note(0, &[(5, 5)])];
    let report = with(&less, &lines[3..], true);
    let gone = Problem::RecordGone { at: at(4), chain: a(), sequence: 7 };
    let missing = Problem::Missing { chain: a(), from: 1, to: 3 };
    assert!(report.problems.contains(&gone) && report.problems.len() == 2, "{report:?}");
    assert!(matches!(report.problems[1], Problem::Missing { from: 3, to: 3, .. }), "{report:?}");
    let report = with(&less, &lines[3..], false);
    assert_eq!((report.problems, report.signed_notes, report.unsigned_notes), (vec![], 1, 2));
    // The note of the file went with its lines: the signed one is enough.
    lines[3] = of_a(&log(9).lines)[3].clone();
    assert_eq!(with(&all, &lines[3..], true).problems, []);
    assert_eq!(with(&[], &lines[3..], true).problems.last(), Some(&missing));
    // An altered record is none that was erased.
    lines[4] = lines[5].replace("\"sequence\":6", "\"sequence\":5");
    assert!(!with(&all, &lines[3..], false).problems.is_empty());
}

/// What one tenant sends, and what is noted of it, is nothing of another's chain of that name.
#[test]
fn tenants_have_chains_of_their_own() {
    let Log { lines, mut kept } = log(10);
    let own = of_a(&lines);
    kept.truncate(1);
    kept[0].tenant = "blue".into();
    let found = |whose: &str, lines: &[String], noted: &str, to| {
        let mut verifier = Verifier::default();
        verifier.begin("the store");
        verifier.of(whose);
        lines.iter().for_each(|line| verifier.next(format!("{line}\n").as_bytes()));
        verifier.of(noted);
        verifier.pruned("c_a", to);
        verifier.report(Some(&kept), false).problems
    };
    let blue = || "blue/c_a".to_owned();
    assert_eq!(found("blue", &own, "red", 10), []);
    assert_eq!(found("blue", &own[5..], "blue", 5), []);
    let missing = Problem::Missing { chain: blue(), from: 1, to: 5 };
    assert_eq!(found("blue", &own[5..], "red", 5), [missing]);
    assert_eq!(found("blue", &[], "blue", 10), []);
    let gone = Problem::ChainGone { chain: blue(), count: 10 };
    assert_eq!(found("blue", &[], "red", 10), std::slice::from_ref(&gone));
    let not_told = Problem::NotTold { chain: "red/c_a".into() };
    assert_eq!(found("red", &own, "red", 0), [gone, not_told]);
}
