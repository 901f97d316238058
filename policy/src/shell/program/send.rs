/*! What goes to the network: keys and passwords among it. */

use crate::shell::ShellEffect::CredentialExfil;
use crate::shell::argv::Call;
use crate::shell::expand::Field;
use crate::shell::flow::Flow;
use crate::shell::judge::Judge;
use crate::shell::paths;

impl Judge<'_> {
    pub fn send(&mut self, call: &Call<'_>, stdin: &Flow) {
        let given = stdin.secret || stdin.token;
        let sends = match call.name {
            "curl" | "curl.exe" => self.curl(call, given),
            "wget" | "wget2" => {
                let files = call.values("", &["post-file", "body-file"]);
                let texts = call.values("", &["post-data", "body-data", "header", "user-agent"]);
                files.iter().any(|field| self.is_secret(field) || (field.text == "-" && given))
                    || texts.iter().any(tainted)
                    || self.in_url(call)
            }
            "http" | "https" | "httpie" | "xh" | "xhs" => {
                let attached = |field: &Field| {
                    let path = field.text.split_once('@').map(|(_, path)| path);
                    path.is_some_and(|path| {
                        self.is_secret(&Field { text: path.to_owned(), ..field.clone() })
                    })
                };
                given || call.args.iter().any(|field| attached(field) || tainted(field))
            }
            "scp" | "pscp" | "sftp" | "rsync" | "rclone" | "croc" | "wormhole"
            | "magic-wormhole" | "ncftpput" | "lftp" | "tftp" | "ftp" | "smbclient" | "azcopy"
            | "filebin" | "transfer" => self.copies_out(call) || given && call.name != "rsync",
            "mail" | "mailx" | "mutt" | "sendmail" | "msmtp" | "ssmtp" | "swaks" | "s-nail"
            | "sendEmail" => {
                given || call.args.iter().any(|field| self.is_secret(field) || tainted(field))
            }
            "aws" | "gsutil" | "gcloud" | "az" | "s3cmd" | "mc" | "s5cmd" | "doctl" | "oci" => {
                self.uploads(call, given)
            }
            "gh" | "glab" if call.says(&["gist", "release", "snippet"]) => {
                given || call.args.iter().any(|field| self.is_secret(field))
            }
            "dig" | "nslookup" | "host" | "ping" | "drill" | "resolvectl" => {
                call.args.iter().any(tainted)
            }
            "logger" => given && call.has("n", &["server"]),
            "iwr" | "irm" | "Invoke-WebRequest" | "Invoke-RestMethod" => {
                call.args.iter().any(|field| self.is_secret(field) || tainted(field))
            }
            "slackcat" | "telegram-send" | "notify-send-remote" | "pastebinit" | "gist" | "ix"
            | "sprunge" | "termbin" => given || call.args.iter().any(|field| self.is_secret(field)),
            "socat" => call.texts().any(|text| text.split([':', ',']).any(paths::is_secret)),
            _ => false,
        };
        if sends {
            self.add(CredentialExfil);
        }
    }

    fn curl(&self, call: &Call<'_>, given: bool) -> bool {
        let data = call.values(
            "d",
            &[
                "data",
                "data-binary",
                "data-raw",
                "data-ascii",
                "data-urlencode",
                "json",
                "url-query",
            ],
        );
        let forms = call.values("F", &["form", "form-string"]);
        let files = call.values("T", &["upload-file"]);
        let headers = call.values("HbA", &["header", "cookie", "user-agent", "referer"]);
        let named = |field: &Field, signs: &[char]| {
            let path = field
                .text
                .split_once(signs)
                .map(|(_, path)| path.split([';', ',']).next().unwrap_or_default());
            path.is_some_and(|path| {
                (path == "-" && given)
                    || self.is_secret(&Field { text: path.to_owned(), ..field.clone() })
            })
        };
        data.iter().any(|field| tainted(field) || named(field, &['@']))
            || forms.iter().any(|field| tainted(field) || named(field, &['@', '<']))
            || files.iter().any(|field| (["-", "."].contains(&field.text.as_str()) && given) || self.is_secret(field))
            // A token belongs into a header; a file of keys does not.
            || headers.iter().any(|field| field.flow.secret || named(field, &['@']))
            || self.in_url(call)
    }

    /// Something secret was put into the address.
    fn in_url(&self, call: &Call<'_>) -> bool {
        let mut is_value = false;
        call.args.iter().any(|field| {
            let was_value = std::mem::replace(
                &mut is_value,
                field.text.len() == 2
                    && field.text.starts_with('-')
                    && "HuUbAxeE".contains(field.text.get(1..).unwrap_or_default()),
            );
            let is_url =
                field.text.contains("://") || field.text.contains('/') || field.text.contains('.');
            !was_value
                && is_url
                && !field.text.starts_with('-')
                && tainted(field)
                && !field.text.contains('@')
        })
    }

    fn copies_out(&self, call: &Call<'_>) -> bool {
        let operands =
            call.operands("iPFcJloSep", &["rsh", "exclude", "include", "config", "password-file"]);
        let to_remote = operands.iter().any(|field| is_remote(&field.text))
            || [
                "croc",
                "wormhole",
                "magic-wormhole",
                "ncftpput",
                "lftp",
                "ftp",
                "tftp",
                "smbclient",
                "transfer",
            ]
            .contains(&call.name);
        let outward = match call.name {
            "scp" | "pscp" | "rsync" | "rclone" => {
                operands.last().is_some_and(|field| is_remote(&field.text))
            }
            _ => to_remote,
        };
        outward
            && operands.iter().any(|field| {
                !is_remote(&field.text)
                    && field.text.split_whitespace().any(|word| {
                        self.is_secret(&Field {
                            text: word.to_owned(),
                            flow: field.flow.clone(),
                            ..Field::default()
                        })
                    })
            })
    }

    fn uploads(&self, call: &Call<'_>, given: bool) -> bool {
        let copies = call.says(&[
            "cp",
            "mv",
            "sync",
            "put",
            "upload",
            "rsync",
            "put-object",
            "upload-batch",
            "pipe",
        ]);
        let last = call.args.last().map(|field| field.text.as_str()).unwrap_or_default();
        let inward = !last.contains("://") && call.texts().any(|text| text.contains("://"));
        copies && !inward && (given || call.args.iter().any(|field| self.is_secret(field)))
    }
}

/// Keys or passwords were substituted in it.
fn tainted(field: &Field) -> bool {
    field.flow.secret || field.flow.token
}

/// `host:path`, `user@host:`, a URL
pub(super) fn is_remote(path: &str) -> bool {
    let front = path.split('/').next().unwrap_or_default();
    path.contains("://") || (front.contains(':') && !path.contains(":\\"))
}
