/*! Programs whose output is known, since it is in their arguments or their input. */

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::shell::argv::{Call, joined};
use crate::shell::expand::Field;
use crate::shell::flow::{ANY, Flow};
use crate::shell::judge::Judge;
use crate::shell::parse::decoded;

/// As lenient as the program.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What they print is made to be run by the shell that asks.
#[rustfmt::skip]
const SETUPS: &[&str] = &[
    "ssh-agent", "pyenv", "rbenv", "nodenv", "goenv", "brew", "direnv", "starship", "zoxide",
    "opam", "fnm", "dircolors", "keychain", "conda", "mamba", "micromamba", "mise", "asdf", "jenv",
    "luarocks", "thefuck", "atuin", "register-python-argcomplete", "docker-machine", "minikube",
    "lesspipe", "vcvarsall", "nvm", "sdk",
];

impl Judge<'_> {
    pub fn writes(&mut self, call: &Call<'_>, stdin: &Flow) -> Option<Flow> {
        Some(match call.name {
            "echo" => echo(call),
            "which" => crate::shell::wrapper::found(&call.operands("", &[])),
            "printf" => self.printf(call),
            "cat" => self.cat(call, stdin),
            "tee" | "sponge" => {
                for field in call.operands("", &[]) {
                    self.written(&field.text, stdin);
                    self.state.write(&field.text, stdin.clone(), call.has("a", &["append"]));
                }
                stdin.clone()
            }
            "base64" | "base32" | "gbase64" => match call.has("dD", &["decode"]) {
                true => self.decode(call, stdin, |text| {
                    unpacked(text).and_then(|b| String::from_utf8(b).ok())
                }),
                false => return None,
            },
            "openssl" if call.says(&["base64", "enc", "-base64", "-a"]) && call.says(&["-d"]) => {
                self.decode(call, stdin, |text| {
                    unpacked(text).and_then(|b| String::from_utf8(b).ok())
                })
            }
            "xxd" if call.has("r", &["revert"]) => self.decode(call, stdin, from_hex),
            "rev" => self.decode(call, stdin, |text| {
                Some(
                    text.lines()
                        .map(|line| line.chars().rev().collect::<String>() + "\n")
                        .collect(),
                )
            }),
            "read" | "mapfile" | "readarray" => {
                let text =
                    stdin.text.as_deref().map(|text| text.lines().next().unwrap_or_default());
                let text = text.map_or_else(|| ANY.to_string(), str::to_owned);
                for field in call.operands("pdntuNi", &[]) {
                    self.state.assign(&field.text, vec![text.clone()]);
                }
                Flow::empty()
            }
            "set" if call.says(&["--"]) => {
                let at = call.texts().position(|text| text == "--").unwrap_or_default();
                let words = call.rest(at + 1).iter().map(|field| field.text.clone()).collect();
                self.state.arguments = Some(words);
                Flow::empty()
            }
            "export" | "declare" | "typeset" | "local" | "readonly" | "env"
                if self.declares(call) =>
            {
                Flow::empty()
            }
            "export" | "declare" | "typeset" | "set" if call.operands("", &[]).is_empty() => {
                Flow::secret()
            }
            "printenv" | "history" | "fc" => Flow::secret(),
            "alias" => {
                for (name, text) in call.texts().filter_map(|text| text.split_once('=')) {
                    self.text(text, Flow::empty());
                    self.state.aliases.insert(name.to_owned(), text.to_owned());
                }
                Flow::empty()
            }
            "cp" | "mv" | "tar" | "zip" | "7z" | "7za" | "gzip" | "bzip2" | "xz" | "zstd"
            | "install" | "ln" | "gpg" | "rsync" | "openssl" | "age" | "split" | "dd" => {
                self.carried(call, stdin);
                return None;
            }
            name if SETUPS.contains(&name)
                || call.says(&["completion", "completions", "shellenv"]) =>
            {
                Flow::local()
            }
            _ => return None,
        })
    }

    fn declares(&mut self, call: &Call<'_>) -> bool {
        let mut any = false;
        for field in call.args {
            if let Some((name, value)) = field.text.split_once('=') {
                self.assigned(name, &Field { text: value.to_owned(), ..field.clone() });
                self.state.assign(name, vec![value.to_owned()]);
                any = true;
            }
        }
        any
    }

    fn cat(&mut self, call: &Call<'_>, stdin: &Flow) -> Flow {
        let files = call.operands("", &[]);
        if files.is_empty() {
            return stdin.clone();
        }
        files.into_iter().fold(Flow::empty(), |all, file| match file.text.as_str() {
            "-" | "/dev/stdin" => all.and(stdin.clone()),
            _ => {
                let flow = self.read(file);
                all.and(flow)
            }
        })
    }

    /// Of what stands in its input or a file that was written here.
    fn decode(
        &mut self,
        call: &Call<'_>,
        stdin: &Flow,
        how: impl Fn(&str) -> Option<String>,
    ) -> Flow {
        let input = match call.args.iter().find_map(|field| self.state.file(&field.text)) {
            Some(flow) => flow.clone(),
            None => stdin.clone(),
        };
        let text = input.text.as_deref().filter(|text| !text.contains(ANY)).and_then(how);
        let has_file = input.is_empty();
        match text {
            Some(text) if !has_file => Flow { text: Some(text.into()), ..input },
            _ => input.changed(),
        }
    }

    fn printf(&mut self, call: &Call<'_>) -> Flow {
        let mut args = call.args;
        if let Some([first, name, rest @ ..]) = Some(args).filter(|args| args.len() > 2)
            && first.text == "-v"
        {
            let inner = Call { name: "printf", args: rest };
            let text = self.printf(&inner).text;
            let text = text.map_or_else(|| ANY.to_string(), |text| text.to_string());
            self.state.assign(&name.text, vec![text]);
            return Flow::empty();
        }
        if args.first().is_some_and(|field| field.text == "--") {
            args = args.get(1..).unwrap_or_default();
        }
        let Some((format, values)) = args.split_first() else { return Flow::empty() };
        let mut text = String::new();
        let mut values = values.iter();
        loop {
            let before = values.len();
            let mut chars = format.text.split('%');
            text.push_str(&decoded(chars.next().unwrap_or_default()));
            let mut literal = false;
            for part in chars {
                if literal {
                    literal = false;
                    text.push_str(&decoded(part));
                    continue;
                }
                if part.is_empty() {
                    text.push('%');
                    literal = true;
                    continue;
                }
                let end = part.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(part.len());
                let kind = part.get(end..).and_then(|rest| rest.chars().next()).unwrap_or('s');
                let value = values.next().map(|field| field.text.as_str()).unwrap_or_default();
                match kind {
                    'b' => text.push_str(&decoded(value)),
                    'c' => text.extend(value.chars().next()),
                    _ => text.push_str(value),
                }
                text.push_str(&decoded(part.get(end + 1..).unwrap_or_default()));
            }
            self.work.spend(text.len());
            if values.len() == 0 || values.len() == before || self.work.is_over() {
                break;
            }
        }
        let secret = args.iter().any(|field| field.flow.secret);
        let remote = args.iter().any(|field| field.flow.remote);
        Flow { secret, remote, ..Flow::of(&text) }
    }

    /// What is secret stays so in an archive and a copy.
    fn carried(&mut self, call: &Call<'_>, stdin: &Flow) {
        let secret = stdin.secret || call.args.iter().any(|field| self.is_secret(field));
        let remote = call
            .args
            .iter()
            .any(|field| self.state.file(&field.text).is_some_and(|flow| flow.remote));
        if !secret && !remote {
            return;
        }
        for field in call.args {
            let text = field.text.split_once('=').map_or(field.text.as_str(), |(_, value)| value);
            if !text.starts_with('-') && self.state.file(text).is_none() {
                self.state.write(text, Flow { secret, remote, ..Flow::default() }, false);
            }
        }
    }
}

