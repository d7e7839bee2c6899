//! What procedural macros read, of which rustc tells nothing.

use crate::case::{Case, Expected, case};

/// A crate that uses a macro, which is this function of Rust: it returns a string.
fn of(body: &str) -> Case {
    let source = format!(
        "extern crate proc_macro; use proc_macro::{{Literal, TokenStream, TokenTree}};\n\
         fn text() -> String {{ {body} }}\n\
         #[proc_macro] pub fn text_of(_: TokenStream) -> TokenStream {{ TokenTree::from(Literal::string(&text())).into() }}\n"
    );
    case("proc_macro m; lib a --extern m=target/libm-m.so")
        .about("a")
        .file("src/m.rs", source)
        .file("src/a.rs", "pub fn f() -> &'static str { m::text_of!() }")
}

#[test]
fn a_file_of_its_users_package() {
    of("std::fs::read_to_string(std::env::var(\"CARGO_MANIFEST_DIR\").unwrap() + \"/data.txt\").unwrap()")
        .file("data.txt", "one")
        .with(|project| project.script = format!("export CARGO_MANIFEST_DIR=$PWD; {}", project.script))
        .misses_when(|project| project.file("data.txt", "two"))
        .fails_when(|project| project.remove("data.txt"))
        .check();
}

/// The names of all of the standard library are in it, those of its clocks as well.
#[test]
fn a_macro_with_debug_information() {
    of("std::fs::read_to_string(\"data.txt\").unwrap()")
        .file("data.txt", "one")
        .with(|project| project.script("proc_macro m", "proc_macro m -g"))
        .misses_when(|project| project.file("data.txt", "two"))
        .check();
}

#[test]
fn a_file_that_is_a_link() {
    of("std::fs::read_to_string(\"data.txt\").unwrap()")
        .file("one", "one")
        .file("two", "two")
        .with(|project| project.link("data.txt", "one"))
        .misses_when(|project| project.link("data.txt", "two"))
        .check();
}

#[test]
fn where_a_link_leads() {
    for body in [
        "std::fs::canonicalize(\"data\").unwrap().file_name().unwrap().to_str().unwrap().to_owned()",
        "std::fs::read_link(\"data\").unwrap().to_str().unwrap().to_owned()",
        "format!(\"{}\", std::fs::symlink_metadata(\"data\").unwrap().is_symlink())",
    ] {
        of(body)
            .file("one", "same")
            .file("two", "same")
            .with(|project| project.link("data", "one"))
            .right_when(|project| project.link("data", "two"))
            .right_when(|project| project.link("data", "./two"))
            .check();
    }
    of("format!(\"{}\", std::fs::symlink_metadata(\"data\").unwrap().is_symlink())")
        .file("one", "same")
        .with(|project| project.link("data", "one"))
        .misses_when(|project| project.file("data", "same"))
        .check();
    of("std::fs::canonicalize(\"folder/data\").unwrap().to_str().unwrap().replace('/', \"_\")")
        .file("one/data", "same")
        .file("two/data", "same")
        .with(|project| project.link("folder", "one"))
        .misses_when(|project| project.link("folder", "two"))
        .check();
}

#[test]
fn whether_a_file_is_there() {
    for body in [
        "format!(\"{}\", std::path::Path::new(\"data.txt\").exists())",
        "format!(\"{}\", std::fs::read(\"data.txt\").is_ok())",
        "format!(\"{}\", std::fs::metadata(\"data.txt\").map_or(false, |data| data.is_dir()))",
    ] {
        of(body)
            .misses_when(|project| project.file("data.txt", "text"))
            .misses_when(|project| project.file("data.txt/data.txt", "text"))
            .right_when(|project| project.link("data.txt", "nowhere"))
            .check();
    }
}

/// Not what is in it.
#[test]
fn how_long_a_file_is() {
    of("format!(\"{}\", std::fs::metadata(\"data.txt\").unwrap().len())")
        .file("data.txt", "text")
        .misses_when(|project| project.file("data.txt", "longer text"))
        .check();
    of("format!(\"{}\", std::fs::read_dir(\"data\").unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>())")
        .file("data/one", "text")
        .misses_when(|project| project.file("data/one", "longer text"))
        .check();
}

#[test]
fn who_may_execute_a_file() {
    of("format!(\"{:?}\", std::fs::metadata(\"data.txt\").unwrap().permissions())")
        .file("data.txt", "text")
        .right_when(|project| project.program("data.txt", "text"))
        .check();
}

