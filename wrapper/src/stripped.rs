//! Keeps which variables a build script lists that is linked without the names of its functions, as cargo has it for `strip = true`:
//! while it is linked, the linker's map has the names.
//!
//! It is known as long as the session, and an entry of the cache has it beside the script.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use nix_sccache_cache::entry::OutputFile;

use crate::invocation::Rustc;
use crate::launcher;
use crate::links::Linked;
use crate::process;
use crate::rust_program::{self, Listed};
use crate::session::Session;
use crate::stable_paths;

/// The session's directory with a file for each script, named by the digest of its code.
const DIRECTORY: &str = "stripped";

/// Whether a call makes such a script, in a session.
pub fn is_made(call: &Rustc, linked: Linked) -> bool {
    linked == Linked::ForBuild
        && call.codegen("strip") == Some("symbols")
        && launcher::script(call).is_some()
        && stable_paths::known_linker(call).is_some()
        && Session::current().is_some()
}

/// Where a session has what is known.
pub fn directory(session: &Session) -> PathBuf {
    session.file(DIRECTORY)
}

/// A linker's map, which goes with this.
pub struct Map(PathBuf);

impl Map {
    /// Where the linker of this call is to write it.
    pub fn new(session: &Session) -> Self {
        Self(session.file(&format!("map-{}", process::own_name())))
    }

    /// The arguments of rustc that say so.
    pub fn arguments(&self) -> [OsString; 2] {
        let mut argument = OsString::from("link-arg=-Wl,-Map=");
        argument.push(&self.0);
        ["-C".into(), argument]
    }

    /// What is known of the script that was linked, for a directory of that number in its entry; the session has it from now on.
    pub fn learn(&self, session: &Session, call: &Rustc, number: u8) -> Option<OutputFile> {
        let (script, map) = (
            fs::read(launcher::script(call)?).ok()?,
            fs::read(&self.0).ok()?,
        );
        let (name, listed) = rust_program::listed_by_map(&script, &map)?;
        let contents = text(listed).as_bytes().to_vec();
        fs::create_dir_all(directory(session)).ok()?;
        fs::write(directory(session).join(&name), &contents).ok()?;
        Some(OutputFile {
            directory: number,
            name: name.into_bytes(),
            executable: false,
            contents,
        })
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// Which variables a program lists; all where it is not known.
pub fn listed(program: &Path) -> Listed {
    rust_program::listed(program).unwrap_or_else(|code| recall(&code).unwrap_or(Listed::All))
}

/// What is known of the script with this code.
fn recall(code: &str) -> Option<Listed> {
    let found = fs::read_to_string(directory(&Session::current()?).join(code)).ok()?;
    let all = [Listed::Nothing, Listed::ForCc];
    all.into_iter().find(|listed| text(*listed) == found)
}

fn text(listed: Listed) -> &'static str {
    match listed {
        Listed::Nothing => "nothing",
        Listed::ForCc => "for cc",
        Listed::All => "all",
    }
}
