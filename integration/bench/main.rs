/*!
CPU of Envoy per request, with the gateway's filter, everything on and all packs of patterns, against a plain
Envoy, both in one run whose rounds take turns: a busy machine slows both alike, so the ratio holds where the
microseconds do not. What a longer text costs more is the speed of scanning, of one core.
Before that, how long a large bundle takes to compile. `bench [ROUNDS] [REQUESTS]`, 7 rounds of 4000 requests
by default; `bench holds [COUNT]` opens 1000 calls on hold instead, `bench replicas [COUNT]` 1000 at one replica
of two, `bench records [COUNT]` makes a million records, 6 GB with their store.
*/

mod compile;
mod holds;
mod load;
mod plain;
mod records;
mod replicas;
mod text;

use integration::Gateway;
use integration::place;
use load::{Load, Origin};
use plain::Plain;
use text::{TEXTS, Text};

/// Bytes of a body in each direction.
const SHORT: usize = 1024;
const LONG: usize = 16 * 1024;
const BUNDLES: [&str; 4] = ["baseline", "secrets", "personal-data", "personal-data-regional"];

fn main() {
    let mut words = std::env::args().skip(1).peekable();
    let others = [
        ("holds", holds::run as fn(usize), 1_000),
        ("replicas", replicas::run, 1_000),
        ("records", records::run, 1_000_000),
    ];
    for (name, run, count) in others {
        if words.next_if(|word| word == name).is_some() {
            return run(words.next().map_or(count, |word| word.parse().expect("a number")));
        }
    }
    let mut arguments = words.map(|word| word.parse().expect("a number"));
    let rounds: usize = arguments.next().unwrap_or(7);
    let requests: usize = arguments.next().unwrap_or(4000);

    compile::run(600);
    let origin = Origin::start();
    let plain = Plain::start(&origin);
    let mut gateway = Gateway::build().upstream("/", &format!("http://{}", origin.address));
    for bundle in BUNDLES {
        gateway = gateway.arg("--bundle").arg(bundle);
    }
    let gateway = gateway.start();
    let token = gateway.token("bench");
    println!("envoy {}, {rounds} rounds of {requests} requests", place::envoy().display());
    let measure = |text: &Text, size: usize| {
        let load = Load::new(text, size, &token, requests);
        // Key checked, patterns paged in, connections open.
        load.warm_up(&gateway.address);
        load.warm_up(&plain.address);
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            without.push(load.cpu_per_request(&plain.address, plain.pid()));
            with.push(load.cpu_per_request(&gateway.address, gateway.envoy_pid()));
        }
        let mut ratios: Vec<f64> = with.iter().zip(&without).map(|(a, b)| a / b).collect();
        let (gate, base, ratio) = (median(&mut with), median(&mut without), median(&mut ratios));
        let (low, high) = (ratios[0], ratios[ratios.len() - 1]);
        println!(
            "{:>7} {:>2} KiB both ways: {gate:7.1} us with, {base:6.1} us without, \
             ratio {ratio:.2} (rounds {low:.2} to {high:.2})",
            text.name,
            size / 1024
        );
        gate - base
    };
    for text in &TEXTS {
        let more = measure(text, LONG);
        let less = measure(text, SHORT);
        let bytes = 2 * (LONG - SHORT);
        println!("{:>7} scanned at {:.0} MB/s", text.name, bytes as f64 / (more - less));
    }
}

/// Sorts the values.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
