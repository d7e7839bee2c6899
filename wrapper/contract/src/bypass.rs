//! Lists why a compilation runs without the cache, and what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a compilation runs without the cache.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BypassReason {
    /// It links: the kinds of crate, or `test`.
    Links(String),
    /// It is incremental.
    Incremental,
    /// It says with `-o` where its output goes, as nothing of cargo's does.
    OutputFile,
    /// It brings its own `--sysroot`.
    Sysroot,
    /// It is of the compiler that this build of rustc has made.
    OwnCompiler,
    /// It lacks what every call of cargo's has, a name and `--out-dir`, or has more than one `--emit`.
    NotCargos,
    /// It compiles C or C++, but not to an object.
    NoObject,
    /// It uses an option that sccache does not take.
    Option(String),
    /// It emits something else than a library, its metadata and its dependencies.
    Emits(String),
    /// It has several sources, or none that is a file.
    Sources,
    /// A file of arguments could not be read.
    ArgumentFile,
    /// It has more arguments than a command line holds.
    LongArguments,
    /// The language is not among those to wrap.
    NotWrapped,
    /// It compiles for the processor that it runs on, and on another machine that is another.
    Native,
    /// Where its output goes there is something else than a regular file.
    Irregular(String),
    /// It has the assembler read a file, by a directive.
    AssemblerReads(String),
    /// It reads a variable that is set and empty, which sccache takes for one that is not set.
    EmptyVariable(String),
    /// A variable has it write a file.
    Variable(String),
    /// A static library that it takes in has its members elsewhere.
    ThinLibrary(String),
    /// What it compiles has a name that no list of sources can have.
    Name,
    /// The directory that it is called in is gone.
    Directory,
    /// It is rustc's by its arguments, and the program is called otherwise.
    OtherName,
    /// The project names a wrapper of rustc's of its own, which takes the cache's place.
    ProjectWrapper(String),
    /// Something that goes into its key cannot be read.
    Unreadable(String),
    /// It found out a path that it was not shown, and has it in its result.
    RealPath,
    /// The cache failed.
    CacheFailed,
}

impl fmt::Display for BypassReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Links(kind) => write!(f, "links ({kind})"),
            Self::Incremental => f.write_str("incremental"),
            Self::OutputFile => f.write_str("writes to a file of its own (-o)"),
            Self::Sysroot => f.write_str("brings its own --sysroot"),
            Self::OwnCompiler => f.write_str("compiles with a rustc of this very build"),
            Self::NotCargos => f.write_str("no --crate-name, no --out-dir or two --emit"),
            Self::NoObject => f.write_str("does not compile to an object"),
            Self::Option(option) => write!(f, "uses {option}"),
            Self::Emits(what) => write!(f, "emits {what}"),
            Self::Sources => f.write_str("has not one source"),
            Self::ArgumentFile => f.write_str("its @file cannot be read"),
            Self::LongArguments => f.write_str("has more arguments than a command line holds"),
            Self::NotWrapped => f.write_str("language is not wrapped"),
            Self::Native => f.write_str("compiles for this very processor (native)"),
            Self::Irregular(place) => write!(f, "writes to what is no regular file ({place})"),
            Self::AssemblerReads(directive) => {
                write!(f, "has the assembler read a file ({directive})")
            }
            Self::EmptyVariable(name) => write!(f, "reads a variable that is empty ({name})"),
            Self::Variable(name) => write!(f, "writes a file that {name} names"),
            Self::ThinLibrary(name) => write!(f, "takes in a thin archive ({name})"),
            Self::Name => f.write_str("its source has a line break in its name"),
            Self::Directory => f.write_str("its directory is gone"),
            Self::OtherName => f.write_str("is called neither rustc nor rustc-VERSION"),
            Self::ProjectWrapper(path) => {
                write!(f, "the project has cargo call its own {path}")
            }
            Self::Unreadable(what) => write!(f, "reads what cannot be read ({what})"),
            Self::RealPath => f.write_str("has a path in it that changes"),
            Self::CacheFailed => f.write_str("the cache failed"),
        }
    }
}

impl BypassReason {
    /// What to do to get rid of it, where something can be done.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Incremental => {
                Some("set CARGO_INCREMENTAL=0 and no `incremental = true` in a profile")
            }
            Self::Sysroot => Some(
                "x.py adds it to RUSTC_WRAPPER's calls; from Rust 1.89 on build.ccache = \"sccache\" does without",
            ),
            Self::NotWrapped => Some("add the language to `wrap`"),
            Self::EmptyVariable(_) => Some("set it to a word, or not at all"),
            Self::ProjectWrapper(_) => {
                Some("take that out of cargo's configuration, and the cache is asked")
            }
            _ => None,
        }
    }
}
