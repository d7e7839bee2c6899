//! Finds the target of a name that is not rustc's: a Nix system or one of GNU's triples.

use std::sync::LazyLock;

use super::parts::{Parts, current, is_current, is_env, is_known};
use super::systems::{
    System, cpu, cpu_of, is_arm, kernel, preferred_arch, serves, system_of, without_version,
};
use super::triples::KNOWN;

/// A Nix system, or a triple as nixpkgs' `config` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// nixpkgs' name of the processor.
    cpu: &'static str,
    /// rustc's name of it, when it was given and nixpkgs has another.
    arch: Option<&'a str>,
    vendor: Option<&'a str>,
    /// The system as it was called, without its version.
    os: &'a str,
    /// nixpkgs' name of the kernel.
    kernel: &'static str,
    abi: Option<&'a str>,
}

/// Why a name has no target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// It is no name of a platform.
    Strange,
    /// rustc has none for this platform.
    Without,
    /// It has these.
    Several(Vec<&'static str>),
}

/// The triples that rustc has still and that are of a system, with it: every call looks through
/// them all.
static OF_A_SYSTEM: LazyLock<Vec<(&str, Parts<'_>, System)>> = LazyLock::new(|| {
    current()
        .filter_map(|(triple, parts)| Some((triple, parts, system_of(&parts).ok()?)))
        .collect()
});

/// Conventions that nixpkgs knows and rustc does not.
const NIXPKGS_ABIS: &[&str] = &[
    "cygnus",
    "gnuabielfv1",
    "gnuabielfv2",
    "gnuabin32",
    "muslabin32",
];

/// Vendors that only GNU and nixpkgs write.
const GNU_VENDORS: &[&str] = &["knuth", "none", "w64"];

/// Vendors that are none: whoever wants the others' targets says so.
const USUAL_VENDORS: &[&str] = &["apple", "pc", "unknown"];

/// The target of any name of a platform, rustc's own included.
pub(super) fn resolve(name: &str) -> Result<&str, Unresolved> {
    if is_current(name) {
        return Ok(name);
    }
    let found = match Name::of(name) {
        Some(parsed) => parsed.target(),
        None => Err(Unresolved::Strange),
    };
    match found {
        // Older releases of rustc's have it.
        Err(_) if is_known(name) => Ok(name),
        found => found,
    }
}

impl<'a> Name<'a> {
    /// Takes a name apart as nixpkgs does (`mkSkeletonFromList` of its
    /// `lib/systems/parse.nix`), if all of its words are known.
    pub(super) fn of(name: &'a str) -> Option<Self> {
        let mut words = name.splitn(5, '-');
        let first = words.next()?;
        let rest: Vec<_> = words.collect();
        let (vendor, os, abi) = match *rest.as_slice() {
            [] if first == "avr" => (None, "none", None),
            ["elf"] => (None, "none", Some("elf")),
            [os] => (None, os, None),
            ["linux", abi] => (None, "linux", Some(abi)),
            [vendor, "mingw32"] => (Some(vendor), "windows", Some("gnu")),
            [vendor, os] if kernel(os).is_some() => (Some(vendor), os, None),
            [os, abi] => (None, os, Some(abi)),
            [vendor, os, abi] => (Some(vendor), os, Some(abi)),
            _ => return None,
        };
        let (os, abi) = match (os, abi) {
            ("mingw32", None) => ("windows", Some("gnu")),
            // As nixpkgs wrote it until 2024.
            ("windows", Some("cygnus")) => ("cygwin", None),
            (os, Some("unknown")) => (os, None),
            other => other,
        };
        let known = vendor.is_none_or(is_vendor) && abi.is_none_or(is_abi);
        let kernel = kernel(os).filter(|_| known)?;
        let (cpu, arch) = if let Some(cpu) = cpu(first) {
            (cpu, None)
        } else {
            let parts = Parts {
                arch: first,
                os,
                env: abi,
            };
            (cpu_of(&parts).ok()?, Some(first))
        };
        Some(Self {
            cpu,
            arch,
            vendor,
            os: without_version(os),
            kernel,
            abi,
        })
    }

    /// Whether it is of the form of a system, `cpu-kernel`, in Nix's words.
    pub(super) fn is_system(&self) -> bool {
        let is_rustcs = self.arch.is_some() || self.os.starts_with("wasip");
        !is_rustcs && self.vendor.is_none() && self.abi.is_none()
    }

