//! Deciding what a compiler's call is: nothing to cache, something to cache, or
//! something that the cache cannot serve, and why.
//!
//! The rules for rustc are those of sccache 0.19 (`parse_arguments` in its
//! `src/compiler/rust.rs`): what it would refuse does not get there.

use nix_sccache_contract::Language;
use nix_sccache_contract::bypass::Reason;

use crate::arguments::{CcCall, RustcCall};

/// What a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// A question: a version, `--print`, a look at standard input. Nobody waits for it to be cached.
    Probe,
    /// A compilation that the cache may serve.
    Cacheable,
    /// A compilation that it may not.
    Passthrough(Reason),
}

/// What a call of rustc's is.
pub fn rustc(call: &RustcCall) -> Class {
    const SERVED: [&str; 3] = ["link", "metadata", "dep-info"];
    let pass = |reason| Class::Passthrough(reason);
    if call.unreadable {
        return pass(Reason::ArgumentFile);
    }
    if call.asks || call.reads_stdin || call.inputs.is_empty() {
        return Class::Probe;
    }
    if call.incremental {
        return pass(Reason::Incremental);
    }
    if call.test {
        return pass(Reason::Links("test".to_owned()));
    }
    let links: Vec<_> = call
        .crate_types
        .iter()
        .filter(|kind| !matches!(kind.as_str(), "lib" | "rlib" | "staticlib"))
        .collect();
    if !links.is_empty() || call.crate_types.is_empty() {
        let kinds: Vec<_> = links.iter().map(|kind| kind.as_str()).collect();
        return pass(Reason::Links(if kinds.is_empty() {
            "bin".to_owned()
        } else {
            kinds.join(",")
        }));
    }
    if call.prints {
        return pass(Reason::Option("--print".to_owned()));
    }
    if call.output {
        return pass(Reason::OutputFile);
    }
    if call.sysroot {
        return pass(Reason::Sysroot);
    }
    if call.own_compiler {
        return pass(Reason::OwnCompiler);
    }
    if call.inputs.len() > 1 {
        return pass(Reason::Sources);
    }
    if call.crate_name.is_none() || !call.out_dir || call.emits > 1 {
        return pass(Reason::NotCargos);
    }
    if let Some(option) = &call.refused {
        return pass(Reason::Option(option.clone()));
    }
    if let Some(name) = call.externs.iter().find(|name| !name.contains('=')) {
        return pass(Reason::Option(format!("--extern {name}")));
    }
    if call.is_native() {
        return pass(Reason::Native);
    }
    if let Some(other) = call
        .emit
        .iter()
        .find(|emit| !SERVED.contains(&emit.as_str()))
    {
        return pass(Reason::Emits(other.clone()));
    }
    if call.emit == ["dep-info"] {
        return Class::Probe;
    }
    Class::Cacheable
}

/// What a call of a C or C++ compiler's is.
pub fn cc(call: &CcCall) -> Class {
    if call.asks || call.reads_stdin {
        return Class::Probe;
    }
    if !call.to_object {
        return Class::Passthrough(Reason::NoObject);
    }
    if let Some(option) = &call.refused {
        return Class::Passthrough(Reason::Option(option.clone()));
    }
    if call.is_native {
        return Class::Passthrough(Reason::Native);
    }
    if call.sources.len() != 1 {
        return Class::Passthrough(Reason::Sources);
    }
    Class::Cacheable
}

