//! Tells which variables decide what a compiler makes, and which programs read them unseen.

use std::path::Path;

use nix_sccache_cache::trace::Reads;
use nix_sccache_contract::hidden;

/// Variables that decide nothing of what is made: where programs are found, which are noted one by one; how
/// many may run; where what is temporary goes; what is ours.
const OF_NO_MATTER: [&str; 20] = [
    "CARGO_MAKEFLAGS",
    "LD_PRELOAD",
    "MAKEFLAGS",
    "MFLAGS",
    "NIX_BUILD_CORES",
    "NIX_LOG_FD",
    "OLDPWD",
    "PATH",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "SHLVL",
    "TEMP",
    "TEMPDIR",
    "TMP",
    "TMPDIR",
    "_",
    "LD_LIBRARY_PATH",
    "NUM_JOBS",
];

/// With which the names of ours, and of sccache's, begin.
const OURS: [&[u8]; 2] = [b"NIX_SCCACHE_", b"SCCACHE_"];

/// Whether a variable decides nothing of what is made.
pub fn are_of_no_matter(name: &[u8]) -> bool {
    OURS.iter().any(|start| name.starts_with(start))
        || OF_NO_MATTER.iter().any(|other| other.as_bytes() == name)
}

/// A variable's value as it counts.
pub fn counts(name: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    (!are_of_no_matter(name)).then(|| value.to_vec())
}

/// The same where the random seed does not count that nixpkgs gives compilers: it is made of the derivation's output
/// path.
pub fn counts_without_seed(name: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    if !name.starts_with(b"NIX_CFLAGS_COMPILE") {
        return counts(name, value);
    }
    let words = value.split(u8::is_ascii_whitespace);
    let words: Vec<_> = words
        .filter(|word| !word.is_empty() && !word.starts_with(b"-frandom-seed="))
        .collect();
    Some(words.join(&b' '))
}

/// Programs that read variables by name alone, by how their names end: compilers, assemblers, linkers, and what stands
/// in front of them.
const BY_NAME: [&str; 26] = [
    "ar",
    "as",
    "c++",
    "cc",
    "cc1",
    "cc1obj",
    "cc1plus",
    "clang",
    "clang++",
    "clippy-driver",
    "collect2",
    "cpp",
    "g++",
    "gcc",
    "ld",
    "ld.bfd",
    "ld.gold",
    "ld.lld",
    "lld",
    "lto-wrapper",
    "lto1",
    "objcopy",
    "rust-lld",
    "rustc",
    "rustdoc",
    "rustup",
];

const SHELLS: [&str; 3] = ["bash", "dash", "sh"];

/// What a program reads of the environment beside what it asks for by name: shells read it whole, of which the
/// scripts that nixpkgs puts in front of compilers use some families.
pub fn reads(program: &Path, called: &Path) -> Reads {
    let name = |path: &Path| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let is_shell = SHELLS.contains(&name(program).as_str());
    if is_shell && is_nixpkgs_wrapper(called) {
        return Reads::Families(&hidden::SHELL);
    }
    let is_by_name = |name: &str| {
        let name = name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.' || it == '-');
        BY_NAME.iter().any(|known| {
            name == *known || name.strip_suffix(known).is_some_and(|it| it.ends_with('-'))
        })
    };
    if !is_shell && is_by_name(&name(program)) {
        Reads::Nothing
    } else {
        Reads::All
    }
}

/// Whether a script is one that nixpkgs puts in front of compilers and linkers: it keeps what it adds in
/// `nix-support` beside its `bin`.
fn is_nixpkgs_wrapper(script: &Path) -> bool {
    let package = script.parent().and_then(Path::parent);
    package.is_some_and(|package| package.join("nix-support").is_dir())
}
