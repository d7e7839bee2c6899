//! `rust.target`: between Nix's systems and rustc's target triples.

use serde::Deserialize;

use crate::error::Error;
use crate::path::AttrPath;
use crate::request;
use crate::show::quoted;
use crate::value::Value;

/// A system of nixpkgs' `lib.systems.doubles` and the triple that it stands for in
/// nixpkgs (its `lib/systems/default.nix`, `rust.rustcTarget`).
const SYSTEMS: &[(&str, &str)] = &[
    ("aarch64-darwin", "aarch64-apple-darwin"),
    ("aarch64-freebsd", "aarch64-unknown-freebsd"),
    ("aarch64-linux", "aarch64-unknown-linux-gnu"),
    ("aarch64-netbsd", "aarch64-unknown-netbsd"),
    ("aarch64-none", "aarch64-unknown-none"),
    ("aarch64-openbsd", "aarch64-unknown-openbsd"),
    ("aarch64-redox", "aarch64-unknown-redox"),
    ("aarch64-windows", "aarch64-pc-windows-gnullvm"),
    ("armv5tel-linux", "armv5te-unknown-linux-gnueabi"),
    ("armv6l-linux", "arm-unknown-linux-gnueabihf"),
    ("armv7a-linux", "armv7-unknown-linux-gnueabihf"),
    ("armv7l-linux", "armv7-unknown-linux-gnueabihf"),
    ("i686-darwin", "i686-apple-darwin"),
    ("i686-freebsd", "i686-unknown-freebsd"),
    ("i686-linux", "i686-unknown-linux-gnu"),
    ("i686-netbsd", "i686-unknown-netbsd"),
    ("i686-openbsd", "i686-unknown-openbsd"),
    ("i686-windows", "i686-pc-windows-gnu"),
    ("loongarch64-linux", "loongarch64-unknown-linux-gnu"),
    ("m68k-linux", "m68k-unknown-linux-gnu"),
    ("mips-linux", "mips-unknown-linux-gnu"),
    ("mips64-linux", "mips64-unknown-linux-gnuabi64"),
    ("mips64el-linux", "mips64el-unknown-linux-gnuabi64"),
    ("mipsel-linux", "mipsel-unknown-linux-gnu"),
    ("powerpc-linux", "powerpc-unknown-linux-gnu"),
    ("powerpc64-linux", "powerpc64-unknown-linux-gnu"),
    ("powerpc64le-linux", "powerpc64le-unknown-linux-gnu"),
    ("riscv32-linux", "riscv32gc-unknown-linux-gnu"),
    ("riscv64-linux", "riscv64gc-unknown-linux-gnu"),
    ("riscv64-netbsd", "riscv64gc-unknown-netbsd"),
    ("s390x-linux", "s390x-unknown-linux-gnu"),
    ("wasm32-wasi", "wasm32-wasip1"),
    ("x86_64-cygwin", "x86_64-pc-cygwin"),
    ("x86_64-darwin", "x86_64-apple-darwin"),
    ("x86_64-freebsd", "x86_64-unknown-freebsd"),
    ("x86_64-linux", "x86_64-unknown-linux-gnu"),
    ("x86_64-netbsd", "x86_64-unknown-netbsd"),
    ("x86_64-none", "x86_64-unknown-none"),
    ("x86_64-openbsd", "x86_64-unknown-openbsd"),
    ("x86_64-redox", "x86_64-unknown-redox"),
    ("x86_64-solaris", "x86_64-pc-solaris"),
    ("x86_64-windows", "x86_64-pc-windows-gnu"),
];

/// Other triples of those systems, musl's above all.
const OTHER_TRIPLES: &[(&str, &str)] = &[
    ("aarch64-unknown-linux-musl", "aarch64-linux"),
    ("arm-unknown-linux-gnueabi", "armv6l-linux"),
    ("arm-unknown-linux-musleabihf", "armv6l-linux"),
    ("armv5te-unknown-linux-musleabi", "armv5tel-linux"),
    ("armv7-unknown-linux-gnueabi", "armv7l-linux"),
    ("armv7-unknown-linux-musleabihf", "armv7l-linux"),
    ("i586-unknown-linux-gnu", "i686-linux"),
    ("i586-unknown-linux-musl", "i686-linux"),
    ("i686-pc-windows-msvc", "i686-windows"),
    ("i686-unknown-linux-musl", "i686-linux"),
    ("loongarch64-unknown-linux-musl", "loongarch64-linux"),
    ("powerpc64-unknown-linux-musl", "powerpc64-linux"),
    ("powerpc64le-unknown-linux-musl", "powerpc64le-linux"),
    ("riscv64gc-unknown-linux-musl", "riscv64-linux"),
    ("s390x-unknown-linux-musl", "s390x-linux"),
    ("aarch64-pc-windows-msvc", "aarch64-windows"),
    ("wasm32-wasi", "wasm32-wasi"),
    ("x86_64-pc-windows-gnullvm", "x86_64-windows"),
    ("x86_64-pc-windows-msvc", "x86_64-windows"),
    ("x86_64-unknown-linux-gnux32", "x86_64-linux"),
    ("x86_64-unknown-linux-musl", "x86_64-linux"),
];