/// Whether a language is among those to wrap, which [`contract::WRAP`] names.
///
/// [`contract::WRAP`]: nix_sccache_contract::WRAP
pub fn is_wrapped(language: Language, wrap: Option<&str>) -> bool {
    wrap.is_none_or(|wrap| Language::named_in(wrap).contains(&language))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn of(line: &str) -> Class {
        rustc(&RustcCall::read(
            &line
                .split_whitespace()
                .map(OsString::from)
                .collect::<Vec<_>>(),
        ))
    }

    const LIBRARY: &str =
        "--crate-name a --crate-type lib --emit=dep-info,metadata,link --out-dir /t src/lib.rs";

    #[test]
    fn what_cargo_does_with_a_library_is_cached() {
        assert_eq!(of(LIBRARY), Class::Cacheable);
        assert_eq!(
            of("--crate-name a --crate-type staticlib,rlib --emit link --out-dir /t src/lib.rs"),
            Class::Cacheable
        );
        for line in [
            "--crate-name a --crate-type lib --emit=dep-info,metadata --out-dir /t src/lib.rs",
            // As nixpkgs' buildRustCrate calls it.
            "--crate-name a src/lib.rs --out-dir target/lib --crate-type lib",
        ] {
            assert_eq!(of(line), Class::Cacheable, "{line}");
        }
    }

    #[test]
    fn questions_are_probes() {
        for line in [
            "",
            "-vV",
            "- --crate-name ___ --print=file-names --crate-type bin",
            "--crate-name a --crate-type lib --emit=metadata --out-dir /t -",
            "--crate-name a --crate-type lib --emit=dep-info --out-dir /t src/lib.rs",
        ] {
            assert_eq!(of(line), Class::Probe, "{line}");
        }
    }

    /// What sccache runs before it knows a key (its `src/compiler/rust.rs`).
    #[test]
    fn sccaches_own_calls_are_no_compilations() {
        for line in [
            "-vV",
            "+stable -vV",
            "--print=sysroot --print=target-libdir",
            "--crate-name a --crate-type lib src/lib.rs --emit dep-info -o /tmp/deps.d",
            "--crate-name a --crate-type lib src/lib.rs --emit link --out-dir /t --print file-names",
        ] {
            assert_ne!(of(line), Class::Cacheable, "{line}");
        }
    }

    #[test]
    fn what_is_not_cached_has_a_reason() {
        let links = |kind: &str| Reason::Links(kind.to_owned());
        for (line, reason) in [
            (format!("{LIBRARY} -C incremental=/i"), Reason::Incremental),
            (format!("{LIBRARY} --test"), links("test")),
            (format!("{LIBRARY} -o a"), Reason::OutputFile),
            (
                format!("{LIBRARY} --print native-static-libs"),
                Reason::Option("--print".into()),
            ),
            (
                format!("{LIBRARY} --print=link-args").replace("type lib", "type bin"),
                links("bin"),
            ),
            (format!("{LIBRARY} --sysroot /s"), Reason::Sysroot),
            (format!("{LIBRARY} other.rs"), Reason::Sources),
            (format!("{LIBRARY} --emit=metadata"), Reason::NotCargos),
            (
                format!("{LIBRARY},llvm-ir")
                    .replace(" src/lib.rs,llvm-ir", " src/lib.rs")
                    .replace("metadata,link", "link,llvm-ir"),
                Reason::Emits("llvm-ir".into()),
            ),
            (
                LIBRARY.replace("lib --emit", "proc-macro --emit"),
                links("proc-macro"),
            ),
            (LIBRARY.replace("--crate-type lib", ""), links("bin")),
            (LIBRARY.replace("--out-dir /t", ""), Reason::NotCargos),
            (format!("{LIBRARY} -Ctarget-cpu=native"), Reason::Native),
            (
                format!("{LIBRARY} --extern proc_macro"),
                Reason::Option("--extern proc_macro".into()),
            ),
            (format!("{LIBRARY} @/nonexistent"), Reason::ArgumentFile),
        ] {
            assert_eq!(of(&line), Class::Passthrough(reason), "{line}");
        }
    }

    /// Real builders' calls, and what each is.
    #[test]
    fn calls_of_real_builders() {
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
            let mut words = call.split(' ').map(OsString::from);
            let is_rustc = words.next().unwrap() == "rustc";
            let arguments: Vec<_> = words.collect();
            let class = if is_rustc {
                rustc(&RustcCall::read(&arguments))
            } else {
                cc(&CcCall::read(&arguments))
            };
            let expected = match expected {
                "cacheable" => Class::Cacheable,
                "probe" => Class::Probe,
                reason => Class::Passthrough(serde_json::from_str(reason).unwrap()),
            };
            assert_eq!(class, expected, "{call}");
        }
        assert!(builders > 8, "{builders}");
    }

    #[test]
    fn a_compiler_that_was_made_just_now_has_no_entries() {
        let arguments: Vec<_> = LIBRARY.split_whitespace().map(OsString::from).collect();
        let mut call = RustcCall::read(&arguments);
        call.own_compiler = true;
        assert_eq!(rustc(&call), Class::Passthrough(Reason::OwnCompiler));
    }

    #[test]
    fn only_what_is_to_be_wrapped_is() {
        assert!(is_wrapped(Language::C, None));
        assert!(is_wrapped(Language::Cxx, Some("rust,c++")));
        assert!(!is_wrapped(Language::C, Some("rust,c++")));
    }
}
