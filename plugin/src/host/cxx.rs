//! Talks to Nixes whose C API cannot be used: the C++ host.
//!
//! `nix.cc` does what needs Nix's headers; a C++ exception stays on its side, since the
//! Rust functions below throw none and call nothing that does.

use nix_sccache_core::version::is_same_abi;

use super::{answer, documentation, prelude};

#[cxx::bridge(namespace = "nix_sccache")]
mod bridge {
    /// A builtin's documentation.
    struct Documentation {
        /// Which of the documented builtins it is; past their number for any other name.
        slot: usize,
        /// What its argument is called.
        parameter: String,
        /// The text.
        text: String,
    }

    extern "Rust" {
        /// The prelude's text as a function of the raw function, and of one that documents
        /// functions where comments do not.
        fn prelude_for(documentation_comments: bool) -> String;

        /// Answers one call of a builtin.
        fn answer(builtin: &[u8], request: &[u8], text: &[u8]) -> String;

        /// The documentation of a builtin.
        fn documentation(name: &[u8]) -> Documentation;
    }

    unsafe extern "C++" {
        include!("nix-sccache-plugin/src/host/nix.hh");

        /// Hands `builtins.rust` to Nix, for every evaluator it makes from now on.
        fn register_builtin();
    }
}

/// The Nix that this host was compiled against, a number of Nix's or Lix's.
pub(super) const BUILT_FOR: &str = env!("NIX_SCCACHE_BUILT_FOR");

/// Whether this host was compiled for the ABI of that Nix.
pub(super) fn fits(version: &str) -> bool {
    is_same_abi(version, BUILT_FOR)
}

/// Registers `builtins.rust`; only with a Nix that it [`fits`].
pub(super) fn register() {
    bridge::register_builtin();
}

fn prelude_for(documentation_comments: bool) -> String {
    if documentation_comments {
        prelude::documented_by_comments()
    } else {
        prelude::documented_by_host()
    }
}

fn answer(builtin: &[u8], request: &[u8], text: &[u8]) -> String {
    answer::answer("c++", builtin, request, text)
}

fn documentation(name: &[u8]) -> bridge::Documentation {
    let all = documentation::all();
    match all.iter().position(|known| known.name.as_bytes() == name) {
        Some(slot) => bridge::Documentation {
            slot,
            parameter: all[slot].parameter.to_owned(),
            text: all[slot].text.clone(),
        },
        None => bridge::Documentation {
            slot: usize::MAX,
            parameter: String::new(),
            text: String::new(),
        },
    }
}
