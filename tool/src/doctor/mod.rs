//! Tries what a build here would need of its cache, and says what to mend: `nix-sccache doctor`.
//!
//! | module | does |
//! |---|---|
//! | [`settings`] | reads the environment as the shim would |
//! | [`programs`] | finds the shim, the real sccache, and what stands in front of compilers |
//! | [`nix`] | asks Nix for its sandbox paths and the plugin |
//! | [`session`] | begins a session as the setup hook does |
//! | [`storage`] | connects, shakes hands, stores an entry and fetches it |
//! | [`trial`] | compiles a crate twice: a miss, and then a hit |
//! | [`finding`] | what is wrong |
//!
//! It leaves a few small entries in the cache, and nothing else. Whatever may not answer, a program, a socket or a
//! file system, is given some seconds.

mod finding;
mod nix;
mod process;
mod programs;
mod session;
mod settings;
mod storage;
mod trial;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use nix_sccache_contract as contract;
use nix_sccache_contract::secret::{self, Secrets};
use rustix::process::geteuid;
use serde::Serialize;
use serde_json::Value;
use tempfile::TempDir;
use textwrap::WordSplitter::NoHyphenation;

use self::finding::{Finding, Severity};
use self::nix::Nix;
use self::programs::Programs;
use self::session::Session;
use self::settings::{Place, Settings, Variables};
use self::storage::Tried;
use self::trial::Trial;
use crate::print::{print, tell};
use crate::shim;

/// The form of the JSON. Members may be added to it; a change of those that are there is another
/// number.
const SCHEMA: u32 = 2;

/// How to show it.
#[derive(Args)]
pub struct Options {
    /// Shows it as JSON
    #[arg(long)]
    json: bool,
}

/// All that was found out.
#[derive(Serialize)]
struct Examined {
    /// [`SCHEMA`].
    schema: u32,
    /// Of nix-sccache.
    version: &'static str,
    /// Whether a build here would be served by the cache.
    served: bool,
    /// What is wrong, what keeps builds from the cache first.
    findings: Vec<Finding>,
    place: Place,
    /// The user's number.
    user: u32,
    /// Whether no cache is named here, so that this is about the host's, as derivations find it by default.
    are_defaults: bool,
    transport: Option<String>,
    /// The variables that matter.
    variables: BTreeMap<String, String>,
    programs: Programs,
    nix: Option<Nix>,
    storage: Option<Tried>,
    trial: Option<Trial>,
}

