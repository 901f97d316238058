use std::io::Write;
use std::sync::Arc;

use approval::clock::SystemClock;
use approval::config::Database;
use approval::records::store::{RecordStore, SqlRecords};
use policy::record::chain::Chain;
use policy::record::{RECORD_VERSION, Record};

use super::*;

struct Ground {
    folder: tempfile::TempDir,
    store: Arc<dyn RecordStore>,
    chain: Chain,
    written: Vec<String>,
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).await;
        let chain = Chain::new("c_a".to_owned(), [7; 16]);
        Self { folder, store, chain, written: Vec::new() }
    }

    fn current(&self) -> PathBuf {
        self.folder.path().join("access.jsonl")
    }

    async fn follower(&self) -> Follower {
        Follower::new(&self.current(), self.store.clone()).await.unwrap()
    }

    fn line(&mut self) -> String {
        let exchange = format!("x{}", self.written.len());
        let record = Record { version: RECORD_VERSION, exchange, last: true, ..Record::default() };
        let record = record.to_ascii_json();
        let link = self.chain.link(&record).to_ascii_json();
        let line = format!("{{\"start_time\":\"t\",\"records\":[{record}],\"links\":[{link}]}}\n");
        self.written.push(line.clone());
        line
    }

    fn lines(&mut self, count: usize) -> String {
        (0..count).map(|_| self.line()).collect()
    }

    async fn stored(&self) -> usize {
        stored(&self.store).await
    }
}

async fn open(folder: &Path) -> Arc<dyn RecordStore> {
    let database = Database::Sqlite(folder.join("records.sqlite"));
    Arc::new(SqlRecords::open(&database, Arc::new(SystemClock)).await.unwrap())
}

async fn stored(store: &Arc<dyn RecordStore>) -> usize {
    store.lines(None, None, 100_000).await.unwrap().len()
}

fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_lines_are_taken_as_they_come() {
    let mut ground = Ground::new().await;
    let mut follower = ground.follower().await;
    follower.catch_up(None).await.unwrap();
    let (first, second) = (ground.lines(1_700), ground.line());
    append(&ground.current(), &first);
    append(&ground.current(), &second[..40]);
    follower.catch_up(None).await.unwrap();
    follower.catch_up(None).await.unwrap();
    assert_eq!(ground.stored().await, 1_700);
    append(&ground.current(), &second[40..]);
    append(&ground.current(), "no line of ours\n\n{}\n");
    follower.catch_up(None).await.unwrap();
    assert_eq!((ground.stored().await, follower.unreadable()), (1_701, 3));
    // Another program, later.
    let mut follower =
        Follower::new(&ground.current(), open(ground.folder.path()).await).await.unwrap();
    let third = ground.line();
    append(&ground.current(), &third);
    follower.catch_up(None).await.unwrap();
    assert_eq!((ground.stored().await, follower.unreadable()), (1_702, 3));
}

/// Envoy goes on in a file that was put away until it was told.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_put_away_is_read_to_its_end() {
    let mut ground = Ground::new().await;
    let mut follower = ground.follower().await;
    let current = ground.current();
    let text = ground.lines(3);
    append(&current, &text);
    follower.catch_up(Some(std::process::id())).await.unwrap();
    let mut envoy = std::fs::OpenOptions::new().append(true).open(&current).unwrap();
    std::fs::rename(&current, files::next(&current).unwrap()).unwrap();
    let (late, new) = (ground.lines(2), ground.lines(2));
    append(&current, &new);
    follower.catch_up(Some(std::process::id())).await.unwrap();
    assert_eq!(ground.stored().await, 3);
    assert_eq!(follower.taken().unwrap(), Vec::<PathBuf>::new());
    envoy.write_all(late.as_bytes()).unwrap();
    drop(envoy);
    follower.catch_up(Some(std::process::id())).await.unwrap();
    assert_eq!(ground.stored().await, 7);
    assert_eq!(follower.taken().unwrap(), files::all(&current).unwrap()[..1]);
    // One that a kill tore.
    let half = ground.line();
    append(&current, &half[..50]);
    std::fs::rename(&current, files::next(&current).unwrap()).unwrap();
    let last = ground.line();
    append(&current, &last);
    follower.catch_up(None).await.unwrap();
    assert_eq!((ground.stored().await, follower.unreadable()), (8, 1));
}

