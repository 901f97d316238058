/*! What the exit code says. */

use std::process::ExitCode;

/// It did not get to do its work; also a wrong option.
pub fn cannot_run() -> ExitCode {
    ExitCode::from(1)
}

/// The bundle has mistakes in it.
pub fn bundle_invalid() -> ExitCode {
    ExitCode::from(3)
}
