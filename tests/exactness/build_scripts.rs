//! What build scripts look at, make and print, and what becomes of the programs that they are.

use std::os::unix::fs::MetadataExt;

use nix_sccache_contract::log::Outcome;

use crate::case::{Case, Expected, case};
use crate::engine::ABSENT;
use crate::project::Project;
use crate::session::World;

/// What scripts have: `out`, the directory for their files, and functions that write one of these, and that call a compiler as
/// `cc` and `autocfg` do, through the wrapper that cargo names.
const HEAD: &str = r#"#![allow(dead_code, unused_imports)]
use std::{env, fs, path::{Path, PathBuf}, process::Command};
fn var(name: &str) -> String { env::var(name).unwrap_or_else(|_| "unset".into()) }
fn out() -> PathBuf { env::var_os("OUT_DIR").unwrap().into() }
fn made(text: impl AsRef<[u8]>) { fs::write(out().join("made"), text).unwrap(); }
fn call(words: &str) -> std::process::Output {
    let line = env::var("RUSTC_WRAPPER").unwrap_or_default() + " " + &words.replace("OUT", out().to_str().unwrap());
    let words: Vec<_> = line.split_whitespace().collect();
    Command::new(words[0]).args(&words[1..]).output().unwrap()
}
"#;

/// A package with this in its build script's `main`.
fn of(body: &str) -> Case {
    let case = case("cargo build -q --offline; ./target/debug/a")
        .about("build-script-build")
        .file(
            "Cargo.toml",
            "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n",
        )
        .file("build.rs", format!("{HEAD}fn main() {{ {body} }}\n"))
        .file(
            "src/main.rs",
            "fn main() { print!(\"{}\", include_str!(concat!(env!(\"OUT_DIR\"), \"/made\"))); }\n",
        );
    ABSENT.into_iter().fold(case, Case::ignore)
}

#[test]
fn a_file() {
    of("println!(\"cargo::rerun-if-changed=build.rs\"); made(fs::read(\"data/one\").unwrap_or_default());")
        .file("data/one", "1")
        .misses_when(|project| project.file("data/one", "2"))
        .misses_when(|project| project.remove("data/one"))
        .hits_when(|project| project.file("data/other", "3"))
        .check();
}

/// Who copies a file copies its permissions.
#[test]
fn the_permissions_of_a_file() {
    of("fs::copy(\"data\", out().join(\"made\")).unwrap();")
        .file("data", "1")
        .misses_when(|project| project.script("cargo", "chmod 444 data; cargo"))
        .misses_when(|project| project.script("cargo", "chmod 755 data; cargo"))
        .hits_when(|project| project.script("cargo", "chmod 600 build.rs; cargo"))
        .check();
}

#[test]
fn whether_a_file_is_there() {
    of("made(Path::new(\"data\").exists().to_string());")
        .misses_when(|project| project.file("data", "1"))
        .check();
}

#[test]
fn the_names_in_a_directory() {
    of("let mut names: Vec<_> = fs::read_dir(\"data\").unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect(); names.sort(); made(names.join(\" \"));")
        .file("data/one", "1")
        .misses_when(|project| project.file("data/two", "2"))
        .hits_when(|project| project.file("data/one", "another text"))
        .check();
}

/// Also where the environment names that directory as the one that the build is in, or where there is none.
#[test]
fn the_names_in_its_own_directory() {
    let names = |of: &str| {
        format!(
            "let mut names: Vec<_> = fs::read_dir({of}).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).filter(|it| it.starts_with('x')).collect(); names.sort(); made(names.join(\" \"));"
        )
    };
    for body in [
        names("\".\""),
        names("var(\"CARGO_MANIFEST_DIR\")"),
        "made(Command::new(\"sh\").args([\"-c\", \"echo x*\"]).output().unwrap().stdout);"
            .to_owned(),
        "made(Command::new(\"ls\").output().unwrap().stdout);".to_owned(),
    ] {
        of(&body)
            .file("x1", "1")
            .with(|project| project.script("cargo", "export PWD; cargo"))
            .misses_when(|project| project.file("x2", "2"))
            .hits_when(|project| project.file("x1", "another text"))
            .check();
    }
    of("made(fs::read_dir(\"data\").is_ok().to_string());")
        .misses_when(|project| project.script("cargo", "mkdir data; cargo"))
        .check();
}

/// A file that is not there to be changed may be there in another build.
#[test]
fn what_it_cannot_change() {
    for body in [
        "let _ = fs::remove_file(\"data\"); made(\"\");",
        "made(fs::rename(\"data\", \"moved\").is_ok().to_string());",
        "made(fs::File::options().append(true).open(\"data\").is_ok().to_string());",
        "made(fs::set_permissions(\"data\", std::os::unix::fs::PermissionsExt::from_mode(0o600)).is_ok().to_string());",
    ] {
        of(body)
            .when(Expected::Bypass, |project| project.file("data", "1"))
            .check();
    }
}

