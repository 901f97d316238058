/*! `gatehouse envoy-child`: becomes Envoy, bound to the life of the gateway that started it. */

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;

#[derive(Args)]
pub struct Arguments {
    /// The gateway's process.
    gateway: u32,
    /// Envoy and its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<OsString>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        set_parent_process_death_signal(Some(Signal::TERM))
            .context("the kernel does not tie Envoy to the gateway")?;
    }
    // It may have died before the kernel was told.
    if std::os::unix::process::parent_id() != arguments.gateway {
        bail!("only a gateway starts Envoy like this");
    }
    let Some((program, rest)) = arguments.command.split_first() else { bail!("no command") };
    let error = Command::new(program).args(rest).exec();
    Err(error).with_context(|| format!("`{}` cannot be run", program.display()))
}
