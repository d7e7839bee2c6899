//! Sets what nobody said: what a build in a sandbox cannot do without.

use super::place::Place;
use super::release::{Change, Happened};
use super::settings::{Setting, Settings};
use super::wanted::Wanted;
use crate::error::Error;
use crate::path::AttrPath;
use crate::value::Value;

/// A value that a sandboxed build needs.
struct Default {
    section: &'static str,
    key: &'static str,
    value: bool,
    why: &'static str,
}

const fn off(section: &'static str, key: &'static str, why: &'static str) -> Default {
    Default {
        section,
        key,
        value: false,
        why,
    }
}

const fn on(section: &'static str, key: &'static str, why: &'static str) -> Default {
    Default {
        value: true,
        ..off(section, key, why)
    }
}

/// Those that need no thought. A release that does not know the key does without.
const FIXED: &[Default] = &[
    on(
        "build",
        "vendor",
        "the crates that bootstrap needs come from the source's `vendor`: there is no network",
    ),
    on(
        "build",
        "locked-deps",
        "Cargo.lock names what `vendor` has, and is not to be changed",
    ),
    off(
        "build",
        "submodules",
        "there is neither git nor a network to fetch submodules with",
    ),
    off(
        "build",
        "patch-binaries-for-nix",
        "unset, bootstrap looks whether this is NixOS; what it would patch it does not download here",
    ),
    off(
        "rust",
        "incremental",
        "the profiles for developers turn it on; it makes builds differ, and sccache caches none of it",
    ),
    off(
        "rust",
        "deny-warnings",
        "another compiler than upstream's may warn of more, and no warning should end the build",
    ),
    off(
        "rust",
        "download-rustc",
        "there is no network, and the default is not the same in all releases and profiles",
    ),
    off(
        "llvm",
        "download-ci-llvm",
        "there is no network, and from 1.83 on bootstrap downloads an LLVM where nothing is said",
    ),
    off(
        "gcc",
        "download-ci-gcc",
        "there is no network, and from 1.91 on bootstrap downloads a GCC where nothing is said",
    ),
];

/// Adds to the settings what is not given.
pub(super) fn add(wanted: &Wanted, settings: &mut Settings) -> Result<(), Error> {
    add_toolchain(wanted, settings)?;
    if wanted.sandbox {
        add_top(settings);
        for default in FIXED {
            let place = Place::new(default.section, default.key);
            insert(settings, place, Value::Bool(default.value), default.why);
        }
        let channel = settings.release.channel().to_owned();
        insert(
            settings,
            Place::new("rust", "channel"),
            Value::String(channel),
            "of the release; unset, it is `dev` or what the source's `src/ci/channel` says, and many defaults depend on it",
        );
        add_install(wanted, settings);
        add_external_llvm(settings);
    }
    add_sccache(wanted, settings);
    Ok(())
}

/// Sets a value that is not given, in a release that is known to take it.
fn insert(settings: &mut Settings, place: Place, value: Value, why: &str) {
    let minor = settings.release.minor;
    let section = place.section();
    let is_known = section.is_known(minor) == Happened::Yes
        && section
            .key(place.key)
            .is_some_and(|key| key.is_known(minor) == Happened::Yes);
    if !is_known {
        return;
    }
    settings.all.entry(place).or_insert_with(|| Setting {
        value,
        given: false,
        why: why.to_owned(),
    });
}

fn add_toolchain(wanted: &Wanted, settings: &mut Settings) -> Result<(), Error> {
    for (key, program) in [("rustc", "bin/rustc"), ("cargo", "bin/cargo")] {
        let place = Place::new("build", key);
        if let Some(toolchain) = &wanted.toolchain {
            insert(
                settings,
                place,
                Value::String(toolchain.join(program)),
                "of `toolchain`; bootstrap would download one of the two that is missing",
            );
        } else if wanted.sandbox && !settings.all.contains_key(&place) {
            let toolchain = AttrPath::default().attr("toolchain");
            return Err(toolchain.error(
                "this is missing: the source is built with a compiler that is there already. Give the package with its bin/rustc and bin/cargo, or both `settings.build.rustc` and `settings.build.cargo`",
            ));
        }
    }
    if wanted.sandbox {
        add_rustfmt(wanted, settings);
    }
    Ok(())
}

