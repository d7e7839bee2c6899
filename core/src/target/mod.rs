//! Converts, for `rust.target`, between Nix's systems and rustc's target triples.
//!
//! A triple's system is what nixpkgs would call it. The other way a system is less than a
//! triple: the target is the one that nixpkgs itself takes for the system (`rust.rustcTarget`
//! of its `lib/systems/default.nix`) where rustc has that, and else the only one there is.

mod complete;
mod names;
mod parts;
mod systems;
#[cfg(test)]
mod tests;
mod triples;

use serde::Deserialize;

use crate::error::Error;
use crate::path::AttrPath;
use crate::request;
use crate::show::quoted;
use crate::value::Value;
use names::{Name, Unresolved, resolve};
use parts::{current, is_arch};
use systems::{DOUBLES, Nameless, System, is_arm, system_of};

pub use complete::complete;
pub use parts::{Parts, is_known, known};

/// What is read of a nixpkgs platform, such as `stdenv.hostPlatform`.
#[derive(Deserialize)]
struct Platform {
    /// Nix's name for it.
    system: Option<String>,
    /// GNU's name for it, which tells musl from glibc.
    config: Option<String>,
    /// What nixpkgs itself says to rustc.
    rust: Option<PlatformRust>,
    /// What it said until 2023.
    rustc: Option<PlatformRustc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlatformRust {
    rustc_target: Option<String>,
    /// Whether the name is that of a file which describes the target.
    #[serde(default)]
    is_custom: bool,
}

#[derive(Deserialize)]
struct PlatformRustc {
    config: Option<String>,
}

/// The target triple of a system or of a nixpkgs platform; of a triple, its system.
pub fn target(asked: Value) -> Result<String, Error> {
    match asked {
        Value::String(name) => translate(&name),
        Value::Attrs(_) => of_platform(&request::read(asked)?),
        other => Err(Error::new(format!(
            "this must be a system such as \"x86_64-linux\", a target triple or a platform of nixpkgs, not {}",
            other.kind()
        ))),
    }
}

/// The triple that a name stands for: that of a system, or itself. A triple need not be known,
/// since each release has some of its own.
pub fn triple(name: &str) -> Result<String, Error> {
    if is_known(name) || name.matches('-').count() > 1 {
        return Ok(name.to_owned());
    }
    match Name::of(name).filter(Name::is_system) {
        Some(system) => system
            .target()
            .map(str::to_owned)
            .map_err(|reason| unresolved(name, &reason)),
        None => Err(unresolved(name, &Unresolved::Strange)),
    }
}

fn translate(name: &str) -> Result<String, Error> {
    if let Some(system) = Name::of(name).filter(Name::is_system) {
        return system
            .target()
            .map(str::to_owned)
            .map_err(|reason| unresolved(name, &reason));
    }
    let parts = Parts::of(name).filter(|parts| is_known(name) || is_likely(parts));
    match parts.as_ref().map(system_of) {
        Some(Ok(system)) => Ok(system.to_string()),
        Some(Err(nameless)) => Err(without_system(name, nameless)),
        None => Err(unresolved(name, &Unresolved::Strange)),
    }
}

/// Whether a later rustc may have this triple: its words are known ones, and go together.
fn is_likely(parts: &Parts<'_>) -> bool {
    let Ok(System { cpu, kernel }) = system_of(parts) else {
        return false;
    };
    let is_eabi = parts.env.is_some_and(|env| env.contains("eabi"));
    let goes_with_cpu = match parts.env {
        // On Linux every 32 bit ARM has one of the eabis, where these are concerned.
        Some("gnu" | "musl" | "uclibc") => kernel != "linux" || !is_arm(cpu),
        _ => !is_eabi || is_arm(cpu),
    };
    goes_with_cpu
        && is_arch(parts.arch)
        && current().any(|(_, other)| other.os == parts.os && other.env == parts.env)
}

fn of_platform(platform: &Platform) -> Result<String, Error> {
    let root = AttrPath::default();
    let rust = platform.rust.as_ref();
    let rustc = platform.rustc.as_ref();
    if let Some(given) = rust.and_then(|rust| rust.rustc_target.as_deref()) {
        if rust.is_some_and(|rust| rust.is_custom) {
            return Ok(given.to_owned());
        }
        return of_nixpkgs(given, platform.config.as_deref())
            .map_err(|error| error.at(&root.attr("rust").attr("rustcTarget")));
    }
    if let Some(given) = rustc.and_then(|rustc| rustc.config.as_deref()) {
        return of_nixpkgs(given, platform.config.as_deref())
            .map_err(|error| error.at(&root.attr("rustc").attr("config")));
    }
    // A config that has no target is not taken for its system: that knows of no libc.
    let (attribute, name) = match (&platform.config, &platform.system) {
        (Some(config), _) => ("config", config),
        (None, Some(system)) => ("system", system),
        (None, None) => {
            return Err(Error::new(
                "this set is no platform of nixpkgs: it has neither `rust.rustcTarget` nor `config` nor `system`",
            ));
        }
    };
    resolve(name)
        .map(str::to_owned)
        .map_err(|reason| unresolved(name, &reason).at(&root.attr(attribute)))
}

/// The target that nixpkgs names. It computes some that rustc has by another name or not at
/// all; any further name is of a target of the user's own.
fn of_nixpkgs(given: &str, config: Option<&str>) -> Result<String, Error> {
    let computed = if is_known(given) {
        None
    } else {
        Name::of(given)
    };
    let Some(computed) = computed else {
        return Ok(given.to_owned());
    };
    let config = config
        .and_then(Name::of)
        .filter(|config| config.agrees_with(&computed));
    let from_config = config.as_ref().map(Name::target);
    match (from_config, computed.target()) {
        (Some(Ok(triple)), _) | (_, Ok(triple)) => Ok(triple.to_owned()),
        (Some(Err(reason @ Unresolved::Several(_))), _)
        | (_, Err(reason @ Unresolved::Several(_))) => Err(unresolved(given, &reason)),
        // A later rustc may have it, under this very name.
        (_, Err(_)) if Parts::of(given).as_ref().is_some_and(is_likely) => Ok(given.to_owned()),
        (_, Err(reason)) => Err(unresolved(given, &reason)),
    }
}

fn unresolved(name: &str, reason: &Unresolved) -> Error {
    let shown = quoted(name);
    Error::new(match reason {
        Unresolved::Without => format!("rustc has no target for {shown}"),
        Unresolved::Several(triples) => format!(
            "rustc has several targets for {shown}; say which, for a platform as its rust.rustcTarget: {}",
            triples.join(", ")
        ),
        Unresolved::Strange => {
            let meant = meant(name)
                .map(|near| format!("; did you mean {near:?}?"))
                .unwrap_or_default();
            format!("{shown} is neither a system of Nix's nor a target triple of rustc's{meant}")
        }
    })
}

/// What a name that is nothing may have been meant for: the target that GNU calls so, or the
/// name that looks most like it.
fn meant(name: &str) -> Option<&str> {
    resolve(name).ok().or_else(|| {
        let names: Vec<_> = DOUBLES.iter().chain(known()).copied().collect();
        crate::suggest::nearest(name, &names)
    })
}

fn without_system(triple: &str, nameless: Nameless<'_>) -> Error {
    let triple = quoted(triple);
    let lacks = match nameless {
        Nameless::Cpu(cpu) => format!("processor {}", quoted(cpu)),
        Nameless::Kernel(kernel) => {
            let kernel = kernel.strip_prefix("unknown-").unwrap_or(kernel);
            format!("kernel {}", quoted(kernel))
        }
    };
    Error::new(format!(
        "{triple} is a target triple of rustc's, but no system of Nix's: nixpkgs knows no {lacks}"
    ))
}
