/*! Settings of ssh that are commands of this machine. */

use crate::shell::argv::Call;
use crate::shell::flow::Flow;
use crate::shell::judge::Judge;

const SETTINGS: &[&str] = &["proxycommand", "localcommand", "knownhostscommand", "remotecommand"];

impl Judge<'_> {
    /// `-o 'ProxyCommand x'`, `-oProxyCommand=x`.
    pub(super) fn ssh_options(&mut self, call: &Call<'_>) {
        for (_, setting) in call.parsed("o", "", &[]).values {
            let Some((name, command)) = setting.text.trim_start().split_once(['=', ' ']) else {
                continue;
            };
            if SETTINGS.contains(&name.trim_end().to_ascii_lowercase().as_str()) {
                self.text(command.trim_start_matches(['=', ' ', '"']), Flow::local());
            }
        }
    }
}