#[test]
fn the_names_in_a_directory() {
    let list = "let mut names: Vec<_> = std::fs::read_dir(\"data\").unwrap().map(|file| format!(\"{:?}\", file.unwrap().file_name())).collect(); names.sort(); names.concat()";
    of(list)
        .file("data/one", "1")
        .misses_when(|project| project.file("data/two", "2"))
        .misses_when(|project| project.rename("data/one", "data/other"))
        .misses_when(|project| project.file("data/a\nb", "2"))
        .misses_when(|project| project.file("data/a\\nb", "2"))
        .misses_when(|project| project.file("data/deep/two", "2"))
        .right_when(|project| project.file("data/one", "2"))
        .check();
}

/// Which rustc lists as well, for crates, and where the environment says that the build is.
#[test]
fn the_names_in_directories_of_crates() {
    let list = |of: &str| {
        format!(
            "let mut names: Vec<_> = std::fs::read_dir(\"{of}\").unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).filter(|name| name.starts_with('x')).collect(); names.sort(); names.concat()"
        )
    };
    let by_program = "String::from_utf8(std::process::Command::new(\"ls\").arg(\"crates\").output().unwrap().stdout).unwrap()";
    for (body, file) in [
        (list("crates"), "crates/x1"),
        (list("."), "x1"),
        (by_program.to_owned(), "crates/x1"),
    ] {
        of(&body)
            .file("crates/other", "")
            .file("elsewhere/other", "")
            .with(|project| {
                project.script("lib a", "export PWD; lib a -L dependency=crates");
            })
            .misses_when(|project| project.file(file, "1"))
            .hits_when(|project| project.file("elsewhere/x1", "1"))
            .check();
    }
    // Where its results go, there is more each time.
    of(&list("target"))
        .bypasses()
        .right_when(|project| project.script("lib a", "touch target/x1; lib a"))
        .check();
}

#[test]
fn kinds_in_a_directory() {
    of("std::fs::read_dir(\"data\").unwrap().map(|file| format!(\"{:?}\", file.unwrap().file_type().unwrap())).collect()")
        .file("data/one", "1")
        .misses_when(|project| {
            project.remove("data/one");
            project.file("data/one/two", "2");
        })
        .misses_when(|project| project.link("data/one", "nowhere"))
        .check();
}

#[test]
fn a_tree_of_files_with_what_is_in_them() {
    let walk = "fn walk(folder: &std::path::Path, text: &mut String) { let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect(); files.sort(); for file in files { text.push_str(file.to_str().unwrap()); if file.is_dir() { walk(&file, text) } else { text.push_str(&std::fs::read_to_string(&file).unwrap()) } } } let mut text = String::new(); walk(std::path::Path::new(\"data\"), &mut text); text";
    of(walk)
        .file("data/one", "1")
        .file("data/deep/two", "2")
        .misses_when(|project| project.file("data/deep/two", "3"))
        .misses_when(|project| project.file("data/deep/three", "3"))
        .misses_when(|project| project.swap("data/one", "data/deep/two"))
        .check();
}

#[test]
fn a_variable_that_it_reads() {
    of("std::env::var(\"OF_MACRO\").unwrap_or_default()")
        .misses_when(|project| project.variable("OF_MACRO", "1"))
        .misses_when(|project| project.variable("OF_MACRO", "2"))
        .hits_when(|project| project.variable("OF_ANOTHER", "1"))
        .check();
    for name in ["NUM_JOBS", "NIX_SCCACHE_OTHER", "RUSTC_WORKSPACE_WRAPPER"] {
        of(&format!("std::env::var(\"{name}\").unwrap_or_default()"))
            .misses_when(|project| project.variable(name, "1"))
            .check();
    }
    // rustc asks for these as well.
    for name in [
        "LD_LIBRARY_PATH",
        "MAKEFLAGS",
        "PATH",
        "RUST_BACKTRACE",
        "TMPDIR",
    ] {
        of(&format!("std::env::var(\"{name}\").unwrap_or_default()"))
            .misses_when(|project| {
                let set = format!("export {name}=${{{name}-}}:/tmp; ");
                project.script.insert_str(0, &set);
            })
            .check();
        of("std::fs::read_to_string(\"data.txt\").unwrap()")
            .file("data.txt", "one")
            .hits_when(|project| {
                let set = format!("export {name}=${{{name}-}}:/tmp; ");
                project.script.insert_str(0, &set);
            })
            .check();
    }
    of("format!(\"{:?}\", std::env::var_os(\"OF_MACRO\"))")
        .misses_when(|project| project.variable("OF_MACRO", ""))
        .check();
}

