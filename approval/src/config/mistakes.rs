/*! What is wrong with a configuration, all at once. */

use std::fmt;

#[derive(Debug, Default)]
pub struct Mistakes(Vec<String>);

impl Mistakes {
    pub fn add(&mut self, mistake: impl Into<String>) {
        self.0.push(mistake.into());
    }

    pub fn unless(&mut self, right: bool, mistake: &str) {
        if !right {
            self.add(mistake);
        }
    }

    /// Notes what went wrong, at this place.
    pub fn of<T>(&mut self, place: &str, result: anyhow::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(format!("`{place}`: {error:#}"))).ok()
    }

    pub fn required<T>(&mut self, place: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.add(format!("`{place}` is missing"));
        }
        value
    }

    pub fn check(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => f.write_str(one),
            all => {
                write!(f, "{} mistakes", all.len())?;
                all.iter().try_for_each(|one| write!(f, "\n  - {one}"))
            }
        }
    }
}

impl std::error::Error for Mistakes {}
