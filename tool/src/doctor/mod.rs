//! Tries what a build here would need of its cache, and says what to mend: `nix-sccache doctor`.
//!
//! | module | does |
//! |---|---|
//! | [`settings`] | reads the environment as the shim would |
//! | [`programs`] | finds the shim, the real sccache, and what stands in front of compilers |
//! | [`nix`] | asks Nix for its sandbox paths and the plugin |
//! | [`every_build`] | looks at what is mounted into builds that know nothing of the cache |
//! | [`session`] | begins a session as the setup hook does |
//! | [`storage`] | connects, shakes hands, stores an entry and fetches it |
//! | [`trial`] | compiles a crate twice: a miss, and then a hit |
//! | [`finding`] | what is wrong |
//!
//! It leaves a few small entries in the cache, and nothing else. Whatever may not answer, a program, a socket or a
//! file system, is given some seconds.

mod every_build;
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
use std::process::ExitCode;

use clap::Args;
use nix_sccache_contract as contract;
use nix_sccache_contract::secret::{self, Secrets};
use nix_sccache_contract::text::shown_up_to;
use rustix::process::geteuid;
use serde_json::{Value, json};
use tempfile::TempDir;
use textwrap::WordSplitter::NoHyphenation;

use self::finding::{Finding, Severity};
use self::programs::Programs;
use self::session::Session;
use self::settings::{Settings, Variables};
use self::trial::Crate;
use crate::print::{print, tell};
use crate::shim;

/// The form of the JSON. Members may be added to it; a change of those that are there is another
/// number.
const SCHEMA: u32 = 2;

/// Variables that are shown, by how they begin.
const SHOWN: [&str; 6] = [
    "NIX_SCCACHE_",
    "SCCACHE_",
    "RUSTC_",
    "CARGO_INCREMENTAL",
    "IN_NIX_SHELL",
    "NIX_BUILD_TOP",
];

/// How to show it.
#[derive(Args)]
pub struct Options {
    /// Shows it as JSON
    #[arg(long)]
    json: bool,
}

