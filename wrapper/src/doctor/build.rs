//! What a build here would do: which calls go to the cache, and which do not.

use std::env;
use std::path::PathBuf;

use nix_sccache_core::contract::{self, Language};
use serde::Serialize;

use super::configuration::{self, Configuration, Setting};
use super::page::Page;
use super::probe::{OF_A_PLACE, within};
use super::problem::Problem;
use super::tools::{Kind, Tools};
use super::variables::Variables;
use crate::class;

/// Other caches that may stand where the shim does: by the stem of the name.
const CACHES: [&str; 5] = ["sccache", "ccache", "cachepot", "buildcache", "kache"];

/// Calls that sccache never serves.
const BY_NATURE: [&str; 5] = [
    "what links: programs, tests, build scripts, procedural macros, cdylib, dylib",
    "rustc with -o or --sysroot, or without --crate-name, --out-dir and one --emit",
    "rustc with --emit of more than link, metadata and dep-info",
    "C and C++ that is not compiled to an object, from one source",
    "questions: -vV, --print, --version, and what is read from standard input",
];

/// What a wrapper in force leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrapper {
    /// What says so: a variable's name, or a file's.
    pub from: String,
    /// What it says.
    pub value: String,
    /// What that is; nothing where there is no such program.
    pub kind: Option<Kind>,
}

/// What stands in front of a compiler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InFront {
    /// The wrapper of rustc that cargo calls; an empty one is none.
    pub wrapper: Option<Wrapper>,
    /// The one that it calls for the workspace's own crates.
    pub workspace_wrapper: Option<Wrapper>,
    /// CMake's for C, and for C++.
    pub launchers: [Option<Wrapper>; 2],
    /// Whether the cargo that is first on `PATH` is the shim, which sets the wrapper.
    pub cargo_is_shim: bool,
    /// Whether the rustc that is first on `PATH` is the shim.
    pub rustc_is_shim: bool,
}

/// Whether the calls for a language go to the cache, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Way {
    /// The language.
    pub language: &'static str,
    /// Whether they do.
    pub through_cache: bool,
    /// Why.
    pub why: String,
}

/// Which compilations are incremental, all of which sccache refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Incremental {
    /// None.
    None,
    /// Those of profiles that are, as `dev` is.
    ByProfile,
    /// All of the workspace's own crates.
    All,
}

/// What a build here would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Build {
    /// By language.
    pub ways: Vec<Way>,
    /// Which compilations are incremental.
    pub incremental: Incremental,
    /// What stands in front of the compilers.
    pub in_front: InFront,
    /// Calls that go past the cache by nature.
    pub passed_through: &'static [&'static str],
}

/// Works it out.
pub fn gather(variables: &Variables, tools: &Tools, configuration: &Configuration) -> Build {
    let cargo = &configuration.cargo;
    let launcher = |name: &str| {
        let value = variables.filled(name)?;
        Some(resolve(&Setting {
            value,
            from: name.to_owned(),
            base: None,
        }))
    };
    let is_shim = |name| {
        tools
            .first(name)
            .is_some_and(|program| program.kind == Kind::Shim)
    };
    let has_sccache_beside =
        env::current_exe().is_ok_and(|own| own.with_file_name("sccache").exists());
    let in_front = InFront {
        wrapper: cargo.wrapper.as_ref().map(resolve),
        workspace_wrapper: cargo.workspace_wrapper.as_ref().map(resolve),
        launchers: [
            launcher("CMAKE_C_COMPILER_LAUNCHER"),
            launcher("CMAKE_CXX_COMPILER_LAUNCHER"),
        ],
        cargo_is_shim: is_shim("cargo") && has_sccache_beside,
        rustc_is_shim: is_shim("rustc"),
    };
    let wrap = variables.get(contract::WRAP);
    Build {
        ways: ways(&in_front, variables, wrap.as_deref()),
        incremental: incremental(&in_front, variables, cargo.incremental.as_ref()),
        in_front,
        passed_through: &BY_NATURE,
    }
}

fn resolve(setting: &Setting) -> Wrapper {
    let Setting { value, from, .. } = setting.clone();
    let setting = setting.clone();
    let kind = within(OF_A_PLACE, move || {
        let path: Option<PathBuf> = configuration::program(&setting);
        path.map(|path| Kind::of(&path))
    })
    .flatten();
    Wrapper { from, value, kind }
}

