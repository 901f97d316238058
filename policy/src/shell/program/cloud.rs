/*! Command lines of clouds and tools that make infrastructure. */

mod aws;

use super::cluster::words;
use crate::shell::ShellEffect::{InfraDestroy, PermissionChange};
use crate::shell::argv::Call;
use crate::shell::expand::Field;
use crate::shell::flow::Flow;
use crate::shell::judge::Judge;

/// Programs of the form `NOUN.. VERB NAME`.
#[rustfmt::skip]
const CLIENTS: &[&str] = &[
    "gcloud", "az", "doctl", "heroku", "fly", "flyctl", "linode-cli", "hcloud", "openstack",
    "ibmcloud", "oci", "scw", "vultr-cli", "exo", "netlify", "vercel", "supabase", "firebase",
    "cf", "eksctl", "kops", "kind", "k3d", "nomad", "consul", "vault", "gh", "glab", "gsutil",
    "s3cmd", "mc", "rclone-remote", "bq", "aliyun", "tccli", "yc", "civo", "railway", "render",
    "wrangler", "planetscale", "pscale", "atlas", "ccloud", "confluent", "sfdx", "sf", "amplify",
    "eb", "copilot", "serverless", "sls", "sst", "cdk", "sam", "pulumi", "argocd", "flux",
    "istioctl", "velero", "rancher", "kubeadm", "kfctl", "cloudflared", "flarectl",
    "terraform-cloud", "tfe", "s4cmd", "s5cmd", "azcopy", "etcdctl", "rabbitmqctl",
    "rabbitmqadmin", "zfs-remote", "influx", "pm", "npm", "yarn", "pnpm", "cargo", "gem", "nuget",
    "twine", "pscp", "ceph", "rbd", "gluster", "rados", "kafka-topics", "kafka-topics.sh",
    "kafka-consumer-groups", "kafka-consumer-groups.sh", "kaf", "kcat", "nats", "temporal", "govc",
    "juju", "ovirt-shell", "pvesh", "maas", "neonctl", "turso", "clever", "platform", "terminus",
    "upsun", "acli", "dokku", "kustomize", "skaffold", "tilt", "garden", "okteto", "devspace",
    "werf", "ansible-galaxy", "nova", "swift", "cinder", "cloudfoundry",
];

/// A delete, in the words of such clients. Parts of words count, as in `apps:destroy` and `delete-stack`.
#[rustfmt::skip]
const DELETES: &[&str] = &[
    "delete", "destroy", "remove", "rm", "rb", "del", "purge", "terminate", "uninstall",
    "undeploy", "wipe", "flush", "unpublish", "yank", "reset", "nuke", "deprovision", "teardown",
    "erase", "down", "rmdir", "forget_cluster_node", "delete_queue", "delete_vhost", "delete_user",
    "disable", "seal", "empty", "deallocate",
];

/// Behind one of these nothing is deleted.
#[rustfmt::skip]
const READS: &[&str] = &[
    "list", "ls", "describe", "get", "show", "logs", "log", "view", "status", "info", "diff",
    "cat", "help", "search", "browse", "version", "auth", "login", "read", "tail", "watch", "test",
    "run", "build", "install", "add", "create", "clone", "exec", "stat", "du", "cp", "config",
    "whoami", "audit", "update", "outdated", "start", "check", "fmt", "doc", "up", "ssh",
    "start-stop",
];

