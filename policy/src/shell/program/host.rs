/*! The machine itself: its power, services, processes, firewall and network. */

use crate::shell::ShellEffect::HostControl;
use crate::shell::argv::Call;
use crate::shell::flow::Flow;
use crate::shell::judge::Judge;

/// Verbs of `systemctl` after which something no longer runs, or not as before.
#[rustfmt::skip]
const STOPPING: &[&str] = &[
    "stop", "disable", "mask", "kill", "isolate", "poweroff", "reboot", "halt", "suspend",
    "hibernate", "rescue", "emergency", "kexec", "set-default", "hybrid-sleep", "exit",
    "soft-reboot", "switch-root",
];

/// Programs that others depend on, whoever ends them.
#[rustfmt::skip]
const VITAL: &[&str] = &[
    "init", "systemd", "sshd", "dockerd", "containerd", "kubelet", "postgres", "mysqld", "nginx",
    "dbus", "cron", "crond", "journald", "networkmanager", "auditd", "falco", "falcon", "osqueryd",
    "rsyslogd",
];

impl Judge<'_> {
    pub fn host(&mut self, call: &Call<'_>, stdin: &Flow) {
        let says = |words: &[&str]| call.says(words);
        let first =
            call.operands("", &[]).first().map(|field| field.text.as_str()).unwrap_or_default();
        let stops = match call.name {
            "shutdown" => !call.has("c", &["show"]) || call.says(&["now"]),
            "reboot" | "halt" | "poweroff" | "kexec" | "pm-suspend" | "Stop-Computer"
            | "Restart-Computer" => true,
            "init" | "telinit" => ["0", "1", "6", "s", "S", "single"].contains(&first),
            "systemctl" | "loginctl" | "machinectl" => {
                let verb =
                    call.operands("HMtpno", &["host", "machine", "type", "property", "signal"]);
                let verb = verb.first();
                self.found.unresolved |= verb.is_some_and(|field| field.may_be_option());
                verb.is_some_and(|field| {
                    let verb = field.text.as_str();
                    STOPPING.contains(&verb)
                        || verb.starts_with("terminate-")
                        || verb.starts_with("kill-")
                })
            }
            "service" | "invoke-rc.d" | "rc-service" => {
                says(&["stop", "--full-restart"])
                    || call.args.get(1).is_some_and(|field| field.may_be_option())
            }
            "sv" => says(&["stop", "down", "force-stop", "exit", "d"]),
            "launchctl" => {
                says(&["unload", "bootout", "remove", "stop", "disable", "kill", "reboot"])
            }
            "supervisorctl" => says(&["stop", "shutdown", "remove"]),
            "pm2" => says(&["kill"]) || (says(&["delete", "stop", "del"]) && says(&["all"])),
            "rc-update" | "update-rc.d" | "chkconfig" | "insserv" => {
                says(&["del", "delete", "remove", "disable", "off", "-r"])
            }
            "net.exe" | "sc" | "sc.exe" | "Stop-Service" | "taskkill" => {
                call.name == "Stop-Service" || says(&["stop", "delete"])
            }
            "kill" => self.kills_all(call),
            "killall" | "killall5" => !call.has("lV", &["list", "version"]),
            "pkill" | "skill" | "slay" => self.pkill(call),
            "iptables" | "ip6tables" | "iptables-legacy" | "iptables-nft" | "ebtables"
            | "arptables" => {
                call.texts().any(|text| {
                    [
                        "-F",
                        "-X",
                        "-P",
                        "-D",
                        "--flush",
                        "--policy",
                        "--delete",
                        "--delete-chain",
                        "--zero",
                        "-Z",
                    ]
                    .contains(&text)
                }) || says(&["DROP"])
                    && says(&["INPUT", "OUTPUT", "FORWARD"])
                    && call.args.len() <= 4
            }
            "iptables-restore" | "ip6tables-restore" => true,
            "nft" => {
                says(&["flush", "delete", "destroy", "reset"])
                    || call
                        .texts()
                        .any(|text| text.starts_with("flush ") || text.starts_with("delete "))
            }
            "ufw" => {
                says(&["disable", "reset", "delete"]) || (says(&["default"]) && says(&["allow"]))
            }
            "firewall-cmd" => call.texts().any(|text| {
                text.starts_with("--panic-on")
                    || text.starts_with("--remove-")
                    || text == "--complete-reload"
            }),
            "pfctl" => call.has("dF", &[]),
            "netsh" => says(&["off", "reset", "delete"]),
            "setenforce" => ["0", "permissive", "Permissive"].contains(&first),
            "sysctl" => {
                call.has("w", &["write"])
                    || call.operands("p", &[]).iter().any(|field| field.text.contains('='))
            }
            "swapoff" => call.has("a", &["all"]) || !call.args.is_empty(),
            "ip" => {
                (says(&["link", "l"]) && says(&["down", "delete", "del"]))
                    || says(&["flush"])
                    || (says(&["route", "r", "addr", "a", "address", "netns"])
                        && says(&["del", "delete"]))
            }
            "ifconfig" => says(&["down", "delete"]),
            "ifdown" | "route" => call.name == "ifdown" || says(&["del", "delete", "flush"]),
            "nmcli" => says(&["off", "down", "delete", "disconnect"]),
            "rmmod" | "insmod" => true,
            "modprobe" => call.has("r", &["remove"]),
            "umount" => {
                call.has("alf", &["all", "lazy", "force"])
                    || call
                        .operands("t", &[])
                        .iter()
                        .any(|field| super::paths::is_system(&field.text))
            }
            "mount" => call.texts().any(|text| text.contains("remount")),
            "crontab" => call.has("r", &[]) || self.schedules(call, stdin),
            "date" => call.has("s", &["set"]),
            "timedatectl" => says(&["set-time", "set-ntp"]),
            "auditctl" => call.has("De", &[]),
            "aa-teardown" | "aa-disable" | "aa-complain" | "grub-install" | "update-grub"
            | "efibootmgr" => call.name != "efibootmgr" || call.has("B", &[]),
            "wall" | "stress" | "stress-ng" => call.name != "wall",
            "journalctl" => {
                call.texts().any(|text| text.starts_with("--vacuum") || text == "--rotate")
            }
            "bcdedit" | "vssadmin" | "wbadmin" => says(&["/set", "delete", "Delete"]),
            "defaults" => says(&["delete"]),
            "csrutil" | "spctl" => says(&["disable", "--master-disable"]),
            "history" => false,
            _ => false,
        };
        if stops || (call.name.starts_with("rc.") && says(&["stop"])) {
            self.add(HostControl);
        }
    }

    /// Every process, or the first of all.
    fn kills_all(&mut self, call: &Call<'_>) -> bool {
        let texts: Vec<&str> = call.texts().collect();
        let mut targets = texts.as_slice();
        match targets {
            ["-l" | "-L" | "--list", ..] => return false,
            ["-s" | "-n" | "--signal", _, rest @ ..] => targets = rest,
            [only] => return ["-1", "1", "0"].contains(only),
            [signal, rest @ ..] if signal.starts_with('-') && *signal != "--" => targets = rest,
            _ => {}
        }
        targets.iter().any(|target| ["-1", "1", "0", "-0"].contains(target))
    }

    fn pkill(&mut self, call: &Call<'_>) -> bool {
        let patterns = call.operands(
            "gGPsUutFn",
            &["signal", "euid", "uid", "group", "parent", "pgroup", "terminal"],
        );
        let wide = |text: &str| {
            let bare = text.trim_matches(['^', '$', '.', '*', '+', '(', ')', '|', '\'']);
            bare.is_empty() || VITAL.contains(&bare.to_ascii_lowercase().as_str())
        };
        match patterns.as_slice() {
            [] => !call.args.is_empty(),
            patterns => patterns.iter().any(|field| wide(&field.text)),
        }
    }

    /// A table of jobs that is read from the input: what it will run.
    fn schedules(&mut self, call: &Call<'_>, stdin: &Flow) -> bool {
        if !call.says(&["-"]) {
            return false;
        }
        let Some(table) = stdin.text.clone() else { return stdin.remote };
        for line in table.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let line = line.trim_start();
            let fields = if line.starts_with('@') { 1 } else { 5 };
            let mut rest = line;
            for _ in 0..fields {
                rest =
                    rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
            }
            self.text(rest, Flow::empty());
        }
        false
    }
}
