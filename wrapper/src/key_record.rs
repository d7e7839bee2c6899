//! Records what a call's key was made of, as it was made, for `nix-sccache explain`.
//!
//! The request's fields come first, then every name that was looked at with what it held. Paths are named as they are in
//! every build, so that two records of one key are the same bytes: entries have theirs, too.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix_sccache_cache::entry::StoredEntry;
use nix_sccache_cache::inputs::{Field as Held, Inputs, Look, Name, NameKind, Value};
use nix_sccache_cache::places::ABSOLUTE;
use nix_sccache_contract as contract;
use nix_sccache_contract::json::Json;
use nix_sccache_contract::log::Entry;
use nix_sccache_contract::part::{A_DIRECTORY, Kind, Part, Value as Recorded};
use nix_sccache_contract::record::{self, Build, Made as Record, Unit};

use crate::invocation::{Invocation, Options, Rustc};
use crate::request::{Field, OF_LIBC, Request};
use crate::session::{self, Session, reports};
use crate::settings;

/// What a key was made of.
pub struct Made {
    /// What the invocation says.
    pub request: Request,
    /// What was looked at.
    pub inputs: Inputs,
    /// What that held.
    pub look: Look,
    /// The entry, where there was one: its record is the same bytes, without the work.
    pub stored: Option<StoredEntry>,
}

/// The record of a call of the cache's, a line.
pub fn of_call(entry: &Entry, invocation: &Invocation, made: &Made) -> String {
    let unit = match &invocation.options {
        Options::Rustc(call) => unit(call),
        Options::Cc(_) | Options::BuildScript(_) => Unit::default(),
    };
    let stored = made.stored.as_ref().and_then(|entry| entry.record().ok());
    let stored = stored.as_deref();
    let stored = stored.and_then(|parts| std::str::from_utf8(parts).ok());
    let stored = stored.filter(|parts| parts.starts_with('[') && !parts.contains('\n'));
    let parts = match stored {
        Some(_) => Vec::new(),
        None => parts(&made.request, &made.inputs, &made.look),
    };
    let mut line = Record {
        at: entry.at,
        name: entry.name.clone(),
        unit,
        parts,
    }
    .to_json();
    if let Some(stored) = stored {
        // In the place of none, at the end.
        line.truncate(line.len() - "[]}".len());
        line += stored;
        line.push('}');
    }
    line
}

/// What a key was made of, part by part.
pub fn parts(request: &Request, inputs: &Inputs, look: &Look) -> Vec<Part> {
    let mut parts: Vec<_> = request.fields.iter().map(of_field).collect();
    parts.push(order(request));
    let is_set = |name: &&str| parts.iter().any(|part| part.name == **name);
    let unset: Vec<_> = OF_LIBC.iter().filter(|name| !is_set(name)).collect();
    parts.extend(unset.into_iter().map(|name| Part {
        kind: Kind::Variable,
        name: (*name).to_owned(),
        value: Recorded::Absent,
        file: None,
    }));
    let directories = Directories::of(request);
    let mut listed = BTreeMap::new();
    for (name, value) in inputs.iter().zip(&look.values) {
        match (name.kind, value) {
            (NameKind::Family | NameKind::Environment, Value::Several(variables)) => {
                add_variables(&mut listed, &name.name, variables);
            }
            (NameKind::Variable, value) => parts.push(of_variable(&name.name, value)),
            (NameKind::Machine, value) => {
                parts.push(of_variable(
                    &[b"of the machine: ", &*name.name].concat(),
                    value,
                ));
            }
            (NameKind::Command, value) => {
                parts.push(of_variable(&[b"PATH: ", &*name.name].concat(), value));
            }
            _ => parts.extend(of_path(name, value, request, &directories)),
        }
    }
    parts.extend(listed.into_values());
    hide(&mut parts);
    parts
}

/// The text of the file that the session leaves beside its log; empty where none is wanted.
pub fn recorded(session: &Session) -> Vec<u8> {
    if !reports::are_wanted() {
        return Vec::new();
    }
    let lines = fs::read(session.keys()).unwrap_or_default();
    let build = Build::of_variables(session::now(), |name| {
        settings::attribute(name)?.into_string().ok()
    });
    record::text(&build, &lines)
}

