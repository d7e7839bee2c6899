//! Decides what an invocation is by its arguments: nothing to cache, something to cache, or something
//! that the cache cannot serve, and why.
//!
//! The rules for rustc are those of sccache 0.19 (`parse_arguments` in its
//! `src/compiler/rust.rs`): what it would refuse does not get there.

use nix_sccache_contract::Language;
use nix_sccache_contract::bypass::BypassReason;

use crate::invocation::{Cc, Invocation, Kind, Options, Rustc};

/// What an invocation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cacheability {
    /// A question: a version, `--print`, a look at standard input. Nobody waits for it to be cached.
    Probe,
    /// A compilation that the cache may serve.
    Cacheable,
    /// A compilation that it may not.
    Bypass(BypassReason),
}

impl Cacheability {
    /// What an invocation is by its arguments.
    pub fn of(invocation: &Invocation) -> Self {
        let cacheability = match &invocation.options {
            Options::Rustc(call) => of_rustc(call),
            Options::Cc(call) => of_cc(call),
        };
        match cacheability {
            Self::Cacheable | Self::Bypass(_) if invocation.compiler.kind == Kind::OtherRust => {
                Self::Bypass(BypassReason::OtherName)
            }
            other => other,
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
    const SERVED: [&str; 3] = ["link", "metadata", "dep-info"];
    let bypass = Cacheability::Bypass;
    if call.is_unreadable {
        return bypass(BypassReason::ArgumentFile);
    }
    if call.asks() || call.reads_stdin() || call.sources().next().is_none() {
        return Cacheability::Probe;
    }
    if call.is_incremental() {
        return bypass(BypassReason::Incremental);
    }
    if call.is_test() {
        return bypass(BypassReason::Links("test".to_owned()));
    }
    let is_library = |kind: &&str| matches!(*kind, "lib" | "rlib" | "staticlib");
    let links: Vec<_> = call
        .crate_types()
        .filter(|kind| !is_library(kind))
        .collect();
    if call.crate_types().next().is_none() {
        return bypass(BypassReason::Links("bin".to_owned()));
    }
    if !links.is_empty() {
        return bypass(BypassReason::Links(links.join(",")));
    }
    if call.prints() {
        return bypass(BypassReason::Option("--print".to_owned()));
    }
    if call.arguments.has("-o") {
        return bypass(BypassReason::OutputFile);
    }
    if call.arguments.has("--sysroot") {
        return bypass(BypassReason::Sysroot);
    }
    if call.sources().count() > 1 {
        return bypass(BypassReason::Sources);
    }
    if call.crate_name().is_none() || call.out_dir().is_none() || call.emits() > 1 {
        return bypass(BypassReason::NotCargos);
    }
    if let Some(option) = call.refused() {
        return bypass(BypassReason::Option(option));
    }
    let mut externs = call.arguments.values("--extern");
    if let Some(name) = externs.find(|name| !name.contains('=')) {
        return bypass(BypassReason::Option(format!("--extern {name}")));
    }
    if call.is_native() {
        return bypass(BypassReason::Native);
    }
    if let Some(other) = call.emit().find(|emit| !SERVED.contains(emit)) {
        return bypass(BypassReason::Emits(other.to_owned()));
    }
    if call.emit().eq(["dep-info"]) {
        return Cacheability::Probe;
    }
    Cacheability::Cacheable
}

/// What a call of a C or C++ compiler's is.
fn of_cc(call: &Cc) -> Cacheability {
    let bypass = Cacheability::Bypass;
    if call.is_unreadable {
        return bypass(BypassReason::ArgumentFile);
    }
    if call.asks() || call.reads_stdin() {
        return Cacheability::Probe;
    }
    if !call.makes_object() {
        return bypass(BypassReason::NoObject);
    }
    if let Some(option) = call.refused() {
        return bypass(BypassReason::Option(option));
    }
    if call.is_native() {
        return bypass(BypassReason::Native);
    }
    if call.sources().count() != 1 {
        return bypass(BypassReason::Sources);
    }
    Cacheability::Cacheable
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
        let mut builders = 0;
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
            assert_eq!(cacheability, expected, "{call}");
        }
        assert!(builders > 8, "{builders}");
    }

    #[test]
    fn only_what_is_to_be_wrapped_is() {
        assert!(is_wrapped(Language::C, None));
        assert!(is_wrapped(Language::Cxx, Some("rust,c++")));
        assert!(!is_wrapped(Language::C, Some("rust,c++")));
    }
}
