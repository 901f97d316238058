/*!
The pure core of Gatehouse.

Everything here is a function of its inputs: no clock, no randomness, no host
call, no global. The filter inside Envoy, the approval service, the command
line, tests and backtests all drive this same code.

A call travels through the modules in the order they are listed: who asks
(`identity`), what is asked (`call`, `protocol`), what it contains (`scan`),
what the bundle says about it (`decide`), and what has to happen (`exchange`).
*/

pub mod identity;
pub mod principal;

pub mod call;
pub mod charset;
pub mod content_type;
pub mod digest;
pub mod json;
pub mod multipart;
pub mod path;
pub mod protocol;
pub mod query;
pub mod session;
pub mod shell;
pub mod sql;

pub mod allowance;
pub mod custody;
pub mod redact;
pub mod scan;
pub mod seal;

pub mod budget;
pub mod bundle;
pub mod condition;
pub mod pin;
pub mod rule;
pub mod sections;

pub mod decide;
pub mod grant;
pub mod hold;
pub mod kill;
pub mod reason;
pub mod refusal;
pub mod verdict;

pub mod answer;
pub mod backtest;
pub mod delivery;
pub mod engine;
pub mod exchange;
pub mod record;
pub mod report;

pub mod case;

#[cfg(feature = "compile")]
pub mod compile;

mod decimal;
pub mod glob;
mod words;
