/*! Where the time of an exchange went, as parts of a bar. */

use policy::record::Record;

use super::times;

/// Units of the whole bar.
pub const WHOLE: u64 = 1000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// For the style: `judging`, `waiting`, `upstream`.
    pub name: &'static str,
    pub words: &'static str,
    pub lasted: String,
    /// Where it stands in the bar.
    pub from: u64,
    pub width: u64,
}

/// In their order, without those that took no time.
pub fn phases(record: &Record) -> Vec<Phase> {
    let timings = &record.timings;
    let total = timings.total_ms.max(timings.verdict_ms);
    let waited = record.hold.as_ref().map_or(0, |hold| hold.waited_ms).min(timings.verdict_ms);
    let all = [
        ("judging", "read and judged", timings.verdict_ms - waited),
        ("waiting", "on hold", waited),
        ("upstream", "upstream and its answer", total - timings.verdict_ms),
    ];
    let mut from = 0;
    let mut phases = Vec::new();
    for (name, words, ms) in all.into_iter().filter(|phase| phase.2 > 0) {
        // Wide enough to be seen.
        let width = scaled(ms, total).max(4).min(WHOLE - from);
        phases.push(Phase { name, words, lasted: times::lasted(ms), from, width });
        from += width;
    }
    phases
}

fn scaled(ms: u64, total: u64) -> u64 {
    let units = u128::from(ms) * u128::from(WHOLE) / u128::from(total.max(1));
    u64::try_from(units).unwrap_or(WHOLE)
}

#[cfg(test)]
mod tests {
    use policy::record::{HoldRecord, Timings};

    use super::*;

    fn of(verdict_ms: u64, total_ms: u64, waited_ms: u64) -> Vec<(&'static str, u64, u64)> {
        let record = Record {
            timings: Timings { verdict_ms, total_ms, ..Default::default() },
            hold: Some(HoldRecord { waited_ms, ..HoldRecord::default() }),
            ..Record::default()
        };
        phases(&record).iter().map(|one| (one.name, one.from, one.width)).collect()
    }

    #[test]
    fn the_bar_is_what_it_took() {
        assert_eq!(
            of(600, 1000, 500),
            [("judging", 0, 100), ("waiting", 100, 500), ("upstream", 600, 400)]
        );
        assert_eq!(of(0, 0, 0), []);
        assert_eq!(of(1, 1_000_000, 0), [("judging", 0, 4), ("upstream", 4, 996)]);
    }

    #[test]
    fn no_number_of_a_record_leaves_the_bar() {
        for (verdict, total, waited) in
            [(u64::MAX, 0, 0), (u64::MAX, u64::MAX, 1), (0, u64::MAX, u64::MAX), (3, 2, 9)]
        {
            for (name, from, width) in of(verdict, total, waited) {
                assert!(from + width <= WHOLE, "{name}: {from} + {width}");
            }
        }
    }
}
