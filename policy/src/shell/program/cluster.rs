/*! Containers and clusters: what deletes in them, and commands that run inside. */

use crate::shell::ShellEffect::{HostControl, InfraDestroy, PermissionChange};
use crate::shell::argv::Call;
use crate::shell::expand::Field;
use crate::shell::flow::Flow;
use crate::shell::judge::Judge;

/// Options of `docker run` and its like that take no value.
#[rustfmt::skip]
const SWITCHES: &[&str] = &[
    "-i", "-t", "-d", "-it", "-ti", "-dit", "-itd", "-P", "--rm", "--privileged", "--init",
    "--interactive", "--tty", "--detach", "--read-only", "--no-healthcheck", "--publish-all",
    "--oom-kill-disable", "-T", "--no-deps", "--service-ports", "--quiet", "-q", "--build",
    "--remove-orphans", "-id", "-dt", "-td",
];

impl Judge<'_> {
    pub fn cluster(&mut self, call: &Call<'_>, stdin: &Flow) {
        match call.name {
            "docker" | "podman" | "nerdctl" | "docker-compose" | "podman-compose" | "buildah"
            | "crictl" | "ctr" | "finch" => {
                self.container(call, stdin);
            }
            "kubectl" | "oc" | "k" | "kubectl.exe" | "microk8s" | "k3s" | "minikube"
            | "kubecolor" => self.kubernetes(call, stdin),
            "helm" | "helm3" => {
                let verbs = words(call, "n", &["namespace", "kube-context", "kubeconfig"]);
                let first = verbs.first().copied().unwrap_or_default();
                let deletes = ["uninstall", "delete", "del", "un"].contains(&first);
                if deletes && !call.says(&["--dry-run"]) {
                    self.add(InfraDestroy);
                }
                self.undecided(call);
            }
            "lxc" | "incus" | "virsh" | "multipass" | "vagrant" | "VBoxManage" | "qm" | "pct"
            | "xe" => {
                #[rustfmt::skip]
                const ENDS: &[&str] = &[
                    "delete", "destroy", "undefine", "purge", "unregistervm", "vol-delete",
                    "pool-delete", "pool-destroy", "net-destroy", "vm-destroy", "vm-uninstall",
                ];
                if call.says(ENDS) {
                    self.add(InfraDestroy);
                }
                if let Some(at) =
                    call.texts().position(|text| text == "--").filter(|_| call.says(&["exec"]))
                {
                    self.invoke(call.rest(at + 1), stdin);
                }
                for text in call.values("c", &["command"]) {
                    self.text(&text.text, stdin.clone());
                }
            }
            _ => {}
        }
    }

    fn undecided(&mut self, call: &Call<'_>) {
        self.found.unresolved |= call.args.first().is_some_and(Field::may_be_option);
    }

    fn container(&mut self, call: &Call<'_>, stdin: &Flow) {
        let global: &[&str] = &[
            "host",
            "context",
            "config",
            "file",
            "project-name",
            "log-level",
            "profile",
            "env-file",
            "project-directory",
        ];
        let verbs = words(call, "Hclfpn", global);
        let at = |index: usize| verbs.get(index).copied().unwrap_or_default();
        self.undecided(call);
        let compose = call.name.ends_with("-compose") || at(0) == "compose";
        let verb = if at(0) == "compose" { at(1) } else { at(0) };
        #[rustfmt::skip]
        const GROUPS: &[&str] = &[
            "system", "volume", "network", "image", "container", "builder", "buildx", "stack",
            "service", "secret", "config", "swarm", "node", "context", "pod", "machine", "images",
            "plugin",
        ];
        let destroys = match verb {
            "down" if compose => call.texts().any(|text| {
                text == "--volumes"
                    || text.starts_with("--rmi")
                    || (text.starts_with('-') && !text.starts_with("--") && text.contains('v'))
            }),
            "rm" if compose => call.has("v", &["volumes"]),
            group if GROUPS.contains(&group) => {
                let second = if at(0) == "compose" { at(2) } else { at(1) };
                let deletes = ["rm", "remove", "prune", "delete", "reset"].contains(&second);
                (second == "prune" && group != "context")
                    || (deletes && !["container", "image", "images", "context"].contains(&group))
                    || (group == "swarm" && second == "leave")
                    || (group == "node" && second == "demote")
            }
            "prune" => true,
            "rm" | "rmi" | "kill" | "stop" | "pause" => {
                self.found.unresolved |=
                    call.args.iter().any(Field::may_be_option) && call.name != "ctr";
                call.has("a", &["all"]) || (verb == "rm" && call.has("v", &["volumes"]))
            }
            _ => false,
        };
        if destroys {
            self.add(InfraDestroy);
        }
        if call.says(&["run", "create"]) {
            let mounts = call.values("v", &["volume", "mount"]);
            let root = mounts.iter().any(|field| {
                field.text.starts_with("/:")
                    || field.text.contains("source=/,")
                    || field.text.contains("src=/,")
            });
            if root {
                self.add(HostControl);
            }
        }
        let runs = call.texts().position(|text| text == "run" || text == "exec");
        if let Some(at) = runs.filter(|_| {
            ["run", "exec"].contains(&verb) || ["run", "exec"].contains(&self_second(&verbs))
        }) {
            let entry = call.values("", &["entrypoint"]);
            let mut inner = behind_image(call.rest(at + 1)).to_vec();
            if let Some(entry) = entry.into_iter().next() {
                inner.insert(0, entry);
            }
            if let Some(first) = inner.first()
                && !first.text.starts_with('-')
            {
                self.invoke(&inner, stdin);
            }
        }
    }

    fn kubernetes(&mut self, call: &Call<'_>, stdin: &Flow) {
        let valued: &[&str] = &[
            "namespace",
            "context",
            "kubeconfig",
            "cluster",
            "user",
            "server",
            "as",
            "token",
            "profile",
        ];
        let mut verbs = words(call, "nsp", valued);
        if verbs.first().is_some_and(|first| ["kubectl", "adm"].contains(first)) {
            verbs.remove(0);
        }
        let at = |index: usize| verbs.get(index).copied().unwrap_or_default();
        self.undecided(call);
        let dry = call.texts().any(|text| text.starts_with("--dry-run") && !text.ends_with("none"));
        let destroys = match at(0) {
            "delete" | "drain" | "uninstall" => true,
            "replace" => call.has("", &["force"]),
            "scale" => {
                call.texts().any(|text| text == "--replicas=0")
                    || call.values("", &["replicas"]).iter().any(|f| f.text == "0")
            }
            "rollout" => false,
            "taint" => call.texts().any(|text| text.contains("NoExecute")),
            "patch" => call.texts().any(|text| {
                text.contains("\"finalizers\":null") || text.contains("\"finalizers\":[]")
            }),
            "apply" => call.says(&["--prune"]),
            "etcd-snapshot" => at(1) == "delete",
            _ => false,
        };
        if destroys && !dry {
            self.add(InfraDestroy);
        }
        let admin = call.texts().any(|text| text.contains("cluster-admin"));
        if (at(0) == "create" && at(1).starts_with("clusterrolebinding") && admin)
            || (at(0) == "policy" && admin)
        {
            self.add(PermissionChange);
        }
        if ["exec", "rsh", "debug", "run", "ssh"].contains(&at(0)) {
            match call.texts().position(|text| text == "--") {
                Some(at) => {
                    self.invoke(call.rest(at + 1), stdin);
                }
                None if ["exec", "rsh", "ssh"].contains(&at(0)) => {
                    let operands = call.operands("ncsp", valued);
                    let skip = if at(0) == "ssh" { 1 } else { 2 };
                    let rest: Vec<Field> = operands.into_iter().skip(skip).cloned().collect();
                    if let [only] = rest.as_slice() {
                        self.feed_field(only, stdin);
                    } else {
                        self.invoke(&rest, stdin);
                    }
                }
                None => {}
            }
        }
    }
}

fn self_second<'a>(verbs: &[&'a str]) -> &'a str {
    verbs.get(1).copied().unwrap_or_default()
}

/// Arguments that are no options.
pub(super) fn words<'f>(call: &Call<'f>, valued: &str, long: &[&str]) -> Vec<&'f str> {
    call.operands(valued, long).into_iter().map(|field| field.text.as_str()).collect()
}

/// The command behind the options and the image or container.
fn behind_image(args: &[Field]) -> &[Field] {
    let mut at = 0;
    while let Some(field) = args.get(at) {
        let text = field.text.as_str();
        if !text.starts_with('-') {
            return args.get(at + 1..).unwrap_or_default();
        }
        let attached = text.contains('=')
            || (!text.starts_with("--") && text.len() > 2 && !SWITCHES.contains(&text));
        at += if SWITCHES.contains(&text) || attached { 1 } else { 2 };
    }
    &[]
}
