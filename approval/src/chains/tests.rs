use std::path::Path;

use jwt_simple::prelude::{Ed25519PublicKey, EdDSAPublicKeyLike, VerificationOptions};
use macro_rules_attribute::apply;
use policy::record::chain::{Head, chain_name};
use policy::record::checkpoint::{
    CHECKPOINT_TYPE, ChainReport, Checkpoint, Note, checkpoint_digest,
};

use super::{CHAINS, Checkpointing};
use crate::api::CheckpointList;
use crate::config::SigningKey;
use crate::testing::{APPROVER_KEY, Fixture, HOST, on_both, send};

fn digest(count: u64) -> String {
    format!("blake2b-256:{count}")
}

/// The chain that is called so in a test has a name of its own.
fn name(chain: &str) -> String {
    chain_name(chain)
}

fn report(chain: &str, count: u64) -> ChainReport {
    let head = Head { count, digest: digest(count) };
    let (gateway, proof) = ("g".into(), chain.into());
    ChainReport { gateway, chain: name(chain), proof, head, ended: false }
}

async fn fixture(file: Option<&Path>) -> (Fixture, Ed25519PublicKey) {
    let key = SigningKey::generate();
    let public = Ed25519PublicKey::from_bytes(&key.public_bytes()).unwrap();
    let file = file.map(Path::to_owned);
    let every = std::time::Duration::from_secs(1);
    (
        Fixture::checkpointing(Checkpointing { key, every, file, http: None, witnessing: None })
            .await,
        public,
    )
}

async fn told(fixture: &Fixture, report: &ChainReport) -> u16 {
    let body = serde_json::to_string(report).unwrap();
    send(&fixture.filter, "POST", "/v1/chains", &[], &body).await.status.as_u16()
}

async fn signed(fixture: &Fixture) -> Vec<String> {
    let bearer = format!("Bearer {APPROVER_KEY}");
    let headers = [("host", HOST), ("authorization", &bearer)];
    let answer = send(&fixture.console, "GET", "/v1/checkpoints", &headers, "").await;
    let list: CheckpointList = serde_json::from_str(&answer.body).unwrap();
    for (place, one) in list.checkpoints.iter().enumerate() {
        assert_eq!(one.number, place as u64 + 1);
    }
    list.checkpoints.into_iter().map(|one| one.jws).collect()
}

fn proven(jws: &str, key: &Ed25519PublicKey) -> Checkpoint {
    let options = VerificationOptions {
        required_signature_type: Some(CHECKPOINT_TYPE.into()),
        accept_future: true,
        ..VerificationOptions::default()
    };
    key.verify_token::<Checkpoint>(jws, Some(options)).unwrap().custom
}

/// Chain, links, and whether nothing comes any more.
fn states(checkpoint: &Checkpoint) -> Vec<(&str, u64, bool)> {
    let chains = checkpoint.chains.iter();
    let known = |chain: &str| *["c_a", "c_b"].iter().find(|known| name(known) == chain).unwrap();
    let mut states: Vec<_> =
        chains.map(|one| (known(&one.chain), one.head.count, one.ended)).collect();
    states.sort_unstable();
    states
}

mod anchored;
pub mod witnessed;

#[apply(on_both)]
async fn what_workers_tell_is_signed_and_each_names_the_one_before() {
    let (fixture, key) = fixture(None).await;
    fixture.holds.last_checkpoint().await;
    assert_eq!(signed(&fixture).await, Vec::<String>::new());
    for report in [report("c_a", 3), report("c_b", 1), report("c_a", 5), report("c_a", 4)] {
        assert_eq!(told(&fixture, &report).await, 204);
    }
    fixture.holds.last_checkpoint().await;
    // Nothing new, nothing signed.
    assert_eq!(told(&fixture, &report("c_a", 5)).await, 204);
    fixture.holds.last_checkpoint().await;
    let ended = ChainReport { ended: true, ..report("c_a", 5) };
    assert_eq!(told(&fixture, &ended).await, 204);
    fixture.holds.last_checkpoint().await;

    let all = signed(&fixture).await;
    let checkpoints: Vec<Checkpoint> = all.iter().map(|jws| proven(jws, &key)).collect();
    assert_eq!(checkpoints.len(), 2);
    assert_eq!(states(&checkpoints[0]), [("c_a", 5, false), ("c_b", 1, false)]);
    assert_eq!(states(&checkpoints[1]), [("c_a", 5, true)]);
    assert_eq!(checkpoints[0].previous, "");
    assert_eq!(checkpoints[1].previous, checkpoint_digest(&all[0]));
    assert_eq!(checkpoints[0].chains[0].gateway, "g");
}

