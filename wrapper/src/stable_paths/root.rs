//! Names roots: how a path begins that changes from build to build while what is under it does not.
//!
//! | where | a root | what changes it |
//! |---|---|---|
//! | crane, naersk | `/nix/store/HASH-NAME`, of all vendored crates | any change of the lock file |
//! | `cargoHash` | `/build/NAME-VERSION-vendor` | the version |
//! | sources from a tarball | `/build/NAME-VERSION`, which generated code is under | the version |
//!
//! Each has a stable path of exactly the same length, so that the one can be put in the other's
//! place in a compiled file.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use blake3::Hasher;

/// Where stable paths are: not in the build's directory, which a build may install as a whole.
const STABLE: &[u8] = b"/tmp/";

const STORE: &[u8] = b"/nix/store/";
const BUILD: &[u8] = b"/build/";

/// How long the hash in a store path is.
const HASH: usize = 32;

/// How many characters a stable path has at least that are found in no other path.
const FILLER: usize = 8;

/// Directories of the build's directory that have the same name in every build: nixpkgs' name for a
/// source that is fetched as a directory, and for what `cargoLock` names.
const CONSTANT: [&[u8]; 2] = [b"source", b"cargo-vendor-dir"];

/// What is under a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sources of vendored crates. Compilers run in them, and tell of the physical path: the
    /// stable path is a real directory.
    Vendored,
    /// The build itself: the stable path is a link.
    Build,
}

/// A root and its stable path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// What changes.
    pub real: Vec<u8>,
    /// What does not.
    pub stable: Vec<u8>,
    /// What is under it.
    pub role: Role,
}

impl Root {
    /// The root of a path with sources of vendored crates, if one is known.
    pub fn vendored(path: &Path) -> Option<Self> {
        let path = path.as_os_str().as_bytes();
        if let Some(rest) = path.strip_prefix(STORE) {
            let first = first(rest)?;
            let name = first.get(HASH..)?.strip_prefix(b"-")?;
            if name.is_empty() || !first.iter().take(HASH).all(u8::is_ascii_alphanumeric) {
                return None;
            }
            let real = [STORE, first].concat();
            let room = STORE.len() + HASH - STABLE.len();
            let filler = filler(name, room);
            return Some(Self {
                real,
                stable: [STABLE, &filler, b"-", name].concat(),
                role: Role::Vendored,
            });
        }
        Self::under_build(path, Role::Vendored)
    }

    /// The root of a path in the build's directory, if it has one.
    pub fn of_build(path: &Path) -> Option<Self> {
        Self::under_build(path.as_os_str().as_bytes(), Role::Build)
    }

    fn under_build(path: &[u8], role: Role) -> Option<Self> {
        let first = first(path.strip_prefix(BUILD)?)?;
        let real = [BUILD, first].concat();
        let room = real.len().checked_sub(STABLE.len())?;
        if CONSTANT.contains(&first) || room < FILLER {
            return None;
        }
        let seed: &[u8] = match role {
            Role::Vendored => b"vendored",
            Role::Build => b"build",
        };
        let stable = [STABLE, &filler(seed, room)].concat();
        Some(Self { real, stable, role })
    }

    /// Whether it is in the build's own directory.
    pub fn is_of_build(&self) -> bool {
        self.real.starts_with(BUILD)
    }

    /// Whether its real path has what changes in it: the hash of a store path, or a version.
    pub fn has_what_changes(&self) -> bool {
        let pairs = self.real.windows(2);
        let mut versions = pairs.filter(|pair| matches!(pair, [b'-', b'0'..=b'9']));
        !self.is_of_build() || versions.next().is_some()
    }

    /// The real path.
    pub fn real(&self) -> PathBuf {
        to_path(&self.real)
    }

    /// The stable path.
    pub fn stable(&self) -> PathBuf {
        to_path(&self.stable)
    }
}

/// Bytes as a path.
pub fn to_path(bytes: &[u8]) -> PathBuf {
    OsString::from_vec(bytes.to_vec()).into()
}

/// What stands before the first slash, unless that is no name of a file.
fn first(path: &[u8]) -> Option<&[u8]> {
    let first = path.split(|byte| *byte == b'/').next()?;
    (!first.is_empty() && first != b"." && first != b"..").then_some(first)
}

/// As many characters as there is room for, which look like a store path's hash and depend on the
/// seed and on the room: no stable path is the beginning of another, or found by chance.
fn filler(seed: &[u8], room: usize) -> Vec<u8> {
    const LETTERS: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";
    let letter = |byte: u8| LETTERS.get(usize::from(byte % 32)).copied().unwrap_or(b'0');
    (0_u64..)
        .flat_map(|block| {
            let mut hash = Hasher::new();
            hash.update(b"nix-sccache stable path");
            hash.update(&block.to_le_bytes());
            hash.update(&(room as u64).to_le_bytes());
            hash.update(seed);
            *hash.finalize().as_bytes()
        })
        .map(letter)
        .take(room)
        .collect()
}

