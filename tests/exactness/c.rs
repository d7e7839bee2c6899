//! What compilers of C and C++ and the assembler read.

use crate::case::{Case, Expected, case};

const FIXED: u64 = 1_600_000_000;

fn of(script: &str) -> Case {
    case(script)
        .file("a.c", "#include \"a.h\"\nint f(void) { return A; }\n")
        .file("a.h", "#define A 1\n")
}

#[test]
fn a_header() {
    of("cc -c a.c -o a.o")
        .misses_when(|project| project.file("a.h", "#define A 2\n"))
        .fails_when(|project| project.remove("a.h"))
        .check();
}

#[test]
fn a_header_of_the_same_size_and_time() {
    of("cc -c a.c -o a.o")
        .with(|project| project.dated("a.h", "#define A 1\n", FIXED))
        .misses_when(|project| project.dated("a.h", "#define A 2\n", FIXED))
        .check();
}

#[test]
fn a_header_appears_earlier() {
    for (source, options) in [
        (
            "#include \"b.h\"\nint f(void) { return B; }\n",
            "-Ione -Itwo",
        ),
        ("#include <b.h>\nint f(void) { return B; }\n", "-Ione -Itwo"),
        (
            "#include <b.h>\nint f(void) { return B; }\n",
            "-iquote one -isystem one -idirafter two",
        ),
        (
            "#include <b.h>\nint f(void) { return B; }\n",
            "-Itwo -idirafter one",
        ),
        ("#include \"b.h\"\nint f(void) { return B; }\n", "-Itwo"),
    ] {
        case(&format!("mkdir -p one; cc {options} -c a.c -o a.o"))
            .file("a.c", source)
            .file("two/b.h", "#define B 1\n")
            .file("one/other.h", "")
            .right_when(|project| project.file("one/b.h", "#define B 2\n"))
            .right_when(|project| project.file("b.h", "#define B 3\n"))
            .check();
    }
}

/// It was not there at all.
#[test]
fn a_directory_of_headers_appears() {
    case("cc -Ione -Itwo -c a.c -o a.o")
        .file("a.c", "#include <b.h>\nint f(void) { return B; }\n")
        .file("two/b.h", "#define B 1\n")
        .misses_when(|project| project.file("one/b.h", "#define B 2\n"))
        .check();
}

#[test]
fn the_next_header_of_a_name() {
    case("cc -Ione -Itwo -Ithree -c a.c -o a.o")
        .file("a.c", "#include <b.h>\nint f(void) { return B; }\n")
        .file("one/b.h", "#include_next <b.h>\n")
        .file("two/other.h", "")
        .file("three/b.h", "#define B 1\n")
        .misses_when(|project| project.file("two/b.h", "#define B 2\n"))
        .check();
}

#[test]
fn a_directory_of_headers_that_is_a_link() {
    case("cc -Iheaders -c a.c -o a.o")
        .file("a.c", "#include <b.h>\nint f(void) { return B; }\n")
        .file("one/b.h", "#define B 1\n")
        .file("two/b.h", "#define B 2\n")
        .with(|project| project.link("headers", "one"))
        .misses_when(|project| project.link("headers", "two"))
        .check();
}

#[test]
fn a_header_of_the_system_is_shadowed() {
    case("cc -Ione -c a.c -o a.o")
        .file(
            "a.c",
            "#include <limits.h>\nint f(void) { return INT_MAX; }\n",
        )
        .file("one/other.h", "")
        .misses_when(|project| project.file("one/limits.h", "#define INT_MAX 3\n"))
        .check();
}

#[test]
fn a_precompiled_header_appears() {
    of("cc -c a.c -o a.o -Winvalid-pch")
        .ignore(".gch")
        .right_when(|project| {
            project.file("other.h", "#define A 2\n");
            project.script("cc -c", "command cc -x c-header other.h -o a.h.gch; cc -c");
        })
        .right_when(|project| {
            project.script(
                "cc -c",
                "mkdir a.h.gch; command cc -x c-header a.h -o a.h.gch/one; cc -c",
            );
        })
        .check();
}