/// Whether the shim sets `RUSTC_WRAPPER` for the cargo behind it: only where nothing is said.
fn sets_wrapper(in_front: &InFront, variables: &Variables) -> bool {
    in_front.cargo_is_shim && variables.get_os("RUSTC_WRAPPER").is_none()
}

fn ways(in_front: &InFront, variables: &Variables, wrap: Option<&str>) -> Vec<Way> {
    let wrapper = in_front.wrapper.as_ref();
    let by_wrapper = wrapper.filter(|wrapper| wrapper.kind == Some(Kind::Shim));
    let rust = if sets_wrapper(in_front, variables) {
        Some("the cargo that is first on PATH is the shim, and sets RUSTC_WRAPPER".to_owned())
    } else if let Some(wrapper) = by_wrapper {
        Some(format!("{} leads to the shim", wrapper.from))
    } else if in_front.rustc_is_shim && wrapper.is_none_or(|wrapper| wrapper.value.is_empty()) {
        Some("the rustc that is first on PATH is the shim".to_owned())
    } else {
        None
    };
    let build_scripts = rust
        .as_ref()
        .filter(|_| sets_wrapper(in_front, variables) || by_wrapper.is_some())
        .map(|_| "those of build scripts with cc-rs, by rustc's wrapper");
    let of_c = |language: Language, launcher: &Option<Wrapper>| {
        let cmake = launcher
            .as_ref()
            .filter(|launcher| launcher.kind == Some(Kind::Shim))
            .map(|launcher| format!("CMake's, by {}", launcher.from));
        let parts: Vec<_> = cmake
            .into_iter()
            .chain(build_scripts.map(str::to_owned))
            .collect();
        way(
            language,
            (!parts.is_empty()).then(|| parts.join("; ")),
            wrap,
        )
    };
    let [c, cxx] = &in_front.launchers;
    vec![
        way(Language::Rust, rust, wrap),
        of_c(Language::C, c),
        of_c(Language::Cxx, cxx),
    ]
}

fn way(language: Language, by: Option<String>, wrap: Option<&str>) -> Way {
    let is_wrapped = class::is_wrapped(language, wrap);
    let through_cache = by.is_some() && is_wrapped;
    let why = match by {
        Some(_) if !is_wrapped => format!("{} leaves it out", contract::WRAP),
        Some(by) => by,
        None => "nothing puts the shim in front of the compiler".to_owned(),
    };
    Way {
        language: language.name(),
        through_cache,
        why,
    }
}

fn incremental(
    in_front: &InFront,
    variables: &Variables,
    setting: Option<&Setting>,
) -> Incremental {
    // The shim says 0 where it sets the wrapper and the variable is not set.
    let is_told = variables.get_os("CARGO_INCREMENTAL").is_some();
    if sets_wrapper(in_front, variables) && !is_told {
        return Incremental::None;
    }
    match setting {
        Some(setting) if setting.value == "1" => Incremental::All,
        Some(_) => Incremental::None,
        None => Incremental::ByProfile,
    }
}

/// What is wrong with that.
pub fn judge(build: &Build, configuration: &Configuration, variables: &Variables) -> Vec<Problem> {
    let mut problems = Vec::new();
    let wrapper = build.in_front.wrapper.as_ref();
    problems.extend(wrapper.and_then(judge_wrapper));
    let is_bare = |wrapper: &Wrapper| wrapper.value.is_empty();
    let rust = build.ways.first();
    let wrap = variables.get(contract::WRAP);
    if !class::is_wrapped(Language::Rust, wrap.as_deref()) {
        problems.push(Problem::note(
            "rust-left-out",
            format!("{} leaves rust out", contract::WRAP),
            "add \"rust\" to `wrap`, unless only C and C++ are meant",
        ));
    } else if wrapper.is_none_or(is_bare) && rust.is_some_and(|way| !way.through_cache) {
        problems.push(not_wrapped(wrapper));
    }
    problems.extend(series(build, variables));
    match build.incremental {
        Incremental::None => {}
        Incremental::ByProfile => problems.push(Problem::note(
            "incremental-by-profile",
            "the workspace's own crates are compiled incrementally in the dev profile, and sccache refuses those calls",
            "set CARGO_INCREMENTAL=0",
        )),
        Incremental::All => {
            let from = configuration.cargo.incremental.as_ref();
            let from = from.map_or("a setting", |setting| setting.from.as_str());
            problems.push(Problem::fix(
                "incremental",
                format!("{from} makes every profile incremental, and sccache refuses such calls"),
                "set CARGO_INCREMENTAL=0",
            ));
        }
    }
    problems
}

