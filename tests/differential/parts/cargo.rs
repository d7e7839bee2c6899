//! A workspace that cargo builds: libraries with features, a build script, macros, and a program.

use crate::parts::library::{BODIES, TEXTS, VALUES};
use crate::project::Draft;

const COMMANDS: [&str; 16] = [
    "build",
    "build --release",
    "check",
    "build --message-format=json",
    "check --message-format=short",
    "test --no-run",
    "clippy",
    "clippy -- -Dwarnings",
    "doc --no-deps",
    "build --package program --no-default-features",
    "build --features program/fast",
    "build --features program/fast,program/slow",
    "build --features program/slow,program/fast",
    "build --all-targets",
    "check --profile test",
    "rustc --package base -- --cfg other",
];

pub fn make(draft: &mut Draft<'_>) {
    let is_scripted = draft.fixed("scripted", &[false, true]);
    let mut members = vec!["base", "other", "program"];
    if is_scripted {
        members.push("scripted");
        scripted(draft);
    }
    workspace(draft, &members);
    for name in ["base", "other"] {
        library(draft, name);
    }
    draft.variable_of("VALUE", &VALUES);
    program(draft, is_scripted);
    settings(draft);

    let command = draft.of("command", &COMMANDS);
    let target = draft.of(
        "target directory",
        &[
            "",
            "",
            "--target-dir other-target",
            "--target-dir @place@/p/third",
        ],
    );
    let (command, last) = command.split_once(" -- ").unwrap_or((command, ""));
    let dashes = if last.is_empty() { "" } else { "--" };
    // With it the same crates are compiled in whatever order cargo comes to them; `test` has no such option.
    let going = if command.starts_with("test") {
        "--jobs 1"
    } else {
        "--keep-going"
    };
    let line = format!("cargo {command} {going} {target} {dashes} {last}");
    draft.run(&line);
    if draft.of("twice", &[false, false, true]) {
        draft.run(&line);
    }
}

/// The workspace's manifest.
fn workspace(draft: &mut Draft<'_>, members: &[&str]) {
    let resolver = draft.fixed("resolver", &["3", "2"]);
    let profile = draft.of(
        "profile",
        &[
            "",
            "opt-level = 1",
            "debug = false",
            "codegen-units = 1",
            "panic = \"abort\"",
            "split-debuginfo = \"unpacked\"",
            "strip = true",
            "overflow-checks = false",
            "incremental = true",
        ],
    );
    let lints = draft.of(
        "lints",
        &[
            "",
            "unused = \"deny\"",
            "unused = \"allow\"",
            "unexpected_cfgs = \"deny\"",
        ],
    );
    draft.file(
        "Cargo.toml",
        format!(
            "[workspace]\nmembers = {members:?}\nresolver = \"{resolver}\"\n[workspace.lints.rust]\n{lints}\n\
             [profile.dev]\n{profile}\n[profile.release]\n{profile}\n"
        ),
    );
}

/// A library that nothing is below.
fn library(draft: &mut Draft<'_>, name: &str) {
    let features = draft.of(
        &format!("{name}'s features"),
        &[
            "fast = []\nslow = []\n",
            "fast = []\nslow = [\"fast\"]\n",
            "slow = []\nfast = []\n",
            "default = [\"fast\"]\nfast = []\nslow = []\n",
        ],
    );
    draft.file(
        format!("{name}/Cargo.toml"),
        manifest(
            name,
            &format!("[features]\n{features}[lints]\nworkspace = true\n"),
        ),
    );
    draft.file_of(&format!("{name}/data.txt"), &TEXTS);
    draft.file(
        format!("{name}/src/lib.rs"),
        format!(
            "//! {name}.\nmod inner;\npub use inner::it;\npub const DATA: &str = include_str!(\"../data.txt\");\n\
             pub const VALUE: Option<&str> = option_env!(\"VALUE\");\n"
        ),
    );
    let body = draft.of(&format!("{name} says"), &BODIES);
    draft.file(
        format!("{name}/src/inner.rs"),
        format!("/// It.\npub fn it() -> u32 {{ {body} }}\n"),
    );
    draft.file_if(
        &format!("{name}/src/inner/mod.rs"),
        &["", "", "", "pub fn it() -> u32 { 12 }\n"],
    );
}

/// The program, which calls both libraries by names of its own.
fn program(draft: &mut Draft<'_>, is_scripted: bool) {
    let (one, two) = draft.of("dependencies", &[("base", "other"), ("other", "base")]);
    let (on_script, calls_script) = if is_scripted {
        (
            "scripted = { path = \"../scripted\" }\n",
            "println!(\"{}\", scripted::all());",
        )
    } else {
        ("", "")
    };
    let more = format!(
        "[features]\ndefault = []\nfast = [\"one/fast\"]\nslow = [\"two/slow\"]\n[dependencies]\n\
         one = {{ path = \"../{one}\", package = \"{one}\" }}\n\
         two = {{ path = \"../{two}\", package = \"{two}\" }}\n{on_script}"
    );
    draft.file("program/Cargo.toml", manifest("program", &more));
    draft.file(
        "program/src/main.rs",
        format!(
            "fn main() {{ println!(\"{{}} {{}} {{}}\", one::it(), two::it(), one::DATA); {calls_script} }}\n\
             #[test] fn a() {{}}\n"
        ),
    );
}

fn manifest(name: &str, more: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{more}")
}

