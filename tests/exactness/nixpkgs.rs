//! Compilers of C behind scripts, as nixpkgs has them: what these take from the environment and from files.

use std::fs;

use nix_sccache_tests::root;

use crate::case::{Case, Expected, case};

const SALT: &str = "x86_64_unknown_linux_gnu";

/// A source, and nixpkgs' kind of wrapper of the machine's gcc, which is called with these arguments.
fn of(arguments: &str) -> Case {
    let case = case(&format!(
        "call ./wrapper/bin/gcc {arguments} -c a.c -o a.o"
    ))
    .file(
        "a.c",
        "#include \"a.h\"\n#ifndef B\n#define B 0\n#endif\nint f(char *a) { char b[9]; b[0] = *a; return A + B + b[0]; }\n",
    )
    .file("a.h", "#define A 1\n")
    .variable("NIX_CFLAGS_COMPILE", "-frandom-seed=abcdefghij")
    .variable("NIX_HARDENING_ENABLE", "pic stackprotector")
    .variable("NIX_LDFLAGS", "-rpath /nix/store/abcdefghijabcdefghijabcdefghij12-a/lib")
    .variable("out", "/nix/store/abcdefghijabcdefghijabcdefghij12-a");
    with_wrappers(case)
}

/// With nixpkgs' kind of wrappers of the machine's gcc and linker, in `wrapper`.
pub fn with_wrappers(case: Case) -> Case {
    let wrapper = case.world.root().join("project/wrapper");
    let wrapper = wrapper.to_str().unwrap();
    case.with(|project| {
        for role in ["CC", "BINTOOLS"] {
            project.variable(&format!("NIX_{role}_WRAPPER_TARGET_HOST_{SALT}"), "1");
        }
        project.file(
            "wrapper/nix-support/dynamic-linker",
            "/lib64/ld-linux-x86-64.so.2\n",
        );
        for (from, to, prog) in [
            ("cc-wrapper.sh", "bin/gcc", "/usr/bin/gcc"),
            ("ld-wrapper.sh", "bin/ld", "/usr/bin/ld"),
            ("utils.sh", "nix-support/utils.sh", ""),
            ("add-flags.sh", "nix-support/add-flags.sh", ""),
        ] {
            let text = fs::read_to_string(root().join("tests/nixpkgs/cc").join(from)).unwrap();
            let text = text
                .replace("@out@", wrapper)
                .replace("@bintools@", wrapper)
                .replace("@prog@", prog)
                .replace("@wrapperName@", "CC_WRAPPER")
                .replace("@suffixSalt@", SALT);
            project.program(&format!("wrapper/{to}"), &text);
        }
    })
}

#[test]
fn a_header() {
    of("-O2")
        .misses_when(|project| project.file("a.h", "#define A 2\n"))
        .check();
}

#[test]
fn flags_of_the_environment() {
    of("-O2")
        .misses_when(|project| {
            project.variable("NIX_CFLAGS_COMPILE", "-frandom-seed=abcdefghij -DB=1");
        })
        .misses_when(|project| project.variable(&format!("NIX_CFLAGS_COMPILE_{SALT}"), "-DB=2"))
        .misses_when(|project| project.variable("NIX_CFLAGS_COMPILE_BEFORE", "-DB=3"))
        .right_when(|project| project.variable("NIX_CFLAGS_COMPILE_FOR_BUILD", "-DB=4"))
        .check();
}

#[test]
fn hardening() {
    of("-O2")
        .misses_when(|project| project.variable("NIX_HARDENING_ENABLE", "pic"))
        .misses_when(|project| project.variable("NIX_HARDENING_ENABLE", ""))
        .misses_when(|project| {
            project.variable(
                "NIX_HARDENING_ENABLE",
                "pic stackprotector zerocallusedregs",
            );
        })
        .check();
}

/// They are of the derivation's output, so they are others in each derivation.
#[test]
fn seeds_of_random_names() {
    for arguments in ["", "-O2", "-O2 -g0"] {
        of(arguments)
            .hits_when(|project| project.variable("NIX_CFLAGS_COMPILE", "-frandom-seed=klmnopqrst"))
            .check();
    }
    for arguments in [
        "-g",
        "-O2 -g1",
        "-flto",
        "--coverage",
        "-coverage",
        "-frecord-gcc-switches",
        "-save-temps -fverbose-asm",
    ] {
        of(arguments)
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| {
                project.variable("NIX_CFLAGS_COMPILE", "-frandom-seed=klmnopqrst");
            })
            .check();
    }
    of("")
        .right_when(|project| {
            project.variable("NIX_CFLAGS_COMPILE", "-g -frandom-seed=abcdefghij");
        })
        .right_when(|project| {
            project.variable("NIX_CFLAGS_COMPILE", "-g -frandom-seed=klmnopqrst");
        })
        .check();
}

/// What the wrapper adds of its own no argument tells.
#[test]
fn seeds_in_objects_unasked() {
    for flags in ["-g", "-flto", "--coverage", "-frecord-gcc-switches"] {
        of("-O2")
            .file("wrapper/nix-support/cc-cflags", flags)
            .bypasses()
            .when(Expected::Bypass, |project| {
                project.variable("NIX_CFLAGS_COMPILE", "-frandom-seed=klmnopqrst");
            })
            .check();
    }
}

/// Without a seed gcc draws one, and an object for link-time optimisation is another each time.
#[test]
fn no_seed_is_another_one() {
    of("-O2")
        .misses_when(|project| project.variable("NIX_CFLAGS_COMPILE", ""))
        .check();
}

/// What only a linker takes, and what is of the derivation and no compiler's.
#[test]
fn another_derivation() {
    of("-O2")
        .hits_when(|project| {
            project.variable(
                "NIX_LDFLAGS",
                "-rpath /nix/store/klmnopqrstklmnopqrstklmnopqrst12-b/lib",
            );
            project.variable("out", "/nix/store/klmnopqrstklmnopqrstklmnopqrst12-b");
            project.variable("NIX_CFLAGS_COMPILE", "-frandom-seed=klmnopqrst");
            project.variable("name", "b");
        })
        .check();
}

#[test]
fn flags_in_files_of_the_wrapper() {
    of("-O2")
        .misses_when(|project| project.file("wrapper/nix-support/cc-cflags", "-DB=5"))
        .check();
}

#[test]
fn the_wrapper_is_another() {
    of("-O2")
        .misses_when(|project| {
            project.program(
                "wrapper/bin/gcc",
                "#!/usr/bin/bash\nexec /usr/bin/gcc -DB=6 \"$@\"\n",
            );
        })
        .check();
}

/// Their roles are in variables, too.
#[test]
fn roles() {
    of("-O2")
        .variable("NIX_CFLAGS_COMPILE_FOR_BUILD", "-DB=1")
        .misses_when(|project| {
            project.variable(&format!("NIX_CC_WRAPPER_TARGET_BUILD_{SALT}"), "1");
        })
        .check();
}

#[test]
fn a_file_of_arguments() {
    of("@options")
        .file("options", "-DB=1")
        .misses_when(|project| project.file("options", "-DB=2"))
        .check();
}

#[test]
fn questions_of_build_scripts() {
    for arguments in [
        "-E a.c",
        "-Werror -fno-such-option -c a.c -o a.o",
        "-v",
        "--version",
        "-dumpmachine",
    ] {
        of("")
            .with(|project| {
                project.script = format!("call ./wrapper/bin/gcc {arguments} || echo $?");
            })
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| project.variable("NIX_CFLAGS_COMPILE", "-DB=1"))
            .check();
    }
}
