//! Tells which variables decide what a compiler makes, and which programs read them unseen.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use memchr::memmem;
use nix_sccache_cache::inputs::TIMES;
use nix_sccache_cache::trace::{Reads, Unseen};
use nix_sccache_contract::hidden;
use nix_sccache_trace_format::{HOST, UNAME};

use crate::own_outputs;
use crate::run_paths::{self, LINKER_FLAGS};
use crate::rust_program::{self, Listed};
use crate::store;
use crate::stripped;

/// By which GNU's linker finds libraries that others need, and everybody else's dynamic linker what programs do; cargo
/// puts its own directories there.
pub const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// Variables that decide nothing of what is made: where programs are found, which are noted one by one; how
/// many may run; where what is temporary goes; what is ours; the process that rustc's bootstrap.py is.
const OF_NO_MATTER: [&str; 21] = [
    "BOOTSTRAP_PARENT_ID",
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
    LIBRARY_PATH,
    JOBS,
];

/// With which the names of ours, and of sccache's, begin.
const OURS: [&[u8]; 2] = [b"NIX_SCCACHE_", b"SCCACHE_"];

/// A name for all random seeds in flags for C compilers, which are no part of a variable's value as it counts
/// ([`counts_without_seed`]); whatever depends on one is said to read this.
pub const SEED: &str = "-frandom-seed";

/// The seeds in the values of variables.
pub fn seeds<'a>(variables: impl Iterator<Item = (&'a OsStr, &'a OsStr)>) -> Vec<u8> {
    let flags = variables.filter(|(name, _)| name.as_bytes().starts_with(FLAGS));
    let words = flags.flat_map(|(_, value)| value.as_bytes().split(u8::is_ascii_whitespace));
    let mut seeds: Vec<_> = words.filter(|word| is_seed(word)).collect();
    seeds.sort_unstable();
    seeds.join(&b' ')
}

/// How the names of variables begin in which nixpkgs gives flags for C compilers.
pub const FLAGS: &[u8] = b"NIX_CFLAGS_COMPILE";

/// Whether a flag is a random seed.
pub fn is_seed(flag: &[u8]) -> bool {
    flag.strip_prefix(SEED.as_bytes())
        .is_some_and(|seed| seed.starts_with(b"="))
}

/// Whether a variable decides nothing of what is made.
pub fn are_of_no_matter(name: &[u8]) -> bool {
    OURS.iter().any(|start| name.starts_with(start))
        || OF_NO_MATTER.iter().any(|other| other.as_bytes() == name)
}

/// Those of them that rustc and the linkers that it calls ask for themselves (rustc 1.95, gcc 12).
const ASKED_BY_RUSTC: [&str; 11] = [
    "CARGO_MAKEFLAGS",
    "MAKEFLAGS",
    "MFLAGS",
    "PATH",
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "TEMP",
    "TEMPDIR",
    "TMP",
    "TMPDIR",
    LIBRARY_PATH,
];

/// The same of a variable that is asked for by its name in a call of rustc's: all others are asked for by a source, or by a
/// macro.
pub fn are_of_no_matter_to_rustc(name: &[u8]) -> bool {
    ASKED_BY_RUSTC.iter().any(|other| other.as_bytes() == name)
}

/// The same where programs are linked.
pub fn are_of_no_matter_to_linkers(name: &[u8]) -> bool {
    are_of_no_matter_to_rustc(name) && name != LIBRARY_PATH.as_bytes()
}

/// A variable's value as it counts.
pub fn counts(name: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    (!are_of_no_matter(name) && name != SEED.as_bytes()).then(|| value.to_vec())
}

/// The same where the random seed does not count that nixpkgs gives compilers: it is made of the derivation's output
/// path.
pub fn counts_without_seed(name: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    if !name.starts_with(FLAGS) {
        return counts(name, value);
    }
    let words = value.split(u8::is_ascii_whitespace);
    let words: Vec<_> = words
        .filter(|word| !word.is_empty() && !is_seed(word))
        .collect();
    Some(words.join(&b' '))
}

