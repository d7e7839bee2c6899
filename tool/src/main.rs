//! `nix-sccache`, for people and hooks.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};
use nix_sccache_contract as contract;

use crate::call::stand_in_front_of_rustc;
use crate::call_log::{self, Log};
use crate::compiler;
use crate::doctor;
use crate::explain;
use crate::gateway;
use crate::page;
use crate::report::Report;
use crate::session::{Begun, Session};
use crate::stable_paths;
use crate::tell::{print, tell};

/// Warm Rust builds inside the Nix sandbox
#[derive(Parser)]
#[command(name = "nix-sccache", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs a command with the cache, and reports
    Run {
        /// Writes the report to this file as well, as JSON
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// Keeps the session's log, one line of JSON a call, in this file
        #[arg(long, value_name = "FILE")]
        log: Option<PathBuf>,
        /// Writes the report to this file as well, as an HTML page
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// The command
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Shows what the cache has done in this session so far
    Report {
        /// Shows it as JSON
        #[arg(long)]
        json: bool,
        /// Writes it to this file, as an HTML page
        #[arg(long, value_name = "FILE", conflicts_with = "json")]
        html: Option<PathBuf>,
        /// Reads a log that `run --log` kept
        #[arg(long, value_name = "FILE")]
        log: Option<PathBuf>,
    },
    /// Says what stands between a build here and its cache, and what to fix
    ///
    /// It changes nothing, unless it is told `--below`. Its exit status is 0 when a build here would
    /// be served by the cache, and 1 when something needs fixing.
    Doctor {
        /// Says it as JSON
        #[arg(long, conflicts_with = "setup")]
        json: bool,
        #[command(flatten)]
        setup: Box<doctor::Setup>,
    },
    /// Says why a crate was a miss: what of its key differs from the build before
    ///
    /// It reads what builds with `reports` leave in a folder.
    Explain(explain::Options),
    /// Begins and ends a session, for build hooks
    Session {
        #[command(subcommand)]
        edge: Edge,
    },
    /// Stands between builds and the host's sccache daemon, and passes its storage's requests alone
    Gateway(gateway::Options),
}

#[derive(Subcommand)]
enum Edge {
    /// Prints the shell's `export` lines for a new session
    Begin,
    /// Ends the session, and reports
    End {
        /// Reports in one line, for a build that failed: Nix shows the last lines of its log
        #[arg(long)]
        failed: bool,
    },
}

/// Does what the arguments say.
pub fn main(called_as: OsString, arguments: Vec<OsString>) -> ExitCode {
    match Cli::parse_from(std::iter::once(called_as).chain(arguments)).command {
        Task::Run {
            report,
            log,
            html,
            command,
        } => {
            let keep = Keep { report, log, html };
            run(&command, &keep)
        }
        Task::Report { json, html, log } => report(json, html.as_deref(), log.as_deref()),
        Task::Doctor { json, setup } => doctor::main(json, *setup),
        Task::Explain(options) => explain::main(&options),
        Task::Session { edge: Edge::Begin } => begin(),
        Task::Session {
            edge: Edge::End { failed },
        } => end(failed),
        Task::Gateway(options) => gateway::main(options),
    }
}

/// The files in which to keep what a session leaves.
struct Keep {
    report: Option<PathBuf>,
    log: Option<PathBuf>,
    html: Option<PathBuf>,
}

impl Keep {
    fn keep(&self, log: &Log, report: &Report) {
        let json = |file: &Path| fs::write(file, serde_json::to_vec_pretty(report)?);
        keep("the log", self.log.as_deref(), |file| {
            fs::write(file, call_log::lines(log)?)
        });
        keep("the report", self.report.as_deref(), json);
        keep("the page", self.html.as_deref(), |file| {
            page::write(log, file)
        });
    }
}

/// Writes a file that nobody's build depends on.
fn keep(what: &str, file: Option<&Path>, write: impl FnOnce(&Path) -> io::Result<()>) {
    let Some(file) = file else { return };
    if let Err(error) = page::outside_outputs(file).and_then(|()| write(file)) {
        tell(format_args!(
            "nix-sccache: {what} cannot be written to {}: {error}",
            file.display()
        ));
    }
}

/// Keeps what a session leaves where the environment says so.
fn keep_in_folder(log: &Log, keys: &[u8]) {
    if let Err(error) = page::keep_in_folder(log, keys) {
        tell(format_args!("nix-sccache: {error}"));
    }
}

