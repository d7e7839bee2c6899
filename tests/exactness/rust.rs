//! What rustc reads: sources, variables, arguments and settings.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::case::{Expected, case};

const FIXED: u64 = 1_600_000_000;

#[test]
fn the_body_of_a_module() {
    case("lib a")
        .file("src/a.rs", "mod b; pub fn f() -> u8 { b::f() }")
        .file("src/b.rs", "pub fn f() -> u8 { 1 }")
        .misses_when(|project| project.file("src/b.rs", "pub fn f() -> u8 { 2 }"))
        .check();
}

#[test]
fn two_modules_are_swapped() {
    case("lib a")
        .file(
            "src/a.rs",
            "mod b; mod c; pub fn f() -> u8 { b::f() * 2 + c::f() }",
        )
        .file("src/b.rs", "pub fn f() -> u8 { 1 }")
        .file("src/c.rs", "pub fn f() -> u8 { 2 }")
        .misses_when(|project| project.swap("src/b.rs", "src/c.rs"))
        .check();
}

#[test]
fn a_module_with_a_path() {
    case("lib a")
        .file(
            "src/a.rs",
            "#[path = \"one.rs\"] mod b; pub fn f() -> &'static str { b::f() }",
        )
        .file("src/one.rs", "pub fn f() -> &'static str { file!() }")
        .fails_when(|project| project.rename("src/one.rs", "src/two.rs"))
        .misses_when(|project| {
            project.rename("src/one.rs", "src/two.rs");
            project.file(
                "src/a.rs",
                "#[path = \"two.rs\"] mod b; pub fn f() -> &'static str { b::f() }",
            );
        })
        .check();
}

#[test]
fn a_module_appears_beside_the_one_that_is_used() {
    case("lib a")
        .file("src/a.rs", "mod b; pub fn f() -> u8 { b::f() }")
        .file("src/b.rs", "pub fn f() -> u8 { 1 }")
        .fails_when(|project| project.file("src/b/mod.rs", "pub fn f() -> u8 { 2 }"))
        .check();
}

#[test]
fn a_module_moves_into_a_directory() {
    case("lib a")
        .file("src/a.rs", "mod b; pub fn f() -> &'static str { b::f() }")
        .file("src/b.rs", "pub fn f() -> &'static str { file!() }")
        .misses_when(|project| project.rename("src/b.rs", "src/b/mod.rs"))
        .check();
}

#[test]
fn a_module_is_gone() {
    case("lib a")
        .file("src/a.rs", "mod b; pub fn f() -> u8 { b::f() }")
        .file("src/b.rs", "pub fn f() -> u8 { 1 }")
        .fails_when(|project| project.remove("src/b.rs"))
        .check();
}

#[test]
fn an_included_text() {
    case("lib a")
        .file(
            "src/a.rs",
            "#![doc = include_str!(\"a.md\")]\npub fn f() -> &'static str { include_str!(\"../a.txt\") }",
        )
        .file("a.txt", "one")
        .file("src/a.md", "It says one.")
        .misses_when(|project| project.file("a.txt", "two"))
        .misses_when(|project| project.file("src/a.md", "It says two."))
        .check();
}

#[test]
fn included_bytes_of_the_same_size_and_time() {
    case("lib a")
        .file(
            "src/a.rs",
            "pub fn f() -> &'static [u8] { include_bytes!(\"a.bin\") }",
        )
        .with(|project| project.dated("src/a.bin", "one", FIXED))
        .misses_when(|project| project.dated("src/a.bin", "two", FIXED))
        .check();
}

#[test]
fn a_variable() {
    case("lib a")
        .file(
            "src/a.rs",
            "pub fn f() -> (&'static str, &'static str) { (env!(\"ONE\"), env!(\"TWO\")) }",
        )
        .variable("ONE", "1")
        .variable("TWO", "2")
        .misses_when(|project| project.variable("ONE", "3"))
        .misses_when(|project| {
            project.variable("ONE", "2");
            project.variable("TWO", "1");
        })
        .check();
}

#[test]
fn a_variable_that_is_not_set_and_one_that_is_empty() {
    case("lib a")
        .file(
            "src/a.rs",
            "pub fn f() -> Option<&'static str> { option_env!(\"ONE\") }",
        )
        .misses_when(|project| project.variable("ONE", ""))
        .misses_when(|project| project.variable("ONE", "1"))
        .check();
}

#[test]
fn a_variable_with_line_breaks_and_backslashes() {
    case("lib a")
        .file("src/a.rs", "pub fn f() -> &'static str { env!(\"ONE\") }")
        .variable("ONE", "a\nb")
        .misses_when(|project| project.variable("ONE", "a\\nb"))
        .misses_when(|project| project.variable("ONE", "a\\\nb"))
        .misses_when(|project| project.variable("ONE", "a\r\nb"))
        .check();
}

