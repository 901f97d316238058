/*! What the exit code says. */

use std::process::ExitCode;

/// It did not get to do its work; also a wrong option.
pub fn cannot_run() -> ExitCode {
    ExitCode::from(1)
}

/// It did, and what it looked at is not as it should be: a failed test.
pub fn found() -> ExitCode {
    ExitCode::from(2)
}

/// The bundle has mistakes in it.
pub fn bundle_invalid() -> ExitCode {
    ExitCode::from(3)
}
