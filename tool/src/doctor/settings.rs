//! Reads the environment as the shim would: where this is, and which cache is named.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix_sccache_contract as contract;
use nix_sccache_core::sccache_env::{Transport, Wanted, sccache_env};
use serde::Serialize;
use serde_json::json;

use super::finding::Finding;

/// Where a machine mounts the shim into every build.
pub const MOUNTED: &str = "/.cargo";

/// What cargo calls for rustc.
const WRAPPER: &str = "RUSTC_WRAPPER";

/// Where a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A build in Nix's sandbox.
    Sandbox,
    /// A build of Nix's without a sandbox.
    Build,
    /// `nix develop` or `nix-shell`.
    DevShell,
    /// None of these.
    Host,
}

impl Place {
    fn of(variables: &Variables) -> Self {
        match variables.get("NIX_BUILD_TOP") {
            _ if variables.get("IN_NIX_SHELL").is_some() => Self::DevShell,
            None => Self::Host,
            // Nix calls it so in a sandbox, and only there.
            Some("/build") => Self::Sandbox,
            Some(_) => Self::Build,
        }
    }

    /// Whether a derivation is built here.
    pub fn is_build(self) -> bool {
        matches!(self, Self::Sandbox | Self::Build)
    }
}

/// Environment variables.
#[derive(Clone, Debug)]
pub struct Variables(BTreeMap<OsString, OsString>);

impl Variables {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self(env::vars_os().collect())
    }

    /// The value, unless it is empty or no text.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(OsStr::new(name))?.to_str()?;
        (!value.is_empty()).then_some(value)
    }

    /// The value as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// Sets one.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.0.insert(name.into(), value.into());
    }

    /// Takes one away.
    pub fn unset(&mut self, name: &str) {
        self.0.remove(OsStr::new(name));
    }

    /// Those whose names are text.
    pub fn named(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        let all = self.0.iter();
        all.filter_map(|(name, value)| Some((name.to_str()?, value.as_os_str())))
    }

    /// A command with these, and no others.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.0);
        command
    }
}

/// The settings beside a shim that is mounted: `NAME=VALUE`, one a line.
pub fn lines(directory: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(directory.join("settings")).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The environment, and what it says of the cache.
#[derive(Debug)]
pub struct Settings {
    /// Where this is.
    pub place: Place,
    /// Whether the environment names no cache, so that it is the host's that counts, as derivations
    /// reach it by default.
    pub are_defaults: bool,
    /// The environment; with those defaults where it names no cache.
    pub variables: Variables,
    /// What the environment itself has cargo call for rustc, where the machine mounts the shim.
    pub own_wrapper: Option<String>,
}

impl Settings {
    /// Reads them. `package` is a directory with the shim in it as `bin/sccache`, for defaults.
    pub fn read(mut variables: Variables, package: &Path) -> Self {
        let place = Place::of(&variables);
        let mut names = [contract::TRANSPORT, contract::SERVER_UDS].into_iter();
        let names_cache = names.any(|name| variables.get(name).is_some());
        let are_defaults = !names_cache && !place.is_build();
        if are_defaults {
            let wanted = serde_json::from_value::<Wanted>(json!({ "shim": package }));
            let defaults = wanted.ok().and_then(|wanted| sccache_env(&wanted).ok());
            for (name, value) in defaults.into_iter().flatten() {
                variables.set(name, value);
            }
        }
        // The first thing that counts is what a build says itself.
        let mounted = lines(Path::new(MOUNTED));
        let mounted = mounted
            .into_iter()
            .filter(|_| place.is_build() && !names_cache);
        let own_wrapper = variables.0.get(OsStr::new(WRAPPER)).cloned();
        let own_wrapper = own_wrapper.filter(|_| mounted.clone().next().is_some());
        for (name, value) in mounted {
            if variables.get(&name).is_none() {
                variables.set(&name, value);
            }
            if !variables.0.contains_key(OsStr::new(WRAPPER)) {
                variables.set(WRAPPER, format!("{MOUNTED}/sccache"));
            }
        }
        Self {
            place,
            are_defaults,
            variables,
            own_wrapper: own_wrapper.map(|wrapper| wrapper.to_string_lossy().into_owned()),
        }
    }

    /// The transport, if one is named.
    pub fn transport(&self) -> Option<&str> {
        self.variables.get(contract::TRANSPORT)
    }

    /// Whether the cache is the host's daemon.
    pub fn is_hosts_daemon(&self) -> bool {
        self.transport() == Some(contract::TRANSPORT_SERVER)
    }

    /// The socket of the server, if one is named.
    pub fn socket(&self) -> Option<PathBuf> {
        self.variables.path(contract::SERVER_UDS)
    }

    /// What is wrong with them.
    pub fn findings(&self) -> Vec<Finding> {
        let get = |name| self.variables.get(name).unwrap_or_default();
        let mut findings = Vec::new();
        let mut add = |code, name, found: &str| findings.push(Finding::new(code, name, found));
        let transport = json!(self.transport().unwrap_or("server"));
        if let Err(error) = serde_json::from_value::<Transport>(transport)
            && error.to_string().starts_with("unknown variant")
        {
            add("transport-unknown", contract::TRANSPORT, &error.to_string());
        }
        match self.transport() {
            _ if self.socket().is_some() => {}
            None => add("cache-not-named", contract::TRANSPORT, "it is not set"),
            Some(contract::TRANSPORT_SERVER) => {
                let found = "it is not set, and the transport `server` needs it";
                add("socket-not-named", contract::SERVER_UDS, found);
            }
            // The shim asks for nothing then.
            Some(_) if self.place.is_build() => {
                let found = "this build has no session, and so no server for its transport";
                add("no-session", contract::SESSION, found);
            }
            Some(_) => {}
        }
        let session = get(contract::SESSION);
        if !session.is_empty() && !Path::new(session).is_dir() {
            let found = format!("{session} is not there: that session has ended");
            add("session-gone", contract::SESSION, &found);
        }
        findings
    }
}
