/*! Who may do what on the machine. */

use crate::shell::ShellEffect::{HostControl, PermissionChange};
use crate::shell::argv::Call;
use crate::shell::flow::{ANY, Flow};
use crate::shell::judge::Judge;
use crate::shell::paths;

/// Groups whose members are as good as root.
#[rustfmt::skip]
const POWERFUL: &[&str] = &[
    "sudo", "wheel", "root", "admin", "docker", "lxd", "adm", "disk", "shadow", "libvirt",
    "administrators", "kvm",
];

impl Judge<'_> {
    pub fn permission(&mut self, call: &Call<'_>, _: &Flow) {
        let changes = match call.name {
            "chmod" => self.chmod(call),
            "chown" | "chgrp" => self.chown(call),
            "usermod" | "useradd" | "adduser" | "gpasswd" | "addgroup" | "groupmod" => {
                let mut words = call.texts().flat_map(|text| text.split([',', '=']));
                let powerful =
                    words.any(|word| POWERFUL.contains(&word.to_ascii_lowercase().as_str()));
                let root = call.values("u", &["uid"]).iter().any(|field| field.text == "0");
                self.found.unresolved |= call.name == "usermod" && call.is_open();
                let changes_account =
                    call.name == "usermod" && call.has("aGLUpseul", &["lock", "password", "shell"]);
                powerful || root || changes_account
            }
            "visudo" => !call.has("c", &["check"]),
            "sudoedit" => {
                for field in call.operands("u", &[]) {
                    self.written(&field.text, &Flow::default());
                }
                false
            }
            "vim" | "vi" | "nano" | "emacs" | "ed" | "ex" | "nvim" | "perl" => {
                let path = call
                    .args
                    .iter()
                    .map(|field| field.text.as_str())
                    .find(|path| paths::grants_access(path));
                path.is_some_and(|path| path.starts_with("/etc/"))
            }
            "setfacl" => {
                let wide = call.texts().any(|text| {
                    text.contains("o:") || text.contains("other:") || text.contains("rwx")
                });
                call.has("RbkxX", &["recursive", "remove-all"])
                    || wide
                    || self.is_system_operand(call, "mxM")
            }
            "chattr" => {
                call.texts().any(|text| text.len() > 1 && text.starts_with(['+', '-', '=']))
            }
            "setcap" | "chpasswd" | "newusers" => true,
            "passwd" => !call.has("S", &["status"]),
            "chcon" | "restorecon" => call.has("R", &["recursive"]) && call.name == "chcon",
            "icacls" => call.texts().any(|text| text.to_ascii_lowercase().starts_with("/grant")),
            "takeown" => true,
            "dscl" => call.says(&["-append", "-create", "append", "create"]),
            "dseditgroup" => call.says(&["-a"]),
            "net" => call.says(&["localgroup", "user"]) && call.says(&["/add"]),
            _ => false,
        };
        if changes {
            self.add(PermissionChange);
        }
        if matches!(call.name, "userdel" | "deluser" | "groupdel" | "delgroup") {
            self.add(HostControl);
        }
    }

    fn is_system_operand(&self, call: &Call<'_>, valued: &str) -> bool {
        call.operands(valued, &[]).iter().any(|field| paths::is_system(&field.text))
    }

    fn chmod(&mut self, call: &Call<'_>) -> bool {
        let mut words: Vec<&str> =
            call.texts().filter(|text| !text.starts_with("--") && *text != "-R").collect();
        words.retain(|text| !["-v", "-f", "-c", "-Rf", "-Rv", "-fR", "-vR", "-Rc"].contains(text));
        let Some((mode, files)) = words.split_first() else { return false };
        if mode.starts_with(ANY) {
            self.found.unresolved = true;
            return false;
        }
        let recursive = call.texts().any(|text| {
            (text.len() > 2 && "--recursive".starts_with(text))
                || (text.starts_with('-') && !text.starts_with("--") && text.contains('R'))
        });
        let sensitive = |path: &&str| paths::is_secret(path) || paths::grants_access(path);
        opens(mode)
            || (recursive && files.iter().any(|path| paths::is_system(path)))
            || (shows(mode) && files.iter().any(sensitive))
            || (takes_all(mode) && files.iter().any(|path| paths::is_system(path)))
    }

    fn chown(&mut self, call: &Call<'_>) -> bool {
        let by_reference = call.texts().any(|text| text.starts_with("--reference"));
        let operands = call.operands("", &["from"]);
        let files = operands.get(usize::from(!by_reference)..).unwrap_or_default();
        if operands.first().is_some_and(|field| field.text.starts_with(ANY) && !field.quoted) {
            self.found.unresolved = true;
        }
        let recursive = call.has("R", &["recursive"]);
        files.iter().any(|field| match recursive {
            true => paths::is_foreign(&field.text) || field.text.starts_with(".."),
            false => paths::is_system(&field.text),
        })
    }
}

/// Everybody may write, or the file runs as its owner.
fn opens(mode: &str) -> bool {
    if !mode.is_empty() && mode.bytes().all(|byte| byte.is_ascii_digit()) {
        let digits: Vec<u32> = mode.chars().rev().filter_map(|c| c.to_digit(10)).collect();
        let (others, special) =
            (digits.first().copied().unwrap_or(0), digits.get(3).copied().unwrap_or(0));
        // With the sticky bit as in `/tmp` nobody deletes what is another's.
        return (others & 2 != 0 && special & 1 == 0) || special & 6 != 0;
    }
    mode.split(',').any(|part| {
        let Some(at) = part.find(['+', '=']) else { return false };
        let (who, what) = part.split_at_checked(at).unwrap_or_default();
        let everybody = who.contains(['o', 'a']);
        (everybody && what.contains('w')) || what.contains('s')
    })
}

/// Others may read.
fn shows(mode: &str) -> bool {
    match mode.chars().next_back().and_then(|c| c.to_digit(8)) {
        Some(others) => others & 4 != 0,
        None => mode.split(',').any(|part| {
            let who = part.split(['+', '=']).next().unwrap_or_default();
            !part.contains('-')
                && part.contains('r')
                && (who.is_empty() || who.contains(['o', 'a', 'g']))
        }),
    }
}

fn takes_all(mode: &str) -> bool {
    (!mode.is_empty() && mode.bytes().all(|byte| byte == b'0'))
        || mode.contains("-x")
        || mode.contains("-rwx")
}
