//! Packages whose build scripts look at whatever they like, with a program, a shared library, a macro and tests behind them.

use crate::project::{Draft, words};

/// What a script does, each in a block of its own.
const DOES: [&str; 30] = [
    "made(\"read\", fs::read_to_string(\"data/one\").unwrap_or_default());",
    "let mut names: Vec<_> = fs::read_dir(\"data\").unwrap().map(|it| it.unwrap().file_name()).collect(); names.sort(); made(\"list\", format!(\"{names:?}\"));",
    "made(\"there\", Path::new(\"data/two\").exists().to_string());",
    "made(\"link\", format!(\"{:?} {:?}\", fs::read_link(\"link\"), fs::read(\"link\")));",
    "made(\"variable\", var(\"VALUE\"));",
    "let mut all: Vec<_> = env::vars().filter(|it| it.0.starts_with(\"LISTED_\")).collect(); all.sort(); made(\"variables\", format!(\"{all:?}\"));",
    "made(\"rustc\", run(&format!(\"{}|--version\", var(\"RUSTC\"))));",
    "made(\"cfg\", run(&format!(\"{}|--print|cfg\", var(\"RUSTC\"))));",
    "made(\"shell\", run(\"sh|-c|cat <data/one; for it in data/*; do echo $it; done\"));",
    "made(\"bash\", run(\"bash|-c|echo $VALUE $(test -e data/two; echo $?)\"));",
    "made(\"perl\", run(\"perl|-e|print $ENV{VALUE}\"));",
    "made(\"tool\", run(\"tool\"));",
    "made(\"features\", format!(\"{} {} {}\", var(\"CARGO_FEATURE_MORE\"), var(\"PROFILE\"), var(\"OPT_LEVEL\")));",
    "made(\"out\", var(\"OUT_DIR\").replace('/', \"|\"));",
    "made(\"up\", Path::new(&var(\"OUT_DIR\")).ancestors().nth(4).unwrap().display().to_string().to_uppercase());",
    "made(\"up\", fs::read_dir(Path::new(&var(\"OUT_DIR\")).join(\"../../../../..\")).map(|it| it.count()).unwrap_or(0).to_string());",
    "made(\"size\", fs::metadata(\"data/one\").map(|it| it.len()).unwrap_or(0).to_string());",
    "made(\"directory\", env::current_dir().unwrap().canonicalize().unwrap().display().to_string());",
    "made(\"dir/deep/file\", \"1\"); fs::create_dir_all(out().join(\"empty\")).unwrap();",
    "made(\"program\", \"2\"); fs::set_permissions(out().join(\"program\"), fs::Permissions::from_mode(0o755)).unwrap();",
    "made(\"closed\", \"3\"); fs::set_permissions(out().join(\"closed\"), fs::Permissions::from_mode(0o444)).unwrap();",
    "fs::set_permissions(out(), fs::Permissions::from_mode(0o750)).unwrap();",
    "made(\"to\", \"4\"); std::os::unix::fs::symlink(\"to\", out().join(\"from\")).unwrap();",
    "made(\"temporary\", \"5\"); fs::rename(out().join(\"temporary\"), out().join(\"renamed\")).unwrap();",
    "println!(\"cargo::rerun-if-changed=data\"); println!(\"cargo::rerun-if-env-changed=VALUE\");",
    "println!(\"cargo::rustc-env=FROM_SCRIPT={}\", fs::read_to_string(\"data/one\").unwrap_or_default().trim());",
    "println!(\"cargo::rustc-env=FROM_SCRIPT={}\", var(\"OUT_DIR\").replace('/', \"%2F\"));",
    "println!(\"cargo::rustc-link-arg=-Wl,--defsym=own=0x{}\", fs::read_to_string(\"data/two\").unwrap_or_default().len());",
    "println!(\"cargo::warning={}\", var(\"VALUE\")); eprintln!(\"told\");",
    "let depends = env::vars().filter(|it| it.0.starts_with(\"DEP_\")).map(|it| it.1).next(); made(\"depends\", depends.and_then(|it| fs::read_to_string(it + \"/base.h\").ok()).unwrap_or_default());",
];