/// It is something, and not nothing.
#[test]
fn a_link_that_leads_nowhere() {
    for body in [
        "made(fs::read_link(\"data\").unwrap_or_default().to_str().unwrap());",
        "made(fs::symlink_metadata(\"data\").is_ok().to_string());",
        "made(format!(\"{:?}\", Path::new(\"data\").try_exists().is_ok()));",
    ] {
        of(body)
            .misses_when(|project| project.link("data", "nowhere"))
            .misses_when(|project| project.link("data", "data"))
            .check();
    }
    of("made(format!(\"{:?}\", Path::new(\"data/one\").try_exists().is_ok()));")
        .misses_when(|project| project.file("data", "1"))
        .check();
}

#[test]
fn the_permissions_of_a_directory() {
    of("made(format!(\"{:?}\", fs::metadata(\"data\").unwrap().permissions()));")
        .file("data/one", "1")
        .misses_when(|project| project.script("cargo", "chmod 700 data; cargo"))
        .check();
}

#[test]
fn variables() {
    of("println!(\"cargo::rerun-if-env-changed=DECLARED\"); Command::new(\"true\").env(\"A\", \"B\").status().unwrap(); made(var(\"DECLARED\") + &var(\"NOT_DECLARED\"));")
        .variable("DECLARED", "1")
        .misses_when(|project| project.variable("DECLARED", "2"))
        .misses_when(|project| project.variable("NOT_DECLARED", "2"))
        .hits_when(|project| project.variable("NOT_READ", "2"))
        .hits_when(|project| project.variable("NUM_JOBS", "3"))
        .check();
}

/// Nobody sees which of them are used.
#[test]
fn all_variables() {
    for list in [
        "env::vars()",
        "env::vars_os().map(|(name, value)| (name.into_string().unwrap(), value.into_string().unwrap()))",
    ] {
        of(&format!("Command::new(\"true\").env(\"A\", \"B\").status().unwrap(); let mut found: Vec<_> = {list}.filter(|it| it.0.starts_with(\"LISTED\")).collect(); found.sort(); made(format!(\"{{found:?}}\"));"))
            .variable("LISTED_A", "1")
            .misses_when(|project| project.variable("LISTED_A", "2"))
            .misses_when(|project| project.variable("LISTED_B", "2"))
            .check();
    }
}

/// Of one whose functions have no names in it the linker tells.
#[test]
fn variables_of_stripped_scripts() {
    let stripped = |body: &str| {
        let strips = "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[profile.dev]\nstrip = true\n";
        of(body)
            .file("Cargo.toml", strips)
            .variable("LISTED_A", "1")
    };
    for linker in ["", "-C link-arg=-fuse-ld=bfd"] {
        let links = |project: &mut Project| project.variable("RUSTFLAGS", linker);
        stripped(
            "Command::new(\"true\").env(\"A\", \"B\").status().unwrap(); made(var(\"ASKED\"));",
        )
        .with(links)
        .hits_when(|project| project.variable("LISTED_A", "2"))
        .misses_when(|project| project.variable("ASKED", "2"))
        .check();
        let lists = "Command::new(\"true\").env(\"A\", \"B\").status().unwrap(); made(env::vars().filter(|it| it.0.starts_with(\"LISTED\")).count().to_string());";
        for body in [lists, PAST_THE_LIBRARY] {
            stripped(body)
                .with(links)
                .misses_when(|project| project.variable("LISTED_B", "2"))
                .check();
        }
    }
}

/// Counts some of all variables, by libc's own list of them.
const PAST_THE_LIBRARY: &str = "unsafe extern \"C\" { static environ: *const *const std::ffi::c_char; } \
    Command::new(\"true\").env(\"A\", \"B\").status().unwrap(); let (mut count, mut entry) = (0, unsafe { environ }); \
    while let Some(text) = unsafe { entry.read().as_ref() } { count += usize::from(unsafe { std::ffi::CStr::from_ptr(text) }.to_bytes().starts_with(b\"LISTED_\")); entry = unsafe { entry.add(1) }; } \
    made(count.to_string());";

/// By way of libc's own list of them, or of the kernel's.
#[test]
fn all_variables_past_the_standard_library() {
    of(PAST_THE_LIBRARY)
        .variable("LISTED_A", "1")
        .misses_when(|project| project.variable("LISTED_B", "2"))
        .check();
    of("made(fs::read(\"/proc/self/environ\").unwrap().split(|byte| *byte == 0).filter(|it| it.starts_with(b\"LISTED_\")).count().to_string());")
        .bypasses()
        .check();
}

#[test]
fn another_script() {
    of("made(\"1\");")
        .misses_when(|project| {
            project.file("build.rs", format!("{HEAD}fn main() {{ made(\"2\"); }}"));
        })
        .check();
}

#[test]
fn features() {
    of("made(var(\"CARGO_FEATURE_MORE\") + &var(\"PROFILE\") + &var(\"OPT_LEVEL\") + &var(\"CARGO_CFG_TARGET_FEATURE\"));")
        .with(|project| {
            let manifest = "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[features]\nmore = []\n[workspace]\n";
            project.file("Cargo.toml", manifest);
        })
        .misses_when(|project| project.script("build -q", "build -q --features more"))
        .misses_when(|project| project.variable("RUSTFLAGS", "-C target-feature=+avx"))
        .check();
}

