//! Tells whether what an invocation links may leave the build, and whether the cache serves it.

use std::env;

use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::{self as contract, Links};
use nix_sccache_trace_format::VARIABLE;

use crate::bootstrap;
use crate::invocation::Rustc;
use crate::session::Session;
use crate::settings;
use crate::stable_paths;

/// What an invocation links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Linked {
    /// Nothing: no linker is called.
    #[default]
    Nothing,
    /// What runs in this build and nowhere else: a dependency's procedural macro, a build script, a program of rustc's
    /// bootstrap. The cache has it whole, as the linker made it.
    ForBuild,
    /// What may be installed. The cache has what rustc gives the linker, and it is linked anew.
    ForOutputs,
}

impl Linked {
    /// That of a call of rustc's: cargo says which packages it was called for, and the name of each program but build
    /// scripts'.
    pub fn of(call: &Rustc) -> Self {
        if call.linked().is_none() {
            return Self::Nothing;
        }
        let has = |variable| env::var_os(variable).is_some();
        let is_only = |kind| !call.is_test() && call.crate_types().eq([kind]);
        let is_script = || {
            let name = call.crate_name().unwrap_or_default();
            is_only("bin") && name.starts_with("build_script_") && !has("CARGO_BIN_NAME")
        };
        let is_dependencys_macro = || is_only("proc-macro") && !has("CARGO_PRIMARY_PACKAGE");
        let runs_in_build_only =
            is_dependencys_macro() || is_script() || bootstrap::is_its_program(call);
        if has("CARGO") && runs_in_build_only {
            Self::ForBuild
        } else {
            Self::ForOutputs
        }
    }
}

/// Why a call that links this bypasses the cache, if it does.
pub fn forbid(call: &Rustc, linked: Linked) -> Option<BypassReason> {
    let setting = settings::text(contract::LINKS);
    let setting = setting.and_then(|it| Links::named(&it)).unwrap_or_default();
    let is_served = match linked {
        Linked::Nothing => true,
        Linked::ForBuild => setting != Links::Never,
        // What is kept of it is in the session.
        Linked::ForOutputs => setting == Links::All && Session::current().is_some(),
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
