//! Runs a command with the cache, and keeps what its session leaves: `nix-sccache run`.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::thread;

use clap::Args;
use nix_sccache_contract::log::{self, Log};
use nix_sccache_contract::report::Report;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use tempfile::TempDir;

use crate::page;
use crate::place::outside_outputs;
use crate::print::tell;
use crate::shim;

/// The command, and the files in which to keep what its session leaves.
#[derive(Args)]
pub struct Options {
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
}

/// Runs it, by the shim, whose session it is; ends as it ends.
pub fn main(options: &Options) -> ExitCode {
    match run(options) {
        Ok(code) => code,
        Err(error) => {
            tell(format_args!("nix-sccache: {error}"));
            ExitCode::from(127)
        }
    }
}

fn run(options: &Options) -> Result<ExitCode, String> {
    let mut command = shim::session("run")?;
    let cannot_run = |command: &Command, error: io::Error| {
        format!("cannot run {}: {error}", command.get_program().display())
    };
    let Some(directory) = options.directory() else {
        command.arg("--").args(&options.command);
        let error = command.exec();
        return Err(cannot_run(&command, error));
    };
    let file = directory.path().join("log");
    command
        .arg("--log")
        .arg(&file)
        .arg("--")
        .args(&options.command);
    let status = run_through(&mut command).map_err(|error| cannot_run(&command, error))?;
    // None is left where the command ran in a session that was there before.
    if let Ok(text) = fs::read_to_string(&file) {
        options.keep(&log::kept(&text));
    }
    drop(directory);
    Ok(end_like(status))
}

impl Options {
    /// A directory for the log on its way to what is wanted of it; none where nothing is, or nothing can be
    /// written. Where there is neither `/tmp` nor another for temporary files, it is beside the first file.
    fn directory(&self) -> Option<TempDir> {
        let files = [&self.report, &self.log, &self.html];
        let first = files.into_iter().flatten().next()?;
        let beside = std::path::absolute(first).ok()?;
        TempDir::new_in("/tmp")
            .or_else(|_| TempDir::new())
            .or_else(|_| TempDir::new_in(beside.parent().unwrap_or(&beside)))
            .ok()
    }

    fn keep(&self, log: &Log) {
        keep("the log", self.log.as_deref(), || Ok(log::lines(log)));
        keep("the report", self.report.as_deref(), || {
            Ok(serde_json::to_vec_pretty(&Report::of(log))?)
        });
        keep("the page", self.html.as_deref(), || {
            Ok(page::page(log)?.into_bytes())
        });
    }
}

/// Writes a file that nobody's build depends on.
fn keep(what: &str, file: Option<&Path>, text: impl FnOnce() -> io::Result<Vec<u8>>) {
    let Some(file) = file else { return };
    let written = outside_outputs(file)
        .and_then(|()| text())
        .and_then(|text| fs::write(file, text));
    if let Err(error) = written {
        tell(format_args!(
            "nix-sccache: {what} cannot be written to {}: {error}",
            file.display()
        ));
    }
}

/// Runs a command, and outlives the signals that are meant for it: they are passed on. A terminal sends
/// its interrupt to the whole group by itself.
fn run_through(command: &mut Command) -> io::Result<ExitStatus> {
    // Before it runs: none must come in between.
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let mut child = command.spawn()?;
    let process = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let handle = signals.handle();
    let forwarding = thread::spawn(move || {
        for signal in &mut signals {
            let passed_on = Signal::from_named_raw(signal).filter(|_| signal != SIGINT);
            if let (Some(process), Some(signal)) = (process, passed_on) {
                kill_process(process, signal).ok();
            }
        }
    });
    let status = child.wait();
    handle.close();
    forwarding.join().ok();
    status
}

/// Ends with a program's code, or by its signal.
fn end_like(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal() {
        emulate_default_handler(signal).ok();
    }
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
