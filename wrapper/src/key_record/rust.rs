//! What the key of a crate is made of, by sccache 0.19 (`generate_hash_key` in its
//! `src/compiler/rust.rs`).

use std::collections::BTreeSet;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use nix_sccache_contract as contract;

use super::dep_info::{self, DepInfo};
use crate::arguments::rustc_options;
use crate::process::output_of;
use crate::static_libraries;
use nix_sccache_contract::part::{Kind, Part};
use nix_sccache_contract::record::Unit;

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
pub fn parts(arguments: &[OsString], keyless: &BTreeSet<OsString>) -> (Unit, Vec<Part>) {
    let here = env::current_dir().unwrap_or_default();
    let mut call = Call::default();
    for (option, value) in rustc_options(arguments) {
        call.option(&option, value.as_deref(), &here);
    }
    let dep_info = call.dep_info(&here).unwrap_or_else(|| DepInfo {
        sources: call.inputs.clone(),
        variables: Vec::new(),
    });
    let mut parts = call.parts;
    parts.push(Part::text(
        Kind::Directory,
        "current directory",
        &here.to_string_lossy(),
    ));
    parts.push(Part::digest(
        Kind::Order,
        "arguments",
        call.in_order.as_bytes(),
    ));
    let libraries = static_libraries::of(arguments, &here).into_iter();
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
    call.unit.kinds.sort();
    (call.unit, parts)
}

/// A call, as far as its key is concerned.
#[derive(Default)]
struct Call {
    unit: Unit,
    parts: Vec<Part>,
    inputs: Vec<String>,
    crate_name: String,
    extra_filename: String,
    /// The names of the arguments in the key.
    in_order: String,
}

impl Call {
    fn option(&mut self, option: &str, value: Option<&str>, here: &Path) {
        let text = value.unwrap_or_default();
        match option {
            "--extern" => return self.parts.extend(dependency(text, here)),
            "--out-dir" => self.unit.folder = value.map(str::to_owned),
            "--target" => {
                self.unit.target = value.map(str::to_owned);
                if Path::new(text)
                    .extension()
                    .is_some_and(|ending| ending == "json")
                {
                    let contents = fs::read(here.join(text)).unwrap_or_default();
                    return self.parts.push(Part::digest(Kind::Target, text, &contents));
                }
            }
            "--crate-name" => {
                text.clone_into(&mut self.crate_name);
                self.unit.stem = Some(format!("{}{}", self.crate_name, self.extra_filename));
            }
            "--crate-type" => self.unit.kinds.extend(text.split(',').map(str::to_owned)),
            "--emit" => {
                self.unit.checked = !text.split(',').any(|emit| emit.starts_with("link"));
            }
            "--test" => self.unit.test = true,
            "" => self.inputs.extend(value.map(str::to_owned)),
            _ => {}
        }
        if NOT_IN_KEY.contains(&option) {
            return;
        }
        let (name, text) = named(option, text);
        if name == "-C extra-filename" {
            text.clone_into(&mut self.extra_filename);
            self.unit.stem = Some(format!("{}{text}", self.crate_name));
        }
        // Cargo gave these in any order once, and sccache sorts them.
        if option != "--cfg" {
            self.in_order.extend([&name, "\0"]);
        }
        self.parts.push(Part::text(Kind::Argument, name, text));
    }

    /// What rustc wrote about the crate, or sccache.
    fn dep_info(&self, here: &Path) -> Option<DepInfo> {
        let folder = here.join(self.unit.folder.as_ref()?);
        let file = folder.join(format!("{}.d", self.unit.stem.as_ref()?));
        let text = fs::read(file).ok()?;
        let read = dep_info::of_rustc(&String::from_utf8_lossy(&text));
        (!read.sources.is_empty()).then_some(read)
    }
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