#[test]
fn line_breaks_between_two_variables() {
    case("lib a")
        .file(
            "src/a.rs",
            "pub fn f() -> (&'static str, &'static str) { (env!(\"ONE\"), env!(\"TWO\")) }",
        )
        .variable("ONE", "a\n")
        .variable("TWO", "b")
        .misses_when(|project| {
            project.variable("ONE", "a");
            project.variable("TWO", "\nb");
        })
        .check();
}

#[test]
fn a_variable_that_is_not_utf8() {
    case("lib a")
        .file(
            "src/a.rs",
            "pub fn f() -> Option<&'static str> { option_env!(\"ONE\") }",
        )
        .variable("ONE", "a")
        .right_when(|project| project.variable("ONE", OsString::from_vec(vec![b'a', 0xff])))
        .right_when(|project| project.variable("ONE", OsString::from_vec(vec![b'a', 0xfe])))
        .right_when(|project| project.variable("ONE", "a\u{fffd}"))
        .check();
}

/// The shell drops such a variable; env does not.
#[test]
fn a_variable_whose_name_is_no_identifier() {
    case("env ONE-1=\"$value\" ${through-} rustc --crate-name a --edition=2024 src/a.rs --crate-type lib --emit=dep-info,metadata,link -C metadata=a -C extra-filename=-a --out-dir .")
        .file(
            "src/a.rs",
            "pub fn f() -> Option<&'static str> { option_env!(\"ONE-1\") }",
        )
        .variable("value", "1")
        .misses_when(|project| project.variable("value", "2"))
        .check();
}

/// Those that other caches take from compilers, or leave out of their keys.
#[test]
fn variables_that_builds_are_full_of() {
    for name in [
        "SOURCE_DATE_EPOCH",
        "HOST",
        "HOSTNAME",
        "DESTDIR",
        "MAKEFLAGS",
        "CARGO_MAKEFLAGS",
        "RPM_PACKAGE_VERSION",
        "TERM",
        "TMPDIR",
        "out",
        "CARGO_PKG_VERSION",
        "RUSTFLAGS",
        "RUST_LOG",
    ] {
        let is_directory = name == "TMPDIR";
        let (one, other) = if is_directory {
            ("/tmp", "/var/tmp")
        } else {
            ("one", "other")
        };
        let source = format!("pub fn f() -> Option<&'static str> {{ option_env!({name:?}) }}");
        case("lib a")
            .file("src/a.rs", source)
            .variable(name, one)
            .misses_when(|project| project.variable(name, other))
            .check();
    }
}

/// Nor does rustc list the variables that a source names where it is not asked for a list.
#[test]
fn a_variable_without_a_list_of_sources() {
    case("mkdir out; rustc --crate-name a --edition=2024 src/a.rs --crate-type lib --emit=metadata,link -C metadata=a --out-dir out")
        .file("src/a.rs", "pub const NUMBER: Option<&str> = option_env!(\"NUM_JOBS\");")
        .misses_when(|project| project.variable("NUM_JOBS", "3"))
        .check();
}

#[test]
fn generated_code() {
    case("OUT_DIR=$PWD/out lib a")
        .file(
            "src/a.rs",
            "include!(concat!(env!(\"OUT_DIR\"), \"/b.rs\"));",
        )
        .file("out/b.rs", "pub fn f() -> u8 { 1 }")
        .file("other/b.rs", "pub fn f() -> u8 { 1 }")
        .misses_when(|project| project.file("out/b.rs", "pub fn f() -> u8 { 2 }"))
        .right_when(|project| project.script("/out", "/other"))
        .check();
}

/// As a value, as a place, as both, and as something that is derived from it.
#[test]
fn the_directory_of_generated_code() {
    for source in [
        "pub fn f() -> &'static str { env!(\"OUT_DIR\") }",
        "include!(concat!(env!(\"OUT_DIR\"), \"/b.rs\")); pub fn g() -> &'static str { env!(\"OUT_DIR\") }",
        "pub const F: [u8; env!(\"OUT_DIR\").len() % 2] = [0; env!(\"OUT_DIR\").len() % 2];",
        "include!(concat!(env!(\"OUT_DIR\"), \"/b.rs\")); pub const F: u8 = env!(\"OUT_DIR\").as_bytes()[env!(\"OUT_DIR\").len() - 1];",
    ] {
        case("OUT_DIR=$PWD/out lib a")
            .file("src/a.rs", source)
            .file("out/b.rs", "pub fn f() -> &'static str { file!() }")
            .file("other/b.rs", "pub fn f() -> &'static str { file!() }")
            .misses_when(|project| project.script("/out", "/other"))
            .check();
    }
}

