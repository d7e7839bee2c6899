//! Decides what an invocation is by its arguments: nothing to cache, something to cache, or something
//! that the cache cannot serve, and why.
//!
//! What an invocation reads and writes is seen when it runs: here are only those of which that does not tell all.

use nix_sccache_contract::Language;
use nix_sccache_contract::bypass::BypassReason;

use crate::invocation::{Cc, Invocation, Kind, Options, Rustc};

/// What an invocation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cacheability {
    /// A question: a version, `--print`, whether something compiles. The cache answers it where it can, and nobody counts it.
    Probe,
    /// A compilation that the cache may serve.
    Cacheable,
    /// A compilation that it may not.
    Bypass(BypassReason),
}

impl Cacheability {
    /// What an invocation is by its arguments.
    pub fn of(invocation: &Invocation) -> Self {
        match (&invocation.options, invocation.compiler.kind) {
            (Options::Rustc(call), Kind::Rustdoc) => of_rustdoc(call),
            (Options::Rustc(call), Kind::OtherRust) => match of_rustc(call) {
                Self::Probe => Self::Probe,
                _ => Self::Bypass(BypassReason::OtherName),
            },
            (Options::Rustc(call), _) => of_rustc(call),
            (Options::Cc(call), _) => of_cc(call),
            (Options::BuildScript(_), _) => Self::Cacheable,
        }
    }

    /// The same, where the cache could serve it, but for a reason that there may be.
    pub fn unless(self, reason: impl FnOnce() -> Option<BypassReason>) -> Self {
        match self {
            Self::Cacheable => reason().map_or(Self::Cacheable, Self::Bypass),
            other => other,
        }
    }
}

/// What a call of rustc's is.
fn of_rustc(call: &Rustc) -> Cacheability {
    let bypass = Cacheability::Bypass;
    if call.is_unreadable {
        return bypass(BypassReason::ArgumentFile);
    }
    if call.asks() {
        return Cacheability::Probe;
    }
    let has_source = call.sources().next().is_some();
    if !has_source && !call.reads_stdin() {
        return Cacheability::Probe;
    }
    if let Some(option) = call.refused() {
        return bypass(BypassReason::Option(option));
    }
    if call.is_native() {
        return bypass(BypassReason::Native);
    }
    if has_source || call.linked().is_some() {
        Cacheability::Cacheable
    } else {
        Cacheability::Probe
    }
}

/// What a call of rustdoc's is.
fn of_rustdoc(call: &Rustc) -> Cacheability {
    let bypass = Cacheability::Bypass;
    if call.is_unreadable {
        return bypass(BypassReason::ArgumentFile);
    }
    if call.is_test() {
        return bypass(BypassReason::Links("test".to_owned()));
    }
    if call.asks() {
        Cacheability::Probe
    } else {
        Cacheability::Cacheable
    }
}

/// What a call of a C or C++ compiler's is.
fn of_cc(call: &Cc) -> Cacheability {
    let bypass = Cacheability::Bypass;
    if call.is_unreadable {
        return bypass(BypassReason::ArgumentFile);
    }
    if let Some(option) = call.refused() {
        return bypass(BypassReason::Option(option));
    }
    if call.is_native() {
        return bypass(BypassReason::Native);
    }
    if call.makes_object() {
        return Cacheability::Cacheable;
    }
    if call.asks() {
        Cacheability::Probe
    } else {
        bypass(BypassReason::NoObject)
    }
}

/// Whether a language is among those to wrap, which [`contract::WRAP`] names.
///
/// [`contract::WRAP`]: nix_sccache_contract::WRAP
pub fn is_wrapped(language: Language, wrap: Option<&str>) -> bool {
    wrap.is_none_or(|wrap| Language::named_in(wrap).contains(&language))
}

#[cfg(test)]
mod tests {
    use nix_sccache_contract::json::Json;

    use super::*;
    use crate::invocation;

    const LIBRARY: &str =
        "--crate-name a --crate-type lib --emit=dep-info,metadata,link --out-dir /t src/lib.rs";

    /// Real builders' calls, and what each is.
    #[test]
    fn calls_are_what_they_are() {
        let (mut builders, mut others) = (0, Vec::new());
        for line in include_str!("testdata/calls.txt").lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with('[') {
                builders += 1;
                continue;
            }
            let (expected, call) = line.split_once(": ").unwrap();
            let cacheability =
                Cacheability::of(&invocation::read(&call.replace("LIBRARY", LIBRARY)));
            let expected = match expected {
                "cacheable" => Cacheability::Cacheable,
                "probe" => Cacheability::Probe,
                reason => Cacheability::Bypass(Json::from_json(reason.as_bytes()).unwrap()),
            };
            if cacheability != expected {
                others.push(format!("{cacheability:?}: {call}"));
            }
        }
        assert!(others.is_empty(), "{}", others.join("\n"));
        assert!(builders > 8, "{builders}");
    }

    #[test]
    fn only_what_is_to_be_wrapped_is() {
        assert!(is_wrapped(Language::C, None));
        assert!(is_wrapped(Language::Cxx, Some("rust,c++")));
        assert!(!is_wrapped(Language::C, Some("rust,c++")));
    }
}
