//! A library of modules and of files that it includes, by calls of rustc.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use crate::project::{Draft, words};

/// Bodies of a module's function: some are refused, or warned of.
pub const BODIES: [&str; 9] = [
    "1",
    "2",
    "3",
    "let unused = 4; 5",
    "\"six\"",
    "7 +",
    "if cfg!(feature = \"fast\") { 8 } else { 9 }",
    "line!()",
    "return 10;",
];

/// Contents of files that are read, of which several have one length.
pub const TEXTS: [&str; 6] = ["one\n", "two\n", "six\n", "", "three\r\n", "one\none\n"];

/// Values of variables.
pub const VALUES: [Option<&str>; 8] = [
    None,
    Some(""),
    Some("a"),
    Some("b"),
    Some("a\nb"),
    Some("a\\nb"),
    Some("a=b c"),
    Some("\u{e9}"),
];

/// Options of rustc's that change what is made, or what is said.
const OPTIONS: [&str; 46] = [
    "-Copt-level=2",
    "-Cdebuginfo=2",
    "-C debuginfo=line-tables-only",
    "-g",
    "-O",
    "-Cmetadata=one",
    "-Cmetadata=two",
    "-Cextra-filename=-one",
    "-Ccodegen-units=1",
    "-Coverflow-checks=on",
    "-Cpanic=abort",
    "-Ctarget-cpu=native",
    "-Ctarget-cpu=x86-64-v3",
    "-Ctarget-feature=+avx2",
    "-Cembed-bitcode=no",
    "-Clto=thin",
    "-Cinstrument-coverage",
    "-Csymbol-mangling-version=v0",
    "-Cllvm-args=--inline-threshold=1",
    "-Csplit-debuginfo=packed",
    "-Csplit-debuginfo=unpacked",
    "-Csave-temps",
    "-Cremark=all",
    "-Cincremental=incremental",
    "--cfg=other",
    "--cfg=feature=\"fast\"",
    "--cfg feature=\"slow\"",
    "--check-cfg=cfg(feature,values(\"fast\"))",
    "--check-cfg=cfg(feature,values(\"slow\",\"fast\"))",
    "-Dwarnings",
    "-Awarnings",
    "-Funused",
    "-Wunreachable_pub",
    "--cap-lints=warn",
    "--cap-lints=allow",
    "--error-format=json",
    "--error-format=short",
    "--error-format=json --json=artifacts,diagnostic-rendered-ansi,future-incompat",
    "--diagnostic-width=40",
    "--color=always",
    "-Zunstable-options",
    "-Zfunction-sections=no",
    "--remap-path-prefix=src=elsewhere",
    "--print=file-names",
    "--verbose",
    "--test",
];

/// What lies where outputs will.
const BEFORE: [&str; 7] = [
    "",
    "rm -f out/libown.rlib; ln -s a/there.rlib out/libown.rlib",
    "rm -f out/libown.rmeta; ln -s a/there.rmeta out/libown.rmeta",
    "echo old >out/libown.rlib; echo old >out/libown.rmeta; echo old >out/own.d",
    "rm -rf out/own.d; mkdir out/own.d",
    "rm -rf real; mv out real; ln -s real out",
    "rm -f out/*own*",
];

const EMITS: [&str; 13] = [
    "--emit=dep-info,metadata,link",
    "--emit=metadata",
    "--emit=link",
    "--emit=link,metadata,dep-info",
    "--emit=dep-info,metadata",
    "--emit=dep-info",
    "--emit=metadata=out/own.rmeta,link",
    "--emit=dep-info=out/own.d,link=out/libown.rlib",
    "--emit=obj",
    "--emit=asm,llvm-ir,mir",
    "-o out/libown.rlib",
    "--emit=metadata=-",
    "",
];

