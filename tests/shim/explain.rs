//! `nix-sccache explain`: of two builds that differ in one thing, it names that thing.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use nix_sccache_tests::{Daemon, Library, Reported, Shim, library, reported, script, stdout_of};
use serde_json::Value;
use tempfile::TempDir;

use crate::shim;

/// A directory of reports, and what builds into it.
struct Desk {
    shim: Shim,
    daemon: Daemon,
    reports: TempDir,
    /// Variables that the builds have.
    variables: Vec<(&'static str, String)>,
}

impl Desk {
    fn new() -> Self {
        Self {
            shim: shim(),
            daemon: Daemon::start(),
            reports: TempDir::new().unwrap(),
            variables: Vec::new(),
        }
    }

    fn run(&self, directory: &Path, command: &[&str]) -> Reported {
        let mut run = self.shim.run(&self.daemon);
        run.current_dir(directory)
            .env("NIX_SCCACHE_REPORTS", self.reports.path())
            .envs(self.variables.iter().cloned());
        let built = reported(run, command);
        assert_eq!(built.code, Some(0), "{built:#?}");
        built
    }

    fn build(&self, library: &Library, package: &[&str]) {
        library.clean();
        let cargo = ["cargo", "build", "--release", "--offline"];
        self.run(library.path(), &[&cargo[..], package].concat());
    }

    fn explain(&self, arguments: &[&str]) -> Output {
        let mut explain = Command::new(self.shim.program("nix-sccache"));
        explain
            .arg("explain")
            .args(arguments)
            .env("NIX_SCCACHE_REPORTS", self.reports.path());
        explain.output().unwrap()
    }

