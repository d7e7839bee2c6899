//! The C++ host: for Nixes whose C API cannot be used.
//!
//! `nix.cc` does what needs Nix's headers; a C++ exception stays on its side, since the
//! Rust functions below throw none and call nothing that does.

use nix_sccache_core::version::{Host, is_same_release};

use crate::dispatch::{self, Call};

#[cxx::bridge(namespace = "nix_sccache")]
mod bridge {
    extern "Rust" {
        /// The prelude's text.
        fn prelude() -> &'static str;

        /// Answers one call of a builtin.
        fn answer(builtin: &[u8], request: &[u8], text: &[u8]) -> String;
    }

    unsafe extern "C++" {
        include!("nix-sccache-plugin/src/host/nix.hh");

        /// The version that the process gives itself.
        fn nix_version() -> String;

        /// Hands `builtins.rust` to Nix, for every evaluator it makes from now on.
        fn register_builtin();
    }
}

/// The Nix that this host was compiled against.
const BUILT_FOR: &str = env!("NIX_SCCACHE_BUILT_FOR_NIX");

fn prelude() -> &'static str {
    super::PRELUDE
}

fn answer(builtin: &[u8], request: &[u8], text: &[u8]) -> String {
    let host = Host {
        host: "c++".into(),
        nix: bridge::nix_version(),
    };
    dispatch::answer(Call {
        builtin,
        request,
        text,
        host: &host,
    })
}

/// Registers with a Nix of the release this was compiled for; tells any other, and
/// leaves it alone.
pub(super) fn load() {
    let running = bridge::nix_version();
    if is_same_release(&running, BUILT_FOR) {
        dispatch::keep_panics_quiet();
        bridge::register_builtin();
    } else {
        eprintln!(
            "nix-sccache: this plugin was built for Nix {BUILT_FOR} and this is Nix {running}: builtins.rust is missing; \
             build the plugin for this Nix"
        );
    }
}