/// The same for what is linked and stored as it is: in the flags of linkers there are [marks](own_outputs) in the place of the
/// derivation's own outputs.
pub fn counts_for_whole(name: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    let counted = counts_without_seed(name, value)?;
    Some(if name.starts_with(LINKER_FLAGS) {
        own_outputs::hidden(&counted)
    } else {
        counted
    })
}

/// The same for a build script, whose files and messages do not name the derivation's outputs: run paths to those are of no
/// matter.
pub fn counts_for_build_script(name: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    let counted = counts_without_seed(name, value)?;
    if !name.starts_with(LINKER_FLAGS) {
        return Some(counted);
    }
    let flags = OsString::from_vec(counted);
    Some(run_paths::without(&flags, &store::outputs()).into_vec())
}

/// Programs that read variables by name alone, by how their names end: compilers, assemblers, linkers, and what stands
/// in front of them; and what scripts call for files and texts.
const BY_NAME: &str = "\
    ar as c++ cc cc1 cc1obj cc1plus clang clang++ clippy-driver collect2 cpp g++ gcc ld ld.bfd ld.gold ld.lld ld.mold lld \
    lto-wrapper lto1 mold nix-sccache-shim objcopy rust-lld rustc rustdoc rustup \
    basename cat chmod cmp cp cut date dirname expand-response-params expr false git grep head ln ls mkdir mktemp mv \
    pkg-config pkgconf ranlib readlink strip \
    realpath rm rmdir sed sort tail test touch tr true uname uniq wc";

/// Programs that ask how many of them may run at once, and make the same whatever that is.
const AT_ONCE: &str = "cargo cmake gmake gzip make ninja samu xz zstd";

/// How many jobs cargo would have a build script start.
const JOBS: &str = "NUM_JOBS";

/// Whether it counts what a program was told of the machine, or when files were changed that it looked at.
pub fn goes_by_machine(what: &[u8], program: &Path, called: &Path) -> bool {
    let name = name_of(program, called);
    if what == UNAME {
        // Both ask whatever they have to do (findutils 4.9, rustup 1.29).
        return !is_among(&name, "find rustup");
    }
    if what == HOST {
        // bash asks when it begins.
        return !SHELLS.contains(&&*name);
    }
    let is_known = [BY_NAME, AT_ONCE].iter().any(|it| is_among(&name, it));
    !is_known
        && if what == TIMES {
            rust_program::goes_by_times(program)
        } else {
            what.starts_with(b"/") || !rust_program::hands_jobs_on(program)
        }
}

const SHELLS: [&str; 3] = ["bash", "dash", "sh"];

/// How names begin that begin with a capital letter.
const CAPITALS: [&str; 26] = [
    "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S",
    "T", "U", "V", "W", "X", "Y", "Z",
];

/// What a program reads of the environment beside what it asks for by name. Shells read it whole. Of that a script uses
/// what it names, and nixpkgs' in front of C compilers some families.
pub fn reads(program: &Path, called: &Path) -> Reads {
    read_by(program, called, &[])
}

/// The same where programs are linked.
pub fn reads_to_link(program: &Path, called: &Path) -> Reads {
    read_by(program, called, &hidden::LINKER)
}

/// A program's name, but for one that is all of coreutils': it goes by what it is called.
fn name_of(program: &Path, called: &Path) -> String {
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let program = name(program);
    if program == "coreutils" {
        name(called)
    } else {
        program
    }
}

