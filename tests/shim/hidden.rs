//! No wrong hit: everything that goes into what a compiler makes and is not in its arguments is in
//! the key. A row for each such thing, with compilers in the manner of nixpkgs' and cargo2nix's.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use nix_sccache_tests::{Daemon, Shim, reported, script, stdout_of};
use serde_json::Value;
use tempfile::TempDir;

use crate::shim;

/// Two calls that differ in nothing that sccache sees.
struct Row {
    /// What it is about: the beginning of a variable's name, the compiler, or what sccache sees to, or should.
    of: &'static str,
    /// Lines of a shell. `$CALL` stands in front of the compiler where the cache is to be asked.
    calls: [String; 2],
    /// The source, which tells the rows apart.
    source: String,
    /// What the calls make.
    output: String,
}

impl Row {
    fn is_object(&self) -> bool {
        self.output
            == Path::new(&self.source)
                .with_extension("o")
                .display()
                .to_string()
    }
}

fn none() -> [String; 2] {
    [String::new(), String::new()]
}

/// nixpkgs' wrapper of gcc, as far as objects go, for a platform of this name.
const CC: &str = r#"#!/bin/sh
salt=x86_64_unknown_linux_gnu
eval "compile=\$NIX_CFLAGS_COMPILE_$salt before=\$NIX_CFLAGS_COMPILE_BEFORE_$salt"
eval "library=\$NIX_CXXSTDLIB_COMPILE_$salt set=\$NIX_CC_WRAPPER_FLAGS_SET_$salt"
eval "role=\$NIX_CC_WRAPPER_TARGET_BUILD_$salt"
eval "hardening=\$NIX_HARDENING_ENABLE_$salt"
if [ -z "$set" ]; then
    compile="-fno-common $compile $NIX_CFLAGS_COMPILE"
    before="$before $NIX_CFLAGS_COMPILE_BEFORE"
    library="$library $NIX_CXXSTDLIB_COMPILE"
    if [ -n "$role" ]; then compile="$compile -ffunction-sections"; fi
fi
for flag in $hardening $NIX_HARDENING_ENABLE; do
    case $flag in
    stackprotector) before="$before -fstack-protector-all" ;;
    pic) before="$before -fPIC" ;;
    esac
done
case $0 in *++) compile="$compile $library" ;; esac
exec /usr/bin/${0##*/} $before "$@" $compile
"#;

/// nixpkgs' wrapper of rustc.
const RUSTC: &str = "#!/bin/sh\nexec rustc \"$@\" $NIX_RUSTFLAGS\n";

/// cargo2nix's.
const CARGO2NIX: &str = r#"#!/bin/bash
arguments=("$@")
of_script=
for at in "${!arguments[@]}"; do
    case ${arguments[$at]} in
    metadata=*) if [ -n "$NIX_RUST_METADATA" ]; then arguments[$at]=metadata=$NIX_RUST_METADATA; fi ;;
    build_script_*) of_script=1 ;;
    esac
done
if [ "$of_script" ]; then
    arguments+=($NIX_RUST_BUILD_FLAGS $NIX_RUST_BUILD_LINK_FLAGS)
else
    arguments+=($NIX_RUST_LINK_FLAGS)
fi
exec rustc "${arguments[@]}"
"#;

/// A row of an object, whose calls are of `compiler` with these in front: variables, say.
fn object(
    of: &'static str,
    compiler: &str,
    before: [String; 2],
    name: &str,
    arguments: &str,
) -> Row {
    let source = if compiler.ends_with("++") {
        format!("{name}.cc")
    } else {
        format!("{name}.c")
    };
    let output = format!("{name}.o");
    let call =
        |before: String| format!("{before} $CALL {compiler} {arguments} -c {source} -o {output}");
    Row {
        of,
        calls: before.map(call),
        source,
        output,
    }
}

/// And of a crate.
fn crate_of(
    of: &'static str,
    compiler: &str,
    before: [String; 2],
    name: &str,
    arguments: &str,
) -> Row {
    let call = |before: String| {
        format!(
            "{before} $CALL {compiler} --crate-name {name} --edition=2021 {name}.rs --crate-type lib \
             --emit=dep-info,link -C metadata=1 --out-dir out {arguments}"
        )
    };
    Row {
        of,
        calls: before.map(call),
        source: format!("{name}.rs"),
        output: format!("out/lib{name}.rlib"),
    }
}

