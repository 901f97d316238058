/*!
What judging the parts of one answer may cost: an upstream that sends very many must not keep a worker busy.
*/

/// Rules that are looked at, and steps of their conditions. A thousand tools under a thousand rules fit twice.
const MOST: u64 = 2_000_000;

/// What each byte of an answer gives back, up to `MOST`: a stream may stay open for days, and what it costs is
/// in proportion to what it brings. A tool of 300 bytes may be looked at by a thousand rules.
const PER_BYTE: u64 = 4;

/// Bytes of text in one step, as in conditions.
const TEXT: usize = 16;

#[derive(Clone, Copy, Debug)]
pub struct Work {
    left: u64,
}

impl Default for Work {
    fn default() -> Self {
        Self { left: MOST }
    }
}

impl Work {
    pub fn earn(&mut self, bytes: usize) {
        let earned = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(PER_BYTE);
        self.left = self.left.saturating_add(earned).min(MOST);
    }

    /// To look at so many rules. `None`: there is less left.
    pub fn take(&mut self, rules: usize) -> Option<()> {
        self.take_steps(u64::try_from(rules).unwrap_or(u64::MAX).saturating_add(1))
    }

    /// To read so many bytes of text.
    pub fn take_text(&mut self, bytes: usize) -> Option<()> {
        self.take(bytes / TEXT)
    }

    pub fn take_steps(&mut self, steps: u64) -> Option<()> {
        self.left = self.left.checked_sub(steps)?;
        Some(())
    }
}
