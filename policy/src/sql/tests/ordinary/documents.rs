//! Headings, notes, commit messages and longer texts.

use super::all_pass;

#[test]
fn headings_and_notes() {
    all_pass(&[
        "# Setup\n\nInstall \"numpy\".",
        "# Setup\n\nInstall 'numpy'.\n\n## Run\n\nLoad 'app.py'.",
        "## Install\n\n```sh\nnpm install \"left-pad\"\n```",
        "## Steps\n\n1. Attach \"cv.pdf\"\n2. Grant access to HR\n3. Delete drafts with typos",
        "- [ ] Load \"seed.json\"\n- [ ] Execute \"make\"\n- [x] Kill 3 bugs",
        "* kill 4711\n* restart the app\n* flush the cache",
        "> Please copy data from \"a\" to \"b\"",
        "**Attach** \"invoice.pdf\" **now**",
        "`kill 4711` stops it; `kill -9 4711` makes sure.",
        "Use `execute(\"ls\")` to list files.",
        "| step | command |\n|---|---|\n| 1 | install \"x\" |\n| 2 | kill 12 |",
        "Runbook: kill 4711; wait 5 seconds; start the worker.",
        "TODO: change master to main; drop column aliases",
        "Q: How do I delete users with no orders?\nA: Ask the data team.",
        "Agenda\n\n- Revoke access from leavers\n- Backup database prod nightly",
        "Changelog\n\n- load 'x' lazily\n- attach \"y\" on demand\n- execute('z') removed",
        "Notes: select a venue, insert coins, update the invite, delete nothing.",
        "Meeting at 5; drop table talk, bring values",
        "Subject: Grant access to Bob\n\nHi, could you please grant access to Bob? Thanks!",
        "Re: Delete users with no consent",
        "WIP: execute (\"dry run\") first",
        "1) install \"a\"; 2) load \"b\"; 3) kill 7",
        "Step 2: Install \"docker\"",
        "Warning: kill 1 stops the container",
        "Tip: attach 'notes.md' to keep context",
    ]);
}

#[test]
fn commits_and_logs() {
    all_pass(&[
        "fix: delete users with stale sessions",
        "feat: grant access to guests",
        "chore: install \"husky\"",
        "refactor: load \"config\" once",
        "docs: execute(\"x\") is deprecated",
        "revert: change master to main",
        "ci: kill 2 flaky jobs",
        "perf: flush tables lazily in the renderer",
        "test: copy fixtures from \"old\" to \"new\"",
        "build: stop replica of the old image from starting",
        "INFO worker 12 restart",
        "ERROR cannot attach \"disk0\"",
        "WARN kill 4711 (timeout)",
        "DEBUG load \"plugin\" took 12 ms",
        "12:01 execute(\"sync\") ok",
        "npm ERR! install \"left-pad\" failed",
    ]);
}
