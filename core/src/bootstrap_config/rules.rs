//! Finds what contradicts itself, though every key is right.
//!
//! Each rule is bootstrap's own, from the release that is named on, or one of a sandboxed build
//! or of sccache.

use super::place::{Place, is_triple};
use super::release::Change;
use super::settings::Settings;
use super::wanted::Wanted;
use crate::error::Error;
use crate::path::AttrPath;
use crate::show::quoted;
use crate::value::Value;

/// Of `[llvm]`, what cannot be set beside an LLVM that is downloaded, in 1.75 and before.
const NOT_WITH_CI_LLVM: &[&str] = &[
    "optimize",
    "thin-lto",
    "release-debuginfo",
    "link-shared",
    "static-libstdcpp",
    "targets",
    "experimental-targets",
    "link-jobs",
    "clang-cl",
    "version-suffix",
    "cflags",
    "cxxflags",
    "ldflags",
    "use-libcxx",
    "use-linker",
    "allow-old-toolchain",
    "polly",
    "clang",
    "build-config",
    "plugins",
];

/// The stages that may not be 0 any more, and since when.
const STAGES: &[(&str, Change)] = &[
    ("build-stage", Change { before: 88, by: 90 }),
    ("check-stage", Change { before: 88, by: 90 }),
    ("doc-stage", Change::exactly(91)),
    ("dist-stage", Change::exactly(91)),
    ("install-stage", Change::exactly(91)),
    ("test-stage", Change::exactly(91)),
];

/// What is built with a profile or to make one, in `[pgo]`, and the older keys of `[rust]`.
const PROFILED: &[(&str, Option<(&str, &str)>)] = &[
    ("rustc", Some(("profile-use", "profile-generate"))),
    ("rustdoc", None),
    ("llvm", None),
];

/// What needs a network.
const FETCHES: &[(&str, &str, &str)] = &[
    ("llvm", "download-ci-llvm", "an LLVM"),
    ("rust", "download-rustc", "a compiler"),
    ("gcc", "download-ci-gcc", "a GCC"),
    ("build", "submodules", "git submodules"),
    ("build", "patch-binaries-for-nix", "nixpkgs' patchelf"),
];

/// Fails on the first contradiction, at the setting to change.
pub(super) fn check(wanted: &Wanted, settings: &Settings) -> Result<(), Error> {
    triples(settings)?;
    sandbox(wanted, settings)?;
    sccache(wanted, settings)?;
    ci_llvm(settings)?;
    download_rustc(settings)?;
    lld(settings)?;
    lld_of_its_own(settings)?;
    linux_linker(settings)?;
    rust_patches(settings)?;
    codegen_backends(settings)?;
    profiles(settings)?;
    without_std(settings)?;
    stages(settings)
}

fn fail(place: &Place, message: impl Into<String>) -> Result<(), Error> {
    Err(place.path().error(message))
}

/// Whether a key that takes `false`, `true` or a word is on.
fn is_on(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Bool(true) | Value::String(_)))
}

fn is(value: Option<&Value>, expected: bool) -> bool {
    value == Some(&Value::Bool(expected))
}