fn echo(call: &Call<'_>) -> Flow {
    let mut args = call.args;
    let mut decodes = false;
    let mut newline = true;
    while let Some((first, rest)) = args.split_first()
        && let Some(letters) = first.text.strip_prefix('-')
        && !letters.is_empty()
        && letters.chars().all(|c| "neE".contains(c))
    {
        decodes |= letters.contains('e');
        newline &= !letters.contains('n');
        args = rest;
    }
    let whole = joined(args);
    let mut text = whole.text;
    // Some shells decode them anyway.
    if decodes || text.contains("\\x") || text.contains("\\0") {
        text = decoded(&text);
    }
    if newline {
        text.push('\n');
    }
    let token = args.iter().any(|field| field.flow.token);
    let mut flow =
        Flow { secret: whole.flow.secret, token, remote: whole.flow.remote, ..Flow::of(&text) };
    // `echo "$(setup)"` hands on what it was.
    if whole.flow.local && text.trim().chars().eq([ANY]) {
        flow = Flow { text: None, local: true, ..flow };
    }
    flow
}

fn unpacked(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_whitespace().collect();
    BASE64.decode(text.trim_end_matches('=')).ok()
}

fn from_hex(text: &str) -> Option<String> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let bytes = digits.chunks(2).map(|pair| pair.iter().fold(0, |sum, digit| sum * 16 + digit));
    String::from_utf8(bytes.map(|byte| u8::try_from(byte).unwrap_or_default()).collect()).ok()
}
