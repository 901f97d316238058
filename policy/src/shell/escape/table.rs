/*! Options and variables whose value is a command. */

/// Programs, and the letters and long names of their options whose value a shell runs.
pub(super) type Option = (&'static [&'static str], &'static str, &'static [&'static str]);

pub(super) const OPTIONS: &[Option] = &[
    (
        &["tar", "gtar", "bsdtar"],
        "IF",
        &[
            "to-command",
            "use-compress-program",
            "rsh-command",
            "info-script",
            "new-volume-script",
            "checkpoint-action",
        ],
    ),
    (&["nix-shell"], "", &["run", "command"]),
    (&["rsync"], "e", &["rsh", "rsync-path"]),
    (&["scp", "sftp"], "S", &[]),
    (&["man", "gman"], "PH", &["pager", "html"]),
    (&["split", "gsplit"], "", &["filter"]),
    (&["sort", "gsort"], "", &["compress-program"]),
    (&["rg"], "", &["pre", "hostname-bin"]),
    (&["zip"], "", &["TT", "unzip-command"]),
    (&["ncat"], "", &["exec", "sh-exec"]),
    (&["tcpdump"], "z", &["postrotate-command"]),
    (&["fzf", "sk"], "", &["preview", "bind"]),
    (&["npx", "npm", "pnpx"], "c", &["call"]),
    (&["nodemon"], "x", &["exec"]),
    (&["go"], "", &["exec", "toolexec"]),
    (&["mapfile", "readarray", "complete"], "C", &[]),
    (&["bpftrace", "perf"], "c", &["cmd"]),
    (&["dpkg"], "", &["pre-invoke", "post-invoke"]),
    (&["bazel", "bazelisk"], "", &["run_under"]),
    (&["xterm", "konsole", "alacritty", "kitty", "urxvt", "gnome-terminal"], "e", &["command"]),
    (&["just"], "", &["shell"]),
];

/// Assigned, they are what a program runs later.
#[rustfmt::skip]
pub(super) const VARIABLES: &[&str] = &[
    "PROMPT_COMMAND", "PAGER", "MANPAGER", "SYSTEMD_PAGER", "GIT_PAGER", "GIT_SSH_COMMAND",
    "GIT_EXTERNAL_DIFF", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_ASKPASS", "GIT_PROXY_COMMAND",
    "SSH_ASKPASS", "EDITOR", "VISUAL", "LESSOPEN", "LESSCLOSE", "RSYNC_RSH",
];

/// Programs that run their arguments, or some from one of them on: where the command begins depends on
/// options that are not told here, so that each argument may be its first.
#[rustfmt::skip]
pub(super) const RUNNERS: &[&str] = &[
    "bwrap", "systemd-nspawn", "lxc-attach", "lxc-execute", "machinectl", "schroot", "arch-chroot",
    "fakechroot", "rr", "uftrace", "cgexec", "cpulimit", "choom", "prlimit", "eatmydata",
    "faketime", "setarch", "pidproxy", "watchexec", "tmux", "xterm", "konsole", "alacritty",
    "kitty", "urxvt", "gnome-terminal", "ssh-agent", "gpg-agent", "run-one", "trickle",
    "apptainer", "singularity", "enroot", "nsjail", "minijail0", "s6-setuidgid", "chpst",
    "runcon", "ld.so",
];

/// Their texts are commands, each of one argument.
pub(super) const TEXTS: &[&str] =
    &["concurrently", "hyperfine", "watchexec", "entr", "tmux", "screen"];

/// A line that begins with `!` is a command.
pub(super) const BANG_READERS: &[&str] =
    &["ed", "ex", "vi", "vim", "view", "nvim", "sftp", "ftp", "lftp", "dc", "mail", "mailx"];

/// Code of another language, as the value of an option.
pub(super) const CODE: &[Option] = &[
    (&["R", "Rscript", "littler"], "e", &[]),
    (&["octave", "octave-cli", "matlab"], "r", &["eval", "batch"]),
    (&["jrunscript", "scala"], "e", &[]),
];
