//! What is linked. Build scripts and procedural macros of dependencies, which run in the build only, are stored whole, with
//! all that their linkers read; what may be installed is linked anew from what rustc gave the linker.

use std::fs;

use nix_sccache_contract::log::Outcome;

use crate::case::{Case, Expected, case};
use crate::nixpkgs::with_wrappers;

const MACRO: &str = "extern crate proc_macro; unsafe extern \"C\" { fn n() -> i32; } \
    #[proc_macro] pub fn m(_: proc_macro::TokenStream) -> proc_macro::TokenStream { unsafe { n() }.to_string().parse().unwrap() }";
const USER: &str = "pub const A: i32 = m::m!();";
const SCRIPT: &str = "unsafe extern \"C\" { fn n() -> i32; } fn main() { println!(\"cargo::metadata=n={}\", unsafe { n() }); }";

/// A build script that links a library of C.
fn of(arguments: &str) -> Case {
    case(&format!(
        "export CARGO=cargo; mkdir n other; archive n/libn.a n.c -DN=1; \
         crate build_script_build bin dep-info,link {arguments}; ./target/build_script_build-build_script_build"
    ))
    .about("build_script_build")
    .file("n.c", "int n(void) { return N; }")
    .file("src/build_script_build.rs", SCRIPT)
}

#[test]
fn a_build_script() {
    of("-L native=n -l n")
        .misses_when(|project| {
            project.file("src/build_script_build.rs", SCRIPT.replace("=n=", "=m="));
        })
        .misses_when(|project| project.script("-DN=1", "-DN=2"))
        .check();
}

#[test]
fn a_macro() {
    case(
        "export CARGO=cargo; mkdir n; archive n/libn.a n.c -DN=1; proc_macro m -L native=n -l n; \
         lib user --extern m=target/libm-m.so; bin p --extern user=target/libuser-user.rlib; ./target/p-p",
    )
    .about("m")
    .file("n.c", "int n(void) { return N; }")
    .file("src/m.rs", MACRO)
    .file("src/user.rs", USER)
    .file("src/p.rs", "fn main() { println!(\"{}\", user::A); }")
    .misses_when(|project| project.script("-DN=1", "-DN=2"))
    .check();
}

#[test]
fn a_program_is_no_build_script_by_its_name() {
    of("-L native=n -l n")
        .variable("CARGO_BIN_NAME", "build_script_build")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.script("-DN=1", "-DN=2"))
        .check();
}

/// Only the linker reads it.
#[test]
fn a_library_that_only_the_linker_finds() {
    for arguments in [
        "-C link-arg=-Ln -C link-arg=-ln",
        "-C link-arg=n/libn.a",
        "-C link-args=@arguments",
        "-C linker-features=-lld -C link-arg=-Ln -C link-arg=-ln",
    ] {
        of(arguments)
            .file("arguments", "-Ln -ln")
            .misses_when(|project| project.script("-DN=1", "-DN=2"))
            .check();
    }
}

#[test]
fn a_library_comes_earlier() {
    for features in ["", "-C linker-features=-lld "] {
        of(&format!(
            "{features}-C link-arg=-Lother -C link-arg=-Ln -C link-arg=-ln"
        ))
        .misses_when(|project| {
            project.script(
                "-DN=1; ",
                "-DN=1; archive other/libn.a n.c -DN=2; ",
            );
        })
        .misses_when(|project| {
            project.script(
                "-DN=1; ",
                "-DN=1; command cc -shared -fPIC -DN=3 n.c -o n/libn.so; export LD_LIBRARY_PATH=$PWD/n; ",
            );
        })
        .check();
    }
}

/// What a library needs in turn is found by GNU's linker alone, by a variable.
#[test]
fn a_library_that_another_needs() {
    let two = "mkdir one two; for of in one two; do command cc -shared -fPIC -DN=1 n.c -o $of/libm.so; done; \
               echo 'int m(void) { return 0; }' >two/m.c; command cc -shared two/m.c -o two/libm.so; \
               command cc -shared -fPIC -DN=4 -Dn=k n.c -Lone -lm -Wl,--no-as-needed -o libk.so; ";
    of("-C linker-features=-lld -C link-arg=libk.so -L native=n -l n")
        .with(|project| {
            project.script(
                "mkdir n other;",
                &format!("mkdir n other; {two} export LD_LIBRARY_PATH=$PWD/one;"),
            );
        })
        .right_when(|project| {
            project.script(
                "export LD_LIBRARY_PATH=$PWD/one;",
                "export LD_LIBRARY_PATH=$PWD/two;",
            );
        })
        .check();
}