#[test]
fn making_a_precompiled_header() {
    for script in [
        "cc -x c-header a.h -o a.h.gch",
        "cc -c a.h -o a.h.gch",
        "cc a.h",
    ] {
        of(script)
            .first(Expected::Anything, Expected::Anything)
            .ignore(".gch")
            .right_when(|project| project.file("a.h", "#define A 2\n"))
            .check();
    }
}

#[test]
fn whether_there_is_a_header() {
    for source in [
        "#if __has_include(\"b.h\")\nint f(void) { return 1; }\n#else\nint f(void) { return 2; }\n#endif\n",
        "#define HAS __has_include\n#define IT <b.h>\n#if HAS(IT)\nint f(void) { return 1; }\n#else\nint f(void) { return 2; }\n#endif\n",
        "#if !__has_include(<b.h>)\nint f(void) { return 2; }\n#else\n#include <b.h>\nint f(void) { return B; }\n#endif\n",
    ] {
        case("cc -Ione -c a.c -o a.o")
            .file("a.c", source)
            .file("one/other.h", "")
            .misses_when(|project| project.file("one/b.h", "#define B 1\n"))
            .check();
        case("cc -Ione -c a.c -o a.o")
            .file("a.c", source)
            .file("one/b.h", "#define B 1\n")
            .misses_when(|project| project.rename("one/b.h", "one/c.h"))
            .check();
    }
}

#[test]
fn dates_and_times() {
    const EPOCH: &str = "SOURCE_DATE_EPOCH";
    for source in ["__DATE__", "__TIME__"] {
        let own = format!("const char *f(void) {{ return {source}; }}\n");
        let included = "#include \"a.h\"\nconst char *f(void) { return D; }\n";
        for text in [own.as_str(), included] {
            case("cc -c a.c -o a.o")
                .file("a.c", text)
                .file("a.h", format!("#define D {source}\n"))
                .variable(EPOCH, "315532800")
                .misses_when(|project| project.variable(EPOCH, "415592801"))
                .check();
        }
    }
}

/// Without a variable it is the time of the clock, and never the time of another build.
#[test]
fn the_time_of_the_clock() {
    for source in ["__TIME__", "__DATE__ \" \" __TIME__", "TI(ME)"] {
        let case = case("cc -c a.c -o a.o")
            .file(
                "a.c",
                format!(
                    "#define TI(x) __TI ## x ## __\nconst char *f(void) {{ return {source}; }}\n"
                ),
            )
            .ignore("a.o");
        // The second is another, by then.
        case.bypasses().check();
    }
}

#[test]
fn the_time_of_a_file() {
    let stamp = "const char *f(void) { return __TIMESTAMP__; }\n";
    let included = "#include \"a.h\"\nconst char *f(void) { return D; }\n";
    for source in [stamp, included] {
        case("cc -c a.c -o a.o")
            .with(|project| project.dated("a.c", source, FIXED))
            .with(|project| project.dated("a.h", "#define D __TIMESTAMP__\n", FIXED))
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| project.dated("a.c", source, FIXED + 1))
            .check();
    }
}

#[test]
fn files_that_the_assembler_reads() {
    for source in [
        "__asm__(\".incbin \\\"a.bin\\\"\");",
        "__asm__(\".inc\" \"bin \\\"a.b\" \"in\\\"\");",
        "__asm__(\".inc\\x62in \\\"a.bin\\\"\");",
        "__asm__(\".macro take name\\n.incbin \\\"\\\\name\\\"\\n.endm\\ntake a.bin\");",
        "#define Q(x) #x\n#define IN(x) __asm__(\".inc\" Q(bin) \" \\\"\" Q(x) \"\\\"\")\nIN(a.bin);",
        "__asm__(\".include \\\"a.inc\\\"\");",
    ] {
        case("cc -c a.c -o a.o")
            .file("a.c", format!("{source}\nint f(void) {{ return 0; }}\n"))
            .file("a.bin", "one")
            .file("a.inc", ".incbin \"a.bin\"\n")
            .misses_when(|project| project.file("a.bin", "two"))
            .check();
    }
}

