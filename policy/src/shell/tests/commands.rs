//! Every command with what has to be found of it.

mod credential_exfil;
mod disk_destroy;
mod harmless;
mod held;
mod history_rewrite;
mod host_control;
mod infra_destroy;
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
    for command in held::COMMANDS {
        assert_ne!(classify(command), Shell::default(), "{command}");
    }
}

#[test]
fn harmless_commands_pass() {
    for command in harmless::COMMANDS {
        assert_eq!(classify(command), Shell::default(), "{command}");
    }
}
