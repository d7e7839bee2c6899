//! Records what the key of a C or C++ object is made of, as far as it is cheap to tell: sccache 0.19 hashes
//! the preprocessed source (`HashKeyParams` in its `src/compiler/c.rs`), which nobody has afterwards.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use nix_sccache_contract::part::{Kind, Part};

use crate::added_flags;
use crate::dep_info;
use crate::invocation::{Argument, Cc};

/// Options that say where something is written.
const OUTPUTS: [&str; 4] = ["-MF", "-MQ", "-MT", "-o"];

/// Variables that sccache puts into the key beside that of its own.
const VARIABLES: [&str; 6] = [
    "CCC_OVERRIDE_OPTIONS",
    "IPHONEOS_DEPLOYMENT_TARGET",
    "MACOSX_DEPLOYMENT_TARGET",
    "SDKROOT",
    "TVOS_DEPLOYMENT_TARGET",
    "WATCHOS_DEPLOYMENT_TARGET",
];

/// What an object is made of.
pub fn parts(call: &Cc) -> Vec<Part> {
    let here = env::current_dir().unwrap_or_default();
    let mut parts = Vec::new();
    let mut in_order = String::new();
    let is_for_debuggers = |flag: &str| flag.starts_with("-g") && flag != "-g0";
    let mut has_symbols = added_flags::any("NIX_CFLAGS_COMPILE", is_for_debuggers);
    for Argument { option, value, .. } in call.arguments.iter() {
        if OUTPUTS.contains(&option.as_str()) {
            continue;
        }
        has_symbols |= is_for_debuggers(option);
        let part = match (option.as_str(), value.as_deref()) {
            ("", Some(source)) => Part::text(Kind::Argument, "source", source),
            ("-D", Some(given)) => {
                let (name, value) = given.split_once('=').unwrap_or((given, ""));
                Part::text(Kind::Argument, format!("-D {name}"), value)
            }
            (option, Some(value)) => Part::text(Kind::Argument, option, value),
            (flag, None) => {
                let (name, value) = named(flag);
                Part::text(Kind::Argument, name, value)
            }
        };
        let name = part.name.split(' ').next().unwrap_or_default();
        in_order.extend([name, "\0"]);
        parts.push(part);
    }
    parts.retain(|part| part.name != "-c");
    parts.push(Part::digest(Kind::Order, "arguments", in_order.as_bytes()));
    if has_symbols {
        // It is in what the preprocessor writes for them.
        let here = here.to_string_lossy();
        parts.push(Part::text(Kind::Directory, "current directory", &here));
    }
    parts.extend(files(call, &here));
    parts.extend(VARIABLES.iter().filter_map(|name| {
        let value = env::var_os(name)?;
        Some(Part::text(Kind::Variable, *name, &value.to_string_lossy()))
    }));
    parts
}

/// `-std=c11` is `-std` and `c11`, `-O2` is `-O` and `2`.
fn named(argument: &str) -> (&str, &str) {
    if let Some(level) = argument.strip_prefix("-O") {
        return ("-O", level);
    }
    argument.split_once('=').unwrap_or((argument, ""))
}

/// The sources, and their headers where the compiler wrote of which it read. What is in a Nix store
/// is what its name says.
fn files(call: &Cc, here: &Path) -> Vec<Part> {
    let beside = || Some(call.object()?.with_extension("d"));
    let rules = call.arguments.value("-MF").map(Into::into).or_else(beside);
    let text = rules.and_then(|rules: PathBuf| fs::read(here.join(rules)).ok());
    let mut files = text
        .map(|text| dep_info::of_cc(&String::from_utf8_lossy(&text)))
        .unwrap_or_default();
    files.extend(call.sources().map(str::to_owned));
    files.sort();
    files.dedup();
    files
        .iter()
        .filter_map(|file| {
            let path = here.join(file);
            let name = path.strip_prefix(here).unwrap_or(&path).to_string_lossy();
            if path.starts_with("/nix/store") {
                return Some(Part::text(Kind::Source, name, ""));
            }
            Some(Part::digest(Kind::Source, name, &fs::read(&path).ok()?))
        })
        .collect()
}
