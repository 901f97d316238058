//! The state machine through its public door: events in, steps out.

mod lab;

mod admission;
mod allowances;
mod answers;
mod backtests;
mod break_glass;
mod budgets;
mod default;
mod dry_runs;
mod earlier;
mod hold_status;
mod holds;
mod lists;
mod masked_backtests;
mod oauth;
mod objects;
mod pins;
mod proposals;
mod protocol_facts;
mod proven;
mod quorum;
mod record_facts;
mod records;
mod redactions;
mod repeats;
mod resumed;
mod rollout;
mod rotation;
mod sections;
mod sessions;
mod shadow;
mod standing;
mod targets;
mod tasks;
mod transports;
