//! Files in the Nix store: those of other packages are known by their names, and the build's own outputs are not.

use crate::case::{Case, Expected, case};

/// Lines that give a script a store of its own, with two packages in it and the build's own outputs.
const STORE: &str = r##"if [ -z "${inside-}" ]; then exec env inside=yes unshare --mount sh "$0" "$@"; fi
unset inside
mount -t tmpfs none /nix/store
store=/nix/store/0123456789abcdfghijklmnpqrsvwxyz
one=$store-one two=$store-two
export out=$store-own dev=$store-own-dev outputs='out dev'
mkdir -p $one/include $two/include $out/include $dev/include
echo "#define A $in_one" >$one/include/a.h
echo "#define A $in_two" >$two/include/a.h
echo "#define A $in_out" >$out/include/a.h
echo "#define A $in_dev" >$dev/include/a.h
"##;

/// An object of C, from a source beside it and a header elsewhere.
fn of(script: &str) -> Case {
    case(&format!("{STORE}{script}"))
        .file("a.c", "#include <a.h>\nint f(void) { return A; }\n")
        .file(
            "src/a.rs",
            "pub fn f() -> &'static str { include_str!(env!(\"TEXT\")) }\n",
        )
        .variable("in_one", "1")
        .variable("in_two", "2")
        .variable("in_out", "3")
        .variable("in_dev", "4")
}

#[test]
fn another_package() {
    of("cc -I$one/include -c a.c -o a.o")
        .misses_when(|project| project.script("-I$one", "-I$two"))
        .check();
    of("export CPATH=$one/include; cc -c a.c -o a.o")
        .misses_when(|project| project.script("CPATH=$one", "CPATH=$two"))
        .check();
    of("TEXT=$one/include/a.h lib a")
        .misses_when(|project| project.script("TEXT=$one", "TEXT=$two"))
        .check();
}

/// From a directory of the build's, and in the store from one package into another.
#[test]
fn links_into_the_store() {
    of("ln -s $one/include/a.h a.h; cc -I. -c a.c -o a.o")
        .misses_when(|project| project.script("ln -s $one", "ln -s $two"))
        .check();
    of("ln -s $one/include headers; cc -Iheaders -c a.c -o a.o")
        .misses_when(|project| project.script("ln -s $one", "ln -s $two"))
        .check();
    of("mkdir both; ln -s $one/include/a.h both; ln -s both/a.h a.h; cc -I. -c a.c -o a.o")
        .misses_when(|project| {
            project.script("ln -s $one/include/a.h both", "ln -s $two/include/a.h both");
        })
        .check();
}

/// A package may have links to anywhere.
#[test]
fn links_out_of_the_store() {
    of("mkdir headers; echo \"#define A $in_two\" >headers/a.h; ln -s $PWD/headers $one/more; cc -I$one/more -c a.c -o a.o")
        .misses_when(|project| project.variable("in_two", "5"))
        .check();
    of("echo $in_two >text; ln -s $PWD/text $one/text; TEXT=$one/text lib a")
        .misses_when(|project| project.variable("in_two", "5"))
        .check();
    of("ln -s $out/include $one/more; cc -I$one/more -c a.c -o a.o")
        .misses_when(|project| project.variable("in_out", "5"))
        .check();
}

#[test]
fn the_builds_own_outputs() {
    of("cc -I$out/include -c a.c -o a.o")
        .misses_when(|project| project.variable("in_out", "5"))
        .check();
    of("cc -I$dev/include -c a.c -o a.o")
        .misses_when(|project| project.variable("in_dev", "5"))
        .check();
    of("ln -s $dev/include headers; cc -Iheaders -c a.c -o a.o")
        .misses_when(|project| project.variable("in_dev", "5"))
        .check();
    of("TEXT=$out/include/a.h lib a")
        .misses_when(|project| project.variable("in_out", "5"))
        .check();
}

/// In its outputs there is more by and by.
#[test]
fn headers_appear_in_the_builds_own_outputs() {
    of("mkdir $out/more; cc -I$out/more -I$one/include -c a.c -o a.o")
        .misses_when(|project| {
            project.script(
                "mkdir $out/more;",
                "mkdir $out/more; echo '#define A 7' >$out/more/a.h;",
            );
        })
        .check();
    of("cc -I$out/more -I$one/include -c a.c -o a.o")
        .misses_when(|project| {
            project.script(
                "cc -I",
                "mkdir $out/more; echo '#define A 7' >$out/more/a.h; cc -I",
            );
        })
        .check();
}

/// Of another name, in another derivation.
#[test]
fn outputs_of_other_names() {
    of("cc -I$out/include -c a.c -o a.o")
        .right_when(|project| project.script("$store-own dev", "$store-other dev"))
        .check();
    of("TEXT=$out/include/a.h lib a")
        .right_when(|project| project.script("$store-own dev", "$store-other dev"))
        .check();
    of("lib a")
        .file(
            "src/a.rs",
            "pub fn f() -> Option<&'static str> { option_env!(\"out\") }\n",
        )
        .misses_when(|project| project.script("$store-own dev", "$store-other dev"))
        .check();
}

/// An object that goes into an output.
#[test]
fn objects_in_the_builds_own_outputs() {
    of("cc -I$one/include -c a.c -o $out/a.o; cp $out/a.o .")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.script("-I$one", "-I$two"))
        .check();
}

/// Their names are in a file where attributes are structured.
#[test]
fn outputs_of_structured_attributes() {
    of("printf '{\"outputs\":{\"out\":\"%s\",\"dev\":\"%s\"}}' $out $dev >attributes; export NIX_ATTRS_JSON_FILE=$PWD/attributes; where=$out; unset out dev outputs; cc -I$where/include -c a.c -o a.o")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.variable("in_out", "5"))
        .check();
}

/// The package in which a source lies is of no matter, unless its path is in the object: also where it is compressed there, is
/// nothing but code for the linker, or only its length counts.
#[test]
fn the_package_of_the_source() {
    let text = "int f(void) { return 1; }\n";
    let length = "int f(void) { return sizeof(__FILE__); }\n";
    for (flags, name, source, expected) in [
        ("", "a.c", text, Expected::Hit),
        ("-O2", "$at/c/a.c", text, Expected::Hit),
        ("-g", "a.c", text, Expected::Miss),
        ("-g -gz", "a.c", text, Expected::Miss),
        ("-g -gz", "$at/c/a.c", text, Expected::Miss),
        ("-flto -frandom-seed=a", "a.c", text, Expected::Miss),
        (
            "-flto -frandom-seed=a -g",
            "$at/c/a.c",
            text,
            Expected::Miss,
        ),
        ("-O2", "a.c", length, Expected::Hit),
        ("-O2", "$at/c/a.c", length, Expected::Miss),
        (
            "-O2 -DPATH_OF=__FILE__",
            "$at/c/a.c",
            "int f(void) { return sizeof PATH_OF; }\n",
            Expected::Miss,
        ),
        (
            "-O2 -DHERE=\\\"$at\\\"",
            "a.c",
            "int f(void) { return sizeof HERE; }\n",
            Expected::Miss,
        ),
    ] {
        println!("{flags} {name}: {source}");
        let script = format!(
            "at=$store-one; export NIX_BUILD_TOP=/build; object=$PWD/a.o; mkdir -p $at/c; cp a.c $at/c; cd $at/c; cc {flags} -c {name} -o $object"
        );
        of(&script)
            .file("a.c", source)
            .when(expected, |project| {
                project.script("at=$store-one", "at=$store-longer");
            })
            .check();
    }
}