/// What rustc calls the processors that GNU's `config` calls otherwise.
const PROCESSORS: &[(&str, &str)] = &[
    ("arm64", "aarch64"),
    ("armv5tel", "armv5te"),
    ("armv6l", "arm"),
    ("armv7a", "armv7"),
    ("armv7l", "armv7"),
    ("riscv32", "riscv32gc"),
    ("riscv64", "riscv64gc"),
];

/// What is read of a nixpkgs platform, such as `stdenv.hostPlatform`.
#[derive(Deserialize)]
struct Platform {
    /// Nix's name for it.
    system: Option<String>,
    /// GNU's name for it, which tells musl from glibc.
    config: Option<String>,
    /// What nixpkgs itself says to rustc.
    rust: Option<PlatformRust>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlatformRust {
    rustc_target: Option<String>,
}

/// The target triple of a system or of a nixpkgs platform; of a triple, its system.
pub fn target(asked: Value) -> Result<String, Error> {
    match asked {
        Value::String(name) => translate(&name).ok_or_else(|| unknown(&name)),
        Value::Attrs(_) => of_platform(&request::read(asked)?),
        other => Err(Error::new(format!(
            "this must be a system such as \"x86_64-linux\", a target triple or a platform of nixpkgs, not {}",
            other.kind()
        ))),
    }
}

fn translate(name: &str) -> Option<String> {
    let triple = SYSTEMS
        .iter()
        .find(|(system, _)| *system == name)
        .map(|(_, triple)| *triple);
    // A triple that two systems share is the later one's, which is nixpkgs' own name for it.
    let system = || {
        SYSTEMS
            .iter()
            .rev()
            .find(|(_, triple)| *triple == name)
            .map(|(system, _)| *system)
    };
    let other = || {
        OTHER_TRIPLES
            .iter()
            .find(|(triple, _)| *triple == name)
            .map(|(_, system)| *system)
    };
    triple.or_else(system).or_else(other).map(str::to_owned)
}

fn unknown(name: &str) -> Error {
    let systems = SYSTEMS.iter().map(|(system, _)| *system);
    let triples = SYSTEMS
        .iter()
        .map(|(_, triple)| *triple)
        .chain(OTHER_TRIPLES.iter().map(|(triple, _)| *triple));
    let known: Vec<_> = systems.chain(triples).collect();
    let meant = crate::suggest::nearest(name, &known)
        .map(|near| format!("; did you mean {near:?}?"))
        .unwrap_or_default();
    let name = quoted(name);
    Error::new(format!(
        "{name} is neither a system of Nix's nor a target triple of rustc's that has one{meant}"
    ))
}

fn of_platform(platform: &Platform) -> Result<String, Error> {
    let nixpkgs = platform
        .rust
        .as_ref()
        .and_then(|rust| rust.rustc_target.clone());
    match (nixpkgs, &platform.config, &platform.system) {
        (Some(triple), _, _) => Ok(triple),
        (None, Some(config), system) => of_config(config)
            .or_else(|| translate(system.as_deref()?))
            .ok_or_else(|| unknown(config).at(&AttrPath::default().attr("config"))),
        (None, None, Some(system)) => {
            translate(system).ok_or_else(|| unknown(system).at(&AttrPath::default().attr("system")))
        }
        (None, None, None) => Err(Error::new(
            "this set is no platform of nixpkgs: it has neither `rust.rustcTarget` nor `config` nor `system`",
        )),
    }
}

/// The triple for GNU's name of a platform, when there is one for certain.
fn of_config(config: &str) -> Option<String> {
    let (processor, rest) = config.split_once('-')?;
    let processor = PROCESSORS
        .iter()
        .find(|(gnu, _)| *gnu == processor)
        .map_or(processor, |(_, rustc)| rustc);
    let rest = if rest == "w64-mingw32" {
        "pc-windows-gnu"
    } else {
        rest
    };
    let triple = format!("{processor}-{rest}");
    let known = SYSTEMS
        .iter()
        .map(|(_, triple)| *triple)
        .chain(OTHER_TRIPLES.iter().map(|(triple, _)| *triple));
    known
        .into_iter()
        .any(|known| known == triple)
        .then_some(triple)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::parse;

    fn of(request: &str) -> Result<String, String> {
        target(parse(request.as_bytes()).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_system_comes_back() {
        for (system, triple) in SYSTEMS {
            assert_eq!(translate(system).as_deref(), Some(*triple));
            let back = translate(triple).unwrap();
            assert_eq!(
                translate(&back).as_deref(),
                Some(*triple),
                "{system} -> {triple} -> {back}"
            );
        }
    }

    #[test]
    fn platforms_keep_their_libc() {
        assert_eq!(
            of(r#"{"config":"x86_64-unknown-linux-musl","system":"x86_64-linux"}"#).as_deref(),
            Ok("x86_64-unknown-linux-musl")
        );
        assert_eq!(
            of(r#"{"config":"armv7l-unknown-linux-gnueabihf"}"#).as_deref(),
            Ok("armv7-unknown-linux-gnueabihf")
        );
        assert_eq!(
            of(r#"{"config":"x86_64-w64-mingw32"}"#).as_deref(),
            Ok("x86_64-pc-windows-gnu")
        );
        assert_eq!(
            of(r#"{"rust":{"rustcTarget":"thumbv7em-none-eabihf"}}"#).as_deref(),
            Ok("thumbv7em-none-eabihf")
        );
        assert_eq!(
            of(r#"{"system":"aarch64-darwin"}"#).as_deref(),
            Ok("aarch64-apple-darwin")
        );
    }
}
