/*! How much work one body may cause. Over it the body is refused, never let through unread. */

/// Stage-2 steps that every byte of a body pays for. A body of ordinary text needs less than one.
const STEPS_PER_BYTE: u64 = 64;
const STEPS_BASE: u64 = 64 * 1024;
/// Decoded bytes per byte of a body: what an answer of an MCP server, which holds JSON in a string
/// in JSON, needs twice over, and the view of the text in its strings.
const DECODED_PER_BYTE: u64 = 5;
const DECODED_BASE: u64 = 64 * 1024;
const DEPTH: u32 = 64;
/// Bytes for which what was not needed is kept.
const EARNED_MAX: usize = 1024 * 1024;

/// Reading a body took more work than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body needs {0}")]
pub struct OverBudget(pub &'static str);

#[derive(Clone, Debug)]
pub struct Budget {
    steps: u64,
    decoded: u64,
    depth: u32,
}

impl Budget {
    /// The budget of a body of `len` bytes.
    pub fn for_body(len: usize) -> Self {
        let len = len as u64;
        Self {
            steps: len.saturating_mul(STEPS_PER_BYTE).saturating_add(STEPS_BASE),
            decoded: len.saturating_mul(DECODED_PER_BYTE).saturating_add(DECODED_BASE),
            depth: DEPTH,
        }
    }

    /// So many bytes more, up to what a long body has: one budget for many short texts.
    pub fn earn(&mut self, len: usize) {
        let (more, most) = (Self::for_body(len), Self::for_body(len.max(EARNED_MAX)));
        let steps = more.steps.saturating_sub(STEPS_BASE).saturating_add(self.steps);
        let decoded = more.decoded.saturating_sub(DECODED_BASE).saturating_add(self.decoded);
        (self.steps, self.decoded) = (steps.min(most.steps), decoded.min(most.decoded));
    }

    /// Pays for bytes about to be decoded; asked before the memory is.
    pub(crate) fn decode(&mut self, bytes: usize) -> Result<(), OverBudget> {
        self.decoded = self
            .decoded
            .checked_sub(bytes as u64)
            .ok_or(OverBudget("too much decoding: nested encodings are too large"))?;
        Ok(())
    }

    /// How deep JSON may nest, strings that hold JSON included.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }
}

/// Who pays for stage-2 steps.
pub(crate) trait Meter {
    /// `position` is where in the text the work of `pattern` ended.
    fn charge(&mut self, pattern: u16, steps: usize, position: usize) -> Result<(), OverBudget>;
}

const TOO_MANY_STEPS: OverBudget = OverBudget("too many steps: it is full of near-findings");

impl Meter for Budget {
    fn charge(&mut self, _: u16, steps: usize, _: usize) -> Result<(), OverBudget> {
        self.steps = self.steps.checked_sub(steps as u64).ok_or(TOO_MANY_STEPS)?;
        Ok(())
    }
}

/// For text that flows: each pattern has its own account, filled by the text read so far. What it
/// decides does not depend on how the text was cut.
#[derive(Clone, Debug, Default)]
pub(crate) struct FlowMeter {
    spent: Vec<u64>,
}

impl FlowMeter {
    pub(crate) fn new(patterns: usize) -> Self {
        Self { spent: vec![0; patterns] }
    }
}

impl Meter for FlowMeter {
    fn charge(&mut self, pattern: u16, steps: usize, position: usize) -> Result<(), OverBudget> {
        let earned = (position as u64).saturating_mul(STEPS_PER_BYTE).saturating_add(STEPS_BASE);
        let spent = self.spent.get_mut(usize::from(pattern)).ok_or(TOO_MANY_STEPS)?;
        *spent = spent.saturating_add(steps as u64);
        if *spent > earned { Err(TOO_MANY_STEPS) } else { Ok(()) }
    }
}
