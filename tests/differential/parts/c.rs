//! Objects of C, C++ and assembler, with headers in several directories.

use crate::project::{Draft, words};

const DIRECTORIES: [&str; 4] = ["first", "second", "third", "."];

/// What a source has in it.
const LINES: [&str; 23] = [
    "#include \"a.h\"\nint a = A;",
    "#include <a.h>\nint angled = A;",
    "#include <below/b.h>\nint b = B;",
    "#if __has_include(\"own.h\")\n#include \"own.h\"\nint own = OWN;\n#endif",
    "#define WHICH <below/b.h>\n#if __has_include(WHICH)\nint has_b;\n#endif",
    "#if __has_include_next(<a.h>)\nint next;\n#endif",
    "__asm__(\".section .rodata\\n.incbin \\\"blob\\\"\\n.previous\");",
    "__asm__(\".section .rodata\\n.inc\" \"bin \\\"blob\\\"\\n.previous\");",
    "__asm__(\".macro take\\n.incbin \\\"blob\\\"\\n.endm\\n.data\\ntake\\n.text\");",
    "__asm__(\".include \\\"more.s\\\"\");",
    "const char *date = __DATE__;",
    "#ifdef FIXED\nconst char *time = __DATE__ __TIME__;\n#endif",
    "const char *stamp = __TIMESTAMP__;",
    "const char *file = __FILE__;",
    "const char *base = __BASE_FILE__;",
    "#ifdef GIVEN\nint given = GIVEN;\n#endif",
    "static int unused(void) { return 1; }",
    "int f(int x) { return x * 3 + 1; }",
    "#warning words",
    "#pragma message \"more words\"",
    "#pragma GCC dependency \"own.h\" words",
    "#line 7 \"elsewhere.c\"\nint moved;",
    "static int t; int g(void) { return t++; }",
];

/// What lies where outputs will.
const BEFORE: [&str; 7] = [
    "",
    "rm -f out/main.o; ln -s deep/there.o out/main.o",
    "rm -f out/main.d; ln -s deep/there.d out/main.d",
    "echo old >out/main.o; echo old >out/main.d",
    "rm -rf out/main.d; mkdir out/main.d",
    "rm -rf real; mv out real; ln -s real out",
    "rm -f out/*",
];

const OPTIONS: [&str; 80] = [
    "-O2",
    "-g",
    "-g3",
    "-ggdb -gsplit-dwarf",
    "-flto",
    "-fPIC",
    "-Wall",
    "-Wall -Werror",
    "-Wunused-function",
    "-w",
    "-DGIVEN=1",
    "-DGIVEN=__DATE__",
    "-DGIVEN=__TIMESTAMP__",
    "-D GIVEN=__FILE__",
    "-D GIVEN=2",
    "-UGIVEN",
    "-DFIXED",
    "-MD",
    "-MMD",
    "-MD -MF out/own.d",
    "-MD -MT target -MP",
    "-MMD -MQ $target",
    "-Wp,-MD,out/wp.d",
    "-include first/a.h",
    "-include late.h",
    "-imacros second/a.h",
    "-isystem third",
    "-iquote third",
    "-idirafter second",
    "-I-",
    "-Ithird",
    "-Ilinked",
    "-I@place@/p/third",
    "-iprefix thi -iwithprefix rd",
    "-nostdinc",
    "-frandom-seed=abc",
    "-frandom-seed=abd",
    "-save-temps",
    "-save-temps=obj",
    "-fstack-usage",
    "-fcallgraph-info",
    "-ftest-coverage",
    "--coverage",
    "-fprofile-use=out/none.gcda",
    "-fprofile-use",
    "-aux-info out/aux",
    "-fdump-tree-optimized",
    "-fdump-rtl-final=out/dump",
    "-Wa,-alms=out/list",
    "-Wa,-al",
    "-Wa,-Ithird",
    "-Wa,--defsym,x=1",
    "-Wa,@asm-arguments",
    "-specs=own.specs",
    "-Btools",
    "-Bthird/",
    "-no-canonical-prefixes",
    "@arguments",
    "-march=native",
    "-march=x86-64-v3",
    "-fdebug-prefix-map=@place@=/nowhere",
    "-ffile-prefix-map=@place@=/nowhere",
    "-fmacro-prefix-map=main=other",
    "-fdiagnostics-color=always",
    "-fdiagnostics-format=json",
    "-fdiagnostics-plain-output",
    "-fmessage-length=20",
    "-fverbose-asm",
    "-frecord-gcc-switches",
    "-fno-such-option",
    "-Wno-such-option",
    "-H",
    "-v",
    "-###",
    "-time=out/time",
    "-pipe",
    "-ftabstop=3",
    "-dD",
    "--param max-inline-insns-single=3",
    "-wrapper env",
];

