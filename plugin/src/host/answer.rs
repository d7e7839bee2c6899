//! Answers a builtin's call, whichever the host.

use std::sync::OnceLock;

use nix_sccache_core::version::Host;

use crate::dispatch::{self, Call};

/// The version that the Nix of this process gives itself, once it is known.
static NIX: OnceLock<String> = OnceLock::new();

/// Says which Nix the answers are for: the first that is named.
pub(super) fn for_nix(version: String) -> &'static str {
    NIX.get_or_init(|| version)
}

/// Answers one call of a builtin, for the host of this name.
pub(super) fn answer(host: &str, builtin: &[u8], request: &[u8], text: &[u8]) -> String {
    let host = Host {
        host: host.into(),
        nix: NIX.get().cloned().unwrap_or_default(),
    };
    dispatch::answer(Call {
        builtin,
        request,
        text,
        host: &host,
    })
}
