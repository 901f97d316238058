/*! Names that programs of other languages call things by. */

/// They delete a tree.
#[rustfmt::skip]
pub(super) const DELETING: &[&str] = &[
    "rmtree", "removedirs", "remove_tree", "rm_rf", "rm_r", "remove_dir", "remove_entry",
    "remove_entry_secure", "rimraf", "rmSync", "rmdirSync", "deleteDirectory", "emptyDirSync",
    "removeSync", "delete_folder", "rm_f", "rmdir_r",
];

/// They delete one thing: many, in a loop.
pub(super) const DELETING_ONE: &[&str] = &["remove", "unlink", "unlinkSync", "rmdir", "delete"];
#[rustfmt::skip]
pub(super) const LOOPS: &[&str] = &[
    "for", "foreach", "while", "walk", "glob", "rglob", "map", "forEach", "scandir", "listdir",
    "readdirSync", "each", "Find",
];

/// They run a program.
#[rustfmt::skip]
pub(super) const RUNNING: &[&str] = &[
    "system", "popen", "Popen", "subprocess", "spawn", "spawnSync", "execSync", "execFile",
    "execFileSync", "child_process", "shell_exec", "passthru", "proc_open", "pcntl_exec", "Open3",
    "check_output", "check_call", "getoutput", "getstatusoutput", "execvp", "execv", "execl",
    "execlp", "execve", "spawnlp", "spawnl", "spawnvp", "posix_spawn", "qx", "capture2", "Command",
    "execa", "shelljs", "create_subprocess_shell", "create_subprocess_exec", "execute",
    "startProcess", "pty",
];

#[rustfmt::skip]
pub(super) const NETWORK: &[&str] = &[
    "urlopen", "urlretrieve", "requests", "httpx", "aiohttp", "socket", "http", "https", "fetch",
    "axios", "net", "Net", "LWP", "IO", "TCPSocket", "fsockopen", "curl_exec", "curl_init",
    "open_uri", "URI", "smtplib", "ftplib", "Socket", "paramiko", "boto3", "create_connection",
    "socketpair", "got", "dgram", "tls", "urllib", "urllib3", "file_get_contents",
];