pub fn make(draft: &mut Draft<'_>) {
    draft.run("mkdir -p out/deep");
    draft.script_of("before", &BEFORE);
    wrapped(draft);
    headers(draft);
    variables(draft);
    let (compiler, name) = source(draft);
    let here = draft.here();
    let source = draft.of(
        "source",
        &[
            name.clone(),
            name.clone(),
            format!("./{name}"),
            format!("{here}/{name}"),
            format!("first/../{name}"),
        ],
    );
    let mut line = words(&format!("{compiler} -Ifirst -Isecond"));
    let does = [
        "-c",
        "-c",
        "-c",
        "-S",
        "-E",
        "-M",
        "-fsyntax-only",
        "-c -x c++",
    ];
    line.extend(words(draft.of("does", &does)));
    let output = [
        "-o out/main.o",
        "-o out/other.o",
        "-o @place@/p/out/main.o",
        "-o @place@/p/out/deep/main.o",
        "-o @place@/p/out/deep/other.o",
        "",
        "-o/dev/null",
        "-o out/deep/main.o",
        "-o -",
        "-dumpdir out/ -o out/main.o",
    ];
    line.extend(words(draft.of("output", &output)));
    for option in draft.some("option", 4, &OPTIONS) {
        line.extend(words(option));
    }
    line.push(source);
    if draft.of("two sources", &[false, false, false, true]) {
        draft.file("more.c", "int more;\n");
        line.push("more.c".to_owned());
    }
    if draft.has("a precompiled header") {
        let which = draft.of("of", &["first/a.h", "second/a.h"]);
        draft.run(&format!("gcc -x c-header {which} -o {which}.gch"));
    }
    draft.call(line.clone());
    if draft.of("twice", &[false, true]) {
        draft.call(line);
    }
}

/// Compilers' scripts that are found before the compilers.
fn wrapped(draft: &mut Draft<'_>) {
    for name in ["gcc", "cc"] {
        let script = draft.of(
            &format!("bin/{name}"),
            &[
                "",
                "",
                "",
                "#!/bin/sh\nexec /usr/bin/gcc -DGIVEN=10 \"$@\"\n",
                "#!/bin/sh\nexec /usr/bin/gcc $NIX_CFLAGS_COMPILE \"$@\"\n",
                "#!/bin/bash\nexec /usr/bin/gcc ${NIX_CFLAGS_COMPILE-} \"$@\" ${UNRELATED:+-DUNRELATED}\n",
                "#!/bin/bash\n. ./flags\nexec /usr/bin/gcc $FLAGS \"$@\"\n",
                "#!/bin/bash\nread -r FLAGS <flags\nexec -a gcc /usr/bin/gcc ${FLAGS#*=} \"$@\"\n",
                "#!/bin/bash\nfor it in bin/*; do F+=\" -D${it##*/}\"; done\nexec /usr/bin/gcc $F \"$@\"\n",
                "#!/bin/sh\n[ -e third/a.h ] && set -- -DGIVEN=11 \"$@\"\nexec /usr/bin/gcc \"$@\"\n",
                "#!/usr/bin/env bash\nexec /usr/bin/gcc \"$@\" -DGIVEN=$(printenv UNRELATED)12\n",
                "#!/bin/sh\necho words >&2\nexec /usr/bin/gcc \"$@\"\n",
            ],
        );
        if !script.is_empty() {
            draft.program(format!("bin/{name}"), script);
        }
    }
    draft.file_of("flags", &["FLAGS=-DGIVEN=12\n", "FLAGS=-DGIVEN=13\n"]);
}

/// Writes the source; gives the compiler's name and the source's.
fn source(draft: &mut Draft<'_>) -> (&'static str, String) {
    let ending = draft.fixed("language", &["c", "c", "c", "cc", "S", "s", "i"]);
    let compiler = if ending == "cc" {
        "g++"
    } else {
        draft.of("compiler", &["gcc", "cc", "gcc"])
    };
    let mut text = match ending {
        "S" => "#include \"a.h\"\n.data\n.long A\n.incbin \"blob\"\n".to_owned(),
        "s" => ".data\n.incbin \"blob\"\n.include \"more.s\"\n".to_owned(),
        "i" => "# 1 \"main.c\"\nint i;\n".to_owned(),
        _ => {
            let lines = draft.fixed("lines", &[2, 3, 5]);
            let lines = (0..lines).map(|line| draft.fixed(&format!("line {line}"), &LINES));
            lines.fold(String::new(), |text, line| text + line + "\n")
        }
    };
    text += match ending {
        "S" | "s" => draft.of(
            "last line",
            &["", ".long 2\n", ".include \"more.s\"\n", "# words\n"],
        ),
        _ => draft.of(
            "last line",
            &[
                "",
                "int last;\n",
                "int tail;\n",
                "// words\n",
                "int broken = ;\n",
            ],
        ),
    };
    let name = format!("main.{ending}");
    if draft.of("the source is a link", &[false, false, false, true]) {
        draft.file(format!("second/real.{ending}"), text);
        draft.link(&name, format!("second/real.{ending}"));
    } else {
        draft.file(&name, text);
    }
    (compiler, name)
}

