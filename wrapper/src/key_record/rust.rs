//! Records what the key of a crate is made of, by sccache 0.19 (`generate_hash_key` in its
//! `src/compiler/rust.rs`).

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use nix_sccache_contract as contract;
use nix_sccache_contract::part::{Kind, Part};
use nix_sccache_contract::record::Unit;

use crate::dep_info::{self, DepInfo};
use crate::invocation::{Argument, Rustc};
use crate::process::output_of;
use crate::static_libraries;

/// Options that are in no key: what they name is, by its contents.
const NOT_IN_KEY: [&str; 5] = [
    "--check-cfg",
    "--color",
    "--diagnostic-width",
    "--out-dir",
    "-L",
];

/// Variables of cargo's that are in no key, by how they begin.
const NOT_IN_KEY_OF_CARGO: [&str; 4] = [
    "CARGO_BUILD_JOBS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_MAKEFLAGS",
    "CARGO_REGISTRIES_",
];

/// What was compiled, and of what; `keyless` are the variables that are in no key but for being read.
pub fn parts(call: &Rustc, keyless: &BTreeSet<OsString>) -> (Unit, Vec<Part>) {
    let here = env::current_dir().unwrap_or_default();
    let dep_info = dep_info(call, &here).unwrap_or_else(|| DepInfo {
        sources: call.sources().map(str::to_owned).collect(),
        variables: Vec::new(),
    });
    let mut parts = Vec::new();
    // The names of the arguments in the key.
    let mut in_order = String::new();
    for Argument { option, value, .. } in call.arguments.iter() {
        let text = value.as_deref().unwrap_or_default();
        match option.as_str() {
            "--extern" => parts.extend(dependency(text, &here)),
            "--target" if Path::new(text).extension() == Some(OsStr::new("json")) => {
                let contents = fs::read(here.join(text)).unwrap_or_default();
                parts.push(Part::digest(Kind::Target, text, &contents));
            }
            option if NOT_IN_KEY.contains(&option) => {}
            option => {
                let (name, text) = named(option, text);
                // Cargo gave these in any order once, and sccache sorts them.
                if option != "--cfg" {
                    in_order.extend([&name, "\0"]);
                }
                parts.push(Part::text(Kind::Argument, name, text));
            }
        }
    }
    parts.push(Part::text(
        Kind::Directory,
        "current directory",
        &here.to_string_lossy(),
    ));
    parts.push(Part::digest(Kind::Order, "arguments", in_order.as_bytes()));
    let libraries = static_libraries::of(call, &here).into_iter();
    parts.extend(libraries.filter_map(|library| {
        let contents = fs::read(&library.file).ok()?;
        let part = Part::digest(Kind::Library, library.name, &contents);
        Some(part.in_file(library.file.to_string_lossy()))
    }));
    parts.extend(
        dep_info
            .sources
            .iter()
            .filter_map(|source| self::source(source, &here)),
    );
    parts.extend(variables(&dep_info, keyless));
    (unit(call), parts)
}

fn unit(call: &Rustc) -> Unit {
    let mut kinds: Vec<_> = call.crate_types().map(str::to_owned).collect();
    kinds.sort();
    Unit {
        kinds,
        target: call.target().map(str::to_owned),
        test: call.is_test(),
        checked: !call.emit().any(|emit| emit.starts_with("link")),
        folder: call
            .out_dir()
            .map(|folder| folder.to_string_lossy().into_owned()),
        stem: call.output_stem(),
    }
}

/// What rustc wrote about the crate, or sccache.
fn dep_info(call: &Rustc, here: &Path) -> Option<DepInfo> {
    let text = fs::read(here.join(call.dependencies()?)).ok()?;
    let read = dep_info::of_rustc(&String::from_utf8_lossy(&text));
    (!read.sources.is_empty()).then_some(read)
}

/// The name and the value of an argument: `-C opt-level` and `3`. A feature is all name.
fn named<'a>(option: &str, text: &'a str) -> (String, &'a str) {
    let option = if option == "--codegen" { "-C" } else { option };
    match option {
        "" => ("source".to_owned(), text),
        "--cfg" if text.starts_with("feature=") => (format!("--cfg {text}"), ""),
        "-C" | "-Z" | "--cfg" | "--env-set" => match text.split_once('=') {
            Some((name, value)) => (format!("{option} {name}"), value),
            None => (format!("{option} {text}"), ""),
        },
        _ => (option.to_owned(), text),
    }
}

/// `--extern [options:]name=file`; a crate without a file is the compiler's own.
fn dependency(text: &str, here: &Path) -> Option<Part> {
    let (name, file) = text.split_once('=')?;
    let name = name.rsplit(':').next().unwrap_or(name);
    let contents = fs::read(here.join(file)).unwrap_or_default();
    Some(Part::digest(Kind::Dependency, name, &contents).in_file(file))
}

/// A source, under a name that it has in every folder.
fn source(source: &str, here: &Path) -> Option<Part> {
    let path = here.join(source);
    let contents = fs::read(&path).ok()?;
    let inside = |variable: &str| {
        let folder = PathBuf::from(env::var_os(variable)?);
        let rest = path.strip_prefix(folder).ok()?;
        Some(rest.to_string_lossy().into_owned())
    };
    let name = inside("OUT_DIR")
        .map(|rest| format!("OUT_DIR/{rest}"))
        .or_else(|| inside("CARGO_MANIFEST_DIR"))
        .unwrap_or_else(|| {
            let rest = path.strip_prefix(here).unwrap_or(&path);
            rest.to_string_lossy().into_owned()
        });
    Some(Part::digest(Kind::Source, name, &contents))
}

/// Every variable of cargo's, but for those that are in no key, and those that the crate reads.
fn variables(dep_info: &DepInfo, keyless: &BTreeSet<OsString>) -> Vec<Part> {
    let is_in_key = |name: &str| {
        name.starts_with("CARGO_")
            && name != contract::RUST_KEY
            && !keyless.contains(OsStr::new(name))
            && !NOT_IN_KEY_OF_CARGO
                .iter()
                .any(|other| name.starts_with(other))
    };
    let mut variables: Vec<_> = env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            is_in_key(&name).then(|| (name, value.to_string_lossy().into_owned()))
        })
        .collect();
    for (name, value) in &dep_info.variables {
        if !is_in_key(name) {
            variables.push((name.clone(), value.clone().unwrap_or_default()));
        }
    }
    variables.sort();
    variables.dedup();
    variables
        .into_iter()
        .map(|(name, value)| Part::text(Kind::Variable, name, &value))
        .collect()
}

/// What tells one rustc from another and people can read, and its libraries by their names, which
/// have a hash in them, and sizes. In a Nix store the path says as much.
pub fn compiler(rustc: &Path) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some(version) = output_of(rustc, &["-V"]) {
        parts.push(Part::text(Kind::Compiler, "version", version.trim()));
    }
    let is_in_store = rustc
        .canonicalize()
        .is_ok_and(|real| real.starts_with("/nix/store"));
    if !is_in_store && let Some(sysroot) = output_of(rustc, &["--print", "sysroot"]) {
        let folder = Path::new(sysroot.trim()).join("lib");
        let mut libraries: Vec<_> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|file| {
                let size = file.metadata().ok().filter(fs::Metadata::is_file)?.len();
                Some(format!("{} {size}", file.file_name().display()))
            })
            .collect();
        libraries.sort();
        let libraries = libraries.join("\n");
        parts.push(Part::digest(
            Kind::Compiler,
            "libraries",
            libraries.as_bytes(),
        ));
    }
    parts
}