/// Also where the cache answers for it.
#[test]
fn what_a_compiler_reads_that_it_calls() {
    let of_c = "assert!(call(\"cc -O2 -c a.c -o OUT/a.o\").status.success()); assert!(Command::new(\"ar\").args([\"cqD\", \"liba.a\", \"a.o\"]).current_dir(out()).status().unwrap().success()); \
                println!(\"cargo::rustc-link-lib=static=a\\ncargo::rustc-link-search=native={}\", out().display()); made(\"\");";
    let of_rust = "let it = call(\"rustc --edition=2024 --crate-name probe --crate-type lib --cap-lints allow --emit=dep-info,metadata --out-dir OUT probe.rs\"); made(it.status.success().to_string());";
    for (body, program) in [
        (
            of_c,
            "unsafe extern \"C\" { safe fn a() -> i32; }\nfn main() { println!(\"{}\", a()); }\n",
        ),
        (
            of_rust,
            "fn main() { println!(include_str!(concat!(env!(\"OUT_DIR\"), \"/made\"))); }\n",
        ),
    ] {
        // Another script that does the same: its compilers are answered for, and it is not.
        let again = |project: &mut Project| {
            project.file(
                "build.rs",
                format!("{HEAD}fn main() {{ {body} let _ = var(\"AGAIN\"); }}\n"),
            );
        };
        of(body)
            .file("a.c", "#include \"a.h\"\nint a(void) { return A; }\n")
            .file("a.h", "#define A 1\n")
            .file("probe.rs", "mod one;\n")
            .file("one.rs", "pub fn f() {}\n")
            .file("src/main.rs", program)
            .misses_when(again)
            .misses_when(|project| {
                again(project);
                project.file("a.h", "#define A 2\n");
                project.file("one.rs", "pub fn f() -> u8 {}\n");
            })
            .misses_when(|project| {
                project.file("a.h", "#define A 3\n");
                project.file("one.rs", "pub fn f() -> u16 { 1 }\n");
            })
            .check();
    }
}

/// Its directories, links and permissions, too.
#[test]
fn all_that_it_leaves() {
    of("use std::os::unix::fs::{symlink, PermissionsExt}; made(\"\"); fs::create_dir_all(out().join(\"empty/deep\")).unwrap(); symlink(\"made\", out().join(\"link\")).unwrap(); \
        let mode = |name: &str, mode| { fs::write(out().join(name), name).unwrap(); fs::set_permissions(out().join(name), fs::Permissions::from_mode(mode)).unwrap(); }; \
        mode(\"program\", 0o755); mode(\"read-only\", 0o444); mode(\"own\", 0o700); mode(\"as-owner\", 0o4711); mode(\"unreadable\", 0o200); fs::create_dir(out().join(\"closed\")).unwrap(); fs::set_permissions(out().join(\"closed\"), fs::Permissions::from_mode(0o1500)).unwrap(); fs::set_permissions(out(), fs::Permissions::from_mode(0o711)).unwrap(); println!(\"cargo::warning=said\"); eprintln!(\"told\");")
        .misses_when(|project| project.script("cargo", "umask 077; cargo"))
        .check();
    // A link that leads elsewhere; files with two names.
    for body in [
        "made(\"\"); std::os::unix::fs::symlink(\"/etc/hostname\", out().join(\"link\")).unwrap();",
        "made(\"\"); fs::hard_link(out().join(\"made\"), out().join(\"more\")).unwrap();",
        "made(\"\"); fs::hard_link(\"build.rs\", out().join(\"more\")).unwrap();",
    ] {
        of(body).bypasses().check();
    }
}

#[test]
fn writes_elsewhere() {
    for body in [
        "made(\"\"); fs::write(\"src/generated.rs\", \"\").unwrap();",
        "made(\"\"); fs::create_dir_all(\"src/generated\").unwrap();",
        "made(\"\"); fs::write(\"data\", fs::read_to_string(\"data\").unwrap() + \"x\").unwrap();",
        "made(\"\"); fs::remove_file(\"data\").unwrap();",
    ] {
        of(body).file("data", "1").bypasses().check();
    }
}

/// Cargo takes an empty path for the package's directory, and a name that has none for nothing.
#[test]
fn lines_for_cargo_with_nothing_in_them() {
    for line in [
        "cargo:rerun-if-changed=",
        "cargo::rerun-if-changed=  data/one  ",
        "cargo::rerun-if-env-changed=",
        "cargo::rerun-if-env-changed=OUT_DIR",
    ] {
        of(&format!(
            "println!(\"{line}\"); made(fs::read(\"data/one\").unwrap());"
        ))
        .file("data/one", "1")
        .misses_when(|project| project.file("data/one", "2"))
        .check();
    }
}

/// Names with line breaks, backslashes and spaces, and one that is no text.
#[test]
fn files_with_odd_names() {
    of("use std::os::unix::ffi::OsStrExt; made(\"\"); for name in [&b\"a\\nb\"[..], b\"a\\\\nb\", b\" a\", b\"\\xff\"] { fs::write(out().join(std::ffi::OsStr::from_bytes(name)), fs::read(\"data\").unwrap()).unwrap(); }")
        .file("data", "1")
        .misses_when(|project| project.file("data", "2"))
        .check();
}