/// Examines, and prints what it found. Succeeds if a build here would be served.
pub fn main(options: &Options) -> ExitCode {
    let variables = Variables::of_process();
    let secrets = Secrets::of(variables.named());
    let examined = match examine(variables) {
        Ok(examined) => examined,
        Err(error) => {
            tell(format_args!("nix-sccache: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let printed = if options.json {
        serde_json::to_value(&examined)
            .and_then(|value| serde_json::to_string_pretty(&clean(value, &secrets)))
            .map_err(std::io::Error::from)
            .and_then(print)
    } else {
        print(examined.text(&secrets))
    };
    if let Err(error) = printed {
        tell(format_args!("nix-sccache: cannot print it: {error}"));
    }
    if examined.served {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The value without secrets.
fn clean(value: Value, secrets: &Secrets) -> Value {
    let clean = |value| clean(value, secrets);
    match value {
        Value::String(text) => Value::String(secrets.clean(&text)),
        Value::Array(values) => values.into_iter().map(clean).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, clean(value)));
            Value::Object(fields.collect())
        }
        other => other,
    }
}

/// Tries all of it, in the order in which one thing needs another.
fn examine(variables: Variables) -> Result<Examined, String> {
    let folder = TempDir::with_prefix("nix-sccache-doctor-")
        .map_err(|error| format!("no temporary folder: {error}; set TMPDIR to another place"))?;
    let shim = shim::shim();
    if let Ok(shim) = &shim {
        let bin = folder.path().join("bin");
        fs::create_dir(&bin)
            .and_then(|()| symlink(shim, bin.join("sccache")))
            .ok();
    }
    let shown = variables.shown().map(|(name, value)| {
        let value = secret::value(name, &value.to_string_lossy());
        (name.to_owned(), value)
    });
    let shown = shown.collect();
    let settings = Settings::read(variables, folder.path());
    let mut findings = settings.findings();
    let (programs, found) = programs::find(&settings, shim);
    findings.extend(found);
    let (nix, found) = nix::ask(&settings);
    findings.extend(found);
    let (storage, trial) = try_cache(&settings, &programs, folder.path(), &mut findings);
    findings.sort_by_key(|finding| finding.severity);
    Ok(Examined {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        served: findings
            .iter()
            .all(|finding| finding.severity != Severity::Error),
        findings,
        place: settings.place,
        user: geteuid().as_raw(),
        are_defaults: settings.are_defaults,
        transport: settings.transport().map(str::to_owned),
        variables: shown,
        programs,
        nix,
        storage,
        trial,
    })
}

/// Tries the storage and compiles, in a session of its own.
fn try_cache(
    settings: &Settings,
    programs: &Programs,
    folder: &Path,
    findings: &mut Vec<Finding>,
) -> (Option<Tried>, Option<Trial>) {
    let has_own_server = settings.transport().is_some() && !settings.is_hosts_daemon();
    // Where no cache is named, sccache would start a server of its own, and leave it.
    let is_named = settings.socket().is_some() || has_own_server;
    let Some(shim) = programs.shim.as_ref().filter(|_| is_named) else {
        return (None, None);
    };
    let place = "nix-sccache-shim session begin";
    if let Some(folder) = settings.variables.get(contract::SESSION)
        && let Ok(log) = session::log_of(shim, &settings.variables)
    {
        let of_session = log
            .error
            .map(|error| Finding::of_cache(&error, folder).warning());
        findings.extend(of_session);
    }
    let begun = Session::begin(shim, settings.variables.clone());
    let begun = begun.and_then(|session| Ok((session.log()?.error, session)));
    let session = match begun {
        Ok((None, session)) => session,
        // Of its own server, or of a directory that is not there, it notes at once.
        Ok((Some(error), _)) => {
            findings.push(Finding::of_cache(&error, place));
            return (None, None);
        }
        Err(error) => {
            findings.push(Finding::error("session-failed", place, error));
            return (None, None);
        }
    };
    let Some(socket) = session.socket() else {
        return (None, None);
    };
    let (storage, found) = storage::try_out(socket, settings);
    findings.extend(found);
    let mut tried = None;
    if let (Some(storage), Some(_)) = (&storage, &programs.sccache) {
        let is_read_only = storage.is_read_only;
        let (trial, found) = trial::try_out(settings, programs, &session, folder, is_read_only);
        findings.extend(found);
        tried = trial;
    }
    (storage, tried)
}

impl Examined {
    /// For a terminal of 80 columns.
    fn text(&self, secrets: &Secrets) -> String {
        let wrap = |mark: &str, text: &str| wrap(mark, &secrets.clean(text));
        let text = |text: Option<String>, other: &str| text.unwrap_or_else(|| other.to_owned());
        let mut rows = vec![("place", format!("{:?}, user {}", self.place, self.user))];
        let variables = self
            .variables
            .iter()
            .map(|(name, value)| ("", format!("{name}={value}")));
        rows.extend(variables);
        if self.are_defaults {
            let about = "No cache is named here: this is about what derivations use by default.";
            rows.push(("", about.to_owned()));
        }
        let shim = self
            .programs
            .shim
            .as_ref()
            .map(|shim| shim.display().to_string());
        rows.push(("shim", text(shim, "none")));
        rows.push(("", self.programs.text()));
        rows.push((
            "sccache",
            text(self.programs.sccache.clone(), "none that runs"),
        ));
        rows.push(("nix", text(self.nix.as_ref().map(Nix::text), "not here")));
        rows.push(("transport", text(self.transport.clone(), "none named")));
        rows.push((
            "storage",
            text(self.storage.as_ref().map(Tried::text), "not reached"),
        ));
        rows.push((
            "build",
            text(self.trial.as_ref().map(Trial::text), "not tried"),
        ));
        let mut lines: Vec<_> = rows
            .iter()
            .map(|(label, text)| wrap(&format!("{label:<10}"), text))
            .collect();
        for (severity, title) in [(Severity::Error, "to fix"), (Severity::Warning, "to know")] {
            let findings = self.findings.iter().filter(|it| it.severity == severity);
            let items: Vec<_> = findings
                .map(
                    |Finding {
                         code,
                         found,
                         place,
                         remedy,
                         ..
                     }| {
                        wrap("  - ", &format!("{place}: {found} ({code}) => {remedy}"))
                    },
                )
                .collect();
            if !items.is_empty() {
                lines.push(format!("\n{title}"));
                lines.extend(items);
            }
        }
        let not = if self.served { "" } else { "not " };
        lines.push(format!("\nA build here would {not}be served by the cache."));
        lines.join("\n")
    }
}

/// Lines of a text behind a mark, without what would move a terminal's cursor: others may have written it.
fn wrap(mark: &str, text: &str) -> String {
    let indent = " ".repeat(mark.len());
    let escape = |c: char| {
        if c.is_control() {
            c.escape_default().collect()
        } else {
            c.to_string()
        }
    };
    let text: String = text.chars().map(escape).collect();
    let options = textwrap::Options::new(80)
        .initial_indent(mark)
        .subsequent_indent(&indent);
    // A path is no word to hyphenate.
    textwrap::fill(&text, options.word_splitter(NoHyphenation))
}