#[test]
fn variables_of_linkers() {
    of("-C link-arg=-ln")
        .variable("LIBRARY_PATH", "n")
        .misses_when(|project| {
            project.script("-DN=1; ", "-DN=1; archive other/libn.a n.c -DN=2; ");
            project.variable("LIBRARY_PATH", "other");
        })
        .misses_when(|project| project.variable("LLD_VERSION", "other"))
        .check();
}

#[test]
fn the_linker() {
    let script = |version: &str| {
        format!("#!/bin/sh\nexec /usr/bin/cc \"$@\" -Wl,--defsym=v={version} $EXTRA\n")
    };
    of("-C linker=./cc -L native=n -l n")
        .with(|project| project.program("cc", &script("1")))
        .variable("EXTRA", "")
        .misses_when(|project| project.program("cc", &script("2")))
        .misses_when(|project| project.variable("EXTRA", "-Wl,--defsym=w=1"))
        .fails_when(|project| project.variable("EXTRA", "-Wl,--no-such-option"))
        .check();
}

/// Another program of its name comes earlier.
#[test]
fn the_linker_on_the_path() {
    let with =
        |script: &str| format!("mkdir bin; {script}; PATH=$PWD/bin:$PATH; export PATH CARGO");
    of("-L native=n -l n")
        .hits_when(|project| project.script("export CARGO", &with("ln -s /usr/bin/true bin/other")))
        .misses_when(|project| {
            let script = "printf '#!/bin/sh\nexec /usr/bin/cc \"$@\" -Wl,--defsym=v=1\n' >bin/cc; chmod +x bin/cc";
            project.script("export CARGO", &with(script));
        })
        .check();
}

#[test]
fn scripts_of_linkers() {
    of("-L native=n -l n -C link-arg=-Wl,--defsym=v=1 -C link-arg=version.ld")
        .file("version.ld", "VERSION { A { global: main; }; };")
        .misses_when(|project| project.file("version.ld", "VERSION { B { global: main; }; };"))
        .check();
}

/// What a program begins with is the C library's, and no argument names it.
#[test]
fn objects_of_the_c_library() {
    let script = |symbol: &str| {
        format!(
            "mkdir crt; cp \"$(command cc -print-file-name=Scrt1.o)\" crt; objcopy {symbol} crt/Scrt1.o; export CARGO"
        )
    };
    of("-L native=n -l n -C link-arg=-Bcrt")
        .with(|project| project.script("export CARGO", &script("--add-symbol one=.text:0")))
        .misses_when(|project| project.script("add-symbol one", "add-symbol two"))
        .check();
}

/// And of a shared library its name.
#[test]
fn names_of_shared_libraries() {
    case("crate c cdylib dep-info,link -C link-arg=-Wl,-soname,libc.so.1")
        .about("c")
        .file(
            "src/c.rs",
            "#[unsafe(no_mangle)] pub extern \"C\" fn c() -> u8 { 1 }\n",
        )
        .misses_when(|project| project.script("libc.so.1", "libc.so.2"))
        .check();
}

/// More than a storage may take at once.
#[test]
fn a_program_of_more_than_128_mib() {
    case("truncate -s 140M large; bin p; ./target/p-p")
        .about("p")
        .file(
            "src/p.rs",
            "static ALL: &[u8] = include_bytes!(\"../large\"); fn main() { println!(\"{} {}\", ALL.len(), ALL[1]); }\n",
        )
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.script("140M large", "140M large; printf 12 >large"))
        .right_when(|project| project.script("140M", "150M"))
        .check();
}

/// Its messages are rustc's: the linker's are in them.
#[test]
fn a_linker_that_fails() {
    of("-L native=n -l n")
        .fails_when(|project| project.script(" -l n;", ";"))
        .check();
}

#[test]
fn profiles() {
    for profile in [
        "-C opt-level=3",
        "-C debuginfo=2",
        "-C opt-level=3 -C lto=thin",
        "-C opt-level=3 -C lto=fat -C codegen-units=1",
        "-C strip=symbols",
        "-C strip=debuginfo -C debuginfo=1",
        "-C panic=abort",
        "-C incremental=incremental -C codegen-units=256",
    ] {
        of(&format!("{profile} -L native=n -l n"))
            .ignore("incremental")
            .variable("bitcode", "")
            .check();
    }
}

