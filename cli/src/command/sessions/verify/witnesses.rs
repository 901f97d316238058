/*! What `gatehouse sessions verify` asks of witnesses of the checkpoints. */

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use approval::tlog::{self, Purpose, Vkey};
use clap::Args;
use jwt_simple::prelude::Ed25519PublicKey;

use crate::command::Reading;
use crate::lifetime;
use crate::records::anchors::{self, Reach};
use crate::records::verify::checkpoints;
use crate::records::verify::witnessed::{Wanted, witnessed};

#[derive(Args)]
#[command(next_help_heading = "Witnesses")]
pub struct WitnessArguments {
    /// Public key, as NAME+ID+KEY, of a witness that has to have cosigned how many checkpoints there are; may be
    /// repeated.
    #[arg(long, value_name = "VKEY")]
    witness: Vec<String>,
    /// How many of them are enough; all without it.
    #[arg(long, value_name = "N", requires = "witness")]
    quorum: Option<usize>,
    /// What they cosigned: a file or a URL; may be repeated. That of the data folder without it.
    #[arg(long, value_name = "PLACE", requires = "witness")]
    tree_head: Vec<String>,
    /// A header for such a URL, with the file that has its value.
    #[arg(long, value_name = "NAME=FILE", requires = "tree_head")]
    tree_head_header: Vec<String>,
    /// Certificates in PEM that sign its server's, beside the system's.
    #[arg(long, value_name = "FILE", requires = "tree_head")]
    tree_head_ca: Option<PathBuf>,
    /// How old the newest may be; 0d: however old. Whoever rolled back or changed checkpoints gets no new one.
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = lifetime::parse)]
    tree_head_age: Duration,
    /// How the log is called, if not after its key.
    #[arg(long, value_name = "ORIGIN", requires = "witness")]
    log_origin: Option<String>,
}

impl WitnessArguments {
    pub fn are_given(&self) -> bool {
        !self.witness.is_empty()
    }

    /// `own`: the data folder's, where checkpoints are its own.
    pub fn check(
        &self,
        read: &mut checkpoints::Read,
        keys: &[Ed25519PublicKey],
        own: bool,
        reading: &Reading,
    ) -> Result<()> {
        if !self.are_given() {
            return Ok(());
        }
        let witnesses: Vec<Vkey> =
            self.witness.iter().map(|key| witness(key)).collect::<Result<_>>()?;
        let quorum = self.quorum.unwrap_or(witnesses.len());
        ensure!(
            (1..=witnesses.len()).contains(&quorum),
            "`--quorum {quorum}` of {} witnesses cannot be",
            witnesses.len()
        );
        if let Some(twice) = Vkey::twice(&witnesses) {
            anyhow::bail!("--witness: the key of `{}` is there twice", twice.name);
        }
        let log: Vec<Vkey> =
            self.of_log(keys).iter().map(|key| self.log(key)).collect::<Result<_>>()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let oldest = Some(self.tree_head_age.as_secs()).filter(|oldest| *oldest > 0);
        let wanted = Wanted { log: &log, witnesses: &witnesses, quorum, oldest, now };
        let heads = self.heads(own, reading)?;
        read.witnessed = witnessed(&heads, &read.tree, &wanted, &mut read.problems);
        Ok(())
    }

    /// Of those that sign checkpoints. A key of before has a log of its own, in which whoever has it can go on otherwise:
    /// only with an origin of its own is it the same.
    fn of_log<'k>(&self, keys: &'k [Ed25519PublicKey]) -> &'k [Ed25519PublicKey] {
        match self.log_origin {
            Some(_) => keys,
            None => keys.get(..1).unwrap_or_default(),
        }
    }

    fn log(&self, key: &Ed25519PublicKey) -> Result<Vkey> {
        let bytes = key.to_bytes();
        let origin = self.log_origin.clone().unwrap_or_else(|| tlog::origin(&bytes));
        let bytes = bytes.try_into().ok().context("the key is none of Ed25519")?;
        Vkey::new(&origin, Purpose::Log, bytes).context("--log-origin")
    }

    /// Each with its place.
    fn heads(&self, own: bool, reading: &Reading) -> Result<Vec<(String, String)>> {
        let mut places = self.tree_head.clone();
        if places.is_empty() {
            ensure!(own, "name what the witnesses cosigned by `--tree-head`");
            places.push(reading.data()?.tree_head().display().to_string());
        }
        let urls = places.iter().filter(|place| anchors::is_url(place)).count();
        ensure!(
            urls < 2 || self.tree_head_header.is_empty(),
            "`--tree-head-header` would go to every `--tree-head`; verify with one URL at a time"
        );
        let reach = Reach { headers: self.tree_head_header.clone(), ca: self.tree_head_ca.clone() };
        let read = |place: &String| crate::command::block_on(anchors::tree_head(place, &reach));
        places.iter().map(read).collect()
    }
}

fn witness(key: &str) -> Result<Vkey> {
    let key: Vkey = key.parse().context("--witness")?;
    ensure!(
        key.purpose == Purpose::Witness,
        "--witness: `{key}` is the key of a log and of no witness"
    );
    Ok(key)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use jwt_simple::prelude::Ed25519KeyPair;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        witnesses: WitnessArguments,
    }

    #[test]
    fn a_key_of_before_has_no_say_in_the_log_of_the_next() {
        let keys = [(); 2].map(|()| Ed25519KeyPair::generate().public_key());
        let key = Vkey::new("w", Purpose::Witness, [7; 32]).unwrap().to_string();
        let line = |more: &[&str]| {
            let line = [&["x", "--witness", &key][..], more].concat();
            Line::try_parse_from(line).unwrap_or_else(|e| panic!("{e}")).witnesses
        };
        let own = line(&[]);
        assert_eq!(own.of_log(&keys).len(), 1);
        assert_eq!(own.of_log(&keys)[0].to_bytes(), keys[0].to_bytes());
        assert_eq!(line(&["--log-origin", "one/log"]).of_log(&keys).len(), 2);
    }
}
