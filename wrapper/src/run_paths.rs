//! Keeps the derivation's own path out of what runs while it is built, and nowhere else.
//!
//! nixpkgs' stdenv has everything linked with `-rpath $out/lib` (`_addRpathPrefix` in its `setup.sh`). In a
//! procedural macro that path makes two derivations' libraries differ, and so misses of all crates that derive by
//! it, although nothing is ever found there before the build ends. So what does not leave the build is linked without:
//! see [`Linked::ForBuild`](crate::links::Linked::ForBuild).

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;

use crate::store;

/// How the variables are called with the linker's arguments of a whole derivation, which ld's wrapper adds to its own: for
/// each platform there may be one.
const LINKER_FLAGS: &[u8] = b"NIX_LDFLAGS";

/// Has the command link without run paths into the derivation's outputs.
pub fn forget(command: &mut Command) {
    let flags = env::vars_os().filter(|(name, _)| name.as_bytes().starts_with(LINKER_FLAGS));
    let outputs = store::outputs();
    command.envs(flags.map(|(name, flags)| (name, without(&flags, &outputs))));
}

/// The flags without each `-rpath` that is in one of these folders. The wrapper splits them at blanks.
pub fn without(flags: &OsStr, folders: &[OsString]) -> OsString {
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