#[test]
fn the_directory_of_the_package() {
    for source in [
        "pub fn f() -> &'static str { env!(\"CARGO_MANIFEST_DIR\") }",
        "pub fn f() -> &'static str { include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/a.txt\")) }",
        "pub fn f() -> &'static str { file!() }",
    ] {
        case("CARGO_MANIFEST_DIR=$PWD lib a")
            .file("src/a.rs", source)
            .file("a.txt", "text")
            .right_when(|project| project.directory("other"))
            .right_when(|project| project.directory("project-with-a-long-name"))
            .check();
    }
}

#[test]
fn another_directory_and_paths_that_are_mapped() {
    case("lib a --remap-path-prefix $PWD=/s -C debuginfo=2")
        .file("src/a.rs", "pub fn f() -> &'static str { file!() }")
        .right_when(|project| project.directory("other"))
        .right_when(|project| project.script("=/s", "=/other"))
        .check();
    case("lib a -C instrument-coverage -C debuginfo=2")
        .file("src/a.rs", "pub fn f() -> &'static str { file!() }")
        .right_when(|project| project.directory("other"))
        .check();
}

#[test]
fn names_of_sources_with_odd_characters() {
    for name in [
        "b c.rs",
        "b#c.rs",
        "b:c.rs",
        "b\\\\c.rs",
        "b$c.rs",
        "bé.rs",
        "b\\nc.rs",
    ] {
        let file = name.replace("\\n", "\n").replace("\\\\", "\\");
        case("lib a")
            .file(
                "src/a.rs",
                format!("#[path = \"{name}\"] mod b; pub fn f() -> u8 {{ b::f() }}"),
            )
            .file(&format!("src/{file}"), "pub fn f() -> u8 { 1 }")
            .misses_when(|project| project.file(&format!("src/{file}"), "pub fn f() -> u8 { 2 }"))
            .check();
    }
}

#[test]
fn a_source_that_is_a_link() {
    case("lib a")
        .file("src/a.rs", "mod b; pub fn f() -> u8 { b::f() }")
        .file("src/one", "pub fn f() -> u8 { 1 }")
        .file("src/two", "pub fn f() -> u8 { 2 }")
        .with(|project| project.link("src/b.rs", "one"))
        .misses_when(|project| project.link("src/b.rs", "two"))
        .fails_when(|project| project.link("src/b.rs", "three"))
        .check();
}

#[test]
fn a_directory_of_sources_that_is_a_link() {
    case("lib a")
        .file("src/a.rs", "mod b; pub fn f() -> u8 { b::c::f() }")
        .file("src/b.rs", "pub mod c;")
        .file("one/c.rs", "pub fn f() -> u8 { 1 }")
        .file("two/c.rs", "pub fn f() -> u8 { 2 }")
        .with(|project| project.link("src/b", "../one"))
        .misses_when(|project| project.link("src/b", "../two"))
        .check();
}

#[test]
fn the_order_and_the_values_of_cfgs() {
    case("lib a --cfg 'feature=\"b\"' --cfg 'feature=\"c\"'")
        .file(
            "src/a.rs",
            "#![allow(unexpected_cfgs)] #[cfg(feature = \"b\")] pub fn b() {} #[cfg(feature = \"c\")] pub fn c() {}",
        )
        .right_when(|project| project.script = "lib a --cfg 'feature=\"c\"' --cfg 'feature=\"b\"'".into())
        .misses_when(|project| project.script("--cfg 'feature=\"c\"'", ""))
        .misses_when(|project| project.script("feature=\"c\"", "feature=\"c \""))
        .check();
}

#[test]
fn cfgs_that_are_checked() {
    case("lib a -D unexpected_cfgs --check-cfg 'cfg(b)'")
        .file("src/a.rs", "#[cfg(b)] pub fn b() {}")
        .fails_when(|project| project.script("cfg(b)", "cfg(c)"))
        .check();
}

#[test]
fn levels_of_lints() {
    case("lib a -D warnings -A unused")
        .file("src/a.rs", "fn f() {}")
        .fails_when(|project| project.script("-A unused", ""))
        .fails_when(|project| project.script = "lib a -A unused -D warnings -D unused".into())
        .check();
}

#[test]
fn warnings_are_told_again() {
    case("lib a")
        .file("src/a.rs", "fn f() {}\npub fn g() { let a = 1; }\n")
        .misses_when(|project| project.script("lib a", "lib a --cap-lints warn"))
        .misses_when(|project| project.script("lib a", "lib a --cap-lints allow"))
        .misses_when(|project| project.script("lib a", "lib a --diagnostic-width=30"))
        .check();
}

#[test]
fn the_format_of_messages() {
    let script = "rustc --crate-name a --edition=2024 src/a.rs --crate-type lib --emit=dep-info,metadata,link \
                  --error-format=human -C metadata=a -C extra-filename=-a --out-dir .";
    case(script)
        .file("src/a.rs", "fn f() {}")
        .misses_when(|project| project.script("=human", "=short"))
        .misses_when(|project| project.script("=human", "=human --color=always"))
        .misses_when(|project| project.script("=human", "=json"))
        .misses_when(|project| project.script("=human", "=json --json=artifacts"))
        .misses_when(|project| project.script("=human", "=json --json=unused-externs-silent"))
        .check();
}