    /// The answer for the one call of a name.
    #[track_caller]
    fn call(&self, name: &str) -> Value {
        let output = self.explain(&[name, "--json"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let [call] = answer["calls"].as_array().unwrap().as_slice() else {
            panic!("{answer:#}");
        };
        call.clone()
    }

    #[track_caller]
    fn text(&self, name: &str) -> String {
        let output = self.explain(&[name]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// All that the builds have left.
    fn left(&self) -> String {
        let files = fs::read_dir(self.reports.path()).unwrap();
        files
            .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
            .collect()
    }
}

/// Kinds and names of what differs.
#[track_caller]
fn differences(of: &Value) -> Vec<(&str, &str)> {
    of["differences"]
        .as_array()
        .unwrap_or_else(|| panic!("{of:#}"))
        .iter()
        .map(|it| (it["kind"].as_str().unwrap(), it["name"].as_str().unwrap()))
        .collect()
}

fn project() -> Library {
    let library = library("hello");
    base(&library, "1", "");
    library
}

/// The library that the others use: a word of its source, and its features.
fn base(library: &Library, word: &str, features: &str) {
    library.write(
        "base/Cargo.toml",
        &format!(
            "[package]\nname = \"base\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[features]\ndefault = [{features}]\nx = []\n"
        ),
    );
    library.write(
        "base/src/lib.rs",
        &format!(
            "//! Base {word}.\n/// Adds.\npub fn add(a: u32, b: u32) -> u32 {{ a + b + {word} }}\n\
             /// A colour.\npub const COLOUR: Option<&str> = option_env!(\"COLOUR\");\n\
             /// Whether there is one.\npub const TOKEN: bool = option_env!(\"A_TOKEN\").is_some();\n"
        ),
    );
}

/// Each part of the key of a crate, changed one after the other.
#[test]
fn the_part_that_changed_is_named() {
    type Change = fn(&mut Desk, &mut Library);
    let steps: [(Change, (&str, &str), &str); 9] = [
        (
            |_, library| base(library, "2", ""),
            ("source", "src/lib.rs"),
            "  source src/lib.rs changed",
        ),
        (
            |_, library| {
                let manifest = fs::read_to_string(library.path().join("Cargo.toml")).unwrap();
                let profile = "\n[profile.release]\nopt-level = 2\n";
                library.write("Cargo.toml", &(manifest + profile));
            },
            ("argument", "-C opt-level"),
            "  argument `-C opt-level`: 3 → 2",
        ),
        (
            |_, library| base(library, "2", "\"x\""),
            ("argument", "--cfg feature=\"x\""),
            "  feature `x` added",
        ),
        (
            |desk, _| desk.variables.push(("COLOUR", "red".to_owned())),
            ("variable", "COLOUR"),
            "  variable COLOUR: not set → red",
        ),
        (
            |desk, _| {
                let secret = "hunter2hunter2".to_owned();
                desk.variables.push(("A_TOKEN", secret));
            },
            ("variable", "A_TOKEN"),
            "  variable A_TOKEN changed\n",
        ),
        (
            |desk, _| {
                let rustc = desk.shim.path().join("rustc");
                script(&rustc, "#!/bin/sh\nexec rustc $NIX_RUSTFLAGS \"$@\"\n");
                desk.variables.push(("RUSTC", rustc.display().to_string()));
            },
            ("compiler", "program"),
            "  compiler changed",
        ),
        (
            |desk, _| {
                let flags = "--cfg=ours".to_owned();
                desk.variables.push(("NIX_RUSTFLAGS", flags));
            },
            ("variable", "NIX_RUSTFLAGS"),
            "  variable NIX_RUSTFLAGS: not set → --cfg=ours",
        ),
        (
            |desk, _| {
                let wrapper = desk.shim.path().join("wrapper");
                script(&wrapper, "#!/bin/sh\nexec \"$@\"\n");
                let wrapper = wrapper.display().to_string();
                desk.variables.push(("RUSTC_WORKSPACE_WRAPPER", wrapper));
            },
            ("wrapper", "program"),
            "  workspace wrapper added",
        ),
        (
            |_, library| {
                let moved = project();
                for file in ["Cargo.toml", "base/Cargo.toml", "base/src/lib.rs"] {
                    let text = fs::read_to_string(library.path().join(file)).unwrap();
                    moved.write(file, &text);
                }
                *library = moved;
            },
            ("directory", "directory"),
            "  directory: /",
        ),
    ];
    let (mut desk, mut library) = (Desk::new(), project());
    let package = ["-p", "base"];
    desk.build(&library, &package);
    let first = desk.call("base");
    assert_eq!(first["verdict"], "first", "{first:#}");
    for (change, expected, line) in steps {
        change(&mut desk, &mut library);
        desk.build(&library, &package);
        let call = desk.call("base");
        assert_eq!(call["verdict"], "changed", "{expected:?} {call:#}");
        assert_eq!(differences(&call), [expected], "{call:#}");
        let text = desk.text("base");
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!desk.left().contains("hunter2"));
}

/// From the program that somebody builds to the crate that somebody changed.
#[test]
fn the_crate_that_changed_first_is_found() {
    let (mut desk, library) = (Desk::new(), project());
    desk.build(&library, &[]);
    base(&library, "2", "");
    desk.build(&library, &[]);
    let call = desk.call("greeting");
    assert_eq!(differences(&call), [("dependency", "base")], "{call:#}");
    let [root] = call["roots"].as_array().unwrap().as_slice() else {
        panic!("{call:#}");
    };
    assert_eq!(root["package"], "base 0.1.0");
    assert_eq!(differences(root), [("source", "src/lib.rs")]);
    let text = desk.text("greeting");
    assert!(
        text.contains("  base 0.1.0: source src/lib.rs changed"),
        "{text}"
    );

    // By version, and never cached.
    assert_eq!(desk.call("base@0.1.0")["verdict"], "changed");
    let program = desk.call("program");
    assert_eq!(program["verdict"], "never-cached", "{program:#}");
    assert_eq!(program["code"], "links");

    // Nothing changed.
    desk.build(&library, &[]);
    assert_eq!(desk.call("greeting")["verdict"], "hit");

    // The cache lost it.
    desk.daemon = Daemon::start();
    desk.build(&library, &[]);
    let lost = desk.call("greeting");
    assert_eq!(lost["verdict"], "unchanged", "{lost:#}");
    assert!(desk.text("greeting").contains("did not have the entry"));

    for (arguments, expected) in [
        (&["greting"][..], "did you mean `greeting`?"),
        (&["base@9.9.9"], "compiled `base@9.9.9`"),
        (&["base", "--reports", "/nonexistent"], "/nonexistent: "),
        (
            &["base", "--reports", "/proc/self/task"],
            "no build has left its log",
        ),
    ] {
        let output = desk.explain(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    let mut without = Command::new(desk.shim.program("nix-sccache"));
    without.args(["explain", "base"]);
    let output = without.env_remove("NIX_SCCACHE_REPORTS").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("reports = "), "{said}");
}

/// A static library, and what a build script writes.
#[test]
fn files_from_build_scripts_are_named() {
    let (desk, library) = (Desk::new(), project());
    let manifest = fs::read_to_string(library.path().join("base/Cargo.toml")).unwrap();
    library.write(
        "base/Cargo.toml",
        &manifest.replace("edition", "build = \"build.rs\"\nedition"),
    );
    library.write(
        "base/src/lib.rs",
        "//! Base.\ninclude!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\n",
    );
    for (word, object, expected) in [
        ("1", "1", None),
        ("2", "1", Some(("source", "OUT_DIR/made.rs"))),
        ("2", "2", Some(("library", "libnative.a"))),
    ] {
        library.write(
            "base/build.rs",
            "use std::{env, fs};\nfn main() {\n    let out = env::var(\"OUT_DIR\").unwrap();\n    \
             fs::write(format!(\"{out}/made.rs\"), fs::read(\"made.rs\").unwrap()).unwrap();\n    \
             let directory = env::current_dir().unwrap();\n    \
             println!(\"cargo:rustc-link-search=native={}\", directory.display());\n    \
             println!(\"cargo:rustc-link-lib=static=native\");\n}\n",
        );
        let made = format!("/// Adds.\npub fn add(a: u32, b: u32) -> u32 {{ a + b + {word} }}\n");
        library.write("base/made.rs", &made);
        library.write(
            "base/native.c",
            &format!("int native(void) {{ return {object}; }}\n"),
        );
        let directory = library.path().join("base");
        let mut make = Command::new("sh");
        make.current_dir(directory).args([
            "-ec",
            "rm -f libnative.a; gcc -c native.c -o native.o; ar rcD libnative.a native.o",
        ]);
        stdout_of(&mut make);
        desk.build(&library, &["-p", "base"]);
        let Some(expected) = expected else { continue };
        let call = desk.call("base");
        assert_eq!(differences(&call), [expected], "{call:#}");
    }
}

/// C, with its headers.
#[test]
fn of_an_object_of_c_too() {
    type Change = fn(&mut Desk, &mut Vec<&'static str>, &Path);
    let steps: [(Change, (&str, &str)); 7] = [
        (|_, arguments, _| arguments[0] = "-O1", ("argument", "-O")),
        (
            |_, arguments, _| arguments.push("-DA=1"),
            ("argument", "-D A"),
        ),
        (
            |_, _, directory| fs::write(directory.join("a.h"), "int b(void);\n").unwrap(),
            ("source", "a.h"),
        ),
        (
            |_, _, directory| {
                fs::write(
                    directory.join("a.c"),
                    "#include \"a.h\"\n#include <b.h>\nint c(void) { return 2; }\n",
                )
                .unwrap();
            },
            ("source", "a.c"),
        ),
        (
            |_, _, directory| {
                fs::write(directory.join("earlier/b.h"), "int c(void);\n").unwrap();
            },
            ("source", "earlier/b.h"),
        ),
        (
            |desk, _, _| {
                desk.variables
                    .push(("NIX_CFLAGS_COMPILE", "-DX".to_owned()));
            },
            ("variable", "NIX_CFLAGS_COMPILE"),
        ),
        (
            |desk, _, _| {
                let gcc = desk.shim.path().join("compilers/gcc");
                script(
                    &gcc,
                    "#!/bin/sh\n# 2\nexec /usr/bin/gcc $NIX_CFLAGS_COMPILE \"$@\"\n",
                );
            },
            ("compiler", "program"),
        ),
    ];
    let (mut desk, directory) = (Desk::new(), TempDir::new().unwrap());
    let compilers = desk.shim.path().join("compilers");
    fs::create_dir(&compilers).unwrap();
    let gcc = compilers.join("gcc");
    script(
        &gcc,
        "#!/bin/sh\nexec /usr/bin/gcc $NIX_CFLAGS_COMPILE \"$@\"\n",
    );
    let sccache = desk.shim.program("sccache");
    let before = [sccache.to_str().unwrap(), gcc.to_str().unwrap()];
    fs::write(directory.path().join("a.h"), "int a(void);\n").unwrap();
    fs::create_dir(directory.path().join("earlier")).unwrap();
    fs::create_dir(directory.path().join("later")).unwrap();
    fs::write(directory.path().join("later/b.h"), "int c(void);\n").unwrap();
    fs::write(
        directory.path().join("a.c"),
        "#include \"a.h\"\n#include <b.h>\nint c(void) { return 1; }\n",
    )
    .unwrap();
    let mut arguments = vec!["-O2", "-Iearlier", "-Ilater", "-c", "a.c", "-o", "a.o"];
    desk.run(directory.path(), &[&before[..], &arguments].concat());
    for (change, expected) in steps {
        change(&mut desk, &mut arguments, directory.path());
        desk.run(directory.path(), &[&before[..], &arguments].concat());
        let call = desk.call("a.c");
        assert_eq!(call["verdict"], "changed", "{expected:?} {call:#}");
        assert_eq!(differences(&call), [expected], "{call:#}");
    }
}

/// What a procedural macro looks at: a file, a directory, a variable, and all variables.
#[test]
fn what_a_macro_reads_is_named() {
    type Change = fn(&mut Desk, &Library);
    const MACRO: &str = r#"
use proc_macro::TokenStream;
use std::{env, fs};

#[proc_macro]
pub fn look(_: TokenStream) -> TokenStream {
    let own = env::var("CARGO_MANIFEST_DIR").unwrap();
    let words = fs::read_to_string(format!("{own}/words.txt")).unwrap();
    let names = fs::read_dir(format!("{own}/migrations")).unwrap().count();
    let colour = env::var("COLOUR").is_ok();
    format!("/// Words.\npub const WORDS: &str = {words:?}; /// Names.\npub const NAMES: usize = {names}; \
             /// Colour.\npub const HAS_COLOUR: bool = {colour};")
    .parse()
    .unwrap()
}

#[proc_macro]
pub fn count(_: TokenStream) -> TokenStream {
    let own = env::vars().filter(|(name, _)| name.starts_with("OF_ALL_")).count();
    format!("/// Variables.\npub const VARIABLES: usize = {own};").parse().unwrap()
}
"#;
    let steps: [(Change, (&str, &str), &str); 5] = [
        (
            |_, library| library.write("base/words.txt", "two"),
            ("source", "words.txt"),
            "  file words.txt changed\n",
        ),
        (
            |_, library| library.write("base/migrations/2.sql", ""),
            ("listing", "migrations"),
            "  directory migrations, which was listed, has 2.sql now\n",
        ),
        (
            |desk, _| desk.variables.push(("COLOUR", "red".to_owned())),
            ("variable", "COLOUR"),
            "  variable COLOUR: not set → red\n",
        ),
        (
            |_, library| {
                library.write(
                    "base/src/lib.rs",
                    "//! Base.\nlook::look!();\nlook::count!();\n",
                );
            },
            ("source", "src/lib.rs"),
            "  source src/lib.rs changed\n",
        ),
        (
            |desk, _| desk.variables.push(("OF_ALL_ONE", "1".to_owned())),
            ("environment", "OF_ALL_ONE"),
            "  variable OF_ALL_ONE added: 1 (what ran read all variables)\n",
        ),
    ];
    let (mut desk, library) = (Desk::new(), project());
    library.write(
        "look/Cargo.toml",
        "[package]\nname = \"look\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lib]\nproc-macro = true\n",
    );
    library.write("look/src/lib.rs", MACRO);
    let manifest = fs::read_to_string(library.path().join("base/Cargo.toml")).unwrap();
    let depends = "\n[dependencies]\nlook = { path = \"../look\" }\n";
    library.write("base/Cargo.toml", &(manifest + depends));
    library.write("base/src/lib.rs", "//! Base.\nlook::look!();\n");
    library.write("base/words.txt", "one");
    library.write("base/migrations/1.sql", "");
    desk.build(&library, &["-p", "base"]);
    for (change, expected, line) in steps {
        change(&mut desk, &library);
        desk.build(&library, &["-p", "base"]);
        let call = desk.call("base");
        assert_eq!(call["verdict"], "changed", "{expected:?} {call:#}");
        assert_eq!(differences(&call), [expected], "{call:#}");
        let text = desk.text("base");
        assert!(text.contains(line), "{line}: {text}");
        assert!(text.lines().count() < 5, "{text}");
    }
}

/// As nixpkgs calls C compilers: each derivation has another seed, which is in an object with debug information.
#[test]
fn a_seed_of_nixpkgs_is_told_as_such() {
    let (mut desk, directory) = (Desk::new(), TempDir::new().unwrap());
    let package = desk.shim.path().join("wrapped");
    for directory in ["bin", "nix-support"] {
        fs::create_dir_all(package.join(directory)).unwrap();
    }
    fs::write(package.join("nix-support/cc-cflags"), "").unwrap();
    let gcc = package.join("bin/gcc");
    script(
        &gcc,
        "#!/bin/sh\nexec /usr/bin/gcc $NIX_CFLAGS_COMPILE \"$@\"\n",
    );
    fs::write(directory.path().join("a.c"), "int a(void) { return 1; }\n").unwrap();
    let sccache = desk.shim.program("sccache");
    let command = [sccache.to_str().unwrap(), gcc.to_str().unwrap(), "-g"];
    for seed in ["-O1 -frandom-seed=one", "-O1 -frandom-seed=other"] {
        desk.variables = vec![("NIX_CFLAGS_COMPILE", seed.to_owned())];
        desk.run(
            directory.path(),
            &[&command[..], &["-c", "a.c", "-o", "a.o"]].concat(),
        );
    }
    let call = desk.call("a.c");
    assert_eq!(
        differences(&call),
        [("environment", "NIX_CFLAGS_COMPILE")],
        "{call:#}"
    );
    let text = desk.text("a.c");
    let line =
        "  variable NIX_CFLAGS_COMPILE: -frandom-seed=one → -frandom-seed=other (nixpkgs gives";
    assert!(text.contains(line), "{text}");
}
