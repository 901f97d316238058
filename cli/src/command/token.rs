/*! `gatehouse token`: an access token for trying things out. */

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::data::DataDir;
use crate::data::keys::IssuerKey;
use crate::token::{AUDIENCE, Request, mint};
use crate::{lifetime, print};

#[derive(Args)]
pub struct Arguments {
    /// Data folder of the gateway that is to take the token.
    #[arg(long, value_name = "DIR", default_value = super::DATA)]
    data: PathBuf,
    /// Whom the token names.
    #[arg(long, value_name = "NAME")]
    sub: String,
    /// A group the subject is in; may be repeated.
    #[arg(long, value_name = "G")]
    group: Vec<String>,
    /// A scope of the token, as rules with `requires_scope` ask for; may be repeated.
    #[arg(long, value_name = "S")]
    scope: Vec<String>,
    /// Whom the token is meant for.
    #[arg(long, value_name = "A", default_value = AUDIENCE)]
    aud: String,
    /// How long it is good for: 30s, 15m, 1h, 2d.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = lifetime::parse)]
    ttl: Duration,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let key = IssuerKey::of(&DataDir::create(&arguments.data)?)?;
    let request = Request {
        subject: &arguments.sub,
        groups: &arguments.group,
        scopes: &arguments.scope,
        audience: &arguments.aud,
        lifetime: arguments.ttl,
    };
    print::out(&mint(&key, &request)?)?;
    Ok(ExitCode::SUCCESS)
}
