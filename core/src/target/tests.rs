use super::parts::is_current;
use super::*;
use crate::request::parse;

fn of(request: &str) -> Result<String, String> {
    target(parse(request.as_bytes()).unwrap()).map_err(|error| error.to_string())
}

fn name(name: &str) -> Result<String, String> {
    translate(name).map_err(|error| error.to_string())
}

/// The rows of a table, whose cells have no white space in them.
fn rows<const N: usize>(table: &str) -> impl Iterator<Item = [&str; N]> {
    let lines = table.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let cells: Vec<_> = line.split_whitespace().collect();
        cells.try_into().unwrap()
    })
}

/// What a platform of nixpkgs' has of `config` and `rust.rustcTarget`.
fn platform(config: &str, rustc_target: &str) -> Result<String, String> {
    of(&format!(
        r#"{{"system":"x86_64-linux","config":"{config}","rust":{{"rustcTarget":"{rustc_target}"}}}}"#
    ))
}

/// The systems of nixpkgs' `lib.systems.doubles.all` that rustc has a target for.
const TARGETS: &[(&str, &str)] = &[
    ("aarch64-darwin", "aarch64-apple-darwin"),
    ("aarch64-freebsd", "aarch64-unknown-freebsd"),
    ("aarch64-linux", "aarch64-unknown-linux-gnu"),
    ("aarch64-netbsd", "aarch64-unknown-netbsd"),
    ("aarch64-none", "aarch64-unknown-none"),
    ("aarch64-uefi", "aarch64-unknown-uefi"),
    ("aarch64-windows", "aarch64-pc-windows-msvc"),
    ("aarch64_be-none", "aarch64_be-unknown-none-softfloat"),
    ("armv5tel-linux", "armv5te-unknown-linux-gnueabi"),
    ("armv6l-linux", "arm-unknown-linux-gnueabihf"),
    ("armv6l-netbsd", "armv6-unknown-netbsd-eabihf"),
    ("armv7a-darwin", "armv7s-apple-ios"),
    ("armv7a-linux", "armv7-unknown-linux-gnueabihf"),
    ("armv7a-netbsd", "armv7-unknown-netbsd-eabihf"),
    ("armv7l-linux", "armv7-unknown-linux-gnueabihf"),
    ("armv7l-netbsd", "armv7-unknown-netbsd-eabihf"),
    ("avr-none", "avr-none"),
    ("i686-darwin", "i686-apple-darwin"),
    ("i686-freebsd", "i686-unknown-freebsd"),
    ("i686-linux", "i686-unknown-linux-gnu"),
    ("i686-netbsd", "i686-unknown-netbsd"),
    ("i686-openbsd", "i686-unknown-openbsd"),
    ("i686-windows", "i686-pc-windows-msvc"),
    ("loongarch64-linux", "loongarch64-unknown-linux-gnu"),
    ("m68k-linux", "m68k-unknown-linux-gnu"),
    ("m68k-none", "m68k-unknown-none-elf"),
    ("mips-linux", "mips-unknown-linux-gnu"),
    ("mips-none", "mips-mti-none-elf"),
    ("mips64-linux", "mips64-unknown-linux-gnuabi64"),
    ("mips64el-linux", "mips64el-unknown-linux-gnuabi64"),
    ("mipsel-linux", "mipsel-unknown-linux-gnu"),
    ("mipsel-netbsd", "mipsel-unknown-netbsd"),
    ("msp430-none", "msp430-none-elf"),
    ("powerpc-linux", "powerpc-unknown-linux-gnu"),
    ("powerpc-netbsd", "powerpc-unknown-netbsd"),
    ("powerpc64-linux", "powerpc64-unknown-linux-gnu"),
    ("powerpc64le-linux", "powerpc64le-unknown-linux-gnu"),
    ("riscv32-linux", "riscv32gc-unknown-linux-gnu"),
    ("riscv64-linux", "riscv64gc-unknown-linux-gnu"),
    ("riscv64-netbsd", "riscv64gc-unknown-netbsd"),
    ("riscv64-none", "riscv64gc-unknown-none-elf"),
    ("s390x-linux", "s390x-unknown-linux-gnu"),
    ("s390x-none", "s390x-unknown-none-softfloat"),
    ("wasm32-wasi", "wasm32-wasip1"),
    ("x86_64-cygwin", "x86_64-pc-cygwin"),
    ("x86_64-darwin", "x86_64-apple-darwin"),
    ("x86_64-freebsd", "x86_64-unknown-freebsd"),
    ("x86_64-linux", "x86_64-unknown-linux-gnu"),
    ("x86_64-netbsd", "x86_64-unknown-netbsd"),
    ("x86_64-none", "x86_64-unknown-none"),
    ("x86_64-openbsd", "x86_64-unknown-openbsd"),
    ("x86_64-redox", "x86_64-unknown-redox"),
    ("x86_64-solaris", "x86_64-pc-solaris"),
    ("x86_64-uefi", "x86_64-unknown-uefi"),
    ("x86_64-windows", "x86_64-pc-windows-msvc"),
];