/// Examines, and prints what it found. Succeeds if a build here would be served.
pub fn main(options: &Options) -> ExitCode {
    let variables = Variables::of_process();
    let secrets = Secrets::of(variables.named());
    let examined = match examine(variables) {
        Ok(examined) => clean(examined, &secrets),
        Err(error) => {
            tell(format_args!("nix-sccache: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let printed = if options.json {
        print(format_args!("{examined:#}"))
    } else {
        print(text(&examined))
    };
    if let Err(error) = printed {
        tell(format_args!("nix-sccache: cannot print it: {error}"));
    }
    ExitCode::from(u8::from(examined["served"] != true))
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

/// Tries all of it, in the order in which one thing needs another. Says what it found, as `--json` has it.
fn examine(variables: Variables) -> Result<Value, String> {
    let directory = TempDir::with_prefix("nix-sccache-doctor-")
        .map_err(|error| format!("no temporary directory: {error}; set TMPDIR to another place"))?;
    let directory = directory.path();
    let shim = shim::shim();
    if let Ok(shim) = &shim {
        let bin = directory.join("bin");
        let made = fs::create_dir(&bin);
        made.and_then(|()| symlink(shim, bin.join("sccache"))).ok();
    }
    let mut shown = BTreeMap::new();
    for (name, value) in variables.named() {
        if SHOWN.iter().any(|start| name.starts_with(start)) {
            let value = secret::value(name, &value.to_string_lossy());
            shown.insert(name.to_owned(), value);
        }
    }
    let settings = Settings::read(variables, directory);
    let mut findings = settings.findings();
    let programs = programs::find(&settings, shim, &mut findings);
    let nix = nix::ask(&settings, &mut findings);
    let every_build = every_build::look(&settings, nix.as_ref(), &mut findings);
    let (mut storage, mut trial) = (None, None);
    if let Some(session) = begin(&settings, &programs, &mut findings) {
        storage = storage::try_out(&session, &settings, &mut findings);
        if let Some(storage) = &storage {
            let probe = Crate {
                settings: &settings,
                programs: &programs,
                session: &session,
                directory: directory.join("crate"),
                is_read_only: storage.is_read_only,
            };
            trial = probe.try_out(&mut findings);
        }
    }
    findings.sort_by_key(|finding| finding.severity);
    let is_error = |finding: &Finding| finding.severity == Severity::Error;
    Ok(json!({
        "schema": SCHEMA,
        "version": env!("CARGO_PKG_VERSION"),
        "served": !findings.iter().any(is_error),
        // What keeps builds from the cache first.
        "findings": findings,
        "place": settings.place,
        "user": geteuid().as_raw(),
        // Whether no cache is named here, so that this is about the host's, as derivations find it by default.
        "are_defaults": settings.are_defaults,
        "transport": settings.transport(),
        "variables": shown,
        "programs": programs,
        "nix": nix,
        // What is mounted into builds that say nothing of the cache.
        "every_build": every_build,
        "storage": storage,
        "trial": trial,
    }))
}

/// A session of its own, if it begins.
fn begin<'a>(
    settings: &Settings,
    programs: &'a Programs,
    findings: &mut Vec<Finding>,
) -> Option<Session<'a>> {
    let has_own_server = settings.transport().is_some() && !settings.is_hosts_daemon();
    // Where no cache is named, sccache would start a server of its own, and leave it.
    let is_named = settings.socket().is_some() || has_own_server;
    let shim = programs.shim.as_ref().filter(|_| is_named)?;
    if let Some(session) = settings.variables.get(contract::SESSION)
        && let Ok(log) = session::log_of(shim, &settings.variables)
    {
        let noted = log.error.map(|error| Finding::of_cache(&error, session));
        findings.extend(noted.map(|it| it.warning_if(true)));
    }
    let place = "nix-sccache-shim session begin";
    let begun = Session::begin(shim, settings.variables.clone());
    findings.push(
        match begun.and_then(|session| Ok((session.log()?.error, session))) {
            Ok((None, session)) => return Some(session),
            // Of its own server, or of a directory that is not there, it notes at once.
            Ok((Some(error), _)) => Finding::of_cache(&error, place),
            Err(error) => Finding::new("session-failed", place, error),
        },
    );
    None
}

/// What was found out, for a terminal of 80 columns.
fn text(examined: &Value) -> String {
    let mut lines = Vec::new();
    for name in "place user transport variables programs nix every_build storage trial".split(' ') {
        add(&format!("{name}:"), &examined[name], &mut lines);
    }
    if examined["are_defaults"] == true {
        let about = "No cache is named here: this is about what derivations use by default.";
        lines.push(format!("\n{about}"));
    }
    for (severity, title) in [("error", "to fix"), ("warning", "to know")] {
        let findings = examined["findings"].as_array().into_iter().flatten();
        let findings: Vec<_> = findings.filter(|it| it["severity"] == severity).collect();
        lines.extend((!findings.is_empty()).then(|| format!("\n{title}")));
        for finding in findings {
            let [place, found, code, remedy] = ["where", "found", "code", "remedy"]
                .map(|name| finding[name].as_str().unwrap_or_default());
            let text = format!("{place}: {found} ({code}) => {remedy}");
            lines.push(wrap("  - ", &text));
        }
    }
    let is_served = examined["served"] == true;
    let not = if is_served { "" } else { "not " };
    lines.push(format!("\nA build here would {not}be served by the cache."));
    lines.join("\n")
}

/// Adds lines that say a value behind a mark; what is in it stands below, further to the right.
fn add(mark: &str, value: &Value, lines: &mut Vec<String>) {
    let indent = " ".repeat(2 + mark.len() - mark.trim_start().len());
    match value {
        Value::Object(members) => {
            lines.push(mark.to_owned());
            for (name, value) in members {
                add(&format!("{indent}{name}:"), value, lines);
            }
        }
        Value::Array(values) => {
            lines.push(mark.to_owned());
            for value in values {
                add(&format!("{indent}-"), value, lines);
            }
        }
        Value::String(text) => lines.push(wrap(&format!("{mark} "), text)),
        Value::Null => lines.push(format!("{mark} none")),
        other => lines.push(format!("{mark} {other}")),
    }
}

/// Lines of a text behind a mark, without what would move a terminal's cursor: others may have written it.
fn wrap(mark: &str, text: &str) -> String {
    let indent = " ".repeat(mark.len());
    let options = textwrap::Options::new(80)
        .initial_indent(mark)
        .subsequent_indent(&indent);
    // A path is no word to hyphenate.
    let options = options.word_splitter(NoHyphenation);
    textwrap::fill(&shown_up_to(text, usize::MAX), options)
}
