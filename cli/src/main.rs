/*! `gatehouse`: the command line of the gateway. */

mod approver;
mod bundle;
mod command;
mod console;
mod custody;
mod data;
mod envoy;
mod exit;
mod explained;
mod gateway;
mod http;
mod identity;
mod lifetime;
mod log;
mod print;
mod process;
mod random;
mod reasons;
mod records;
mod size;
mod token;
mod upstream;

use std::process::ExitCode;

use clap::Parser;

use command::Cli;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Nothing can be done about a closed terminal.
            let _ = error.print();
            return if error.use_stderr() { exit::cannot_run() } else { ExitCode::SUCCESS };
        }
    };
    match cli.run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            match error.downcast_ref::<bundle::Invalid>() {
                Some(_) => exit::bundle_invalid(),
                None => exit::cannot_run(),
            }
        }
    }
}
