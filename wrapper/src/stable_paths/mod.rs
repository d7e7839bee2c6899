//! Shows compilers paths that stay the same while a lock file or a version changes.
//!
//! Vendored crates are compiled by absolute paths, which are in keys and in what is
//! compiled. crane's and naersk's carry the hash of the whole lock file, buildRustPackage's with
//! `cargoHash` the version of the package: one change, and no key is what it was. So in Nix's
//! sandbox a vendored crate's compiler is shown another path, which leads to the same files, and
//! is called the same in every build ([`root`]); and what leaves the build gets its real paths
//! back.
//!
//! | what | its paths |
//! |---|---|
//! | a vendored crate's library or procedural macro | are stable: in arguments, variables ([`options`], [`discover`]), the working directory ([`mirror`]), the library and its metadata |
//! | a build script | are real: it is compiled with stable ones, and then rewritten ([`outputs`]) |
//! | a library of the package itself | are its own, relative ones; arguments and variables that name a vendor directory have the stable one |
//! | a program, a `cdylib`, a `dylib` | are real: we stand in for the linker ([`linker`]) |
//! | a static library, the list of sources | are real: they are rewritten ([`outputs`]) |
//! | messages | are real |
//! | whatever else a build installs | are real: the outputs are looked at when it is done ([`leaving`]) |
//!
//! What comes of it is the same to the bit, but for one thing: where LLVM optimises several modules
//! of a crate together, it names what one of them takes from another, and others must not see,
//! `NAME.llvm.NUMBER`, and the number is a hash of the module, with all paths in it. Such crates
//! are left alone, unless all is wanted ([`options::keep_bytes`]). So is a build that makes Rust's
//! own shared libraries, or in which such crates use others ([`manifests`]).
//!
//! Whatever is shown is provided for whoever runs later, in another derivation even (crane hands what
//! was compiled from one to the next): a macro that reads its own crate's files finds them. Where
//! cargo's own command line says what no manifest does, [`cargo`] has seen it.
//!
//! A procedural macro can ask for the physical path all the same. Then the real path is in the
//! library, which is found out before it is stored.

mod archive;
mod cargo;
mod discover;
mod leaving;
mod linker;
mod manifests;
mod mirror;
mod options;
mod outputs;
mod root;
mod text;

use std::borrow::Cow;
use std::env;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix_sccache_contract::StablePaths as PathMode;

use self::discover::{Cargo, wanted};
use self::manifests::Profiles;
use self::options::with_stable_paths;
use self::root::Role;
use self::text::{Direction, replaced};
use crate::cacheability::Cacheability;
use crate::invocation::{Invocation, Rustc};
use crate::links::Linked;
use crate::session::{self, Session};

pub use self::cargo::prepare as prepare_cargo;
pub use self::leaving::put_real_paths as put_into_outputs;
pub use self::linker::{LinkerRun, expanded, known as known_linker, link, name as linker_name};
pub use self::root::{Root, from_text, to_text};
pub use self::text::with as replaced_text;

/// How a call is made, so that paths stay the same. By default, as it came.
#[derive(Debug, Default)]
pub struct StablePaths {
    /// The invocation, where it is another.
    invocation: Option<Invocation>,
    /// The variables that are others.
    variables: Vec<(OsString, OsString)>,
    /// The working directory, where it is another.
    folder: Option<PathBuf>,
    /// The roots whose stable paths may be in what comes of it.
    roots: Vec<Root>,
    /// Whether the compiler is shown stable paths, and so tells of them.
    shows: bool,
    /// Whether it could be, if all were wanted.
    keeps: bool,
    /// Whether no path at all may be in what comes of it.
    strict: bool,
    /// Whether something leaves the build by way of a linker that is to have real paths.
    links: bool,
}