const HEAD: &str = "#![allow(dead_code, unused_imports)]
use std::{env, fs, os::unix::fs::PermissionsExt, path::{Path, PathBuf}, process::Command};
fn var(name: &str) -> String { env::var(name).unwrap_or_default() }
fn out() -> PathBuf { var(\"OUT_DIR\").into() }
fn made(name: &str, text: impl AsRef<[u8]>) {
    let path = out().join(name); fs::create_dir_all(path.parent().unwrap()).unwrap(); fs::write(path, text).unwrap();
}
fn run(line: &str) -> Vec<u8> {
    let words: Vec<_> = line.split('|').collect();
    Command::new(words[0]).args(&words[1..]).output().map(|it| it.stdout).unwrap_or_default()
}
";

const COMMANDS: [&str; 9] = [
    "build",
    "build --release",
    "test --no-run",
    "build --all-targets",
    "build --profile lto",
    "build --profile thin",
    "build --features more",
    "check --all-targets",
    "rustc --lib --crate-type cdylib",
];

const PROFILES: &str = "[profile.lto]\ninherits = \"release\"\nlto = true\n[profile.thin]\ninherits = \"dev\"\nlto = \"thin\"\n";

pub fn make(draft: &mut Draft<'_>) {
    draft.file(
        "Cargo.toml",
        format!(
            "[package]\nname = \"top\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"rlib\", \"cdylib\"]\n\
             [features]\nmore = []\n[dependencies]\nbase-sys = {{ path = \"base\" }}\nlists = {{ path = \"lists\" }}\n\
             [workspace]\n{PROFILES}"
        ),
    );
    script(draft, "build.rs", 6, "");
    draft.file(
        "src/lib.rs",
        "pub const ALL: &[(&str, &[u8])] = &lists::files!();\npub const VALUE: Option<&str> = option_env!(\"FROM_SCRIPT\");\n\
         #[unsafe(no_mangle)] pub extern \"C\" fn count() -> i32 { ALL.len() as i32 + base_sys::base() }\n\
         #[test] fn counts() { assert!(count() > 0); }\n",
    );
    draft.file(
        "src/main.rs",
        "fn main() { println!(\"{:?} {:?} {}\", top::ALL, top::VALUE, top::count()); }\n",
    );
    draft.file(
        "tests/whole.rs",
        "#[test] fn whole() { assert!(top::count() > 0); }\n",
    );
    base(draft);
    lists(draft);
    data(draft);
    let command = draft.of("command", &COMMANDS);
    let target = draft.of(
        "target directory",
        &["", "", "--target-dir gettar", "--target-dir longer/other"],
    );
    let here = draft.here();
    let path = draft.of("first on the path", &["bin", "first", "none"]);
    let tools = format!("{here}/{path}:{here}/bin");
    let mut line = ["sh", "-c", "PATH=$0:$PATH; exec \"$@\"", &tools]
        .map(str::to_owned)
        .to_vec();
    line.extend(words(&format!("cargo {command} {target} --offline")));
    draft.call(line.clone());
    if draft.of("twice", &[false, false, true]) {
        draft.call(line);
    }
}

/// A script that does some of it.
fn script(draft: &mut Draft<'_>, path: &str, many: usize, more: &str) {
    let lines = draft.some(path, many, &DOES);
    let body = lines.join(" }\n{ ");
    draft.file(
        path,
        format!("{HEAD}fn main() {{\n{{ {body} }}\n{more}}}\n"),
    );
}

/// A package that compiles C, and tells others where its headers are.
fn base(draft: &mut Draft<'_>) {
    draft.file(
        "base/Cargo.toml",
        "[package]\nname = \"base-sys\"\nversion = \"0.1.0\"\nedition = \"2024\"\nlinks = \"base\"\n",
    );
    script(
        draft,
        "base/build.rs",
        2,
        "fs::copy(\"base.h\", out().join(\"base.h\")).unwrap();
    for words in [\"cc -O1 -c base.c -o OUT/base.o\", \"ar rcsD OUT/libbase.a OUT/base.o\"] {
        let line = words.replace(\"OUT\", &var(\"OUT_DIR\")); let words: Vec<_> = line.split(' ').collect();
        assert!(Command::new(words[0]).args(&words[1..]).status().unwrap().success());
    }
    println!(\"cargo::rustc-link-search=native={}\\ncargo::rustc-link-lib=static=base\\ncargo::metadata=include={}\", var(\"OUT_DIR\"), var(\"OUT_DIR\"));
",
    );
    draft.file(
        "base/base.c",
        "#include \"base.h\"\nint base(void) { return BASE; }\n",
    );
    draft.file_of("base/base.h", &["#define BASE 1\n", "#define BASE 2\n"]);
    draft.file(
        "base/src/lib.rs",
        "mod own { unsafe extern \"C\" { pub safe fn base() -> i32; } }\npub fn base() -> i32 { own::base() }\n",
    );
    draft.file_if("base/data/one", &["", "1"]);
    draft.file("base/data/three", "3");
}

/// A macro that lists what the script of its user's package has made.
fn lists(draft: &mut Draft<'_>) {
    draft.file(
        "lists/Cargo.toml",
        "[package]\nname = \"lists\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\nproc-macro = true\n",
    );
    let which = draft.of(
        "the macro takes",
        &[
            "true",
            "it.is_file()",
            "it.to_string_lossy().len() % 2 == 0",
        ],
    );
    draft.file(
        "lists/src/lib.rs",
        format!(
            "use std::path::PathBuf;\n#[proc_macro] pub fn files(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{\n\
             let mut all: Vec<PathBuf> = std::fs::read_dir(std::env::var(\"OUT_DIR\").unwrap()).unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_file() && ({which})).collect();\n\
             all.sort();\n\
             let text: String = all.iter().map(|it| format!(\"({{:?}}, {{:?}}), \", it.file_name().unwrap().to_str().unwrap(), std::fs::read(it).unwrap())).map(|it| it.replace(\", [\", \", &[\")).collect();\n\
             format!(\"[{{text}}]\").parse().unwrap() }}\n"
        ),
    );
}

/// What the scripts look at.
fn data(draft: &mut Draft<'_>) {
    draft.file_if("data/one", &["1", "2", "22", ""]);
    draft.file_if("data/two", &["", "333", "4444"]);
    draft.file("data/three", "3");
    draft.link_of("link", &["data/one", "data/three", "data/none", "data"]);
    draft.variable_of("VALUE", &[None, Some("a"), Some("b")]);
    draft.variable_of("CARGO_INCREMENTAL", &[Some("0"), Some("0"), Some("1")]);
    draft.variable_of("LISTED_A", &[None, Some("a"), Some("b")]);
    draft.variable_of("LISTED_B", &[None, Some("a")]);
    let echo = draft.of(
        "the tool",
        &[
            "echo 1",
            "echo 2",
            "echo $VALUE",
            "cat data/one",
            "env | grep LISTED_",
        ],
    );
    draft.program("bin/tool", format!("#!/bin/sh\n{echo}\n"));
    draft.program("first/tool", "#!/bin/sh\necho first\n");
}
