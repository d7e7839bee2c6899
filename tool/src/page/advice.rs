//! Advises what to change to get more hits, by what a log shows.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use nix_sccache_contract::bypass::BypassReason;
use nix_sccache_contract::fault::CacheError;
use nix_sccache_contract::log::{Entry, Log, Outcome};
use nix_sccache_contract::text::shown;

/// Something to change, or to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// What was seen, in one sentence.
    pub seen: String,
    /// What to do about it.
    pub change: String,
    /// How many calls it is about.
    pub calls: usize,
    /// How long they took, in microseconds.
    pub took: u64,
    /// Whether there are hits to be won. Where not, no cache would have helped.
    pub wins_hits: bool,
}

/// All that there is to say, what costs most first: of that which wins hits, and then of the rest.
pub fn advice(log: &Log) -> Vec<Advice> {
    let mut all: Vec<Advice> = about_misses(&log.calls)
        .into_iter()
        .chain(about_passthroughs(&log.calls))
        .collect();
    all.sort_by_key(|advice| Reverse((advice.wins_hits, advice.took)));
    // While the cache fails, nothing else matters.
    if let Some(error) = &log.error {
        all.insert(0, about_error(error, &log.calls));
    }
    all
}

/// How many calls, and how long they took.
#[derive(Clone, Copy, Default)]
struct Sum {
    calls: usize,
    took: u64,
}

impl Sum {
    fn of<'a>(calls: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut sum = Self::default();
        for call in calls {
            sum.calls += 1;
            sum.took = sum.took.saturating_add(call.took);
        }
        sum
    }

    fn advice(self, seen: String, change: impl Into<String>, wins_hits: bool) -> Advice {
        Advice {
            seen,
            change: change.into(),
            calls: self.calls,
            took: self.took,
            wins_hits,
        }
    }
}

fn about_error(error: &CacheError, calls: &[Entry]) -> Advice {
    let failed = calls
        .iter()
        .filter(|call| call.outcome == Outcome::Passthrough(BypassReason::CacheFailed));
    let seen = "The cache could not be used.".to_owned();
    Sum::of(failed).advice(seen, sentence(&error.remedy()), true)
}

fn about_misses(calls: &[Entry]) -> Vec<Advice> {
    let of = |rust: bool, outcome: Outcome| {
        let mut found: Vec<&Entry> = calls
            .iter()
            .filter(|call| (call.language == "rust") == rust && call.outcome == outcome)
            .collect();
        found.sort_by_key(|call| call.at);
        found
    };
    let mut all = Vec::new();
    let (hits, misses) = (of(true, Outcome::Hit), of(true, Outcome::Miss));
    if let Some(first) = misses.first() {
        let sum = Sum::of(misses.iter().copied());
        all.push(if hits.is_empty() {
            sum.advice(
                "Of Rust the cache had nothing.".to_owned(),
                "A first build fills the cache, and the next one is warm. If this was not the first: \
                 the paths that the compiler sees are in the keys. In a flake say `src = self`, or \
                 give the source a name: `builtins.path { path = ./.; name = \"source\"; }`. With \
                 `cargoHash` say `cargoDepsName = pname`, or use `cargoLock`. Another compiler, other \
                 flags or another target are other keys. And can the daemon's user write to its \
                 directory?",
                true,
            )
        } else {
            sum.advice(
                format!(
                    "Of {} calls for Rust {} missed, the first for {}.",
                    hits.len() + misses.len(),
                    misses.len(),
                    shown(&first.name)
                ),
                "The crates that a crate uses are in its key, so what comes after a miss tends to \
                 miss, too: look at the first. Its source, its version, its features, its flags \
                 (RUSTFLAGS, NIX_RUSTFLAGS, the profile) or something that it or one of its macros read \
                 are not what they were when it was stored. `nix-sccache explain CRATE` tells which part of \
                 a crate's key is another, of what the host or the setting `reports` keeps of builds.",
                true,
            )
        });
    }
    let kept: Vec<_> = misses.into_iter().filter(|call| call.keeps_path).collect();
    if !kept.is_empty() {
        let seen = format!(
            "{} by a path that changes with the lock file, or the version.",
            times(kept.len(), "miss is of a crate", "misses are of crates")
        );
        all.push(Sum::of(kept).advice(
            seen,
            "`stablePaths = \"always\"` of rust.sccacheEnv shows these crates a path that stays. What \
             is built is then another in the names alone that LLVM gives to some local symbols \
             (`NAME.llvm.NUMBER`), which is why it has to be asked for. In a profile without `lto` and \
             with `codegen-units = 1` for all packages, or with `strip = true` where no static library \
             is made, nothing is another, and nothing has to be asked for.",
            true,
        ));
    }
    let misses = of(false, Outcome::Miss);
    if !misses.is_empty() {
        let seen = format!("C and C++ missed {} times.", misses.len());
        all.push(Sum::of(misses).advice(
            seen,
            "With debug information, coverage or link-time optimisation the `-frandom-seed` is in the \
             key that nixpkgs gives compilers, and that is another for every derivation: \
             NIX_OUTPATH_USED_AS_RANDOM_SEED sets it. Else a source, a header, a flag or the compiler is \
             not what it was: with `reports` set, `nix-sccache explain FILE` tells which.",
            true,
        ));
    }
    all
}

