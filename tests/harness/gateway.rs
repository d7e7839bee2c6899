//! Starts the gateway in front of a daemon.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::TempDir;

use crate::commands::stdout_of;
use crate::daemon::Daemon;
use crate::places::built;
use crate::process::{kilobytes, state};
use crate::wait::until;

/// A gateway in a folder of its own, which ends with the value.
#[derive(Debug)]
pub struct Gateway {
    folder: TempDir,
    process: Child,
    logs: Option<TempDir>,
}

impl Gateway {
    /// Starts one with these further options.
    pub fn start(daemon: &Daemon, options: &[&str]) -> Self {
        Self::start_by(daemon, &["env"], options)
    }

    /// Starts one that keeps what builds tell of themselves in [`Self::logs`].
    pub fn start_keeping(daemon: &Daemon, options: &[&str]) -> Self {
        let logs = TempDir::with_prefix("nix-sccache-logs-").unwrap();
        let place = logs.path().display().to_string();
        let mut gateway = Self::start(daemon, &[&["--logs", place.as_str()], options].concat());
        gateway.logs = Some(logs);
        gateway
    }

    /// Starts one by a program, with its arguments, that runs it.
    pub fn start_by(daemon: &Daemon, runner: &[&str], options: &[&str]) -> Self {
        Self::start_before(&daemon.socket(), runner, options)
    }

    /// The same, in front of whoever listens at this socket.
    pub fn start_before(daemon: &Path, runner: &[&str], options: &[&str]) -> Self {
        let folder = TempDir::with_prefix("nix-sccache-gateway-").unwrap();
        // Build users go through this folder to the socket.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(folder.path().join("socket")).unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let (program, arguments) = runner
            .split_first()
            .unwrap_or_else(|| panic!("nothing runs it"));
        let mut command = Command::new(program);
        command
            .args(arguments)
            .arg(built("nix-sccache-gateway"))
            .arg("--listen")
            .arg(socket(folder.path()))
            .arg("--daemon")
            .arg(daemon)
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let process = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let gateway = Self {
            folder,
            process,
            logs: None,
        };
        until(
            || gateway.log().contains("listens at"),
            || format!("{command:?}: {}", gateway.log()),
        );
        gateway
    }

    /// The folder that holds the socket and nothing else, for a sandbox to mount.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        socket(self.folder.path())
    }

    /// Where it keeps what builds tell.
    pub fn logs(&self) -> &Path {
        self.logs.as_ref().map_or(Path::new("/none"), TempDir::path)
    }

    /// All that it has said.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// A field of its state, as the kernel knows it.
    pub fn state(&self, field: &str) -> String {
        state(self.process.id(), field)
    }

    /// Its process, as the system numbers it.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// How much address space it has, in KiB.
    pub fn size(&self) -> u64 {
        kilobytes(&self.state("VmSize"))
    }

    /// How much memory it has had at most, in KiB.
    pub fn peak(&self) -> u64 {
        kilobytes(&self.state("VmHWM"))
    }

    /// How many descriptors it has.
    pub fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.process.id())).map_or(0, Iterator::count)
    }

    /// Whether it takes connections.
    pub fn is_there(&self) -> bool {
        UnixStream::connect(self.socket()).is_ok()
    }

    /// How many clients are connected to it.
    pub fn connections(&self) -> usize {
        /// The state of a socket that is connected, as the kernel numbers them.
        const CONNECTED: &str = "03";
        let socket = self.socket();
        let sockets = fs::read_to_string("/proc/net/unix").unwrap_or_default();
        let is_ours = |line: &&str| {
            let mut fields = line.split_whitespace();
            fields.nth(5) == Some(CONNECTED) && fields.nth(1).map(Path::new) == Some(&socket)
        };
        sockets.lines().filter(is_ours).count()
    }

    /// Ends it as a service manager does.
    pub fn terminate(&mut self) -> ExitStatus {
        let kill = format!("kill -TERM {}", self.process.id());
        stdout_of(Command::new("sh").args(["-c", &kill]));
        self.process.wait().unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("socket/sccache.sock")
}
