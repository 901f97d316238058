/*! Names, literals and comments of code, told apart roughly, for all the languages alike. */

pub(super) struct Code {
    /// Identifiers outside of literals, with where they end in `blanked`.
    pub names: Vec<(String, usize)>,
    /// With where they begin.
    pub literals: Vec<(usize, String)>,
    /// The code with its literals and comments taken out, byte by byte.
    pub blanked: String,
    /// Backticks or `%x(..)` of Perl, Ruby and PHP.
    pub ticks: bool,
    pub ticked: Vec<String>,
}

pub(super) struct Given {
    pub literals: Vec<String>,
    /// Variables are among them.
    pub has_names: bool,
    pub has_calls: bool,
    pub has_joins: bool,
    pub starts_with_name: bool,
    /// They stand in a list of their own.
    pub is_list: bool,
    pub names: Vec<String>,
}

/// Arguments that are looked at behind a name.
const MAX_ARGUMENTS: usize = 4096;

pub(super) fn lexed(text: &str, language: &str) -> Code {
    let hash = !["node", "nodejs", "deno", "bun", "groovy", "jshell", "ts-node", "tsx"]
        .contains(&language);
    let slashes =
        !["python", "perl", "ruby", "pypy", "lua"].iter().any(|name| language.starts_with(name));
    let runs_ticks = ["perl", "ruby", "php", "jruby"].iter().any(|name| language.starts_with(name));
    let mut code = Code {
        names: Vec::new(),
        literals: Vec::new(),
        blanked: String::new(),
        ticks: false,
        ticked: Vec::new(),
    };
    let mut rest = text;
    let mut at = 0;
    while let Some(c) = rest.chars().next() {
        let length = if (hash && c == '#') || (slashes && rest.starts_with("//")) {
            rest.find('\n').unwrap_or(rest.len())
        } else if c == '\'' || c == '"' || c == '`' {
            let (literal, length) = literal(rest, c);
            if c == '`' && runs_ticks {
                code.ticks = true;
                code.ticked.push(literal);
            } else {
                code.literals.push((at, literal));
            }
            length
        } else if runs_ticks
            && ["%x", "qx"].iter().any(|lead| rest.starts_with(lead))
            && opens(rest)
        {
            let (literal, length) = bracketed(rest);
            code.ticks = true;
            code.ticked.push(literal);
            length
        } else if c == '_' || c.is_alphabetic() {
            let length =
                rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
            let name = rest.get(..length).unwrap_or_default();
            code.blanked.push_str(name);
            at += length;
            code.names.push((name.to_owned(), at));
            rest = rest.get(length..).unwrap_or_default();
            continue;
        } else {
            code.blanked.push(c);
            at += c.len_utf8();
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        };
        let length = length.max(1);
        code.blanked.extend(std::iter::repeat_n(' ', length));
        at += length;
        rest = rest.get(length..).unwrap_or_default();
    }
    code
}

/// The text of a literal, and its length with its quotes.
fn literal(text: &str, quote: char) -> (String, usize) {
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    if quote != '`' && text.starts_with(&triple) {
        let inner = text.get(3..).unwrap_or_default();
        let end = inner.find(&triple);
        let own = inner.get(..end.unwrap_or(inner.len())).unwrap_or_default();
        return (own.to_owned(), end.map_or(text.len(), |end| end + 6));
    }
    let mut escaped = false;
    let end = text.char_indices().skip(1).find_map(|(at, c)| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    });
    let inner = text.get(1..end.unwrap_or(text.len())).unwrap_or_default();
    (crate::shell::parse::decoded(inner), end.map_or(text.len(), |end| end + 1))
}

fn opens(text: &str) -> bool {
    text.chars().nth(2).is_some_and(|c| "({[/|!<".contains(c))
}

fn bracketed(text: &str) -> (String, usize) {
    let open = text.chars().nth(2).unwrap_or('(');
    let close = match open {
        '(' => ')',
        '{' => '}',
        '[' => ']',
        '<' => '>',
        other => other,
    };
    let inner = text.get(3..).unwrap_or_default();
    let end = inner.find(close).unwrap_or(inner.len());
    (inner.get(..end).unwrap_or_default().to_owned(), (end + 4).min(text.len()))
}

impl Code {
    /// Whether arguments follow behind a name, in brackets or, as Perl and Ruby have it, without.
    pub fn is_called(&self, end: usize) -> bool {
        let behind = self.blanked.get(end..).unwrap_or_default().trim_start();
        let literal_next = self.literals.iter().any(|(at, _)| {
            *at >= end
                && self.blanked.get(end..*at).is_some_and(|between| between.trim().is_empty())
        });
        behind.starts_with(['(', '[', '{', '$', '@']) || literal_next
    }

    /// As in `exec urlopen(..)`.
    pub fn is_followed_by_name(&self, end: usize) -> bool {
        let behind = self.blanked.get(end..).unwrap_or_default();
        behind.starts_with(' ')
            && behind.trim_start().starts_with(|c: char| c.is_alphabetic() || c == '$')
    }

    /// What stands in the brackets behind a name, or up to the end of the statement.
    pub fn arguments(&self, end: usize) -> Given {
        let behind = self.blanked.get(end..).unwrap_or_default();
        let bracketed = behind.trim_start().starts_with('(');
        let mut depth = 0usize;
        let mut stop = behind.len().min(MAX_ARGUMENTS);
        for (at, c) in behind.char_indices().take(MAX_ARGUMENTS) {
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && bracketed {
                        stop = at;
                        break;
                    }
                }
                ';' | '\n' if depth == 0 => {
                    stop = at;
                    break;
                }
                _ => {}
            }
        }
        let own = behind.get(..stop).unwrap_or_default();
        let within = |at: usize| at >= end && at < end + stop;
        let literals: Vec<String> = self
            .literals
            .iter()
            .filter(|(at, _)| within(*at))
            .map(|(_, text)| text.clone())
            .collect();
        #[rustfmt::skip]
        const WORDS: &[&str] = &[
            "shell", "True", "False", "true", "false", "None", "null", "stdio", "text", "encoding",
            "check", "capture_output", "stdout", "stderr", "PIPE", "cwd", "env", "timeout",
            "universal_newlines", "subprocess", "f", "r", "b", "u", "split", "stdin", "function",
            "err", "out", "console", "log", "print", "encode", "decode", "strip",
        ];
        let mut names = self
            .names
            .iter()
            .filter(|(name, at)| within(at.saturating_sub(1)) && !WORDS.contains(&name.as_str()));
        let has_names = names.clone().next().is_some();
        let first_literal =
            self.literals.iter().find(|(at, _)| within(*at)).map_or(usize::MAX, |(at, _)| *at);
        let starts_with_name = names.next().is_some_and(|(name, at)| {
            *at <= first_literal && !["list", "str", "bytes"].contains(&name.as_str())
        });
        Given {
            has_names,
            is_list: own.contains('['),
            names: self
                .names
                .iter()
                .filter(|(_, at)| within(at.saturating_sub(1)))
                .map(|(name, _)| name.clone())
                .collect(),
            has_calls: own.trim_start().get(1..).is_some_and(|inner| inner.contains('(')),
            has_joins: own.contains('+')
                || own.contains('%')
                || own.contains('.') && has_names
                || own.contains('&'),
            starts_with_name,
            literals,
        }
    }
}
