//! Asks the Nix of this machine whether it mounts the cache into sandboxes, and loads the plugin.

use std::env;
use std::path::{Path, PathBuf};

use nix_sccache_contract as contract;
use serde::Serialize;
use serde_json::Value;

use super::finding::Finding;
use super::process::{SHORT, run};
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
pub fn ask(settings: &Settings, findings: &mut Vec<Finding>) -> Option<Nix> {
    let path = which::which("nix").ok();
    let path = path.filter(|_| !settings.place.is_build())?;
    let mut nix = Nix {
        path,
        ..Nix::default()
    };
    let settled = nix.read(settings).and_then(|()| nix.mounts(settings));
    let wrong = [settled, nix.evaluates(settings)];
    // Who has the variables already may need no Nix.
    let wrong = wrong.into_iter().filter_map(Result::err);
    findings.extend(wrong.map(|it| it.warning_if(!settings.are_defaults)));
    Some(nix)
}

/// What was found in the file of Nix's settings.
fn wrong(code: &str, found: String) -> Finding {
    let directory = env::var_os("NIX_CONF_DIR").map_or_else(|| "/etc/nix".into(), PathBuf::from);
    Finding::new(
        code,
        directory.join("nix.conf").display().to_string(),
        found,
    )
}

impl Nix {
    fn read(&mut self, settings: &Settings) -> Result<(), Finding> {
        let ask = |words: &[&str]| {
            let mut nix = settings.variables.command(&self.path);
            nix.args(["--extra-experimental-features", "nix-command"]);
            run(nix.args(words).arg("--json"), SHORT)
        };
        // Nix before 2.20 has only the one, and later ones may have only the other.
        let printed = ask(&["config", "show"]).or_else(|_| ask(&["show-config"]));
        let value = printed.and_then(|json| {
            serde_json::from_str::<Value>(&json).map_err(|error| format!("prints no JSON: {error}"))
        });
        let value =
            value.map_err(|error| wrong("nix-fails", format!("`nix show-config` {error}")))?;
        let of = |name: &str| value[name]["value"].clone();
        let list = |name| serde_json::from_value(of(name)).unwrap_or_default();
        self.sandbox = of("sandbox");
        self.sandbox_paths = list("sandbox-paths");
        self.plugin_files = list("plugin-files");
        Ok(())
    }

    /// Whether sandboxes have the directory that the transport needs.
    fn mounts(&self, settings: &Settings) -> Result<(), Finding> {
        let needed = match settings.transport() {
            Some(contract::TRANSPORT_SERVER) => settings
                .socket()
                .and_then(|it| Some(it.parent()?.to_owned())),
            Some("directory") => settings.variables.path(contract::CACHE_DIR),
            _ => None,
        };
        let Some(missing) = needed.filter(|it| self.sandbox != false && !self.has_mounted(it))
        else {
            return Ok(());
        };
        let missing = missing.display();
        let found = format!("{missing} is not mounted into sandboxes");
        let remedy = format!(
            "write `extra-sandbox-paths = {missing}?` there and restart nix-daemon, or enable services.nix-sccache"
        );
        Err(wrong("sandbox-path-missing", found).instead(remedy))
    }

    /// What is mounted there.
    pub fn source_of(&self, target: &Path) -> Option<PathBuf> {
        self.sandbox_paths.iter().find_map(|path| {
            let path = path.trim_end_matches('?');
            let (at, source) = path.split_once('=').unwrap_or((path, path));
            (Path::new(at) == target).then(|| source.into())
        })
    }

    fn has_mounted(&self, directory: &Path) -> bool {
        self.sandbox_paths.iter().any(|path| {
            let target = path.split('=').next().unwrap_or_default();
            target.starts_with('/') && directory.starts_with(target.trim_end_matches('?'))
        })
    }

    fn evaluates(&mut self, settings: &Settings) -> Result<(), Finding> {
        let program = self.path.with_file_name("nix-instantiate");
        let mut evaluate = settings.variables.command(&program);
        let printed = run(
            evaluate.args(["--eval", "--expr", "builtins ? rust"]),
            SHORT,
        );
        let has_plugin = printed.as_ref().map(|printed| printed.trim() == "true");
        self.has_plugin = has_plugin.ok();
        let files = format!("with `plugin-files = {}`", self.plugin_files.join(" "));
        match has_plugin {
            Ok(true) => Ok(()),
            // Nobody wants it there who says nothing of it.
            Ok(false) => Err(wrong(
                "plugin-missing",
                format!("{files} there is no builtins.rust"),
            )
            .warning_if(self.plugin_files.is_empty())),
            Err(error) => Err(wrong(
                "plugin-fails",
                format!("{files} nix-instantiate {error}"),
            )),
        }
    }
}
