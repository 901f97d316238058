/*! How long a large rule set takes to compile, and how large it becomes. */

use std::process::Command;
use std::time::Instant;

use integration::{many, place};

pub fn run(count: usize) {
    let folder = place::folder();
    let (source, out) = (folder.path().join("many.yaml"), folder.path().join("many.bundle"));
    std::fs::write(&source, many::patterns(1, count)).unwrap();
    let began = Instant::now();
    let built = Command::new(place::gatehouse())
        .args(["bundle", "build", "--out"])
        .args([&out, &source])
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let (seconds, bytes) = (began.elapsed().as_secs_f64(), std::fs::metadata(out).unwrap().len());
    println!("{count} patterns: {seconds:.1} s to compile, {:.1} MB", bytes as f64 / 1e6);
}