#[test]
fn sources_of_the_assembler() {
    for (name, text) in [
        ("a.s", ".section .rodata\n.incbin \"a.bin\"\n"),
        (
            "a.S",
            "#include \"a.h\"\n.section .rodata\n.incbin \"a.bin\"\n.byte A\n",
        ),
        ("a.S", ".include \"a.inc\"\n"),
    ] {
        case(&format!("cc -Ione -Wa,-Itwo -c {name} -o a.o"))
            .file(name, text)
            .file("a.h", "#define A 1\n")
            .file("a.inc", ".section .rodata\n.incbin \"a.bin\"\n")
            .file("two/a.bin", "one")
            .right_when(|project| project.file("two/a.bin", "two"))
            .right_when(|project| project.file("a.bin", "three"))
            .right_when(|project| project.file("one/a.bin", "four"))
            .right_when(|project| project.file("a.h", "#define A 2\n"))
            .check();
    }
}

#[test]
fn files_that_arguments_name() {
    for (options, changes) in [
        ("-include b.h", true),
        ("-imacros b.h", true),
        ("@b.h", false),
        ("-specs=b.specs", false),
        ("-fsanitize=address -fsanitize-recover=address", false),
    ] {
        let case = case(&format!("cc {options} -c a.c -o a.o"))
            .file("a.c", "int f(void) { return B; }\n")
            .file("b.h", if changes { "#define B 1\n" } else { "-DB=1\n" })
            .file("b.specs", "*cc1:\n+ -DB=1\n");
        let case = if options.starts_with("-fs") {
            case.with(|project| project.script("-c a.c", "-DB=1 -c a.c"))
        } else {
            case
        };
        case.first(Expected::Anything, Expected::Anything)
            .right_when(|project| {
                project.file("b.h", if changes { "#define B 2\n" } else { "-DB=2\n" });
            })
            .right_when(|project| project.file("b.specs", "*cc1:\n+ -DB=2 -O1\n"))
            .check();
    }
}

#[test]
fn variables_of_the_compiler() {
    for name in ["CPATH", "C_INCLUDE_PATH"] {
        case("cc -c a.c -o a.o")
            .file("a.c", "#include <b.h>\nint f(void) { return B; }\n")
            .file("one/b.h", "#define B 1\n")
            .file("two/b.h", "#define B 2\n")
            .variable(name, "one")
            .misses_when(|project| project.variable(name, "two"))
            .right_when(|project| project.variable(name, "two:one"))
            .fails_when(|project| project.variable(name, "three"))
            .check();
    }
    case("cxx -c a.cc -o a.o")
        .file("a.cc", "#include <b.h>\nint f() { return B; }\n")
        .file("one/b.h", "#define B 1\n")
        .file("two/b.h", "#define B 2\n")
        .variable("CPLUS_INCLUDE_PATH", "one")
        .misses_when(|project| project.variable("CPLUS_INCLUDE_PATH", "two"))
        .check();
}

/// They have it write files that nothing in its arguments names.
#[test]
fn variables_that_name_lists_of_dependencies() {
    for name in ["DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES"] {
        of("cc -c a.c -o a.o")
            .first(Expected::Miss, Expected::Hit)
            .right_when(|project| project.variable(name, "deps"))
            .right_when(|project| project.variable(name, "deps target"))
            .check();
    }
}