/// Those that it has several targets for, and none is the usual one.
const SEVERAL: &[&str] = &["arm-none", "armv6l-none", "riscv32-none"];

#[test]
fn every_system_of_nixpkgs_has_an_answer() {
    assert!(DOUBLES.is_sorted());
    for double in DOUBLES {
        let expected = match TARGETS.iter().find(|(system, _)| system == double) {
            Some((_, triple)) => Ok((*triple).to_owned()),
            None if SEVERAL.contains(double) => Err("rustc has several targets for"),
            None => Err("rustc has no target for"),
        };
        match (name(double), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{double}"),
            (Err(found), Err(expected)) => {
                assert!(found.starts_with(expected), "{double}: {found}");
            }
            other => panic!("{double}: {other:?}"),
        }
    }
    for (system, triple) in TARGETS {
        assert!(DOUBLES.contains(system), "{system}");
        assert!(is_current(triple), "{triple}");
    }
}

#[test]
fn systems_come_back() {
    for (system, triple) in TARGETS {
        let expected = match *system {
            // One target for both.
            "armv7a-linux" => "armv7l-linux",
            "armv7a-netbsd" => "armv7l-netbsd",
            system => system,
        };
        assert_eq!(name(triple).as_deref(), Ok(expected), "{triple}");
    }
}

/// What comes back of any triple is a system, whether or not that has a target of its own.
#[test]
fn every_triple_has_a_system_or_is_said_to_have_none() {
    let mut with_system = 0;
    for triple in known() {
        if *triple == "wasm32-wasi" {
            // A system first of all.
            continue;
        }
        match name(triple) {
            Ok(system) => {
                with_system += 1;
                let back = Name::of(&system).unwrap_or_else(|| panic!("{triple}: {system}"));
                assert!(back.is_system() || system == *triple, "{triple}: {system}");
                assert!(
                    back.target() != Err(Unresolved::Without) || !is_current(triple),
                    "{triple}: {system}"
                );
            }
            Err(message) => assert!(
                message.contains("is a target triple of rustc's, but no system of Nix's"),
                "{message}"
            ),
        }
    }
    assert!(with_system > 200, "{with_system}");
}