fn unit(call: &Rustc) -> Unit {
    let mut kinds: Vec<_> = call.crate_types().map(str::to_owned).collect();
    kinds.sort();
    Unit {
        kinds,
        target: call.target().map(str::to_owned),
        test: call.is_test(),
        checked: !call.emit().any(|emit| emit.starts_with("link")),
        stem: call.output_stem(),
    }
}

fn of_field(field: &Field) -> Part {
    let name = match (field.kind, field.name.as_str()) {
        (Kind::Directory, _) => "current directory",
        (Kind::Argument, "") => "source",
        (_, name) => name,
    };
    match std::str::from_utf8(&field.value) {
        Ok(text) if field.kind == Kind::Argument => {
            let (name, text) = named(name, text);
            Part::text(field.kind, name, text)
        }
        Ok(text) if field.kind != Kind::Source => Part::text(field.kind, name, text),
        _ => Part::digest(field.kind, name, &field.value),
    }
}

/// The order of the arguments: each of them is compared with those of its name.
fn order(request: &Request) -> Part {
    let arguments = request.fields.iter().filter(|it| it.kind == Kind::Argument);
    let mut names = Vec::new();
    for argument in arguments {
        names.extend(argument.name.as_bytes());
        names.push(0);
    }
    Part::digest(Kind::Order, "arguments", &names)
}

/// The name and the value of an argument: `-C opt-level` and `3`. A feature is all name.
fn named<'a>(option: &'a str, text: &'a str) -> (String, &'a str) {
    let option = if option == "--codegen" { "-C" } else { option };
    match option {
        "--cfg" if text.starts_with("feature=") => (format!("--cfg {text}"), ""),
        // `dependency=…`, `serde=…`: what is before is one of many, too.
        "--extern" => match text.split_once('=') {
            Some((name, file)) => (format!("--extern {name}"), file),
            None => (format!("--extern {text}"), ""),
        },
        "-C" | "-Z" | "--cfg" | "--env-set" | "-D" => match text.split_once('=') {
            Some((name, value)) => (format!("{option} {name}"), value),
            None => (format!("{option} {text}"), ""),
        },
        _ if !text.is_empty() || !option.starts_with('-') => (option.to_owned(), text),
        // Of these the last counts: `-O2`, `-std=c99`.
        _ if option.starts_with("-O") => ("-O".to_owned(), option.get(2..).unwrap_or_default()),
        _ => match option.split_once('=') {
            Some((name, value)) => (name.to_owned(), value),
            None => (option.to_owned(), ""),
        },
    }
}

fn of_variable(name: &[u8], value: &Value) -> Part {
    let name = String::from_utf8_lossy(name);
    match value {
        Value::Text(value) => Part::text(Kind::Variable, name, &String::from_utf8_lossy(value)),
        _ => part(Kind::Variable, name, Recorded::Absent),
    }
}

/// The variables that are read all together: of each its value, and that they were.
fn add_variables(parts: &mut BTreeMap<String, Part>, family: &[u8], variables: &[Held]) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let family = format!("{}*", text(family));
    let mut add = |name: String, value: &str| {
        parts.insert(name.clone(), Part::text(Kind::Environment, name, value));
    };
    add(family, "");
    for pair in variables.chunks_exact(2) {
        if let [(_, name), (_, value)] = pair {
            add(text(name), &text(value));
        }
    }
}

/// What a path held, under a name that it has in every build.
fn of_path(
    name: &Name,
    value: &Value,
    request: &Request,
    directories: &Directories,
) -> Option<Part> {
    let path = request.places.path(name.place, &name.name)?;
    let shown = directories.shown(name, &path);
    let kind = match name.kind {
        NameKind::Listing => Kind::Listing,
        NameKind::Link => Kind::Link,
        _ => kind_of(&path),
    };
    let text = |what: &str| Recorded::Text(what.to_owned());
    let value = match value {
        Value::Absent => Recorded::Absent,
        Value::Directory => text(A_DIRECTORY),
        Value::Other => text("no regular file"),
        Value::File(None) => text("a file"),
        Value::Program(None) => text("a program"),
        Value::File(Some(digest)) | Value::Program(Some(digest)) => {
            Recorded::Digest(contract::hex(digest.get(..16).unwrap_or(digest)))
        }
        Value::Several(fields) => {
            let text = match kind {
                Kind::Link => leads_to(fields, request, directories),
                Kind::Listing => listed(fields),
                _ => "what cannot be opened".to_owned(),
            };
            return Some(Part::text(kind, shown, &text));
        }
        Value::Text(_) => return None,
    };
    if kind == Kind::Dependency {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        return Some(part(kind, crate_of(&path), value).in_file(file));
    }
    Some(part(kind, shown, value))
}