impl StablePaths {
    /// Those of an invocation.
    pub fn of(
        session: Option<&Session>,
        given: &Invocation,
        is: &Cacheability,
        linked: Linked,
    ) -> Self {
        let wanted = wanted();
        let (Some(session), Ok(folder), Some(call)) = (session, env::current_dir(), given.rustc())
        else {
            return Self::default();
        };
        if wanted == PathMode::Never || !session::in_sandbox() || call.asks() || call.is_unreadable
        {
            return Self::default();
        }
        let cargo = Cargo::read(&folder);
        // Macros look there, whether or not this call is shown anything.
        cargo.provide(call.out_dir().unwrap_or(&folder));
        if *is == Cacheability::Probe {
            return Self::default();
        }
        let cacheable = *is == Cacheability::Cacheable;
        let kind = Kind::of(call, linked);
        let mut paths = Self::default();
        if (kind.is_library || kind.is_script)
            && (cacheable || kind.links || kind.is_macro)
            && options::can_restore(call)
            && linker::known(call).is_some()
        {
            let any = wanted == PathMode::Always
                || kind.is_macro
                || options::keep_bytes(call)
                || options::strip_names(call) && !manifests::make(session, "staticlib");
            let profiles = Profiles::of(call.out_dir());
            let has_hashes = wanted == PathMode::Exact
                && (manifests::make(session, "dylib")
                    || cargo.singles_out(profiles)
                    || manifests::single_out(session, profiles));
            if !cargo.linker_optimises && !has_hashes {
                paths.show(given, call, cargo.vendored.clone(), &folder, any);
                paths.keeps = !any && !paths.shows && has_path_that_changes(call);
            }
        }
        if kind.links || kind.is_static || outputs::emit_others(call) {
            paths.roots = discover::used(&cargo);
        }
        paths.links = kind.links && !paths.roots.is_empty();
        paths
    }

    /// Has the compiler see stable paths: of any root, or only where the path is not to be in what
    /// is compiled.
    fn show(
        &mut self,
        given: &Invocation,
        call: &Rustc,
        vendored: Vec<Root>,
        folder: &Path,
        any: bool,
    ) {
        let mut roots = vendored;
        let source = vendored_source(call);
        if let Some(source) = &source {
            roots.extend(Root::vendored(source).filter(|root| !roots.contains(root)));
            // Where the crates are in the build's own folder, what is compiled is linked in this build
            // as well, by whoever knows that folder's paths.
            if roots.iter().any(Root::is_of_build) {
                let target = call.out_dir().unwrap_or(Path::new(""));
                roots.extend(Root::of_build(target));
            }
        }
        let strict = !any;
        if strict && source.is_some() && outputs::tell_their_folder(folder) {
            return;
        }
        roots.retain(|root| {
            (any || options::remap(call, root))
                && !options::remap_above(call, root)
                && (root.role == Role::Build || mirror::is_of_vendored_crates(root))
        });
        let is_vendored = |path: &Path, roots: &[Root]| {
            let mut vendored = roots.iter().filter(|root| root.role == Role::Vendored);
            vendored.any(|root| path.starts_with(root.real()))
        };
        let are_of_use = |roots: &[Root]| match &source {
            Some(source) => is_vendored(source, roots),
            None => !roots.is_empty(),
        };
        if !are_of_use(&roots) {
            return;
        }
        roots.retain(|root| mirror::provide(root).unwrap_or(false));
        if !are_of_use(&roots) {
            return;
        }
        let stable = |path: &Path| {
            replaced(path.as_os_str().as_bytes(), &roots, Direction::Normalize)
                .map(|bytes| PathBuf::from(OsString::from_vec(bytes)))
        };
        if let Some(source) = &source {
            if is_vendored(folder, &roots)
                && let Some(shown) = stable(folder)
            {
                // The compiler is to see this very path, and what has come into the folder since.
                let is_physical = shown.canonicalize().is_ok_and(|path| path == shown);
                if !is_physical || mirror::refresh(folder, &shown).is_err() {
                    return;
                }
                self.folder = Some(shown);
            }
            if !stable(source).is_some_and(|source| source.exists()) {
                self.folder = None;
                return;
            }
        }
        self.invocation = Some(given.with_arguments(with_stable_paths(&call.arguments, &roots)));
        self.variables = discover::variables(&roots);
        self.roots = roots;
        self.shows = true;
        self.strict = strict;
    }

    /// The roots whose real paths are to be in what is linked.
    pub fn roots_to_link(&self) -> &[Root] {
        if self.links { &self.roots } else { &[] }
    }

    /// The invocation to call the compiler with, where it is another than that which was given.
    pub fn invocation(&self) -> Option<&Invocation> {
        self.invocation.as_ref()
    }

    /// Gives a command the variables and the working directory.
    pub fn prepare(&self, command: &mut Command) {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
    }