#[test]
fn triples_have_the_names_of_nixpkgs() {
    for (triple, system) in [
        ("aarch64-apple-ios-sim", "aarch64-darwin"),
        ("aarch64-apple-visionos", "aarch64-darwin"),
        ("aarch64-linux-android", "aarch64-linux"),
        ("aarch64-unknown-linux-gnu_ilp32", "aarch64-linux"),
        ("aarch64-unknown-linux-musl", "aarch64-linux"),
        ("aarch64-unknown-none-softfloat", "aarch64-none"),
        ("arm-linux-androideabi", "armv5tel-linux"),
        ("arm-unknown-linux-musleabi", "armv6l-linux"),
        ("arm64_32-apple-watchos", "aarch64-darwin"),
        ("arm64ec-pc-windows-msvc", "aarch64-windows"),
        ("armv4t-unknown-linux-gnueabi", "arm-linux"),
        ("armv5te-unknown-linux-musleabi", "armv5tel-linux"),
        ("armv6-unknown-freebsd", "armv6l-freebsd"),
        ("armv7-apple-ios", "armv7a-darwin"),
        ("armv7-linux-androideabi", "armv7a-linux"),
        ("armv7-unknown-linux-musleabihf", "armv7l-linux"),
        ("armv7a-none-eabi", "armv7a-none"),
        ("armv7r-none-eabihf", "armv7r-none"),
        ("armv8r-none-eabihf", "armv8r-none"),
        ("avr-unknown-gnu-atmega328", "avr-none"),
        ("i386-apple-ios", "i686-darwin"),
        ("i586-unknown-linux-musl", "i586-linux"),
        ("i686-win7-windows-msvc", "i686-windows"),
        ("mips64-openwrt-linux-musl", "mips64-linux"),
        ("powerpc-unknown-linux-gnuspe", "powerpc-linux"),
        ("riscv32imac-unknown-none-elf", "riscv32-none"),
        ("riscv64-linux-android", "riscv64-linux"),
        ("riscv64a23-unknown-linux-gnu", "riscv64-linux"),
        ("sparcv9-sun-solaris", "sparc64-solaris"),
        ("thumbv4t-none-eabi", "arm-none"),
        ("thumbv6m-none-eabi", "armv6m-none"),
        ("thumbv7em-none-eabihf", "armv7m-none"),
        ("thumbv7m-none-eabi", "armv7m-none"),
        ("thumbv7neon-unknown-linux-gnueabihf", "armv7l-linux"),
        ("thumbv8m.base-none-eabi", "armv8m-none"),
        ("thumbv8m.main-none-eabihf", "armv8m-none"),
        ("wasm32-unknown-unknown", "wasm32-none"),
        ("wasm32-wasip1-threads", "wasm32-wasi"),
        ("wasm32-wasip2", "wasm32-wasi"),
        ("wasm32v1-none", "wasm32-none"),
        ("x86_64-apple-tvos", "x86_64-darwin"),
        ("x86_64-pc-windows-msvc", "x86_64-windows"),
        ("x86_64-sun-solaris", "x86_64-solaris"),
        ("x86_64-unknown-illumos", "x86_64-solaris"),
        ("x86_64-unknown-linux-gnux32", "x86_64-linux"),
        ("x86_64-unknown-linux-none", "x86_64-linux"),
        ("x86_64h-apple-darwin", "x86_64-darwin"),
        // Not yet rustc's, and in its words.
        ("riscv64gc-unknown-linux-ohos", "riscv64-linux"),
        ("sparc64-unknown-linux-musl", "sparc64-linux"),
        ("aarch64_be-unknown-none", "aarch64_be-none"),
    ] {
        assert_eq!(name(triple).as_deref(), Ok(system), "{triple}");
    }
    for (triple, lacks) in [
        (
            "mipsisa64r6-unknown-linux-gnuabi64",
            "processor \"mipsisa64r6\"",
        ),
        ("nvptx64-nvidia-cuda", "kernel \"nvidia-cuda\""),
        ("x86_64-unknown-fuchsia", "kernel \"fuchsia\""),
        ("xtensa-esp32-none-elf", "processor \"xtensa\""),
    ] {
        let message = name(triple).unwrap_err();
        assert!(
            message.ends_with(&format!("nixpkgs knows no {lacks}")),
            "{message}"
        );
    }
}