/// As rustix does it (1.1), to whom it is of no matter what is made: it is there afterwards, whatever was there before.
#[test]
fn temporary_files_that_stay() {
    let body = |name: &str| {
        format!(
            "let made_of = call(&format!(\"rustc --crate-type lib --emit metadata -o {{}}/{name} a.rs\", env::temp_dir().display())); \
             made(made_of.status.success().to_string());"
        )
    };
    let with_temporary = |case: Case| {
        case.file("a.rs", "pub fn f() {}\n").with(|project| {
            project.script = format!(
                "mkdir -p t/sub; TMPDIR=$PWD/t; export TMPDIR; {}",
                project.script
            );
        })
    };
    with_temporary(of(&body("asked")))
        .hits_when(|project| project.file("t/asked", "1"))
        .hits_when(|project| project.file("t/other", "1"))
        .misses_when(|project| project.file("a.rs", "pub fn f() -> u8 {}\n"))
        .check();
    with_temporary(of(&body("sub/asked"))).bypasses().check();
    let adds = "use std::io::Write; let file = fs::File::options().append(true).create(true).open(env::temp_dir().join(\"x\")); writeln!(file.unwrap(), \"1\").unwrap(); made(\"\");";
    with_temporary(of(adds)).bypasses().check();
}

/// What is done past the files.
#[test]
fn sockets_and_links() {
    for body in [
        "std::mem::forget(std::os::unix::net::UnixListener::bind(\"socket\").unwrap()); made(\"\");",
        "std::net::UdpSocket::bind(\"127.0.0.1:0\").unwrap().connect(\"127.0.0.1:9\").unwrap(); made(\"\");",
        "std::os::unix::fs::symlink(env::current_dir().unwrap(), out().join(\"link\")).unwrap(); fs::write(out().join(\"link/left\"), \"\").unwrap(); fs::remove_file(out().join(\"link\")).unwrap(); made(\"\");",
    ] {
        of(body).bypasses().check();
    }
}

/// Whoever asks for the time, and however.
#[test]
fn clocks() {
    let of_c = "unsafe extern \"C\" { fn time(into: *mut i64) -> i64; } made(unsafe { time(std::ptr::null_mut()) }.to_string());";
    let by_call = "unsafe extern \"C\" { fn syscall(number: i64, clock: i64, into: *mut u64) -> i64; } let mut now = [0; 2]; unsafe { syscall(228, 0, now.as_mut_ptr()) }; made(format!(\"{now:?}\"));";
    let of_library = "unsafe extern \"C\" { fn dlopen(path: *const i8, flags: i32) -> *mut u8; fn dlsym(library: *mut u8, name: *const i8) -> *mut u8; } \
        assert!(Command::new(\"cc\").args([\"-shared\", \"-fPIC\", \"-o\"]).arg(out().join(\"l.so\")).arg(\"l.c\").status().unwrap().success()); \
        let path = format!(\"{}/l.so\\0\", out().display()); let f: extern \"C\" fn() -> i64 = unsafe { std::mem::transmute(dlsym(dlopen(path.as_ptr().cast(), 2), c\"now\".as_ptr())) }; made(f().to_string());";
    let run = |words: &str| {
        let words: Vec<_> = words.split('|').collect();
        format!(
            "made(Command::new({:?}).args({:?}).output().unwrap().stdout);",
            words[0],
            &words[1..]
        )
    };
    for body in [
        "made(format!(\"{:?}\", std::time::SystemTime::now()));",
        of_c,
        by_call,
        of_library,
        &run("date|+%N"),
        &run("./everything/date|+%N"),
        &run("bash|-c|printf '%(%s)T'"),
        &run("bash|-c|echo $(echo $EPOCHREALTIME)"),
        &run("perl|-e|print time"),
        &run("python3|-c|import time; print(time.time())"),
        &run("git|log|-1|--format=%cr"),
    ] {
        of(body)
            .file("src/main.rs", "fn main() {}\n")
            .file("l.c", "#include <time.h>\nlong now(void) { struct timespec t; timespec_get(&t, TIME_UTC); return t.tv_nsec; }\n")
            .with(|project| project.script("cargo", "mkdir everything; cp /bin/date everything/all; ln -s all everything/date; git init -q; git -c user.name=a -c user.email=a commit -q --allow-empty -m a; cargo"))
            .ignore(".git/")
            .ignore("out/made")
            .ignore("out/l.so")
            .bypasses()
            .check();
    }
    of("made(env::var(\"SOURCE_DATE_EPOCH\").unwrap_or_else(|_| format!(\"{:?}\", std::time::SystemTime::now())));")
        .variable("SOURCE_DATE_EPOCH", "1")
        .misses_when(|project| project.variable("SOURCE_DATE_EPOCH", "2"))
        .check();
    // Which ask when they begin, or measure how long something takes.
    let several = [
        &run("bash|-c|echo $(echo 1)"),
        &run("perl|-e|print 1"),
        &run("python3|-c|import subprocess; print(1)"),
        &run("git|--version"),
        &run("make|-f|data/makefile"),
        "std::time::Instant::now(); made(\"\");",
    ];
    of(&several.join(" "))
        .file("data/makefile", "all: data/makefile\n\techo 1\n")
        .misses_when(|project| project.file("data/makefile", "all:\n\techo 2\n"))
        .check();
}