fn read_by(program: &Path, called: &Path, of_linkers: &[&'static str]) -> Reads {
    let name = name_of(program, called);
    if SHELLS.contains(&name.as_str()) {
        if is_nixpkgs_wrapper(called) {
            return Reads::Some {
                families: [&hidden::SHELL, of_linkers].concat(),
                names: Vec::new(),
            };
        }
        return match fs::read(called) {
            Ok(script) if !reads_others(&script) => Reads::Some {
                families: Vec::new(),
                names: named_in(&script),
            },
            _ => Reads::All,
        };
    }
    if is_among(&name, BY_NAME) {
        return Reads::Nothing;
    }
    let families = match stripped::listed(program) {
        Listed::Nothing => Vec::new(),
        Listed::ForCc => CAPITALS.to_vec(),
        Listed::All => vec![""],
    };
    let names = rust_program::asks_for_jobs(program).then(|| JOBS.into());
    Reads::Some {
        families,
        names: names.into_iter().collect(),
    }
}

/// What a library that a program loads while it runs does unseen. The linkers' plugin of gcc's imports what it has no use for
/// there: all variables, and the clock (12.2).
pub fn loads(library: &Path) -> Unseen {
    if library.file_name() == Some(OsStr::new("liblto_plugin.so")) {
        return Unseen {
            lists_variables: false,
            reads_clock: false,
        };
    }
    rust_program::unseen_of_library(library)
}

/// Whether a library is the compiler that rustc, rustdoc and clippy-driver are made of: it lists `-L` directories for crates
/// before it loads a macro (1.95).
pub fn finds_crates(library: &Path) -> bool {
    let name = library.file_name().unwrap_or_default();
    name.as_bytes().starts_with(b"librustc_driver")
}

/// Programs of binutils: what they load reads formats of object files.
const WITH_PLUGINS: &str = "ar ld ld.bfd ld.gold nm objcopy objdump ranlib strip";

/// Whether what a program loads while it runs is of no matter.
pub fn has_plugins(program: &Path) -> bool {
    let name = program.file_name().unwrap_or_default();
    is_among(&name.to_string_lossy(), WITH_PLUGINS)
}

/// Whether a program has one of these names, perhaps with a target in front and a version behind.
pub fn is_among(name: &str, names: &str) -> bool {
    let is_of_version = |it: char| it.is_ascii_digit() || it == '.' || it == '-';
    let without_version = name.trim_end_matches(is_of_version);
    let is_for_target = |known: &str| {
        let mut targets = [name, without_version]
            .map(|name| name.strip_suffix(known))
            .into_iter();
        targets.any(|it| it.is_some_and(|target| target.is_empty() || target.ends_with('-')))
    };
    names.split_whitespace().any(is_for_target)
}

/// Whether a shell script may read variables that it does not name: by other scripts, by texts that it makes, by a list.
fn reads_others(script: &[u8]) -> bool {
    const COMMANDS: [&[u8]; 9] = [
        b".",
        b"compgen",
        b"declare",
        b"env",
        b"eval",
        b"printenv",
        b"set",
        b"source",
        b"typeset",
    ];
    // A program that a shell was called by, with its script in the arguments; names that are made.
    let is_unknown =
        script.starts_with(b"\x7fELF") || has(script, &[b"${!", b"export -p", b"local -n"]);
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || b";&|(){}`\"'".contains(byte);
    let lines = script.split(|byte| *byte == b'\n');
    // The first line names the shell, by way of `env` perhaps.
    let is_code = |line: &&[u8]| !line.starts_with(b"#");
    let mut words = lines
        .filter(is_code)
        .flat_map(|line| line.split(is_between))
        .peekable();
    let mut lists = || {
        while let Some(word) = words.next() {
            // With an option it sets those, or the arguments.
            let has_option = words.peek().is_some_and(|it| it.starts_with(b"-"));
            if COMMANDS.contains(&word) && !(word == b"set" && has_option) {
                return true;
            }
        }
        false
    };
    is_unknown || lists()
}

/// Whether one of these texts is in a script.
fn has(script: &[u8], texts: &[&[u8]]) -> bool {
    let is_in = |text: &&[u8]| memmem::find(script, text).is_some();
    texts.iter().any(is_in)
}

/// The variables that a shell script names: `$NAME`, `${NAME…}`, `${#NAME}`; where it calculates or compares, each word
/// may be one.
fn named_in(script: &[u8]) -> Vec<Vec<u8>> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let calculates = has(script, &[b"((", b"[[", b"let ", b"-v "]);
    let names = (0..script.len()).filter_map(|at| {
        let (before, rest) = script.split_at(at);
        let begins = !rest.first()?.is_ascii_digit() && !before.last().is_some_and(is_part);
        let end = rest.iter().position(|byte| !is_part(byte));
        let name = rest.get(..end.unwrap_or(rest.len()))?;
        let is_read = calculates
            || [b"$".as_slice(), b"${", b"${#"]
                .iter()
                .any(|sign| before.ends_with(sign));
        let counts = name == JOBS.as_bytes() || !are_of_no_matter(name);
        (begins && is_read && !name.is_empty() && counts).then(|| name.to_vec())
    });
    names.collect()
}

