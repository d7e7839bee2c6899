//! Keeps the derivation's own path out of what runs while it is built, and nowhere else.
//!
//! nixpkgs' stdenv has everything linked with `-rpath $out/lib` (`_addRpathPrefix` in its `setup.sh`). In a
//! procedural macro that path makes two derivations' libraries differ, and so misses of all crates that derive by
//! it, although nothing is ever found there before the build ends. So what does not leave the build is linked without:
//! see [`Linked::ForBuild`](crate::links::Linked::ForBuild). Of a macro that may leave the build the path is kept, and does not
//! count for who uses it ([`remember`]).

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;

use memchr::memmem;
use nix_sccache_cache::digest::Digest;

use crate::invocation::Rustc;
use crate::rust_program::Linked;
use crate::session::Session;
use crate::stable_paths;
use crate::store;

/// How the variables are called with the linker's arguments of a whole derivation, which ld's wrapper adds to its own: for
/// each platform there may be one.
pub const LINKER_FLAGS: &[u8] = b"NIX_LDFLAGS";

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

/// The session's list of procedural macros that are linked with such a path: pairs of digests, of the library as it is, and with
/// its own outputs called alike in every derivation.
const MACROS: &str = "macros";

/// Remembers the macro that a call has made, if it is one with run paths to the derivation's own outputs and names these nowhere
/// else.
pub fn remember(session: &Session, call: &Rustc) -> io::Result<()> {
    let library = call.output("lib", "so");
    let Some(library) = library.filter(|_| call.makes(&["proc-macro"])) else {
        return Ok(());
    };
    let library = fs::read(library)?;
    let linked = Linked::read(&library).unwrap_or_default();
    let paths = linked.run_paths;
    let count = |text: &[u8], path: &[u8]| memmem::find_iter(text, path).count();
    let mut named = library.clone();
    for (number, output) in store::outputs().iter().enumerate() {
        let output = output.as_bytes();
        if count(&library, output) != paths.iter().map(|path| count(path, output)).sum::<usize>() {
            return Ok(());
        }
        named =
            stable_paths::replaced_text(&named, output, format!("<output {number}>").as_bytes());
    }
    if named == library {
        return Ok(());
    }
    if let Some(id) = linked.build_ids.first().filter(|id| id.len() > 8) {
        named = stable_paths::replaced_text(&named, id, b"<build id>");
    }
    let digests = [&library, &named].map(|bytes| *blake3::hash(bytes).as_bytes());
    let mut list = OpenOptions::new()
        .append(true)
        .create(true)
        .open(session.file(MACROS))?;
    list.write_all(digests.as_flattened())
}

/// Those of a session.
pub fn remembered(session: &Session) -> Vec<(Digest, Digest)> {
    let list = fs::read(session.file(MACROS)).unwrap_or_default();
    let pairs = list.chunks_exact(2 * size_of::<Digest>()).map(|pair| {
        let (one, other) = pair.split_first_chunk()?;
        Some((*one, other.try_into().ok()?))
    });
    pairs.flatten().collect()
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
