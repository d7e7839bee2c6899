//! Records what a call's key is made of, while the call's files are all there, for `nix-sccache explain`.

mod cc;
mod rust;

use std::env;
use std::fs;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::hex;
use nix_sccache_contract::json::Json;
use nix_sccache_contract::log::{Entry, Outcome};
use nix_sccache_contract::part::{Kind, Part, Value};
use nix_sccache_contract::record::{self, Build, Made, Unit};
use nix_sccache_contract::secret::Secrets;
use nix_sccache_contract::{self as contract, Language};

use crate::invocation::{Compiler, Invocation, Options};
use crate::key_material;
use crate::keyless;
use crate::process;
use crate::real_sccache;
use crate::session::{self, Session, write_whole};
use crate::stable_paths::StablePaths;

/// Records what a call's key was made of, if the session leaves a report. A crate that links is
/// recorded as well: others depend on it. Nothing here fails a call.
pub fn record(session: &Session, entry: &Entry, invocation: &Invocation, paths: &StablePaths) {
    if !is_wanted() {
        return;
    }
    let language = invocation.language();
    let wanted = match &entry.outcome {
        Outcome::Hit | Outcome::Miss | Outcome::Passthrough(BypassReason::CacheFailed) => true,
        Outcome::Passthrough(BypassReason::NotWrapped) | Outcome::Probe | Outcome::Error => false,
        Outcome::Passthrough(_) => language == Language::Rust,
    };
    if !wanted {
        return;
    }
    let invocation = paths.invocation().unwrap_or(invocation);
    let (unit, mut parts) = match &invocation.options {
        Options::Rustc(call) => rust::parts(call, &keyless::of(session, invocation)),
        Options::Cc(call) => (Unit::default(), cc::parts(call)),
    };
    // A call whose key could not be made was none for the cache.
    let Ok(hidden) = hidden(invocation) else {
        return;
    };
    parts.extend(hidden);
    parts.extend(found_once(session, &invocation.compiler, language));
    // What the compiler was shown is what counts.
    for part in &mut parts {
        if let Some(shown) = part.value.as_text().and_then(|text| paths.shown(text)) {
            part.value = Value::Text(shown);
        }
        if let Some(shown) = paths.shown(&part.name) {
            part.name = shown;
        }
    }
    hide(&mut parts);
    let made = Made {
        at: entry.at,
        name: entry.name.clone(),
        unit,
        parts,
    };
    session::log::append(&session.keys(), &made).ok();
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

/// What the shim itself adds to the key.
fn hidden(invocation: &Invocation) -> io::Result<Vec<Part>> {
    let parts = key_material::parts(invocation)?.into_iter();
    let parts = parts
        // They are recorded with those that sccache knows of.
        .filter(|(name, _)| !name.starts_with(key_material::LIBRARY.as_bytes()))
        .map(|(name, value)| {
            let name = String::from_utf8_lossy(&name).into_owned();
            let (kind, shown) = match name.as_str() {
                key_material::COMPILER => (Kind::Compiler, "program".to_owned()),
                key_material::WRAPPER => (Kind::Wrapper, "program".to_owned()),
                key_material::RENAMES => (Kind::Dependency, name.clone()),
                key_material::TARGET => (Kind::Target, name.clone()),
                key_material::SOURCE => (Kind::Source, name.clone()),
                // Those of rustc's bootstrap have names of several words.
                other if other.contains(' ') => (Kind::Compiler, other.to_owned()),
                _ => (Kind::Variable, name.clone()),
            };
            match String::from_utf8(value) {
                Ok(text) if kind == Kind::Variable || text.starts_with('/') => {
                    Part::text(kind, shown, &text)
                }
                Ok(text) => digested(kind, shown, text.as_bytes()),
                Err(bytes) => digested(kind, shown, bytes.as_bytes()),
            }
        });
    Ok(parts.collect())
}

/// A part whose value is a digest already.
fn digested(kind: Kind, name: String, digest: &[u8]) -> Part {
    Part {
        kind,
        name,
        value: Value::Digest(hex(digest.get(..16).unwrap_or(digest))),
        file: None,
    }
}

/// What running a program tells: asked once a session.
fn found_once(session: &Session, compiler: &Compiler, language: Language) -> Vec<Part> {
    let mut parts = remembered(session, "sccache", || {
        let version =
            real_sccache::find().and_then(|sccache| process::output_of(&sccache, &["--version"]));
        let version = version.as_deref().and_then(|said| said.lines().next());
        vec![Part::text(
            Kind::Cache,
            "sccache",
            version.unwrap_or_default(),
        )]
    });
    let Value::Digest(path) = Value::digest(compiler.path.as_os_str().as_encoded_bytes()) else {
        return parts;
    };
    parts.extend(remembered(session, &path, || match language {
        Language::Rust => rust::compiler(&compiler.path),
        Language::C | Language::Cxx => process::output_of(&compiler.path, &["--version"])
            .and_then(|said| said.lines().next().map(str::to_owned))
            .map(|version| Part::text(Kind::Compiler, "version", &version))
            .into_iter()
            .collect(),
    }));
    parts
}

fn remembered(session: &Session, what: &str, find: impl FnOnce() -> Vec<Part>) -> Vec<Part> {
    let file = session.found(what);
    let known = fs::read(&file).ok().and_then(|text| Json::from_json(&text));
    known.unwrap_or_else(|| {
        let parts = find();
        write_whole(&file, parts.to_json().as_bytes()).ok();
        parts
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
            part.value = Value::digest(text.as_bytes());
        }
        if secrets.clean(&part.name) != part.name {
            part.name = secrets.clean(&part.name);
        }
    }
}
