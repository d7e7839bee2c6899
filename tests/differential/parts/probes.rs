//! What build scripts and configure scripts try a compiler with.

use crate::project::{Draft, words};

const RUST_SOURCES: [&str; 10] = [
    "fn main() {}",
    "pub fn a() -> u32 { 1 }",
    "#![feature(never_type)]\npub fn a() -> ! { loop {} }",
    "#![allow(dead_code)] fn a() { let _ = core::hint::black_box(1); }",
    "fn a() { nothing::there(); }",
    "pub fn a(x: u8) -> u8 { x.unbounded_shl(1) }",
    "fn a() -> u32 { \"text\" }",
    "#![no_std]\npub const A: Option<&str> = option_env!(\"VALUE\");",
    "pub const A: &str = include_str!(\"given.h\");",
    "",
];

const RUST_CALLS: [&str; 11] = [
    "--crate-type=lib --emit=metadata --out-dir out -",
    "--crate-type=lib --emit=metadata -o out/probe -",
    "--crate-name probe --crate-type=lib --emit=metadata --out-dir out -",
    "--crate-name probe --crate-type=lib --emit=metadata,link --out-dir out - -Dwarnings",
    "--crate-name probe --edition=2021 --crate-type=lib --emit=dep-info,metadata --out-dir out probe.rs",
    "--crate-name probe --edition=2018 --crate-type=lib --emit=llvm-ir --out-dir out -",
    "--emit=metadata=out/own -",
    "- --crate-type=lib --emit=obj -o out/o",
    "- --print=cfg",
    "--crate-type=rlib - --out-dir=out -Zunstable-options",
    "--edition=2021 -o out/a.out -",
];

const C_SOURCES: [&str; 12] = [
    "int main(void) { return 0; }\n",
    "#include \"given.h\"\nint a = GIVEN;\n",
    "#if __has_include(<given.h>)\nint given;\n#endif\n",
    "#include <stdio.h>\nint main(void) { puts(\"a\"); return 0; }\n",
    "#include <nothing.h>\n",
    "int a(void) { undeclared(); return 1; }\n",
    "int a = ;\n",
    "__VERSION__ __GNUC__ __FILE__ __COUNTER__\n",
    "#ifdef VALUE\n#error VALUE\n#endif\nint b;\n",
    "#warning here\n",
    "int main(void) { return given(); }\n",
    "__asm__(\".incbin \\\"given.h\\\"\");\n",
];

const C_CALLS: [&str; 22] = [
    "cc -E -",
    "cc -E conftest.c",
    "cc -E -Ifirst -Isecond conftest.c",
    "cc -E -dM conftest.c",
    "cc -E -P -x c - -DVALUE",
    "cc -c conftest.c",
    "cc -c conftest.c -o out/conftest.o",
    "cc -Ifirst -Isecond -c conftest.c -o out/conftest.o",
    "cc -c -o /dev/null conftest.c",
    "cc -o conftest conftest.c",
    "cc -o conftest conftest.c -Lfirst -lgiven",
    "cc -fsyntax-only conftest.c",
    "cc -S conftest.c -o -",
    "cc -x c -c - -o out/stdin.o",
    "cc -Werror -Wall -c conftest.c",
    "cc -c conftest.c -fno-such-option",
    "cc -c conftest.c -Wno-such-warning",
    "cc -M -Ifirst -Isecond conftest.c",
    "cc -print-file-name=given.h -Bfirst/",
    "cc -print-search-dirs -Bfirst/",
    "c++ -std=c++20 -x c++ -c conftest.c -o out/conftest.o",
    "cc -v -c conftest.c -o out/conftest.o -DA",
];

pub fn make(draft: &mut Draft<'_>) {
    draft.run("mkdir -p out first second");
    for directory in ["first", "second", "."] {
        draft.file_if(
            &format!("{directory}/given.h"),
            &["", "#define GIVEN 1\n", "#define GIVEN 2\n", "#error no\n"],
        );
    }
    draft.variable_of("VALUE", &[None, Some("1"), Some("2")]);
    draft.variable_of("RUSTC_BOOTSTRAP", &[None, Some("1")]);
    draft.variable_of("LC_ALL", &[None, Some("C"), Some("C.UTF-8")]);
    draft.variable_of("CPATH", &[None, Some("second"), Some("first:second")]);
    draft.variable_of("COLUMNS", &[None, Some("40")]);
    let rust = draft.of("rust", &RUST_SOURCES);
    draft.file("probe.rs", rust);
    let c = draft.of("c", &C_SOURCES);
    draft.file("conftest.c", c);
    if draft.has("a library") {
        draft.file_of(
            "given.c",
            &[
                "int given(void) { return 1; }\n",
                "int given(void) { return 2; }\n",
            ],
        );
        draft.run("cc -c given.c -o out/given.o");
        draft.run("ar rcsD first/libgiven.a out/given.o");
    }
    for call in draft.some("rust's call", 2, &RUST_CALLS) {
        let line = format!("rustc {call}");
        draft.call_with(words(&line), rust);
    }
    for call in draft.some("c's call", 4, &C_CALLS) {
        draft.call_with(words(call), c);
    }
}