/// Bootstrap takes any other string for a triple of its own, and a name of something that exists
/// for the description of one.
fn triples(settings: &Settings) -> Result<(), Error> {
    for key in ["build", "host", "target"] {
        let place = Place::new("build", key);
        let named = match settings.get("build", key) {
            Some(Value::List(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => continue,
        };
        for triple in named {
            let Value::String(triple) = triple else {
                continue;
            };
            if !is_triple(triple) && triple.strip_suffix(".json").is_none() {
                return fail(
                    &place,
                    format!(
                        "{} is no target triple: one is written like x86_64-unknown-linux-gnu",
                        quoted(triple)
                    ),
                );
            }
        }
    }
    Ok(())
}

fn sandbox(wanted: &Wanted, settings: &Settings) -> Result<(), Error> {
    if !wanted.sandbox {
        return Ok(());
    }
    for (section, key, what) in FETCHES {
        if is_on(settings.get(section, key)) {
            return fail(
                &Place::new(section, key),
                format!(
                    "this fetches {what}, and a sandboxed build has no network: write false, or `sandbox = false`"
                ),
            );
        }
    }
    Ok(())
}

fn sccache(wanted: &Wanted, settings: &Settings) -> Result<(), Error> {
    if !wanted.sccache {
        return Ok(());
    }
    if is(settings.get("rust", "incremental"), true) {
        return fail(
            &Place::new("rust", "incremental"),
            "sccache caches nothing that is compiled incrementally: write false, or `sccache = false`",
        );
    }
    for section in ["build", "llvm"] {
        let place = Place::new(section, "ccache");
        let Some(value) = settings.get(section, "ccache") else {
            continue;
        };
        if *value != Value::String("sccache".to_owned()) {
            return fail(
                &place,
                "with `sccache = true` this is \"sccache\", the very word, which bootstrap and cc-rs look for: leave it out",
            );
        }
    }
    Ok(())
}

/// Whether the machine that builds is this triple, for all that is said.
fn may_be_build(settings: &Settings, triple: &str) -> bool {
    match settings.get("build", "build") {
        Some(Value::String(build)) => build == triple,
        _ => true,
    }
}

/// Whether bootstrap would download an LLVM. From 1.83 on it does where nothing is said
/// (rust-lang/rust#130529), and some profiles do in all releases. From one of 1.86 to 1.90 on the
/// profile of a source that is no git checkout is `dist`, which does not; which it is nobody
/// knows here.
fn has_ci_llvm(settings: &Settings) -> bool {
    let minor = settings.release.minor;
    if let Some(value) = settings.get("llvm", "download-ci-llvm") {
        return is_on(Some(value));
    }
    match settings.get("", "profile") {
        Some(Value::String(profile)) => {
            matches!(profile.as_str(), "compiler" | "library" | "tools")
        }
        _ => (83..=85).contains(&minor),
    }
}

fn ci_llvm(settings: &Settings) -> Result<(), Error> {
    if !has_ci_llvm(settings) {
        return Ok(());
    }
    let off = "write `llvm.download-ci-llvm = false`";
    // Of 1.76 to 1.82 it is not known.
    if settings.release.minor <= 75 {
        for key in NOT_WITH_CI_LLVM {
            if settings.get("llvm", key).is_some() {
                return fail(
                    &Place::new("llvm", key),
                    format!(
                        "this says how to build an LLVM, and bootstrap is to download one: {off}"
                    ),
                );
            }
        }
    }
    for triple in settings.targets() {
        for key in ["llvm-config", "llvm-filecheck"] {
            if settings.get_of_target(triple, key).is_some() && may_be_build(settings, triple) {
                return fail(
                    &Place::of_target(triple, key),
                    format!("this names an LLVM, and bootstrap is to download one: {off}"),
                );
            }
        }
    }
    Ok(())
}

fn download_rustc(settings: &Settings) -> Result<(), Error> {
    let minor = settings.release.minor;
    if !is_on(settings.get("rust", "download-rustc")) {
        return Ok(());
    }
    if is(settings.get("llvm", "download-ci-llvm"), false)
        && (Change { before: 75, by: 83 }).is_done(minor)
    {
        return fail(
            &Place::new("llvm", "download-ci-llvm"),
            "`rust.download-rustc` needs the LLVM that is downloaded with it: leave one of the two out",
        );
    }
    for triple in settings.targets() {
        let place = Place::of_target(triple, "llvm-config");
        if settings.get_of_target(triple, "llvm-config").is_some()
            && may_be_build(settings, triple)
            && (Change { before: 63, by: 74 }).is_done(minor)
        {
            return fail(
                &place,
                "`rust.download-rustc` comes with an LLVM of its own: leave one of the two out",
            );
        }
    }
    Ok(())
}

/// From this one on bootstrap refuses an LLD beside an LLVM that is not the source's.
const LLD_OF_OWN_LLVM: Change = Change { before: 88, by: 90 };

/// The target whose section names an LLVM for the machine that builds.
fn external_llvm(settings: &Settings) -> Option<&str> {
    let mut targets = settings.targets().into_iter();
    targets.find(|triple| {
        settings.get_of_target(triple, "llvm-config").is_some() && may_be_build(settings, triple)
    })
}

fn lld(settings: &Settings) -> Result<(), Error> {
    let lld = Place::new("rust", "lld");
    if is(settings.get("rust", "lld"), true)
        && LLD_OF_OWN_LLVM.is_done(settings.release.minor)
        && let Some(triple) = external_llvm(settings)
    {
        return fail(
            &lld,
            format!(
                "LLD is built with the source's own LLVM, and `target.{triple}.llvm-config` names another: write false"
            ),
        );
    }
    let both = ["use-lld", "bootstrap-override-lld"].map(|key| settings.get("rust", key));
    if both.iter().all(Option::is_some) {
        return fail(
            &Place::new("rust", "use-lld"),
            "this is `bootstrap-override-lld` by an older name: leave it out",
        );
    }
    Ok(())
}

/// To link with the LLD that is built, one has to be built.
fn lld_of_its_own(settings: &Settings) -> Result<(), Error> {
    let word = Value::String("self-contained".to_owned());
    let mut keys = ["bootstrap-override-lld", "use-lld"].into_iter();
    let Some(key) = keys.find(|key| settings.get("rust", key) == Some(&word)) else {
        return Ok(());
    };
    if may_have_lld(settings) {
        return Ok(());
    }
    let place = Place::new("rust", key);
    match external_llvm(settings) {
        Some(triple) if LLD_OF_OWN_LLVM.is_done(settings.release.minor) => fail(
            &place,
            format!(
                "this needs LLD, which is built with the source's own LLVM, and `target.{triple}.llvm-config` names another: leave one of the two out"
            ),
        ),
        _ => fail(
            &place,
            "this is the LLD of the compiler that is built: write `rust.lld = true`, too",
        ),
    }
}

/// Whether an LLD is built, for all that is said. Where nothing is, the profile `dist` of some
/// releases has one, and so has x86-64 Linux, by channel first and later in any.
fn may_have_lld(settings: &Settings) -> bool {
    const BY_ITSELF: &str = "x86_64-unknown-linux-gnu";
    if let Some(lld) = settings.get("rust", "lld") {
        return is(Some(lld), true);
    }
    let minor = settings.release.minor;
    let is_host = match settings.get("build", "host") {
        Some(Value::List(hosts)) => hosts.contains(&Value::String(BY_ITSELF.to_owned())),
        _ => may_be_build(settings, BY_ITSELF),
    };
    let by_platform = minor >= 79 && is_host && external_llvm(settings).is_none();
    let may_be_dist = match settings.get("", "profile") {
        Some(Value::String(profile)) => matches!(profile.as_str(), "dist" | "user"),
        _ => true,
    };
    by_platform || may_be_dist && (79..90).contains(&minor)
}

/// As 1.92 has it.
fn linux_linker(settings: &Settings) -> Result<(), Error> {
    const KEY: &str = "default-linker-linux-override";
    for triple in settings.targets() {
        let Some(Value::String(value)) = settings.get_of_target(triple, KEY) else {
            continue;
        };
        if value != "self-contained-lld-cc" {
            continue;
        }
        let place = Place::of_target(triple, KEY);
        if !triple.contains("linux-gnu") {
            return fail(
                &place,
                "this is for targets with linux-gnu in their names alone",
            );
        }
        if settings.get("rust", "default-linker").is_some() {
            return fail(
                &place,
                "`rust.default-linker` is given, too: leave one of the two out",
            );
        }
        if !is(settings.get("rust", "lld"), true) {
            return fail(&place, "this needs LLD: write `rust.lld = true`, too");
        }
    }
    Ok(())
}

fn rust_patches(settings: &Settings) -> Result<(), Error> {
    let is_free = is(settings.get("build", "submodules"), false)
        || !(Change { before: 75, by: 83 }).is_done(settings.release.minor);
    for triple in settings.targets() {
        let has = |key| settings.get_of_target(triple, key).is_some();
        if has("llvm-has-rust-patches") && !has("llvm-config") && !is_free {
            return fail(
                &Place::of_target(triple, "llvm-has-rust-patches"),
                "this is about an LLVM of one's own: give `llvm-config`, too, or `build.submodules = false`",
            );
        }
    }
    Ok(())
}

fn codegen_backends(settings: &Settings) -> Result<(), Error> {
    const KEY: &str = "codegen-backends";
    const PREFIX: &str = "rustc_codegen_";
    let minor = settings.release.minor;
    let refuses_prefix = (Change { before: 63, by: 74 }).is_done(minor);
    let refuses_all = (Change { before: 85, by: 90 }).is_done(minor);
    let refuses_none = Change::exactly(91).is_done(minor);
    let refuses_twice = Change::exactly(98).is_done(minor);
    let of_targets = settings.targets().into_iter();
    let places = of_targets
        .map(|triple| Place::of_target(triple, KEY))
        .chain([Place::new("rust", KEY)]);
    for place in places {
        let setting = settings.all.get(&place);
        let Some(Value::List(backends)) = setting.map(|setting| &setting.value) else {
            continue;
        };
        if backends.is_empty() && refuses_none {
            return fail(
                &place,
                "this is empty: leave it out, or null, for the default",
            );
        }
        for (index, value) in backends.iter().enumerate() {
            let Value::String(backend) = value else {
                continue;
            };
            if refuses_twice && backends[..index].contains(value) {
                let message = format!("{} is there twice: write it once", quoted(backend));
                return fail(&place, message);
            }
            let Some(stripped) = backend.strip_prefix(PREFIX) else {
                continue;
            };
            if refuses_all || refuses_prefix && ["llvm", "cranelift", "gcc"].contains(&stripped) {
                return fail(
                    &place,
                    format!("write {} and not {}", quoted(stripped), quoted(backend)),
                );
            }
        }
    }
    Ok(())
}

/// Bootstrap of 1.95 and before minds it after the standard library is built.
fn profiles(settings: &Settings) -> Result<(), Error> {
    let root = AttrPath::default();
    for (built, older) in PROFILED {
        let (of_use, of_generate) = older.unzip();
        let Some(of_use) = profile(settings, &root, built, "use", of_use) else {
            continue;
        };
        let root = root.attr("settings");
        if let Some(path) = profile(settings, &root, built, "generate", of_generate) {
            return Err(path.error(format!(
                "this makes a profile, and `{of_use}` uses one: leave one of the two out"
            )));
        }
    }
    Ok(())
}

/// Where a field of `[pgo]` or its older key is given, under `root`.
fn profile(
    settings: &Settings,
    root: &AttrPath,
    built: &'static str,
    field: &str,
    older: Option<&'static str>,
) -> Option<AttrPath> {
    match settings.get("pgo", built) {
        Some(Value::Attrs(fields)) if fields.contains_key(field) => {
            return Some(Place::new("pgo", built).under(root).attr(field));
        }
        _ => {}
    }
    let place = Place::new("rust", older?);
    settings.all.contains_key(&place).then(|| place.under(root))
}

/// Bootstrap minds it where the target is built for.
fn without_std(settings: &Settings) -> Result<(), Error> {
    for triple in settings.targets() {
        let has_none = triple.contains("-none-") || triple.contains("nvptx");
        if has_none && is(settings.get_of_target(triple, "no-std"), false) {
            return fail(
                &Place::of_target(triple, "no-std"),
                "this target has no std, like all with -none- or nvptx in their names: leave it out",
            );
        }
    }
    Ok(())
}

fn stages(settings: &Settings) -> Result<(), Error> {
    let get = |key| settings.get("build", key);
    let minor = settings.release.minor;
    if is(get("local-rebuild"), true) && Change::exactly(91).is_done(minor) {
        return Ok(());
    }
    for (key, change) in STAGES {
        let is_spared = *key == "test-stage" && is(get("compiletest-allow-stage0"), true);
        if get(key) == Some(&Value::Int(0)) && change.is_done(minor) && !is_spared {
            return fail(
                &Place::new("build", key),
                format!(
                    "Rust {} has no stage 0 for this, it went {change}: write 1 or more",
                    settings.release
                ),
            );
        }
    }
    Ok(())
}

/// What is no contradiction, and still is seldom meant.
pub(super) fn warn(wanted: &Wanted, settings: &mut Settings) {
    let mut warnings = Vec::new();
    if wanted.sandbox && is(settings.get("build", "vendor"), false) {
        warnings.push(format!(
            "{}: cargo is to fetch the crates that bootstrap needs, and a sandboxed build has no network",
            Place::new("build", "vendor").path()
        ));
    }
    let has = |key| settings.get("build", key).is_some();
    if has("cargo-clippy") && !has("rustc") {
        warnings.push(format!(
            "{}: without `build.rustc` it is another compiler's",
            Place::new("build", "cargo-clippy").path()
        ));
    }
    let no_op = Value::String("no-op".to_owned());
    if settings.get("dist", "compression-profile") == Some(&no_op) {
        warnings.push(format!(
            "{}: bootstrap takes this for `x.py install` alone, and there by itself; `x.py dist` fails with it",
            Place::new("dist", "compression-profile").path()
        ));
    }
    settings.warnings.extend(warnings);
}