/// Systems that nixpkgs does not list, but takes, or once had.
#[test]
fn systems_off_the_list() {
    for (system, triple) in [
        ("aarch64-ios", "aarch64-apple-ios"),
        ("aarch64-visionos", "aarch64-apple-visionos"),
        ("aarch64_be-linux", "aarch64_be-unknown-linux-gnu"),
        ("arm64-darwin", "aarch64-apple-darwin"),
        ("arm-linux", "arm-unknown-linux-gnueabi"),
        ("armv6m-none", "thumbv6m-none-eabi"),
        ("armv7a-ios", "armv7s-apple-ios"),
        ("i586-linux", "i586-unknown-linux-gnu"),
        ("i686-ios", "i386-apple-ios"),
        ("i686-uefi", "i686-unknown-uefi"),
        ("loongarch64-none", "loongarch64-unknown-none"),
        ("mipsel-none", "mipsel-unknown-none"),
        ("riscv64-openbsd", "riscv64gc-unknown-openbsd"),
        ("sparc64-linux", "sparc64-unknown-linux-gnu"),
        ("wasm32-none", "wasm32-unknown-unknown"),
        ("wasm64-none", "wasm64-unknown-unknown"),
        ("x86_64-darwin14", "x86_64-apple-darwin"),
        ("x86_64-freebsd13", "x86_64-unknown-freebsd"),
        ("x86_64-illumos", "x86_64-unknown-illumos"),
        ("x86_64-ios", "x86_64-apple-ios"),
        ("x86_64-macos", "x86_64-apple-darwin"),
        ("x86_64-openbsd7.3", "x86_64-unknown-openbsd"),
        ("x86_64-watchos", "x86_64-apple-watchos-sim"),
    ] {
        assert_eq!(name(system).as_deref(), Ok(triple), "{system}");
    }
    for system in [
        "i386-linux",
        "i686-redox",
        "i686-visionos",
        "js-ghcjs",
        "powerpc64-uefi",
    ] {
        let none = format!("rustc has no target for {system:?}");
        assert_eq!(name(system), Err(none));
    }
}

#[test]
fn several_targets_are_listed() {
    let message = name("arm-none").unwrap_err();
    for triple in [
        "armv4t-none-eabi",
        "thumbv6m-none-eabi",
        "thumbv8m.main-none-eabihf",
    ] {
        assert!(message.contains(triple), "{message}");
    }
    assert!(!message.contains("armebv7r"), "{message}");
    let message = platform("arm-none-eabihf", "arm-unknown-none-eabihf").unwrap_err();
    assert!(
        message.starts_with("rust.rustcTarget: rustc has several"),
        "{message}"
    );
    assert!(message.contains("thumbv7em-none-eabihf"), "{message}");
    assert!(!message.contains("thumbv6m"), "{message}");
}