/// One that was removed left its inode to another, which is longer by now: nothing of that is passed over.
#[tokio::test(flavor = "multi_thread")]
async fn another_file_of_the_same_inode_is_read_whole() {
    let mut ground = Ground::new().await;
    let current = ground.current();
    let text = ground.lines(20);
    append(&current, &text);
    ground.follower().await.catch_up(None).await.unwrap();
    let before = Identity::of(&current);
    // In its place, line by line as long.
    ground.chain = Chain::new("c_b".to_owned(), [8; 16]);
    let written = ground.written.drain(..).len();
    let text = ground.lines(written + 5);
    std::fs::write(&current, &text).unwrap();
    assert_eq!(Identity::of(&current), before);
    let mut follower = ground.follower().await;
    follower.catch_up(None).await.unwrap();
    assert_eq!((ground.stored().await, follower.unreadable()), (45, 0));
    // It goes on where it was in each of them.
    let more = ground.lines(3);
    append(&current, &more);
    follower.catch_up(None).await.unwrap();
    assert_eq!(ground.stored().await, 48);
}

/// A store of before has no digest of the file: it is taken for the same, and has one from then on.
#[tokio::test(flavor = "multi_thread")]
async fn of_before_the_offset_counts() {
    let mut ground = Ground::new().await;
    let text = ground.lines(3);
    append(&ground.current(), &text);
    ground.follower().await.catch_up(None).await.unwrap();
    let known = ground.store.tail(NAME).await.unwrap().unwrap();
    assert!(!known.begin.is_empty());
    let before = Tail { begin: String::new(), ..known };
    ground.store.take_read(&[], &before).await.unwrap();
    let more = ground.line();
    append(&ground.current(), &more);
    let mut follower = ground.follower().await;
    follower.catch_up(None).await.unwrap();
    assert_eq!((ground.stored().await, follower.unreadable()), (4, 0));
    let at = ground.store.tail(NAME).await.unwrap().unwrap();
    assert_eq!(at.begin, begin(&File::open(ground.current()).unwrap(), at.offset).unwrap());
}

/// A data folder that was copied, or that is older than the store: all of it, and nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_is_none() {
    let mut ground = Ground::new().await;
    let current = ground.current();
    for _ in 0..3 {
        let text = ground.lines(600);
        append(&current, &text);
        std::fs::rename(&current, files::next(&current).unwrap()).unwrap();
    }
    let old = Record { version: 1, exchange: "old".into(), last: true, ..Record::default() };
    append(&current, &format!("{{\"start_time\":\"t\",\"records\":[{}]}}\n", old.to_ascii_json()));
    ground.follower().await.catch_up(None).await.unwrap();
    assert_eq!(ground.stored().await, 1_801);
    for path in files::all(&current).unwrap() {
        let copy = path.with_extension("copy");
        std::fs::copy(&path, &copy).unwrap();
        std::fs::rename(&copy, &path).unwrap();
    }
    ground.follower().await.catch_up(None).await.unwrap();
    assert_eq!((ground.stored().await, ground.store.counts().await.unwrap().conflicts), (1_801, 0));
}

#[test]
fn a_line_without_an_end_uses_up_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.jsonl");
    let long = usize::try_from(LONGEST_LINE).unwrap();
    std::fs::write(&path, [vec![b'x'; long + 10], b"\n".to_vec()].concat()).unwrap();
    let mut file = File::open(&path).unwrap();
    let first = chunk(&mut file).unwrap();
    assert_eq!((first.bytes, first.unreadable), (LONGEST_LINE + 11, 1));
    std::fs::write(&path, vec![b'x'; long + 10]).unwrap();
    let open = chunk(&mut File::open(&path).unwrap()).unwrap();
    assert_eq!((open.bytes, open.unreadable), (0, 0));
}

/// Requests that no filter saw, within one millisecond: as many rows, also when they are read again.
#[tokio::test(flavor = "multi_thread")]
async fn lines_that_say_the_same_are_as_many() {
    let mut ground = Ground::new().await;
    let bare =
        "{\"start_time\":\"t\",\"status\":400,\"flags\":\"DPE\",\"records\":[],\"links\":[]}\n";
    let text = [bare.repeat(3), ground.line(), bare.repeat(7)].concat();
    std::fs::write(ground.current(), &text).unwrap();
    let mut follower = ground.follower().await;
    follower.catch_up(None).await.unwrap();
    assert_eq!(ground.stored().await, 11);
    // What comes later is told apart from what was there, too.
    append(&ground.current(), bare);
    follower.catch_up(None).await.unwrap();
    assert_eq!(ground.stored().await, 12);
    // Another file with the same, as after a move of the folder: nothing of it is new.
    let text = std::fs::read(ground.current()).unwrap();
    std::fs::remove_file(ground.current()).unwrap();
    std::fs::write(ground.folder.path().join("other"), b"x").unwrap();
    std::fs::write(ground.current(), text).unwrap();
    let mut again = ground.follower().await;
    again.catch_up(None).await.unwrap();
    assert_eq!(ground.stored().await, 12);
}