/// gcc writes the seed that nixpkgs gives it down in debug information.
#[test]
fn a_random_seed() {
    let seed = |project: &mut Project, seed: &str| {
        project.variable("NIX_CFLAGS_COMPILE", format!("-frandom-seed={seed}"));
    };
    let compiles = |option: &str| {
        of(&format!(
            "assert!(call(&format!(\"cc {option} {{}} -c a.c -o OUT/made\", var(\"NIX_CFLAGS_COMPILE\"))).status.success());"
        ))
        .file("a.c", "int f(int a) { return a; }\n")
        .file(
            "src/main.rs",
            "fn main() { println!(\"{:?}\", include_bytes!(concat!(env!(\"OUT_DIR\"), \"/made\"))); }\n",
        )
        .with(|project| seed(project, "abcdefghij"))
    };
    compiles("-g")
        .misses_when(|project| seed(project, "klmnopqrst"))
        .hits_when(|project| project.variable("name", "b"))
        .check();
    compiles("-O1")
        .hits_when(|project| seed(project, "klmnopqrst"))
        .check();
}

#[test]
fn one_that_fails() {
    of("made(\"\"); println!(\"said\"); if Path::new(\"fail\").exists() { eprintln!(\"told\"); std::process::exit(3); }")
        .file("fail", "")
        .first(Expected::Failure, Expected::Failure)
        .right_when(|project| project.remove("fail"))
        .check();
}

/// A path that nobody else has, in what it prints and in what it makes.
#[test]
fn outputs_of_the_derivation() {
    for body in [
        "made(\"\"); println!(\"cargo::rustc-env=A={}\", var(\"out\"));",
        "made(var(\"out\"));",
    ] {
        of(body)
            .variable("out", "/nix/store/abcdefghijabcdefghijabcdefghij12-a")
            .bypasses()
            .check();
    }
    of("made(var(\"out\").starts_with('/').to_string());")
        .variable("out", "/nix/store/abcdefghijabcdefghijabcdefghij12-a")
        .misses_when(|project| project.variable("out", "unset"))
        .check();
}

/// A program that it runs may read all variables. What is another in each derivation is of no matter where nothing tells of it.
#[test]
fn a_program_that_reads_all_variables() {
    const OTHER: &str = "bcdefghijkabcdefghijabcdefghij12";
    let of = |script: &str| {
        let body = format!(
            "made(Command::new(\"/usr/bin/python3\").args([\"-c\", \"import os; env = os.environ; {script}\"]).output().unwrap().stdout);"
        );
        let case = of(&body);
        let store = case.world.root().join("project/store");
        let store = store.to_str().unwrap().to_owned();
        let path = move |name: &str| format!("{store}/{name}");
        let of_first = |name: &str| path(&format!("abcdefghijabcdefghijabcdefghij12-{name}"));
        let case = case
            .variable("NIX_STORE", &path("")[..path("").len() - 1])
            .variable("out", &of_first("a"))
            .variable("src", &of_first("source"))
            .variable("FLAGS", "-O")
            .file("store/abcdefghijabcdefghijabcdefghij12-source/data", "1")
            .file(&format!("store/{OTHER}-source/data"), "2")
            .file(&format!("store/{OTHER}-same/data"), "1");
        (case, move |name: &str| path(&format!("{OTHER}-{name}")))
    };
    let (case, other) = of("print('FLAGS' in env)");
    case.hits_when(|project| project.variable("src", other("source")))
        .hits_when(|project| project.variable("out", other("a")))
        .misses_when(|project| project.variable("FLAGS", "-g"))
        .misses_when(|project| project.variable("out", other("ab")))
        .check();
    for tells in [
        "print(env['src'])",
        "print(env['src'].split('/')[-1][:10])",
        "print(open(env['src'] + '/data').read())",
    ] {
        let (case, other) = of(tells);
        case.misses_when(|project| project.variable("src", other("source")))
            .check();
    }
    let (case, other) =
        of("import subprocess; subprocess.run('printf %s $src | sha256sum', shell=True)");
    case.misses_when(|project| project.variable("src", other("source")))
        .check();
    let (case, other) = of("print(env['out'].split('/')[-1])");
    case.misses_when(|project| project.variable("out", other("a")))
        .check();
}

/// What libc reads for itself, in a program that is known to ask for its variables by name: where its options end.
#[test]
fn variables_of_libc() {
    of("made(Command::new(\"wc\").args([\"data\", \"-l\"]).output().unwrap().stdout);")
        .file("data", "1 2 3\n")
        .misses_when(|project| project.variable("POSIXLY_CORRECT", "1"))
        .misses_when(|project| project.variable("TZ", "UTC"))
        .check();
}