/// A crate with a build script that tries the compiler, generates code and compiles C.
fn scripted(draft: &mut Draft<'_>) {
    let mut script = "let out = env::var(\"OUT_DIR\").unwrap();\n".to_owned();
    for line in draft.some(
        "script",
        3,
        &[
            "println!(\"cargo::rerun-if-changed=declared.txt\");\n",
            "println!(\"cargo::rerun-if-env-changed=VALUE\");\n",
            "println!(\"cargo::rustc-cfg=one\");\n",
            "println!(\"cargo::rustc-env=SCRIPTED={}\", fs::read_to_string(\"declared.txt\").unwrap().trim());\n",
            "println!(\"cargo::warning=words\");\n",
            "eprintln!(\"said\");\n",
            "println!(\"cargo::metadata=key={}\", env::var(\"VALUE\").unwrap_or_default());\n",
        ],
    ) {
        script += line;
    }
    if draft.fixed("probes", &[false, true]) {
        script += PROBES;
        draft.file_of(
            "scripted/probe.rs",
            &[
                "#![feature(never_type)]\n",
                "pub fn a() {}\n",
                "pub fn a() -> u8 { b }\n",
            ],
        );
    }
    if draft.fixed("compiles C", &[false, true]) {
        script += COMPILES_C;
        draft.file(
            "scripted/c.c",
            "#include \"c.h\"\nint c_part(void) { return C; }\n",
        );
        draft.file_of("scripted/include/c.h", &["#define C 1\n", "#define C 2\n"]);
        draft.file_if("scripted/c.h", &["", "#define C 3\n"]);
        draft.file(
            "scripted/src/c.rs",
            "extern \"C\" { pub fn c_part() -> i32; }\npub fn part() -> i32 { unsafe { c_part() } }\n",
        );
    } else {
        draft.file("scripted/src/c.rs", "pub fn part() -> i32 { 0 }\n");
    }
    draft.file(
        "scripted/build.rs",
        format!("use std::{{env, fs, process::Command}};\nfn main() {{\n{script}{GENERATES}}}\n"),
    );
    draft.file_of("scripted/declared.txt", &TEXTS);
    draft.file(
        "scripted/Cargo.toml",
        manifest("scripted", "links = \"own\"\n"),
    );
    draft.file(
        "scripted/src/lib.rs",
        "mod c;\ninclude!(concat!(env!(\"OUT_DIR\"), \"/generated.rs\"));\npub fn all() -> String {\n\
         format!(\"{} {} {} {:?} {}\", G, c::part(), cfg!(probed), option_env!(\"SCRIPTED\"), cfg!(one)) }\n",
    );
}

/// As crates find out what the compiler can do: through cargo's wrapper.
const PROBES: &str = "\
    let rustc = env::var_os(\"RUSTC\").unwrap();
    let mut probe = match env::var_os(\"RUSTC_WRAPPER\") {
        Some(wrapper) => { let mut probe = Command::new(wrapper); probe.arg(rustc); probe }
        None => Command::new(rustc),
    };
    probe.args([\"--edition=2021\", \"--crate-name=probe\", \"--crate-type=lib\", \"--emit=dep-info,metadata\"]);
    probe.args([\"--out-dir\", &out, \"probe.rs\"]);
    if probe.status().unwrap().success() { println!(\"cargo::rustc-cfg=probed\"); }
";

/// As the crate `cc` does.
const COMPILES_C: &str = "\
    let mut cc = Command::new(\"cc\");
    cc.args([\"-O1\", \"-Iinclude\", \"-c\", \"c.c\", \"-o\"]).arg(format!(\"{out}/c.o\"));
    assert!(cc.status().unwrap().success());
    let mut ar = Command::new(\"ar\");
    ar.arg(\"rcsD\").arg(format!(\"{out}/libc_part.a\")).arg(format!(\"{out}/c.o\"));
    assert!(ar.status().unwrap().success());
    println!(\"cargo::rustc-link-search=native={out}\");
    println!(\"cargo::rustc-link-lib=static=c_part\");
";

const GENERATES: &str = "\
    println!(\"cargo::rustc-check-cfg=cfg(one, probed)\");
    let generated = format!(\"pub const G: &str = {:?};\", fs::read_to_string(\"declared.txt\").unwrap());
    fs::write(format!(\"{out}/generated.rs\"), generated).unwrap();
";

/// What is set beside the manifests.
fn settings(draft: &mut Draft<'_>) {
    draft.variable_of(
        "RUSTFLAGS",
        &[
            None,
            None,
            Some("--cfg other"),
            Some("-Copt-level=1 --cfg other"),
            Some("-Dwarnings"),
            Some("-Ctarget-cpu=native"),
        ],
    );
    draft.variable_of(
        "CARGO_INCREMENTAL",
        &[Some("0"), Some("0"), Some("0"), Some("1")],
    );
    draft.variable_of("RUSTC_BOOTSTRAP", &[None, None, Some("1")]);
    draft.variable_of("CARGO_PROFILE_DEV_OPT_LEVEL", &[None, None, Some("1")]);
    draft.variable_of(
        "CARGO_ENCODED_RUSTFLAGS",
        &[None, None, None, Some("--cfg\u{1f}own")],
    );
    draft.file_if(
        ".cargo/config.toml",
        &[
            "",
            "",
            "[build]\nrustflags = [\"--cfg\", \"third\"]\n",
            "[env]\nVALUE = \"of the configuration\"\n",
            "[build]\ntarget = \"x86_64-unknown-linux-gnu\"\n",
            "[unstable]\nbuild-dir-new-layout = true\n",
        ],
    );
    draft.file_if(
        "clippy.toml",
        &[
            "",
            "",
            "disallowed-names = [\"unused\"]\n",
            "msrv = \"1.40\"\n",
        ],
    );
}
