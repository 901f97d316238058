/*! GNU sed: its `e` runs a command, and so does the flag of `s`. */

use crate::shell::argv::Call;
use crate::shell::flow::{ANY, Flow, PLAIN};
use crate::shell::judge::Judge;

impl Judge<'_> {
    pub(super) fn sed(&mut self, call: &Call<'_>, stdin: &Flow) {
        let parsed = call.parsed("efl", "i", &["expression", "file", "line-length"]);
        let mut programs = Vec::new();
        for file in parsed.of(&["f", "file"]) {
            let flow = self.named(file, stdin);
            self.feed_language(&flow, |_, text| programs.push(text.to_owned()));
        }
        // Several are the lines of one.
        let texts: Vec<&str> = parsed.of(&["e", "expression"]).map(|f| f.text.as_str()).collect();
        let mut files = parsed.operands.iter();
        if !texts.is_empty() {
            programs.push(texts.join("\n"));
        } else if programs.is_empty() {
            programs.extend(files.next().map(|field| field.text.clone()));
        }
        for program in programs {
            if !self.is_unknown(&program) && self.work.spend(program.len()) {
                self.sed_program(&program);
            }
        }
        if call.has("i", &["in-place"]) {
            for file in files {
                self.written(&file.text, &Flow::default());
            }
        }
    }

    /// What sed does not take ends the reading: it would not run any of it.
    fn sed_program(&mut self, program: &str) {
        let mut rest = program;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ";{}".contains(c));
            let Some(behind) = without_address(rest) else { return };
            let Some(command) = behind.chars().next() else { return };
            rest = behind.get(command.len_utf8()..).unwrap_or_default();
            let line = rest.lines().next().unwrap_or_default();
            match command {
                'e' => {
                    // Without one it runs the line it has read.
                    self.found.unresolved |= line.trim().is_empty();
                    self.text(line, Flow::empty());
                    rest = rest.get(line.len()..).unwrap_or_default();
                }
                's' => {
                    let Some((replacement, behind)) = substitution(rest) else { return };
                    rest = self.sed_flags(&replacement, behind);
                }
                'y' => {
                    let Some((_, behind)) = substitution(rest) else { return };
                    rest = behind;
                }
                'w' | 'W' => {
                    self.written(line.trim(), &Flow::default());
                    rest = rest.get(line.len()..).unwrap_or_default();
                }
                'a' | 'i' | 'c' => rest = behind_text(rest),
                '#' | 'r' | 'R' | 'v' => rest = rest.get(line.len()..).unwrap_or_default(),
                ':' | 'b' | 't' | 'T' => rest = rest.trim_start_matches(|c| !"\n;}".contains(c)),
                '{' | '}' => {}
                _ if "=dDgGhHnNpPxzFqQlL".contains(command) => {
                    rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
                }
                _ => return,
            }
        }
    }

    fn sed_flags<'t>(&mut self, replacement: &str, flags: &'t str) -> &'t str {
        let end = flags.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(flags.len());
        let own = flags.get(..end).unwrap_or_default();
        if own.split('w').next().is_some_and(|own| own.contains('e')) {
            // It is run with what it did not replace.
            self.found.unresolved = true;
            self.text(replacement, Flow::empty());
        }
        if own.contains('w') {
            let line = flags.lines().next().unwrap_or_default();
            let path = line.split_once('w').map(|(_, path)| path.trim()).unwrap_or_default();
            self.written(path, &Flow::default());
            return flags.get(line.len()..).unwrap_or_default();
        }
        flags.get(end..).unwrap_or_default()
    }
}

/// Behind `1,/x/I!`.
fn without_address(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        let before = rest.len();
        rest = rest.trim_start_matches(|c: char| {
            c.is_ascii_digit() || "$,!~+ \t".contains(c) || c == ANY || c == PLAIN
        });
        let pattern = match rest.strip_prefix('/') {
            Some(pattern) => Some((pattern, '/')),
            None => rest.strip_prefix('\\').and_then(|custom| {
                let delimiter = custom.chars().next()?;
                Some((custom.get(delimiter.len_utf8()..)?, delimiter))
            }),
        };
        if let Some((pattern, delimiter)) = pattern {
            rest = delimited(pattern, delimiter)?.1.trim_start_matches(['I', 'M']);
        }
        if rest.len() == before {
            return Some(rest);
        }
    }
}

/// Up to the delimiter, and behind it.
fn delimited(text: &str, delimiter: char) -> Option<(String, &str)> {
    let mut found = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == delimiter {
            return Some((found, text.get(at + c.len_utf8()..).unwrap_or_default()));
        }
        if c == '\\' {
            let (_, next) = chars.next()?;
            if next != delimiter {
                found.push(c);
            }
            found.push(next);
        } else {
            found.push(c);
        }
    }
    None
}

/// What is put in, and what stands behind `s/x/y/`.
fn substitution(text: &str) -> Option<(String, &str)> {
    let delimiter = text.chars().next()?;
    let (_, rest) = delimited(text.get(delimiter.len_utf8()..)?, delimiter)?;
    delimited(rest, delimiter)
}

/// Behind the text of `a`, which goes on where a line ends with a backslash.
fn behind_text(text: &str) -> &str {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        end += line.len();
        if !line.trim_end_matches('\n').ends_with('\\') {
            break;
        }
    }
    text.get(end..).unwrap_or_default()
}
