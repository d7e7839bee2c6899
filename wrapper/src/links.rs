//! Tells whether what an invocation links may leave the build.

use std::env;

use crate::bootstrap;
use crate::invocation::Rustc;
use crate::session;
use crate::store;

/// What an invocation links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Linked {
    /// Nothing: no linker is called.
    #[default]
    Nothing,
    /// What runs in this build and nowhere else: a procedural macro that is a dependency's or is built for a target of its own,
    /// a build script, a program of rustc's bootstrap. The cache has it whole, as the linker made it.
    ForBuild,
    /// What may be installed. The cache has it whole where that serves in other derivations, and what rustc gives the linker, by
    /// which it is linked anew.
    ForOutputs,
    /// The same where no derivation is built, whose paths would be in it. The cache has it whole.
    OutsideNix,
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
        // With a target cargo keeps what is for the build apart from what installers look at.
        let is_apart = || has("CARGO_BUILD_TARGET") && call.target().is_none();
        let may_be_installed = || has("CARGO_PRIMARY_PACKAGE") && !is_apart();
        let is_macro = || is_only("proc-macro") && !may_be_installed();
        let runs_in_build_only = is_macro() || is_script() || bootstrap::is_its_program(call);
        if has("CARGO") && runs_in_build_only {
            Self::ForBuild
        } else if session::in_sandbox() || !store::outputs().is_empty() {
            Self::ForOutputs
        } else {
            Self::OutsideNix
        }
    }

    /// Whether the cache has it whole and in no other way, so that all that its linker reads is in the key.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::ForBuild | Self::OutsideNix)
    }
}
