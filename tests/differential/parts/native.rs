//! Crates with C behind them: archives, where they are found, and what holds them in the end.

use crate::project::Draft;

pub fn make(draft: &mut Draft<'_>) {
    draft.run("mkdir -p out first second");
    let archive = archive(draft);
    let directories = draft.of(
        "directories",
        &[
            "-Lnative=first -Lnative=second",
            "-L second -L first",
            "-L native=second",
            "-L all=first -L second",
        ],
    );
    let option = draft.of(
        "option",
        &[
            "",
            "-Copt-level=1",
            "-Clink-arg=-Wl,--as-needed",
            "-Cextra-filename=-x",
        ],
    );
    let suffix = if option.contains("extra") { "-x" } else { "" };
    let rustc = format!("rustc --edition=2024 --out-dir out {option} {directories}");

    let library = linked(draft, archive);
    draft.run(&format!(
        "{rustc} --crate-name sys --crate-type lib --emit=dep-info,metadata,link {library} sys.rs"
    ));
    draft.file(
        "between.rs",
        "pub fn answer() -> i32 { sys::answer() + 1 }\n",
    );
    draft.run(&format!(
        "{rustc} --crate-name between --crate-type lib --emit=metadata,link --extern sys=out/libsys{suffix}.rlib \
         -L out between.rs"
    ));
    let (kind, text) = draft.fixed(
        "crate type",
        &[
            (
                "bin",
                "fn main() { println!(\"{}\", between::answer()); }\n",
            ),
            ("bin", "fn main() { assert!(between::answer() > 1); }\n"),
            ("lib", "pub fn top() -> i32 { between::answer() }\n"),
            (
                "cdylib",
                "#[unsafe(no_mangle)] pub extern \"C\" fn top() -> i32 { between::answer() }\n",
            ),
        ],
    );
    draft.file("top.rs", text);
    let mut script = "";
    if kind == "cdylib" && draft.has("a version script") {
        draft.file_of("exports", &["{ local: hidden*; };\n", "{ local: top; };\n"]);
        script = "-Clink-arg=-Wl,--version-script=exports";
    }
    draft.run(&format!(
        "{rustc} --crate-name top --crate-type {kind} --emit=link {script} --extern between=out/libbetween{suffix}.rlib \
         -L out top.rs"
    ));
    if kind == "bin" {
        draft.run(&format!("out/top{suffix}"));
    }
}

/// An archive, and what may be found before it; gives its file's name.
fn archive(draft: &mut Draft<'_>) -> &'static str {
    let texts = [1, 2, 3].map(|answer| format!("int answer(void) {{ return {answer}; }}\n"));
    let answer = draft.of("answer", &texts);
    draft.file("answer.c", answer);
    draft.file_of(
        "more.c",
        &[
            "int more(void) { return 4; }\n",
            "int more(void) { return 5; }\n",
        ],
    );
    let option = draft.of("C's option", &["", "-O2", "-g", "-fPIC"]);
    for name in ["answer", "more"] {
        draft.run(&format!("cc {option} -c {name}.c -o out/{name}.o"));
    }
    let name = draft.of(
        "archive's name",
        &["libanswer.a", "libanswer.a", "answer.lib"],
    );
    // The last is a thin one.
    let flags = draft.of("archive is", &["rcsD", "rcsD", "rcSD", "rcsDT"]);
    let members = draft.of(
        "members",
        &[
            "out/answer.o out/more.o",
            "out/more.o out/answer.o",
            "out/answer.o",
        ],
    );
    draft.run(&format!(
        "rm -f first/{name} second/{name} first/libanswer.so"
    ));
    draft.run(&format!("ar {flags} second/{name} {members}"));
    match draft.of("in front", &["", "", "archive", "shared"]) {
        "archive" => {
            draft.file("front.c", "int answer(void) { return 7; }\n");
            draft.run("cc -c front.c -o out/front.o");
            draft.run(&format!("ar rcsD first/{name} out/front.o"));
        }
        "shared" => draft.run("cc -shared -fPIC answer.c more.c -o first/libanswer.so"),
        _ => {}
    }
    name
}

/// Writes the crate that names the archive; gives the arguments that name it where it does not.
fn linked(draft: &mut Draft<'_>, archive: &str) -> String {
    let kind = draft.of(
        "kind",
        &[
            "static",
            "static:+bundle",
            "static:-bundle",
            "static:+whole-archive",
            "static:+verbatim",
            "dylib",
        ],
    );
    let name = if kind.ends_with("+verbatim") {
        archive
    } else {
        "answer"
    };
    let by_attribute = draft.fixed("by an attribute", &[false, true]);
    let mut attribute = String::new();
    if by_attribute {
        attribute = match kind.split_once(':') {
            None => format!("#[link(name = \"{name}\", kind = \"{kind}\")]\n"),
            Some((kind, modifiers)) => {
                format!(
                    "#[link(name = \"{name}\", kind = \"{kind}\", modifiers = \"{modifiers}\")]\n"
                )
            }
        };
    }
    draft.file(
        "sys.rs",
        format!("{attribute}unsafe extern \"C\" {{ pub safe fn answer() -> i32; }}\n"),
    );
    match by_attribute {
        false => format!("-l {kind}={name}"),
        true if draft.of("renamed", &[false, false, true]) => "-l static=answer:answer".to_owned(),
        true => String::new(),
    }
}
