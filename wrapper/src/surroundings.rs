//! Finds why an invocation bypasses the cache that is cacheable by its arguments: by its environment, and by what the
//! compiler keeps for later calls.

use std::env;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::{self as contract, Links};
use nix_sccache_trace_format::VARIABLE;

use crate::added_flags;
use crate::invocation::{Cc, Invocation, Options, Rustc};
use crate::links::Linked;
use crate::request;
use crate::session::Session;
use crate::settings;
use crate::stable_paths;

/// Variables that name a file to which compilers of C add what the object depends on.
const ADDED_TO: [&str; 2] = ["DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES"];

/// The reason, if there is one.
pub fn forbid(invocation: &Invocation, linked: Linked) -> Option<BypassReason> {
    if env::current_dir().is_err() {
        return Some(BypassReason::Directory);
    }
    match &invocation.options {
        Options::Rustc(call) => of_rustc(call).or_else(|| of_link(call, linked)),
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

/// Why a call that links this bypasses the cache, if it does.
fn of_link(call: &Rustc, linked: Linked) -> Option<BypassReason> {
    let setting = settings::text(contract::LINKS);
    let setting = setting.and_then(|it| Links::named(&it)).unwrap_or_default();
    let is_served = match linked {
        Linked::Nothing => true,
        Linked::ForBuild => setting != Links::Never,
        // What is kept of it is in the session.
        Linked::ForOutputs => setting == Links::All && Session::current().is_some(),
        Linked::OutsideNix => setting == Links::All,
    };
    if !is_served {
        return call.linked().map(BypassReason::Links);
    }
    let what = (linked == Linked::ForOutputs).then(|| not_again(call))??;
    Some(BypassReason::Relink(what))
}

/// Why what a call links cannot be linked again.
fn not_again(call: &Rustc) -> Option<String> {
    // It has the variables of this build in it.
    let mut printed = call.arguments.values("--print");
    if printed.any(|kind| kind.split('=').next() == Some("link-args")) {
        return Some("--print link-args".to_owned());
    }
    // Nobody would see there what the linker reads.
    if env::var_os(VARIABLE).is_some() {
        return Some("it is run in a traced program".to_owned());
    }
    let is_unknown = stable_paths::known_linker(call).is_none();
    is_unknown.then(|| "its linker is not known".to_owned())
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