/// Behind nixpkgs' wrappers, in derivations with another output each.
#[test]
fn another_derivation() {
    let flags = |out: &str| format!("-rpath /nix/store/{out}/lib -rpath /of/another/lib");
    let [first, second] = ["a", "b"].map(|name| format!("abcdefghijabcdefghijabcdefghij12-{name}"));
    let case = with_wrappers(of(
        "-C linker=wrapper/bin/gcc -C linker-features=-lld -C link-arg=-Bwrapper/bin -L native=n -l n",
    ));
    let world = &case.world;
    let project = |out: &str, flag: &str| {
        let mut project = case.project();
        project.variable("out", format!("/nix/store/{out}"));
        project.variable("outputs", "out");
        project.variable("NIX_LDFLAGS", format!("{} {flag}", flags(out)));
        project
    };
    let built = |out: &str, flag: &str| {
        let ran = world.cached(&project(out, flag));
        let name = "target/build_script_build-build_script_build";
        let path = world.root().join("project").join(name);
        let script = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let is_hit = match case.outcome(&ran) {
            Some(Outcome::Hit) => true,
            Some(Outcome::Miss) => false,
            other => panic!("{other:?}: {}", ran.messages),
        };
        (
            is_hit,
            script.contains("/nix/store/abc"),
            script.contains("/of/another/lib"),
        )
    };
    assert_eq!(built(&first, ""), (false, false, true));
    assert_eq!(built(&second, ""), (true, false, true));
    assert_eq!(built(&first, "--defsym=v=1"), (false, false, true));
}

/// A program, a library of Rust with a C one that it uses, and another C one that its linker alone finds.
pub fn program(arguments: &str) -> Case {
    case(&format!(
        "mkdir n other; archive n/libn.a n.c -DN=1; archive n/libm.a m.c -DM=1; lib a -L native=n -l static=n {LIB}; \
         bin p --extern a=target/liba-a.rlib {arguments} -C link-arg=-Ln -C link-arg=-lm; ./target/p-p"
    ))
    .about("p")
    .variable("out", OUT)
    .file("n.c", "int n(void) { return N; }")
    .file("m.c", "int m(void) { return M; }")
    .file(
        "src/a.rs",
        "unsafe extern \"C\" { fn n() -> i32; } #[derive(Debug)] pub struct A(pub i32); pub fn f() -> A { unsafe { A(n()) } }",
    )
    .file("src/p.rs", PROGRAM)
}

/// Where a derivation installs.
const OUT: &str = "/nix/store/abcdefghijabcdefghijabcdefghij12-p";

/// Options for the library of a program, by a variable of the script.
const LIB: &str = "${lib_options-}";

const PROGRAM: &str = "unsafe extern \"C\" { fn m() -> i32; } mod q { pub fn g<T: std::fmt::Debug>(t: T) -> String { format!(\"{t:?}\") } } \
    fn main() { println!(\"{} {}\", q::g(a::f()), unsafe { m() }); }";

#[test]
fn a_program() {
    program("")
        .misses_when(|project| project.file("src/p.rs", PROGRAM.replace("{t:?}", "{t:#?}")))
        .misses_when(|project| project.script("-DN=1", "-DN=2"))
        // Which the linker alone reads.
        .hits_when(|project| project.script("-DM=1", "-DM=2"))
        .check();
}

#[test]
fn profiles_of_programs() {
    for (profile, of_library) in [
        ("-C opt-level=3", ""),
        ("-C debuginfo=2", "-C debuginfo=2"),
        ("-C opt-level=3 -C debuginfo=1 -C codegen-units=16", ""),
        ("-C opt-level=3 -C lto=thin", "-C linker-plugin-lto"),
        (
            "-C opt-level=3 -C lto=fat -C codegen-units=1 -C panic=abort",
            "",
        ),
        ("-C opt-level=3 -C lto=fat -C debuginfo=2", "-C debuginfo=2"),
        ("-C strip=symbols", ""),
        ("-C strip=debuginfo -C debuginfo=2", "-C debuginfo=2"),
        ("-C incremental=incremental", ""),
        ("-C link-arg=-Wl,--build-id=sha1 -C debuginfo=2", ""),
        ("-C linker-features=-lld -C debuginfo=2", ""),
        (
            "-C linker-features=-lld -C link-arg=-Wl,--build-id=sha1",
            "",
        ),
        ("-C prefer-dynamic -C rpath", ""),
        (
            "-C relocation-model=static -C target-feature=+crt-static",
            "",
        ),
        ("-C split-debuginfo=packed -C debuginfo=2", ""),
        ("-C split-debuginfo=unpacked -C debuginfo=2", ""),
    ] {
        program(profile)
            .ignore("incremental")
            .variable("bitcode", "")
            .variable("lib_options", of_library)
            .hits_when(|project| project.script("-DM=1", "-DM=2"))
            .check();
    }
}

