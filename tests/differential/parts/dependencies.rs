//! Crates that depend on each other, by calls of rustc.

use crate::parts::library::BODIES;
use crate::project::{Draft, words};

/// What all crates of a project are compiled with.
struct Common {
    options: String,
    /// Where they are left.
    out: &'static str,
    /// The ending of the files by which they find each other.
    ending: &'static str,
}

pub fn make(draft: &mut Draft<'_>) {
    let common = Common::of(draft);
    common.run(draft, "mkdir -p @out@ other");
    generated(draft, &common);
    let bottom = body(draft, "bottom") + "pub const KEPT: u32 = 30;\n";
    let attribute = draft.fixed("generated", &GENERATED);
    draft.file("bottom.rs", bottom + attribute);
    common.compile(draft, "bottom", "");
    for name in ["left", "right"] {
        middle(draft, &common, name);
    }
    top(draft, &common);
    if draft.fixed("program", &[false, false, true]) {
        draft.file("program.rs", "fn main() { println!(\"{}\", top::it()); }\n");
        let lto = draft.of("lto", &["", "-Clto=thin", "-Clto=fat", "-Cstrip=symbols"]);
        let Common {
            options, ending, ..
        } = &common;
        let more = "--extern top=@out@/libtop.";
        common.run(
            draft,
            &format!("rustc {options} {lto} --emit=link {more}{ending} -L @out@ -o @out@/program program.rs"),
        );
        common.run(draft, "@out@/program");
    }
}

/// How a crate takes what a build script made.
const GENERATED: [&str; 6] = [
    "",
    "",
    "include!(concat!(env!(\"OUT_DIR\"), \"/generated.rs\"));\n",
    "pub const G: &str = include_str!(concat!(env!(\"OUT_DIR\"), \"/generated.rs\"));\n",
    "pub const G: usize = env!(\"OUT_DIR\").len();\n",
    "pub const G: Option<&str> = option_env!(\"OUT_DIR\");\n",
];

/// Makes that, as a build script would.
fn generated(draft: &mut Draft<'_>, common: &Common) {
    let out = draft.of("generated in", &["@out@/../made", "@out@/made", "made"]);
    let out = out.replace("@out@", common.out);
    let value = draft.of("generated value", &["1", "2", "\"three\""]);
    draft.variable("OUT_DIR", out.clone());
    let script = format!(
        "mkdir -p {out}; echo 'pub fn g() -> (u32, &'\\''static str) {{ ({value}, file!()) }}' >{out}/generated.rs"
    );
    draft.call(["sh", "-c", &script]);
}

impl Common {
    fn of(draft: &mut Draft<'_>) -> Self {
        let edition = draft.of("edition", &["2024", "2021"]);
        let option = draft.of(
            "option",
            &[
                "",
                "-Copt-level=1",
                "-g",
                "-Cpanic=abort",
                "-Clinker-plugin-lto",
                "-Cembed-bitcode=no",
                "--error-format=json --json=artifacts,diagnostic-short",
                "--remap-path-prefix=@out@=/out",
                "-Csplit-debuginfo=unpacked -g",
                "-Csave-temps",
            ],
        );
        let emits = [
            "dep-info,metadata,link",
            "metadata,link",
            "link",
            "metadata",
        ];
        let emit = draft.of("emits", &emits);
        Self {
            options: format!("--edition={edition} --emit={emit} {option}"),
            out: draft.of(
                "out",
                &[
                    "out",
                    "@place@/t1/debug/deps",
                    "@place@/t2/debug/deps",
                    "@place@/t3 x/deps",
                    "../up",
                ],
            ),
            ending: if emit == "metadata" { "rmeta" } else { "rlib" },
        }
    }

    fn compile(&self, draft: &mut Draft<'_>, name: &str, more: &str) {
        let options = &self.options;
        self.run(
            draft,
            &format!("rustc {options} --crate-name {name} --crate-type lib --out-dir @out@ {more} {name}.rs"),
        );
    }

    fn run(&self, draft: &mut Draft<'_>, line: &str) {
        draft.call(
            words(line)
                .into_iter()
                .map(|word| word.replace("@out@", self.out)),
        );
    }
}

/// A crate that uses the lowest one.
fn middle(draft: &mut Draft<'_>, common: &Common, name: &str) {
    let own = body(draft, name);
    let uses = draft.of(
        &format!("{name} uses"),
        &[
            "bottom::it()",
            "bottom::generic(1_u8)",
            "bottom::unseen()",
            "0",
        ],
    );
    draft.file(
        format!("{name}.rs"),
        format!("{own}pub fn low() -> u32 {{ {uses} }}\npub use bottom::KEPT;\n"),
    );
    let metadata = draft.of(
        &format!("{name}'s metadata"),
        &["", "-Cmetadata=a", "-Cmetadata=b"],
    );
    let ending = common.ending;
    common.compile(
        draft,
        name,
        &format!("--extern bottom=@out@/libbottom.{ending} {metadata}"),
    );
}

/// A crate that uses both, each by a name of its own or as it is found.
fn top(draft: &mut Draft<'_>, common: &Common) {
    let paths = draft.of(
        "names",
        &[["left", "right"], ["right", "left"], ["left", "left"]],
    );
    let option = draft.of(
        "option of extern",
        &["", "", "noprelude:", "priv:", "force:"],
    );
    let unstable = if option.is_empty() {
        ""
    } else {
        draft.variable("RUSTC_BOOTSTRAP", "1");
        "-Zunstable-options"
    };
    let renamed = draft.of("renamed", &[true, true, false]);
    let names = if renamed {
        ["one", "two"]
    } else {
        ["left", "right"]
    };
    let attribute = draft.of(
        "top",
        &["", "#![deny(warnings)]\n", "extern crate bottom;\n"],
    );
    let [one, two] = names;
    draft.file(
        "top.rs",
        format!("{attribute}pub fn it() -> u32 {{ {one}::it() + {two}::low() + {one}::KEPT }}\n"),
    );
    let mut arguments = unstable.to_owned();
    for (name, path) in names.into_iter().zip(paths) {
        arguments += &format!(" --extern {option}{name}");
        if renamed {
            arguments += &format!("=@out@/lib{path}.{}", common.ending);
        }
    }
    arguments += draft.of(
        "directories",
        &[
            " -Ldependency=@out@",
            " -Ldependency=@out@",
            " -L @out@",
            " -L other -L @out@",
            " -Lcrate=@out@",
            "",
        ],
    );
    if draft.of("elsewhere", &[false, false, true]) {
        // A crate of the same name that is not the one that was meant.
        common.run(draft, "cp @out@/libbottom.rlib other/libleft.rlib");
    }
    common.compile(draft, "top", &arguments);
}

fn body(draft: &mut Draft<'_>, name: &str) -> String {
    let body = draft.of(&format!("{name} says"), &BODIES);
    let generic = draft.of(&format!("{name}'s generic function"), &["1", "2"]);
    let inline = draft.of(
        &format!("{name} is inline"),
        &["", "#[inline(never)] ", "#[inline(always)] "],
    );
    let unseen = draft.of(&format!("{name} hides"), &["20", "21"]);
    let comment = draft.of(
        &format!("{name}'s comment"),
        &["", "// A comment.\n", "/// Words.\n"],
    );
    format!(
        "{comment}{inline}pub fn it() -> u32 {{ {body} }}\n\
         pub fn generic<T>(_: T) -> u32 {{ {generic} }}\n\
         #[doc(hidden)] pub fn unseen() -> u32 {{ hidden() }}\nfn hidden() -> u32 {{ {unseen} }}\n"
    )
}
