/*! The command line of AWS. */

use crate::shell::ShellEffect::{InfraDestroy, PermissionChange};
use crate::shell::argv::Call;
use crate::shell::expand::Field;
use crate::shell::flow::Flow;
use crate::shell::judge::Judge;
use crate::shell::program::cluster::words;

impl Judge<'_> {
    pub(super) fn aws(&mut self, call: &Call<'_>) {
        let verbs = words(
            call,
            "",
            &[
                "profile",
                "region",
                "output",
                "endpoint-url",
                "query",
                "ca-bundle",
                "cli-read-timeout",
            ],
        );
        let at = |index: usize| verbs.get(index).copied().unwrap_or_default();
        self.found.unresolved |= call.args.iter().take(2).any(Field::may_be_option);
        let (service, action) = (at(0), at(1));
        #[rustfmt::skip]
        const ENDS: &[&str] = &[
            "delete-", "terminate-", "remove-", "purge-", "destroy-", "deregister-", "stop-",
            "disable-", "cancel-", "revoke-", "release-", "detach-", "schedule-key-deletion",
            "reset-", "reboot-", "batch-delete-", "empty-", "disassociate-", "abort-",
        ];
        let zero =
            |options: &[&str]| call.values("", options).iter().any(|field| field.text == "0");
        let destroys = match (service, action) {
            ("s3", "rb" | "rm") => true,
            ("s3", "sync") => {
                call.says(&["--delete"])
                    && call.args.iter().any(|field| field.text.contains("empty"))
            }
            ("s3api", "put-bucket-lifecycle-configuration") => true,
            _ => ENDS.iter().any(|verb| action.starts_with(verb)) && !call.says(&["--dry-run"]),
        };
        let by_batch =
            call.texts().any(|text| text.replace(' ', "").contains("\"Action\":\"DELETE\""));
        if destroys || by_batch || zero(&["desired-capacity", "desired-count", "max-size"]) {
            self.add(InfraDestroy);
        }
        #[rustfmt::skip]
        const GRANTS: &[&str] = &[
            "attach-", "put-user-policy", "put-role-policy", "put-group-policy",
            "add-user-to-group", "create-access-key", "update-assume-role-policy",
            "create-login-profile", "update-login-profile", "create-policy-version",
            "set-default-policy-version", "deactivate-mfa-device",
        ];
        let public =
            call.texts().any(|text| text.contains("public-read") || text.contains("AllUsers"));
        if (service == "iam" && GRANTS.iter().any(|verb| action.starts_with(verb)))
            || public
            || action == "put-bucket-policy"
        {
            self.add(PermissionChange);
        }
        if action == "send-command" {
            for field in call.args.iter().filter(|field| field.text.contains("commands=")) {
                let text =
                    field.text.split_once("commands=").map(|(_, text)| text).unwrap_or_default();
                self.text(text.trim_matches(['[', ']', '"', '\'']), Flow::empty());
            }
        }
        if let Some(query) = call.values("", &["query-string", "sql"]).into_iter().next() {
            self.statement(&query.text);
        }
    }
}
