//! A crate whose macros look at files, directories and variables.

use std::fs;
use std::process::Command;
use std::sync::OnceLock;

use nix_sccache_tests::{rustc, stdout_of};

use crate::parts::library::{TEXTS, VALUES};
use crate::project::Draft;

/// What a macro can be asked.
const QUESTIONS: [&str; 33] = [
    "read!(\"data/a\")",
    "read!(\"data/../data/b\")",
    "read!(\"data/linked\")",
    "read!(\"nothing\")",
    "read!(\"@place@/p/data/a\")",
    "list!(\"data\")",
    "list!(\"more\")",
    "list!(\"data/a\")",
    "all!(\"data\")",
    "variable!(\"VALUE\")",
    "variable!(\"OTHER\")",
    "variable!(\"CARGO_PKG_NAME\")",
    "environment!(\"VAL\")",
    "environment!(\"NEW\")",
    "environment!(\"CARGO\")",
    "environment!(\"LD_\")",
    "exists!(\"data/a\")",
    "exists!(\"data/late\")",
    "exists!(\"more\")",
    "length!(\"data/a\")",
    "mode!(\"data/a\")",
    "link!(\"data/linked\")",
    "canonical!(\"data/linked\")",
    "canonical!(\"directory/a\")",
    "run!(\"cat data/a\")",
    "run!(\"echo $VALUE\")",
    "run!(\"ls data\")",
    "run!(\"tool\")",
    "arguments!(\"--cfg\")",
    "directory!()",
    "write!(\"out/written\")",
    "append!(\"appended\")",
    "print!(\"data/a\")",
];

pub fn make(draft: &mut Draft<'_>) {
    for path in ["data/a", "data/b"] {
        let text = draft.of(path, &TEXTS);
        if draft.of(&format!("{path} may be run"), &[false, false, true]) {
            draft.program(path, text);
        } else {
            draft.data_of(path, &TEXTS);
        }
    }
    for path in ["data/late", "data/below/late", "more/late", ".hidden"] {
        if draft.has(path) {
            let text = draft.of(&format!("text of {path}"), &TEXTS);
            draft.file(path, text);
        }
    }
    draft.link_of("data/linked", &["a", "b", "../data/a", "late", "linked"]);
    draft.link_of("directory", &["data", "more", "data/below"]);
    draft.variable_of("VALUE", &VALUES);
    draft.variable_of("OTHER", &VALUES);
    draft.variable_of("VALIDATE", &VALUES);
    draft.variable_of("NEW_ONE", &[None, Some("1")]);
    draft.variable_of("CARGO_PKG_NAME", &[None, Some("own"), Some("other")]);
    let tool = draft.of(
        "tool",
        &[
            "#!/bin/sh\necho 1\n",
            "#!/bin/sh\necho 2\n",
            "#!/bin/sh\ncat data/b\n",
        ],
    );
    draft.program("tools/tool", tool);

    let which = draft.of("macros", &[0, 0, 0, 1]);
    draft.file("libmacros.so", built()[which].clone());
    let mut text = String::new();
    for question in 0..draft.fixed("questions", &[1, 1, 2, 3]) {
        let asked = draft.fixed(&format!("question {question}"), &QUESTIONS);
        text += &format!("pub const ANSWER_{question}: &str = macros::{asked};\n");
    }
    if draft.of("fails", &[false, false, false, true]) {
        text += "macros::fail!(\"data/b\");\n";
    }
    if draft.of("asks how it is built", &[false, false, true]) {
        text += "pub const BUILT: &str = macros::built!();\n";
    }
    // By way of another crate.
    let by = draft.fixed("by way of another", &[false, false, true]);
    if by {
        draft.file("between.rs", "pub use macros;\n");
        text = text.replace("macros::", "between::macros::");
    }
    draft.file("own.rs", text);
    draft.run("mkdir -p out");
    let emit = draft.of(
        "emits",
        &[
            "--emit=dep-info,metadata,link",
            "--emit=metadata",
            "--emit=link",
        ],
    );
    let option = draft.of(
        "option",
        &[
            "",
            "--cfg=one",
            "--cfg=two",
            "-Copt-level=1",
            "-Cincremental=incremental",
            "-L native=data",
            "-L dependency=more",
            "-Cmetadata=one",
            "--error-format=json",
        ],
    );
    if by {
        draft.run("rustc --edition=2024 --crate-name between --crate-type=lib between.rs --extern macros=libmacros.so --emit=dep-info,metadata,link --out-dir out");
    }
    let externs = if by {
        "--extern between=out/libbetween.rlib -L ."
    } else {
        "--extern macros=libmacros.so"
    };
    draft.run(&format!(
        "rustc --edition=2024 --crate-name own --crate-type=lib own.rs {externs} {emit} {option} --out-dir out"
    ));
}

/// The macro library, built in two ways.
fn built() -> &'static [Vec<u8>; 2] {
    static BUILT: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    BUILT.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("macros.rs");
        fs::write(&source, include_str!("../library/macros.rs")).unwrap();
        ["as_usual", "otherwise"].map(|cfg| {
            let mut command = Command::new(rustc());
            command
                .current_dir(directory.path())
                .args([
                    "--edition=2024",
                    "--crate-type=proc-macro",
                    "-Cprefer-dynamic",
                    "-Cstrip=symbols",
                    "-Awarnings",
                    "--cfg",
                    cfg,
                ])
                .arg(&source);
            stdout_of(&mut command);
            fs::read(directory.path().join("libmacros.so")).unwrap()
        })
    })
}
