//! Every command with what has to be found of it.

mod credential_exfil;
mod disk_destroy;
mod escapes;
mod harmless;
mod held;
mod history_rewrite;
mod host_control;
mod infra_destroy;
mod no_escapes;
mod permission_change;
mod recursive_delete;
mod remote_code;
mod sql_via_shell;
mod unparsed;
mod unresolved;

use super::*;

fn all_have(commands: &[&str], effect: ShellEffect) {
    for command in commands {
        let shell = classify(command);
        assert!(shell.effects.contains(&effect), "{command}: {shell:?} lacks {effect:?}");
    }
}

#[test]
fn credential_exfil_is_found() {
    all_have(credential_exfil::COMMANDS, CredentialExfil);
}

#[test]
fn disk_destroy_is_found() {
    all_have(disk_destroy::COMMANDS, DiskDestroy);
}

#[test]
fn history_rewrite_is_found() {
    all_have(history_rewrite::COMMANDS, HistoryRewrite);
}

#[test]
fn host_control_is_found() {
    all_have(host_control::COMMANDS, HostControl);
}

#[test]
fn infra_destroy_is_found() {
    all_have(infra_destroy::COMMANDS, InfraDestroy);
}

#[test]
fn permission_change_is_found() {
    all_have(permission_change::COMMANDS, PermissionChange);
}

#[test]
fn recursive_delete_is_found() {
    all_have(recursive_delete::COMMANDS, RecursiveDelete);
}

#[test]
fn remote_code_is_found() {
    all_have(remote_code::COMMANDS, RemoteCode);
}

#[test]
fn sql_via_shell_is_found() {
    all_have(sql_via_shell::COMMANDS, SqlViaShell);
}

#[test]
fn what_the_machine_decides_is_told() {
    for command in unresolved::COMMANDS {
        assert!(classify(command).unresolved, "{command}");
    }
}

#[test]
fn what_no_shell_takes_is_told() {
    for command in unparsed::COMMANDS {
        assert!(classify(command).unparsed, "{command}");
    }
}

#[test]
fn none_of_these_passes() {
    for command in held::COMMANDS.iter().chain(escapes::COMMANDS) {
        assert_ne!(classify(command), Shell::default(), "{command}");
    }
}

/// Where the command can be read it is judged as if it stood there alone.
#[test]
fn what_an_escape_runs_is_judged() {
    let told = [
        "ip netns exec blue rm -rf /srv",
        "sed '1e rm -rf /srv' f",
        "sed 's/x/rm -rf \\/srv/e' f",
        "make -f - <<< 'a: ; rm -rf /srv'",
        "gdb -batch -ex 'shell rm -rf /srv'",
        "nix-shell -p git --run 'rm -rf /srv'",
        "echo 'rm -rf /srv' > /tmp/x.sh; BASH_ENV=/tmp/x.sh bash -c ls",
        "expect -c 'spawn sh -c \"rm -rf /srv\"'",
        "awk 'BEGIN { system (\"r\" \"m -rf /srv\") }'",
        "vim -c 'silent !rm -rf /srv'",
        "git -c diff.external='rm -rf /srv' diff",
        "GIT_PAGER='rm -rf /srv' git log",
        "tar xf x --to-com 'rm -rf /srv'",
        "ssh -o 'ProxyCommand rm -rf /srv' host",
        "script -q /dev/null rm -rf /srv",
        "parallel ::: 'rm -rf /srv'",
        "systemd-run --on-calendar '*-*-*' rm -rf /srv",
        "unshare -R /x rm -rf /srv",
        "bwrap --dev-bind / / -- sh -c 'rm -rf /srv'",
        "setarch x86_64 -R rm -rf /srv",
    ];
    all_have(&told, RecursiveDelete);
}

#[test]
fn harmless_commands_pass() {
    for command in harmless::COMMANDS.iter().chain(no_escapes::COMMANDS) {
        assert_eq!(classify(command), Shell::default(), "{command}");
    }
}