/// It is in no key, since what is found by it is.
/// How many jobs there may be is for those that are started, where the script is one that hands it on, as with `cc` and `cmake`.
#[test]
fn how_many_jobs_there_may_be() {
    let with_three = |project: &mut Project| project.script("cargo build", "cargo build -j3");
    for body in [
        "made(var(\"NUM_JOBS\"));",
        "made(Command::new(\"./tell\").output().unwrap().stdout);",
    ] {
        of(body)
            .with(|project| project.program("tell", "#!/bin/sh\necho $NUM_JOBS\n"))
            .misses_when(with_three)
            .check();
    }
    of("let jobs = var(\"NUM_JOBS\"); assert!(!jobs.is_empty()); made(var(\"CRATE_CC_NO_DEFAULTS\"));")
        .hits_when(with_three)
        .check();
}

/// A script sees its name, its kernel, its processors and its limits.
#[test]
fn what_the_machine_is() {
    let asks = "unsafe extern \"C\" { fn getrlimit(of: i32, limits: *mut [u64; 2]) -> i32; } let mut limits = [0; 2]; unsafe { getrlimit(7, &raw mut limits) }; made(format!(\"{limits:?}\"));";
    for (body, on_another) in [
        (
            "made(Command::new(\"uname\").arg(\"-n\").output().unwrap().stdout);",
            "hostname other; ",
        ),
        (
            "made(Command::new(\"uname\").arg(\"-m\").output().unwrap().stdout);",
            "setarch i686 ",
        ),
        (
            "made(Command::new(\"hostname\").output().unwrap().stdout);",
            "hostname other; ",
        ),
        (
            "made(Command::new(\"nproc\").output().unwrap().stdout);",
            "taskset 1 ",
        ),
        (
            "made(std::thread::available_parallelism().unwrap().to_string());",
            "taskset 1 ",
        ),
        (asks, "ulimit -n 200; "),
        (
            "made(Command::new(\"bash\").args([\"-c\", \"ulimit -n\"]).output().unwrap().stdout);",
            "ulimit -n 200; ",
        ),
        (
            "made(Command::new(\"sh\").args([\"-c\", \"ulimit -n\"]).output().unwrap().stdout);",
            "ulimit -n 200; ",
        ),
    ] {
        // With a name of its own.
        let on = |machine: &str| {
            let machine = machine.to_owned();
            move |project: &mut Project| {
                let line = format!("unshare --uts sh -ec '{machine}cargo build -q --offline'");
                project.script("cargo build -q --offline", &line);
            }
        };
        of(body)
            .with(on(""))
            .when(Expected::Miss, |project| {
                project.script("-ec '", &format!("-ec '{on_another}"));
            })
            .check();
    }
    // Of these it cannot be told what of them counts.
    for file in [
        "/proc/cpuinfo",
        "/proc/sys/kernel/hostname",
        "/sys/devices/system/cpu/online",
    ] {
        of(&format!(
            "made(fs::read(\"{file}\").unwrap().len().to_string());"
        ))
        .bypasses()
        .check();
    }
    // Who starts others asks for it as well, and makes the same.
    of("made(Command::new(\"make\").args([\"-sf\", \"data\"]).output().unwrap().stdout);")
        .file("data", "all:\n\techo 1\n")
        .hits_when(|project| project.script("cargo build", "ulimit -n 200; taskset 1 cargo build"))
        .check();
}

/// As a script sees that goes by them.
#[test]
fn when_a_file_was_changed() {
    for asks in [
        "modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()",
        "mtime()",
    ] {
        of(&format!("use std::os::unix::fs::MetadataExt; made(fs::metadata(\"data\").unwrap().{asks}.to_string());"))
            .with(|project| project.dated("data", "1", 1_000_000_000))
            .misses_when(|project| project.dated("data", "1", 1_000_000_001))
            .check();
    }
    of("made(fs::read(\"data\").unwrap());")
        .with(|project| project.dated("data", "1", 1_000_000_000))
        .hits_when(|project| project.dated("data", "1", 1_000_000_001))
        .check();
}

#[test]
fn the_path_of_programs() {
    of("made(var(\"PATH\"));").bypasses().check();
}

/// It runs programs by their names.
#[test]
fn programs_on_the_path() {
    of("made(Command::new(\"tool\").output().unwrap().stdout);")
        .with(|project| project.script("cargo", "PATH=$PWD/one:$PWD/two:$PATH; cargo"))
        .with(|project| project.program("two/tool", "#!/bin/sh\necho 1\n"))
        .misses_when(|project| project.program("two/tool", "#!/bin/sh\necho 2\n"))
        .misses_when(|project| project.program("one/tool", "#!/bin/sh\necho 3\n"))
        .check();
}

/// Two packages, of which one tells the other where its files are.
fn linked(script: &str) -> Case {
    let package = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}")
    };
    of("let include = var(\"DEP_NATIVE_INCLUDE\"); println!(\"cargo::rerun-if-changed={include}\"); made(fs::read(include + \"/b.h\").unwrap());")
        .with(|project| script.clone_into(&mut project.script))
        .file("Cargo.toml", package("a", "[dependencies]\nb-sys = { path = \"b\" }\n[workspace]\n"))
        .file("b/Cargo.toml", package("b-sys", "links = \"native\"\n"))
        .file("b/build.rs", format!("{HEAD}fn main() {{ let include = out().join(\"include\"); fs::create_dir(&include).unwrap(); fs::copy(\"b.h\", include.join(\"b.h\")).unwrap(); println!(\"cargo::metadata=include={{}}\", include.display()); }}\n"))
        .file("b/b.h", "1")
        .file("b/src/lib.rs", "")
}

