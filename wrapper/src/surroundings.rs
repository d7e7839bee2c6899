//! Finds why an invocation bypasses the cache that is cacheable by its arguments: by its environment, and by what the
//! compiler keeps for later calls.

use std::env;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix_sccache_contract::bypass::BypassReason;

use crate::added_flags;
use crate::invocation::{Cc, Invocation, Options, Rustc};
use crate::links::{self, Linked};
use crate::request;

/// Variables that name a file to which compilers of C add what the object depends on.
const ADDED_TO: [&str; 2] = ["DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES"];

/// The reason, if there is one.
pub fn forbid(invocation: &Invocation, linked: Linked) -> Option<BypassReason> {
    if env::current_dir().is_err() {
        return Some(BypassReason::Directory);
    }
    match &invocation.options {
        Options::Rustc(call) => of_rustc(call).or_else(|| links::forbid(call, linked)),
        Options::BuildScript(_) => {
            // What is there an earlier run has left, and this one may go on from it.
            let own = request::out_dir();
            let mut found = own.as_ref().and_then(|own| fs::read_dir(own).ok());
            let is_empty = found.as_mut().is_some_and(|found| found.next().is_none());
            let name = own.map_or_else(|| "OUT_DIR".to_owned(), |own| own.display().to_string());
            (!is_empty).then_some(BypassReason::UpdatesFile(name))
        }
        Options::Cc(_) => {
            let variable = ADDED_TO.into_iter().find(|it| env::var_os(it).is_some());
            let native = || added_flags::any("NIX_CFLAGS_COMPILE", Cc::is_for_this_processor);
            let native = || native().then_some(BypassReason::Native);
            variable
                .map(|it| BypassReason::Option(it.to_owned()))
                .or_else(native)
        }
    }
}

fn of_rustc(call: &Rustc) -> Option<BypassReason> {
    if call
        .codegen("incremental")
        .is_some_and(|directory| has_state(call, Path::new(directory)))
    {
        return Some(BypassReason::Incremental);
    }
    added_flags::any("NIX_RUST", |flag| flag.contains("target-cpu=native"))
        .then_some(BypassReason::Native)
}

/// Whether there is something that an earlier compilation of the crate has left: rustc keeps it in a directory of the
/// crate's name, with dashes behind it.
fn has_state(call: &Rustc, directory: &Path) -> bool {
    let begins = format!("{}-", call.crate_name().unwrap_or_default());
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .into_iter()
        .any(|entry| entry.file_name().as_bytes().starts_with(begins.as_bytes()))
}