#[test]
fn languages_of_messages() {
    of("cc -Wall -c a.c -o a.o")
        .file("a.c", "int f(void) { int a; return a; }\n")
        .variable("LC_ALL", "C")
        .misses_when(|project| project.variable("LC_ALL", "C.UTF-8"))
        .right_when(|project| project.variable("GCC_COLORS", "error=01;31"))
        .right_when(|project| project.variable("TERM", "xterm"))
        .check();
}

#[test]
fn equal_sources_at_two_places() {
    case("mkdir out; cc -MD -c one/a.c -o out/a.o")
        .file("one/a.c", "#include <assert.h>\nvoid f(int a) { assert(a); }\nconst char *g(void) { return __FILE__; }\n")
        .file("two/a.c", "#include <assert.h>\nvoid f(int a) { assert(a); }\nconst char *g(void) { return __FILE__; }\n")
        .misses_when(|project| project.script("one/a.c", "two/a.c"))
        .misses_when(|project| project.script("one/a.c", "./one/a.c"))
        .misses_when(|project| project.script("one/a.c", "$PWD/one/a.c"))
        .check();
    case("cd one; cc -g -c a.c -o a.o")
        .file("one/a.c", "int f(int a) { return a; }\n")
        .file("two/a.c", "int f(int a) { return a; }\n")
        .misses_when(|project| project.script("cd one", "cd two"))
        .check();
}

/// The same files in another directory, whose name may be in the object.
#[test]
fn another_directory() {
    for (source, options) in [
        ("int f(int a) { return a; }\n", ""),
        ("int f(int a) { return a; }\n", "-g"),
        ("int f(int a) { return a; }\n", "-g1 -O2"),
        ("const char *f(void) { return __FILE__; }\n", ""),
        ("#include \"b.h\"\n", ""),
        ("#include \"b.h\"\n", "-g"),
        ("int f(int a) { return a; }\n", "--coverage -frandom-seed=a"),
        ("int f(int a) { return a; }\n", "-fstack-usage"),
        ("int f(int a) { return a; }\n", "-MD"),
        ("int f(int a) { return a; }\n", "-flto -frandom-seed=a"),
        (
            "int f(int a) { return a; }\n",
            "-g -fdebug-prefix-map=$PWD=/s",
        ),
        ("int f(int a) { return a; }\n", "-frecord-gcc-switches"),
        (
            "int f(int a) { return a; }\n",
            "-Wall -Wextra -Wmissing-prototypes",
        ),
        ("__asm__(\".incbin \\\"a.bin\\\"\");\n", ""),
    ] {
        for place in ["a.o", "$PWD/a.o", "$PWD/out/a.o", "../project/out/a.o"] {
            case(&format!(
                "mkdir -p out; cc {options} -Iinclude -c a.c -o {place}"
            ))
            .file("a.c", source)
            .file("a.bin", "bytes")
            .file("include/b.h", "const char *g(void) { return __FILE__; }\n")
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| {
                project.directory("other");
                project.script = project.script.replace("../project", "../other");
            })
            .check();
        }
    }
}

/// `PWD` is what debug information takes for the directory.
#[test]
fn the_directory_by_another_name() {
    case("cd one; cc -g -c a.c -o a.o")
        .file("one/a.c", "int f(int a) { return a; }\n")
        .with(|project| project.link("two", "one"))
        .misses_when(|project| project.script("cd one", "cd two"))
        .check();
}

#[test]
fn lists_of_dependencies() {
    for options in [
        "-MD -MF a.deps",
        "-MMD -MP -MF a.deps",
        "-MD",
        "-MMD",
        "-MMD -MP",
        "-MD -MT other",
        "-MD -MQ '$other'",
        "-MD -MT one -MT two -MF deps/a.d",
        "-Wp,-MD,a.deps",
        "-Wp,-MMD,a.deps -Wp,-MT,other",
    ] {
        of(&format!("mkdir deps; cc {options} -c a.c -o a.o"))
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| {
                project.file("a.h", "#include \"b.h\"\n");
                project.file("b.h", "#define A 3\n");
            })
            .right_when(|project| project.script("-o a.o", "-o b.o"))
            .right_when(|project| project.script("-o a.o", "-o deps/a.o"))
            .check();
    }
    of("cc -MM a.c; cc -M -MF deps a.c")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| {
            project.file("a.h", "#include \"b.h\"\n");
            project.file("b.h", "");
        })
        .check();
}

