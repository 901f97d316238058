/*! Where the time of an exchange went, as parts of a bar. */

use policy::record::{End, Record};

use super::times;

/// Units of the whole bar.
pub const WHOLE: u64 = 1000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// For the style: `receiving`, `judging`, `waiting`, `upstream`, `answering`, `rest`.
    pub name: &'static str,
    pub words: &'static str,
    pub lasted: String,
    /// Where it stands in the bar.
    pub from: u64,
    pub width: u64,
}

/// In their order, without those that took no time.
pub fn phases(record: &Record) -> Vec<Phase> {
    let parts = parts(record);
    let total = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.2));
    let mut from = 0;
    let mut phases = Vec::new();
    for (name, words, ms) in parts.into_iter().filter(|part| part.2 > 0) {
        // Wide enough to be seen.
        let width = scaled(ms, total).max(4).min(WHOLE - from);
        phases.push(Phase { name, words, lasted: times::lasted(ms), from, width });
        from += width;
    }
    phases
}

type Part = (&'static str, &'static str, u64);

fn parts(record: &Record) -> Vec<Part> {
    let timings = &record.timings;
    let total = timings.total_ms.max(timings.verdict_ms);
    // Who was not let pass waited until people, or its own time, had an end of it.
    let waited = record.hold.as_ref().zip(timings.judged_ms);
    let waited = waited.map(|(hold, judged)| judged.saturating_add(hold.waited_ms));
    let points = [
        ("receiving", "its body came", timings.body_ms),
        ("judging", "judged", timings.judged_ms),
        ("waiting", "on hold", timings.released_ms.or(waited)),
        ("upstream", "until the upstream answered", timings.answered_ms),
        ("answering", "until its answer ended", timings.answer_end_ms),
        ("rest", "until all was over", Some(total)),
    ];
    if points[..5].iter().all(|(_, _, at)| at.is_none()) {
        return of_before(record, total);
    }
    let mut last = 0;
    let mut parts = Vec::new();
    for (name, words, at) in points {
        let Some(at) = at else { continue };
        parts.push((name, words, at.saturating_sub(last)));
        last = last.max(at);
    }
    parts
}

/// Of records that say less.
fn of_before(record: &Record, total: u64) -> Vec<Part> {
    let verdict = record.timings.verdict_ms;
    let waited = record.hold.as_ref().map_or(0, |hold| hold.waited_ms).min(verdict);
    vec![
        ("judging", "read and judged", verdict - waited),
        ("waiting", "on hold", waited),
        match record.end {
            End::Refused | End::Answered => ("rest", "until all was over", total - verdict),
            _ => ("upstream", "upstream and its answer", total - verdict),
        },
    ]
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
    fn a_record_that_says_more_is_shown_so() {
        let timings = Timings {
            verdict_ms: 310,
            total_ms: 1000,
            body_ms: Some(100),
            judged_ms: Some(110),
            released_ms: Some(310),
            answered_ms: Some(810),
            answer_end_ms: Some(900),
        };
        let record = Record { timings, ..Record::default() };
        let told: Vec<_> = phases(&record).iter().map(|one| (one.name, one.width)).collect();
        let wanted = [
            ("receiving", 100),
            ("judging", 10),
            ("waiting", 200),
            ("upstream", 500),
            ("answering", 90),
            ("rest", 100),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn no_upstream_is_shown_where_none_was_asked() {
        let names = |record: &Record| phases(record).iter().map(|one| one.name).collect::<Vec<_>>();
        let timings = Timings { verdict_ms: 1, total_ms: 3, ..Timings::default() };
        let mut record = Record { timings, end: End::Refused, ..Record::default() };
        assert_eq!(names(&record), ["judging", "rest"]);
        record.timings =
            Timings { total_ms: 900, body_ms: Some(1), judged_ms: Some(2), ..Timings::default() };
        record.hold = Some(HoldRecord { waited_ms: 700, ..HoldRecord::default() });
        assert_eq!(names(&record), ["receiving", "judging", "waiting", "rest"]);
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
