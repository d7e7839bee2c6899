//! Starts the host's sccache daemon.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::commands::stdout_of;
use crate::damage::{Stored, those, what};
use crate::network::Machine;
use crate::places::sccache;
use crate::process::{kilobytes, state};
use crate::wait::until;

/// A daemon in a folder of its own, which ends with the value.
#[derive(Debug)]
pub struct Daemon {
    folder: TempDir,
    process: Child,
    settings: Vec<(String, String)>,
}

impl Daemon {
    /// Starts one with an empty cache.
    pub fn start() -> Self {
        Self::start_with(Command::new(sccache()), Vec::new())
    }

    /// Starts one of another sccache, with further variables.
    pub fn start_of(sccache: &Path, variables: &[(&str, &str)]) -> Self {
        Self::start_with(Command::new(sccache), owned(variables))
    }

    /// Starts one on a machine of a network, with further variables.
    pub fn start_on(machine: &Machine, settings: Vec<(String, String)>) -> Self {
        Self::start_with(machine.command(sccache()), settings)
    }

    /// Starts one by a program that runs it, and with further variables. Its folder is in the
    /// variable `FOLDER` as well, and its cache is `$FOLDER/cache`.
    pub fn start_by(prefix: &[&str], variables: &[(&str, &str)]) -> Self {
        let command = match prefix.split_first() {
            None => Command::new(sccache()),
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(sccache());
                command
            }
        };
        Self::start_with(command, owned(variables))
    }

    fn start_with(command: Command, settings: Vec<(String, String)>) -> Self {
        let folder = TempDir::with_prefix("nix-sccache-daemon-").unwrap();
        // Build users go through this folder to the socket.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(folder.path().join("socket")).unwrap();
        fs::create_dir(folder.path().join("cache")).unwrap();
        let process = spawn(folder.path(), command, &settings);
        Self {
            folder,
            process,
            settings,
        }
    }

    /// The folder that holds the socket and nothing else, for a sandbox to mount.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        socket(self.folder.path())
    }

    /// Where it keeps its entries.
    pub fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// The files of its entries.
    pub fn entries(&self) -> Vec<PathBuf> {
        entries(&self.cache())
    }

    /// The files of the plans that sessions left.
    pub fn plans(&self) -> Vec<PathBuf> {
        those(files(&self.cache()), Stored::Plan)
    }

    /// Its process, as the system numbers it.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// How much memory it has now, in KiB.
    pub fn memory(&self) -> u64 {
        kilobytes(&state(self.process.id(), "VmRSS"))
    }

    /// How much it has had at most, in KiB.
    pub fn peak(&self) -> u64 {
        kilobytes(&state(self.process.id(), "VmHWM"))
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// The files in its cache that are no whole entries.
    pub fn unfinished(&self) -> Vec<String> {
        let mut find = Command::new("find");
        find.arg(self.folder.path().join("cache"))
            .args(["-type", "f", "-name", ".*"]);
        let found = stdout_of(&mut find);
        found.lines().map(str::to_owned).collect()
    }

    /// Stops it, as a crash would; the socket's file stays.
    pub fn stop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }

    /// Lets it stand still: it takes connections and answers none.
    pub fn pause(&self) {
        // The shell has the command built in; not every machine has it as a program.
        let kill = format!("kill -STOP {}", self.process.id());
        let paused = Command::new("sh").args(["-c", &kill]).status();
        assert!(
            paused.is_ok_and(|status| status.success()),
            "cannot pause the daemon"
        );
    }

    /// Starts it again, with the cache that it had.
    pub fn restart(&mut self) {
        self.start_again(Command::new(sccache()));
    }

    /// The same, on a machine of a network.
    pub fn restart_on(&mut self, machine: &Machine) {
        self.start_again(machine.command(sccache()));
    }

    fn start_again(&mut self, command: Command) {
        self.stop();
        fs::remove_file(self.socket()).ok();
        self.process = spawn(self.folder.path(), command, &self.settings);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The files of the entries in a folder of sccache's, or in a bucket: they are called by their keys.
/// What its preprocessor remembers is none, nor are the plans of sessions.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut files = files(folder);
    files.retain(|file| what(file) != Stored::Plan);
    files
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut find = Command::new("find");
    find.arg(folder).args([
        "-type",
        "f",
        "-regextype",
        "egrep",
        "-regex",
        ".*/[0-9a-f]{64}",
        "-not",
        "-path",
        "*/preprocessor/*",
    ]);
    stdout_of(&mut find).lines().map(PathBuf::from).collect()
}

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    variables.iter().map(owned).collect()
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("socket/sccache.sock")
}

fn spawn(folder: &Path, mut command: Command, settings: &[(String, String)]) -> Child {
    let socket = socket(folder);
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("FOLDER", folder)
        .env("HOME", folder)
        .env("SCCACHE_START_SERVER", "1")
        .env("SCCACHE_NO_DAEMON", "1")
        .env("SCCACHE_SERVER_UDS", &socket)
        .env("SCCACHE_DIR", folder.join("cache"))
        // With it the daemon answers with bytes, and not with a path.
        .env("SCCACHE_MULTILEVEL_CHAIN", "disk")
        .env("SCCACHE_MAX_FRAME_LENGTH", (1 << 30).to_string())
        .env("SCCACHE_DIRECT", "false")
        .env("SCCACHE_IDLE_TIMEOUT", "0")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let process = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    until(
        || UnixStream::connect(&socket).is_ok(),
        || format!("the daemon does not listen at {}", socket.display()),
    );
    fs::set_permissions(&socket, Permissions::from_mode(0o666)).unwrap();
    process
}
