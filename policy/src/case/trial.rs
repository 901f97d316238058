/*!
A bundle's own tests before it is taken. They catch mistakes of whoever wrote it, such as a bundle
built from the wrong folder; who signs bundles also writes their tests, so they are no lock.
*/

use super::{Case, run};
use crate::bundle::Bundle;

/// What a gateway does of it at once, between requests: some 10 ms in the module.
const STEP: usize = 128 * 1024;
/// What a case costs besides its bodies.
const EACH: usize = 1024;

pub struct Trial {
    cases: std::vec::IntoIter<Case>,
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
    pub fn new(cases: Vec<Case>) -> Self {
        Self { cases: cases.into_iter() }
    }

    /// Goes on for a bounded time.
    pub fn step(&mut self, bundle: &Bundle) -> Step {
        let mut done = 0;
        while done < STEP {
            let Some(case) = self.cases.next() else { return Step::Passed };
            done += EACH + case.request.text().len();
            done += case.response.as_ref().map_or(0, |body| body.text().len());
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