fn not_wrapped(wrapper: Option<&Wrapper>) -> Problem {
    let remedy = "build by `nix-sccache run -- cargo build`, or give the derivation to withSccache, or set RUSTC_WRAPPER to \
                  bin/sccache of nix-sccache's package";
    match wrapper {
        None => Problem::fix(
            "rust-not-wrapped",
            "RUSTC_WRAPPER is not set, and neither cargo nor rustc on PATH is the shim: no build of Rust here asks the cache",
            remedy,
        ),
        Some(wrapper) => Problem::fix(
            "rust-not-wrapped",
            format!(
                "{} is empty, which tells cargo to have no wrapper",
                wrapper.from
            ),
            format!("unset it; or {remedy}"),
        ),
    }
}

fn judge_wrapper(wrapper: &Wrapper) -> Option<Problem> {
    let Wrapper { from, value, kind } = wrapper;
    if value.is_empty() {
        return None;
    }
    let beside = "name bin/sccache of nix-sccache's package";
    match kind {
        Some(Kind::Shim) => None,
        Some(Kind::NixSccache) => Some(Problem::fix(
            "wrapper-by-wrong-name",
            format!("{from} names {value}: by that name the shim is no wrapper, and cargo stops"),
            format!("{beside}, which is the same program"),
        )),
        None => Some(Problem::fix(
            "wrapper-missing",
            format!("{from} names {value}, and there is no such program: cargo stops"),
            beside,
        )),
        Some(Kind::Sccache) => Some(Problem::fix(
            "wrapper-not-ours",
            format!(
                "{from} names the real sccache, {value}: builds fail when it does, and what Nix's compiler wrappers read \
                 from the environment is not in its keys"
            ),
            beside,
        )),
        Some(Kind::Rustup | Kind::Other) => Some(Problem::fix(
            "wrapper-not-ours",
            format!("{from} names {value}, which is not the shim"),
            beside,
        )),
    }
}

/// Caches that stand one behind the other: each call is looked up twice, and the outer one takes
/// the inner one for the compiler.
fn series(build: &Build, variables: &Variables) -> Vec<Problem> {
    let in_front = &build.in_front;
    let mut problems = Vec::new();
    let mut pair = |outer: String, inner: String, remedy: &str| {
        problems.push(Problem::fix(
            "two-wrappers",
            format!("two wrappers in series: {outer} is in front of {inner}"),
            remedy,
        ));
    };
    let wrapper = in_front
        .wrapper
        .as_ref()
        .filter(|wrapper| is_cache(wrapper));
    let sets_wrapper = sets_wrapper(in_front, variables);
    let outer = match wrapper {
        Some(wrapper) if !sets_wrapper => Some(wrapper.from.clone()),
        _ => sets_wrapper.then(|| "the shim as cargo".to_owned()),
    };
    if let (Some(outer), Some(inner)) = (&outer, &in_front.workspace_wrapper)
        && is_cache(inner)
    {
        pair(
            outer.clone(),
            format!("{} ({})", inner.from, inner.value),
            "unset the workspace's wrapper: RUSTC_WRAPPER serves those crates, too",
        );
    }
    if let Some(wrapper) = wrapper
        && wrapper.kind != Some(Kind::Shim)
        && in_front.rustc_is_shim
    {
        pair(
            format!("{} ({})", wrapper.from, wrapper.value),
            "the shim as rustc on PATH".to_owned(),
            "unset RUSTC_WRAPPER, or name the shim",
        );
    }
    for (launcher, compiler) in in_front.launchers.iter().zip(["CC", "CXX"]) {
        let inner = variables.filled(compiler);
        let program = inner.as_deref().and_then(|inner| inner.split(' ').next());
        if let (Some(launcher), Some(program)) = (launcher, program)
            && is_cache(launcher)
            && is_name_of_cache(program)
        {
            pair(
                launcher.from.clone(),
                format!("{program} in {compiler}"),
                "leave the compiler alone in that variable",
            );
        }
    }
    problems
}

