//! Runs the service, `nix-sccache-gateway`: see the library.

use std::process::ExitCode;

use clap::Parser;

/// Stands between builds and the host's sccache daemon, and passes its storage's requests alone
#[derive(Parser)]
#[command(name = "nix-sccache-gateway", version)]
struct Cli {
    #[command(flatten)]
    options: nix_sccache_gateway::Options,
}

fn main() -> ExitCode {
    nix_sccache_gateway::main(Cli::parse().options)
}