#[test]
fn libraries_harnesses_and_several_at_once() {
    const C: &str = "#[unsafe(no_mangle)] pub extern \"C\" fn c() -> i32 { 7 } #[test] fn t() {}";
    let all = "crate c cdylib dep-info,link; crate d dylib dep-info,metadata,link -C prefer-dynamic; \
               proc_macro m; crate s staticlib,cdylib,rlib dep-info,metadata,link; \
               crate t bin dep-info,link --test; ./target/t-t --list; rustc --crate-name e src/c.rs --test -o harness";
    for about in ["c", "d", "m", "s", "t", "e"] {
        case(all)
            .about(about)
            .file("src/c.rs", C)
            .file("src/d.rs", C)
            .file("src/s.rs", C)
            .file("src/t.rs", C)
            .file("src/m.rs", "extern crate proc_macro; #[proc_macro] pub fn m(i: proc_macro::TokenStream) -> proc_macro::TokenStream { i }")
            .check();
    }
}

/// Then rustc runs, and its messages are what people read.
#[test]
fn a_program_that_does_not_link_any_more() {
    program("")
        .fails_when(|project| project.file("m.c", "int k(void) { return M; }"))
        .fails_when(|project| project.script("-DM=1; ", "-DM=1; rm n/libm.a; "))
        .check();
}

#[test]
fn a_linker_that_warns() {
    const WARNS: &str = "int m(void) { return M; } static const char w[] __attribute__((section(\".gnu.warning.m\"))) = \"m is old\";";
    for lint in ["", "-W linker_messages"] {
        program(&format!("-C linker-features=-lld {lint}"))
            .right_when(|project| project.file("m.c", WARNS))
            .check();
        program(&format!("-C linker-features=-lld {lint}"))
            .file("m.c", WARNS)
            .right_when(|project| project.file("m.c", "int m(void) { return M; }"))
            .check();
    }
}

/// What is given to the linker by name is read by it anew; what says how rustc calls it is in the key.
#[test]
fn arguments_for_linkers() {
    program("-C link-arg=-Wl,-Map=map -C link-arg=version.ld")
        .file("version.ld", "VERSION { A { global: main; }; };")
        .ignore("map")
        .hits_when(|project| project.file("version.ld", "VERSION { B { global: main; }; };"))
        .misses_when(|project| project.script("-Wl,-Map=map", "-Wl,--defsym=v=1"))
        .check();
    program("-C linker=./cc")
        .with(|project| project.program("cc", "#!/bin/sh\nexec /usr/bin/cc \"$@\"\n"))
        .hits_when(|project| {
            project.program(
                "cc",
                "#!/bin/sh\nexec /usr/bin/cc \"$@\" -Wl,--defsym=v=1\n",
            );
        })
        .check();
    for arguments in ["--print link-args", "-C save-temps", "-C linker-flavor=gcc"] {
        program(arguments)
            .bypasses()
            .ignore("target/")
            .ignore("printed")
            .with(|project| project.script("; ./target/p-p", ">printed"))
            .check();
    }
}

/// No derivation's paths are in it then, and it is stored whole, with all that the linker read.
#[test]
fn a_program_outside_of_nix() {
    let case = program("").variable("out", "");
    case.misses_when(|project| project.script("-DM=1", "-DM=2"))
        .misses_when(|project| project.script("-DN=1", "-DN=2"))
        .misses_when(|project| {
            project.script(
                "mkdir n other; ",
                "mkdir n other; archive other/libm.a m.c -DM=3; ",
            );
            project.script("-C link-arg=-Ln", "-C link-arg=-Lother -C link-arg=-Ln");
        })
        .check();
}

/// In derivations with outputs of equal and of other length.
#[test]
fn a_program_of_another_derivation() {
    let flags = |name: &str| {
        format!(
            "-rpath /nix/store/abcdefghijabcdefghijabcdefghij12-{name}/lib -L/nix/store/abcdefghijabcdefghijabcdefghij12-{name}/lib"
        )
    };
    let arguments = "-C linker=wrapper/bin/gcc -C linker-features=-lld -C link-arg=-Bwrapper/bin";
    let mut case = with_wrappers(program(arguments)).variable("NIX_LDFLAGS", &flags("a"));
    for name in ["b", "longer"] {
        case = case.hits_when(|project| project.variable("NIX_LDFLAGS", flags(name)));
    }
    case.check();
}