/// Of the compiler it is of no matter.
#[test]
fn what_the_machine_is() {
    for (body, on_another) in [
        (
            "std::thread::available_parallelism().unwrap().to_string()",
            "taskset 1",
        ),
        (
            "String::from_utf8(std::process::Command::new(\"nproc\").output().unwrap().stdout).unwrap()",
            "taskset 1",
        ),
        (
            "unsafe extern \"C\" { fn getrlimit(of: i32, limits: *mut [u64; 2]) -> i32; } let mut limits = [0; 2]; unsafe { getrlimit(7, &raw mut limits) }; format!(\"{limits:?}\")",
            "prlimit --nofile=200",
        ),
    ] {
        of(body)
            .misses_when(|project| {
                let function = format!("call() {{ {on_another} ${{through-}} \"$@\"; }}; ");
                project.script.insert_str(0, &function);
            })
            .check();
    }
    of("std::fs::read_to_string(\"/proc/sys/kernel/ostype\").unwrap()")
        .bypasses()
        .check();
    of("std::fs::read_to_string(\"data.txt\").unwrap()")
        .file("data.txt", "one")
        .hits_when(|project| {
            let function = "call() { taskset 1 prlimit --nofile=200 ${through-} \"$@\"; }; ";
            project.script.insert_str(0, function);
        })
        .check();
}

#[test]
fn the_whole_environment() {
    of("let mut all: Vec<_> = std::env::vars().filter(|(name, _)| name.starts_with(\"OF_\")).map(|(name, value)| name + &value).collect(); all.sort(); all.concat()")
        .variable("OF_ONE", "1")
        .misses_when(|project| project.variable("OF_ONE", "2"))
        .misses_when(|project| project.variable("OF_TWO", "2"))
        .misses_when(|project| {
            project.variables.remove("OF_ONE");
        })
        .check();
}

#[test]
fn a_program_that_it_starts() {
    of("String::from_utf8(std::process::Command::new(\"sh\").args([\"-c\", \"cat data.txt; echo $OF_MACRO\"]).output().unwrap().stdout).unwrap()")
        .file("data.txt", "one")
        .variable("OF_MACRO", "1")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("data.txt", "two"))
        .right_when(|project| project.variable("OF_MACRO", "2"))
        .check();
}

#[test]
fn a_program_of_the_project_that_it_starts() {
    of("String::from_utf8(std::process::Command::new(\"./tell\").output().unwrap().stdout).unwrap()")
        .with(|project| project.program("tell", "#!/bin/sh\necho one\n"))
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.program("tell", "#!/bin/sh\necho two\n"))
        .check();
}

/// As programs are searched for: an earlier one appears.
#[test]
fn the_search_for_a_program() {
    of("String::from_utf8(std::process::Command::new(\"tell\").output().unwrap().stdout).unwrap()")
        .with(|project| {
            project.program("two/tell", "#!/bin/sh\necho two\n");
            project.script = format!(
                "PATH=$PWD/one:$PWD/two:$PATH; export PATH; mkdir -p one; {}",
                project.script
            );
        })
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.program("one/tell", "#!/bin/sh\necho one\n"))
        .check();
}

#[test]
fn a_library_that_it_loads() {
    of("unsafe extern \"C\" { fn dlopen(name: *const u8, how: i32) -> *const u8; fn dlsym(at: *const u8, name: *const u8) -> *const u8; } unsafe { let at = dlopen(c\"./libn.so\".as_ptr().cast(), 1); let f: extern \"C\" fn() -> i32 = std::mem::transmute(dlsym(at, c\"f\".as_ptr().cast())); format!(\"{}\", f()) }")
        .with(|project| project.script = format!("command cc -shared -fPIC -o libn.so n.c; {}", project.script))
        .file("n.c", "int f(void) { return 1; }")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("n.c", "int f(void) { return 2; }"))
        .check();
}