/// By names that no shell has.
#[test]
fn odd_names_that_another_script_tells() {
    let tells = |value: &str| {
        format!(
            "{HEAD}fn main() {{ println!(\"cargo::metadata=odd.na-me x={value}\\ncargo:other.key={value}\"); }}\n"
        )
    };
    linked("cargo build -q --offline; ./target/debug/a")
        .file("build.rs", format!("{HEAD}fn main() {{ made(var(\"DEP_NATIVE_ODD.NA_ME X\") + &var(\"DEP_NATIVE_OTHER.KEY\")); }}\n"))
        .file("b/build.rs", tells("1"))
        .misses_when(|project| project.file("b/build.rs", tells("2")))
        .check();
}

#[test]
fn what_another_script_tells() {
    linked("cargo build -q --offline; ./target/debug/a")
        .misses_when(|project| project.file("b/b.h", "2"))
        .check();
}

/// Where cargo's directory is called otherwise: what names it has the name that it has now.
#[test]
fn another_target_directory() {
    linked("cargo build -q --offline; ./target/debug/a")
        .hits_when(|project| {
            project.script =
                "cargo build -q --offline --target-dir gettar; ./gettar/debug/a".into();
        })
        .right_when(|project| {
            project.script =
                "cargo build -q --offline --target-dir longer/one; ./longer/one/debug/a".into();
        })
        .check();
    of("made(var(\"OUT_DIR\"));")
        .misses_when(|project| {
            project.script =
                "cargo build -q --offline --target-dir gettar; ./gettar/debug/a".into();
        })
        .check();
}

/// However it writes the path.
#[test]
fn another_target_directory_that_is_written_otherwise() {
    for text in [
        "var(\"OUT_DIR\").replace('/', \"\\\\/\")",
        "var(\"OUT_DIR\").replace('/', \"%2F\")",
        "var(\"OUT_DIR\").to_uppercase()",
        "out().iter().map(|part| format!(\"{part:?}, \")).collect::<String>()",
        "format!(\"{:?}\", var(\"OUT_DIR\").as_bytes())",
        "format!(\"{:x?}\", var(\"OUT_DIR\").as_bytes())",
        "env::current_exe().unwrap().ancestors().nth(3).unwrap().display().to_string().replace('/', \"|\")",
    ] {
        let other = |project: &mut Project| {
            project.script =
                "cargo build -q --offline --target-dir gettar; ./gettar/debug/a".into();
        };
        of(&format!("made({text});")).misses_when(other).check();
        of(&format!(
            "println!(\"cargo::rustc-env=A={{}}\", {text}); made(\"\");"
        ))
        .misses_when(other)
        .check();
    }
}

/// What is there from an earlier run it may go on from.
#[test]
fn a_second_run() {
    of("let count = fs::read_dir(out()).unwrap().count(); fs::write(out().join(count.to_string()), \"\").unwrap(); made(count.to_string());")
        .with(|project| project.script = "cargo build -q --offline; ./target/debug/a; echo >>build.rs; cargo build -q --offline; ./target/debug/a; touch src; cargo build -q --offline; ./target/debug/a".into())
        .first(Expected::Anything, Expected::Anything)
        .check();
}

