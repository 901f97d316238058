//! No shell takes these.

pub const COMMANDS: &[&str] = &[
    "echo 'abc",
    r#"echo "abc"#,
    "rm -rf 'x",
    "ls )",
    "if true; then ls",
    "(ls",
    "echo $(ls",
    "foo() {",
    "while true; do ls",
];