pub fn make(draft: &mut Draft<'_>) {
    let (directory, main) = draft.fixed(
        "root",
        &[
            ("src/", "lib.rs"),
            ("src/", "lib.rs"),
            ("src/", "rustc.rs"),
            ("", "lib #1: a.rs"),
        ],
    );
    let attributes = [
        "#![deny(warnings)]\n",
        "#![no_std]\n",
        "#![allow(dead_code)]\n",
        "#![feature(never_type)]\n",
        "#![cfg_attr(feature = \"fast\", deny(unused))]\n",
        "//! Words.\n",
    ];
    let mut root = draft.some("attribute", 2, &attributes).concat();
    let modules = draft.fixed("modules", &[1, 2, 3]);
    for name in &["one", "two", "three"][..modules] {
        root += &module(draft, directory, name);
    }
    root += &included(draft, if directory.is_empty() { "" } else { "../" });
    let main = format!("{directory}{main}");
    draft.file(&main, root);
    calls(draft, &main);
}

/// Writes a module; gives what names it.
fn module(draft: &mut Draft<'_>, directory: &str, name: &str) -> String {
    let body = draft.of(&format!("{name} says"), &BODIES);
    let text = format!("/// It.\npub fn it() -> u32 {{ {body} }}\n");
    let named = format!("pub mod {name};\n");
    let (path, named) = draft.of(
        &format!("{name} lies in"),
        &[
            (format!("{directory}{name}.rs"), named.clone()),
            (format!("{directory}{name}/mod.rs"), named.clone()),
            (
                format!("{directory}other-{name}.rs"),
                format!("#[path = \"other-{name}.rs\"]\n{named}"),
            ),
        ],
    );
    let target = draft.of(&format!("{name} is a link to"), &["", "", "here", "there"]);
    if target.is_empty() {
        draft.file(path, text);
    } else {
        let beside = Path::new(&path).with_file_name("here");
        draft.file(beside.with_file_name("there"), text.replace('1', "21"));
        draft.file(beside, text);
        draft.link(path, target);
    }
    // Two places for one module are an error.
    if draft.of(
        &format!("{name} lies there twice"),
        &[false, false, false, true],
    ) {
        draft.file(
            format!("{directory}{name}.rs"),
            "pub fn it() -> u32 { 11 }\n",
        );
        draft.file(
            format!("{directory}{name}/mod.rs"),
            "pub fn it() -> u32 { 12 }\n",
        );
    }
    named
}

/// Files and variables that become part of the text; gives what asks for them.
fn included(draft: &mut Draft<'_>, up: &str) -> String {
    let mut root = String::new();
    let path = draft.fixed(
        "data",
        &["data.txt", "a b#c.txt", "data/a:b.txt", "d\\a$(t)a.txt"],
    );
    let form = draft.fixed(
        "included by",
        &[
            "",
            "include_str!(\"@up@@path@\")",
            "include_bytes!(\"@up@@path@\")",
            "include_str!(concat!(env!(\"DIRECTORY\"), \"/@path@\"))",
            "include!(\"@up@@path@\")",
        ],
    );
    if form == "include!(\"@up@@path@\")" {
        draft.file_of(
            path,
            &["1", "2", "{ let unused = 3; 4 }", "\"five\"", "line!()"],
        );
    } else if !form.is_empty() {
        draft.data_of(path, &TEXTS);
        let here = draft.here();
        let directory = draft.of("$DIRECTORY", &[here.clone(), format!("{here}/.")]);
        draft.variable("DIRECTORY", directory);
    }
    if !form.is_empty() {
        let path = path.replace('\\', "\\\\");
        let form = form.replace("@path@", &path).replace("@up@", up);
        let kind = match form {
            _ if form.starts_with("include!") => "u32",
            _ if form.starts_with("include_b") => "&[u8]",
            _ => "&str",
        };
        root += &format!("pub const TEXT: {kind} = {form};\n");
    }
    if draft.fixed("reads variables", &[false, true]) {
        root += "pub const V: Option<&str> = option_env!(\"VALUE\");\npub const W: &str = env!(\"OTHER\");\n";
        draft.variable_of("VALUE", &VALUES);
        if draft.of("$VALUE is no text", &[false, false, false, true]) {
            draft.variable("VALUE", OsString::from_vec(vec![0x61, 0xff]));
        }
        draft.variable_of("OTHER", &[Some("x"), Some("y"), Some("xx"), None]);
    }
    if draft.fixed("shows paths", &[false, true]) {
        root += "pub fn file() -> &'static str { file!() }\npub fn panics() { panic!() }\n";
    }
    root
}

