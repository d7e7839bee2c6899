//! Asks the Nix of this machine whether it mounts the cache into sandboxes, and loads the plugin.

use std::env;
use std::path::{Path, PathBuf};

use nix_sccache_contract as contract;
use serde::Serialize;
use serde_json::Value;

use super::finding::Finding;
use super::process::{SHORT, run};
use super::programs::command;
use super::settings::Settings;

/// What of Nix's settings matters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Nix {
    /// The program that was asked.
    pub path: PathBuf,
    /// `sandbox`: a switch or `relaxed`.
    pub sandbox: Value,
    /// What is mounted into sandboxes, with `extra-sandbox-paths`.
    pub sandbox_paths: Vec<String>,
    /// The plugins, with `extra-plugin-files`.
    pub plugin_files: Vec<String>,
    /// Whether `builtins.rust` is there.
    pub has_plugin: Option<bool>,
}

/// Asks it. Where derivations are built there is none, and its settings are another's affair.
pub fn ask(settings: &Settings) -> (Option<Nix>, Vec<Finding>) {
    let path = which::which("nix")
        .ok()
        .filter(|_| !settings.place.is_build());
    let Some(path) = path else {
        return (None, Vec::new());
    };
    let mut nix = Nix {
        path,
        ..Nix::default()
    };
    let settled = nix.read(settings).and_then(|()| nix.mounts(settings));
    let found = [settled, nix.evaluates(settings)]
        .into_iter()
        .filter_map(Result::err);
    // Who has the variables already may need no Nix.
    let found = found.map(|finding| finding.warning_if(!settings.are_defaults));
    let found = found.collect();
    (Some(nix), found)
}

impl Nix {
    /// In a line.
    pub fn text(&self) -> String {
        let plugin = match self.has_plugin {
            Some(true) => "with builtins.rust",
            Some(false) => "without builtins.rust",
            None => "which does not evaluate",
        };
        format!("{}, {plugin}", self.path.display())
    }

    fn read(&mut self, settings: &Settings) -> Result<(), Finding> {
        let ask = |words: &[&str]| {
            let mut nix = command(&self.path, &settings.variables);
            nix.args(["--extra-experimental-features", "nix-command"]);
            run(nix.args(words).arg("--json"), SHORT)
        };
        // Nix before 2.20 has only the one, and later ones may have only the other.
        let printed = ask(&["config", "show"]).or_else(|_| ask(&["show-config"]));
        let value = printed.and_then(|json| {
            serde_json::from_str::<Value>(&json).map_err(|error| format!("prints no JSON: {error}"))
        });
        let value = value.map_err(|error| {
            let found = format!("`nix show-config` {error}");
            Finding::error("nix-fails", nix_conf(), found)
        })?;
        let of = |name: &str| {
            value
                .pointer(&format!("/{name}/value"))
                .cloned()
                .unwrap_or_default()
        };
        let list = |name| serde_json::from_value(of(name)).unwrap_or_default();
        self.sandbox = of("sandbox");
        self.sandbox_paths = list("sandbox-paths");
        self.plugin_files = list("plugin-files");
        Ok(())
    }

    /// Whether sandboxes have the folder that the transport needs.
    fn mounts(&self, settings: &Settings) -> Result<(), Finding> {
        let folder = match settings.transport() {
            Some(contract::TRANSPORT_SERVER) => settings
                .socket()
                .and_then(|it| Some(it.parent()?.to_owned())),
            Some("directory") => settings
                .variables
                .get(contract::CACHE_DIR)
                .map(PathBuf::from),
            _ => None,
        };
        let folder =
            folder.filter(|folder| self.sandbox != Value::Bool(false) && !self.has_mounted(folder));
        let Some(folder) = folder else { return Ok(()) };
        let found = format!("{} is not mounted into sandboxes", folder.display());
        let remedy = format!(
            "write `extra-sandbox-paths = {}?` there and restart nix-daemon, or enable services.nix-sccache",
            folder.display()
        );
        Err(Finding::error("sandbox-path-missing", nix_conf(), found).instead(remedy))
    }

    fn has_mounted(&self, folder: &Path) -> bool {
        self.sandbox_paths.iter().any(|path| {
            let target = path.split('=').next().unwrap_or_default();
            target.starts_with('/') && folder.starts_with(target.trim_end_matches('?'))
        })
    }

    fn evaluates(&mut self, settings: &Settings) -> Result<(), Finding> {
        let program = self.path.with_file_name("nix-instantiate");
        let mut evaluate = command(&program, &settings.variables);
        let printed = run(
            evaluate.args(["--eval", "--expr", "builtins ? rust"]),
            SHORT,
        );
        self.has_plugin = printed
            .as_ref()
            .ok()
            .map(|printed| printed.trim() == "true");
        let files = format!("`plugin-files = {}`", self.plugin_files.join(" "));
        let (code, found) = match printed {
            Err(error) => (
                "plugin-fails",
                format!("with {files} nix-instantiate {error}"),
            ),
            Ok(_) if self.has_plugin == Some(true) => return Ok(()),
            Ok(_) => (
                "plugin-missing",
                format!("with {files} there is no builtins.rust"),
            ),
        };
        Err(Finding::error(code, nix_conf(), found))
    }
}

/// The file of Nix's settings.
fn nix_conf() -> String {
    let folder = env::var_os("NIX_CONF_DIR").map_or_else(|| "/etc/nix".into(), PathBuf::from);
    folder.join("nix.conf").display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_known_by_their_targets() {
        let has = |path: &&str| {
            let sandbox_paths = vec!["/bin/sh=/bin/dash".into(), (*path).to_owned()];
            let nix = Nix {
                sandbox_paths,
                ..Nix::default()
            };
            nix.has_mounted(Path::new("/run/nix-sccache"))
        };
        assert!(
            ["/run/nix-sccache?", "/run", "/run/nix-sccache=/tmp/x?"]
                .iter()
                .all(has)
        );
        let others = [
            "/run/nix",
            "/tmp=/run/nix-sccache",
            "/run/nix-sccache-daemon",
        ];
        assert!(!others.iter().any(has));
    }
}