#[test]
fn targets_in_lists_of_dependencies() {
    of("mkdir one two; cc -MD -MT one/a.o -MF one/a.d -c a.c -o one/a.o")
        .right_when(|project| {
            project.script(
                "-MT one/a.o -MF one/a.d -c a.c -o one/a.o",
                "-MT two/a.o -MF two/a.d -c a.c -o two/a.o",
            );
        })
        .right_when(|project| project.script("-MF one/a.d", "-MF two/b.d"))
        .check();
}

#[test]
fn seeds_of_random_names() {
    for options in ["", "-O2"] {
        of(&format!(
            "cc {options} -frandom-seed=abcdefghij -c a.c -o a.o"
        ))
        .hits_when(|project| project.script("abcdefghij", "klmnopqrst"))
        .check();
    }
    for options in [
        "-g",
        "-flto",
        "--coverage",
        "-frecord-gcc-switches",
        "-g1 -O2",
        "-ggdb",
        "-fprofile-arcs",
    ] {
        of(&format!(
            "cc {options} -frandom-seed=abcdefghij -c a.c -o a.o"
        ))
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.script("abcdefghij", "klmnopqrst"))
        .check();
    }
    case("cxx -O2 -frandom-seed=abcdefghij -c a.cc -o a.o")
        .file("a.cc", "namespace { struct A { A(); int a; }; A::A() : a(3) {} A all; }\nint f() { return all.a; }\nstatic int g() { static int a = f(); return a; } int h() { return g(); }\n")
        .right_when(|project| project.script("abcdefghij", "klmnopqrst"))
        .check();
}

#[test]
fn the_processor_that_it_runs_on() {
    for option in ["-march=native", "-mtune=native", "-mcpu=native"] {
        of(&format!("cc -O2 {option} -c a.c -o a.o"))
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| project.file("a.h", "#define A 2\n"))
            .check();
    }
    of("cc -O2 @options -c a.c -o a.o")
        .file("options", "-march=native")
        .first(Expected::Bypass, Expected::Bypass)
        .misses_when(|project| project.file("options", "-march=x86-64-v2"))
        .check();
}

#[test]
fn a_file_of_arguments() {
    of("cc @options -c a.c -o a.o")
        .file("options", "-DB=1")
        .misses_when(|project| project.file("options", "-DB=2 -g"))
        .right_when(|project| {
            project.file("options", "-DB=1 @more");
            project.file("more", "-O2 -g");
        })
        .fails_when(|project| project.remove("options"))
        .check();
}

#[test]
fn options_that_are_not_known() {
    of("cc -c a.c -o a.o")
        .right_when(|project| project.script("cc -c", "cc -fno-such-option -c"))
        .check();
}

/// Beside the object: each is there after a hit as well, or there are no hits.
#[test]
fn further_files() {
    for options in [
        "-fstack-usage",
        "-fcallgraph-info",
        "--coverage -frandom-seed=a",
        "-ftest-coverage -frandom-seed=a",
        "-g -gsplit-dwarf",
        "-pipe -Wa,-alms=a.lst",
        "-save-temps",
        "-save-temps=obj",
        "-aux-info a.aux",
        "-fdump-tree-optimized",
        "-fdump-rtl-expand",
        "-fopt-info-all=a.opt -O2",
        "-fsave-optimization-record",
        "-dumpdir dump/ -dumpbase b -fstack-usage",
        "-fprofile-note=notes --coverage -frandom-seed=a",
        "-time=times",
    ] {
        of(&format!("mkdir out dump; cc {options} -c a.c -o out/a.o"))
            .first(Expected::Anything, Expected::Anything)
            .ignore(if options == "-time=times" {
                "times"
            } else {
                "json.gz"
            })
            .right_when(|project| project.file("a.h", "#define A 2\n"))
            .right_when(|project| project.script("-o out/a.o", "-o dump/b.o"))
            .check();
    }
}

