//! What the key of a C or C++ object is made of, as far as it is cheap to tell: sccache 0.19 hashes
//! the preprocessed source (`HashKeyParams` in its `src/compiler/c.rs`), which nobody has afterwards.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::dep_info;
use crate::arguments::CcCall;
use nix_sccache_contract::part::{Kind, Part};

/// Options whose value is the next argument, or the rest of this one.
const WITH_VALUE: [&str; 15] = [
    "-idirafter",
    "-imacros",
    "-include",
    "-iquote",
    "-isysroot",
    "-isystem",
    "-Xclang",
    "-target",
    "-arch",
    "-MF",
    "-MT",
    "-MQ",
    "-I",
    "-D",
    "-o",
];

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
pub fn parts(arguments: &[OsString]) -> Vec<Part> {
    let here = env::current_dir().unwrap_or_default();
    let call = CcCall::read(arguments);
    let mut parts = Vec::new();
    let mut in_order = String::new();
    let (mut output, mut rules) = (None, None);
    let mut has_symbols = has_symbols_hidden();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let argument = argument.to_string_lossy();
        let with_value = WITH_VALUE.iter().find_map(|option| {
            let value = argument.strip_prefix(option)?;
            Some((*option, value.to_owned()))
        });
        let (name, value) = match with_value {
            Some((option, value)) if value.is_empty() => {
                let next = rest.next().map(|next| next.to_string_lossy().into_owned());
                (option, next.unwrap_or_default())
            }
            Some((option, value)) => (option, value),
            None if call.sources.iter().any(|source| *source == argument) => {
                ("source", argument.into_owned())
            }
            None => {
                has_symbols |= argument.starts_with("-g") && argument != "-g0";
                let (name, value) = named(&argument);
                in_order.extend([name, "\0"]);
                parts.push(Part::text(Kind::Argument, name, value));
                continue;
            }
        };
        match name {
            "-MF" => rules = Some(here.join(&value)),
            "-o" => output = Some(here.join(&value)),
            _ => {}
        }
        if OUTPUTS.contains(&name) {
            continue;
        }
        in_order.extend([name, "\0"]);
        parts.push(match (name, value.split_once('=')) {
            ("-D", Some((macro_name, value))) => {
                Part::text(Kind::Argument, format!("-D {macro_name}"), value)
            }
            ("-D", None) => Part::text(Kind::Argument, format!("-D {value}"), ""),
            _ => Part::text(Kind::Argument, name, &value),
        });
    }
    parts.retain(|part| part.name != "-c");
    parts.push(Part::digest(Kind::Order, "arguments", in_order.as_bytes()));
    if has_symbols {
        // It is in what the preprocessor writes for them.
        let here = here.to_string_lossy();
        parts.push(Part::text(Kind::Directory, "current directory", &here));
    }
    parts.extend(files(&call.sources, rules, output, &here));
    parts.extend(VARIABLES.iter().filter_map(|name| {
        let value = env::var_os(name)?;
        Some(Part::text(Kind::Variable, *name, &value.to_string_lossy()))
    }));
    parts
}

/// Whether nixpkgs' wrapper adds `-g`.
fn has_symbols_hidden() -> bool {
    env::vars_os().any(|(name, value)| {
        name.as_encoded_bytes().starts_with(b"NIX_CFLAGS_COMPILE")
            && value
                .to_string_lossy()
                .split_whitespace()
                .any(|word| word.starts_with("-g") && word != "-g0")
    })
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
fn files(
    sources: &[String],
    rules: Option<PathBuf>,
    output: Option<PathBuf>,
    here: &Path,
) -> Vec<Part> {
    let rules = rules.or_else(|| output.map(|output| output.with_extension("d")));
    let text = rules.and_then(|rules| fs::read(rules).ok());
    let mut files = text
        .map(|text| dep_info::of_cc(&String::from_utf8_lossy(&text)))
        .unwrap_or_default();
    files.extend(sources.iter().cloned());
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
