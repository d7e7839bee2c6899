//! Compiles a crate twice, as a build here would, and reads in the session's log what came of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix_sccache_contract as contract;
use nix_sccache_contract::Language;
use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::fault::{self, Fault};
use nix_sccache_contract::log::{Log, Outcome};
use serde::Serialize;

use super::finding::Finding;
use super::process::run;
use super::programs::{Programs, command};
use super::session::Session;
use super::settings::{Settings, Variables};

/// The crate.
const NAME: &str = "nix_sccache_doctor";

/// How long compiling it may take: rustup and cargo start slowly on a busy machine.
const COMPILE: Duration = Duration::from_secs(20);

/// How long the shim waits for the cache, in seconds, unless it is told a shorter time.
const TIMEOUT: u32 = 10;

/// What came of compiling a crate twice.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    /// What was called: `cargo`, or else `rustc`.
    pub by: &'static str,
    /// What came of each time: `hit`, `miss`, `error`, or the code of the reason why it ran without the cache;
    /// nothing where the shim was not called.
    pub outcomes: Vec<Option<String>>,
}

impl Trial {
    /// In a line.
    pub fn text(&self) -> String {
        let text = |outcome: &Option<String>| outcome.clone().unwrap_or("not seen".to_owned());
        let outcomes: Vec<_> = self.outcomes.iter().map(text).collect();
        format!(
            "a crate twice, by {}: {}",
            self.by,
            outcomes.join(", then ")
        )
    }
}

/// By what it was compiled, what came of it each time, and the session's log.
type Compiled = (&'static str, Vec<Option<Outcome>>, Log);

/// A crate of one line, which nobody else has in any cache.
struct Crate<'a> {
    settings: &'a Settings,
    programs: &'a Programs,
    session: &'a Session<'a>,
    folder: PathBuf,
}

/// Tries it; nothing where there is no rustc. `folder` is one of the doctor's own.
pub fn try_out(
    settings: &Settings,
    programs: &Programs,
    session: &Session,
    folder: &Path,
    is_read_only: bool,
) -> (Option<Trial>, Vec<Finding>) {
    let probe = Crate {
        settings,
        programs,
        session,
        folder: folder.join("crate"),
    };
    let tried = probe.compile_twice().map(|(by, outcomes, log)| {
        let findings = probe.judge(by, &outcomes, &log, is_read_only);
        let outcomes = outcomes.iter().map(|it| it.as_ref().map(code)).collect();
        (Some(Trial { by, outcomes }), findings)
    });
    let (trial, findings) = tried.unwrap_or_else(|finding| (None, vec![finding]));
    // Derivations bring their own programs.
    let findings = findings
        .into_iter()
        .map(|it| it.warning_if(settings.are_defaults));
    (trial, findings.collect())
}

