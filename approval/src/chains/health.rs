/*! How an anchor or a witness does, and when that is told once more. */

use super::http::Halt;

/// How often what stays wrong is told once more, in seconds.
const TOLD_AGAIN: u64 = 600;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Since when it fails, in Unix seconds, and why.
    pub failing: Option<(u64, String)>,
    /// It has something else than the database.
    pub differs: bool,
    told: u64,
}

/// What is worth a line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Well,
    Failing(String),
    Differs(String),
}

impl Health {
    pub fn hear<T>(&mut self, heard: &Result<T, Halt>, now: u64) -> Option<News> {
        let (why, differs) = match heard {
            Ok(_) => {
                let was = std::mem::take(self);
                return was.failing.map(|_| News::Well);
            }
            Err(Halt::Stopped) => return None,
            Err(Halt::Failed(why)) => (why, false),
            Err(Halt::Differs(why)) => (why, true),
        };
        let since = self.failing.as_ref().map_or(now, |(since, _)| *since);
        let is_new = self.failing.as_ref().is_none_or(|(_, before)| before != why);
        (self.failing, self.differs) = (Some((since, why.clone())), differs);
        if !is_new && now < self.told + TOLD_AGAIN {
            return None;
        }
        self.told = now;
        Some(if differs { News::Differs(why.clone()) } else { News::Failing(why.clone()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_wrong_is_told_at_once_and_then_seldom() {
        let mut health = Health::default();
        let failed = |why: &str| Err::<(), _>(Halt::Failed(why.into()));
        assert_eq!(health.hear(&Ok(()), 1), None);
        assert_eq!(health.hear(&failed("a"), 2), Some(News::Failing("a".into())));
        assert_eq!(health.hear(&failed("a"), 601), None);
        assert_eq!(health.hear(&failed("a"), 602), Some(News::Failing("a".into())));
        assert_eq!(health.hear(&failed("b"), 603), Some(News::Failing("b".into())));
        assert_eq!(health.failing, Some((2, "b".into())));
        assert_eq!(health.hear(&Err::<(), _>(Halt::Stopped), 604), None);
        let differs = Err::<(), _>(Halt::Differs("c".into()));
        assert_eq!(health.hear(&differs, 605), Some(News::Differs("c".into())));
        assert!(health.differs);
        assert_eq!(health.hear(&Ok(()), 606), Some(News::Well));
        assert_eq!(health, Health::default());
    }
}
