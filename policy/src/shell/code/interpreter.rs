/*! Where an interpreter has its program from: an argument, a file, its input. */

use crate::shell::ShellEffect::RemoteCode;
use crate::shell::argv::Call;
use crate::shell::expand::Field;
use crate::shell::flow::Flow;
use crate::shell::judge::Judge;

impl Judge<'_> {
    pub fn interpreter(&mut self, call: &Call<'_>, stdin: &Flow) -> Flow {
        let mut texts = Vec::new();
        let mut file = None;
        let mut args = call.args.iter();
        let python = call.name.starts_with("py") || call.name == "ipython";
        while let Some(field) = args.next() {
            let text = field.text.as_str();
            if text == "-" || !text.starts_with('-') {
                file = Some(field);
                break;
            }
            let is_code = match text.strip_prefix("--") {
                Some(long) => ["eval", "print", "run"].contains(&long),
                None => text.get(1..).is_some_and(|letters| match python {
                    true => letters.contains('c'),
                    false => {
                        letters.contains(['e', 'E', 'p'])
                            && !letters.starts_with(['M', 'I', 'm', 'r'])
                            || (letters == "r" && call.name.starts_with("php"))
                    }
                }),
            };
            if let Some((_, code)) =
                text.split_once('=').filter(|(name, _)| ["--eval", "--print"].contains(name))
            {
                texts.push(Field { text: code.to_owned(), ..field.clone() });
            } else if python && text == "-m" {
                return stdin.changed();
            } else if is_code && !text.contains("version") {
                texts.extend(args.next().cloned());
                if python {
                    break;
                }
            } else if ["-W", "-X", "-r", "--require", "-I", "-M", "--import"].contains(&text) {
                args.next();
            }
        }
        if texts.is_empty() {
            return match file.map(|field| field.text.as_str()) {
                Some("eval") if ["deno", "bun"].contains(&call.name) => args
                    .next()
                    .map(|field| field.text.clone())
                    .map_or(Flow::default(), |code| self.code(call.name, &code)),
                Some("artisan" | "bin/rails" | "manage.py") => {
                    let rest: Vec<_> = file.into_iter().chain(args).cloned().collect();
                    self.invoke(&rest, stdin)
                }
                Some(path) if path.ends_with("manage.py") => {
                    let rest: Vec<_> = file.into_iter().chain(args).cloned().collect();
                    self.invoke(&rest, stdin)
                }
                None | Some("-" | "/dev/stdin") if !call.asks_help() => {
                    self.feed_interpreter(call.name, stdin)
                }
                _ => match file {
                    Some(field) if field.may_be_option() => {
                        self.found.unresolved = true;
                        Flow::default()
                    }
                    Some(field) => {
                        let flow = self.read(field);
                        self.feed_interpreter(call.name, &flow)
                    }
                    None => Flow::default(),
                },
            };
        }
        let mut flow = Flow { text: None, ..stdin.changed() };
        for field in texts {
            if field.flow.remote {
                self.add(RemoteCode);
            } else {
                let made = self.code(call.name, &field.text);
                flow.secret |= made.secret;
                flow.remote |= made.remote;
            }
        }
        flow
    }

    /// An interpreter reads its program from this.
    pub fn feed_interpreter(&mut self, name: &str, flow: &Flow) -> Flow {
        if flow.remote {
            self.add(RemoteCode);
        } else if let Some(text) = flow.text.clone() {
            return self.code(name, &text);
        } else if !flow.local {
            self.found.unresolved = true;
        }
        Flow::default()
    }
}