    /// Whether the other one is of the same kernel and library, so that it may well be
    /// the same platform in other words.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        self.kernel == other.kernel && self.envs() == other.envs()
    }

    /// rustc's target for it.
    pub(super) fn target(&self) -> Result<&'static str, Unresolved> {
        let mut found: Found = OF_A_SYSTEM
            .iter()
            .filter(|(_, parts, system)| self.is_for(parts, *system))
            .map(|(triple, parts, _)| (*triple, *parts))
            .collect();
        if let Some(oses) = self.oses() {
            let os = oses
                .into_iter()
                .find(|os| found.iter().any(|(_, parts)| parts.bare_os() == *os));
            found.retain(|(_, parts)| Some(parts.bare_os()) == os);
        }
        let env = self.envs().into_iter().find(|env| match env {
            Env::Any => true,
            Env::Is(env) => found.iter().any(|(_, parts)| parts.env == *env),
        });
        match env {
            Some(Env::Is(env)) => found.retain(|(_, parts)| parts.env == env),
            Some(Env::Any) => {}
            None => found.clear(),
        }
        prefer(&mut found, |parts| {
            self.vendor.is_some() && parts.vendor() == self.vendor
        });
        prefer(&mut found, |parts| {
            parts
                .vendor()
                .is_none_or(|vendor| USUAL_VENDORS.contains(&vendor))
        });
        let several: Vec<_> = found.iter().map(|(triple, _)| *triple).collect();
        let usual_arch = preferred_arch(self.cpu);
        prefer(&mut found, |parts| Some(parts.arch) == usual_arch);
        match *found.as_slice() {
            [] => Err(Unresolved::Without),
            [(triple, _)] => Ok(triple),
            _ => Err(Unresolved::Several(several)),
        }
    }

    fn is_for(&self, parts: &Parts<'_>, system: System) -> bool {
        system.kernel == self.kernel
            && match self.arch {
                Some(arch) => parts.arch == arch,
                None => serves(system.cpu, self.cpu),
            }
    }

    /// What rustc calls the system, the best first; nothing if the kernel says it all.
    fn oses(&self) -> Option<Vec<&str>> {
        Some(match self.os {
            "none" => return None,
            // nixpkgs' choice too: the first version is the one that all hosts know.
            "wasi" => vec!["wasip1"],
            // 32 bit ARM has never run macOS.
            "darwin" | "macos" => vec!["darwin", "ios"],
            "netbsdelf" => vec!["netbsd"],
            "solaris" => vec!["solaris", "illumos"],
            "win32" => vec!["windows"],
            os => vec![os],
        })
    }

    /// What rustc calls the convention, the best first.
    fn envs(&self) -> Vec<Env<'a>> {
        let is_mips64 = self.cpu.starts_with("mips64");
        let is = |env| vec![Env::Is(Some(env))];
        match (self.kernel, self.abi) {
            ("linux", None) => {
                let usual = match self.cpu {
                    "arm" | "armv5tel" => "gnueabi",
                    arm if is_arm(arm) => "gnueabihf",
                    _ if is_mips64 => "gnuabi64",
                    _ => "gnu",
                };
                vec![Env::Is(Some(usual)), Env::Any]
            }
            // rustc's one name is for both versions, says nixpkgs.
            ("linux", Some("gnuabielfv1" | "gnuabielfv2")) => is("gnu"),
            ("linux", Some("gnu")) if is_mips64 => is("gnuabi64"),
            ("linux", Some("musl")) if is_mips64 => is("muslabi64"),
            // nixpkgs takes a mere system for Microsoft's; MinGW is in the config.
            ("windows", None) => vec![Env::Is(Some("msvc")), Env::Any],
            ("windows", Some("gnu")) => {
                vec![Env::Is(Some("gnu")), Env::Is(Some("gnullvm"))]
            }
            // Nearly everything is ELF, said or not.
            ("none", Some("elf")) => vec![Env::Is(Some("elf")), Env::Is(None), Env::Any],
            (_, None) => vec![Env::Is(None), Env::Any],
            (_, Some(abi)) => is(abi),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Env<'a> {
    Is(Option<&'a str>),
    Any,
}

type Found = Vec<(&'static str, Parts<'static>)>;

/// Keeps those that are preferred, if there is one.
fn prefer(found: &mut Found, is_preferred: impl Fn(&Parts<'_>) -> bool) {
    if found.iter().any(|(_, parts)| is_preferred(parts)) {
        found.retain(|(_, parts)| is_preferred(parts));
    }
}

fn is_vendor(word: &str) -> bool {
    GNU_VENDORS.contains(&word)
        || KNOWN
            .iter()
            .filter_map(|triple| Parts::of(triple)?.vendor())
            .any(|vendor| vendor == word)
}

fn is_abi(word: &str) -> bool {
    word == "unknown" || NIXPKGS_ABIS.contains(&word) || is_env(word)
}
