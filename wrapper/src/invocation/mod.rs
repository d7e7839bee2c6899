//! Reads an invocation of a compiler, once: all that decides of it takes it from here.
//!
//! | module | reads |
//! |---|---|
//! | [`compiler`] | which program it is, and of what kind |
//! | [`arguments`], [`response_file`] | options and their values, in any program's command line |
//! | [`rustc`], [`cc`] | what they mean |
//! | [`length`] | whether a command line holds them |

mod arguments;
mod cc;
mod compiler;
mod length;
pub mod response_file;
mod rustc;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use nix_sccache_contract::Language;

pub use self::arguments::{Argument, Arguments};
pub use self::cc::Cc;
pub use self::compiler::{Compiler, Kind};
pub use self::length::are_too_long;
pub use self::rustc::Rustc;

/// One call of a compiler.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What is called.
    pub compiler: Compiler,
    /// What it is called with, response files as such.
    pub arguments: Vec<OsString>,
    /// What those say.
    pub options: Options,
}

/// What arguments say.
#[derive(Clone, Debug)]
pub enum Options {
    /// rustc's, or of what takes the same.
    Rustc(Rustc),
    /// Those of a compiler of C or C++.
    Cc(Cc),
}

impl Invocation {
    /// Reads the arguments of a call.
    pub fn read(compiler: Compiler, arguments: Vec<OsString>) -> Self {
        let options = match compiler.kind {
            Kind::Cc => Options::Cc(Cc::read(&arguments)),
            _ => Options::Rustc(Rustc::read(&arguments)),
        };
        Self {
            compiler,
            arguments,
            options,
        }
    }

    /// The same with other arguments.
    pub fn with_arguments(&self, arguments: Arguments) -> Self {
        let mut invocation = self.clone();
        invocation.arguments = arguments.words();
        *invocation.options.arguments_mut() = arguments;
        invocation
    }

    /// Adds an argument.
    pub fn push(&mut self, argument: Argument) {
        self.arguments.extend(argument.words().map(OsString::from));
        self.options.arguments_mut().push(argument);
    }

    /// What it says, if it is of rustc or of what takes the same arguments.
    pub fn rustc(&self) -> Option<&Rustc> {
        match &self.options {
            Options::Rustc(rustc) => Some(rustc),
            Options::Cc(_) => None,
        }
    }

    /// What is compiled.
    pub fn language(&self) -> Language {
        match &self.options {
            Options::Rustc(_) => Language::Rust,
            Options::Cc(cc) => {
                let name = self.compiler.name_for_sccache();
                cc.language(&name.to_string_lossy())
            }
        }
    }

    /// The crate or the source file, for people.
    pub fn name(&self) -> String {
        let name = match &self.options {
            Options::Rustc(rustc) => rustc.crate_name(),
            Options::Cc(cc) => cc.sources().next(),
        };
        name.unwrap_or_default().to_owned()
    }

    /// What sccache is to be asked.
    pub fn for_sccache(&self) -> Vec<OsString> {
        match &self.options {
            Options::Rustc(rustc) => rustc.for_sccache(),
            Options::Cc(cc) => cc.arguments.words(),
        }
    }

    /// The files that an entry of the cache holds: a name that does not depend on where they are, and the
    /// place. The dependencies (`.d`) of a crate are none of them: sccache 0.19 writes them itself, for the
    /// folder in which the call is. What an entry of an object holds beside that, for coverage and for
    /// debuggers, has sccache's own checksum.
    pub fn outputs(&self) -> Vec<(&'static str, PathBuf)> {
        match &self.options {
            Options::Rustc(rustc) => rustc.libraries(),
            Options::Cc(cc) => cc
                .object()
                .map(|object| ("obj", object))
                .into_iter()
                .collect(),
        }
    }

    /// All files that sccache writes for it.
    pub fn written_files(&self) -> Vec<PathBuf> {
        let outputs = self.outputs().into_iter().map(|(_, place)| place);
        match &self.options {
            Options::Rustc(rustc) => outputs.chain(rustc.dependencies()).collect(),
            Options::Cc(cc) => {
                let debug = cc.object().map(|object| object.with_extension("dwo"));
                outputs.chain(debug).chain(cc.rules()).collect()
            }
        }
    }

    /// The sources.
    pub fn sources(&self) -> Vec<&Path> {
        match &self.options {
            Options::Rustc(rustc) => rustc.sources().map(Path::new).collect(),
            Options::Cc(cc) => cc.sources().map(Path::new).collect(),
        }
    }
}

impl Options {
    /// The arguments in order, those of response files in their places.
    pub fn arguments(&self) -> &Arguments {
        match self {
            Self::Rustc(rustc) => &rustc.arguments,
            Self::Cc(cc) => &cc.arguments,
        }
    }

    fn arguments_mut(&mut self) -> &mut Arguments {
        match self {
            Self::Rustc(rustc) => &mut rustc.arguments,
            Self::Cc(cc) => &mut cc.arguments,
        }
    }
}

/// The words of a line, for tests.
#[cfg(test)]
pub fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

/// A call of `rustc`, or of another compiler, by the first word of a line, for tests.
#[cfg(test)]
pub fn read(line: &str) -> Invocation {
    let mut arguments = words(line);
    let path = PathBuf::from(arguments.remove(0));
    let kind = Kind::named(path.as_os_str()).unwrap_or(Kind::Cc);
    let compiler = Compiler {
        wrapper: None,
        path,
        kind,
    };
    Invocation::read(compiler, arguments)
}
