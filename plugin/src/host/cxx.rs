//! The C++ host: for Nixes whose C API cannot be used.
//!
//! `nix.cc` does what needs Nix's headers; a C++ exception stays on its side, since the
//! Rust functions below throw none and call nothing that does.

use nix_sccache_core::version::Host;

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
    if release(&running) == release(BUILT_FOR) {
        dispatch::keep_panics_quiet();
        bridge::register_builtin();
    } else {
        eprintln!(
            "nix-sccache: this plugin was built for Nix {BUILT_FOR} and this is Nix {running}: builtins.rust is missing; \
             build the plugin for this Nix"
        );
    }
}

/// Major and minor: Nix keeps its ABI within a minor release.
fn release(version: &str) -> Option<(&str, &str)> {
    let (major, rest) = version.split_once('.')?;
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    Some((major, &rest[..digits]))
}

#[cfg(test)]
mod tests {
    use super::release;

    #[test]
    fn releases_are_major_and_minor() {
        assert_eq!(release("2.8.0"), Some(("2", "8")));
        assert_eq!(release("2.8"), release("2.8.1pre20220513_1234567"));
        assert_ne!(release("2.8.0"), release("2.80.0"));
        assert_eq!(release("unknown"), None);
    }
}