/// Of a script of this name, which adds an argument: one or the other.
fn written(path: &str, compiler: &str, arguments: [&str; 2]) -> [String; 2] {
    arguments
        .map(|argument| format!("write {path} '#!/bin/sh\nexec {compiler} \"$@\" {argument}\n';"))
}

fn rows(folder: &Path) -> Vec<Row> {
    let at = |name: &str| folder.join(name).display().to_string();
    let mut rows = of_nixpkgs_cc(&at);
    rows.extend(of_compilers(&at));
    rows.extend(of_rustc(&at));
    rows.extend(of_targets_and_names(&at));
    rows
}

const OPTIMIZE: [&str; 2] = ["-O1", "-O2"];

const HARDENING: [&str; 2] = ["pic", "'pic stackprotector'"];

const CONFIGURE: [&str; 2] = ["--cfg=one", "--cfg=two"];

/// What nixpkgs' wrapper of gcc reads.
fn of_nixpkgs_cc(at: &dyn Fn(&str) -> String) -> Vec<Row> {
    let mut rows = Vec::new();
    // What the preprocessor makes of the source is the same for each of these flags.
    for (of, variable, values) in [
        ("NIX_CFLAGS_COMPILE", "NIX_CFLAGS_COMPILE", OPTIMIZE),
        ("NIX_CFLAGS_COMPILE", "NIX_CFLAGS_COMPILE_SALT", OPTIMIZE),
        ("NIX_CFLAGS_COMPILE", "NIX_CFLAGS_COMPILE_BEFORE", OPTIMIZE),
        (
            "NIX_CFLAGS_COMPILE",
            "NIX_CFLAGS_COMPILE_BEFORE_SALT",
            OPTIMIZE,
        ),
        ("NIX_CXXSTDLIB_COMPILE", "NIX_CXXSTDLIB_COMPILE", OPTIMIZE),
        (
            "NIX_CXXSTDLIB_COMPILE",
            "NIX_CXXSTDLIB_COMPILE_SALT",
            OPTIMIZE,
        ),
        ("NIX_HARDENING_ENABLE", "NIX_HARDENING_ENABLE", HARDENING),
        (
            "NIX_HARDENING_ENABLE",
            "NIX_HARDENING_ENABLE_SALT",
            ["", "stackprotector"],
        ),
        (
            "NIX_CC_WRAPPER_",
            "NIX_CFLAGS_COMPILE=-O2 NIX_CC_WRAPPER_FLAGS_SET_SALT",
            ["", "1"],
        ),
        (
            "NIX_CC_WRAPPER_",
            "NIX_CC_WRAPPER_TARGET_BUILD_SALT",
            ["", "1"],
        ),
    ] {
        let variable = variable.replace("SALT", "x86_64_unknown_linux_gnu");
        let before = values.map(|value| format!("{variable}={value}"));
        let is_of_cxx = of == "NIX_CXXSTDLIB_COMPILE";
        let compiler = at(if is_of_cxx { "bin/g++" } else { "bin/gcc" });
        let name = format!("c{}", rows.len());
        rows.push(object(of, &compiler, before, &name, ""));
    }
    rows
}

/// What a compiler is, and what it runs.
fn of_compilers(at: &dyn Fn(&str) -> String) -> Vec<Row> {
    let mut rows = Vec::new();
    // By that gcc finds its assembler.
    let paths = ["one", "two"].map(|name| format!("COMPILER_PATH={}", at(name)));
    rows.push(object("sccache", &at("bin/gcc"), paths, "assembled", ""));

    // A store holds one thing under one name, and another under another.
    let mut of_store = object("compiler", "GCC", none(), "of_store", "");
    let paths = ["one", "two"].map(|name| at(&format!("store/{name}-gcc-wrapper/bin/gcc")));
    for (call, path) in of_store.calls.iter_mut().zip(paths) {
        *call = call.replace("GCC", &path);
    }
    rows.push(of_store);
    let scripts = written(&at("own/gcc"), "/usr/bin/gcc", ["-O1", "-O2"]);
    rows.push(object("compiler", &at("own/gcc"), scripts, "of_own", ""));
    let scripts = written(&at("own/rustc"), "rustc", CONFIGURE);
    rows.push(crate_of(
        "compiler",
        &at("own/rustc"),
        scripts,
        "by_own",
        "",
    ));
    let scripts = CONFIGURE.map(|argument| {
        format!(
            "write {} '#!/bin/sh\nexec \"$@\" {argument}\n';",
            at("own/driver")
        )
    });
    let wrapped = format!("{} rustc", at("own/driver"));
    rows.push(crate_of("wrapper", &wrapped, scripts, "wrapped", ""));

    rows
}