#[test]
fn the_directory_that_it_runs_in() {
    of("std::env::current_dir().unwrap().to_str().unwrap().to_owned()")
        .right_when(|project| project.directory("other"))
        .check();
}

#[test]
fn the_arguments_of_the_compiler() {
    of("std::env::args().skip(1).collect::<Vec<_>>().join(\" \")")
        .misses_when(|project| project.script("lib a", "lib a --cfg b"))
        .check();
}

/// Where results go is in no key, and a macro that tells of it is another thing in another directory.
#[test]
fn the_directory_of_results() {
    of("std::env::args().skip_while(|it| it != \"--out-dir\").nth(1).unwrap()")
        .with(|project| {
            project.script = "proc_macro m; mkdir one; rustc --crate-name a --edition=2024 src/a.rs --crate-type lib --emit=dep-info,metadata,link -C metadata=a --out-dir $PWD/one --extern m=$PWD/target/libm-m.so".into();
        })
        .bypasses()
        .right_when(|project| {
            project.script("mkdir one", "mkdir another");
            project.script("PWD/one", "PWD/another");
        })
        .check();
    of("std::fs::read_to_string(\"/proc/self/cmdline\").unwrap().len().to_string()")
        .ignore("target/liba")
        .bypasses()
        .check();
}

/// Others do not have it to read, so it must stay.
#[test]
fn what_it_writes_is_there_each_time() {
    for body in [
        "std::fs::write(\"target/written.txt\", \"text\").unwrap(); String::new()",
        "std::fs::write(\"written.txt\", \"text\").unwrap(); String::new()",
        "std::fs::create_dir_all(\"target/deep/er\").unwrap(); std::fs::write(\"target/deep/er/written.txt\", \"text\").unwrap(); String::new()",
        "std::fs::create_dir_all(\"made\").unwrap(); String::new()",
        "std::fs::remove_file(\"data.txt\").unwrap(); String::new()",
        "std::fs::rename(\"data.txt\", \"moved.txt\").unwrap(); String::new()",
        "std::os::unix::fs::symlink(\"data.txt\", \"target/made\").unwrap(); String::new()",
        "use std::io::Write; write!(std::fs::OpenOptions::new().append(true).open(\"data.txt\").unwrap(), \"more\").unwrap(); String::new()",
        "eprintln!(\"said\"); println!(\"told\"); String::new()",
    ] {
        of(body)
            .file("data.txt", "text")
            .first(Expected::Anything, Expected::Anything)
            .right_when(|project| project.file("data.txt", "other"))
            .check();
    }
}

#[test]
fn a_counter_in_a_file() {
    of("let count = std::fs::read_to_string(\"count\").unwrap_or_default() + \"1\"; std::fs::write(\"count\", &count).unwrap(); count")
        .with(|project| {
            project.script += "; cp -r target first; lib a --extern m=target/libm-m.so";
        })
        .first(Expected::Anything, Expected::Anything)
        .check();
}

#[test]
fn a_macro_that_a_library_hands_on() {
    of("std::fs::read_to_string(\"data.txt\").unwrap()")
        .file("data.txt", "one")
        .file("src/r.rs", "pub use m::text_of;")
        .file("src/a.rs", "pub fn f() -> &'static str { r::text_of!() }")
        .with(|project| {
            project.script = "proc_macro m; lib r --extern m=target/libm-m.so; lib a --extern r=target/libr-r.rmeta".into();
        })
        .misses_when(|project| project.file("data.txt", "two"))
        .check();
}

#[test]
fn another_macro_of_the_same_name() {
    of("\"one\".into()")
        .misses_when(|project| {
            let other = "extern crate proc_macro; #[proc_macro] pub fn text_of(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \"\\\"two\\\"\".parse().unwrap() }";
            project.file("src/m.rs", other);
        })
        .right_when(|project| project.script("proc_macro m", "proc_macro m -C debuginfo=1"))
        .check();
}

/// It fails, and what it reads is then otherwise.
#[test]
fn a_macro_that_panics() {
    of("std::fs::read_to_string(\"data.txt\").expect(\"no data\")")
        .first(Expected::Failure, Expected::Failure)
        .when(Expected::Miss, |project| project.file("data.txt", "text"))
        .check();
}

/// By a descriptor that the shell opened.
#[test]
fn a_file_without_a_name() {
    of("std::fs::read_to_string(\"/dev/fd/7\").unwrap()")
        .file("data.txt", "one")
        .with(|project| project.script = format!("exec 7<data.txt; {}", project.script))
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("data.txt", "two"))
        .check();
}

