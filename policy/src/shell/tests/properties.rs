//! No text panics, and the work is linear in it.

use proptest::prelude::*;

use super::*;

fn spent(text: &str) -> (u64, Shell) {
    let work = Work::for_bytes(text.len());
    let shell = classify_within(text, &work);
    (work.spent(), shell)
}

/// The limit, and what one more step may add to it.
fn bound(text: &str) -> u64 {
    200 * text.len() as u64 + 200_000
}

#[test]
fn attacks_are_cut_short() {
    for piece in [
        "(",
        ")",
        "{ ",
        "}",
        "'",
        "\"",
        "`",
        "$(",
        "${",
        "${x:-",
        "$((",
        "((",
        "$[",
        "<(",
        ">(",
        "<<E\n",
        "<<<",
        "a[",
        "a=(",
        "\\",
        "$",
        "$x",
        "x=$x$x;",
        "x+=$x;",
        "{a,",
        "{a,b}",
        "{1..99}",
        "[[ ",
        "if ",
        "then ",
        "for i in ",
        "do ",
        "case x in ",
        "f() ",
        "function ",
        "sh -c '",
        "sudo ",
        "eval ",
        "echo a |",
        "xargs ",
        "env ",
        "a;",
        "a&",
        "a\n",
        "#",
        "!(",
        "*(",
        "'\"",
        "find -exec ",
        "python -c '",
        "ssh a ",
        "docker run a ",
        "$'\\x",
        "echo x > a;",
        "cat a;",
        "a() { a|a& };",
        "alias a=a;a ",
        "psql -c 'DROP ",
        "\u{1}",
        "é",
        "\0",
        "&>",
        "2>",
        "x=a; ",
        "$(a) ",
        "`a` ",
        "rm $x ",
        "parallel {} ",
        "printf %s a b ",
        "sudo -- ",
        "x=$(echo $x$x); ",
        "case a in a) ",
        "until ",
        "select a in b;",
        "coproc ",
        "exec ",
        "trap ",
        "timeout 1 ",
        "if [[ a ]]; then ",
    ] {
        for prefix in ["", "x=aaaaaaaa; ", "for i in 1 2; do ", "echo \""] {
            let text = format!("{prefix}{}", piece.repeat(16_000 / piece.len()));
            let (steps, _) = spent(&text);
            assert!(steps <= bound(&text), "{steps} for {} of {:.60}", text.len(), text);
        }
    }
}

/// Scripts of people, as long as a body may be, are judged whole.
#[test]
fn real_scripts_are_judged_whole() {
    for piece in [
        "cd /srv/app && git pull --rebase origin main && npm ci && npm run build\n",
        "for f in *.txt; do echo \"$f\" | tee -a out.log; done\n",
        "if [ -f \"$HOME/x\" ]; then cat \"$HOME/x\" | grep -v '^#' > y; fi\n",
        "X=\"$(date +%F)\"; tar czf \"backup-$X.tgz\" src && scp \"backup-$X.tgz\" host:/srv/\n",
        "curl -s https://x.example/a | jq '.items[] | .name' | sort | uniq -c\n",
        "cat > a.conf <<'EOF'\nserver { listen 80; location / { return 200; } }\nEOF\n",
        "python3 -c \"import json; print(json.dumps({'a': [1, 2, 3]}))\"\n",
        "docker run --rm -v \"$PWD\":/w -w /w node:20 sh -c 'npm ci && npm test'\n",
    ] {
        let text = piece.repeat(64_000 / piece.len());
        let (steps, shell) = spent(&text);
        assert_eq!(shell, Shell::default(), "{piece}");
        assert!(steps < 48 * text.len() as u64, "{} per byte: {piece}", steps / text.len() as u64);
    }
}

#[test]
fn over_the_budget_nothing_is_known() {
    let text = format!("x={}; {}", "a".repeat(2_000), "echo $x; ".repeat(4_000));
    let (_, shell) = spent(&text);
    assert!(shell.over_budget && shell.unparsed);
}

const PIECES: &[&str] = &[
    "rm",
    "-rf",
    "/",
    "sudo",
    "sh",
    "-c",
    "bash",
    "eval",
    "echo",
    "cat",
    "curl",
    "http://x",
    "|",
    "||",
    "&&",
    ";",
    "&",
    "\n",
    "(",
    ")",
    "{",
    "}",
    "'",
    "\"",
    "`",
    "$(",
    "${",
    "$((",
    "))",
    "$x",
    "x=",
    "x=(",
    "<<E",
    "E",
    "<",
    ">",
    ">>",
    "<(",
    ">(",
    "&>",
    "2>&1",
    "#",
    "\\",
    "if",
    "then",
    "fi",
    "for",
    "in",
    "do",
    "done",
    "while",
    "case",
    "esac",
    "f()",
    "function",
    "[[",
    "]]",
    "!",
    "*",
    "?",
    "[a",
    "{a,b}",
    "{1..3}",
    "$'",
    "\\x72",
    "xargs",
    "-I{}",
    "{}",
    "find",
    "-exec",
    ";",
    "\\;",
    "+",
    "python3",
    "print('x')",
    "os.system('rm')",
    "psql",
    "DROP TABLE t",
    "git",
    "push",
    "-f",
    "+main",
    "${x:-y}",
    "${x#y}",
    "${!x}",
    "$@",
    "$1",
    "read",
    "x",
    "printf",
    "%s",
    "é",
    "\u{1}",
    "env",
    "-S",
    "awk",
    "base64",
    "-d",
    "tee",
    "/dev/sda",
    "ssh",
    "host",
    "docker",
    "run",
    "--",
    "-",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn no_text_panics(text in any::<String>()) {
        classify(&text);
    }

    #[test]
    fn no_pieces_panic(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40),
        glue in prop::sample::select(vec![" ", "", "\n"]),
    ) {
        let text = pieces.join(glue);
        let (steps, _) = spent(&text);
        prop_assert!(steps <= bound(&text), "{}", text);
        classify_argv(&pieces, &Work::for_bytes(text.len()));
    }
}