#[test]
fn two_objects_of_one_source() {
    of("cc -DB=1 -c a.c -o a.o; cc -DB=2 -c a.c -o b.o")
        .file("a.c", "int f(void) { return B; }\n")
        .misses_when(|project| project.script("-DB=2", "-DB=3"))
        .right_when(|project| project.script("-DB=2", "-DB=1"))
        .check();
}

#[test]
fn arguments_that_look_alike() {
    of("cc -DB=1 -c a.c -o a.o")
        .file("a.c", "#ifdef B\n#ifdef C\nint f(void) { return C; }\n#else\nint f(void) { return B; }\n#endif\n#endif\n")
        .misses_when(|project| project.script("-DB=1", "-DB=2"))
        .misses_when(|project| project.script("-DB=1", "-DB=1 -DC=3"))
        .misses_when(|project| project.script("-DB=1", "-DB=1 -UB"))
        .misses_when(|project| project.script("-DB=1", "-UB -DB=5"))
        .misses_when(|project| project.script("-DB=1", "-D B=6"))
        .misses_when(|project| project.script("-DB=1", "-DB='1 - 3'"))
        .check();
}

#[test]
fn options_of_code_generation() {
    of("cc -c a.c -o a.o")
        .misses_when(|project| project.script("cc -c", "cc -O2 -c"))
        .misses_when(|project| project.script("cc -c", "cc -g -c"))
        .misses_when(|project| project.script("cc -c", "cc -fPIC -fstack-protector-all -c"))
        .misses_when(|project| project.script("cc -c", "cc -flto -frandom-seed=a -c"))
        .misses_when(|project| project.script("cc -c", "cc -m32 -ffreestanding -c"))
        .misses_when(|project| project.script("cc -c", "cc -ffile-prefix-map=$PWD=/s -g -c"))
        .misses_when(|project| project.script("cc -c", "cc -x c++ -c"))
        .misses_when(|project| project.script("cc -c", "cc -std=c89 -pedantic -c"))
        .check();
}

/// It is missing, though an object in another one is known.
#[test]
fn a_directory_that_is_missing() {
    for place in ["$PWD/there", "there"] {
        case(&format!("mkdir there; cc -c a.c -o {place}/a.o"))
            .file("a.c", "int f(void) { return 1; }\n")
            .fails_when(|project| project.script("there/a.o", "missing/a.o"))
            .check();
        case(&format!(
            "mkdir there; cc -c a.c -o {place}/a.o -MD -MF {place}/a.d"
        ))
        .file("a.c", "int f(void) { return 1; }\n")
        .fails_when(|project| project.script("there/a.d", "missing/a.d"))
        .check();
    }
}

/// The name of an output without `-o`, and those without a directory.
#[test]
fn places_of_objects() {
    for script in [
        "cc -c a.c",
        "cc -c ./a.c",
        "mkdir d; cd d; cc -c ../a.c -I..",
        "cc -c a.c -o ./a.o",
        "cc -c a.c -oa.o",
    ] {
        case(script)
            .file("a.c", "int f(void) { return 1; }\n")
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| project.file("a.c", "int f(void) { return 2; }\n"))
            .check();
    }
}

#[test]
fn several_sources() {
    case("cc -c a.c b.c")
        .file("a.c", "int f(void) { return 1; }\n")
        .file("b.c", "int g(void) { return 1; }\n")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("b.c", "int g(void) { return 2; }\n"))
        .check();
}

