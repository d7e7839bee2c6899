//! Begins and ends a session of the shim's, by the very commands of the setup hook.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix_sccache_contract as contract;
use nix_sccache_contract::log::{self, Log};

use super::process::{SHORT, run};
use super::settings::Variables;

/// How long a session's server may take to begin: sccache tries its storage first.
const BEGIN: Duration = Duration::from_secs(12);

/// What the session sets, as the hook's shell has it afterwards.
const SET: [&str; 3] = [contract::SESSION, contract::SERVER_UDS, contract::CACHE_DIR];

/// A session, which ends with the value.
#[derive(Debug)]
pub struct Session<'a> {
    shim: &'a Path,
    variables: Variables,
}

impl<'a> Session<'a> {
    /// Begins one in an environment, beside one that there is.
    pub fn begin(shim: &'a Path, mut variables: Variables) -> Result<Self, String> {
        const SCRIPT: &str =
            r#"eval "$("$0" session begin)"; for it; do eval "printf '%s\n' \"\$$it\""; done"#;
        variables.unset(contract::SESSION);
        // It leaves nothing, not even a server, should the doctor be ended.
        variables.unset(contract::REPORTS);
        variables.set("SCCACHE_IDLE_TIMEOUT", "60");
        let mut begin = variables.command(Path::new("/bin/sh"));
        let printed = run(begin.args(["-c", SCRIPT]).arg(shim).args(SET), BEGIN)?;
        for (name, value) in SET.into_iter().zip(printed.lines()) {
            if !value.is_empty() {
                variables.set(name, value);
            }
        }
        if variables.get(contract::SESSION).is_none() {
            return Err("begins none".to_owned());
        }
        Ok(Self { shim, variables })
    }

    /// The environment of what runs in it.
    pub fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The socket of its server.
    pub fn socket(&self) -> Option<PathBuf> {
        self.variables.path(contract::SERVER_UDS)
    }

    /// What it has noted so far.
    pub fn log(&self) -> Result<Log, String> {
        log_of(self.shim, &self.variables)
    }
}

/// What the session has noted so far that this environment is in.
pub fn log_of(shim: &Path, variables: &Variables) -> Result<Log, String> {
    run(&mut of_session(shim, variables, &["log"]), SHORT).map(|text| log::kept(&text))
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // As of a build that failed: so it looks into no outputs.
        let mut end = of_session(self.shim, &self.variables, &["end", "--failed"]);
        run(&mut end, SHORT).ok();
    }
}

fn of_session(shim: &Path, variables: &Variables, words: &[&str]) -> Command {
    let mut command = variables.command(shim);
    command.arg("session").args(words);
    command
}