/// The roots, as text.
pub fn to_text(roots: &[Root]) -> OsString {
    let mut lines = Vec::new();
    for root in roots {
        lines.extend_from_slice(&root.stable);
        lines.push(b'\t');
        lines.extend_from_slice(&root.real);
        lines.push(b'\n');
    }
    OsString::from_vec(lines)
}

/// Reads what [`to_text`] wrote.
pub fn from_text(text: Option<&OsStr>) -> Vec<Root> {
    let lines = text
        .unwrap_or_default()
        .as_bytes()
        .split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| {
            let tab = line.iter().position(|byte| *byte == b'\t')?;
            let (stable, real) = (line.get(..tab)?, line.get(tab + 1..)?);
            (stable.len() == real.len() && !real.is_empty()).then(|| Root {
                stable: stable.to_vec(),
                real: real.to_vec(),
                role: Role::Vendored,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_passed_on() {
        let roots = [
            Root::vendored(Path::new("/build/a-1.0.0-vendor")).unwrap(),
            Root::vendored(Path::new("/build/other-1.0.0-vendor")).unwrap(),
        ];
        assert_eq!(from_text(Some(&to_text(&roots))), roots);
        assert_eq!(from_text(None), []);
        assert_eq!(from_text(Some(OsStr::new("a\tbc\nno tab\n\t\n"))), []);
    }

    #[test]
    fn what_changes_is_a_hash_or_a_version() {
        for (path, expected) in [
            ("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-deps/a", true),
            ("/build/program-1.0.0-vendor/a", true),
            ("/build/program-vendor/a", false),
            ("/build/vendor-directory/a", false),
        ] {
            let root = Root::vendored(Path::new(path)).unwrap();
            assert_eq!(root.has_what_changes(), expected, "{path}");
        }
    }

    const HASH_A: &str = "0123456789abcdfghijklmnpqrsvwxyz";
    const HASH_B: &str = "zyxwvsrqpnmlkjihgfdcba9876543210";

    fn vendored(path: &str) -> Option<Root> {
        Root::vendored(Path::new(path))
    }

    #[test]
    fn a_stable_path_is_as_long_as_the_real_one() {
        for path in [
            format!("/nix/store/{HASH_A}-vendor-cargo-deps/x/y-1.0.0"),
            format!("/nix/store/{HASH_A}-a"),
            "/build/ripgrep-15.2.0-vendor/a-1.0.0".to_owned(),
            format!("/build/{}-vendor", "long".repeat(30)),
            "/build/vendor".to_owned(),
        ] {
            let root = vendored(&path).unwrap();
            assert!(path.as_bytes().starts_with(&root.real), "{path}");
            assert_eq!(root.real.len(), root.stable.len(), "{path}");
            assert!(root.stable.starts_with(b"/tmp/"), "{path}");
            assert!(!root.stable[5..].contains(&b'/'), "{path}");
        }
    }

    #[test]
    fn what_changes_is_not_in_it() {
        let in_store = |hash: &str, name: &str| {
            vendored(&format!("/nix/store/{hash}-{name}/a"))
                .unwrap()
                .stable
        };
        assert_eq!(in_store(HASH_A, "deps"), in_store(HASH_B, "deps"));
        assert_ne!(in_store(HASH_A, "deps"), in_store(HASH_A, "sped"));
        let in_build = |name: &str| vendored(&format!("/build/{name}/a")).unwrap().stable;
        assert_eq!(in_build("a-1.0.0-vendor"), in_build("a-1.0.1-vendor"));
        let build = Root::of_build(Path::new("/build/a-1.0.0/target")).unwrap();
        assert_ne!(build.stable, in_build("a-1.0.0"));
    }

    #[test]
    fn no_stable_path_is_the_beginning_of_another() {
        let all: Vec<_> = (3..60)
            .filter_map(|length| vendored(&format!("/build/{}", "v".repeat(length))))
            .map(|root| root.stable)
            .collect();
        for one in &all {
            let begins = |other: &&Vec<u8>| other.starts_with(one);
            assert_eq!(all.iter().filter(begins).count(), 1);
        }
    }

    #[test]
    fn what_is_constant_or_unknown_has_none() {
        for path in [
            "/build/source/vendor/a",
            "/build/cargo-vendor-dir/a-1.0.0",
            "/build/a/b",
            "/build/../etc",
            "/build",
            "/nix/store/short-name/a",
            "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-",
            "/nix/store/.attic/b",
            "/home/user/.cargo/registry/src/a-1.0.0",
            "relative",
        ] {
            assert_eq!(vendored(path), None, "{path}");
        }
        assert_eq!(Root::of_build(Path::new("/nix/store/x/a")), None);
    }
}