#[test]
fn metadata_alone_and_a_library() {
    case("check a")
        .file("src/a.rs", "pub fn f() -> u8 { 1 }")
        .misses_when(|project| project.script("check", "lib"))
        .check();
    case("lib a")
        .file("src/a.rs", "pub fn f() -> u8 { 1 }")
        .misses_when(|project| project.script("lib", "check"))
        .misses_when(|project| project.script("lib a", "crate a lib link,dep-info,metadata"))
        .misses_when(|project| project.script("lib a", "crate a lib metadata,link"))
        .misses_when(|project| project.script("lib a", "crate a lib link"))
        .check();
}

/// Written to where `--emit` says, and to nowhere else.
#[test]
fn outputs_with_names_of_their_own() {
    for script in [
        "crate a lib dep-info=one.d,metadata,link",
        "crate a lib dep-info,metadata=one.rmeta,link",
        "crate a lib metadata=one.rmeta,dep-info=../project/target/one.d",
        "mkdir -p target/deep; crate a lib link=target/deep/libone.rlib,dep-info=target/one.d",
        "rustc --crate-name a --edition=2024 --crate-type lib src/a.rs -o libone.rlib",
        "rustc --crate-name a --edition=2024 --crate-type lib src/a.rs",
        "rustc --edition=2024 --crate-type=rlib --emit=metadata src/a.rs",
        "crate a lib dep-info,metadata,link --emit=asm",
        "crate a lib asm,llvm-ir,llvm-bc,mir,obj,link",
        "crate a lib dep-info,link,asm=target/one.s -C codegen-units=1",
        "crate a lib dep-info,link -C debuginfo=2 -C split-debuginfo=unpacked -Z unstable-options; RUSTC_BOOTSTRAP=1 true",
    ] {
        let expected = if script.contains("-Z") {
            Expected::Failure
        } else {
            Expected::Anything
        };
        case(script)
            .file("src/a.rs", "pub fn f() -> u8 { 1 }")
            .first(expected, expected)
            .when(expected, |project| {
                project.file("src/a.rs", "pub fn f() -> u8 { 2 }");
            })
            .check();
    }
}

/// What the first one made is not where the second one's outputs go.
#[test]
fn another_directory_for_outputs() {
    case("mkdir target_1 target_2 target_; rustc --crate-name a --edition=2024 src/a.rs --crate-type lib \
        --emit=dep-info,metadata,link -C metadata=a -C extra-filename=-a --error-format=json --json=artifacts --out-dir target_1")
        .file("src/a.rs", "pub fn f() -> u8 { 1 }")
        .right_when(|project| project.script("--out-dir target_1", "--out-dir target_2"))
        .right_when(|project| project.script("--out-dir target_1", "--out-dir target_"))
        .right_when(|project| project.script("--out-dir target_1", "--out-dir ./target_1/"))
        .right_when(|project| project.script("--out-dir target_1", "--out-dir $PWD/target_2"))
        .check();
}

#[test]
fn a_file_of_arguments() {
    case("lib a @arguments")
        .file(
            "src/a.rs",
            "#![allow(unexpected_cfgs)] #[cfg(b)] pub fn b() {} #[cfg(c)] pub fn c() {}",
        )
        .file("arguments", "--cfg\nb\n")
        .misses_when(|project| project.file("arguments", "--cfg\nc\n"))
        .fails_when(|project| project.remove("arguments"))
        .check();
}

/// Makes a target of our own, of this vendor.
const SPECIFICATION: &str = "export RUSTC_BOOTSTRAP=1 RUST_TARGET_PATH=$PWD/targets
    command rustc -Zunstable-options --print target-spec-json |
        sed \"s/\\\"os\\\"/\\\"vendor\\\": \\\"$vendor\\\", &/\" >targets/ours.json\n";

#[test]
fn the_specification_of_a_target() {
    let source = "#![feature(no_core)] #![no_core] #![allow(unexpected_cfgs)] #[cfg(target_vendor = \"one\")] pub mod one {} #[cfg(target_vendor = \"two\")] pub mod two {}";
    for target in ["targets/ours.json", "ours"] {
        case(&format!(
            "{SPECIFICATION}lib a -Zunstable-options --target {target}"
        ))
        .file("src/a.rs", source)
        .file("targets/other", "")
        .variable("vendor", "one")
        .misses_when(|project| project.variable("vendor", "two"))
        .check();
    }
}

#[test]
fn unstable_features_by_a_variable() {
    case("lib a")
        .file(
            "src/a.rs",
            "#![feature(never_type)] pub fn f() -> ! { loop {} }",
        )
        .variable("RUSTC_BOOTSTRAP", "1")
        .fails_when(|project| {
            project.variables.remove("RUSTC_BOOTSTRAP");
        })
        .fails_when(|project| project.variable("RUSTC_BOOTSTRAP", "b"))
        .check();
}

