//! Explains which part of a crate's key is not what it was in the build before: `nix-sccache explain`.
//!
//! | module | does |
//! |---|---|
//! | [`earlier`] | reads builds back in time, as far as somebody asks |
//! | [`select`] | finds the calls for a crate, and those that they compare with |
//! | [`compare`] | tells what differs from what follows of it |
//! | [`chain`] | goes through the dependencies to what changed first |
//! | [`answer`] | the answer, in words and as JSON |

mod answer;
mod chain;
mod compare;
mod earlier;
mod select;

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use nix_sccache_contract as contract;
use nix_sccache_contract::host_log::DIRECTORY;
use nix_sccache_contract::text::shown;
use nix_sccache_core::nearest;

use self::answer::Answer;
use self::earlier::Earlier;
use self::select::Wanted;
use crate::host_builds::unreadable;
use crate::left_logs::logs;
use crate::print::{ended, print};

/// What to explain.
#[derive(Args)]
pub struct Options {
    /// The crate, its package, or a source of C or C++; `NAME@VERSION` for one of several
    #[arg(value_name = "CRATE")]
    wanted: String,
    /// The folder in which builds leave their reports; else that of `NIX_SCCACHE_REPORTS`, or where the host's gateway keeps
    /// what builds /var/lib/nix-sccache
    #[arg(long, value_name = "DIR")]
    reports: Option<PathBuf>,
    /// Says it as JSON
    #[arg(long)]
    json: bool,
}

/// Explains, or says why it cannot.
pub fn main(options: &Options) -> ExitCode {
    let said = explain(options).and_then(|answer| {
        let text = if options.json {
            serde_json::to_string_pretty(&answer).map_err(|error| error.to_string())?
        } else {
            answer.text()
        };
        print(text).map_err(|error| error.to_string())
    });
    ended(said)
}

fn explain(options: &Options) -> Result<Answer, String> {
    let folder = options
        .reports
        .clone()
        .or_else(|| {
            env::var_os(contract::REPORTS)
                .filter(|folder| !folder.is_empty())
                .map(PathBuf::from)
        })
        .or_else(|| Some(PathBuf::from(DIRECTORY)).filter(|kept| kept.is_dir()))
        .ok_or_else(|| {
            format!(
                "there is nothing to explain from: there is no {DIRECTORY}, where this machine's gateway keeps what builds tell \
                 (`services.nix-sccache.logs`, or its option --logs), and no folder is named where builds leave it by the setting \
                 `reports` (withSccache {{ reports = \"/var/log/nix-sccache\"; }}): name either with --reports DIR, or by {}",
                contract::REPORTS
            )
        })?;
    let place = shown(&folder.to_string_lossy());
    let logs = logs(&folder).map_err(|error| {
        if folder == Path::new(DIRECTORY) {
            unreadable(&folder, &error)
        } else {
            format!("{place}: {error}")
        }
    })?;
    if logs.is_empty() {
        return Err(format!(
            "no build has left its log in {place}: is this the folder of the setting `reports`, and in extra-sandbox-paths?"
        ));
    }
    let wanted = Wanted::read(&options.wanted);
    let mut logs = logs.iter();
    let mut names = Vec::new();
    let newest = loop {
        let Some(log) = logs.next() else {
            return Err(unknown(&options.wanted, &place, &names));
        };
        let Some(build) = log.read() else { continue };
        if !wanted.calls(&build).is_empty() {
            break build;
        }
        names.extend(select::names(&build));
    };
    let earlier = Earlier::new(logs.as_slice());
    Ok(answer::answer(&wanted, &newest, earlier))
}

fn unknown(name: &str, place: &str, names: &[String]) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let meant = nearest(name, &names).map_or_else(String::new, |name| {
        format!("; did you mean `{}`?", shown(name))
    });
    format!("no build in {place} compiled `{}`{meant}", shown(name))
}
