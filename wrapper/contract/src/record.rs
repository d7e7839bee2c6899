//! The file that a build leaves of its calls' keys: a line of JSON about the build, then one a call.

use serde_json::Value;

use crate::json::{Json, members, put, record, write_object};
use crate::log::whole_lines;
use crate::part::Part;

members!(Unit);

record! {
    /// Which build it was.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Build {
        /// When it ended, in microseconds since 1970.
        pub at: u64,
        /// The derivation's name.
        pub name: Option<String>,
        /// The same without its version.
        pub pname: Option<String>,
        /// Its first output.
        pub out: Option<String>,
        /// How it reaches its cache.
        pub transport: Option<String>,
        /// The user whose it was, by number, as the host's gateway saw it. No build says it of itself.
        pub user: Option<String>,
        /// What tells its session from others of that user, where the gateway keeps it.
        pub session: Option<String>,
    }
}

record! {
    /// What one call's key was made of.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Made {
        /// When the call began: with the name this tells which line of the log is its.
        pub at: u64,
        /// The crate, or the source file.
        pub name: String,
        /// What was compiled.
        pub unit: Unit,
        /// What of.
        pub parts: Vec<Part>,
    }
}

record! {
    /// What tells a call from others for the same crate.
    #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Unit {
        /// The kinds of crate.
        pub kinds: Vec<String>,
        /// The target, where the call names one.
        pub target: Option<String>,
        /// Whether it is a test harness.
        pub test: bool,
        /// Whether it is checked alone.
        pub checked: bool,
        /// The name of its library, without `lib` and an ending.
        pub stem: Option<String>,
    }
}

impl Build {
    /// The one whose variables these are, which ended `at`, in microseconds since 1970.
    pub fn of_variables(at: u64, variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        // Outside of derivations there are variables of these names, too.
        let out = variable("out");
        let of_derivation = |name: &str| out.as_ref().and_then(|_| variable(name));
        Self {
            at,
            // Shells have a variable `name` for whatever, and hand that on.
            name: out
                .as_deref()
                .and_then(derivation_name)
                .map(str::to_owned)
                .or_else(|| of_derivation("name")),
            pname: of_derivation("pname"),
            transport: variable(crate::TRANSPORT),
            out,
            user: None,
            session: None,
        }
    }
}

/// The name of the derivation whose output `out` this is: what stands behind the hash of its path.
#[must_use]
pub fn derivation_name(out: &str) -> Option<&str> {
    const HASH: usize = 32;
    let (hash, name) = out.rsplit('/').next()?.split_once('-')?;
    (hash.len() == HASH).then_some(name)
}

/// The text of the file, of lines that were recorded. Its first line is of the build.
#[must_use]
pub fn text(build: &Build, recorded: &[u8]) -> Vec<u8> {
    let mut text = String::new();
    write_object(&mut text, |text| put("build", build, text));
    text.push('\n');
    [text.as_bytes(), recorded].concat()
}

/// Reads the text of such a file. Lines that are not whole are passed over.
#[must_use]
pub fn read(text: &str) -> (Build, Vec<Made>) {
    let first = text.lines().next();
    let first = first.and_then(|line| serde_json::from_str::<Value>(line).ok());
    let build = first.and_then(|line| Build::read(line.get("build")?));
    (build.unwrap_or_default(), whole_lines(text))
}