/// Two compilers of one name and one version.
#[test]
fn the_compiler_is_replaced() {
    case("call ./bin/rustc --crate-name a --edition=2024 src/a.rs --crate-type lib --emit=dep-info,metadata,link -C metadata=a -C extra-filename=-a --out-dir .")
        .file("src/a.rs", "#![allow(unexpected_cfgs)] #[cfg(b)] pub fn b() {} #[cfg(c)] pub fn c() {}")
        .with(|project| project.program("bin/rustc", "#!/bin/sh\nexec rustc --cfg b \"$@\"\n"))
        .misses_when(|project| project.program("bin/rustc", "#!/bin/sh\nexec rustc --cfg c \"$@\"\n"))
        .check();
}

/// It reads a file, which is not in its arguments.
#[test]
fn a_compiler_that_is_a_script_with_settings() {
    case("call ./bin/rustc --crate-name a --edition=2024 src/a.rs --crate-type lib --emit=dep-info,metadata,link -C metadata=a -C extra-filename=-a --out-dir .")
        .file("src/a.rs", "#![allow(unexpected_cfgs)] #[cfg(b)] pub fn b() {} #[cfg(c)] pub fn c() {}")
        .file("bin/settings", "b")
        .with(|project| {
            project.program("bin/rustc", "#!/bin/sh\nexec rustc --cfg \"$(cat \"${0%/*}/settings\")\" $EXTRA_OF_OURS \"$@\"\n");
            project.variable("EXTRA_OF_OURS", "--cfg d");
        })
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("bin/settings", "c"))
        .right_when(|project| project.variable("EXTRA_OF_OURS", "--cfg c"))
        .check();
}

/// By whatever way it comes to them.
#[test]
fn variables_that_a_script_reads_in_front_of_rustc() {
    for script in [
        "#!/bin/sh\nexec rustc --cfg \"$OF_SCRIPT\" \"$@\"\n",
        "#!/bin/sh\nexec rustc --cfg \"${OF_SCRIPT:-b}\" \"$@\"\n",
        "#!/bin/sh\neval cfg=\\$OF_SCRIPT\nexec rustc --cfg \"$cfg\" \"$@\"\n",
        "#!/bin/bash\nname=OF_SCRIPT\nexec rustc --cfg \"${!name}\" \"$@\"\n",
        "#!/bin/bash\nfor name in ${!OF_@}; do cfg=${!name}; done\nexec rustc --cfg \"$cfg\" \"$@\"\n",
        "#!/bin/bash\ndeclare -n cfg=OF_SCRIPT\nexec rustc --cfg \"$cfg\" \"$@\"\n",
        "#!/bin/sh\nexec rustc --cfg \"$(printenv OF_SCRIPT)\" \"$@\"\n",
        "#!/bin/sh\nexec rustc --cfg \"$(env | sed -n s/OF_SCRIPT=//p)\" \"$@\"\n",
        "#!/bin/sh\nexec rustc --cfg \"$(export -p | tr -d \\\"\\' | sed -n 's/.*OF_SCRIPT=//p')\" \"$@\"\n",
        "#!/bin/sh\ncfg() { sh -c 'echo $OF_SCRIPT'; }\nexec rustc --cfg \"$(cfg)\" \"$@\"\n",
        "#!/bin/sh\n. \"${0%/*}/more\"\nexec rustc --cfg \"$cfg\" \"$@\"\n",
        "#!/bin/sh\nexec rustc --cfg \"$(sh \"${0%/*}/less\")\" \"$@\"\n",
        "#!/usr/bin/python3\nimport os, sys\nos.execvp('rustc', ['rustc', '--cfg', os.environ['OF_SCRIPT']] + sys.argv[1:])\n",
    ] {
        case("call ./bin/rustc --crate-name a --edition=2024 src/a.rs --crate-type lib --emit=dep-info,metadata,link -C metadata=a -C extra-filename=-a --out-dir .")
            .file("src/a.rs", "#![allow(unexpected_cfgs)] #[cfg(b)] pub fn b() {} #[cfg(c)] pub fn c() {}")
            .file("bin/more", "cfg=$OF_SCRIPT\n")
            .file("bin/less", "echo $OF_SCRIPT\n")
            .with(|project| project.program("bin/rustc", script))
            .variable("OF_SCRIPT", "b")
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| project.variable("OF_SCRIPT", "c"))
            .check();
    }
    for script in [
        "#!/bin/bash\nif ((OF_SCRIPT > 1)); then cfg=b; else cfg=c; fi\nexec rustc --cfg $cfg \"$@\"\n",
        "#!/bin/sh\nexec rustc --cfg b$((OF_SCRIPT + 1)) \"$@\"\n",
        "#!/bin/bash\nif [[ OF_SCRIPT -gt 1 ]]; then cfg=b; else cfg=c; fi\nexec rustc --cfg $cfg \"$@\"\n",
        "#!/bin/bash\nlet cfg=OF_SCRIPT+1\nexec rustc --cfg b$cfg \"$@\"\n",
        "#!/bin/bash\nif [ -v OF_OTHER ]; then cfg=b; else cfg=c; fi\nexec rustc --cfg $cfg \"$@\"\n",
    ] {
        case("call ./bin/rustc --crate-name a --edition=2024 src/a.rs --crate-type lib --emit=dep-info,metadata,link -C metadata=a -C extra-filename=-a --out-dir .")
            .file("src/a.rs", "#![allow(unexpected_cfgs)] #[cfg(b)] pub fn b() {} #[cfg(c)] pub fn c() {} #[cfg(b2)] pub fn b2() {}")
            .with(|project| project.program("bin/rustc", script))
            .variable("OF_SCRIPT", "1")
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| {
                project.variable("OF_SCRIPT", "2");
                project.variable("OF_OTHER", "");
            })
            .check();
    }
}