/// What rustc and its wrappers read, and a library that rustc takes.
fn of_rustc(at: &dyn Fn(&str) -> String) -> Vec<Row> {
    let mut rows = Vec::new();
    let flags = [
        ("NIX_RUSTFLAGS", "bin/rustc", CONFIGURE, "nixpkgs"),
        (
            "NIX_RUST_LINK_FLAGS",
            "cargo2nix/rustc",
            CONFIGURE,
            "of_cargo2nix",
        ),
        (
            "NIX_RUST_BUILD_FLAGS",
            "cargo2nix/rustc",
            CONFIGURE,
            "build_script_a",
        ),
        (
            "NIX_RUST_BUILD_LINK_FLAGS",
            "cargo2nix/rustc",
            CONFIGURE,
            "build_script_b",
        ),
        (
            "NIX_RUST_METADATA",
            "cargo2nix/rustc",
            ["one", "two"],
            "of_metadata",
        ),
    ];
    for (variable, compiler, values, name) in flags {
        let before = values.map(|value| format!("{variable}={value}"));
        rows.push(crate_of("NIX_RUST", &at(compiler), before, name, ""));
    }
    // The second fails.
    rows.push(crate_of(
        "RUSTC_BOOTSTRAP",
        "rustc",
        ["1", "0"].map(|value| format!("RUSTC_BOOTSTRAP={value}")),
        "unstable",
        "",
    ));
    rows.push(crate_of(
        "RUSTC_FORCE_RUSTC_VERSION",
        "rustc",
        ["one", "two"].map(|value| format!("RUSTC_FORCE_RUSTC_VERSION={value}")),
        "versioned",
        "",
    ));
    let targets =
        ["one", "two"].map(|name| format!("RUSTC_BOOTSTRAP=1 RUST_TARGET_PATH={}", at(name)));
    rows.push(crate_of(
        "RUST_TARGET_PATH",
        "rustc",
        targets,
        "targeted",
        "--target of-ours -Zunstable-options",
    ));
    // Sccache takes `static=name` for a library, and this for none.
    let archives = ["1", "2"].map(|value| {
        format!(
            "echo 'int n(void) {{ return {value}; }}' > n.c; gcc -c n.c -o n.o; rm -f libn.a; ar rcD libn.a n.o;"
        )
    });
    rows.push(crate_of(
        "library",
        "rustc",
        archives,
        "archived",
        "-L native=. -l static:+whole-archive=n",
    ));
    rows
}