impl Judge<'_> {
    pub fn cloud(&mut self, call: &Call<'_>, stdin: &Flow) {
        match call.name {
            "aws" | "awslocal" | "aws2" => self.aws(call),
            "terraform" | "tofu" | "terragrunt" | "cdktf" => {
                let destroys = |text: &str| ["destroy", "-destroy", "--destroy"].contains(&text);
                let verbs = words(call, "", &[]);
                let verb =
                    verbs.iter().find(|word| **word != "run-all").copied().unwrap_or_default();
                let second = verbs
                    .iter()
                    .skip_while(|word| **word != verb)
                    .nth(1)
                    .copied()
                    .unwrap_or_default();
                let removes = matches!(
                    (verb, second),
                    ("state", "rm" | "push") | ("workspace", "delete") | ("force-unlock", _)
                );
                if removes || (verb != "plan" && verb != "help" && call.texts().any(destroys)) {
                    self.add(InfraDestroy);
                }
                self.found.unresolved |= call.args.first().is_some_and(Field::may_be_option);
            }
            "ansible" => self.ansible(call, stdin),
            "ansible-playbook" => {
                let bad = call.texts().any(|text| {
                    text.contains("destroy")
                        || text.contains("teardown")
                        || text.contains("state=absent")
                });
                if bad {
                    self.add(InfraDestroy);
                }
            }
            name if CLIENTS.contains(&name) => self.client(call),
            _ => {}
        }
    }

    fn client(&mut self, call: &Call<'_>) {
        self.found.unresolved |= call.args.first().is_some_and(Field::may_be_option);
        let packages = ["npm", "yarn", "pnpm", "cargo", "gem", "nuget"].contains(&call.name);
        for text in
            call.texts().filter(|text| !text.starts_with('-') || text.starts_with("--delete"))
        {
            let lower = text.to_ascii_lowercase();
            if packages {
                if ["unpublish", "yank", "deprecate"].contains(&lower.as_str()) {
                    self.add(InfraDestroy);
                }
                continue;
            }
            let mut parts = lower.split([':', '-', '_', '/', '.']);
            let first = parts.clone().next().unwrap_or_default();
            let deletes = DELETES.contains(&lower.trim_start_matches("--"))
                || DELETES.contains(&first)
                || (lower.contains(':')
                    && !lower.contains("//")
                    && parts.any(|part| DELETES.contains(&part)));
            let is_noun = lower == "run" && ["gcloud", "gh", "az"].contains(&call.name);
            let reads = !is_noun
                && READS.contains(&lower.as_str())
                && !(call.name == "gsutil" && lower == "cp");
            if deletes && !call.says(&["--dry-run", "--dryrun"]) {
                self.add(InfraDestroy);
                break;
            }
            if reads {
                break;
            }
        }
        let grants = call.texts().any(|text| {
            ["add-iam-policy-binding", "set-iam-policy", "allUsers", "allAuthenticatedUsers"]
                .iter()
                .any(|word| text.contains(word))
        }) || (call.name == "az"
            && call.says(&["role"])
            && call.says(&["assignment"])
            && call.says(&["create"]));
        if grants {
            self.add(PermissionChange);
        }
        if call.name == "gh" && call.says(&["api"]) {
            let deletes = call
                .values("X", &["method"])
                .iter()
                .any(|field| field.text.eq_ignore_ascii_case("delete"));
            if deletes {
                self.add(InfraDestroy);
            }
        }
        if call.name == "gcloud" {
            for text in call.values("", &["command"]) {
                self.text(&text.text, Flow::empty());
            }
        }
        if call.name == "bq"
            && let Some(at) = call.texts().position(|text| text == "query")
        {
            for field in call.rest(at + 1).iter().filter(|field| field.text.contains(' ')) {
                self.statement(&field.text);
            }
        }
        if call.name == "heroku"
            && let Some(at) =
                call.texts().position(|text| text == "run" || text.starts_with("run:"))
        {
            let rest = call.rest(at + 1);
            let skip = rest.iter().take_while(|field| field.text.starts_with('-')).count();
            self.invoke(rest.get(skip..).unwrap_or_default(), &Flow::empty());
        }
    }

    /// Modules that run commands, and those that take something away.
    fn ansible(&mut self, call: &Call<'_>, stdin: &Flow) {
        let module = call.values("m", &["module-name"]).into_iter().next().map(|field| field.text);
        let module = module.unwrap_or_else(|| "command".to_owned());
        for field in call.values("a", &["args"]) {
            match module.rsplit('.').next().unwrap_or_default() {
                "shell" | "command" | "raw" | "script" | "win_shell" => {
                    self.feed_field(&field, stdin);
                }
                _ if field.text.contains("state=absent")
                    || field.text.contains("state=stopped") =>
                {
                    self.add(InfraDestroy)
                }
                _ => {}
            }
        }
    }
}
