//! Reads what a command of cargo's says of the whole build, which no call of rustc's knows in time.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix_sccache_contract as contract;
use nix_sccache_contract::StablePaths as PathMode;

use super::discover::{Cargo, wanted};
use super::manifests;
use crate::session::{self, Session};

/// Has the calls of rustc's that a command of cargo's makes know what it says, and makes the stable
/// paths exist for the programs that cargo runs without us: rustdoc, which runs macros.
pub fn prepare(command: &mut Command, arguments: &[OsString]) {
    let wanted = wanted();
    let (Some(session), Ok(folder)) = (Session::current(), env::current_dir()) else {
        return;
    };
    if wanted == PathMode::Never || !session::in_sandbox() {
        return;
    }
    Cargo::read(&folder).provide(&folder);
    if wanted != PathMode::Exact {
        return;
    }
    let mut said = Said::read(arguments);
    let makes_what_is_linked = || {
        ["cdylib", "dylib", "staticlib"]
            .iter()
            .any(|kind| manifests::make(&session, kind))
    };
    if said.names_constants
        || !said.is_of_build(&folder)
        || said.leaves_library && said.makes.is_empty() && !makes_what_is_linked()
    {
        said.makes.push(TELLING.to_owned());
    }
    command.env(contract::MAKES, said.makes.join(","));
}

/// A kind of crate that shows by which paths its crates were compiled, whatever is done to it: where one
/// is made nobody is shown others.
const TELLING: &str = "dylib";

/// What a command line says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    /// The kinds of crate that it wants made.
    makes: Vec<String>,
    /// Whether it wants LLVM's text or bitcode: then rustc names constants by hashes of what is in them
    /// (`fewer_names` in its `rustc_session`, 1.95), and in bitcode a path need not begin with a byte.
    names_constants: bool,
    /// Whether it wants nothing but a library: then that is what leaves the build, with the hashes of
    /// the crates that it was made of.
    leaves_library: bool,
    /// The manifest.
    manifest: Option<PathBuf>,
}

impl Said {
    fn read(arguments: &[OsString]) -> Self {
        let mut said = Self::default();
        let arguments: Vec<_> = arguments.iter().map(|one| one.to_string_lossy()).collect();
        let command = arguments
            .iter()
            .find(|argument| !argument.starts_with(['-', '+']));
        let builds = command.is_some_and(|command| matches!(&**command, "build" | "b" | "rustc"));
        for (index, argument) in arguments.iter().enumerate() {
            let (option, value) = match argument.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, value),
                _ => {
                    let next = arguments.get(index + 1);
                    (&**argument, next.map_or("", |value| value))
                }
            };
            match option {
                "--crate-type" => said.makes.extend(value.split(',').map(str::to_owned)),
                "--emit" => {
                    said.names_constants |= value.split(',').any(|emit| {
                        let kind = emit.split('=').next().unwrap_or_default();
                        matches!(kind, "llvm-bc" | "llvm-ir" | "thin-link-bitcode")
                    });
                }
                "--lib" => said.leaves_library |= builds,
                "--manifest-path" => said.manifest = Some(value.into()),
                _ => {}
            }
        }
        said
    }

    /// Whether what is built is in the folder of the build, where [`manifests`] looks.
    fn is_of_build(&self, folder: &Path) -> bool {
        let place = self.manifest.as_deref().unwrap_or(Path::new(""));
        let place = folder.join(place).canonicalize();
        place.is_ok_and(|place| place.starts_with("/build"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Said {
        let arguments: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        Said::read(&arguments)
    }

    #[test]
    fn command_lines_say_what_manifests_do_not() {
        for line in [
            "rustc --lib --crate-type dylib",
            "rustc --crate-type=dylib",
            "+stable rustc --release -- --crate-type dylib",
        ] {
            assert_eq!(said(line).makes, ["dylib"], "{line}");
        }
        assert_eq!(said("rustc --crate-type cdylib,rlib").makes.len(), 2);
        assert!(said("rustc -- --emit=llvm-bc").names_constants);
        assert!(said("rustc -- --emit link,llvm-bc=/t/a.bc").names_constants);
        assert!(!said("rustc -- --emit=asm,obj").names_constants);
        assert!(said("build --release --lib").leaves_library);
        assert!(!said("test --lib").leaves_library);
        assert_eq!(
            said("build --manifest-path a/Cargo.toml").manifest,
            Some("a/Cargo.toml".into())
        );
        assert_eq!(said("build --release"), Said::default());
        assert_eq!(said("build --crate-type"), said("build --crate-type="));
    }
}