/// Targets that rustc is told of, and the names of crates.
fn of_targets_and_names(at: &dyn Fn(&str) -> String) -> Vec<Row> {
    let mut rows = Vec::new();
    // The file that the name stands for, in its place.
    let written = ["one", "two"].map(|name| {
        format!(
            "mkdir -p targets; cp {0}/of-ours.json targets/in-place.json; RUSTC_BOOTSTRAP=1 RUST_TARGET_PATH=targets",
            at(name)
        )
    });
    rows.push(crate_of(
        "target specification",
        "rustc",
        written,
        "targeted_in_place",
        "--target in-place -Zunstable-options",
    ));
    // Two crates trade their names.
    let mut renamed = crate_of(
        "names of dependencies",
        "rustc",
        none(),
        "renamed",
        "RENAMES",
    );
    for (call, files) in renamed
        .calls
        .iter_mut()
        .zip([["one", "two"], ["two", "one"]])
    {
        let renames = format!(
            "--extern a=lib{}.rlib --extern b=lib{}.rlib",
            files[0], files[1]
        );
        *call = call.replace("RENAMES", &renames);
    }
    rows.push(renamed);
    // Each of Apple's systems has a version that the object is for.
    for (variable, target) in [
        ("MACOSX_DEPLOYMENT_TARGET", "x86_64-apple-darwin"),
        ("IPHONEOS_DEPLOYMENT_TARGET", "aarch64-apple-ios"),
        ("TVOS_DEPLOYMENT_TARGET", "aarch64-apple-tvos"),
        ("WATCHOS_DEPLOYMENT_TARGET", "aarch64-apple-watchos"),
        ("XROS_DEPLOYMENT_TARGET", "aarch64-apple-visionos"),
    ] {
        let versions = ["26.0", "26.1"].map(|it| format!("RUSTC_BOOTSTRAP=1 {variable}={it}"));
        let name = format!("targeted_{}", variable.to_lowercase());
        let arguments = format!("--target {target}");
        rows.push(crate_of(variable, "rustc", versions, &name, &arguments));
    }
    rows
}

/// Compilers, assemblers, targets and sources.
fn lay_out(folder: &Path, rows: &[Row]) {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        script(&path, text);
    };
    for name in ["bin/gcc", "bin/g++"] {
        write(name, CC);
    }
    write("bin/rustc", RUSTC);
    write("cargo2nix/rustc", CARGO2NIX);
    fs::create_dir(folder.join("own")).unwrap();
    let mut print = Command::new("rustc");
    print.args(["-Zunstable-options", "--print", "target-spec-json"]);
    let target = stdout_of(print.env("RUSTC_BOOTSTRAP", "1"));
    for (name, flag) in [("one", "-O1"), ("two", "-O2")] {
        let compiler = format!("#!/bin/sh\nexec /usr/bin/gcc \"$@\" {flag}\n");
        write(&format!("store/{name}-gcc-wrapper/bin/gcc"), &compiler);
        let assembler = format!("#!/bin/sh\nexec /usr/bin/as --defsym {name}=1 \"$@\"\n");
        write(&format!("{name}/as"), &assembler);
        let mut target: Value = serde_json::from_str(&target).unwrap();
        target["vendor"] = name.into();
        write(&format!("{name}/of-ours.json"), &target.to_string());
    }
    for name in ["one", "two"] {
        fs::write(
            folder.join(format!("{name}.rs")),
            format!("pub const NAME: &str = \"{name}\";\n"),
        )
        .unwrap();
        let line = format!("rustc --crate-name {name} --edition=2021 {name}.rs --crate-type lib");
        stdout_of(Command::new("sh").current_dir(folder).args(["-c", &line]));
    }
    for row in rows {
        let name = row.source.split('.').next().unwrap();
        let text = match name {
            _ if row.is_object() => format!(
                "int {name}(int n) {{ char a[64]; int s = __builtin_popcount(n); \
                 for (int i = 0; i < n; i++) a[i & 63] = s += i * i; return s + a[n & 63]; }}\n"
            ),
            "unstable" => "#![feature(never_type)]\n".to_owned(),
            "renamed" => "pub static OF: [&str; 2] = [a::NAME, b::NAME];\n".to_owned(),
            other if other.starts_with("targeted_") && other.contains("deployment") => {
                "#![feature(no_core, lang_items)]\n#![allow(internal_features)]\n#![no_core]\n\
                 #[lang = \"pointee_sized\"]\npub trait PointeeSized {}\n\
                 #[lang = \"meta_sized\"]\npub trait MetaSized: PointeeSized {}\n\
                 #[lang = \"sized\"]\npub trait Sized: MetaSized {}\n\
                 #[unsafe(no_mangle)]\npub extern \"C\" fn f() {}\n".to_owned()
            }
            "targeted" | "targeted_in_place" => "#![feature(no_core)]\n#![no_core]\n#[cfg(target_vendor = \"one\")]\npub mod one {}\n".to_owned(),
            _ => "#![allow(unexpected_cfgs)]\n#[cfg(one)]\npub fn one() {}\n".to_owned(),
        };
        fs::write(folder.join(&row.source), text).unwrap();
    }
}