/// clippy as cargo calls it.
const CLIPPY: &str = "mkdir -p target; export CARGO_MANIFEST_DIR=$PWD; call clippy-driver rustc --crate-name a --edition=2024 \
    src/a.rs --error-format=json --json=diagnostic-rendered-ansi,artifacts,future-incompat --crate-type lib \
    --emit=dep-info,metadata -C metadata=a -C extra-filename=-a --out-dir target";

#[test]
fn the_settings_of_clippy() {
    case(CLIPPY)
        .file(
            "src/a.rs",
            "pub fn many(a: u8, b: u8, c: u8) -> u8 { a + b + c }",
        )
        .file("clippy.toml", "too-many-arguments-threshold = 9")
        .misses_when(|project| project.file("clippy.toml", "too-many-arguments-threshold = 2"))
        .misses_when(|project| project.file(".clippy.toml", "too-many-arguments-threshold = 2"))
        .fails_when(|project| project.file("clippy.toml", "no-such-setting = 2"))
        .check();
}

#[test]
fn settings_of_clippy_appear() {
    case(CLIPPY)
        .file(
            "src/a.rs",
            "pub fn many(a: u8, b: u8, c: u8) -> u8 { a + b + c }",
        )
        .file("conf/clippy.toml", "too-many-arguments-threshold = 2")
        .misses_when(|project| project.file("clippy.toml", "too-many-arguments-threshold = 2"))
        .misses_when(|project| project.variable("CLIPPY_CONF_DIR", "conf"))
        .misses_when(|project| {
            project.variable("CLIPPY_ARGS", "-Wclippy::pedantic__CLIPPY_HACKERY__");
        })
        .check();
}

#[test]
fn clippy_and_rustc_are_two() {
    case(CLIPPY)
        .file("src/a.rs", "pub fn f(a: &Vec<u8>) -> bool { a.len() == 0 }")
        .misses_when(|project| project.script("clippy-driver rustc", "rustc"))
        .check();
}

/// A library with two dependencies.
const TWO: &str =
    "lib one; lib two; lib a --extern b=target/libone-one.rmeta --extern c=target/libtwo-two.rmeta";

#[test]
fn two_dependencies_are_swapped() {
    case(TWO)
        .about("a")
        .file("src/one.rs", "pub fn f() -> u8 { 1 }")
        .file("src/two.rs", "pub fn f() -> u8 { 2 }")
        .file("src/a.rs", "pub fn f() -> u8 { b::f() * 2 + c::f() }")
        .misses_when(|project| {
            project.script("b=target/libone-one", "b=target/other");
            project.script("c=target/libtwo-two", "c=target/libone-one");
            project.script("b=target/other", "b=target/libtwo-two");
        })
        .check();
}

#[test]
fn a_dependency_is_another() {
    case(TWO)
        .about("a")
        .variable("RUSTC_BOOTSTRAP", "1")
        .file("src/one.rs", "pub fn f() -> u8 { 1 }")
        .file("src/two.rs", "pub fn f() -> u8 { 2 }")
        .file(
            "src/a.rs",
            "extern crate b; pub fn f() -> u8 { b::f() * 2 + c::f() }",
        )
        .misses_when(|project| project.file("src/one.rs", "pub fn f() -> u8 { 3 }"))
        .misses_when(|project| {
            project.script("--extern b", "-Z unstable-options --extern noprelude:b");
        })
        .check();
}

