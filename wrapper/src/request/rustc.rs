//! Makes the request of a call of rustc's, or of what takes the same arguments.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use nix_sccache_cache::places::{ABSOLUTE, Places};
use nix_sccache_contract::part::Kind;

use super::fields::{Request, absolute};
use crate::invocation::{Argument, Rustc};
use crate::links::Linked;
use crate::store;
use crate::stripped;

/// What cargo has rustc write: none has the path in it by which it is called, but for the list of sources, where that
/// can be put right.
const FREE_OF_PATHS: [&str; 3] = ["dep-info", "link", "metadata"];

pub(super) fn add(request: &mut Request, call: &Rustc, directory: &Path, linked: Linked) {
    request.relinks = linked == Linked::ForOutputs;
    request.strips_script = stripped::is_made(call, linked);
    if request.strips_script {
        request.add(Kind::Argument, "stripped", b"");
    }
    if request.relinks {
        request.add(Kind::Argument, "linked anew", b"");
    }
    let at = |path: &Path| absolute(path, directory);
    let written = call
        .output_directories()
        .iter()
        .map(|path| at(path))
        .collect::<Vec<_>>();
    // There are what other crates are, each of which is read, or libraries that are no crates, which are looked for by name
    // (1.95); in others a macro may look for what there is.
    let of_crates = call.arguments.values("-L").filter_map(|given| {
        given
            .strip_prefix("dependency=")
            .or_else(|| given.strip_prefix("native="))
    });
    let of_crates = of_crates.map(|path| at(Path::new(path)));
    request.unlisted = of_crates.chain(written.iter().cloned()).collect();
    request.writable = if written.is_empty() {
        vec![directory.to_owned()]
    } else {
        written
    };
    request.scratch = call
        .codegen("incremental")
        .map(|path| at(Path::new(path)))
        .into_iter()
        .collect();
    request.makes_directory = true;
    request.is_probe = call.codegen("metadata").is_none();
    let target = target(call, directory);
    request.has_target = target.is_some();
    // Other directories stand in their places in other builds, and they are in nothing that is made.
    let crates = crates_in_store(call, directory);
    request.places = Places::new(target.into_iter().chain(crates).collect());
    for argument in call.arguments.iter() {
        let value = argument.value.as_deref().unwrap_or_default();
        let value = in_place(request, argument, value, directory);
        request.add(Kind::Argument, argument.option.as_str(), value.as_bytes());
    }
}

/// Where rustdoc writes to.
pub(super) fn documentation(call: &Rustc, directory: &Path) -> PathBuf {
    let is_it = |it: &&Argument| ["-o", "--out-dir", "--output"].contains(&it.option.as_str());
    let given = call.arguments.iter().rev().find(is_it);
    let given = given.and_then(|it| it.value.as_deref());
    absolute(Path::new(given.unwrap_or("doc")), directory)
}

/// The directory to which cargo has rustc write, and from which it reads what other crates are: whatever it is called,
/// the result is the same. Nothing where it may be in the result, or could not be found there.
fn target(call: &Rustc, directory: &Path) -> Option<PathBuf> {
    let is_known = |emit: &str| FREE_OF_PATHS.contains(&emit);
    let debug_is_inside = matches!(call.codegen("split-debuginfo"), None | Some("off"));
    let out = absolute(call.out_dir()?, directory);
    // It is in messages and lists as it was given.
    if out.as_os_str() != call.out_dir()? {
        return None;
    }
    let is_plain = |path: &Path| {
        let text = path.to_str().unwrap_or("\\");
        !text.contains(|it: char| it.is_whitespace() || it.is_control() || "\"'\\#:$=".contains(it))
    };
    if !call.emit().all(is_known) || !debug_is_inside || !is_plain(&out) {
        return None;
    }
    let externs = call
        .arguments
        .values("--extern")
        .filter_map(|given| Path::new(given.split_once('=')?.1).parent());
    let others = call.library_directories().map(Path::new).chain(externs);
    let mut common = out.clone();
    for other in others
        .map(|path| absolute(path, directory))
        .filter(|path| !store::holds(path))
    {
        while !other.starts_with(&common) {
            common.pop();
        }
    }
    // The sources must not be in it, whose paths count.
    let holds = |path: &Path| absolute(path, directory).starts_with(&common);
    let mut sources = call.sources();
    if common.components().count() < 3
        || holds(directory)
        || sources.any(|source| holds(Path::new(source)))
    {
        common = out;
    }
    Some(common)
}

/// The store paths of other crates, each a derivation of its own as nixpkgs' `buildRustCrate` has them, in an order that does
/// not depend on their hashes. In a library they are nowhere, so their contents count.
fn crates_in_store(call: &Rustc, directory: &Path) -> Vec<PathBuf> {
    const MOST: usize = 100;
    let is_library = call.linked().is_none();
    if !is_library || !call.emit().all(|emit| FREE_OF_PATHS.contains(&emit)) {
        return Vec::new();
    }
    let externs = call.arguments.values("--extern");
    let externs = externs.filter_map(|given| store::path_of(Path::new(given.split_once('=')?.1)));
    let mut found: Vec<_> = externs.collect();
    // Cargo's directory has thousands of files, and none is a link.
    let others = call.arguments.values("-L").filter(|_| !found.is_empty());
    let others = others.filter_map(|given| given.strip_prefix("dependency="));
    let links = others.flat_map(|given| {
        let links = fs::read_dir(absolute(Path::new(given), directory));
        let mut links: Vec<_> = links.into_iter().flatten().flatten().collect();
        links.sort_by_key(fs::DirEntry::file_name);
        links
    });
    let linked: Vec<_> = links
        .filter_map(|link| store::path_of(&fs::read_link(link.path()).ok()?))
        .collect();
    found.extend(linked);
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(path.clone()));
    found.truncate(MOST);
    found
}

/// The value of an argument as it counts: a path in a place is named by that.
fn in_place(request: &Request, argument: &Argument, value: &str, directory: &Path) -> String {
    let named = |path: &str| {
        let whole = absolute(Path::new(path), directory);
        match request.places.name(whole.as_os_str().as_encoded_bytes()) {
            (ABSOLUTE, _) => path.to_owned(),
            (place, name) => format!("<{place}>/{}", String::from_utf8_lossy(name)),
        }
    };
    match (argument.option.as_str(), value.split_once('=')) {
        ("--out-dir" | "-o", _) | ("-L", None) => named(value),
        ("-L" | "--extern" | "--emit", Some((kind, path))) => format!("{kind}={}", named(path)),
        ("-C" | "--codegen", Some(("incremental", _))) => "incremental".to_owned(),
        // By its name rustc knows what arguments it takes.
        ("-C" | "--codegen", Some(("linker", linker))) if request.relinks => {
            let name = Path::new(linker).file_name().unwrap_or_default();
            format!("linker={}", name.display())
        }
        _ => value.to_owned(),
    }
}
