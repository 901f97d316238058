use std::path::Path;

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

/// Another try would not find what is gone: it is said by this one, though that fails.
#[tokio::test(flavor = "multi_thread")]
async fn what_went_before_it_failed_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::open(folder.path()).unwrap();
    let mut chain = Chain::new("c_a".into(), [7; 16]);
    let principal = Principal {
        issuer: "i".into(),
        subject: "mallory".into(),
        groups: Vec::new(),
        agent: None,
        owners: Vec::new(),
        scopes: Vec::new(),
    };
    let mut line = |n: usize| {
        let (principal, exchange) = (Some(principal.clone()), format!("x{n}"));
        let version = RECORD_VERSION;
        let record = Record { version, exchange, principal, last: true, ..Record::default() };
        let record = record.to_ascii_json();
        let link = chain.link(&record).to_ascii_json();
        format!("{{\"start_time\":\"t\",\"records\":[{record}],\"links\":[{link}]}}\n")
    };
    let lines: Vec<String> = (0..4).map(&mut line).collect();
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