/// Where the stage0 file names one, bootstrap of 1.85 downloads it at the start of every build and
/// that of 1.95 while it reads the config. What only names one need not be there: to format is all
/// that it is for.
fn add_rustfmt(wanted: &Wanted, settings: &mut Settings) {
    let rustfmt = match (&wanted.toolchain, settings.get("build", "rustc")) {
        (Some(toolchain), _) => toolchain.join("bin/rustfmt"),
        (None, Some(Value::String(rustc))) => match rustc.rsplit_once('/') {
            Some((directory, _)) => format!("{directory}/rustfmt"),
            None => return,
        },
        _ => return,
    };
    insert(
        settings,
        Place::new("build", "rustfmt"),
        Value::String(rustfmt),
        "beside the compiler, and it need not be there; unset, bootstrap downloads the one that stage0 of a source from git names",
    );
}

fn add_top(settings: &mut Settings) {
    let minor = settings.release.minor;
    let has_dist = (Change { before: 63, by: 74 }).is_done(minor);
    insert(
        settings,
        Place::new("", "profile"),
        Value::String(if has_dist { "dist" } else { "user" }.to_owned()),
        "the defaults for a compiler to be installed; unset, bootstrap.py and the rest of bootstrap may not agree on one",
    );
    // Before, it is a number of the release's own.
    if (Change { before: 86, by: 89 }).is_done(minor) {
        insert(
            settings,
            Place::new("", "change-id"),
            Value::String("ignore".to_owned()),
            "unset, bootstrap suggests to set it, in every build",
        );
    }
}

fn add_install(wanted: &Wanted, settings: &mut Settings) {
    if let Some(prefix) = &wanted.prefix {
        insert(
            settings,
            Place::new("install", "prefix"),
            Value::String(prefix.as_str().to_owned()),
            "of `prefix`; unset, it is /usr/local",
        );
    }
    if settings.get("install", "prefix").is_some() {
        insert(
            settings,
            Place::new("install", "sysconfdir"),
            Value::String("etc".to_owned()),
            "below the prefix; unset, it is /etc, and `x.py install` wants to write there",
        );
    }
}

fn add_external_llvm(settings: &mut Settings) {
    let is_external = settings
        .targets()
        .iter()
        .any(|triple| settings.get_of_target(triple, "llvm-config").is_some());
    if !is_external {
        return;
    }
    insert(
        settings,
        Place::new("llvm", "link-shared"),
        Value::Bool(true),
        "LLVM is another package's, which `llvm-config` names, and the compiler is to use its library as it is",
    );
    insert(
        settings,
        Place::new("rust", "lld"),
        Value::Bool(false),
        "LLD is built with the source's own LLVM, and `llvm-config` names another; some profiles turn it on",
    );
}

fn add_sccache(wanted: &Wanted, settings: &mut Settings) {
    if !wanted.sccache {
        return;
    }
    insert(
        settings,
        Place::new("rust", "incremental"),
        Value::Bool(false),
        "sccache caches nothing that is compiled incrementally, and some profiles turn it on",
    );
    if ["build", "llvm"]
        .iter()
        .any(|section| settings.get(section, "ccache").is_some())
    {
        return;
    }
    let section = ccache_section(settings.release.minor);
    let why = if serves_rust(settings.release.minor) {
        "`sccache = true`: bootstrap puts the `sccache` on `PATH` in front of the stage 0 compiler, and of C and C++ compilers"
    } else {
        "`sccache = true`: bootstrap puts the `sccache` on `PATH` in front of C and C++ compilers, and before 1.89 of no other"
    };
    insert(
        settings,
        Place::new(section, "ccache"),
        Value::String("sccache".to_owned()),
        why,
    );
}

/// Whether bootstrap has rustc called through it, too: from 1.89 on (rust-lang/rust#136942).
#[must_use]
pub fn serves_rust(minor: u32) -> bool {
    minor >= 89
}

/// Where the key stands: it moved with 1.86 to 1.88, and the old place was good till then.
#[must_use]
pub fn ccache_section(minor: u32) -> &'static str {
    if (Change { before: 85, by: 88 }).is_done(minor) {
        "build"
    } else {
        "llvm"
    }
}