/// What became of each row: what it made, if anything, and what the log says, if there is one.
fn made(
    rows: &[Row],
    folder: &Path,
    which: usize,
    cache: Option<(&Shim, &Daemon)>,
) -> Vec<(Option<Vec<u8>>, String)> {
    let mut lines = "write() { printf '%s\\n' \"$2\" > \"$1.new\"; chmod +x \"$1.new\"; mv \"$1.new\" \"$1\"; }\n".to_owned();
    // No more at once than a small machine has room for.
    for rows in rows.chunks(4) {
        for row in rows {
            fs::remove_file(folder.join(&row.output)).ok();
            for part in ["{ ", &row.calls[which], "; } &\n"] {
                lines += part;
            }
        }
        lines += "wait\n";
    }
    fs::create_dir_all(folder.join("out")).unwrap();
    let mut outcomes = BTreeMap::new();
    if let Some((shim, daemon)) = cache {
        let log = folder.join("log");
        // What is written within the tick of the clock in which a call begins may be changed while it runs.
        let later = folder.join("later");
        script(&later, "#!/bin/sh\nsleep 0.02\nexec \"$@\"\n");
        let call = format!("{} {}", later.display(), shim.program("sccache").display());
        let mut run = shim.run(daemon);
        run.current_dir(folder)
            .env("CALL", call)
            .env("NIX_STORE", folder.join("store"))
            .arg("--log")
            .arg(&log);
        let built = reported(run, ["sh", "-c", &lines]);
        assert_eq!(built.code, Some(0), "{built:#?}");
        for line in fs::read_to_string(log).unwrap().lines() {
            let call: Value = serde_json::from_str(line).unwrap();
            let name = call["name"].as_str().unwrap().to_owned();
            outcomes.insert(name, call["outcome"].as_str().unwrap().to_owned());
        }
    } else {
        let mut shell = Command::new("sh");
        shell
            .current_dir(folder)
            .args(["-c", &lines])
            .env("CALL", "");
        shell.output().unwrap();
    }
    let outcome = |row: &Row| {
        let name = row.source.strip_suffix(".rs").unwrap_or(&row.source);
        outcomes.get(name).cloned().unwrap_or_default()
    };
    rows.iter()
        .map(|row| (fs::read(folder.join(&row.output)).ok(), outcome(row)))
        .collect()
}

#[test]
fn what_compilers_take_from_the_environment_is_in_the_key() {
    let (shim, daemon, folder) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let folder = folder.path();
    let rows = rows(folder);
    lay_out(folder, &rows);
    let plain = [0, 1].map(|which| made(&rows, folder, which, None));
    let cached = [0, 1, 0].map(|which| made(&rows, folder, which, Some((&shim, &daemon))));
    let mut wrong = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{} ({}): {what}", row.calls[1], row.of));
            }
        };
        let [(one, _), (two, _)] = plain.each_ref().map(|made| &made[at]);
        expect(one.is_some() && one != two, "the row makes no difference");
        let [first, second, third] = cached.each_ref().map(|made| &made[at]);
        let missed = if two.is_some() { "miss" } else { "error" };
        expect(first.0 == *one && first.1 == "miss", "first");
        expect(second.1 == missed, "a hit where nothing is");
        expect(second.0 == *two, "the bytes of another call");
        expect(
            third.0 == *one && third.1 == "hit",
            "no hit where something is",
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is for the linker alone costs no hits.
#[test]
fn what_the_linker_takes_is_not() {
    let (shim, daemon, folder) = (shim(), Daemon::start(), TempDir::new().unwrap());
    let folder = folder.path();
    let rows: Vec<_> = ["NIX_LDFLAGS", "NIX_CFLAGS_LINK", "NIX_DEBUG"]
        .into_iter()
        .enumerate()
        .map(|(index, variable)| {
            let before = ["", "1"].map(|value| format!("{variable}={value}"));
            object("", "gcc", before, &format!("c{index}"), "")
        })
        .collect();
    lay_out(folder, &rows);
    for (which, expected) in [(0, "miss"), (1, "hit")] {
        for (_, outcome) in made(&rows, folder, which, Some((&shim, &daemon))) {
            assert_eq!(outcome, expected);
        }
    }
}
