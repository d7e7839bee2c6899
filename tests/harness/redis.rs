//! Redis.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A Redis on a socket of its own, which ends with the value.
#[derive(Debug)]
pub struct Redis {
    folder: TempDir,
    process: Child,
}

impl Redis {
    /// Starts one, empty.
    pub fn start() -> Self {
        let folder =
            TempDir::with_prefix("nix-sccache-redis-").unwrap_or_else(|error| panic!("{error}"));
        // Build users go through this folder to the socket.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))
            .unwrap_or_else(|error| panic!("{error}"));
        let mut command = Command::new("redis-server");
        command
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "no",
                "--unixsocketperm",
                "777",
            ])
            .arg("--dir")
            .arg(folder.path())
            .arg("--unixsocket")
            .arg(folder.path().join("redis.sock"))
            .stdout(Stdio::null());
        let process = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let redis = Self { folder, process };
        let deadline = Instant::now() + Duration::from_secs(20);
        while !redis.socket().exists() {
            assert!(Instant::now() < deadline, "Redis does not listen");
            sleep(Duration::from_millis(20));
        }
        redis
    }

    /// The folder that holds the socket, for a sandbox to mount.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