/// It is found in the directory of dependencies, and named in no argument.
#[test]
fn a_dependency_of_a_dependency() {
    case("lib one; lib two --extern one=target/libone-one.rmeta; lib a --extern two=target/libtwo-two.rmeta; bin p --extern a=target/liba-a.rlib; ./target/p-p")
        .about("a")
        .file("src/one.rs", "#[inline(never)] pub fn f() -> u8 { 1 }")
        .file("src/two.rs", "pub use one::f;")
        .file("src/a.rs", "pub fn g() -> u8 { two::f() }")
        .file("src/p.rs", "fn main() { println!(\"{}\", a::g()); }")
        .misses_when(|project| {
            project.file("src/one.rs", "#[inline(never)] pub fn f() -> u8 { 1 } pub fn h() {}");
        })
        .right_when(|project| project.file("src/one.rs", "#[inline(never)] pub fn f() -> u8 { 2 }"))
        .right_when(|project| project.script("lib one;", "lib one -C opt-level=1;"))
        .check();
}

#[test]
fn a_staticlib_holds_what_its_dependencies_do() {
    case("lib one; lib two --extern one=target/libone-one.rmeta; crate a staticlib dep-info,link --extern two=target/libtwo-two.rlib")
        .about("a")
        .file("src/one.rs", "#[inline(never)] pub fn f() -> u8 { 1 }")
        .file("src/two.rs", "pub use one::f;")
        .file("src/a.rs", "#[unsafe(no_mangle)] pub extern \"C\" fn g() -> u8 { two::f() }")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("src/one.rs", "#[inline(never)] pub fn f() -> u8 { 2 }"))
        .check();
}

#[test]
fn options_of_code_generation() {
    case("lib a")
        .file(
            "src/a.rs",
            "pub fn f(a: &[u8]) -> u32 { a.iter().map(|a| u32::from(*a)).sum() }",
        )
        .misses_when(|project| project.script("lib a", "lib a -C opt-level=3"))
        .misses_when(|project| {
            project.script("lib a", "lib a -C opt-level=3 -C target-cpu=haswell");
        })
        .misses_when(|project| {
            project.script("lib a", "lib a -C opt-level=3 -C target-feature=+avx2");
        })
        .misses_when(|project| project.script("lib a", "lib a -C debuginfo=2"))
        .misses_when(|project| project.script("lib a", "lib a -C panic=abort"))
        .misses_when(|project| project.script("lib a", "lib a -C metadata=b"))
        .misses_when(|project| project.script("lib a", "lib a -C overflow-checks=on"))
        .misses_when(|project| project.script("lib a", "lib a -C linker-plugin-lto"))
        .misses_when(|project| project.script("lib a", "lib a -C relocation-model=static"))
        .check();
}

#[test]
fn the_processor_that_it_runs_on() {
    case("lib a -C opt-level=3 -C target-cpu=native")
        .file(
            "src/a.rs",
            "pub fn f(a: &[u8]) -> u32 { a.iter().map(|a| u32::from(*a)).sum() }",
        )
        .first(Expected::Anything, Expected::Anything)
        .misses_when(|project| project.script("native", "x86-64-v2"))
        .check();
}

#[test]
fn a_profile_of_the_program() {
    case("lib a -C opt-level=1 -C profile-use=$PWD/a.profdata")
        .file("src/a.rs", "pub fn f() -> u8 { 1 }")
        .file(
            "a.profdata",
            include_bytes!("../shim/profiles/one.profdata"),
        )
        .misses_when(|project| {
            project.file(
                "a.profdata",
                include_bytes!("../shim/profiles/two.profdata"),
            );
        })
        .check();
}