/// Who has a worker's certificate cannot take back what a worker said.
#[apply(on_both)]
async fn a_chain_gets_no_shorter_and_no_other_and_nothing_comes_after_its_end() {
    let (fixture, key) = fixture(None).await;
    let other = ChainReport { head: Head { count: 5, digest: digest(6) }, ..report("c_a", 5) };
    let ended = ChainReport { ended: true, ..report("c_a", 6) };
    for report in [report("c_a", 5), other, report("c_a", 2), ended, report("c_a", 7)] {
        assert_eq!(told(&fixture, &report).await, 204);
        fixture.holds.last_checkpoint().await;
    }
    let all = signed(&fixture).await;
    let checkpoints: Vec<Checkpoint> = all.iter().map(|jws| proven(jws, &key)).collect();
    let said: Vec<_> = checkpoints.iter().map(states).collect();
    assert_eq!(said, [[("c_a", 5, false)], [("c_a", 6, true)]]);
    assert_eq!(checkpoints[0].chains[0].head.digest, digest(5));
}

#[apply(on_both)]
async fn two_replicas_sign_one_row_of_checkpoints() {
    let (fixture, key) = fixture(None).await;
    let mut tasks = Vec::new();
    let replica = fixture.opened_again().await;
    let again = std::sync::Arc::new(fixture);
    for at in 0..10 {
        let (fixture, replica) = (again.clone(), replica.clone());
        assert_eq!(told(&fixture, &report(&format!("c_{at}"), 1)).await, 204);
        tasks.push(tokio::spawn(async move { fixture.holds.last_checkpoint().await }));
        tasks.push(tokio::spawn(async move {
            use crate::store::Checkpoints;
            let foreign = SigningKey::generate();
            let sign = |one: &Checkpoint| crate::signer::checkpoint(&foreign, one, 1).ok();
            replica.checkpoint(&sign, &[]).await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    again.holds.last_checkpoint().await;
    let all = signed(&again).await;
    let mut chains = Vec::new();
    let mut previous = String::new();
    for jws in &all {
        let payload = jws.split('.').nth(1).unwrap();
        let payload =
            base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload);
        let checkpoint: Checkpoint = serde_json::from_slice(&payload.unwrap()).unwrap();
        assert_eq!(checkpoint.previous, previous);
        previous = checkpoint_digest(jws);
        chains.extend(checkpoint.chains.into_iter().map(|one| one.chain));
    }
    chains.sort();
    let mut each: Vec<String> = (0..10).map(|at| name(&format!("c_{at}"))).collect();
    each.sort();
    assert_eq!(chains, each);
    drop(key);
}

#[apply(on_both)]
async fn the_file_gets_what_it_lacks_and_is_left_alone_where_it_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("anchor.jws");
    let (fixture, _) = fixture(Some(&file)).await;
    let written = || std::fs::read_to_string(&file).unwrap_or_default();
    for count in 1..=3 {
        told(&fixture, &report("c_a", count)).await;
        fixture.holds.last_checkpoint().await;
    }
    let lines = |all: &[String]| all.iter().map(|one| format!("{one}\n")).collect::<String>();
    let all = signed(&fixture).await;
    assert_eq!((all.len(), written()), (3, lines(&all)));
    // A crash cut a line, and another one is lost.
    std::fs::write(&file, format!("{}\n{}", all[0], &all[1][..20])).unwrap();
    fixture.holds.last_checkpoint().await;
    let torn = format!("{}\n{}\n{}", all[0], &all[1][..20], lines(&all[1..]));
    assert_eq!(written(), torn);
    // Somebody rolled back one of both.
    let other = Checkpoint { number: 2, ..Checkpoint::default() };
    let other = super::signed(&SigningKey::generate(), &other, 1).unwrap();
    let others = format!("{}\n{other}\n", all[0]);
    std::fs::write(&file, &others).unwrap();
    fixture.holds.last_checkpoint().await;
    assert_eq!(written(), others);
    // What is no file is not written to.
    let aside = folder.path().join("aside");
    std::fs::write(&aside, "").unwrap();
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(&aside, &file).unwrap();
    fixture.holds.last_checkpoint().await;
    assert_eq!(std::fs::read_to_string(&aside).unwrap(), "");
}

#[apply(on_both)]
async fn replicas_share_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("anchor.jws");
    let (fixture, _) = fixture(None).await;
    for count in 1..=25 {
        told(&fixture, &report("c_a", count)).await;
        fixture.holds.last_checkpoint().await;
    }
    let stores = [fixture.opened_again().await, fixture.opened_again().await];
    let writers = stores.map(|store| {
        let file = file.clone();
        tokio::spawn(async move { super::anchor::catch_up(&file, store.as_ref()).await })
    });
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let stored = fixture.holds.store.checkpoints(0, 100).await.unwrap();
    assert_eq!(stored.len(), 25);
    assert_eq!(text, stored.iter().map(|one| format!("{}\n", one.jws)).collect::<String>());
}

fn note(chain: &str, pruned_to: u64) -> Note {
    Note { chain: name(chain), pruned_to, at: 7, ..Note::default() }
}

/// Also where no chain has anything new, and never twice.
#[apply(on_both)]
async fn what_was_taken_out_of_records_is_in_the_next_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("anchor.jws");
    let (fixture, key) = fixture(Some(&file)).await;
    told(&fixture, &report("c_a", 9)).await;
    fixture.holds.last_checkpoint().await;
    fixture.holds.note(vec![note("c_a", 3)]);
    fixture.holds.note(vec![note("c_a", 5)]);
    fixture.holds.last_checkpoint().await;
    fixture.holds.last_checkpoint().await;
    let all = signed(&fixture).await;
    let noted: Vec<_> = all.iter().map(|jws| proven(jws, &key).notes).collect();
    assert_eq!(noted, [vec![], vec![note("c_a", 5)]]);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2);
}