/// In threads, and one that is not waited for.
#[test]
fn files_that_threads_read() {
    of("let texts: Vec<_> = (0..8).map(|n| std::thread::spawn(move || std::fs::read_to_string(format!(\"data/{n}\")).unwrap())).collect(); texts.into_iter().map(|text| text.join().unwrap()).collect()")
        .with(|project| {
            for number in 0..8 {
                project.file(&format!("data/{number}"), "one");
            }
        })
        .misses_when(|project| project.file("data/7", "two"))
        .check();
}

/// A file that is mapped, and one that is copied by the kernel.
#[test]
fn files_that_are_read_in_other_ways() {
    of("std::fs::copy(\"data.txt\", \"target/copied.txt\").unwrap(); std::fs::read_to_string(\"target/copied.txt\").unwrap()")
        .file("data.txt", "one")
        .first(Expected::Anything, Expected::Anything)
        .right_when(|project| project.file("data.txt", "two"))
        .check();
    of("let place = format!(\"{}/data.txt\", std::env::current_dir().unwrap().display()); let file = std::fs::File::open(place).unwrap(); use std::os::unix::fs::FileExt; let mut bytes = [0; 3]; file.read_at(&mut bytes, 0).unwrap(); format!(\"{bytes:?}\")")
        .file("data.txt", "one")
        .misses_when(|project| project.file("data.txt", "two"))
        .check();
}

/// It is never the answer of another time.
#[test]
fn clocks() {
    for body in [
        "format!(\"{:?}\", std::time::SystemTime::now())",
        "format!(\"{:?}\", std::time::Instant::now())",
    ] {
        of(body).ignore("target/liba").bypasses().check();
    }
}

/// Where there is none yet it makes it; a hit must not put that in the place of a longer one.
#[test]
fn a_file_that_is_added_to() {
    of("use std::io::Write; std::fs::File::options().append(true).create(true).open(\"target/log\").unwrap().write_all(b\"x\").unwrap(); String::new()")
        .bypasses()
        .check();
}

/// What a compiler read that it calls counts, also where the cache answers for that, which is in the second build here:
/// only the crate's own source is another one then.
#[test]
fn compilers_that_it_calls() {
    let call = "fn call(words: &str) -> std::process::Output { \
                let line = std::env::var(\"through\").unwrap_or_default() + \" \" + words; \
                let words: Vec<_> = line.split_whitespace().collect(); \
                std::process::Command::new(words[0]).args(&words[1..]).output().unwrap() }";
    for (body, misses) in [
        (
            "String::from_utf8(call(\"cc -E -P data.c\").stdout).unwrap()",
            true,
        ),
        (
            "call(\"cc -c data.c -o target/data.o\"); format!(\"{:?}\", std::fs::read(\"target/data.o\").unwrap())",
            true,
        ),
        (
            "format!(\"{:?}\", call(\"rustc --crate-name probe --crate-type lib --emit=metadata --out-dir target probe.rs\").status.code())",
            true,
        ),
        // Which is not cached, and seen as it is.
        (
            "call(\"cc data.c -o target/data\"); format!(\"{:?}\", call(\"target/data\").status.code())",
            false,
        ),
    ] {
        let expected = if misses {
            Expected::Miss
        } else {
            Expected::Anything
        };
        let edit = |project: &mut crate::project::Project| {
            project.file(
                "src/a.rs",
                "pub fn f() -> &'static str { m::text_of!() }\npub fn g() {}\n",
            );
        };
        of(&format!("{call} {body}"))
            .file(
                "data.c",
                "#include \"data.h\"\nint main(void) { return A; }\n",
            )
            .file("data.h", "#define A 1\n")
            .file("probe.rs", "mod one;\n")
            .file("one.rs", "pub fn f() {}\n")
            .first(expected, if misses { Expected::Hit } else { expected })
            .when(expected, edit)
            .when(expected, |project| {
                edit(project);
                project.file("data.h", "#define A 2\n");
                project.file("one.rs", "pub fn f() -> u8 {}\n");
            })
            .when(expected, |project| {
                project.file("data.h", "#define A 3\n");
                project.file("one.rs", "pub fn f() -> u16 {}\n");
            })
            .check();
    }
}
