/*!
How many values an expression stands for, so that kinds whose values can all be tried are known.

Only letters and digits count: who looks for a number tries its separators last. A repetition counts at
its longest, so this errs on the side of the author; a kind of which short or common values occur, such as an e-mail
address, is easier to guess than its expression tells.
*/

use regex_syntax::hir::{Class, Hir, HirKind};

/// Bits that nobody tries out. Above a card number of 19 digits.
pub(super) const ENOUGH: f64 = 72.0;
/// More repetitions add nothing to what is already enough.
const REPETITIONS_MAX: u32 = 256;

/// Binary logarithm of how many values there are, by letters and digits.
pub(super) fn bits(hir: &Hir) -> f64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) => 0.0,
        HirKind::Class(class) => letters(class).max(1.0).log2(),
        HirKind::Capture(capture) => bits(&capture.sub),
        HirKind::Concat(subs) => subs.iter().map(bits).sum(),
        HirKind::Alternation(subs) => subs.iter().map(|sub| bits(sub).exp2()).sum::<f64>().log2(),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(REPETITIONS_MAX).min(REPETITIONS_MAX);
            bits(&repetition.sub) * f64::from(times)
        }
    }
}

fn letters(class: &Class) -> f64 {
    let count = |from: u32, to: u32| {
        (from..=to.min(0x7f))
            .filter(|code| char::from_u32(*code).is_some_and(|c| c.is_ascii_alphanumeric()))
            .count()
    };
    let count: usize = match class {
        Class::Bytes(class) => {
            class.iter().map(|range| count(range.start().into(), range.end().into())).sum()
        }
        Class::Unicode(class) => {
            class.iter().map(|range| count(range.start().into(), range.end().into())).sum()
        }
    };
    count as f64
}

#[cfg(test)]
mod tests {
    use regex_automata::util::syntax;

    use super::{ENOUGH, bits};

    fn of(regex: &str) -> f64 {
        let config = syntax::Config::new().unicode(false).utf8(false);
        bits(&syntax::parse_with(regex, &config).unwrap())
    }

    #[test]
    fn values_are_counted() {
        assert_eq!(of("[01]{8}"), 8.0);
        assert_eq!(of("key-[0-7]{2}(?:a|b)?"), 7.0);
        assert_eq!(of("[ -.]{9}"), 0.0);
        // Separators do not make a number harder to find.
        assert!((of("[0-9](?:[ -]?[0-9]){8}") - 9.0 * 10f64.log2()).abs() < 0.01);
        assert!(of(r"\+[0-9]{6,15}") < ENOUGH && of("[0-9](?:[ -]?[0-9]){18}") < ENOUGH);
        assert!(of("AKIA[A-Z2-7]{16}") >= ENOUGH && of("[a-z]{1,64}@[a-z]+") >= ENOUGH);
    }
}
