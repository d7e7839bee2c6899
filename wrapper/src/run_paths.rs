//! Keeps the derivation's own path out of what runs while it is built, and nowhere else.
//!
//! nixpkgs' stdenv has everything linked with `-rpath $out/lib` (`_addRpathPrefix` in its `setup.sh`). In a
//! procedural macro that path makes two derivations' libraries differ, and so misses of all crates that derive by
//! it, although nothing is ever found there before the build ends. So a dependency's macro, which
//! does not leave the build, is linked without. One of the package's own may be installed, and keeps it.
//! The same goes for the programs of rustc's bootstrap, which stand in front of rustc: all that they compile
//! would miss.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;

use crate::bootstrap;
use crate::invocation::Rustc;
use crate::store;

/// The linker's arguments of a whole derivation, which ld's wrapper adds to its own.
const LINKER_FLAGS: &str = "NIX_LDFLAGS";

/// Whether what is compiled runs in this build and nowhere else: cargo says which packages it was
/// called for.
pub fn runs_in_build_only(call: &Rustc) -> bool {
    let is_dependencys_macro =
        || call.crate_types().eq(["proc-macro"]) && env::var_os("CARGO_PRIMARY_PACKAGE").is_none();
    env::var_os("CARGO").is_some() && (is_dependencys_macro() || bootstrap::is_its_program(call))
}

/// Has the command link without run paths into the derivation's outputs.
pub fn forget(command: &mut Command) {
    if let Some(flags) = env::var_os(LINKER_FLAGS) {
        command.env(LINKER_FLAGS, without(&flags, &store::outputs()));
    }
}

/// The flags without each `-rpath` that is in one of these folders. The wrapper splits them at blanks.
fn without(flags: &OsStr, folders: &[OsString]) -> OsString {
    let is_within = |path: &[u8]| {
        folders.iter().any(|folder| {
            path.strip_prefix(folder.as_bytes())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        })
    };
    let mut words = flags
        .as_bytes()
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .peekable();
    let mut kept: Vec<&[u8]> = Vec::new();
    while let Some(word) = words.next() {
        if word == b"-rpath" && words.peek().is_some_and(|path| is_within(path)) {
            words.next();
        } else {
            kept.push(word);
        }
    }
    OsString::from_vec(kept.join(&b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_run_paths_go() {
        let flags = "-rpath /nix/store/own/lib  -L/nix/store/own/lib -rpath /nix/store/other/lib -rpath /nix/store/owner";
        assert_eq!(
            without(OsStr::new(flags), &["/nix/store/own".into()]),
            "-L/nix/store/own/lib -rpath /nix/store/other/lib -rpath /nix/store/owner"
        );
    }

    #[test]
    fn what_is_cut_short_stays() {
        let own = ["/nix/store/own".into()];
        assert_eq!(without(OsStr::new("-rpath"), &own), "-rpath");
        assert_eq!(without(OsStr::new(""), &own), "");
    }
}
