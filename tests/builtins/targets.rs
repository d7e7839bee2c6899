//! `rust.target` against the real rustc, and in the real Nixes.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use nix_sccache_core::target::{Parts, is_known, known};
use nix_sccache_tests::{hosts, stdout_of};
use serde_json::{Value, json};

/// Processors of rustc's that nixpkgs has no name for.
const OTHER_CPUS: &[&str] = &[
    "amdgcn",
    "armeb",
    "armebv7r",
    "bpfeb",
    "bpfel",
    "csky",
    "hexagon",
    "loongarch32",
    "mipsisa32r6",
    "mipsisa32r6el",
    "mipsisa64r6",
    "mipsisa64r6el",
    "nvptx64",
    "xtensa",
];

/// Its systems, with the vendor but for `unknown-`, that nixpkgs has none for.
const OTHER_SYSTEMS: &[&str] = &[
    "bitrig",
    "cloudabi",
    "dragonfly",
    "emscripten",
    "esp-espidf",
    "experimental-emscripten",
    "fortanix-unknown",
    "fuchsia",
    "haiku",
    "helenos",
    "hermit",
    "hurd",
    "ibm-aix",
    "kmc-solid_asp3",
    "l4re",
    "lynx-lynxos178",
    "managarm",
    "motor",
    "nacl",
    "nintendo-3ds",
    "nintendo-switch",
    "nto",
    "nuttx",
    "nuttx-eabi",
    "nuttx-eabihf",
    "pc-nto",
    "pc-qnx",
    "qnx",
    "risc0-zkvm",
    "rtems-eabihf",
    "sony-ps3",
    "sony-psp",
    "sony-psx",
    "sony-vita",
    "teeos",
    "trusty",
    "vex-v5",
    "wrs-vxworks",
    "xous",
];

fn has_system(triple: &str) -> bool {
    let Some(parts) = Parts::of(triple) else {
        return false;
    };
    let os = parts.os.strip_prefix("unknown-").unwrap_or(parts.os);
    !OTHER_CPUS.contains(&parts.arch) && !OTHER_SYSTEMS.contains(&os)
}

/// What the rustc on `PATH` has.
fn target_list() -> Vec<String> {
    let printed = stdout_of(Command::new("rustc").args(["--print", "target-list"]));
    let targets: Vec<_> = printed.lines().map(str::to_owned).collect();
    assert!(targets.len() > 200, "{printed}");
    targets
}

#[test]
fn every_target_of_rustc_is_known() {
    for target in target_list() {
        assert!(is_known(&target), "{target}");
    }
}

/// The manifest of the channel that the rustc on `PATH` is from names all that was released
/// with it. A rustc that rustup did not install has none.
#[test]
fn every_target_of_the_manifest_is_known() {
    let sysroot = stdout_of(Command::new("rustc").args(["--print", "sysroot"]));
    let file = PathBuf::from(sysroot.trim()).join("lib/rustlib/multirust-channel-manifest.toml");
    let manifest = fs::read_to_string(&file).unwrap_or_else(|error| {
        panic!(
            "{}: {error}: this takes a rustc of rustup's",
            file.display()
        )
    });
    let mut count = 0;
    for line in manifest.lines() {
        let heading = line
            .strip_prefix("[pkg.")
            .and_then(|line| line.strip_suffix(']'));
        let Some((_, target)) = heading.and_then(|heading| heading.split_once(".target.")) else {
            continue;
        };
        let target = target.trim_matches('"');
        if target != "*" {
            count += 1;
            assert!(is_known(target), "{target}");
        }
    }
    assert!(count > 300, "{count}");
}

