//! Starts S3, as far as a cache uses it: a real server of it, over a directory.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};

use tempfile::TempDir;

use crate::daemon;
use crate::network::Machine;
use crate::places::variable;

/// A server with one bucket, which ends with the value.
#[derive(Debug)]
pub struct S3 {
    directory: TempDir,
    process: Child,
}

/// The bucket.
pub const BUCKET: &str = "bucket";

/// Who may use it.
pub const ACCESS_KEY: &str = "ACCESSKEYOFTHETESTS";

/// And what nobody else must know.
pub const SECRET_KEY: &str = "secret/key/of/the/tests";

const PORT: u16 = 8014;

impl S3 {
    /// Starts one, empty.
    pub fn start_on(machine: &Machine) -> Self {
        let directory = TempDir::with_prefix("nix-sccache-s3-").unwrap();
        fs::create_dir(directory.path().join(BUCKET)).unwrap();
        let process = spawn(directory.path(), machine);
        Self { directory, process }
    }

    /// What a daemon is told of it, but for the keys.
    pub fn settings(from: &Machine) -> Vec<(String, String)> {
        let endpoint = format!("http://{}:{PORT}", from.server());
        [
            ("SCCACHE_MULTILEVEL_CHAIN", "disk,s3"),
            ("SCCACHE_BUCKET", BUCKET),
            ("SCCACHE_REGION", "auto"),
            ("SCCACHE_S3_USE_SSL", "false"),
            ("SCCACHE_ENDPOINT", &endpoint),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// How many entries it holds.
    pub fn entries(&self) -> usize {
        daemon::entries(&self.directory.path().join(BUCKET)).len()
    }

    /// Stops it, as a crash would.
    pub fn stop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }

    /// Starts it again, with all that it had.
    pub fn restart_on(&mut self, machine: &Machine) {
        self.stop();
        self.process = spawn(self.directory.path(), machine);
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(directory: &Path, machine: &Machine) -> Child {
    let mut command = machine.command(variable("NIX_SCCACHE_TEST_S3"));
    command
        .args(["--host", "0.0.0.0", "--port", &PORT.to_string()])
        .args(["--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY])
        .arg(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let process = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    machine.wait_for(PORT);
    process
}
