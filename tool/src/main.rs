//! Tells people what the cache did and why: the command `nix-sccache`. What a session needs it has the shim do.
//!
//! | module | does |
//! |---|---|
//! | [`run`] | runs a command with the cache |
//! | [`report`], [`page`] | tell what the cache did, as text, JSON and HTML |
//! | [`explain`] | tells why a crate was a miss |
//! | [`builds`], [`top`] | list the builds that the host has seen, and watch them; [`host_builds`] follows them |
//! | [`left_logs`] | reads what builds have left, for `report` and `explain` |
//! | [`doctor`] | tries what a build needs of its cache |
//! | [`setup`] | sets a machine up that is no NixOS |
//! | [`shim`] | finds the shim, whose sessions these are, and the gateway |
//! | [`place`], [`print`](mod@print), [`time`] | keep out of builds' outputs, print, and write times |

mod builds;
mod doctor;
mod explain;
mod host_builds;
mod left_logs;
mod page;
mod place;
mod print;
mod report;
mod run;
mod setup;
mod shim;
mod time;
mod top;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

use crate::print::tell;

/// Warm Rust builds inside the Nix sandbox
#[derive(Parser)]
#[command(name = "nix-sccache", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Subcommand)]
enum Subcommands {
    /// Runs a command with the cache, and reports
    Run(run::Options),
    /// Shows what the cache has done in this session so far
    Report(report::Options),
    /// Lists the builds that this machine has seen: hits, misses, time saved, and what to change
    Builds(builds::Options),
    /// Watches the builds that run on this machine
    Top(top::Options),
    /// Says why a crate was a miss: what of its key differs from the build before
    ///
    /// It reads what builds with `reports` leave in a directory, or what the host's gateway keeps.
    Explain(explain::Options),
    /// Says what stands between a build here and its cache
    ///
    /// It ends with 0 if a build here would be served, and with 1 if not.
    Doctor(doctor::Options),
    /// Shows what sets this machine up, where it is no NixOS, and with --write does it
    Setup(setup::Options),
    /// Stands between builds and the host's sccache daemon: what `nix-sccache-gateway` does
    #[command(disable_help_flag = true)]
    Gateway {
        /// What `nix-sccache-gateway --help` lists
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Subcommands::Run(options) => run::main(&options),
        Subcommands::Report(options) => report::main(&options),
        Subcommands::Builds(options) => builds::main(&options),
        Subcommands::Top(options) => top::main(&options),
        Subcommands::Explain(options) => explain::main(&options),
        Subcommands::Doctor(options) => doctor::main(&options),
        Subcommands::Setup(options) => setup::main(&options),
        Subcommands::Gateway { arguments } => gateway(&arguments),
    }
}

/// Becomes the gateway.
fn gateway(arguments: &[OsString]) -> ExitCode {
    let error = match shim::gateway() {
        Ok(gateway) => {
            let error = Command::new(&gateway).args(arguments).exec();
            format!("{}: {error}", gateway.display())
        }
        Err(error) => error,
    };
    tell(format_args!("nix-sccache: {error}"));
    ExitCode::FAILURE
}