/// A launcher is there from when a script is compiled until it runs, and no longer than the session.
#[test]
fn launchers_go() {
    let mut project = Project::new("cargo build -q --offline 2>/dev/null || true");
    project.file("Cargo.toml", "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[build-dependencies]\nb = { path = \"b\" }\n");
    project.file("build.rs", "fn main() {}\n");
    project.file("src/main.rs", "fn main() {}\n");
    project.file(
        "b/Cargo.toml",
        "[package]\nname = \"b\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    // Cargo ends before it runs what it has compiled.
    project.file(
        "b/build.rs",
        "fn main() { println!(\"cargo::rustc-cfg=b\"); }\n",
    );
    project.file("b/src/lib.rs", "#[cfg(b)] compile_error!(\"b\");\n");
    let world = World::new();
    let (plain, cached) = (world.plain(&project), world.cached(&project));
    for (path, found) in &plain.files {
        let is_script = path.display().to_string().contains("build_script_build");
        assert!(
            !is_script || cached.files.get(path) == Some(found),
            "{}",
            path.display()
        );
    }
    let is_ours = |path: &std::path::Path| path.display().to_string().contains("nix-sccache");
    assert!(!cached.files.keys().any(|path| is_ours(path)));
    let directory = world.root().join("project/target/debug/build");
    let scripts = files(&directory, "build-script-build");
    assert!(!scripts.is_empty());
    for script in scripts {
        assert_eq!(
            script.metadata().unwrap().nlink(),
            2,
            "{}",
            script.display()
        );
    }
}

/// Of a run that a failed call of cargo did not come to there is a directory, and it is waited for in vain.
#[test]
fn a_run_that_cargo_did_not_come_to() {
    let script = "RUSTFLAGS=-Dwarnings cargo build -q --offline 2>failed && exit 1; cat failed\n\
        cargo build -q --offline\n\
        for one in target/debug/build/a-*/build-script-build; do cmp $one ${one%/*}/build_script_build-????????????????; done";
    of("let unused = 1; made(\"1\");")
        .with(|project| project.script = script.to_owned())
        .check();
}

/// A script that is compiled once and runs for the build and for a target, with other features perhaps: each run is asked for.
#[test]
fn several_runs_of_one_script() {
    let package = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}")
    };
    let script = "made(format!(\"{} {:?}\", var(\"TARGET\"), env::args().collect::<Vec<_>>()));";
    let mut project = Project::new(
        "target=$(command rustc --print host-tuple)\n\
         cargo build -q --offline --target \"$target\"; \"./target/$target/debug/a\"",
    );
    project.file("Cargo.toml", package("a", "[workspace]\n[dependencies]\nb = { path = \"b\" }\n[build-dependencies]\nb = { path = \"b\" }\nc = { path = \"c\" }\n"));
    project.file(
        "build.rs",
        format!("{HEAD}fn main() {{ {script} println!(\"{{}} {{}}\", b::f(), c::f()); }}\n"),
    );
    project.file("src/main.rs", "fn main() { print!(\"{} {}\", include_str!(concat!(env!(\"OUT_DIR\"), \"/made\")), b::f()); }\n");
    for (name, more) in [
        ("b", ""),
        ("c", "[dependencies]\nb = { path = \"../b\" }\n"),
    ] {
        project.file(&format!("{name}/Cargo.toml"), package(name, more));
        project.file(
            &format!("{name}/build.rs"),
            format!("{HEAD}fn main() {{ {script} }}\n"),
        );
        project.file(
            &format!("{name}/src/lib.rs"),
            "pub fn f() -> &'static str { include_str!(concat!(env!(\"OUT_DIR\"), \"/made\")) }\n",
        );
    }
    let mut world = World::new();
    world.ignored.extend(ABSENT);
    let plain = world.plain(&project);
    assert_eq!(plain.code, Some(0), "{}", plain.messages);
    for expected in [Outcome::Miss, Outcome::Hit] {
        let cached = world.cached(&project);
        assert_eq!(cached.differences(&plain), "");
        let calls = cached.log.calls.iter();
        let runs = calls.filter(|call| call.name == "build-script-build");
        let outcomes: Vec<_> = runs.map(|call| call.outcome.clone()).collect();
        assert_eq!(outcomes, vec![expected; 4]);
        let scripts = files(&world.root().join("project/target"), "build-script-build");
        assert_eq!(scripts.len(), 3);
        for script in scripts {
            assert_eq!(
                script.metadata().unwrap().nlink(),
                2,
                "{}",
                script.display()
            );
        }
    }
}

/// One that was left over, as by a build that was killed, runs its script, and then that stands there.
#[test]
fn a_launcher_that_is_left_over() {
    let mut project = Project::new(
        "run() { OUT_DIR=$PWD/out CARGO=cargo \"$@\"; }\nmkdir -p out build\n\
         run rustc --crate-name build_script_build --crate-type bin --emit=dep-info,link -C extra-filename=-1 --out-dir build build.rs\n\
         ln build/build_script_build-1 build/build-script-build; mv build moved\n\
         cp moved/build-script-build launcher; export -n NIX_SCCACHE_SESSION; unset NIX_SCCACHE_SESSION\n\
         if [ \"$through\" ]; then ! cmp -s moved/build_script_build-1 moved/.nix-sccache-script-build_script_build-1; fi\n\
         run ./moved/build-script-build a b; run ./moved/build-script-build c; rm launcher",
    );
    project.script = project
        .script
        .replace("export -n NIX_SCCACHE_SESSION; ", "");
    project.file("build.rs", "fn main() { println!(\"{:?}\", std::env::args().collect::<Vec<_>>()); std::fs::write(std::env::var(\"OUT_DIR\").unwrap() + \"/made\", \"1\").unwrap(); }\n");
    let world = World::new();
    let plain = world.plain(&project);
    assert_eq!(plain.code, Some(0), "{}", plain.messages);
    let cached = world.cached(&project);
    assert_eq!(cached.differences(&plain), "");
    // The compiler's call alone.
    let asked = |outcome: &Outcome| matches!(outcome, Outcome::Hit | Outcome::Miss);
    let mut asked = cached.log.calls.iter().filter(|call| asked(&call.outcome));
    assert!(
        asked
            .next()
            .is_some_and(|call| call.outcome == Outcome::Miss)
            && asked.next().is_none()
    );
}

/// All files of a name below a directory.
fn files(directory: &std::path::Path, name: &str) -> Vec<std::path::PathBuf> {
    let found = crate::project::files_below(directory);
    found
        .into_keys()
        .filter(|path| path.ends_with(name))
        .map(|path| directory.join(path))
        .collect()
}
