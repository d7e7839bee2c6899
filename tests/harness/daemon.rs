//! The host's sccache daemon.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::gateway::{kilobytes, state};
use crate::sccache;

/// A daemon in a folder of its own, which ends with the value.
#[derive(Debug)]
pub struct Daemon {
    folder: TempDir,
    process: Child,
}

impl Daemon {
    /// Starts one with an empty cache.
    pub fn start() -> Self {
        let folder =
            TempDir::with_prefix("nix-sccache-daemon-").unwrap_or_else(|error| panic!("{error}"));
        // Build users go through this folder to the socket.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))
            .unwrap_or_else(|error| panic!("{error}"));
        fs::create_dir(folder.path().join("socket")).unwrap_or_else(|error| panic!("{error}"));
        let process = spawn(folder.path());
        Self { folder, process }
    }

    /// The folder that holds the socket and nothing else, for a sandbox to mount.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        socket(self.folder.path())
    }

    /// How much memory it has now, in KiB.
    pub fn memory(&self) -> u64 {
        kilobytes(&state(self.process.id(), "VmRSS"))
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
        let found = crate::stdout_of(&mut find);
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
        self.stop();
        fs::remove_file(self.socket()).ok();
        self.process = spawn(self.folder.path());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop();
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("socket/sccache.sock")
}

fn spawn(folder: &Path) -> Child {
    let socket = socket(folder);
    let mut command = Command::new(sccache());
    command
        .env_clear()
        .env("HOME", folder)
        .env("SCCACHE_START_SERVER", "1")
        .env("SCCACHE_NO_DAEMON", "1")
        .env("SCCACHE_SERVER_UDS", &socket)
        .env("SCCACHE_DIR", folder.join("cache"))
        // With it the daemon answers with bytes, and not with a path.
        .env("SCCACHE_MULTILEVEL_CHAIN", "disk")
        .env("SCCACHE_MAX_FRAME_LENGTH", (1 << 30).to_string())
        .env("SCCACHE_IDLE_TIMEOUT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let process = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let deadline = Instant::now() + Duration::from_secs(20);
    while UnixStream::connect(&socket).is_err() {
        assert!(
            Instant::now() < deadline,
            "the daemon does not listen at {}",
            socket.display()
        );
        sleep(Duration::from_millis(20));
    }
    fs::set_permissions(&socket, Permissions::from_mode(0o666))
        .unwrap_or_else(|error| panic!("{error}"));
    process
}