fn about_passthroughs(calls: &[Entry]) -> Vec<Advice> {
    let mut by_reason: BTreeMap<&BypassReason, Vec<&Entry>> = BTreeMap::new();
    let mut links = Vec::new();
    for call in calls {
        match &call.outcome {
            Outcome::Passthrough(BypassReason::Links(_)) => links.push(call),
            Outcome::Passthrough(reason) => by_reason.entry(reason).or_default().push(call),
            _ => {}
        }
    }
    let mut all = Vec::new();
    if !links.is_empty() {
        let seen = format!(
            "{}, which the setting `links` leaves out.",
            times(links.len(), "call links", "calls link")
        );
        let change = sentence(&BypassReason::Links(String::new()).remedy());
        all.push(Sum::of(links).advice(seen, change, false));
    }
    for (reason, calls) in by_reason {
        // Of the others there is nothing to change; of a cache that failed all is said already.
        if !reason.wins_hits() {
            continue;
        }
        let seen = format!(
            "{} past the cache: {}.",
            times(calls.len(), "call goes", "calls go"),
            shown(&reason.to_string())
        );
        all.push(Sum::of(calls).advice(seen, sentence(&reason.remedy()), true));
    }
    all
}

fn times(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A remedy as the page has its sentences.
fn sentence(remedy: &str) -> String {
    let mut characters = remedy.chars();
    let first = characters.next().map(char::to_uppercase);
    let sentence: String = first.into_iter().flatten().chain(characters).collect();
    if sentence.ends_with(['.', '?']) {
        return sentence;
    }
    sentence + "."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(language: &str, name: &str, took: u64, outcome: Outcome) -> Entry {
        Entry {
            at: took,
            took,
            language: language.into(),
            name: name.into(),
            package: None,
            keeps_path: false,
            outcome,
        }
    }

    fn of(calls: Vec<Entry>, error: Option<CacheError>) -> Vec<Advice> {
        advice(&Log {
            calls,
            error,
            faults: Vec::new(),
        })
    }

    #[test]
    fn nothing_is_said_of_a_warm_build() {
        assert_eq!(of(vec![], None), []);
        let calls = vec![
            call("rust", "a", 1, Outcome::Hit),
            call("", "", 0, Outcome::Probe),
            call("rust", "b", 1, Outcome::Error),
        ];
        assert_eq!(of(calls, None), []);
    }

    #[test]
    fn nothing_but_misses_is_about_paths() {
        let all = of(vec![call("rust", "a", 7, Outcome::Miss)], None);
        let [only] = &all[..] else { panic!("{all:#?}") };
        assert_eq!((only.calls, only.took, only.wins_hits), (1, 7, true));
        for hint in ["src = self", "cargoDepsName = pname", "first build"] {
            assert!(only.change.contains(hint), "{hint} {only:#?}");
        }
    }

    #[test]
    fn paths_that_change_are_about_stable_paths() {
        let kept = Entry {
            keeps_path: true,
            ..call("rust", "a", 7, Outcome::Miss)
        };
        let hit = Entry {
            outcome: Outcome::Hit,
            ..kept.clone()
        };
        let all = of(vec![kept, call("rust", "b", 5, Outcome::Miss), hit], None);
        assert_eq!((all.len(), all[1].calls, all[1].took), (2, 1, 7));
        assert!(all[1].change.contains("stablePaths"), "{all:#?}");
    }

    #[test]
    fn the_first_miss_is_named() {
        let calls = vec![
            call("rust", "hit", 1, Outcome::Hit),
            call("rust", "later", 9, Outcome::Miss),
            call("rust", "first", 5, Outcome::Miss),
        ];
        let all = of(calls, None);
        assert_eq!(
            all[0].seen,
            "Of 3 calls for Rust 2 missed, the first for first."
        );
        assert!(!all[0].change.contains("src = self"), "{all:#?}");
    }

    #[test]
    fn c_has_its_seed() {
        let calls = vec![
            call("rust", "a", 1, Outcome::Hit),
            call("c", "a.c", 1, Outcome::Miss),
            call("c++", "b.cc", 1, Outcome::Miss),
        ];
        let all = of(calls, None);
        assert_eq!((all.len(), all[0].calls), (1, 2));
        assert!(all[0].change.contains("-frandom-seed"), "{all:#?}");
    }

    #[test]
    fn what_costs_most_and_can_be_won_is_first() {
        let passed = Outcome::Passthrough;
        let calls = vec![
            call(
                "rust",
                "program",
                100,
                passed(BypassReason::Links("bin".into())),
            ),
            call(
                "rust",
                "macro",
                90,
                passed(BypassReason::Links("proc-macro".into())),
            ),
            call("rust", "a", 20, passed(BypassReason::Incremental)),
            call(
                "c",
                "a.c",
                30,
                passed(BypassReason::Option("-fplugin=x".into())),
            ),
        ];
        let all = of(calls.clone(), None);
        let seen: Vec<_> = all.iter().map(|advice| advice.seen.as_str()).collect();
        assert_eq!(
            seen,
            [
                "1 call goes past the cache: uses -fplugin=x.",
                "1 call goes past the cache: continues an earlier compilation (incremental).",
                "2 calls link, which the setting `links` leaves out."
            ]
        );
        assert!(
            all[1].change.starts_with("Set CARGO_INCREMENTAL=0"),
            "{all:#?}"
        );
        assert!(!all[2].wins_hits);

        let all = of(calls, Some(CacheError::ServerSilent("120 s".into())));
        assert_eq!(all.len(), 4);
        assert!(all[0].change.contains("`timeout`"), "{all:#?}");
    }

    #[test]
    fn an_error_comes_first_with_its_remedy() {
        let failed = Outcome::Passthrough(BypassReason::CacheFailed);
        let calls = vec![
            call("rust", "a", 3, failed),
            call("rust", "b", 4, Outcome::Hit),
        ];
        let error = CacheError::ServerUnreachable("/s: no such file".into());
        let all = of(calls, Some(error.clone()));
        assert_eq!((all.len(), all[0].took), (1, 3));
        assert_eq!(all[0].change, sentence(&error.remedy()));
    }

    #[test]
    fn remedies_are_sentences() {
        for (remedy, expected) in [("do it", "Do it."), ("is it there?", "Is it there?")] {
            assert_eq!(sentence(remedy), expected);
        }
    }
}
