//! Lists a crate's sources for sccache, by which sccache makes a key of what they are and of the variables
//! that they name.

use std::fs;
use std::process::{Command, ExitCode, ExitStatus};

use nix_sccache_contract::bypass::BypassReason;

use crate::dep_info;
use crate::invocation::Rustc;
use crate::process;
use crate::session::Note;

/// Whether a call of sccache's is for that list alone.
pub fn are_asked_for(call: &Rustc) -> bool {
    call.arguments.has("-o")
        && call
            .arguments
            .values("--emit")
            .any(|emit| emit == "dep-info")
}

/// Has rustc write it. A variable that is set and empty is one that is not set to sccache 0.19
/// (`parse_env_dep_info` in its `src/compiler/rust.rs`): such a crate is none for the cache.
pub fn list(mut command: Command, call: &Rustc, note: &Note) -> ExitCode {
    let status = process::run_through(&mut command, |_| ());
    if status.as_ref().is_ok_and(ExitStatus::success)
        && let Some(file) = call.arguments.value("-o")
        && let Ok(text) = fs::read_to_string(file)
        && let Some(variable) = empty_variable(&text)
    {
        note.note_refused(&BypassReason::EmptyVariable(variable));
        return ExitCode::FAILURE;
    }
    process::end_as(command, &status)
}

/// A variable that the crate reads, and that is empty. Of cargo's own sccache knows which are set, and
/// clippy is told nothing by none and by an empty one.
fn empty_variable(text: &str) -> Option<String> {
    let is_known = |name: &str| name.starts_with("CARGO_") || name == "CLIPPY_ARGS";
    let mut variables = dep_info::of_rustc(text).variables.into_iter();
    let empty = variables.find(|(name, value)| value.as_deref() == Some("") && !is_known(name));
    empty.map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_are_empty_are_told_from_those_that_are_not_set() {
        let dep_info = "a.d: src/lib.rs\n\nsrc/lib.rs:\n\n# env-dep:UNSET\n# env-dep:SET=a=b\n\
                        # env-dep:CARGO_PKG_HOMEPAGE=\n";
        assert_eq!(empty_variable(dep_info), None);
        let dep_info = format!("{dep_info}# env-dep:EMPTY=\n");
        assert_eq!(empty_variable(&dep_info), Some("EMPTY".to_owned()));
    }
}