/// One evaluation of all of them: which have a system, and that this has them among its targets.
#[test]
fn every_target_has_its_system() {
    let mut targets = target_list();
    targets.extend(known().iter().map(|&triple| triple.to_owned()));
    targets.sort();
    targets.dedup();
    // A system first of all.
    targets.retain(|target| target != "wasm32-wasi");
    let list = serde_json::to_string(&targets).unwrap();
    let expression = format!(
        r"map (target: let tried = builtins.tryEval (builtins.rust.target target);
             in if tried.success then tried.value else null) (builtins.fromJSON ''{list}'')"
    );
    for host in hosts() {
        let systems = host.value(&expression);
        let systems = systems.as_array().unwrap();
        assert_eq!(systems.len(), targets.len());
        for (target, system) in targets.iter().zip(systems) {
            let message = format!("{target}: {system}");
            match system {
                Value::Null => assert!(!has_system(target), "{message}"),
                Value::String(system) => {
                    assert!(has_system(target), "{message}");
                    // The rest is nixpkgs' spelling.
                    let same_start = |system: &str| target.starts_with(&system[..3]);
                    assert!(
                        same_start(system)
                            || system.starts_with("arm") && target.starts_with("thumb")
                            || system.starts_with("aarch64-") && target.starts_with("arm64")
                            || system.starts_with("i686-") && target.starts_with("i386-"),
                        "{message}"
                    );
                }
                other => panic!("{other}: {message}"),
            }
        }
    }
}

/// What rustc itself says of the targets that the systems become: the same word size, and
/// that it has them.
#[test]
fn systems_become_targets_of_this_rustc() {
    let targets = target_list();
    let systems = [
        "aarch64-darwin",
        "aarch64-linux",
        "aarch64-none",
        "armv5tel-linux",
        "armv6l-linux",
        "armv7l-linux",
        "i686-linux",
        "loongarch64-linux",
        "mips64el-linux",
        "mipsel-linux",
        "msp430-none",
        "powerpc64-linux",
        "powerpc64le-linux",
        "riscv32-linux",
        "riscv64-linux",
        "riscv64-none",
        "s390x-linux",
        "wasm32-none",
        "wasm32-wasi",
        "x86_64-cygwin",
        "x86_64-freebsd",
        "x86_64-linux",
        "x86_64-none",
        "x86_64-uefi",
        "x86_64-windows",
    ];
    let list = serde_json::to_string(&systems).unwrap();
    for host in hosts() {
        let triples = host.value(&format!(
            "map builtins.rust.target (builtins.fromJSON ''{list}'')"
        ));
        for (system, triple) in systems.iter().zip(triples.as_array().unwrap()) {
            let triple = triple.as_str().unwrap();
            assert!(targets.iter().any(|target| target == triple), "{triple}");
            let cfg = stdout_of(Command::new("rustc").args(["--print", "cfg", "--target", triple]));
            let is_64 = cfg.contains("target_pointer_width=\"64\"");
            let expected = system.contains("64") || *system == "s390x-linux";
            assert_eq!(is_64, expected, "{system}: {triple}: {cfg}");
        }
    }
}

/// Sets as nixpkgs elaborates them: what says nothing of the target is not evaluated.
#[test]
fn platforms() {
    for host in hosts() {
        let found = host.value(
            r#"
            let
              elaborated = config: rustcTarget: {
                inherit config;
                system = "i686-linux";
                rust = { inherit rustcTarget; rustcTargetSpec = rustcTarget; platform = throw "not this"; };
                rustc = { };
                emulator = throw "not this";
              };
            in
            map builtins.rust.target [
              (elaborated "x86_64-unknown-linux-musl" "x86_64-unknown-linux-musl")
              (elaborated "aarch64-unknown-linux-android" "aarch64-unknown-linux-android")
              {
                config = "x86_64-elf";
                rust = { rustcTarget = "x86_64-unknown-none-elf"; rustcTargetSpec = ./x86_64-unknown-none-elf.json; };
              }
              {
                config = "x86_64-elf";
                rust = { rustcTarget = "x86_64-unknown-none-elf"; rustcTargetSpec = "x86_64-unknown-none-elf"; };
              }
              { config = "arm-none-eabi"; rustc.config = "thumbv7em-none-eabi"; }
              { system = "armv7l-linux"; rustc = { }; }
            ]"#,
        );
        let expected = json!([
            "x86_64-unknown-linux-musl",
            "aarch64-linux-android",
            "x86_64-unknown-none-elf",
            "x86_64-unknown-none",
            "thumbv7em-none-eabi",
            "armv7-unknown-linux-gnueabihf",
        ]);
        assert_eq!(found, expected);
    }
}