/// Platforms of nixpkgs' `lib.systems.examples`, of `pkgsMusl` and of `pkgsStatic`: whatever
/// of them rustc has under another name than nixpkgs computes, and some that it has not.
const PLATFORMS: &str = "
    aarch64-none-elf aarch64-unknown-none aarch64-unknown-none
    aarch64-unknown-linux-android aarch64-linux-android aarch64-linux-android
    aarch64-unknown-linux-android aarch64-unknown-linux-android aarch64-linux-android
    aarch64-w64-mingw32 aarch64-pc-windows-gnullvm aarch64-pc-windows-gnullvm
    arm64-apple-darwin aarch64-apple-darwin aarch64-apple-darwin
    armv6l-unknown-linux-musleabihf arm-unknown-linux-musleabihf arm-unknown-linux-musleabihf
    armv6l-unknown-netbsdelf arm-unknown-netbsd armv6-unknown-netbsd-eabihf
    armv7a-unknown-linux-androideabi armv7-unknown-linux-androideabi armv7-linux-androideabi
    avr avr-unknown-none avr-none
    m68k-unknown-none m68k-unknown-none m68k-unknown-none-elf
    mips64-unknown-linux-gnu mips64-unknown-linux-gnu mips64-unknown-linux-gnuabi64
    msp430-elf msp430-unknown-none-elf msp430-none-elf
    powerpc64-unknown-linux-gnuabielfv2 powerpc64-unknown-linux-gnuabielfv2 powerpc64-unknown-linux-gnu
    riscv64-none-elf riscv64gc-unknown-none-elf riscv64gc-unknown-none-elf
    riscv64-none-elf riscv64gc-none-elf riscv64gc-unknown-none-elf
    wasm32-unknown-none wasm32-unknown-none wasm32-unknown-unknown
    wasm32-unknown-wasi wasm32-unknown-wasi wasm32-wasip1
    wasm32-unknown-wasi wasm32-wasi wasm32-wasi
    x86_64-elf x86_64-unknown-none-elf x86_64-unknown-none
    x86_64-unknown-freebsd13 x86_64-unknown-freebsd13 x86_64-unknown-freebsd
    x86_64-unknown-solaris x86_64-unknown-solaris x86_64-pc-solaris
    x86_64-w64-mingw32 x86_64-pc-windows-gnullvm x86_64-pc-windows-gnullvm
    # The user's own.
    arm-none-eabi thumbv7em-none-eabihf thumbv7em-none-eabihf
    x86_64-unknown-linux-gnu x86_64-nobody-os x86_64-nobody-os
    x86_64-unknown-linux-gnu my-board my-board
    x86_64-elf x86_64-kernel x86_64-kernel
    # Perhaps a later rustc's.
    m68k-unknown-linux-musl m68k-unknown-linux-musl m68k-unknown-linux-musl
";

#[test]
fn platforms_of_nixpkgs() {
    for [config, rustc_target, triple] in rows(PLATFORMS) {
        assert_eq!(
            platform(config, rustc_target).as_deref(),
            Ok(triple),
            "{config}"
        );
    }
    let table = "
        aarch64-unknown-freebsd-musl aarch64-unknown-freebsd-musl
        javascript-unknown-ghcjs javascript-unknown-ghcjs
        mips64-unknown-linux-gnuabin32 mips64-unknown-linux-gnuabin32
        s390-unknown-linux-gnu s390-unknown-linux-gnu
        x86_64-unknown-genode x86_64-unknown-genode
    ";
    for [config, rustc_target] in rows(table) {
        let none = format!("rust.rustcTarget: rustc has no target for {rustc_target:?}");
        assert_eq!(platform(config, rustc_target), Err(none));
    }
}

