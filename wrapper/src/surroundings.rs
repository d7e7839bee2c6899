//! Why a call that the cache could serve by its arguments is none for it all the same: by what is in
//! its environment, and by the files that it would write and read.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::arguments::{CcCall, RustcCall};
use crate::outputs;
use crate::static_libraries;
use nix_sccache_contract::bypass::Reason;

/// Of a call of rustc's.
pub fn of_rustc(call: &RustcCall, arguments: &[OsString]) -> Option<Reason> {
    let Ok(here) = env::current_dir() else {
        return Some(Reason::Directory);
    };
    if call
        .inputs
        .iter()
        .any(|input| input.as_bytes().contains(&b'\n'))
    {
        return Some(Reason::Name);
    }
    if adds("NIX_RUST", &["target-cpu=native"]) {
        return Some(Reason::Native);
    }
    if let Some(place) = outputs::irregular(outputs::of_rustc(call, arguments)) {
        return Some(Reason::Irregular(place.display().to_string()));
    }
    let libraries = static_libraries::of(arguments, &here);
    let thin = libraries
        .into_iter()
        .find(static_libraries::StaticLibrary::is_thin);
    thin.map(|library| Reason::ThinLibrary(library.name))
}

/// Of a call of a C or C++ compiler's.
pub fn of_cc(call: &CcCall, arguments: &[OsString]) -> Option<Reason> {
    /// By these gcc writes rules for make, to a file that no argument names.
    const WRITE: [&str; 2] = ["DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES"];
    if env::current_dir().is_err() {
        return Some(Reason::Directory);
    }
    if call.sources.iter().any(|source| source.contains('\n')) {
        return Some(Reason::Name);
    }
    if let Some(name) = WRITE.into_iter().find(|name| env::var_os(name).is_some()) {
        return Some(Reason::Variable(name.to_owned()));
    }
    if adds(
        "NIX_CFLAGS_COMPILE",
        &["-march=native", "-mcpu=native", "-mtune=native"],
    ) {
        return Some(Reason::Native);
    }
    let place = outputs::irregular(outputs::of_cc(call, arguments))?;
    Some(Reason::Irregular(place.display().to_string()))
}

/// Whether nixpkgs' wrapper of the compiler adds one of these, by a variable that begins like this.
fn adds(variable: &str, options: &[&str]) -> bool {
    let has = |value: &OsStr| {
        let value = value.to_string_lossy();
        options.iter().any(|option| value.contains(option))
    };
    env::vars_os()
        .any(|(name, value)| name.as_bytes().starts_with(variable.as_bytes()) && has(&value))
}
