/*!
What a shell command would do, told by reading it as a shell reads it.

A search for words is fooled by `r''m`, `$'\x72m'`, `a=rm; $a` or `sh -c`, and stops
`git commit -m 'rm -rf'`. So the text is parsed, words are expanded as far as the text alone tells,
wrappers such as `sudo` are taken off, and every simple command that is left is judged by its program
and arguments; what one command writes and the next reads is followed through pipes, files and
substitutions.

What only the machine knows, such as a variable that is not set here or the output of a program, is
`unresolved` where it decides what happens: as the name of a program, or as an argument of one that can
destroy. As an argument of others it is none of our business.
*/

mod argv;
mod code;
mod escape;
mod expand;
mod flow;
mod judge;
mod options;
mod parse;
mod paths;
mod program;
mod run;
mod state;
mod syntax;
mod work;
mod wrapper;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use work::Work;

/// What a command does when it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShellEffect {
    /// Files deleted by the tree or by a search.
    RecursiveDelete,
    /// A disk, partition or volume overwritten or formatted.
    DiskDestroy,
    /// A program from the network run, or a shell given to it.
    RemoteCode,
    /// Keys, passwords or the environment sent to another machine.
    CredentialExfil,
    /// Files opened to everybody or given to another owner, more rights for an account.
    PermissionChange,
    /// Resources of clusters, clouds and containers deleted.
    InfraDestroy,
    /// Published history of a repository overwritten or deleted.
    HistoryRewrite,
    /// The machine, its services, its firewall or its processes stopped or changed.
    HostControl,
    /// SQL that destroys or changes privileges, given to a client of a database.
    SqlViaShell,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shell {
    pub effects: BTreeSet<ShellEffect>,
    /// What it does depends on something the text does not tell.
    pub unresolved: bool,
    /// Some of it is not the language of a shell, or nested deeper than is read.
    pub unparsed: bool,
    /// Judging all of it would have cost more than `Work` allows: it may do anything. `unparsed` too.
    pub over_budget: bool,
}

/// Text that a shell would run.
pub fn classify(text: &str) -> Shell {
    classify_within(text, &Work::for_bytes(text.len()))
}

/// Like `classify`, with the work shared among several texts.
pub fn classify_within(text: &str, work: &Work) -> Shell {
    let mut judge = judge::Judge::new(work);
    judge.text(text, flow::Flow::empty());
    judge.finish()
}

/// A program and its arguments, which no shell reads before the program does.
pub fn classify_argv(words: &[&str], work: &Work) -> Shell {
    let mut judge = judge::Judge::new(work);
    judge.argv(words);
    judge.finish()
}

#[cfg(test)]
mod tests;
