/*! Deleting by the tree, by a search, or without a way back. */

use crate::shell::ShellEffect::{DiskDestroy, RecursiveDelete};
use crate::shell::argv::Call;
use crate::shell::expand::Field;
use crate::shell::flow::{Flow, PLAIN};
use crate::shell::judge::Judge;
use crate::shell::paths;

impl Judge<'_> {
    pub fn delete(&mut self, call: &Call<'_>) {
        match call.name {
            "rm" | "grm" | "srm" | "safe-rm" => {
                if call.has("rR", &["recursive", "no-preserve-root", "dir-recursive"]) {
                    self.add(RecursiveDelete);
                } else {
                    self.found.unresolved |= call.is_open();
                }
            }
            "rimraf" | "del-cli" | "rmtree" | "wipe" | "deltree" => self.add(RecursiveDelete),
            "shred" => {
                let disk = call.texts().any(paths::is_disk);
                self.add(if disk { DiskDestroy } else { RecursiveDelete });
            }
            "find" | "gfind" => self.find(call),
            "fd" | "fdfind" => {
                if let Some(at) = call
                    .texts()
                    .position(|text| ["-x", "-X", "--exec", "--exec-batch"].contains(&text))
                {
                    self.executed(call.rest(at + 1), &[], false);
                }
            }
            "rsync" => {
                let deletes = call
                    .texts()
                    .any(|text| text.starts_with("--del") || text == "--remove-source-files");
                let from = call.operands("e", &["rsh", "exclude", "include", "filter"]);
                let from =
                    from.first().map(|field| field.text.to_ascii_lowercase()).unwrap_or_default();
                if deletes
                    && (from.contains("empty") || from.contains("blank") || from.starts_with(PLAIN))
                {
                    self.add(RecursiveDelete);
                }
            }
            "mv" if call.args.last().is_some_and(|field| field.text == "/dev/null") => {
                self.add(RecursiveDelete)
            }
            // Of PowerShell and cmd.
            "Remove-Item" | "remove-item" | "ri" | "del" | "erase" | "rd" | "rmdir" => {
                let recursive = call.texts().any(|text| {
                    let text = text.to_ascii_lowercase();
                    text == "/s"
                        || (text.len() > 1 && "-recurse".starts_with(&text) && call.name != "rmdir")
                });
                if recursive {
                    self.add(RecursiveDelete);
                }
            }
            "hdfs" | "hadoop" if call.says(&["-rmr", "-rm"]) && call.has("rR", &[]) => {
                self.add(RecursiveDelete)
            }
            "rclone" if call.says(&["purge", "delete", "rmdirs", "cleanup"]) => {
                self.add(RecursiveDelete)
            }
            _ => {}
        }
    }

    fn find(&mut self, call: &Call<'_>) {
        if call.says(&["-delete"]) {
            self.add(RecursiveDelete);
        }
        let starts: Vec<Field> = call
            .args
            .iter()
            .take_while(|field| !field.text.starts_with(['-', '(', '!']))
            .cloned()
            .collect();
        // A test may be hidden in it, and so may `-delete`.
        self.found.unresolved |=
            call.args.iter().any(|field| !field.quoted && field.may_be_option());
        const RUNS: &[&str] = &["-exec", "-execdir", "-ok", "-okdir"];
        let secret = call.args.iter().any(|field| self.is_secret(field));
        let mut rest = call.args;
        while let Some(at) = rest.iter().position(|field| RUNS.contains(&field.text.as_str())) {
            let behind = rest.get(at + 1..).unwrap_or_default();
            let end = behind.iter().position(|field| field.text == ";" || field.text == "+");
            let end = end.unwrap_or(behind.len());
            self.executed(behind.get(..end).unwrap_or_default(), &starts, secret);
            rest = behind.get(end..).unwrap_or_default();
        }
    }

    /// A command that is run for each file that was found.
    fn executed(&mut self, command: &[Field], starts: &[Field], secret: bool) {
        let mut fields = with_path(command, secret);
        let name =
            fields.first().map(|field| paths::program(&field.text).to_owned()).unwrap_or_default();
        match name.as_str() {
            "rm" | "unlink" | "shred" => self.add(RecursiveDelete),
            "chown" | "chmod" | "chgrp" | "setfacl" => {
                fields.insert(1, Field::literal("-R"));
                fields.extend(starts.iter().cloned());
            }
            _ => {}
        }
        self.invoke(&fields, &Flow::default());
    }
}

/// The placeholder stands for a path, which is one of keys if such were looked for.
fn with_path(fields: &[Field], secret: bool) -> Vec<Field> {
    let path = format!("./{PLAIN}");
    let one = |field: &Field| {
        let mut one = Field { text: field.text.replace("{}", &path), ..field.clone() };
        one.flow.secret |= secret && field.text.contains("{}");
        one
    };
    fields.iter().map(one).collect()
}