impl Crate<'_> {
    fn compile_twice(&self) -> Result<Compiled, Finding> {
        let Some(rustc) = self.programs.path("rustc") else {
            return Err(Finding::error("rustc-missing", "PATH", "there is no rustc"));
        };
        let cargo = self.programs.path("cargo");
        let by = if cargo.is_some() { "cargo" } else { "rustc" };
        let written = self.write().map_err(|error| error.to_string());
        written.map_err(|error| Finding::error("temporary-not-writable", "TMPDIR", error))?;
        let target = self.folder.join("target");
        let (mut outcomes, mut log) = (Vec::new(), Log::default());
        for _ in 0..2 {
            fs::remove_dir_all(&target).ok();
            fs::create_dir(&target).ok();
            let before = calls(&log).count();
            let mut compile = match cargo {
                Some(cargo) => self.by_cargo(cargo, &target),
                None => self.by_rustc(rustc, &target),
            };
            run(&mut compile, COMPILE).map_err(|error| {
                let found = format!("compiling a crate of one line, it {error}");
                Finding::error("compile-fails", by, found)
            })?;
            let noted = self.session.log();
            log = noted.map_err(|error| Finding::error("session-failed", by, error))?;
            outcomes.push(calls(&log).nth(before).cloned());
        }
        Ok((by, outcomes, log))
    }

    fn write(&self) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let unique = format!("{:?}, {}", now.unwrap_or_default(), process::id());
        let source = format!("pub const UNIQUE: &str = {unique:?};\n");
        let manifest = format!(
            "[package]\nname = {NAME:?}\nversion = \"0.0.0\"\nedition = \"2021\"\n\n\
             [lib]\npath = \"lib.rs\"\n\n[workspace]\n"
        );
        fs::create_dir_all(&self.folder)?;
        fs::write(self.folder.join("lib.rs"), source)?;
        fs::write(self.folder.join("Cargo.toml"), manifest)
    }

    /// With what cargo's files here say, unless derivations are meant, which have none of them.
    fn by_cargo(&self, cargo: &Path, target: &Path) -> Command {
        let mut cargo = command(cargo, &self.variables());
        cargo.args(["build", "--offline", "--manifest-path"]);
        cargo.arg(self.folder.join("Cargo.toml"));
        cargo.arg("--target-dir").arg(target);
        if self.settings.are_defaults {
            cargo.current_dir(&self.folder);
            cargo.env("CARGO_HOME", self.folder.join("cargo"));
        }
        cargo
    }

    fn by_rustc(&self, rustc: &Path, target: &Path) -> Command {
        let variables = self.variables();
        let wrapper = variables.get("RUSTC_WRAPPER").map(Path::new);
        let mut compile = command(wrapper.unwrap_or(rustc), &variables);
        compile.args(wrapper.map(|_| rustc));
        compile.args(["--crate-name", NAME, "--edition=2021", "--crate-type=lib"]);
        compile.arg("--emit=dep-info,metadata,link");
        compile.arg("--out-dir").arg(target);
        compile.arg(self.folder.join("lib.rs"));
        compile
    }

    fn variables(&self) -> Variables {
        let mut variables = self.session.variables().clone();
        // rustup would fetch a toolchain that a file here asks for.
        variables.set("RUSTUP_AUTO_INSTALL", "0");
        let timeout = variables.get(contract::TIMEOUT);
        let timeout = timeout.and_then(|timeout| timeout.parse().ok());
        let timeout = timeout.map_or(TIMEOUT, |timeout: u32| timeout.min(TIMEOUT));
        variables.set(contract::TIMEOUT, timeout.to_string());
        variables
    }

    /// What is wrong with what came of it, in the report's own sentences.
    fn judge(
        &self,
        by: &str,
        outcomes: &[Option<Outcome>],
        log: &Log,
        is_read_only: bool,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        match outcomes.last() {
            Some(Some(Outcome::Passthrough(BypassReason::CacheFailed))) if log.error.is_some() => {
                findings.extend(log.error.as_ref().map(|error| Finding::of_cache(error, by)));
            }
            Some(Some(Outcome::Passthrough(reason))) => {
                let finding = Finding::error(reason.code(), by, reason.to_string());
                let finding = finding.warning_if(self.is_meant(reason));
                findings.push(finding.instead(reason.remedy()));
            }
            Some(None) => {
                let shim = self.programs.shim.clone().unwrap_or_default();
                let wrapper = shim.with_file_name("sccache");
                let found = format!("the shim saw no call: {}", self.programs.text());
                let finding = Finding::error("shim-not-in-front", by, found);
                findings.push(finding.instead(format!(
                    "set RUSTC_WRAPPER to {}, as `rust.sccacheEnv` does, and take other wrappers \
                     out of cargo's configuration; or run `nix-sccache run -- COMMAND`",
                    wrapper.display()
                )));
            }
            Some(Some(Outcome::Miss | Outcome::Error)) if !is_read_only => {
                let found = "what was compiled a moment before was not in the cache";
                findings.push(Finding::error("second-time-missed", by, found));
            }
            _ => {}
        }
        for faults in fault::together(&log.faults) {
            let is_expected = is_read_only && matches!(faults.fault, Fault::EntryNotStored(_));
            if !is_expected {
                let finding = Finding::error(faults.fault.code(), by, faults.text()).warning();
                findings.push(finding.instead(faults.fault.remedy()));
            }
        }
        findings
    }

    /// Whether the settings say so themselves: other languages are served.
    fn is_meant(&self, reason: &BypassReason) -> bool {
        let wrap = self.settings.variables.get(contract::WRAP);
        let has_others = wrap.is_some_and(|wrap| !Language::named_in(wrap).is_empty());
        *reason == BypassReason::NotWrapped && has_others
    }
}

/// What came of the crate's calls, in their order.
fn calls(log: &Log) -> impl Iterator<Item = &Outcome> {
    let of_crate = log.calls.iter().filter(|call| call.name == NAME);
    let outcomes = of_crate.map(|call| &call.outcome);
    outcomes.filter(|outcome| **outcome != Outcome::Probe)
}

fn code(outcome: &Outcome) -> String {
    let code = match outcome {
        Outcome::Hit => "hit",
        Outcome::Miss => "miss",
        Outcome::Passthrough(reason) => reason.code(),
        Outcome::Probe | Outcome::Error => "error",
    };
    code.to_owned()
}