fn is_cache(wrapper: &Wrapper) -> bool {
    matches!(
        wrapper.kind,
        Some(Kind::Shim | Kind::NixSccache | Kind::Sccache)
    ) || is_name_of_cache(&wrapper.value)
}

fn is_name_of_cache(program: &str) -> bool {
    let stem = std::path::Path::new(program).file_stem();
    stem.is_some_and(|stem| CACHES.iter().any(|cache| stem == *cache))
}

/// Shows it.
pub fn show(build: &Build, page: &mut Page) {
    page.section("a build here");
    for way in &build.ways {
        let how = if way.through_cache {
            "asks the cache"
        } else {
            "runs without the cache"
        };
        page.row(way.language, &format!("{how}: {}", way.why));
    }
    page.row(
        "incremental",
        match build.incremental {
            Incremental::None => "no",
            Incremental::ByProfile => {
                "where the profile is, as dev is; sccache refuses those calls"
            }
            Incremental::All => "all; sccache refuses them",
        },
    );
    page.row("past it", "whatever is set, these run without the cache:");
    for calls in build.passed_through {
        page.paragraph("                - ", calls);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::configuration::Cargo;

    fn wrapper(value: &str, kind: Option<Kind>) -> Wrapper {
        Wrapper {
            from: "RUSTC_WRAPPER".to_owned(),
            value: value.to_owned(),
            kind,
        }
    }

    fn shim() -> Wrapper {
        wrapper("/shim/bin/sccache", Some(Kind::Shim))
    }

    /// What a build does, and the names of what is wrong with it.
    fn of<const N: usize>(
        in_front: InFront,
        variables: [(&str, &str); N],
    ) -> (Build, Vec<&'static str>) {
        let variables = Variables::from(variables);
        let incremental_setting = variables.get("CARGO_INCREMENTAL").map(|value| Setting {
            value,
            from: "CARGO_INCREMENTAL".to_owned(),
            base: None,
        });
        let build = Build {
            ways: ways(
                &in_front,
                &variables,
                variables.get(contract::WRAP).as_deref(),
            ),
            incremental: incremental(&in_front, &variables, incremental_setting.as_ref()),
            in_front,
            passed_through: &BY_NATURE,
        };
        let configuration = Configuration {
            sccache: None,
            cargo_files: Vec::new(),
            cargo: Cargo {
                incremental: incremental_setting,
                ..Cargo::default()
            },
            source_tree: None,
        };
        let problems = judge(&build, &configuration, &variables);
        (build, problems.iter().map(|problem| problem.name).collect())
    }

    const NOT_INCREMENTAL: (&str, &str) = ("CARGO_INCREMENTAL", "0");

    #[test]
    fn what_with_sccache_sets_is_well() {
        let in_front = InFront {
            wrapper: Some(shim()),
            launchers: [Some(shim()), Some(shim())],
            rustc_is_shim: true,
            cargo_is_shim: true,
            ..InFront::default()
        };
        let (build, problems) = of(
            in_front,
            [NOT_INCREMENTAL, ("RUSTC_WRAPPER", "/shim/bin/sccache")],
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert!(build.ways.iter().all(|way| way.through_cache), "{build:?}");
    }

    #[test]
    fn a_wrapper_that_is_not_the_shim_is_told() {
        for (found, name) in [
            (None, "rust-not-wrapped"),
            (Some(wrapper("", None)), "rust-not-wrapped"),
            (Some(wrapper("/x", None)), "wrapper-missing"),
            (
                Some(wrapper("/bin/sccache", Some(Kind::Sccache))),
                "wrapper-not-ours",
            ),
            (Some(wrapper("/x", Some(Kind::Other))), "wrapper-not-ours"),
            (
                Some(wrapper("/shim/bin/nix-sccache", Some(Kind::NixSccache))),
                "wrapper-by-wrong-name",
            ),
        ] {
            let in_front = InFront {
                wrapper: found,
                ..InFront::default()
            };
            let (build, problems) = of(in_front, [NOT_INCREMENTAL, ("RUSTC_WRAPPER", "")]);
            assert_eq!(problems, [name]);
            assert!(!build.ways[0].through_cache, "{build:?}");
        }
    }

    #[test]
    fn the_shim_as_cargo_or_rustc_does_without_a_variable() {
        let cargo = InFront {
            cargo_is_shim: true,
            ..InFront::default()
        };
        let (build, problems) = of(cargo.clone(), []);
        assert!(problems.is_empty(), "{problems:?}");
        assert!(build.ways.iter().all(|way| way.through_cache), "{build:?}");
        assert_eq!(build.incremental, Incremental::None);
        // An empty variable means none, to it as well.
        let empty = InFront {
            wrapper: Some(wrapper("", None)),
            ..cargo
        };
        assert_eq!(
            of(empty, [NOT_INCREMENTAL, ("RUSTC_WRAPPER", "")]).1,
            ["rust-not-wrapped"]
        );
        let rustc = InFront {
            rustc_is_shim: true,
            ..InFront::default()
        };
        let (build, problems) = of(rustc, []);
        assert_eq!(problems, ["incremental-by-profile"]);
        let through: Vec<_> = build.ways.iter().map(|way| way.through_cache).collect();
        assert_eq!(through, [true, false, false]);
    }

    #[test]
    fn languages_that_are_left_out_are_told() {
        let in_front = InFront {
            wrapper: Some(shim()),
            launchers: [Some(shim()), None],
            ..InFront::default()
        };
        let (build, problems) = of(
            in_front,
            [
                NOT_INCREMENTAL,
                ("NIX_SCCACHE_WRAP", "c"),
                ("RUSTC_WRAPPER", "x"),
            ],
        );
        let through: Vec<_> = build.ways.iter().map(|way| way.through_cache).collect();
        assert_eq!(through, [false, true, false]);
        assert_eq!(problems, ["rust-left-out"]);
        let (_, problems) = of(
            InFront::default(),
            [NOT_INCREMENTAL, ("NIX_SCCACHE_WRAP", "c")],
        );
        assert_eq!(problems, ["rust-left-out"]);
    }

    #[test]
    fn incremental_compilations_are_told() {
        let in_front = || InFront {
            wrapper: Some(shim()),
            ..InFront::default()
        };
        assert_eq!(of(in_front(), []).1, ["incremental-by-profile"]);
        assert_eq!(
            of(in_front(), [("CARGO_INCREMENTAL", "1")]).1,
            ["incremental"]
        );
        assert!(
            of(in_front(), [("CARGO_INCREMENTAL", "false")])
                .1
                .is_empty()
        );
    }

    #[test]
    fn two_wrappers_in_series_are_told() {
        let twice = InFront {
            wrapper: Some(shim()),
            workspace_wrapper: Some(wrapper("/bin/sccache", Some(Kind::Sccache))),
            ..InFront::default()
        };
        assert_eq!(of(twice, [NOT_INCREMENTAL]).1, ["two-wrappers"]);
        let clippy = InFront {
            wrapper: Some(shim()),
            workspace_wrapper: Some(wrapper("/bin/clippy-driver", Some(Kind::Other))),
            rustc_is_shim: true,
            ..InFront::default()
        };
        assert!(of(clippy, [NOT_INCREMENTAL]).1.is_empty());
        let real = InFront {
            wrapper: Some(wrapper("/bin/sccache", Some(Kind::Sccache))),
            rustc_is_shim: true,
            ..InFront::default()
        };
        assert_eq!(
            of(real, [NOT_INCREMENTAL]).1,
            ["wrapper-not-ours", "two-wrappers"]
        );
        let c = || InFront {
            wrapper: Some(shim()),
            launchers: [Some(shim()), None],
            ..InFront::default()
        };
        assert_eq!(
            of(c(), [NOT_INCREMENTAL, ("CC", "ccache gcc")]).1,
            ["two-wrappers"]
        );
        assert!(
            of(c(), [NOT_INCREMENTAL, ("CC", "gcc"), ("CXX", "ccache g++")])
                .1
                .is_empty()
        );
    }
}
