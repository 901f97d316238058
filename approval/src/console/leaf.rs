/*! One leaf of a list of holds: what passes the sieve, and where the list goes on to either side. */

use std::str::FromStr;

use serde::Deserialize;

use super::Console;
use super::sieve::Sieve;
use crate::approver::Approver;
use crate::error::Problem;
use crate::store::{Cut, Hold, Place, Shelf, StoreError};
use crate::view::visible_line;

/// Read at once, and at most for one leaf: what is sifted out is read, too.
const BATCH: u32 = 200;
const BATCHES: usize = 25;

/// Part of the query of a page or of the JSON: where the list goes on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Turn {
    after: String,
    before: String,
}

impl Turn {
    pub fn cut<P: FromStr>(&self) -> Result<Cut<P>, Problem> {
        let place = |text: &str| {
            text.parse::<P>().map_err(|_| {
                let text = visible_line(text);
                Problem::bad_request(format!(
                    "`{text}` is no place in a list: take what the page before it says"
                ))
            })
        };
        match (self.after.as_str(), self.before.as_str()) {
            ("", "") => Ok(Cut::Begin),
            (after, "") => Ok(Cut::After(place(after)?)),
            ("", before) => Ok(Cut::Before(place(before)?)),
            _ => Err(Problem::bad_request("say one of `after` and `before`")),
        }
    }
}

pub struct Leaf {
    pub holds: Vec<Hold>,
    pub previous: Option<Place>,
    pub next: Option<Place>,
}

impl Leaf {
    /// At most `most`. Where nothing fits for long it may be fewer, even none, and goes on nevertheless.
    pub async fn read(
        console: &Console,
        approver: &Approver,
        sieve: &Sieve,
        shelf: Shelf,
        cut: Cut,
        most: usize,
    ) -> Result<Self, StoreError> {
        let found = sift(console, approver, sieve, shelf, cut, most).await?;
        match cut {
            // The begin is a whole leaf, wherever one comes from.
            Cut::Before(_) if found.edge.is_none() => {
                let found = sift(console, approver, sieve, shelf, Cut::Begin, most).await?;
                Ok(Self { holds: found.holds, previous: None, next: found.edge })
            }
            Cut::Before(from) => {
                let mut holds = found.holds;
                holds.reverse();
                let next = Some(holds.last().map_or(from, Place::from));
                Ok(Self { holds, previous: found.edge, next })
            }
            Cut::Begin => Ok(Self { holds: found.holds, previous: None, next: found.edge }),
            Cut::After(from) => {
                let previous = Some(found.holds.first().map_or(from, Place::from));
                Ok(Self { holds: found.holds, previous, next: found.edge })
            }
        }
    }
}

struct Sifted {
    holds: Vec<Hold>,
    /// The last that was looked at, if there are more behind it.
    edge: Option<Place>,
}

async fn sift(
    console: &Console,
    approver: &Approver,
    sieve: &Sieve,
    shelf: Shelf,
    mut cut: Cut,
    most: usize,
) -> Result<Sifted, StoreError> {
    let (mut holds, mut edge) = (Vec::new(), None);
    for _ in 0..BATCHES {
        let batch = console.holds.store.list(shelf, cut, BATCH, console.now()).await?;
        let last = batch.len() < BATCH as usize;
        for hold in batch {
            if holds.len() == most {
                return Ok(Sifted { holds, edge });
            }
            let place = Place::from(&hold);
            edge = Some(place);
            cut = match cut {
                Cut::Before(_) => Cut::Before(place),
                _ => Cut::After(place),
            };
            if sieve.lets_through(&hold, approver) {
                holds.push(hold);
            }
        }
        if last {
            return Ok(Sifted { holds, edge: None });
        }
    }
    Ok(Sifted { holds, edge })
}
