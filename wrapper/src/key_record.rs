//! Records what a call's key was made of, as it was made, for `nix-sccache explain`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use nix_sccache_cache::inputs::{Inputs, Look, Name, NameKind, Value};
use nix_sccache_contract as contract;
use nix_sccache_contract::hex;
use nix_sccache_contract::log::Entry;
use nix_sccache_contract::part::{Kind, Part, Value as Recorded};
use nix_sccache_contract::record::{self, Build, Made as Record, Unit};
use nix_sccache_contract::secret::Secrets;

use crate::invocation::{Invocation, Options, Rustc};
use crate::request::{Field, Request};
use crate::session::{self, Session};

/// What a key was made of.
pub struct Made {
    /// What the invocation says.
    pub request: Request,
    /// What was looked at.
    pub inputs: Inputs,
    /// What that held.
    pub look: Look,
}

/// Records a call of the cache's, if the session leaves a report. Nothing here fails a call.
pub fn record(session: &Session, entry: &Entry, invocation: &Invocation, made: &Made) {
    if !is_wanted() {
        return;
    }
    let unit = match &invocation.options {
        Options::Rustc(call) => unit(call),
        Options::Cc(_) => Unit::default(),
    };
    let parts = parts(&made.request, &made.inputs, &made.look);
    let record = Record {
        at: entry.at,
        name: entry.name.clone(),
        unit,
        parts,
    };
    session::log::append(&session.keys(), &record).ok();
}

/// What a key was made of, part by part.
pub fn parts(request: &Request, inputs: &Inputs, look: &Look) -> Vec<Part> {
    let mut parts: Vec<_> = request.fields.iter().map(of_field).collect();
    let names = inputs.iter().zip(&look.values);
    parts.extend(names.filter_map(|(name, value)| of_name(name, value, request)));
    hide(&mut parts);
    parts
}

/// Whether a build that ends leaves anything.
fn is_wanted() -> bool {
    env::var_os(contract::REPORTS).is_some_and(|folder| !folder.is_empty())
}

/// The text of the file that the session leaves beside its log; empty where none is wanted.
pub fn recorded(session: &Session) -> Vec<u8> {
    if !is_wanted() {
        return Vec::new();
    }
    let at = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
        });
    let lines = fs::read(session.keys()).unwrap_or_default();
    record::text(&Build::of_variables(at, |name| env::var(name).ok()), &lines)
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
        Ok(text) => Part::text(field.kind, name, text),
        Err(_) => Part::digest(field.kind, name, &field.value),
    }
}

/// The name and the value of an argument: `-C opt-level` and `3`. A feature is all name.
fn named<'a>(option: &str, text: &'a str) -> (String, &'a str) {
    let option = if option == "--codegen" { "-C" } else { option };
    match option {
        "--cfg" if text.starts_with("feature=") => (format!("--cfg {text}"), ""),
        "-C" | "-Z" | "--cfg" | "--env-set" | "-D" => match text.split_once('=') {
            Some((name, value)) => (format!("{option} {name}"), value),
            None => (format!("{option} {text}"), ""),
        },
        _ => (option.to_owned(), text),
    }
}

/// What a name held, under a name that it has in every build.
fn of_name(name: &Name, value: &Value, request: &Request) -> Option<Part> {
    if !name.kind.is_path() {
        let text = String::from_utf8_lossy(&name.name).into_owned();
        let shown = match name.kind {
            NameKind::Environment => "all variables".to_owned(),
            NameKind::Family => format!("{text}*"),
            _ => text,
        };
        return Some(match value {
            Value::Text(value) => {
                Part::text(Kind::Variable, shown, &String::from_utf8_lossy(value))
            }
            Value::Digest(digest) => digested(Kind::Variable, shown, digest),
            _ => Part::text(Kind::Variable, shown, "not set"),
        });
    }
    let path = request.places.path(name.place, &name.name)?;
    let shown = shown(&path);
    let kind = kind_of(&path);
    let text = |what: &str| Part::text(kind, shown.clone(), what);
    Some(match value {
        Value::Absent => text("not there"),
        Value::Directory => text("a directory"),
        Value::Other => text("no file"),
        Value::Text(_) => return None,
        Value::File(None) | Value::Program(None) => text("there"),
        Value::File(Some(digest)) | Value::Program(Some(digest)) if kind == Kind::Dependency => {
            digested(kind, crate_of(&path), digest).in_file(path.to_string_lossy())
        }
        Value::Digest(digest) | Value::File(Some(digest)) | Value::Program(Some(digest)) => {
            digested(kind, shown, digest)
        }
    })
}

fn digested(kind: Kind, name: String, digest: &[u8]) -> Part {
    let half = digest.get(..16).unwrap_or(digest);
    Part {
        kind,
        name,
        value: Recorded::Digest(hex(half)),
        file: None,
    }
}

fn kind_of(path: &Path) -> Kind {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("rlib" | "rmeta") => Kind::Dependency,
        Some("so") if path.components().any(|it| it.as_os_str() == "deps") => Kind::Dependency,
        Some("a" | "so") => Kind::Library,
        _ => Kind::Source,
    }
}

/// The crate that a library is of: `libserde-1f.rmeta`.
fn crate_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.strip_prefix("lib").unwrap_or(&stem);
    stem.split('-').next().unwrap_or_default().to_owned()
}

/// A path, under a name that it has in every directory.
fn shown(path: &Path) -> String {
    let inside = |variable: &str| {
        let directory = PathBuf::from(env::var_os(variable)?);
        let rest = path.strip_prefix(directory).ok()?;
        Some(rest.to_string_lossy().into_owned())
    };
    let here = env::current_dir().unwrap_or_default();
    inside("OUT_DIR")
        .map(|rest| format!("OUT_DIR/{rest}"))
        .or_else(|| inside("CARGO_MANIFEST_DIR"))
        .unwrap_or_else(|| {
            path.strip_prefix(here)
                .unwrap_or(path)
                .to_string_lossy()
                .into_owned()
        })
}

/// The values of secret variables may stand in arguments as well.
fn hide(parts: &mut [Part]) {
    let variables: Vec<_> = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .collect();
    let secrets = Secrets::of(
        variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_os_str())),
    );
    for part in parts {
        if let Some(text) = part.value.as_text()
            && secrets.clean(text) != text
        {
            part.value = Recorded::digest(text.as_bytes());
        }
        if secrets.clean(&part.name) != part.name {
            part.name = secrets.clean(&part.name);
        }
    }
}
