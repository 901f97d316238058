/*!
A bundle's own tests before it is taken. They catch mistakes of whoever wrote it, such as a bundle
built from the wrong folder; who signs bundles also writes their tests, so they are no lock.
*/

use super::{Case, response, run};
use crate::bundle::Bundle;

/// What a gateway does of it at once, between requests: some 10 ms in the module.
const STEP: usize = 128 * 1024;
/// What a case costs besides its bodies.
const EACH: usize = 1024;
/// What each rule of the bundle adds to every case.
const RULE: usize = 64;
/// All cases of a bundle together: a thousand steps. 1000 cases of 200 rules are a tenth of it.
const MOST_WORK: usize = 128 * 1024 * 1024;

#[derive(Debug)]
pub struct Trial {
    cases: std::vec::IntoIter<Case>,
}

/// What a gateway spends on this case, counted as bytes of a body.
fn cost(case: &Case, rules: usize) -> usize {
    let bodies =
        case.request.text().len() + case.response.as_ref().map_or(0, |body| body.text().len());
    // Each call that a model proposes is judged like one.
    let judged = response::calls(case).saturating_add(1);
    let each = rules.saturating_mul(RULE).saturating_add(EACH);
    each.saturating_mul(judged).saturating_add(bodies)
}

/// Whether a gateway may be asked for these tests of so many rules.
pub(crate) fn is_bounded(cases: &[Case], rules: usize) -> bool {
    let costs = cases.iter().map(|case| cost(case, rules));
    costs.fold(0, usize::saturating_add) <= MOST_WORK
}

#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
    More,
    Passed,
    /// Why not, in a line.
    Failed(String),
}

impl Trial {
    /// An error if all of it would take too long.
    pub fn new(cases: Vec<Case>, bundle: &Bundle) -> Result<Self, String> {
        if !is_bounded(&cases, bundle.rules.len()) {
            return Err(format!(
                "its {} tests of {} rules are more work than a gateway does for a bundle: build it with fewer, or with `--without-tests`",
                cases.len(),
                bundle.rules.len()
            ));
        }
        Ok(Self { cases: cases.into_iter() })
    }

    /// Goes on for a bounded time.
    pub fn step(&mut self, bundle: &Bundle) -> Step {
        let mut done = 0;
        while done < STEP {
            let Some(case) = self.cases.next() else { return Step::Passed };
            done += cost(&case, bundle.rules.len());
            if !run(bundle, &case).failures.is_empty() {
                // It goes into a log, and what a case holds may be long.
                let name: String =
                    case.name.chars().take(100).flat_map(char::escape_debug).collect();
                return Step::Failed(format!(
                    "its own test `{name}` fails: see what `gatehouse bundle test` says of it"
                ));
            }
        }
        Step::More
    }

    /// All of it at once.
    pub fn finish(mut self, bundle: &Bundle) -> Result<(), String> {
        loop {
            match self.step(bundle) {
                Step::More => {}
                Step::Passed => return Ok(()),
                Step::Failed(why) => return Err(why),
            }
        }
    }
}

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests;