fn calls(draft: &mut Draft<'_>, main: &str) {
    draft.variable_of(
        "RUSTC_BOOTSTRAP",
        &[None, Some("1"), Some("0"), Some("own"), Some("")],
    );
    draft.variable_of("SOURCE_DATE_EPOCH", &[None, Some("1")]);
    draft.variable_of(
        "RUSTC_FORCE_RUSTC_VERSION",
        &[None, None, None, Some("1.90.0")],
    );
    draft.variable_of("LANG", &[None, Some("de_DE.UTF-8")]);
    let here = draft.here();
    let main = draft.of(
        "source",
        &[
            main.to_owned(),
            format!("./{main}"),
            format!("./././{main}"),
            format!("{here}/{main}"),
        ],
    );
    let mut arguments = vec![main];
    arguments.push("--edition=".to_owned() + draft.of("edition", &["2024", "2021", "2015"]));
    arguments.push("--crate-name=own".to_owned());
    arguments.extend(words(draft.of(
        "type",
        &[
            "--crate-type=lib",
            "--crate-type=rlib",
            "--crate-type lib --crate-type rlib",
            "--crate-type=cdylib",
            "--crate-type=dylib",
            "--crate-type=staticlib",
            "",
        ],
    )));
    arguments.extend(words(draft.of("emits", &EMITS)));
    arguments.extend(words(draft.of(
        "out",
        &[
            "--out-dir=out",
            "--out-dir out",
            "--out-dir=./out",
            "--out-dir=out/a",
        ],
    )));
    for option in draft.some("option", 4, &OPTIONS) {
        arguments.extend(words(option));
    }
    draft.run("mkdir -p out/a");
    draft.script_of("before", &BEFORE);
    call(draft, arguments);
}

/// Calls one of the compilers with these arguments, in one of the ways to do so.
fn call(draft: &mut Draft<'_>, mut arguments: Vec<String>) {
    match draft.of(
        "called as",
        &["rustc", "rustc", "file", "clippy", "rustdoc", "twice"],
    ) {
        "file" => {
            draft.file("arguments", arguments.join("\n"));
            return draft.run("rustc @arguments");
        }
        "clippy" => {
            clippys(draft);
            arguments.splice(..0, words("clippy-driver rustc"));
        }
        "rustdoc" => {
            let not = ["emit", "out-dir", "/a", "test"];
            arguments.retain(|word| word != "out" && !not.iter().any(|not| word.contains(not)));
            arguments.splice(..0, words("rustdoc --output=doc"));
        }
        "twice" => {
            arguments.insert(0, "rustc".to_owned());
            draft.call(arguments.clone());
        }
        _ => arguments.insert(0, "rustc".to_owned()),
    }
    draft.call(arguments);
}

/// What clippy reads beside the sources.
fn clippys(draft: &mut Draft<'_>) {
    let settings = [
        "",
        "disallowed-names = [\"unused\"]",
        "msrv = \"1.30\"",
        "cognitive",
    ];
    for name in ["clippy.toml", ".clippy.toml", "conf/clippy.toml"] {
        draft.file_if(name, &settings);
    }
    draft.variable_of("CLIPPY_CONF_DIR", &[None, Some("conf")]);
    draft.variable_of(
        "CLIPPY_ARGS",
        &[
            None,
            Some("-Wclippy::all__CLIPPY_HACKERY__"),
            Some("-Dclippy::needless_return__CLIPPY_HACKERY__"),
        ],
    );
}