/// Whether a script is one that nixpkgs puts in front of C compilers and linkers: it has what it adds in `nix-support`
/// beside its `bin`, and no hook there, which may read whatever else.
fn is_nixpkgs_wrapper(script: &Path) -> bool {
    let package = script.parent().and_then(Path::parent);
    package.is_some_and(|package| {
        let has = |file: &str| package.join("nix-support").join(file).is_file();
        let hooks = ["cc-wrapper-hook", "ld-wrapper-hook", "post-link-hook"];
        (has("add-flags.sh") || has("cc-cflags")) && !hooks.into_iter().any(has)
    })
}

#[cfg(test)]
mod tests {
    use nix_sccache_trace_format::PROCESSORS;

    use super::*;

    #[test]
    fn scripts_name_their_variables() {
        let script = b"exec rustc $FLAGS \"${EXTRA:-}\" $1 $PATH ${#list[@]} $";
        assert_eq!(named_in(script), [b"FLAGS".as_slice(), b"EXTRA", b"list"]);
        let script = b"exec cc -O$((LEVEL + 1))";
        assert_eq!(
            named_in(script),
            [b"exec".as_slice(), b"cc", b"O", b"LEVEL"]
        );
    }

    #[test]
    fn scripts_that_read_others_are_known() {
        for (script, expected) in [
            ("#!/usr/bin/env bash\nexec \"$@\"", false),
            ("exec rustc -Cenv=x \"$@\" # a.b ./c", false),
            (". ./flags\nexec cc", true),
            ("set -eu\nset -- $FLAGS", false),
            ("set | grep FLAGS", true),
            ("X=$(env)", true),
            ("exec cc ${!name}", true),
            ("\x7fELF\0\0", true),
            ("eval \"$(flags)\"", true),
        ] {
            assert_eq!(reads_others(script.as_bytes()), expected, "{script}");
        }
    }

    #[test]
    fn who_goes_by_the_machine() {
        for (what, program, called, expected) in [
            (UNAME, "/bin/uname", "", true),
            (UNAME, "/usr/bin/find", "", false),
            (HOST, "/bin/hostname", "", true),
            (HOST, "/bin/bash", "", false),
            (PROCESSORS, "/x/coreutils", "/x/nproc", true),
            (PROCESSORS, "/x/coreutils", "/x/sort", false),
            (PROCESSORS, "/usr/bin/make", "", false),
            (b"/proc/cpuinfo", "/usr/bin/python3.11", "", true),
            (TIMES, "/usr/bin/python3.11", "", false),
        ] {
            let goes = goes_by_machine(what, Path::new(program), Path::new(called));
            assert_eq!(goes, expected, "{program} {called}");
        }
    }

    #[test]
    fn compilers_read_by_name() {
        for (program, expected) in [
            ("/usr/bin/x86_64-linux-gnu-gcc-12", true),
            ("/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus", true),
            ("/nix/store/x-rustc/bin/rustc", true),
            ("/nix/store/x/bin/clang-18", true),
            ("/usr/lib/gcc/x86_64-linux-gnu/12/collect2", true),
            ("/usr/bin/python3.11", false),
            ("/usr/bin/notcc", false),
            ("/bin/bash", false),
        ] {
            let reads = reads(Path::new(program), Path::new(program));
            assert_eq!(matches!(reads, Reads::Nothing), expected, "{program}");
        }
    }
}