    /// The working directory, where it is another.
    pub fn directory(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The directories in whose place others are shown.
    pub fn hidden(&self) -> impl Iterator<Item = PathBuf> {
        let roots = self.roots.iter().filter(|_| self.shows);
        roots.map(Root::real)
    }

    /// Whether a path is in what an invocation made that it was not shown, or was to keep to itself.
    pub fn leak(&self, invocation: &Invocation) -> bool {
        let Some(call) = invocation.rustc().filter(|_| self.shows) else {
            return false;
        };
        let mut paths: Vec<_> = self.roots.iter().map(|root| root.real.clone()).collect();
        if self.strict {
            paths.extend(self.roots.iter().map(|root| root.stable.clone()));
        }
        outputs::mention(call, &paths)
    }

    /// Whether nobody may hear of the metadata before all is known to be well: it would be other
    /// metadata otherwise.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Whether something is left to do when the compiler is done.
    pub fn has_to_finish(&self) -> bool {
        !self.roots.is_empty()
    }

    /// Whether the compiler is shown other paths, and may be called without that as well.
    pub fn can_forget_shown(&self) -> bool {
        self.shows && !self.links
    }

    /// Whether the compiler is shown a path that changes from build to build, which
    /// [`PathMode::Always`] would keep from it.
    pub fn keeps(&self) -> bool {
        self.keeps
    }

    /// Has the compiler called as if it were shown nothing.
    pub fn forget_shown(&mut self) {
        if self.can_forget_shown() {
            *self = Self {
                roots: std::mem::take(&mut self.roots),
                ..Self::default()
            };
        }
    }

    /// Puts real paths into the files that leave the build as they are.
    pub fn finish(&self, given: &Invocation) -> io::Result<()> {
        match given.rustc() {
            Some(call) if !self.roots.is_empty() => outputs::finish(call, &self.roots),
            _ => Ok(()),
        }
    }

    /// What the compiler said, with real paths.
    pub fn real<'a>(&self, said: &'a [u8]) -> Cow<'a, [u8]> {
        replaced(said, &self.roots, Direction::Restore).map_or(Cow::Borrowed(said), Cow::Owned)
    }
}

/// The root of a directory in Nix's sandbox that is another in other builds, where stable paths are wanted.
pub fn root_of(directory: &Path) -> Option<PathBuf> {
    let root = Root::vendored(directory).filter(Root::has_what_changes)?;
    (session::in_sandbox() && wanted() != PathMode::Never).then(|| root.real())
}

/// What a call makes.
struct Kind {
    /// A library or a procedural macro, which other crates are compiled with.
    is_library: bool,
    /// A procedural macro.
    is_macro: bool,
    /// A program that runs in the build only: a build script.
    is_script: bool,
    /// A static library.
    is_static: bool,
    /// Something that leaves the build by way of a linker.
    links: bool,
}

impl Kind {
    fn of(call: &Rustc, linked: Linked) -> Self {
        let is_program =
            call.is_test() || call.crate_types().next().is_none() || call.makes(&["bin"]);
        Self {
            is_library: !is_program && call.makes(&["lib", "rlib", "dylib", "proc-macro"]),
            is_macro: call.makes(&["proc-macro"]),
            is_script: is_program && linked == Linked::ForBuild,
            is_static: call.makes(&["staticlib"]),
            links: linked == Linked::ForOutputs && (is_program || call.makes(&["cdylib", "dylib"])),
        }
    }
}

/// The source of a call that compiles a vendored crate: cargo names it by its whole path, and
/// that of the package itself by a relative one.
fn vendored_source(call: &Rustc) -> Option<PathBuf> {
    let source = PathBuf::from(call.sources().next()?);
    let is_primary = env::var_os("CARGO_PRIMARY_PACKAGE").is_some();
    (source.is_absolute() && !is_primary).then_some(source)
}

/// Whether a call compiles a vendored crate by a path that is another in other builds.
fn has_path_that_changes(call: &Rustc) -> bool {
    let root = vendored_source(call).and_then(|source| Root::vendored(&source));
    root.is_some_and(|root| root.has_what_changes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_differ_in_where_they_go() {
        for (line, is_library, links) in [
            ("--crate-type lib a.rs", true, false),
            ("--crate-type proc-macro a.rs", true, false),
            ("--crate-type lib --crate-type cdylib a.rs", true, true),
            ("--crate-type staticlib a.rs", false, false),
            ("--crate-type dylib a.rs", true, true),
            ("--crate-type bin a.rs", false, true),
            ("--test a.rs", false, true),
            ("--crate-type lib --test a.rs", false, true),
            ("a.rs", false, true),
        ] {
            let call = Rustc::read(&crate::invocation::words(line));
            let kind = Kind::of(&call, Linked::ForOutputs);
            assert_eq!((kind.is_library, kind.links), (is_library, links), "{line}");
        }
    }
}
