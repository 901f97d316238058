/*! Where a list of holds goes on. It goes by a hold's place and not by a number of rows, so that none is shown twice or
left out while others come and go. */

use std::fmt;
use std::str::FromStr;

use super::Hold;

/// Of a hold among others. Written `EXPIRES-SEQ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub expires_at: u64,
    pub seq: i64,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut<P = Place> {
    #[default]
    Begin,
    After(P),
    /// Towards the begin, the nearest first.
    Before(P),
}

impl From<&Hold> for Place {
    fn from(hold: &Hold) -> Self {
        Self { expires_at: hold.expires_at, seq: hold.seq }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.expires_at, self.seq)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse::<i64>().map_err(drop),
            false => Err(()),
        };
        let (expires_at, seq) = text.split_once('-').ok_or(())?;
        Ok(Self { expires_at: number(expires_at)?.unsigned_abs(), seq: number(seq)? })
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_two_numbers() {
        let place = Place { expires_at: 1_800_000_600, seq: 12 };
        assert_eq!(place.to_string().parse(), Ok(place));
        for wrong in
            ["", "-", "1", "1-", "-1", "1--2", "1-2-3", "+1-2", "a-b", "9223372036854775808-1"]
        {
            assert_eq!(wrong.parse::<Place>(), Err(()), "{wrong}");
        }
    }
}
