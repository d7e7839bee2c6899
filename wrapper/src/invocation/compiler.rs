//! Names the compiler of an invocation.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arguments::has_version;

/// A compiler, with the workspace wrapper in front of it where there is one.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// The wrapper, which takes the compiler as its first argument.
    pub wrapper: Option<PathBuf>,
    /// The compiler.
    pub path: PathBuf,
}

impl Compiler {
    /// The command that runs it.
    pub fn command(&self, arguments: &[OsString]) -> Command {
        let mut command = match &self.wrapper {
            None => Command::new(&self.path),
            Some(wrapper) => {
                let mut command = Command::new(wrapper);
                command.arg(&self.path);
                command
            }
        };
        command.args(arguments);
        command
    }

    /// The stem of the compiler's name: `rustc`, `gcc`. Sccache knows a rustc by that alone, whatever its
    /// version.
    pub fn stem(&self) -> &OsStr {
        match self.path.file_name() {
            Some(name) if has_version(name) => OsStr::new("rustc"),
            _ => self.path.file_stem().unwrap_or_default(),
        }
    }

    /// What runs: the compiler, and the wrapper.
    pub fn programs(&self) -> Vec<&Path> {
        let wrapper = self.wrapper.as_deref();
        [self.path.as_path()].into_iter().chain(wrapper).collect()
    }
}
