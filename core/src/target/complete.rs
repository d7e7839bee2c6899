//! Completes parts of a triple, as rustup takes them behind a channel's name.

use super::parts::{is_arch, is_env, is_os};

/// The triple that `partial` stands for on `host`: a processor, a system and an env, each of
/// rustc's own and each of them optional, in this order, as in the names of toolchains
/// `stable-musl` or `1.84-aarch64`. What is missing is the host's, but where the system is
/// named the env is not: otherwise nobody could ask for none.
///
/// Nothing when `partial` has anything else in it, or when the host has no system. Whether
/// rustc has the target is not looked at. The rules are those of rustup 1.28 and later.
#[must_use]
pub fn complete(partial: &str, host: &str) -> Option<String> {
    let asked = Partial::of(partial)?;
    let host = Partial::of(host)?;
    let arch = asked.arch.or(host.arch)?;
    let os = asked.os.or(host.os)?;
    // A host is nothing without both, even where none of it is needed.
    host.arch.and(host.os)?;
    let env = match asked.os {
        Some(_) => asked.env,
        None => asked.env.or(host.env),
    };
    Some(match env {
        Some(env) => format!("{arch}-{os}-{env}"),
        None => format!("{arch}-{os}"),
    })
}

#[derive(Clone, Copy, Default)]
struct Partial<'a> {
    arch: Option<&'a str>,
    os: Option<&'a str>,
    env: Option<&'a str>,
}

