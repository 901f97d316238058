/*! What comes from the network: to the output, or into a file. */

use crate::shell::ShellEffect::{InfraDestroy, RemoteCode};
use crate::shell::argv::{Call, joined};
use crate::shell::expand::Field;
use crate::shell::flow::Flow;
use crate::shell::judge::Judge;

impl Judge<'_> {
    /// `None`: the program fetches nothing.
    pub fn fetch(&mut self, call: &Call<'_>, stdin: &Flow) -> Option<Flow> {
        let flow = Flow { secret: call.texts().any(is_metadata), ..Flow::remote() };
        match call.name {
            "curl" | "curl.exe" | "wget2" | "wget" | "fetch" | "aria2c" | "axel" | "xh" | "xhs"
            | "http" | "https" | "httpie" | "iwr" | "irm" | "Invoke-WebRequest"
            | "Invoke-RestMethod" | "lwp-request" | "lwp-download" | "GET" | "lynx" | "links"
            | "elinks" | "w3m" | "ftp" | "tftp" | "lftp" | "ncftpget" | "youtube-dl" | "hurl" => {
                if call.asks_help() {
                    return Some(Flow::default());
                }
                self.deletes(call);
                let to = self.saved(call);
                if to.is_empty() {
                    return Some(flow);
                }
                for path in to {
                    self.written(&path, &Flow::empty());
                    self.state.write(&path, flow.clone(), false);
                }
                Some(Flow::empty())
            }
            "nc" | "ncat" | "netcat" | "nc.traditional" | "nc.openbsd" | "socat" | "telnet"
            | "websocat" | "cryptcat" | "pwncat" => {
                self.sent(stdin);
                let gives_shell = match call.name {
                    "socat" => call.texts().any(|text| {
                        let text = text.to_ascii_uppercase();
                        ["EXEC:", "SYSTEM:", "SHELL:"].iter().any(|word| text.contains(word))
                    }),
                    "telnet" => false,
                    _ => {
                        call.has("e", &["exec", "sh-exec", "lua-exec"])
                            || call.texts().any(|text| {
                                text == "-c" || (text.starts_with("-c") && text.contains('/'))
                            })
                    }
                };
                if gives_shell {
                    self.add(RemoteCode);
                }
                Some(Flow::remote())
            }
            "openssl" if call.says(&["s_client"]) => {
                self.sent(stdin);
                Some(Flow::remote())
            }
            "aws" | "gsutil" | "gcloud" | "az" | "s3cmd" | "mc"
                if call.says(&["cp", "cat", "get", "copy"]) =>
            {
                let last = call.args.last().map(|field| field.text.as_str()).unwrap_or_default();
                let remote = |text: &str| text.contains("://");
                if !call.texts().any(remote) || remote(last) && !call.says(&["cat"]) {
                    return None;
                }
                if last == "-" || call.says(&["cat"]) {
                    return Some(flow);
                }
                self.state.write(last, flow, false);
                Some(Flow::empty())
            }
            "scp" | "sftp" | "rsync" => {
                let operands = call.operands("iPFcJloSe", &["rsh"]);
                let (last, first) = (operands.last()?, operands.first()?);
                if super::send::is_remote(&first.text) && !super::send::is_remote(&last.text) {
                    let name = first.text.rsplit(['/', ':']).next().unwrap_or_default();
                    let folder = last.text.trim_end_matches('/');
                    self.state.write(&format!("{folder}/{name}"), flow.clone(), false);
                    self.state.write(&last.text, flow, false);
                }
                None
            }
            "iex" | "Invoke-Expression" | "invoke-expression" => {
                let text = joined(call.args);
                let fetches = [
                    "downloadstring",
                    "iwr",
                    "irm",
                    "invoke-webrequest",
                    "invoke-restmethod",
                    "webclient",
                ];
                let fetched =
                    fetches.iter().any(|word| text.text.to_ascii_lowercase().contains(word));
                if fetched || stdin.remote || text.flow.remote {
                    self.add(RemoteCode);
                } else if !text.text.is_empty() {
                    self.text(&text.text, Flow::empty());
                } else {
                    self.feed_shell(stdin);
                }
                Some(Flow::default())
            }
            "mkfifo" => {
                for field in call.operands("m", &["mode"]) {
                    // Who writes into it is not known before: what a shell reads from it comes from anywhere.
                    self.state.write(&field.text, Flow { shell: false, ..Flow::default() }, false);
                }
                Some(Flow::empty())
            }
            _ => None,
        }
    }

    /// `-X DELETE`, to another machine.
    fn deletes(&mut self, call: &Call<'_>) {
        let method = call.values("X", &["request", "method", "Method"]);
        let deletes = method.iter().any(|field| field.text.eq_ignore_ascii_case("delete"))
            || call.says(&["DELETE"]);
        let local = |text: &str| {
            ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"].iter().any(|host| {
                let behind = text.split_once("://").map_or(text, |(_, rest)| rest);
                behind.starts_with(host)
            })
        };
        if deletes && !call.texts().any(local) {
            self.add(InfraDestroy);
        }
    }

    /// Files that what was fetched is written to.
    fn saved(&mut self, call: &Call<'_>) -> Vec<String> {
        let name_of = |field: &Field| {
            let path = field.text.split(['?', '#']).next().unwrap_or_default();
            path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
        };
        let is_url = |field: &&Field| field.text.contains('/') || field.text.contains('.');
        let (letters, long): (&str, &[&str]) = match call.name {
            "wget" | "wget2" => ("O", &["output-document"]),
            "iwr" | "irm" | "Invoke-WebRequest" | "Invoke-RestMethod" => return outfile(call),
            "lynx" | "links" | "elinks" | "w3m" | "GET" | "lwp-request" => return Vec::new(),
            "hurl" | "curl" | "curl.exe" | "xh" | "xhs" | "http" | "https" | "httpie" => {
                ("o", &["output"])
            }
            _ => ("o", &["out", "output"]),
        };
        let given: Vec<String> =
            call.values(letters, long).into_iter().map(|field| field.text).collect();
        if !given.is_empty() {
            let to_stdout = given.iter().any(|path| ["-", "/dev/stdout"].contains(&path.as_str()));
            return if to_stdout { Vec::new() } else { given };
        }
        let saves = match call.name {
            "curl" | "curl.exe" => call.has("OJ", &["remote-name", "remote-name-all"]),
            "http" | "https" | "httpie" | "xh" | "xhs" => call.has("d", &["download"]),
            _ => true,
        };
        if !saves {
            return Vec::new();
        }
        let valued = "HXdFTAeuUbcKmxPTw";
        let folder = call.values("P", &["directory-prefix", "output-dir"]).into_iter().next();
        let folder = folder.map(|field| format!("{}/", field.text.trim_end_matches('/')));
        let folder = folder.unwrap_or_default();
        let name_of = |field: &Field| format!("{folder}{}", name_of(field));
        call.operands(valued, &["header", "post-data", "post-file", "user-agent"])
            .into_iter()
            .filter(is_url)
            .map(name_of)
            .collect()
    }
}

fn outfile(call: &Call<'_>) -> Vec<String> {
    let at = call
        .texts()
        .position(|text| text.len() > 2 && "-outfile".starts_with(&text.to_ascii_lowercase()));
    at.and_then(|at| call.args.get(at + 1)).map(|field| field.text.clone()).into_iter().collect()
}

/// Where a cloud hands credentials to its machines.
fn is_metadata(text: &str) -> bool {
    text.contains("169.254.169.254")
        || text.contains("metadata.google.internal")
        || text.contains("169.254.170.2")
}
