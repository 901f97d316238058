/*! Repositories: what others have pulled, overwritten. */

use crate::shell::ShellEffect::{HistoryRewrite, RecursiveDelete};
use crate::shell::argv::Call;
use crate::shell::expand::Field;
use crate::shell::flow::{ANY, Flow};
use crate::shell::judge::Judge;

/// Settings whose value git runs.
#[rustfmt::skip]
const RUN: &[&str] = &[
    "core.sshcommand", "core.pager", "core.editor", "core.fsmonitor", "core.askpass",
    "core.gitproxy", "sequence.editor", "credential.helper", "diff.external", "gpg.program",
    "uploadpack.packobjectshook", "interactive.difffilter", "sendemail.sendmailcmd",
];

/// The same for one tool, driver or remote: `diff.x.textconv`.
#[rustfmt::skip]
const RUN_LAST: &[&str] = &[
    "textconv", "command", "cmd", "driver", "clean", "smudge", "process", "program", "path",
    "uploadpack", "receivepack", "vcs", "helper", "defaultkeycommand",
];

impl Judge<'_> {
    pub fn repository(&mut self, call: &Call<'_>) {
        match call.name {
            "git" | "hub" => self.git(call),
            "git-push" | "git-filter-repo" | "git-filter-branch" | "bfg" => {
                self.add(HistoryRewrite)
            }
            "hg" if call.says(&["strip", "histedit"])
                || (call.says(&["push"]) && call.has("f", &["force"])) =>
            {
                self.add(HistoryRewrite);
            }
            _ => {}
        }
    }

    fn git(&mut self, call: &Call<'_>) {
        let mut at = 0;
        while let Some(field) = call.args.get(at) {
            match field.text.as_str() {
                "-C" | "-c" | "--git-dir" | "--work-tree" | "--namespace" | "--exec-path" => {
                    if let Some(value) = call.args.get(at + 1).filter(|_| field.text == "-c") {
                        self.configured(value);
                    }
                    at += 2;
                }
                text if text.starts_with('-') => {
                    if let Some(value) = text.strip_prefix("-c") {
                        self.configured(&Field::literal(value));
                    }
                    // The value is in a variable.
                    if let Some(value) = text.strip_prefix("--config-env=") {
                        let name = value.split('=').next().unwrap_or_default();
                        self.configured(&Field::literal(&format!("{name}={ANY}")));
                    }
                    at += 1;
                }
                _ => break,
            }
        }
        let Some(verb) = call.args.get(at) else { return };
        if verb.may_be_option() {
            self.found.unresolved = true;
            return;
        }
        let inner = Call { name: "git", args: call.rest(at + 1) };
        let says = |words: &[&str]| inner.says(words);
        self.verb_options(&verb.text, &inner);
        let rewrites = match verb.text.as_str() {
            "push" => return self.push(&inner),
            "filter-branch" | "filter-repo" | "fast-import" => !inner.asks_help(),
            "reflog" => says(&["expire", "delete"]),
            "update-ref" => says(&["-d", "--delete"]),
            "gc" | "prune" => inner.texts().any(|text| {
                text == "--prune=now" || text == "--expire=now" || text == "--prune=all"
            }),
            "send-pack" => inner.has("f", &["force", "mirror"]),
            "lfs" => says(&["prune"]) && says(&["--force"]),
            _ => false,
        };
        if rewrites {
            self.add(HistoryRewrite);
        }
        match verb.text.as_str() {
            "clean" => {
                let forced = inner.has("f", &["force"]) && !inner.has("n", &["dry-run"]);
                if forced && inner.has("dxX", &[]) {
                    self.add(RecursiveDelete);
                }
            }
            "rm" if inner.has("r", &[]) && !inner.has("n", &["cached", "dry-run"]) => {
                self.add(RecursiveDelete)
            }
            "submodule" | "bisect" => {
                if let Some(at) = inner.texts().position(|text| text == "foreach" || text == "run")
                {
                    let rest = inner.rest(at + 1);
                    let skip = rest.iter().take_while(|field| field.text.starts_with("--")).count();
                    let rest = rest.get(skip..).unwrap_or_default();
                    match rest {
                        [only] => self.text(&only.text, Flow::empty()),
                        rest => self.invoke(rest, &Flow::empty()),
                    };
                }
            }
            "rebase" => {
                for text in inner.values("x", &["exec"]) {
                    self.text(&text.text, Flow::empty());
                }
            }
            "config" => {
                let mut words = inner.operands("ft", &["file", "blob", "type", "default"]);
                words.retain(|word| !["set", "add"].contains(&word.text.as_str()));
                if let [name, value, ..] = words.as_slice() {
                    let text = format!("{}={}", name.text, value.text);
                    self.configured(&Field { text, ..(*value).clone() });
                }
            }
            _ => {}
        }
    }

    /// Options of its verbs whose value is a command, here or on the other side.
    fn verb_options(&mut self, verb: &str, call: &Call<'_>) {
        let (letters, long): (&str, &[&str]) = match verb {
            "difftool" => ("x", &["extcmd"]),
            "clone" => ("u", &["upload-pack", "config"]),
            "fetch" | "pull" | "ls-remote" | "fetch-pack" => ("", &["upload-pack"]),
            "push" | "send-pack" => ("", &["receive-pack", "exec"]),
            "archive" => ("", &["exec"]),
            "grep" => ("O", &["open-files-in-pager"]),
            _ => ("", &[]),
        };
        if long.is_empty() {
            return;
        }
        for (_, value) in call.parsed(letters, "", long).values {
            self.feed_field(&value, &Flow::local());
        }
        for (_, command) in call.texts().filter_map(|text| text.split_once("ext::")) {
            self.text(command, Flow::local());
        }
    }

    /// `-c alias.x='!command'`, `-c core.sshCommand=..`
    fn configured(&mut self, value: &Field) {
        if value.may_be_option() {
            self.found.unresolved = true;
        }
        let Some((name, text)) = value.text.split_once('=') else { return };
        let name = name.to_ascii_lowercase();
        let last = name.rsplit('.').next().unwrap_or_default();
        let runs = RUN.contains(&name.as_str())
            || name.starts_with("pager.")
            || (name.matches('.').count() > 1 && RUN_LAST.contains(&last));
        let field = |text: String| Field { text, ..value.clone() };
        if let Some(command) = text.strip_prefix('!') {
            self.feed_field(&field(command.to_owned()), &Flow::local());
        } else if name.starts_with("alias.") {
            self.feed_field(&field(format!("git {text}")), &Flow::local());
        } else if runs {
            self.feed_field(&field(text.to_owned()), &Flow::local());
        }
    }

    fn push(&mut self, call: &Call<'_>) {
        let long = ["force", "force-with-lease", "force-if-includes", "mirror", "delete", "prune"];
        // `--d` may be `--dry-run` as well, `--f` is one of two that force.
        let forces = call.texts().any(|text| match text.strip_prefix("--") {
            Some(name) => {
                let name = name.split('=').next().unwrap_or_default();
                name.len() > 2 && long.iter().any(|long| long.starts_with(name))
            }
            None => {
                text.starts_with('-')
                    && text.len() > 1
                    && text.chars().skip(1).take_while(|c| *c != 'o').any(|c| "fd".contains(c))
            }
        });
        let no_run = call.has("n", &["dry-run"]);
        let refs = call.operands("o", &["push-option", "repo", "receive-pack", "exec"]);
        let rewrites = refs.iter().any(|field| {
            field.text.starts_with('+') || (field.text.starts_with(':') && field.text.len() > 1)
        });
        if (forces || rewrites) && !no_run {
            self.add(HistoryRewrite);
        } else {
            self.found.unresolved |= call.is_open();
        }
    }
}
