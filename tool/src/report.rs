//! Shows what the cache has done, in this session so far or in builds that left their logs: `nix-sccache report`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use clap::Args;
use nix_sccache_contract::host_log::DIRECTORY;
use nix_sccache_contract::log::{self, Log};
use nix_sccache_contract::report::Report;
use nix_sccache_contract::text::shown;

use crate::host_builds::unreadable;
use crate::left_logs;
use crate::page;
use crate::place::outside_outputs;
use crate::print::{print, tell};
use crate::shim;

/// What to show, and how.
#[derive(Args)]
pub struct Options {
    /// A build that this machine has seen, as `nix-sccache builds` lists it: the newest of this name
    #[arg(value_name = "BUILD", conflicts_with_all = ["log", "pages"])]
    build: Option<String>,
    /// Where the host's gateway keeps what it has seen
    #[arg(long, value_name = "DIR", default_value = DIRECTORY)]
    logs: PathBuf,
    /// Shows it as JSON
    #[arg(long)]
    json: bool,
    /// Writes it to this file, as an HTML page
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    html: Option<PathBuf>,
    /// Reads a log that `run --log` kept, or that a build left in the directory of the setting `reports`
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Writes an HTML page beside each log that builds have left in this directory, where there is none
    /// yet, and prints the pages' names
    #[arg(long, value_name = "DIR", conflicts_with_all = ["json", "html", "log"])]
    pages: Option<PathBuf>,
}

/// Shows it, or says why it cannot.
pub fn main(options: &Options) -> ExitCode {
    let done = match &options.pages {
        Some(directory) => write_pages(directory),
        None => show(options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(format_args!("nix-sccache: no report: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn show(options: &Options) -> Result<(), String> {
    let log = match (&options.build, &options.log) {
        (Some(build), _) => of_build(&options.logs, build),
        (None, Some(file)) => read(file).map_err(|error| error.to_string()),
        (None, None) => of_session(),
    }?;
    let report = Report::of(&log);
    if let Some(file) = &options.html {
        outside_outputs(file)
            .and_then(|()| fs::write(file, page::page(&log)?))
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let text = if options.json {
        serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?
    } else {
        report.text()
    };
    print(text).map_err(|error| error.to_string())
}

/// The log of a build that the host has seen.
fn of_build(logs: &Path, build: &str) -> Result<Log, String> {
    let found = left_logs::find(logs, build).map_err(|error| unreadable(logs, &error))?;
    let unknown = || {
        let (build, logs) = (shown(build), logs.display());
        format!("no build in {logs} goes by the name {build}: `nix-sccache builds` lists them")
    };
    let found = found.ok_or_else(unknown)?;
    let log = found.log();
    log.ok_or_else(|| format!("{}: this is no log", found.path().display()))
}

/// The log of the session that there is here.
fn of_session() -> Result<Log, String> {
    if std::env::var_os(nix_sccache_contract::SESSION).is_none() {
        return Err(format!(
            "there is no session here ({} is not set): `nix-sccache run -- COMMAND` reports on COMMAND, \
             and `run --log FILE` keeps what `report --log FILE` reads",
            nix_sccache_contract::SESSION
        ));
    }
    let mut command = shim::session("log")?;
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if !output.status.success() {
        return Err("the shim cannot read the session".to_owned());
    }
    Ok(log::kept(&String::from_utf8_lossy(&output.stdout)))
}

/// Reads a log that was kept.
fn read(file: &Path) -> io::Result<Log> {
    let named = |error| io::Error::other(format!("{}: {error}", file.display()));
    // Of a session that runs, a log that is not there is an empty one; here it is a slip.
    let text = fs::read_to_string(file).map_err(named)?;
    let log = log::kept(&text);
    if log == Log::default() && !text.is_empty() {
        return Err(named(io::Error::other(
            "this is no log that `run --log` kept",
        )));
    }
    Ok(log)
}

/// Everybody may write to the directory: nothing of others is followed or overwritten.
fn write_pages(directory: &Path) -> Result<(), String> {
    let named = |error: io::Error| format!("{}: {error}", directory.display());
    for left in left_logs::logs(directory).map_err(named)? {
        let file = left.path().with_extension("html");
        if file.symlink_metadata().is_ok() {
            continue;
        }
        let Some(log) = left.log() else { continue };
        outside_outputs(&file)
            .and_then(|()| {
                let page = page::page(&log)?;
                fs::File::create_new(&file)?.write_all(page.as_bytes())
            })
            .map_err(named)?;
        print(file.display()).map_err(named)?;
    }
    Ok(())
}
