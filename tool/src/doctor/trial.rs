//! Compiles a crate twice, as a build here would, and reads in the session's log what came of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::{Duration, SystemTime};

use nix_sccache_contract as contract;
use nix_sccache_contract::Language;
use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::fault::{self, Fault, Faults};
use nix_sccache_contract::log::{Log, Outcome};
use serde::Serialize;

use super::finding::Finding;
use super::process::run;
use super::programs::Programs;
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

/// A crate of one line, which nobody else has in any cache.
pub struct Crate<'a> {
    /// Where it is compiled.
    pub settings: &'a Settings,
    /// By which programs.
    pub programs: &'a Programs,
    /// The session.
    pub session: &'a Session<'a>,
    /// The directory that is made for it.
    pub directory: PathBuf,
    /// Whether the storage takes no entries.
    pub is_read_only: bool,
}

impl Crate<'_> {
    /// Tries it; nothing where it cannot be compiled.
    pub fn try_out(&self, findings: &mut Vec<Finding>) -> Option<Trial> {
        let (trial, found) = match self.compile_twice() {
            Ok((by, outcomes, log)) => {
                let found = self.judge(by, &outcomes, &log);
                let outcomes = outcomes.iter().map(|it| it.as_ref().map(code)).collect();
                (Some(Trial { by, outcomes }), found)
            }
            Err(finding) => (None, vec![finding]),
        };
        // Derivations bring their own programs.
        let are_defaults = self.settings.are_defaults;
        findings.extend(found.into_iter().map(|it| it.warning_if(are_defaults)));
        trial
    }

    /// By what it was compiled, what came of it each time, and the session's log.
    fn compile_twice(&self) -> Result<(&'static str, Vec<Option<Outcome>>, Log), Finding> {
        let Some(rustc) = self.programs.path("rustc") else {
            return Err(Finding::new("rustc-missing", "PATH", "there is no rustc"));
        };
        let cargo = self.programs.path("cargo");
        let by = if cargo.is_some() { "cargo" } else { "rustc" };
        self.write()
            .map_err(|error| Finding::new("temporary-not-writable", "TMPDIR", error.to_string()))?;
        let target = self.directory.join("target");
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
                Finding::new("compile-fails", by, found)
            })?;
            let noted = self.session.log();
            log = noted.map_err(|error| Finding::new("session-failed", by, error))?;
            outcomes.push(calls(&log).nth(before).cloned());
        }
        Ok((by, outcomes, log))
    }

    fn write(&self) -> io::Result<()> {
        let (now, id) = (SystemTime::now(), process::id());
        let source = format!("// {now:?}, {id}\npub const NUMBER: u32 = {id};\n");
        let manifest = format!(
            "[package]\nname = {NAME:?}\nversion = \"0.0.0\"\nedition = \"2021\"\n\n\
             [lib]\npath = \"lib.rs\"\n\n[workspace]\n"
        );
        fs::create_dir_all(&self.directory)?;
        fs::write(self.directory.join("lib.rs"), source)?;
        fs::write(self.directory.join("Cargo.toml"), manifest)
    }

    /// With what cargo's files here say, unless derivations are meant, which have none of them.
    fn by_cargo(&self, cargo: &Path, target: &Path) -> Command {
        let mut cargo = self.variables().command(cargo);
        cargo.args(["build", "--offline", "--manifest-path"]);
        cargo.arg(self.directory.join("Cargo.toml"));
        cargo.arg("--target-dir").arg(target);
        if self.settings.are_defaults {
            cargo.current_dir(&self.directory);
            cargo.env("CARGO_HOME", self.directory.join("cargo"));
        }
        cargo
    }

    fn by_rustc(&self, rustc: &Path, target: &Path) -> Command {
        let variables = self.variables();
        let wrapper = variables.path("RUSTC_WRAPPER");
        let mut compile = variables.command(wrapper.as_deref().unwrap_or(rustc));
        compile.args(wrapper.is_some().then_some(rustc));
        compile.args(["--crate-name", NAME, "--edition=2021", "--crate-type=lib"]);
        compile.arg("--emit=dep-info,metadata,link");
        compile.arg("--out-dir").arg(target);
        compile.arg(self.directory.join("lib.rs"));
        compile
    }

    fn variables(&self) -> Variables {
        let mut variables = self.session.variables().clone();
        // rustup would fetch a toolchain that a file here asks for.
        variables.set("RUSTUP_AUTO_INSTALL", "0");
        let timeout = variables.get(contract::TIMEOUT).map(str::parse::<u32>);
        let timeout = timeout.map_or(TIMEOUT, |it| it.map_or(TIMEOUT, |it| it.min(TIMEOUT)));
        variables.set(contract::TIMEOUT, timeout.to_string());
        variables
    }

    /// What is wrong with what came of it, in the report's own sentences.
    fn judge(&self, by: &str, outcomes: &[Option<Outcome>], log: &Log) -> Vec<Finding> {
        let finding = |code, found: String, remedy| Finding::new(code, by, found).instead(remedy);
        let of_call = match outcomes.last() {
            Some(Some(Outcome::Passthrough(BypassReason::CacheFailed))) if log.error.is_some() => {
                log.error.as_ref().map(|error| Finding::of_cache(error, by))
            }
            Some(Some(Outcome::Passthrough(reason))) => {
                let finding = finding(reason.code(), reason.to_string(), reason.remedy());
                Some(finding.warning_if(self.is_meant(reason)))
            }
            Some(None) => {
                let shim = self.programs.shim.clone().unwrap_or_default();
                let remedy = format!(
                    "set RUSTC_WRAPPER to {}, as `rust.sccacheEnv` does, and take other wrappers \
                     out of cargo's configuration; or run `nix-sccache run -- COMMAND`",
                    shim.with_file_name("sccache").display()
                );
                let found = format!("the shim saw no call: {}", self.programs.text());
                Some(finding("shim-not-in-front", found, remedy))
            }
            Some(Some(Outcome::Miss | Outcome::Error)) if !self.is_read_only => {
                let found = "what was compiled a moment before was not in the cache";
                Some(Finding::new("second-time-missed", by, found))
            }
            _ => None,
        };
        let mut faults = fault::together(&log.faults);
        faults.retain(|it| !(self.is_read_only && matches!(it.fault, Fault::EntryNotStored(_))));
        let warning =
            |it: &Faults| finding(it.fault.code(), it.text(), it.fault.remedy()).warning_if(true);
        of_call
            .into_iter()
            .chain(faults.iter().map(warning))
            .collect()
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