#[test]
fn where_libraries_are_looked_for() {
    case("of() { command rustc --crate-name one --edition=2024 --crate-type rlib --cfg \"$2\" src/one.rs -C metadata=one -o \"$1/libone.rlib\"; }
        mkdir deps other; of deps b; lib a -L other -L deps")
        .file("src/one.rs", "#![allow(unexpected_cfgs)] pub fn f() -> u8 { if cfg!(b) { 1 } else { 2 } }")
        .file("src/a.rs", "extern crate one; pub fn f() -> u8 { one::f() }")
        .misses_when(|project| project.script("of deps b", "of deps c"))
        .right_when(|project| project.script("of deps b", "of deps b; of other c"))
        .check();
}

#[test]
fn a_system_of_crates_of_its_own() {
    case(
        "of() { mkdir -p $1; ln -s \"$(command rustc --print sysroot)/lib\" $1/lib; }
        of one; of two; lib a --sysroot $PWD/one",
    )
    .file("src/a.rs", "pub fn f() -> u8 { 1 }")
    .first(Expected::Anything, Expected::Anything)
    .right_when(|project| project.script("$PWD/one", "$PWD/two"))
    .fails_when(|project| project.script("of one;", "mkdir one;"))
    .check();
}

#[test]
fn options_that_are_not_known() {
    case("lib a")
        .file("src/a.rs", "pub fn f() -> u8 { 1 }")
        .variable("RUSTC_BOOTSTRAP", "1")
        .right_when(|project| project.script("lib a", "lib a -Z print-type-sizes"))
        .right_when(|project| project.script("lib a", "lib a -Z unpretty=hir"))
        .right_when(|project| {
            project.script("lib a", "lib a -Z dump-mir=f -Z dump-mir-dir=$PWD/dump");
        })
        .right_when(|project| {
            project.script(
                "lib a",
                "lib a -Z self-profile=$PWD/profiled -Z self-profile-events=none; rm -r profiled",
            );
        })
        .right_when(|project| project.script("lib a", "lib a -Z emit-stack-sizes"))
        .right_when(|project| project.script("lib a", "lib a -Z randomize-layout"))
        .fails_when(|project| project.script("lib a", "lib a -Z no-such-option"))
        .check();
}

/// Incremental calls with an empty directory are like others; what is in that directory then is theirs alone.
#[test]
fn incremental_calls() {
    case("mkdir -p incremental; lib a -C incremental=$PWD/incremental")
        .file("src/a.rs", "pub fn f() -> u8 { 1 }")
        .ignore("incremental")
        .ignore("rlib")
        .misses_when(|project| project.file("src/a.rs", "pub fn f() -> u8 { 2 }"))
        .check();
}

#[test]
fn a_source_from_a_pipe() {
    case("mkdir out; cat a.rs | rustc - --crate-name a --edition=2024 --crate-type lib --emit=metadata --out-dir out")
        .file("a.rs", "pub fn f() -> u8 { 1 }")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("a.rs", "pub fn f() -> u8 { 2 }"))
        .fails_when(|project| project.file("a.rs", "pub fn f() -> u8 { }"))
        .check();
}

/// It is added to what is there: of another crate, or of the same.
#[test]
fn documentation_that_is_there_already() {
    let of = |name: &str| format!("call rustdoc --crate-name {name} src/{name}.rs -o doc; ");
    let [a, b] = ["a", "b"].map(of);
    case(&(a.clone() + &b))
        .file("src/a.rs", "//! Says one.\npub fn one() {}")
        .file("src/b.rs", "//! Says two.\npub struct Two;")
        .ignore(".lock")
        .first(Expected::Bypass, Expected::Bypass)
        .right_when(|project| project.script = b.clone() + &a)
        .right_when(|project| project.script = a.clone() + &a + &b)
        .right_when(|project| project.script = b.clone() + &b)
        .check();
}

#[test]
fn files_that_documentation_is_made_of() {
    case("call rustdoc --crate-name a --edition=2024 src/a.rs -o doc --extend-css extra.css")
        // It makes this one for itself alone.
        .ignore(".lock")
        .file(
            "src/a.rs",
            "#![doc = include_str!(\"a.md\")]\n//! Text.\npub fn f() -> u8 { 1 }",
        )
        .file("src/a.md", "one")
        .file("extra.css", "a { color: red }")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("src/a.md", "two"))
        .right_when(|project| project.file("extra.css", "a { color: blue }"))
        .right_when(|project| project.file("src/a.rs", "//! Text.\npub fn g() -> u8 { 1 }"))
        .check();
}

/// The second one is restored over what the first one made, which is older.
#[test]
fn outputs_that_are_there_already() {
    case("lib a")
        .file("src/a.rs", "pub fn f() -> u8 { 1 }")
        .file("target/liba-a.rlib", "not a library")
        .file("target/liba-a.rmeta", "no metadata")
        .right_when(|project| project.program("target/liba-a.rlib", "a program"))
        .right_when(|project| project.link("target/liba-a.rlib", "elsewhere"))
        .right_when(|project| {
            project.file("elsewhere", "kept");
            project.link("target/liba-a.rlib", "../elsewhere");
        })
        .check();
}

/// A compiler's messages in another language, as far as there are any.
#[test]
fn languages_of_messages() {
    case("lib a")
        .file("src/a.rs", "fn f() {}")
        .variable("LC_ALL", "C")
        .right_when(|project| project.variable("LC_ALL", "C.UTF-8"))
        .right_when(|project| project.variable("TERM", "dumb"))
        .right_when(|project| project.variable("COLUMNS", "20"))
        .check();
}

/// Where two crates have the name that is asked for, rustc does not choose.
#[test]
fn a_further_crate_of_the_name_that_is_looked_for() {
    let one = "rustc --crate-type lib --crate-name one src/one.rs";
    let script = |further: bool| {
        let more = if further {
            "-C metadata=y -C extra-filename=-y --out-dir first"
        } else {
            "--version"
        };
        format!(
            "mkdir first; {one} -C metadata=x -C extra-filename=-x --out-dir second; {one} {more}; \
             lib a -L first -L second --extern one"
        )
    };
    case(&script(false))
        .about("a")
        .file("src/one.rs", "pub fn f() {}")
        .file("src/a.rs", "pub fn g() { one::f() }")
        .fails_when(|project| project.script = script(true))
        .check();
}
