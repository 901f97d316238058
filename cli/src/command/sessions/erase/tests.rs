use std::path::Path;

use approval::records::Line;
use approval::records::store::Source;
use approval::tenant::Tenant;
use policy::principal::Principal;
use policy::record::chain::Chain;
use policy::record::{RECORD_VERSION, Record};

use super::*;

#[tokio::test]
async fn no_file_is_written_anew_that_envoy_still_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access-000001.jsonl");
    let written = std::fs::File::create(&path).unwrap();
    // This program stands for an Envoy whose admin interface does not answer.
    let writer = impatient(folder.path());
    let refused = writer.lets_go(Identity::of(&path)).await.unwrap_err();
    assert!(format!("{refused:#}").contains("does not let go"), "{refused:#}");
    drop(written);
    writer.lets_go(Identity::of(&path)).await.unwrap();
    Writer { at: None, ..writer }.lets_go(Identity::of(&path)).await.unwrap();
}

fn impatient(folder: &Path) -> Writer {
    let at = Some((std::process::id(), folder.join("admin.sock")));
    Writer { at, patience: Duration::from_millis(100) }
}

/// The line of an exchange of mallory's.
fn linked(chain: &mut Chain, n: usize) -> String {
    let principal = Principal {
        issuer: "i".into(),
        subject: "mallory".into(),
        groups: Vec::new(),
        agent: None,
        owners: Vec::new(),
        scopes: Vec::new(),
    };
    let (version, exchange) = (RECORD_VERSION, format!("x{n}"));
    let principal = Some(principal);
    let record = Record { version, exchange, principal, last: true, ..Record::default() };
    let record = record.to_ascii_json();
    let link = chain.link(&record).to_ascii_json();
    format!("{{\"start_time\":\"t\",\"records\":[{record}],\"links\":[{link}]}}\n")
}

/// Another try would not find what is gone: it is said by this one, though that fails.
#[tokio::test(flavor = "multi_thread")]
async fn what_went_before_it_failed_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(folder.path()).unwrap();
    let mut chain = Chain::new("c_a".into(), [7; 16]);
    let lines: Vec<String> = (0..4).map(|n| linked(&mut chain, n)).collect();
    let files = [1, 2].map(|n| data.records().with_file_name(format!("access-00000{n}.jsonl")));
    std::fs::create_dir_all(files[0].parent().unwrap()).unwrap();
    std::fs::write(&files[0], lines[..2].concat()).unwrap();
    std::fs::write(&files[1], lines[2..].concat()).unwrap();
    let place = Place::data(&data).await.unwrap();
    let store = place.store().unwrap();
    let note = Erased { at: 7, by: "dana".into() };
    let mut gone = Gone::default();
    // The second file is still written, and nobody is there to end that.
    let held = std::fs::OpenOptions::new().append(true).open(&files[1]).unwrap();
    let writer = impatient(folder.path());
    let caller = (None, "mallory");
    let done = gone.of_all(store.as_ref(), (&data, &writer), caller, &note).await;
    assert!(format!("{:#}", done.unwrap_err()).contains("does not let go"));
    let (gone, notes) = gone.noted(&note);
    assert_eq!((gone.taken.records, gone.lines), (4, 2));
    let told: Vec<_> = notes.iter().map(|note| (note.out_of, &note.erased[..])).collect();
    assert_eq!(told, [(OutOf::Store, &[(1, 4)][..]), (OutOf::Files, &[(1, 2)])]);
    drop(held);
    let mut gone = Gone::default();
    gone.of_all(store.as_ref(), (&data, &writer), caller, &note).await.unwrap();
    let (gone, notes) = gone.noted(&note);
    assert_eq!((gone.taken.records, gone.lines, &notes[0].erased[..]), (0, 2, &[(3, 4)][..]));
}

/// A folder that `import` filled has none of the keys of a gateway, and none of its folders.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_for_checkpoints_it_erases_and_makes_none() {
    let log = || Log { records: None, config: None };
    for has_key in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let reading = Reading { data: folder.path().to_owned(), format: Format::Human };
        let data = DataDir::open(folder.path()).unwrap();
        if has_key {
            ServiceKeys::of(&data).unwrap();
        }
        let store = Place::data(&data).await.unwrap().store().unwrap().clone();
        let line = linked(&mut Chain::new("c_a".into(), [7; 16]), 1);
        let line = Line::parse(line.as_bytes()).unwrap();
        store.take(&Tenant::default(), Source::Import, std::slice::from_ref(&line)).await.unwrap();
        let chosen = |subject: &str| Arguments { subject: subject.into(), issuer: None, by: None };
        run(&chosen("malory"), &log(), &reading).await.unwrap();
        assert!(store.found("x1", None).await.unwrap().len() == 1, "another name");
        run(&chosen("mallory"), &log(), &reading).await.unwrap();
        assert!(store.found("x1", None).await.unwrap().is_empty());
        assert_eq!((data.checkpoints().exists(), data.keys().exists()), (has_key, has_key));
    }
}

#[test]
fn a_name_that_nobody_has_is_told_and_somebody_is_named() {
    assert_eq!(
        nothing((None, "ad\u{1b}a")),
        "no record of `ad\u{fffd}a` is there: nothing was erased"
    );
    assert!(nothing((Some("i"), "ada")).contains("`ada` of `i`"));
    assert_eq!(account(Some("dana".into())), "dana");
    for none in [None, Some(String::new())] {
        assert!(account(none).strip_prefix("user ").is_some_and(|n| n.parse::<u32>().is_ok()));
    }
}
