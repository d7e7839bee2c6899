//! Knows the programs of rustc's own bootstrap by the variables of cargo's.

use std::env;
use std::path::Path;

use crate::invocation::Rustc;

/// Whether the call makes one of bootstrap's own programs, which `x.py` builds first: they stand in front of
/// rustc and rustdoc, and install nothing of themselves.
pub fn is_its_program(call: &Rustc) -> bool {
    let directory = env::var_os("CARGO_MANIFEST_DIR");
    call.crate_types().eq(["bin"])
        && env::var_os("CARGO_PKG_NAME").is_some_and(|name| name == "bootstrap")
        && directory.is_some_and(|directory| Path::new(&directory).ends_with("src/bootstrap"))
}