impl<'a> Partial<'a> {
    fn of(name: &'a str) -> Option<Self> {
        let (arch, rest) = match name.split_once('-') {
            Some((arch, rest)) if is_arch(arch) => (Some(arch), rest),
            None if name.is_empty() || is_arch(name) => {
                let arch = Some(name).filter(|name| !name.is_empty());
                return Some(Self {
                    arch,
                    ..Self::default()
                });
            }
            _ => (None, name),
        };
        // `none` is a system's name and an env's: the system comes first.
        if is_os(rest) {
            let os = Some(rest);
            return Some(Self {
                arch,
                os,
                env: None,
            });
        }
        if is_env(rest) {
            let env = Some(rest);
            return Some(Self {
                arch,
                os: None,
                env,
            });
        }
        let (os, env) = rest.rsplit_once('-')?;
        (is_os(os) && is_env(env)).then_some(Self {
            arch,
            os: Some(os),
            env: Some(env),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::parts::current;

    const LINUX: &str = "x86_64-unknown-linux-gnu";

    #[test]
    fn what_is_missing_is_the_hosts() {
        for (partial, host, expected) in [
            ("", LINUX, LINUX),
            ("musl", LINUX, "x86_64-unknown-linux-musl"),
            ("aarch64", LINUX, "aarch64-unknown-linux-gnu"),
            ("i686", "x86_64-pc-windows-msvc", "i686-pc-windows-msvc"),
            ("gnu", "x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu"),
            ("i686-gnu", "x86_64-pc-windows-msvc", "i686-pc-windows-gnu"),
            ("x86_64", "aarch64-apple-darwin", "x86_64-apple-darwin"),
            ("apple-darwin", LINUX, "x86_64-apple-darwin"),
            ("pc-windows-gnu", LINUX, "x86_64-pc-windows-gnu"),
            ("pc-windows", "x86_64-pc-windows-msvc", "x86_64-pc-windows"),
            ("unknown-linux", LINUX, "x86_64-unknown-linux"),
            ("linux-android", LINUX, "x86_64-linux-android"),
            ("none", LINUX, "x86_64-none"),
            ("wasm32-wasip1-threads", LINUX, "wasm32-wasip1-threads"),
            ("x86_64-pc-windows-gnu", LINUX, "x86_64-pc-windows-gnu"),
            (
                "sparc64-unknown-linux-musl",
                LINUX,
                "sparc64-unknown-linux-musl",
            ),
        ] {
            assert_eq!(
                complete(partial, host).as_deref(),
                Some(expected),
                "{partial}"
            );
        }
    }

    #[test]
    fn a_whole_triple_stays() {
        for (triple, _) in current() {
            assert_eq!(complete(triple, LINUX).as_deref(), Some(triple));
            assert_eq!(complete("", triple).as_deref(), Some(triple));
        }
    }

    #[test]
    fn strangers_are_no_part() {
        for partial in [
            "anything",
            "any-other-thing",
            "-",
            "--",
            "x86_64-",
            "x86_64-pc-",
            "x86_64-pc-windows-",
            "-pc-windows",
            "x86_64-pc-windows-anything",
            "gnu-x86_64",
            "musl-gnu",
            "X86_64",
            "x86_64-linux-gnu-",
            "2026-01-01",
            "é-é",
        ] {
            assert_eq!(complete(partial, LINUX), None, "{partial}");
        }
        for host in [
            "",
            "x86_64",
            "unknown-linux-gnu",
            "x86_64-gnu",
            "x86_64-plan9",
        ] {
            assert_eq!(complete("musl", host), None, "{host}");
            assert_eq!(complete(LINUX, host), None, "{host}");
        }
    }

    const ARCHS: &[&str] = &[
        "aarch64",
        "aarch64_be",
        "arm",
        "armv5te",
        "armv7",
        "arm64ec",
        "i386",
        "i586",
        "i686",
        "loongarch64",
        "mips",
        "mips64",
        "mips64el",
        "mipsel",
        "powerpc",
        "powerpc64",
        "powerpc64le",
        "riscv32imfc",
        "riscv64a23",
        "riscv64gc",
        "s390x",
        "sparcv9",
        "thumbv8m.main",
        "wasm32",
        "wasm32v1",
        "x86_64",
        "x86_64h",
        "xtensa",
    ];

    const OSES: &[&str] = &[
        "apple-darwin",
        "esp32-none",
        "fortanix-unknown",
        "linux",
        "mti-none",
        "none",
        "nuttx-eabihf",
        "oe-linux",
        "pc-cygwin",
        "pc-qnx",
        "pc-solaris",
        "pc-windows",
        "rtems-eabihf",
        "unknown-dragonfly",
        "unknown-freebsd",
        "unknown-illumos",
        "unknown-linux",
        "unknown-netbsd",
        "unknown-none",
        "unknown-openbsd",
        "unknown-qnx",
        "unknown-unknown",
        "uwp-windows",
        "wasip1",
        "wasip1-threads",
        "wasip3",
        "win7-windows",
    ];

    const ENVS: &[&str] = &[
        "android",
        "androideabi",
        "eabi",
        "eabihf",
        "elf",
        "freestanding",
        "gnu",
        "gnu_ilp32",
        "gnuabi64",
        "gnuabiv2hf",
        "gnuasan",
        "gnueabi",
        "gnueabihf",
        "gnuelfv2",
        "gnullvm",
        "gnumsan",
        "gnuspe",
        "gnutsan",
        "gnux32",
        "macabi",
        "mlibc",
        "msvc",
        "musl",
        "muslabi64",
        "musleabi",
        "musleabihf",
        "none",
        "ohos",
        "pauthtest",
        "qnx710_iosock",
        "sgx",
        "sim",
        "softfloat",
        "spe",
        "uclibc",
        "uclibceabihf",
    ];

    /// rustup writes its words out: they are the same, for those that name a toolchain's host
    /// above all.
    #[test]
    fn the_words_are_rustups() {
        for arch in ARCHS {
            assert!(is_arch(arch), "{arch}");
        }
        for os in OSES {
            assert!(is_os(os), "{os}");
        }
        for env in ENVS {
            assert!(is_env(env), "{env}");
        }
        for word in [
            "amd64",
            "arm64",
            "armv7l",
            "windows",
            "darwin",
            "wasi",
            "eabi64",
            "unknown-cloudabi",
            "asmjs",
            "atmega328",
        ] {
            assert!(!is_arch(word) && !is_os(word) && !is_env(word), "{word}");
        }
    }
}
