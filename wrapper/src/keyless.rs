//! Keeps variables of cargo's out of the key that name folders of the build, or what is in rustc's arguments
//! anyway, and decide nothing of what is compiled.
//!
//! Sccache 0.19 hashes every variable whose name begins with `CARGO_`: with `CARGO_HOME` under the
//! source, where crane and naersk put it, no project would share an entry with another. So sccache is
//! given each under another name, and who stands in its compiler's place gives it its own back. A crate
//! that reads one all the same (`env!("CARGO_HOME")`) has it in rustc's list of what it reads, and so
//! in its key. What a workspace wrapper or a procedural macro reads is in no list: where one has the
//! name in it, the variable stays where it is.

use std::collections::BTreeSet;
use std::env;
use std::env::consts::DLL_EXTENSION;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use memchr::memmem;
use nix_sccache_contract as contract;

use crate::invocation::{Argument, Invocation};
use crate::session::Session;

/// How their names begin. The flags are in rustc's arguments.
const NAMES: [&str; 8] = [
    "CARGO_AUDITABLE_",
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_RUSTDOCFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_HOME",
    "CARGO_INSTALL_ROOT",
    "CARGO_TARGET_DIR",
];

/// The program of cargo-auditable's, which reads its own variables, and only where a program or a
/// `cdylib` is linked (its `rustc_wrapper.rs`, 0.7).
const CARGO_AUDITABLE: &str = "cargo-auditable";

/// Whether a variable may be one of these.
fn is_one(name: &OsStr) -> bool {
    NAMES
        .iter()
        .any(|known| name.as_bytes().starts_with(known.as_bytes()))
}

/// Those of this call's variables that are in no key, by their names.
pub fn of(session: &Session, invocation: &Invocation) -> BTreeSet<OsString> {
    let mut names: BTreeSet<_> = env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| is_one(name))
        .collect();
    if !names.is_empty() {
        let programs = programs(invocation);
        let read = read_by(session, &programs);
        names.retain(|name| !read.iter().any(|read| name.as_bytes().starts_with(read)));
    }
    names
}

/// What may read variables and tell nobody: wrappers, what stands for rustc, and every macro that rustc
/// may load.
fn programs(invocation: &Invocation) -> Vec<PathBuf> {
    let compiler = &invocation.compiler;
    let mut programs = vec![compiler.path.clone()];
    let wrapper = compiler.wrapper.iter();
    programs.extend(
        wrapper
            .filter(|wrapper| wrapper.file_name() != Some(OsStr::new(CARGO_AUDITABLE)))
            .cloned(),
    );
    let is_macro = |path: &PathBuf| path.extension() == Some(OsStr::new(DLL_EXTENSION));
    let macros_in = |folder: &str| {
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        files.map(|file| file.path()).filter(is_macro)
    };
    for Argument { option, value, .. } in invocation.options.arguments().iter() {
        let value = value.as_deref().unwrap_or_default();
        match (option.as_str(), value.split_once('=')) {
            ("--extern", Some((_, file))) => programs.extend(Some(file.into()).filter(is_macro)),
            ("-L", Some(("dependency" | "all", folder))) => programs.extend(macros_in(folder)),
            ("-L", None) => programs.extend(macros_in(value)),
            _ => {}
        }
    }
    programs.sort();
    programs.dedup();
    programs
}

/// The names of [`NAMES`] that stand in one of these programs. What was looked at once is remembered.
fn read_by(session: &Session, programs: &[PathBuf]) -> Vec<&'static [u8]> {
    let found = session.remember(b"variables of all", programs, || {
        let found = programs.iter().filter_map(|program| {
            let of_one = [program.clone()];
            session.remember(b"variables", &of_one, || Some(named_in(program)))
        });
        Some(found.flatten().collect())
    });
    let found = found.unwrap_or_default();
    let all = NAMES.iter().enumerate();
    all.filter(|(index, _)| found.iter().any(|byte| usize::from(*byte) == *index))
        .map(|(_, name)| name.as_bytes())
        .collect()
}

/// The places in [`NAMES`] of those that stand in a file.
fn named_in(file: &Path) -> Vec<u8> {
    let contents = fs::read(file).unwrap_or_default();
    let is_in = |name: &&str| memmem::find(&contents, name.as_bytes()).is_some();
    (0..)
        .zip(NAMES)
        .filter(|(_, name)| is_in(name))
        .map(|(index, _)| index)
        .collect()
}

/// Hands variables on to a command of sccache's under names that are in no key, with the values that
/// its compiler is to see.
pub fn hand_on(command: &mut Command, names: &BTreeSet<OsString>) {
    for name in names {
        let given = command.get_envs().find_map(|(given, value)| {
            (given == name.as_os_str()).then(|| value.map(OsStr::to_owned))
        });
        command.env_remove(name);
        if let Some(value) = given.unwrap_or_else(|| env::var_os(name)) {
            let mut other = OsString::from(contract::KEYLESS);
            other.push(name);
            command.env(other, value);
        }
    }
}

/// Gives a compiler's command what was handed on.
pub fn restore(command: &mut Command) {
    for (other, value) in env::vars_os() {
        if let Some(name) = other.as_bytes().strip_prefix(contract::KEYLESS.as_bytes()) {
            command
                .env(OsString::from_vec(name.to_vec()), value)
                .env_remove(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation;

    #[test]
    fn names_are_found_in_programs() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("libmacro.so");
        fs::write(&file, b"\0CARGO_TARGET_DIRCARGO_HOME\0").unwrap();
        let names: Vec<_> = named_in(&file)
            .into_iter()
            .map(|index| NAMES[usize::from(index)])
            .collect();
        assert_eq!(names, ["CARGO_HOME", "CARGO_TARGET_DIR"]);
        assert!(named_in(&folder.path().join("absent")).is_empty());
    }

    #[test]
    fn macros_that_rustc_may_load_are_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["libmacro.so", "libother.rlib"] {
            fs::write(at(name), "").unwrap();
        }
        let line = format!(
            "rustc --extern a=/t/libdirect.so --extern b=/t/libb.rmeta --extern proc_macro -L dependency={}",
            folder.path().display()
        );
        let found = |wrapper: &str| {
            let mut call = invocation::read(&line);
            call.compiler.wrapper = Some(wrapper.into());
            programs(&call)
        };
        let mut expected = vec![at("libmacro.so"), "rustc".into(), "/t/libdirect.so".into()];
        expected.sort();
        assert_eq!(found("/w/cargo-auditable"), expected);
        assert_eq!(found("/w/other").len(), 4);
    }
}