fn part(kind: Kind, name: impl Into<String>, value: Recorded) -> Part {
    Part {
        kind,
        name: name.into(),
        value,
        file: None,
    }
}

/// What a directory lists, a line each; as `ls -F` has it, a directory ends in `/` and a link in `@`.
fn listed(fields: &[Held]) -> String {
    let names = fields.chunks_exact(2).filter_map(|pair| match pair {
        [(_, name), (_, kind)] => {
            let sign = match kind.as_slice() {
                [1, _] => "/",
                [_, 1] => "@",
                _ => "",
            };
            Some(String::from_utf8_lossy(name).into_owned() + sign)
        }
        _ => None,
    });
    names.collect::<Vec<_>>().join("\n")
}

/// Where a link leads, at once and, where that is elsewhere, in the end; both are named as paths are.
fn leads_to(fields: &[Held], request: &Request, directories: &Directories) -> String {
    let mut texts: Vec<_> = fields
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [(_, place), (_, rest)] => {
                let name = Name {
                    kind: NameKind::Link,
                    place: *place.first()?,
                    name: rest.clone(),
                };
                let path = request.places.path(name.place, rest)?;
                Some(directories.shown(&name, &path))
            }
            _ => None,
        })
        .collect();
    texts.dedup();
    texts.join(", ")
}

fn kind_of(path: &Path) -> Kind {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let has = |directory: &str| path.components().any(|it| it.as_os_str() == directory);
    // The compiler's own.
    if has("rustlib") {
        return Kind::Library;
    }
    match path.extension().and_then(OsStr::to_str) {
        Some("rlib" | "rmeta") => Kind::Dependency,
        Some("so") if has("deps") => Kind::Dependency,
        Some("a") => Kind::Library,
        _ if name.ends_with(".so") || name.contains(".so.") => Kind::Library,
        _ => Kind::Source,
    }
}

/// The crate that a library is of: `libserde-1f.rmeta`.
fn crate_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.strip_prefix("lib").unwrap_or(&stem);
    stem.split('-').next().unwrap_or_default().to_owned()
}

/// Directories that other builds have under other names.
struct Directories {
    /// What the build script writes to.
    out: Option<PathBuf>,
    /// The crate's own.
    own: Vec<PathBuf>,
}

impl Directories {
    fn of(request: &Request) -> Self {
        let variable = |name: &str| env::var_os(name).map(PathBuf::from);
        let current = request
            .fields
            .iter()
            .find(|field| field.kind == Kind::Directory)
            .map(|field| PathBuf::from(OsStr::from_bytes(&field.value)));
        let known = [variable("CARGO_MANIFEST_DIR"), current];
        // Everything is below the root.
        let is_below = |directory: &PathBuf| directory.components().count() > 1;
        Self {
            out: variable("OUT_DIR").filter(is_below),
            own: known.into_iter().flatten().filter(is_below).collect(),
        }
    }

    /// A path as it is named in every build.
    fn shown(&self, name: &Name, path: &Path) -> String {
        let below = |directory: &PathBuf| path.strip_prefix(directory).ok();
        if let Some(rest) = self.out.as_ref().and_then(below) {
            return format!("OUT_DIR/{}", rest.display());
        }
        if name.place != ABSOLUTE {
            return format!("…/{}", String::from_utf8_lossy(&name.name));
        }
        match self.own.iter().find_map(below) {
            Some(rest) if rest.as_os_str().is_empty() => ".".to_owned(),
            Some(rest) => rest.display().to_string(),
            None => path.display().to_string(),
        }
    }
}

/// The values of secret variables may stand in arguments as well.
fn hide(parts: &mut [Part]) {
    let secrets = session::secrets();
    for part in parts {
        if let Some(text) = part.value.as_text()
            && secrets.clean(text) != text
        {
            part.value = Recorded::digest(text.as_bytes());
        }
        let name = secrets.clean(&part.name);
        if name != part.name {
            part.name = name;
        }
    }
}
