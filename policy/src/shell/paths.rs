/*! Paths that are more than a file. */

use super::flow::PLAIN;

/// The name of a program without its folder.
pub(super) fn program(text: &str) -> &str {
    text.rsplit(['/', '\\']).next().unwrap_or(text)
}

fn last(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Without doubled slashes, `.` and `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let front = if path.starts_with('/') { "/" } else { "" };
    format!("{front}{}", parts.join("/"))
}

const DISKS: &[&str] = &[
    "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "disk", "rdisk", "dm-", "mapper/", "md", "sr", "zd",
    "ram", "nbd", "mem", "kmem", "port", "loop", "block/", "root", "mtd",
];

pub(super) fn is_disk(path: &str) -> bool {
    let path = normal(path);
    path.strip_prefix("/dev/").is_some_and(|name| DISKS.iter().any(|disk| name.starts_with(disk)))
        || path.to_ascii_lowercase().contains("physicaldrive")
}

#[rustfmt::skip]
const SECRET_FOLDERS: &[&str] = &[
    ".ssh", ".aws", ".gnupg", ".azure", ".kube", ".docker", ".password-store", ".config/gcloud",
    ".config/gh", ".mozilla", ".config/op", ".terraform.d", "/etc/kubernetes", "/etc/ssh",
    "/etc/ssl/private", "/run/secrets", "/var/run/secrets", ".config/rclone", ".secrets",
    "/etc/letsencrypt", ".config/hub", ".oci", ".electrum",
];

#[rustfmt::skip]
const SECRET_FILES: &[&str] = &[
    "shadow", "gshadow", "passwd", "shadow-", "sudoers", ".netrc", "_netrc", ".pgpass", ".my.cnf",
    ".git-credentials", ".npmrc", ".pypirc", ".env", ".envrc", "id_rsa", "id_dsa", "id_ecdsa",
    "id_ed25519", "credentials.json", "credentials", "secrets.yml", "secrets.yaml", "secrets.json",
    "secrets.env", "kubeconfig", ".bash_history", ".zsh_history", ".psql_history",
    ".mysql_history", ".python_history", ".vault-token", "master.key", ".htpasswd", ".s3cfg",
    ".boto", "rclone.conf", "wallet.dat", "terraform.tfstate", "environ",
    "application_default_credentials.json", "service-account.json", "service_account.json",
    "serviceaccount.json", "sa.json", "sa-key.json", "wp-config.php", "logins.json", "key4.db",
    "key3.db", "cookies.sqlite", "krb5.keytab", "hosts.yml", "id_ed25519_sk", "login.keychain-db",
    "accesstokens.json", "access_tokens.db", "credentials.db", "ntds.dit", "secring.gpg",
    "terraform.tfvars", "vault.yml", "gcp-key.json", "key.json", "token", ".token",
    "credentials.xml", "local_settings.py", "sam", "authinfo", ".authinfo", "dbcreds", "secrets",
    "auth.json",
];

#[rustfmt::skip]
const SECRET_ENDINGS: &[&str] = &[
    ".pem", ".key", ".p12", ".pfx", ".kdbx", ".jks", ".keystore", ".keytab", ".ppk", ".ovpn",
    "_rsa", "_ed25519", "-key.json", "-credentials.json", ".asc",
];

/// A file or folder of keys, passwords or what was typed.
pub(super) fn is_secret(path: &str) -> bool {
    let path = normal(path.trim_start_matches('@')).to_ascii_lowercase();
    let name = last(&path);
    if name.ends_with(".pub") || ["known_hosts", "authorized_keys"].contains(&name) {
        return false;
    }
    let example = ["example", "sample", "template", "dist", "test", "schema"];
    if name.starts_with(".env.") {
        return !example.iter().any(|word| name.contains(word));
    }
    let slashed = format!("/{}/", path.trim_start_matches('/'));
    let in_folder = |folder: &&str| {
        let folder = folder.trim_start_matches('/');
        slashed.match_indices(folder).any(|(at, _)| {
            slashed.get(..at).is_some_and(|front| front.ends_with('/'))
                && slashed.get(at + folder.len()..).is_some_and(|behind| behind.starts_with('/'))
        })
    };
    let service_account = name.ends_with(".json")
        && ["service-account", "service_account", "serviceaccount", "credential"]
            .iter()
            .any(|w| name.contains(w));
    SECRET_FILES.contains(&name)
        || SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending) && name.len() > ending.len())
        || service_account
        || SECRET_FOLDERS.iter().any(in_folder)
        || (path.contains("/proc/") && path.ends_with("environ"))
}

#[rustfmt::skip]
const GRANTING: &[&str] = &[
    "/etc/sudoers", "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/pam.d",
    "/etc/ssh/sshd_config", "/etc/ld.so.preload", "/etc/security", "/etc/polkit-1",
    "/etc/doas.conf",
];

/// Who may do what on the machine stands in it.
pub(super) fn grants_access(path: &str) -> bool {
    let path = normal(path);
    path.ends_with(".ssh/authorized_keys")
        || path.ends_with("authorized_keys2")
        || GRANTING.iter().any(|one| path.strip_prefix(one).is_some_and(is_end))
}

fn is_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['/', '.', '_'])
}

/// A switch of the kernel, or what runs at a time or at the start of the machine.
pub(super) fn controls_host(path: &str) -> bool {
    #[rustfmt::skip]
    const SWITCHES: &[&str] = &[
        "/proc/sys/", "/proc/sysrq-trigger", "/sys/", "/etc/cron", "/var/spool/cron",
        "/etc/systemd/", "/etc/init.d/", "/etc/rc.local", "/boot/", "/etc/fstab",
        "/etc/hosts.deny", "/dev/watchdog", "/etc/resolv.conf", "/lib/systemd/",
    ];
    let path = normal(path);
    SWITCHES.iter().any(|switch| path.starts_with(switch))
}

#[rustfmt::skip]
const SYSTEM: &[&str] = &[
    "etc", "usr", "bin", "sbin", "lib", "lib64", "lib32", "boot", "var", "sys", "proc", "root",
    "dev", "System", "Library", "Applications", "nix", "run", "snap",
];

/// The whole machine or a part of it that is nobody's project: `/`, `/etc/..`, a home itself.
pub(super) fn is_system(path: &str) -> bool {
    let home = path.trim_end_matches(['/', '*', '.']);
    if home == "~" || home == PLAIN.to_string() || path == "/*" {
        return true;
    }
    let clean = normal(path.trim_end_matches('*'));
    let Some(inner) = clean.strip_prefix('/') else { return false };
    let mut parts = inner.split('/');
    let first = parts.next().unwrap_or_default();
    match first {
        "" => true,
        "home" | "Users" | "mnt" | "media" | "srv" | "opt" => parts.next().is_none(),
        "var" if inner.starts_with("var/tmp/") => false,
        first => SYSTEM.contains(&first),
    }
}

/// Somewhere on the machine that is not plainly the caller's own.
pub(super) fn is_foreign(path: &str) -> bool {
    let clean = normal(path);
    let own = [
        "/tmp/",
        "/var/tmp/",
        "/home/",
        "/Users/",
        "/workspace/",
        "/workspaces/",
        "/builds/",
        "/root/",
    ];
    is_system(path)
        || (clean.starts_with('/') && !own.iter().any(|folder| clean.starts_with(folder)))
}
