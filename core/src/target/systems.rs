//! Lists the systems of Nix's, and tells which of them a target triple's is.

use std::fmt;

use super::parts::Parts;

/// A system by nixpkgs' names, such as `x86_64-linux`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct System {
    pub(super) cpu: &'static str,
    pub(super) kernel: &'static str,
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.cpu, self.kernel)
    }
}

/// What nixpkgs has no name for, so that a triple has no system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nameless<'a> {
    Cpu(&'a str),
    Kernel(&'a str),
}

/// The systems of nixpkgs' `lib.systems.doubles.all`, of 2023 to 2026, sorted by bytes.
pub(super) const DOUBLES: &[&str] = &[
    "aarch64-darwin",
    "aarch64-freebsd",
    "aarch64-genode",
    "aarch64-linux",
    "aarch64-netbsd",
    "aarch64-none",
    "aarch64-uefi",
    "aarch64-windows",
    "aarch64_be-none",
    "arc-linux",
    "arm-none",
    "armv5tel-linux",
    "armv6l-linux",
    "armv6l-netbsd",
    "armv6l-none",
    "armv7a-darwin",
    "armv7a-linux",
    "armv7a-netbsd",
    "armv7l-linux",
    "armv7l-netbsd",
    "avr-none",
    "i686-cygwin",
    "i686-darwin",
    "i686-freebsd",
    "i686-genode",
    "i686-linux",
    "i686-netbsd",
    "i686-none",
    "i686-openbsd",
    "i686-windows",
    "javascript-ghcjs",
    "loongarch64-linux",
    "m68k-linux",
    "m68k-netbsd",
    "m68k-none",
    "microblaze-linux",
    "microblaze-none",
    "microblazeel-linux",
    "microblazeel-none",
    "mips-linux",
    "mips-none",
    "mips64-linux",
    "mips64-none",
    "mips64el-linux",
    "mipsel-linux",
    "mipsel-netbsd",
    "mmix-mmixware",
    "msp430-none",
    "or1k-none",
    "powerpc-linux",
    "powerpc-netbsd",
    "powerpc-none",
    "powerpc64-linux",
    "powerpc64le-linux",
    "powerpcle-none",
    "riscv32-linux",
    "riscv32-netbsd",
    "riscv32-none",
    "riscv64-linux",
    "riscv64-netbsd",
    "riscv64-none",
    "rx-none",
    "s390-linux",
    "s390-none",
    "s390x-linux",
    "s390x-none",
    "sh4-linux",
    "vc4-none",
    "wasm32-wasi",
    "wasm64-wasi",
    "x86_64-cygwin",
    "x86_64-darwin",
    "x86_64-freebsd",
    "x86_64-genode",
    "x86_64-linux",
    "x86_64-netbsd",
    "x86_64-none",
    "x86_64-openbsd",
    "x86_64-redox",
    "x86_64-solaris",
    "x86_64-uefi",
    "x86_64-windows",
];

/// The processors of nixpkgs (its `lib/systems/parse.nix`), each with rustc's that are of
/// that kind: the one that nixpkgs itself takes for it first. What runs other programs, as a
/// MIPS of release 6 does, is another kind.
const CPUS: &[(&str, &[&str])] = &[
    (
        "aarch64",
        &["aarch64", "aarch64v8r", "arm64_32", "arm64e", "arm64ec"],
    ),
    ("aarch64_be", &["aarch64_be"]),
    ("alpha", &[]),
    ("arc", &[]),
    ("arm", &["armv4t", "thumbv4t"]),
    ("armv5tel", &["armv5te", "thumbv5te"]),
    ("armv6l", &["arm", "armv6", "armv6k", "thumbv6"]),
    ("armv6m", &["thumbv6m"]),
    ("armv7a", &["armv7a", "armv7k", "armv7s", "thumbv7a"]),
    ("armv7l", &["armv7", "thumbv7neon"]),
    ("armv7m", &["thumbv7em", "thumbv7m"]),
    ("armv7r", &["armv7r", "thumbv7r"]),
    ("armv8a", &[]),
    ("armv8m", &["thumbv8m.base", "thumbv8m.main"]),
    ("armv8r", &["armv8r", "thumbv8r"]),
    ("avr", &["avr"]),
    ("i386", &[]),
    ("i486", &[]),
    ("i586", &["i586"]),
    // What Apple called i386 was never less than an i686, and nixpkgs calls it that.
    ("i686", &["i686", "i386"]),
    ("javascript", &[]),
    // As nixpkgs called it until 2023.
    ("js", &[]),
    ("loongarch64", &["loongarch64"]),
    ("m68k", &["m68k"]),
    ("microblaze", &[]),
    ("microblazeel", &[]),
    ("mips", &["mips"]),
    ("mips64", &["mips64"]),
    ("mips64el", &["mips64el"]),
    ("mipsel", &["mipsel"]),
    ("mmix", &[]),
    ("msp430", &["msp430"]),
    ("or1k", &[]),
    ("powerpc", &["powerpc"]),
    ("powerpc64", &["powerpc64"]),
    ("powerpc64le", &["powerpc64le"]),
    ("powerpcle", &[]),
    (
        "riscv32",
        &[
            "riscv32gc",
            "riscv32",
            "riscv32e",
            "riscv32em",
            "riscv32emc",
            "riscv32i",
            "riscv32im",
            "riscv32ima",
            "riscv32imac",
            "riscv32imafc",
            "riscv32imc",
            "riscv32imfc",
        ],
    ),
    (
        "riscv64",
        &[
            "riscv64gc",
            "riscv64",
            "riscv64a23",
            "riscv64im",
            "riscv64imac",
        ],
    ),
    ("rx", &[]),
    ("s390", &[]),
    ("s390x", &["s390x"]),
    ("sh4", &[]),
    ("sparc", &["sparc"]),
    ("sparc64", &["sparc64", "sparcv9"]),
    ("vc4", &[]),
    ("wasm32", &["wasm32", "wasm32v1"]),
    ("wasm64", &["wasm64"]),
    ("x86_64", &["x86_64", "x86_64h"]),
];

/// 32 bit ARM, little endian.
const ARMS: &[&str] = &[
    "arm", "armv5tel", "armv6l", "armv6m", "armv7a", "armv7l", "armv7m", "armv7r", "armv8m",
    "armv8r",
];

/// The processor that nixpkgs calls so; `arm64` is Apple's name for one.
pub(super) fn cpu(name: &str) -> Option<&'static str> {
    let name = if name == "arm64" { "aarch64" } else { name };
    let (cpu, _) = CPUS.iter().find(|(cpu, _)| *cpu == name)?;
    Some(cpu)
}