/// Runs a command in a session of its own, or in the one that there is.
fn run(command: &[OsString], files: &Keep) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else {
        return ExitCode::FAILURE;
    };
    let mut command = Command::new(program);
    command.args(arguments);
    if Session::current().is_some() {
        return compiler::run(command);
    }
    let begun = match Session::begin() {
        Ok(begun) => begun,
        Err(error) => {
            cannot_begin(&error);
            let log = Log {
                trouble: Some(no_session(&error)),
                ..Log::default()
            };
            files.keep(&log, &Report::of(&log));
            return compiler::run(command);
        }
    };
    command.envs(begun.variables);
    if let Ok(wrapper) = begun.session.wrapper() {
        stand_in_front_of_rustc(&mut command, &wrapper);
    }
    let status = compiler::run_through(&mut command, |_| ());
    let (log, keys) = (begun.session.read_log(), explain::recorded(&begun.session));
    begun.session.end();
    let report = Report::of(&log);
    tell(report.text());
    files.keep(&log, &report);
    keep_in_folder(&log, &keys);
    match status {
        Ok(status) => compiler::end_like(status),
        Err(error) => {
            tell(format_args!(
                "nix-sccache: cannot run {}: {error}",
                program.display()
            ));
            ExitCode::from(127)
        }
    }
}

fn report(json: bool, html: Option<&Path>, log: Option<&Path>) -> ExitCode {
    let log = match (log, Session::current()) {
        (Some(log), _) => call_log::read_kept(log),
        (None, Some(session)) => Ok(session.read_log()),
        (None, None) => {
            tell(format_args!(
                "nix-sccache: there is no session here ({} is not set): `nix-sccache run -- COMMAND` reports on COMMAND, \
                 and `run --log FILE` keeps what `report --log FILE` reads",
                contract::SESSION
            ));
            return ExitCode::FAILURE;
        }
    };
    let shown = log.and_then(|log| {
        let report = Report::of(&log);
        if let Some(file) = html {
            page::outside_outputs(file)
                .and_then(|()| page::write(&log, file))
                .map_err(|error| io::Error::other(format!("{}: {error}", file.display())))?;
        }
        Ok(if json {
            serde_json::to_string_pretty(&report)?
        } else {
            report.text()
        })
    });
    match shown.and_then(print) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(format_args!("nix-sccache: no report: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints what the hook evaluates; never fails a build.
fn begin() -> ExitCode {
    if Session::current().is_none() {
        match Session::begin() {
            Ok(Begun { variables, .. }) => {
                let lines: Vec<u8> = variables
                    .iter()
                    .flat_map(|(name, value)| {
                        [b"export ", name.as_bytes(), b"=", &quote(value), b"\n"].concat()
                    })
                    .collect();
                io::stdout().write_all(&lines).ok();
            }
            Err(error) => cannot_begin(&error),
        }
    }
    ExitCode::SUCCESS
}

/// A word for a POSIX shell.
fn quote(path: &Path) -> Vec<u8> {
    let mut word = vec![b'\''];
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'\'' => word.extend(br"'\''"),
            other => word.push(*other),
        }
    }
    word.push(b'\'');
    word
}

fn end(failed: bool) -> ExitCode {
    if let Some(session) = Session::current() {
        if !failed && let Err(error) = stable_paths::put_into_outputs() {
            tell(format_args!(
                "nix-sccache: cannot put the paths of this build into its outputs: {error}"
            ));
        }
        let log = session.read_log();
        let report = Report::of(&log);
        tell(if failed {
            report.short_text()
        } else {
            report.text()
        });
        keep_in_folder(&log, &explain::recorded(&session));
        session.end();
    } else if let Some(folder) = env::var_os(contract::SESSION) {
        tell(format_args!(
            "nix-sccache: no report: the session's folder, {}, was removed in the middle of the build",
            folder.display()
        ));
    }
    ExitCode::SUCCESS
}

fn cannot_begin(error: &io::Error) {
    tell(format_args!("nix-sccache: {}", no_session(error)));
}

fn no_session(error: &io::Error) -> String {
    format!("no session, so neither a cache of its own nor a report: {error}")
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn quoted_words_are_the_shells() {
        let path = Path::new("/a b/it's $HOME\n");
        let mut script = b"printf %s ".to_vec();
        script.extend(quote(path));
        let script = OsString::from_vec(script);
        let printed = Command::new("sh")
            .arg("-c")
            .arg(script)
            .output()
            .unwrap()
            .stdout;
        assert_eq!(printed, path.as_os_str().as_bytes());
    }
}