/// Sets that nixpkgs has not elaborated, and those of its older releases.
#[test]
fn platforms_by_their_config() {
    let table = "
        aarch64-apple-ios aarch64-apple-ios
        aarch64-none-elf aarch64-unknown-none
        aarch64-unknown-linux-android aarch64-linux-android
        aarch64-w64-mingw32 aarch64-pc-windows-gnullvm
        arm64-apple-darwin aarch64-apple-darwin
        armv5tel-unknown-linux-gnueabi armv5te-unknown-linux-gnueabi
        armv6l-unknown-linux-musleabihf arm-unknown-linux-musleabihf
        armv7a-unknown-linux-androideabi armv7-linux-androideabi
        armv7l-unknown-linux-gnueabihf armv7-unknown-linux-gnueabihf
        armv7l-unknown-linux-uclibceabihf armv7-unknown-linux-uclibceabihf
        avr avr-none
        i686-w64-mingw32 i686-pc-windows-gnu
        mips64el-unknown-linux-gnuabi64 mips64el-unknown-linux-gnuabi64
        mips64el-unknown-linux-muslabi64 mips64el-unknown-linux-muslabi64
        mipsel-unknown-linux-uclibc mipsel-unknown-linux-uclibc
        msp430-elf msp430-none-elf
        riscv64-unknown-linux-musl riscv64gc-unknown-linux-musl
        wasm32-unknown-wasi wasm32-wasip1
        x86_64-elf x86_64-unknown-none
        x86_64-linux x86_64-unknown-linux-gnu
        x86_64-linux-musl x86_64-unknown-linux-musl
        x86_64-oe-linux x86_64-oe-linux-gnu
        x86_64-pc-linux-gnu x86_64-unknown-linux-gnu
        x86_64-pc-windows-cygnus x86_64-pc-cygwin
        x86_64-unknown-freebsd13 x86_64-unknown-freebsd
        x86_64-unknown-linux-gnux32 x86_64-unknown-linux-gnux32
        x86_64-unknown-redox x86_64-unknown-redox
        x86_64-w64-mingw32 x86_64-pc-windows-gnu
        x86_64-w64-windows-gnu x86_64-pc-windows-gnu
    ";
    for [config, triple] in rows(table) {
        let set = format!(r#"{{"config":"{config}","system":"i686-linux"}}"#);
        assert_eq!(of(&set).as_deref(), Ok(triple), "{config}");
    }
    assert_eq!(
        of(r#"{"config":"x86_64-unknown-linux-uclibc","system":"x86_64-linux"}"#),
        Err(r#"config: rustc has no target for "x86_64-unknown-linux-uclibc""#.to_owned())
    );
    assert_eq!(
        of(r#"{"config":"x86_64-unknown-linux-foo","system":"x86_64-linux"}"#),
        Err(
            r#"config: "x86_64-unknown-linux-foo" is neither a system of Nix's nor a target triple of rustc's; did you mean "x86_64-unknown-linux-gnu"?"#
                .to_owned()
        )
    );
    assert_eq!(
        of(r#"{"system":"aarch64-darwin"}"#).as_deref(),
        Ok("aarch64-apple-darwin")
    );
    assert_eq!(
        of(r#"{"rustc":{"config":"thumbv7em-none-eabi"},"config":"arm-none-eabi"}"#).as_deref(),
        Ok("thumbv7em-none-eabi")
    );
    assert_eq!(
        of(r#"{"rustc":{},"config":"x86_64-unknown-linux-musl"}"#).as_deref(),
        Ok("x86_64-unknown-linux-musl")
    );
    // There is a file that describes it.
    assert_eq!(
        of(r#"{"config":"x86_64-elf","rust":{"rustcTarget":"x86_64-unknown-none-elf","isCustom":true}}"#)
            .as_deref(),
        Ok("x86_64-unknown-none-elf")
    );
}

#[test]
fn typos_are_errors() {
    let table = "
        x86_64-linus x86_64-linux
        x86_64-unknown-linux x86_64-unknown-linux-gnu
        x86_64-unknown-linux-glibc x86_64-unknown-linux-gnu
        x86_64-unknown-linux-mus x86_64-unknown-linux-musl
        x86_64-unkown-linux-gnu x86_64-unknown-linux-gnu
        x86_64-unknown-windows-msvc x86_64-pc-windows-msvc
        x86_64-linux-gnu x86_64-unknown-linux-gnu
        x86_64-w64-mingw32 x86_64-pc-windows-gnu
        armv7l-unknown-linux-gnueabihf armv7-unknown-linux-gnueabihf
        armv7-unknown-linux-gnu armv7-unknown-linux-gnueabi
        x86_64-unknown-linux-gnueabihf x86_64-unknown-linux-gnuasan
        wasm32-unknown-wasi wasm32-wasip1
    ";
    for [typo, meant] in rows(table) {
        let message = name(typo).unwrap_err();
        let end = format!("; did you mean {meant:?}?");
        assert!(message.contains("is neither a system"), "{message}");
        assert!(message.ends_with(&end), "{message}");
    }
    for strange in [
        "",
        "-",
        "--",
        "x86_64",
        "pdp11-unix",
        "a-b-c-d-e-f",
        "é-\u{1b}",
    ] {
        let message = name(strange).unwrap_err();
        assert!(
            message.ends_with("nor a target triple of rustc's"),
            "{message}"
        );
    }
    let long = format!("x86_64-{}", "linux-".repeat(1 << 16));
    assert!(name(&long).unwrap_err().len() < 250);
}
