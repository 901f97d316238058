mod commands;
mod equivalents;
mod facts;
mod properties;

use super::ShellEffect::{self, *};
use super::{Shell, Work, classify, classify_argv, classify_within};