/// The name of rustc's that nixpkgs writes for a processor, unless it has the same.
pub(super) fn preferred_arch(cpu: &str) -> Option<&'static str> {
    match cpu {
        "arm" => Some("arm"),
        "armv7a" => Some("armv7"),
        _ => {
            let (_, archs) = CPUS.iter().find(|(name, _)| *name == cpu)?;
            archs.first().copied()
        }
    }
}

/// Whether programs for the one processor are what is meant by the other.
pub(super) fn serves(of_triple: &str, wanted: &str) -> bool {
    match (of_triple, wanted) {
        // rustc's ARMv7 is both, and so is the hardware.
        ("armv7a", "armv7l") | ("armv7l", "armv7a") => true,
        // Any ARM there is, where nixpkgs knows no better.
        (of_triple, "arm") => is_arm(of_triple),
        (of_triple, wanted) => of_triple == wanted,
    }
}

/// Whether it is a 32 bit ARM.
pub(super) fn is_arm(cpu: &str) -> bool {
    ARMS.contains(&cpu)
}

/// What nixpkgs calls the processor of a triple.
pub(super) fn cpu_of<'a>(parts: &Parts<'a>) -> Result<&'static str, Nameless<'a>> {
    let is_android = parts.env == Some("androideabi");
    let is_apple = parts.vendor() == Some("apple");
    match parts.arch {
        // What Android calls armeabi is an ARMv5TE, whatever its name says.
        "arm" if is_android => return Ok("armv5tel"),
        "armv7" | "thumbv7neon" if is_android || is_apple => return Ok("armv7a"),
        _ => {}
    }
    CPUS.iter()
        .find(|(_, archs)| archs.contains(&parts.arch))
        .map(|(cpu, _)| *cpu)
        .ok_or(Nameless::Cpu(parts.arch))
}

/// The kernel of nixpkgs that a system's name stands for, in a triple of rustc's or GNU's:
/// Apple's are all `darwin`, a WASI is one whatever its version, and a BSD too.
pub(super) fn kernel(os: &str) -> Option<&'static str> {
    Some(match without_version(os) {
        "darwin" | "ios" | "macos" | "tvos" | "visionos" | "watchos" => "darwin",
        "cygwin" => "cygwin",
        "freebsd" => "freebsd",
        "genode" => "genode",
        "ghcjs" => "ghcjs",
        "linux" => "linux",
        "mmixware" => "mmixware",
        // A binary format behind it is no part of the name.
        "netbsd" | "netbsdelf" => "netbsd",
        "none" => "none",
        "openbsd" => "openbsd",
        "redox" => "redox",
        // nixpkgs has one name for both.
        "illumos" | "solaris" => "solaris",
        "uefi" => "uefi",
        "wasi" | "wasip1" | "wasip1-threads" | "wasip2" | "wasip3" => "wasi",
        "win32" | "windows" => "windows",
        _ => return None,
    })
}

/// `freebsd` of `freebsd13.2`, as GNU's names of these systems have it.
pub(super) fn without_version(os: &str) -> &str {
    let name = os.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    match name {
        "darwin" | "freebsd" | "ios" | "macos" | "netbsd" | "netbsdelf" | "openbsd" | "solaris" => {
            name
        }
        _ => os,
    }
}

/// The kernel of a triple.
pub(super) fn kernel_of<'a>(parts: &Parts<'a>) -> Result<&'static str, Nameless<'a>> {
    match (parts.os, parts.arch) {
        // Nothing is below: nixpkgs calls that none, for WebAssembly too, and there have been
        // AVRs that said as little.
        ("unknown-unknown", "wasm32" | "wasm64" | "avr") | ("unknown-gnu", "avr") => Ok("none"),
        _ => kernel(parts.bare_os()).ok_or(Nameless::Kernel(parts.os)),
    }
}

/// The system of a triple, by the rules of nixpkgs' `doubleFromSystem`.
pub(super) fn system_of<'a>(parts: &Parts<'a>) -> Result<System, Nameless<'a>> {
    Ok(System {
        kernel: kernel_of(parts)?,
        cpu: cpu_of(parts)?,
    })
}
