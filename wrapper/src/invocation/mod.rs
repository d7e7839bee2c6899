//! Reads an invocation of a compiler or of a build script, once: all that decides of it takes it from here.
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

use std::ffi::{OsStr, OsString};

use nix_sccache_contract::Language;

use self::arguments::Form;
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
    /// Those of a build script, which cargo gives none.
    BuildScript(Arguments),
}

impl Invocation {
    /// Reads the arguments of a call.
    pub fn read(compiler: Compiler, arguments: Vec<OsString>) -> Self {
        let options = match compiler.kind {
            Kind::Cc => Options::Cc(Cc::read(&arguments)),
            Kind::BuildScript => {
                let words = arguments
                    .iter()
                    .map(|word| word.to_string_lossy().into_owned());
                Options::BuildScript(Arguments::split(words.collect(), |_| Form::Source))
            }
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

    /// What it says, if it is of rustc or of what takes the same arguments.
    pub fn rustc(&self) -> Option<&Rustc> {
        match &self.options {
            Options::Rustc(rustc) => Some(rustc),
            Options::Cc(_) | Options::BuildScript(_) => None,
        }
    }

    /// Whether it is a build script's run.
    pub fn is_build_script(&self) -> bool {
        matches!(self.options, Options::BuildScript(_))
    }

    /// What is compiled.
    pub fn language(&self) -> Language {
        match &self.options {
            Options::Rustc(_) | Options::BuildScript(_) => Language::Rust,
            Options::Cc(cc) => {
                let name = self.compiler.path.file_stem().unwrap_or_default();
                cc.language(&name.to_string_lossy())
            }
        }
    }

    /// The crate or the source file, for people.
    pub fn name(&self) -> String {
        let name = match &self.options {
            Options::Rustc(rustc) => rustc.crate_name(),
            Options::Cc(cc) => cc.sources().next(),
            Options::BuildScript(_) => {
                let path = self.compiler.called_as();
                path.file_name().and_then(OsStr::to_str)
            }
        };
        name.unwrap_or_default().to_owned()
    }

    /// Its options and sources, those of response files in their places.
    pub fn arguments(&self) -> &Arguments {
        match &self.options {
            Options::Rustc(rustc) => &rustc.arguments,
            Options::Cc(cc) => &cc.arguments,
            Options::BuildScript(arguments) => arguments,
        }
    }

    /// Whether the source is standard input.
    pub fn reads_stdin(&self) -> bool {
        match &self.options {
            Options::Rustc(rustc) => rustc.reads_stdin(),
            Options::Cc(cc) => cc.reads_stdin(),
            Options::BuildScript(_) => false,
        }
    }
}

impl Options {
    fn arguments_mut(&mut self) -> &mut Arguments {
        match self {
            Self::Rustc(rustc) => &mut rustc.arguments,
            Self::Cc(cc) => &mut cc.arguments,
            Self::BuildScript(arguments) => arguments,
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
    let path = std::path::PathBuf::from(arguments.remove(0));
    let kind = Kind::named(path.as_os_str()).unwrap_or(Kind::Cc);
    let compiler = Compiler {
        wrapper: None,
        called_as: None,
        path,
        kind,
    };
    Invocation::read(compiler, arguments)
}