#[test]
fn a_source_from_a_pipe() {
    case("cat a.c | cc -x c -c - -o a.o")
        .file("a.c", "int f(void) { return 1; }\n")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("a.c", "int f(void) { return 2; }\n"))
        .check();
}

#[test]
fn preprocessing_alone() {
    for script in [
        "cc -E a.c",
        "cc -E a.c -o a.i",
        "cc -E -P -dM a.c",
        "cc -S a.c -o a.s",
        "cat a.c | cc -E -",
        "cc -E -MD -MF a.d a.c -o a.i",
    ] {
        of(script)
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| project.file("a.h", "#define A 2\n"))
            .check();
    }
}

#[test]
fn warnings_are_told_again() {
    of("cc -Wall -c a.c -o a.o")
        .file("a.c", "int f(void) { int a; return a; }\n")
        .misses_when(|project| project.script("-Wall", "-Wall -Wextra"))
        .misses_when(|project| project.script("-Wall", "-w"))
        .right_when(|project| project.script("-Wall", "-Wall -fdiagnostics-color=always"))
        .fails_when(|project| project.script("-Wall", "-Wall -Werror"))
        .check();
}

/// In the middle of the compilation: it waits for what is written into the pipe that it includes.
#[test]
fn a_source_is_edited_while_it_is_compiled() {
    // Who opens the pipe to write waits for who opens it to read.
    let script = "mkfifo wait; (exec 3>wait; printf '#define B 2\\n' >a.h.new; mv a.h.new a.h; echo >&3) & cc -c a.c -o a.o; wait; rm wait
        cp a.o first.o; cc -DAGAIN -c a.c -o a.o; printf '#define B 1\\n' >a.h; cc -DAGAIN -c a.c -o b.o";
    case(script)
        .file("a.c", "#include \"a.h\"\n#ifndef AGAIN\n#include \"wait\"\n#endif\nint f(void) { return B; }\n")
        .file("a.h", "#define B 1\n")
        .first(Expected::Anything, Expected::Anything)
        .check();
}

/// A program of the project's own that is called like a compiler.
#[test]
fn the_compiler_is_replaced() {
    case("call ./bin/gcc -c a.c -o a.o")
        .file("a.c", "int f(void) { return B; }\n")
        .file("bin/settings", "1")
        .with(|project| project.program("bin/gcc", "#!/bin/sh\nexec /usr/bin/gcc \"$@\" -DB=1\n"))
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| {
            project.program("bin/gcc", "#!/bin/sh\nexec /usr/bin/gcc \"$@\" -DB=2\n");
        })
        .right_when(|project| {
            project.program(
                "bin/gcc",
                "#!/bin/sh\nexec /usr/bin/gcc \"$@\" -DB=$(cat bin/settings)\n",
            );
        })
        .check();
    case("call ./bin/gcc -c a.c -o a.o")
        .file("a.c", "int f(void) { return B; }\n")
        .file("bin/settings", "1")
        .with(|project| {
            project.program(
                "bin/gcc",
                "#!/bin/sh\nread b <bin/settings; exec /usr/bin/gcc \"$@\" -DB=$b$MORE_OF_OURS\n",
            );
        })
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("bin/settings", "2"))
        .right_when(|project| project.variable("MORE_OF_OURS", "3"))
        .check();
}

/// A part of the compiler that `-B` or a variable finds elsewhere.
#[test]
fn programs_of_the_compiler() {
    for script in [
        "cc -B$PWD/parts/ -c a.c -o a.o",
        "export COMPILER_PATH=$PWD/parts; cc -c a.c -o a.o",
        "PATH=$PWD/parts:$PATH; export PATH; call /usr/bin/gcc -c a.c -o a.o",
    ] {
        case(script)
            .file("a.c", "int f(void) { return 1; }\n")
            .file("parts/other", "")
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| {
                let assembler = "#!/bin/sh\nexec /usr/bin/as \"$@\" --defsym b=1\n";
                project.program("parts/as", assembler);
            })
            .check();
    }
}
