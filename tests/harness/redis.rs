//! Starts Redis.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::commands::stdout_of;
use crate::network::Machine;
use crate::wait::until;

/// Where it listens in a network.
const PORT: u16 = 6379;

/// A Redis on a socket of its own, which ends with the value.
#[derive(Debug)]
pub struct Redis {
    directory: TempDir,
    process: Child,
}

impl Redis {
    /// Starts one, empty.
    pub fn start() -> Self {
        Self::spawn(Command::new("redis-server"), 0)
    }

    /// Starts one that machines of a network reach, too.
    pub fn start_on(machine: &Machine) -> Self {
        let redis = Self::spawn(machine.command("redis-server"), PORT);
        machine.wait_for(PORT);
        redis
    }

    fn spawn(command: Command, port: u16) -> Self {
        let directory = TempDir::with_prefix("nix-sccache-redis-").unwrap();
        // Build users go through this directory to the socket.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
        let process = spawn(directory.path(), command, port);
        Self { directory, process }
    }

    /// What a daemon is told of it.
    pub fn settings(from: &Machine) -> Vec<(String, String)> {
        let endpoint = format!("redis://{}:{PORT}", from.server());
        [
            ("SCCACHE_MULTILEVEL_CHAIN", "disk,redis"),
            ("SCCACHE_REDIS_ENDPOINT", &endpoint),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// How many entries it holds.
    pub fn entries(&self) -> usize {
        let mut ask = Command::new("redis-cli");
        ask.arg("-s").arg(self.socket()).args(["keys", "*"]);
        let keys = stdout_of(&mut ask);
        keys.lines().filter(|key| is_entry(key)).count()
    }

    /// Stops it, as a crash would: it forgets everything.
    pub fn stop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
        fs::remove_file(self.socket()).ok();
    }

    /// Starts it again on the machine that it was on.
    pub fn restart_on(&mut self, machine: &Machine) {
        self.stop();
        self.process = spawn(self.directory.path(), machine.command("redis-server"), PORT);
        machine.wait_for(PORT);
    }

    /// Says something to it.
    pub fn tell(&self, words: &[&str]) {
        stdout_of(
            Command::new("redis-cli")
                .arg("-s")
                .arg(self.socket())
                .args(words),
        );
    }

    /// The directory that holds the socket, for a sandbox to mount.
    pub fn folder(&self) -> &Path {
        self.directory.path()
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether a key is one of sccache's entries, and not what it tries the storage with.
fn is_entry(key: &str) -> bool {
    !key.ends_with(".sccache_check")
}

fn spawn(directory: &Path, mut command: Command, port: u16) -> Child {
    let socket = directory.join("redis.sock");
    command
        .args(["--port", &port.to_string()])
        // Whoever reaches it may use it.
        .args(["--bind", "0.0.0.0", "--protected-mode", "no"])
        .args(["--save", "", "--appendonly", "no"])
        .args(["--unixsocketperm", "777"])
        .arg("--dir")
        .arg(directory)
        .arg("--unixsocket")
        .arg(&socket)
        .stdout(Stdio::null());
    let process = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    until(|| socket.exists(), || "Redis does not listen".to_owned());
    process
}
