//! Knows the programs of rustc's own bootstrap by the variables of cargo's.

use std::env;
use std::path::Path;

use nix_sccache_trace_format::VARIABLE;

use crate::invocation::Rustc;

/// Whether the call makes one of bootstrap's own programs, which `x.py` builds first: they stand in front of
/// rustc and rustdoc, and install nothing of themselves.
pub fn is_its_program(call: &Rustc) -> bool {
    let directory = env::var_os("CARGO_MANIFEST_DIR");
    call.crate_types().eq(["bin"])
        && env::var_os("CARGO_PKG_NAME").is_some_and(|name| name == "bootstrap")
        && directory.is_some_and(|directory| Path::new(&directory).ends_with("src/bootstrap"))
}

/// Whether this is the call of a compiler's within one of bootstrap's own program that is served: from 1.89 on cargo calls us for
/// that program at stage 0 (`build.ccache`), and that calls us for the compiler (`RUSTC_WRAPPER_REAL`).
pub fn is_within_a_call() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    is_set(VARIABLE) && is_set("RUSTC_WRAPPER_REAL")
}
