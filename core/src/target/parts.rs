//! Splits a target triple of rustc's.

use std::sync::LazyLock;

use super::triples::{KNOWN, RETIRED};

/// A target triple in the three parts that rustup tells apart, in this order, with dashes
/// between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The processor, `x86_64`.
    pub arch: &'a str,
    /// The system with its vendor where it has one: `unknown-linux`, `linux`, `none`.
    pub os: &'a str,
    /// The library or the calling convention: `gnu`, `musl`, `eabihf`, `elf`.
    pub env: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// The parts of anything that has the form of a triple, known or not.
    ///
    /// Of three words the last two are a vendor and a system, unless the second one is
    /// `linux` or `none`: then the vendor is left out and the last one is the env.
    #[must_use]
    pub fn of(triple: &'a str) -> Option<Self> {
        if triple.split('-').any(str::is_empty) {
            return None;
        }
        let (arch, rest) = triple.split_once('-')?;
        let (os, env) = match rest.split_once('-') {
            Some((os @ ("linux" | "none"), env)) if !env.contains('-') => (os, Some(env)),
            Some((_, after)) => match after.split_once('-') {
                Some((_, env)) if env.contains('-') => return None,
                Some((_, env)) => (rest.strip_suffix(env)?.strip_suffix('-')?, Some(env)),
                None => (rest, None),
            },
            None => (rest, None),
        };
        Some(Self { arch, os, env })
    }

    /// The vendor, where it is named.
    pub(super) fn vendor(&self) -> Option<&'a str> {
        let (vendor, _) = self.os.split_once('-')?;
        (!vendor.starts_with("wasi")).then_some(vendor)
    }

    /// The system without its vendor.
    pub(super) fn bare_os(&self) -> &'a str {
        match self.os.split_once('-') {
            // Here the word behind is a version.
            Some(("wasi", _)) => "wasi",
            Some(("wasip1", _)) | None => self.os,
            Some((_, os)) => os,
        }
    }
}

/// Whether rustc has, or once had, a target of this name.
#[must_use]
pub fn is_known(triple: &str) -> bool {
    KNOWN.binary_search(&triple).is_ok()
}

/// The names of all targets that rustc has or once had, sorted.
#[must_use]
pub fn known() -> &'static [&'static str] {
    KNOWN
}

/// Whether rustc has it still.
pub(super) fn is_current(triple: &str) -> bool {
    is_known(triple) && RETIRED.binary_search(&triple).is_err()
}

/// Those that rustc has still.
static CURRENT: LazyLock<Vec<(&str, Parts<'_>)>> = LazyLock::new(|| {
    KNOWN
        .iter()
        .filter(|triple| is_current(triple))
        .filter_map(|triple| Some((*triple, Parts::of(triple)?)))
        .collect()
});

/// The triples that rustc has still, with their parts.
pub(super) fn current() -> impl Iterator<Item = (&'static str, Parts<'static>)> {
    CURRENT.iter().copied()
}

/// Whether a target of rustc's has this as its processor.
pub(super) fn is_arch(word: &str) -> bool {
    current().any(|(_, parts)| parts.arch == word)
}

/// The same of its system, with the vendor.
pub(super) fn is_os(words: &str) -> bool {
    current().any(|(_, parts)| parts.os == words)
}

/// The same of its env.
pub(super) fn is_env(word: &str) -> bool {
    current().any(|(_, parts)| parts.env == Some(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(triple: &str) -> Option<(&str, &str, Option<&str>)> {
        Parts::of(triple).map(|parts| (parts.arch, parts.os, parts.env))
    }

    #[test]
    fn lists_are_sorted_and_agree() {
        assert!(KNOWN.is_sorted_by(|one, next| one < next));
        assert!(RETIRED.is_sorted_by(|one, next| one < next));
        for triple in RETIRED {
            assert!(is_known(triple) && !is_current(triple), "{triple}");
        }
        assert!(is_current("x86_64-unknown-linux-musl"));
        assert!(!is_known("x86_64-linux"));
    }

    #[test]
    fn every_triple_comes_apart() {
        for triple in KNOWN {
            let parts = Parts::of(triple).unwrap();
            let env = parts.env.map(|env| format!("-{env}")).unwrap_or_default();
            assert_eq!(format!("{}-{}{env}", parts.arch, parts.os), *triple);
        }
    }

    #[test]
    fn as_rustup_takes_them_apart() {
        for (triple, expected) in [
            (
                "x86_64-unknown-linux-gnu",
                ("x86_64", "unknown-linux", Some("gnu")),
            ),
            (
                "aarch64-linux-android",
                ("aarch64", "linux", Some("android")),
            ),
            ("thumbv4t-none-eabi", ("thumbv4t", "none", Some("eabi"))),
            (
                "aarch64-unknown-freebsd",
                ("aarch64", "unknown-freebsd", None),
            ),
            ("armv7a-nuttx-eabi", ("armv7a", "nuttx-eabi", None)),
            ("wasm32-wasip1-threads", ("wasm32", "wasip1-threads", None)),
            ("wasm32-wasip1", ("wasm32", "wasip1", None)),
        ] {
            assert_eq!(parts(triple), Some(expected));
        }
        for broken in [
            "",
            "x86_64",
            "x86_64-",
            "-linux",
            "x86_64--linux",
            "a-b-c-d-e",
            "a-linux-c-d-e",
        ] {
            assert_eq!(parts(broken), None, "{broken}");
        }
    }
}
