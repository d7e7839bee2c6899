//! A crate for a target that a file specifies.

use crate::project::Draft;

pub fn make(draft: &mut Draft<'_>) {
    let vendor = draft.of("vendor", &["one", "two", "unknown"]);
    let atomics = draft.of("atomics", &["64", "32", "0"]);
    let features = draft.of("features", &["+sse2", "+avx", "+sse3"]);
    let model = draft.of("relocation model", &["pic", "static"]);
    let text = format!(
        "{{\"arch\": \"x86_64\", \"cpu\": \"x86-64\", \"llvm-target\": \"x86_64-unknown-none\", \
         \"data-layout\": \"e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128\", \
         \"target-pointer-width\": 64, \"vendor\": \"{vendor}\", \"os\": \"none\", \"max-atomic-width\": {atomics}, \
         \"features\": \"{features}\", \"relocation-model\": \"{model}\", \"panic-strategy\": \"abort\", \
         \"linker-flavor\": \"gnu-lld\"}}\n"
    );
    let broken = draft.of("the file is broken", &[false, false, false, true]);
    let directory = draft.of("targets", &["targets", "targets", "elsewhere"]);
    draft.file(
        format!("{directory}/ours.json"),
        if broken { &text[..99] } else { &text },
    );
    if draft.has("another target file") {
        draft.file("earlier/ours.json", text.replace("\"none\"", "\"linux\""));
    }
    draft.variable_of("RUSTC_BOOTSTRAP", &[Some("1"), Some("1"), Some("1"), None]);
    draft.variable_of(
        "RUST_TARGET_PATH",
        &[
            Some("targets"),
            Some("earlier:targets"),
            Some("elsewhere"),
            None,
        ],
    );
    let target = draft.of(
        "target",
        &[
            "targets/ours.json",
            "ours",
            "elsewhere/ours.json",
            "./targets/ours.json",
        ],
    );
    let unstable = draft.of(
        "unstable",
        &["-Zunstable-options", "-Zunstable-options", ""],
    );
    let body = draft.of("body", &["1", "2"]);
    let mut source = "#![feature(no_core, lang_items, auto_traits)]\n#![no_core]\n\
                  #[lang = \"pointee_sized\"] pub trait PointeeSized {}\n\
                  #[lang = \"meta_sized\"] pub trait MetaSized: PointeeSized {}\n\
                  #[lang = \"sized\"] pub trait Sized: MetaSized {}\n\
                  #[lang = \"copy\"] pub trait Copy {}\nimpl Copy for u32 {}\n"
        .to_owned();
    for cfg in [
        "target_vendor = \"one\"",
        "target_vendor = \"two\"",
        "target_has_atomic = \"64\"",
        "target_feature = \"avx\"",
        "target_os = \"linux\"",
    ] {
        let name: String = cfg.chars().filter(char::is_ascii_alphanumeric).collect();
        source += &format!(
            "#[cfg({cfg})] #[unsafe(no_mangle)] pub extern \"C\" fn {name}() -> u32 {{ {body} }}\n"
        );
    }
    draft.file("own.rs", source);
    let emit = draft.of(
        "emits",
        &["dep-info,metadata,link", "metadata", "obj", "asm"],
    );
    draft.run("mkdir -p out");
    draft.run(&format!("rustc --edition=2024 --crate-name own --crate-type rlib --emit={emit} --out-dir out --target {target} {unstable} -Awarnings own.rs"));
    draft.run(&format!("rustc --print=cfg --target {target} {unstable}"));
}