/// A store removes what is old by itself; what it says then is signed.
#[apply(on_both)]
async fn what_the_service_removes_it_signs() {
    let (fixture, key) = fixture(None).await;
    let mut chain = policy::record::chain::Chain::new(name("c_a"), [3; 16]);
    let lines: Vec<_> = (0..4)
        .map(|at| {
            let record = policy::record::Record {
                version: policy::record::RECORD_VERSION,
                exchange: format!("x{at}"),
                last: true,
                ..Default::default()
            };
            let record = record.to_ascii_json();
            let link = Some(chain.link(&record).to_ascii_json());
            crate::records::Line { record: Some(record), link, ..Default::default() }
        })
        .collect();
    use crate::records::store::Source;
    let tenant = crate::tenant::Tenant::default();
    fixture.holds.records.take(&tenant, Source::Als, &lines).await.unwrap();
    fixture.clock.advance(3 * 24 * 3600);
    let records = crate::config::Records {
        keep_days: 1,
        ..crate::config::Records::beside(&crate::config::Database::Sqlite("unused".into()))
    };
    let holds = fixture.holds.clone();
    let removed = async {
        loop {
            holds.last_checkpoint().await;
            if let Some(jws) = signed(&fixture).await.pop() {
                return proven(&jws, &key);
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let checkpoint = tokio::select! {
        () = fixture.holds.keep_pruning(&records) => panic!("it goes on"),
        checkpoint = removed => checkpoint,
    };
    let [note] = checkpoint.notes.as_slice() else { panic!("{checkpoint:?}") };
    assert_eq!((note.chain.as_str(), note.pruned_to), (name("c_a").as_str(), 4));
    assert_eq!(fixture.holds.records.counts().await.unwrap().bytes, 0);
}

/// By the command line, beside a service that runs.
#[tokio::test]
async fn another_program_signs_what_it_took_out() {
    let folder = tempfile::tempdir().unwrap();
    let database = crate::config::Database::Sqlite(folder.path().join("approval.sqlite"));
    let key = SigningKey::generate();
    let public = Ed25519PublicKey::from_bytes(&key.public_bytes()).unwrap();
    let file = folder.path().join("checkpoints.jws");
    let every = std::time::Duration::from_secs(1);
    let made = Checkpointing { key, every, file: Some(file.clone()), http: None, witnessing: None };
    let long = Note { erased: (0..9_000).map(|n| (n * 2, n * 2)).collect(), ..note("c_a", 0) };
    super::sign_notes(&database, &made, vec![long.clone()], 7).await.unwrap();
    super::sign_notes(&database, &made, vec![note("c_b", 1)], 7).await.unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    let all: Vec<Checkpoint> = text.lines().map(|jws| proven(jws, &public)).collect();
    let erased: Vec<_> =
        all.iter().flat_map(|one| &one.notes).flat_map(|one| &one.erased).collect();
    assert_eq!((all.len(), erased.len()), (3, 9_000));
    assert_eq!(all[2].notes, [note("c_b", 1)]);
}

#[apply(on_both)]
async fn reports_that_say_nothing_are_refused() {
    let (fixture, _) = fixture(None).await;
    for wrong in [
        ChainReport { chain: String::new(), ..report("c_a", 1) },
        // Somebody else's.
        ChainReport { chain: name("c_b"), ..report("c_a", 1) },
        report("c_a", 0),
        ChainReport { gateway: String::new(), ..report("c_a", 1) },
        ChainReport { gateway: "g".repeat(129), ..report("c_a", 1) },
        ChainReport { gateway: "g\0".into(), ..report("c_a", 1) },
        ChainReport { head: Head { count: 1, digest: "<b>".into() }, ..report("c_a", 1) },
    ] {
        assert_eq!(told(&fixture, &wrong).await, 400, "{wrong:?}");
    }
    for at in 0..CHAINS {
        fixture.asks.hear_chain(report(&format!("c_{at}"), 1)).unwrap();
    }
    assert_eq!(told(&fixture, &report("c_more", 1)).await, 429);
    assert_eq!(told(&fixture, &report("c_1", 2)).await, 204);
}
