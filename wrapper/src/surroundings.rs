//! Finds why an invocation bypasses the cache that is cacheable by its arguments: by what is in its
//! environment, and by the files that it would write and read.

use std::env;
use std::os::unix::ffi::OsStrExt;

use nix_sccache_contract::bypass::BypassReason;

use crate::added_flags;
use crate::bootstrap;
use crate::invocation::{Cc, Invocation, Options, Rustc, are_too_long};
use crate::outputs;
use crate::static_libraries::{self, StaticLibrary};

/// By these gcc writes rules for make, to a file that no argument names.
const NAME_RULES: [&str; 2] = ["DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES"];

/// The reason, if there is one.
pub fn forbid(invocation: &Invocation) -> Option<BypassReason> {
    let Ok(here) = env::current_dir() else {
        return Some(BypassReason::Directory);
    };
    let mut sources = invocation.sources().into_iter();
    if sources.any(|source| source.as_os_str().as_bytes().contains(&b'\n')) {
        return Some(BypassReason::Name);
    }
    let by_variable = match &invocation.options {
        Options::Rustc(call) => of_rustc(call),
        Options::Cc(_) => of_cc(),
    };
    if by_variable.is_some() {
        return by_variable;
    }
    if are_too_long(&invocation.for_sccache()) {
        return Some(BypassReason::LongArguments);
    }
    if let Some(place) = outputs::irregular(invocation.written_files()) {
        return Some(BypassReason::Irregular(place.display().to_string()));
    }
    let libraries = invocation
        .rustc()
        .map(|call| static_libraries::of(call, &here));
    let mut libraries = libraries.into_iter().flatten();
    let thin = libraries.find(StaticLibrary::is_thin);
    thin.map(|library| BypassReason::ThinLibrary(library.name))
}

fn of_rustc(call: &Rustc) -> Option<BypassReason> {
    // Cargo puts it into the arguments; sccache looks at the variables as well.
    let mut incremental = ["CARGO_INCREMENTAL", "CARGO_BUILD_INCREMENTAL"].into_iter();
    if incremental.any(|name| env::var_os(name).is_some_and(|value| value == "1")) {
        return Some(BypassReason::Incremental);
    }
    if bootstrap::compiles_with_its_own(call.target().is_some()) {
        return Some(BypassReason::OwnCompiler);
    }
    added_flags::any("NIX_RUST", |flag| flag.contains("target-cpu=native"))
        .then_some(BypassReason::Native)
}

fn of_cc() -> Option<BypassReason> {
    if let Some(name) = NAME_RULES
        .into_iter()
        .find(|name| env::var_os(name).is_some())
    {
        return Some(BypassReason::Variable(name.to_owned()));
    }
    added_flags::any("NIX_CFLAGS_COMPILE", Cc::is_for_this_processor)
        .then_some(BypassReason::Native)
}