/// Headers, and whatever else is looked for in these directories.
fn headers(draft: &mut Draft<'_>) {
    for (at, directory) in DIRECTORIES.iter().enumerate() {
        for (name, macro_name, many) in [
            ("a.h", "A", [1, 1, 0, 0]),
            ("below/b.h", "B", [0, 1, 0, 0]),
            ("own.h", "OWN", [0, 0, 0, 0]),
            ("late.h", "LATE", [0, 0, 0, 1]),
        ] {
            let path = format!("{directory}/{name}");
            let there = format!("#define {macro_name} {}\n", at + 1);
            let other = format!("#define {macro_name} {}\n", at + 6);
            let next = format!("#include_next <{name}>\n");
            let usual = if many[at] == 1 {
                there.clone()
            } else {
                String::new()
            };
            let rare = if many[at] == 1 { String::new() } else { there };
            let text = draft.of(&path, &[usual, rare, other, next]);
            if !text.is_empty() {
                draft.file(path, text);
            }
        }
    }
    draft.data_of("blob", &["one\n", "two\n", "three\n"]);
    if draft.has("blob in front") {
        draft.file("third/blob", "four\n");
    }
    if !draft.of("no more.s", &[false, false, false, true]) {
        draft.file_of(
            "more.s",
            &[
                ".data\n.long 3\n",
                ".data\n.long 4\n",
                ".data\n.incbin \"blob\"\n",
            ],
        );
    }
    draft.file_of(
        "arguments",
        &[
            "-DGIVEN=3\n",
            "-DGIVEN=4\n",
            "-I third",
            "@more-arguments",
            "-include second/a.h",
        ],
    );
    draft.file_of("more-arguments", &["-DGIVEN=5", "-DGIVEN=6"]);
    draft.file_of("asm-arguments", &["--defsym y=1", "--defsym y=2 -Ithird"]);
    draft.file_of(
        "own.specs",
        &[
            "*cpp_options:\n+ -DGIVEN=7\n",
            "*cpp_options:\n+ -DGIVEN=8\n",
            "%include <third.specs>\n",
        ],
    );
    let assembler = draft.of(
        "assembler's script",
        &[
            "",
            "",
            "#!/bin/sh\nexec /usr/bin/as \"$@\" --defsym w=1\n",
            "#!/bin/sh\nexec /usr/bin/as \"$@\" --defsym w=2\n",
        ],
    );
    if !assembler.is_empty() {
        let path = draft.of("it lies in", &["tools/as", "toolsas", "third/as"]);
        draft.program(path, assembler);
    }
    draft.link_of("linked", &["first", "third", "nowhere", "second/below"]);
}

fn variables(draft: &mut Draft<'_>) {
    for (name, values) in [
        ("CPATH", &["third", "linked", ":first"][..]),
        ("C_INCLUDE_PATH", &["third", "second"]),
        ("CPLUS_INCLUDE_PATH", &["third"]),
        ("OBJC_INCLUDE_PATH", &["third"]),
        ("SOURCE_DATE_EPOCH", &["0", "1000000000", "x"]),
        ("COMPILER_PATH", &["tools", "third"]),
        ("GCC_EXEC_PREFIX", &["third/"]),
        ("LIBRARY_PATH", &["third"]),
        ("LC_ALL", &["C", "C.UTF-8"]),
        ("LANG", &["C.UTF-8"]),
        ("GCC_COLORS", &["error=01;31"]),
        ("TERM", &["dumb", "xterm"]),
        ("COLUMNS", &["40"]),
        ("PWD", &["@place@/p", "@place@/../place/p", "/nowhere"]),
        ("TMPDIR", &["out", "/nowhere"]),
        ("DEPENDENCIES_OUTPUT", &["out/deps", "out/deps target"]),
        ("SUNPRO_DEPENDENCIES", &["out/sun"]),
        ("GCC_COMPARE_DEBUG", &["1"]),
        ("COLLECT_GCC_OPTIONS", &["'-O2'"]),
        ("NIX_CFLAGS_COMPILE", &["-DGIVEN=9"]),
        ("NIX_HARDENING_ENABLE", &["fortify"]),
        ("MAKEFLAGS", &["-j2"]),
        ("UNRELATED", &["1"]),
        ("TZ", &["UTC", "Asia/Tokyo"]),
        ("LD_PRELOAD", &["", "libm.so.6"]),
    ] {
        let values: Vec<_> = [None, None]
            .into_iter()
            .chain(values.iter().copied().map(Some))
            .collect();
        draft.variable_of(name, &values);
    }
}
