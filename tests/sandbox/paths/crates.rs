//! A program with many vendored crates, each of which tells where it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A crate whose macros tell the path that a compiler is shown, and the physical one.
const MACROS: usize = 3;

/// A crate with a C file.
const NATIVE: usize = 4;

/// A crate that finds the physical path: it cannot be shared.
pub const LEAKING: &str = "leaking";

/// A program, and its crates in one version or another.
#[derive(Debug)]
pub struct Program {
    directory: TempDir,
    count: usize,
    has_archive: bool,
    has_own: bool,
}

impl Program {
    /// Writes one with `count` crates in its lock file, and one more.
    pub fn new(count: usize) -> Self {
        Self::with(count, true)
    }

    /// The same without a library of its own that others of its crates use.
    pub fn alone(count: usize) -> Self {
        Self::with(count, false)
    }

    fn with(count: usize, has_own: bool) -> Self {
        let program = Self {
            directory: TempDir::with_prefix("nix-sccache-program-").unwrap(),
            count,
            has_archive: true,
            has_own,
        };
        for index in 0..count {
            program.write_crate(index, "1.0.0");
        }
        program.write_leaking();
        program.write_program("1.0.0");
        program.lock(None);
        program
    }

    /// From its next version on it makes no static library.
    pub fn leave_archive(&mut self) {
        self.has_archive = false;
    }

    /// Another version of the program.
    pub fn release(&self, version: &str) {
        self.write_program(version);
        self.lock(None);
    }

    /// Another version of one crate.
    pub fn bump(&self, index: usize) {
        self.write_crate(index, "1.0.1");
        self.lock(Some(index));
    }

    /// The crates, as rustc names them, that depend on this one, and itself.
    pub fn with_dependents(&self, index: usize) -> BTreeSet<String> {
        let mut affected = BTreeSet::from([index]);
        for other in index..self.count {
            if dependencies(other)
                .iter()
                .any(|dependency| affected.contains(dependency))
            {
                affected.insert(other);
            }
        }
        affected
            .into_iter()
            .map(|index| name(index).replace('-', "_"))
            .collect()
    }

    /// The crates that have the path of their own directory in them, and those that depend on these.
    pub fn telling(&self) -> BTreeSet<String> {
        let tells = |index: &usize| matches!(*index % 5, 0 | 1);
        (MACROS + 1..self.count)
            .filter(tells)
            .flat_map(|index| self.with_dependents(index))
            .collect()
    }

    /// The program's directory.
    pub fn source(&self) -> PathBuf {
        self.directory.path().join("program")
    }

    /// The directory with the crates' sources.
    pub fn crates(&self) -> PathBuf {
        self.directory.path().join("crates")
    }

    fn write_crate(&self, index: usize, version: &str) {
        let name = name(index);
        let directory = self.crates().join(format!("{name}-{version}"));
        if index == 1 {
            write(&directory.join("build.rs"), GENERATES);
        }
        if index == MACROS {
            write(&directory.join("data.txt"), "its own data");
        }
        if index == NATIVE {
            write(&directory.join("build.rs"), COMPILES_C);
            write(
                &directory.join("src/native.c"),
                "const char *native_file(void) { return __FILE__; }\n",
            );
        }
        let manifest = [
            package(&name, version),
            (if index == MACROS {
                "[lib]\nproc-macro = true\n"
            } else {
                ""
            })
            .to_owned(),
            "[dependencies]\n".to_owned(),
            requirements(&required(index)),
        ];
        write(&directory.join("Cargo.toml"), &manifest.concat());
        let text = if index == MACROS {
            MACRO.to_owned()
        } else {
            library(index)
        };
        write(&directory.join("src/lib.rs"), &text);
        write_checksum(&directory, index);
    }

    fn write_leaking(&self) {
        let directory = self.crates().join(format!("{LEAKING}-1.0.0"));
        let manifest = [
            package(LEAKING, "1.0.0"),
            "[dependencies]\n".to_owned(),
            requirements(&[MACROS]),
        ];
        write(&directory.join("Cargo.toml"), &manifest.concat());
        write(
            &directory.join("src/lib.rs"),
            "pub fn physical() -> String { format!(\"{} {}\", crate_03::physical!(), std::env::args().count()) }\n",
        );
        // With a native library of its own.
        write(&directory.join("build.rs"), COMPILES_C);
        write(
            &directory.join("src/native.c"),
            "int leaking(void) { return 1; }\n",
        );
        write_checksum(&directory, self.count);
    }

    /// A program, a library of its own and one for others, which leaves the build.
    fn write_program(&self, version: &str) {
        let source = self.source();
        let own = |name: &str, more: &str, requires: &[usize]| {
            let dependencies = requirements(requires);
            let package = package(name, version);
            format!("{package}{more}[dependencies]\n{dependencies}")
        };
        let (requires_own, member, says_own) = if self.has_own {
            ("own = { path = \"own\" }\n", "\"own\", ", "own::tell()")
        } else {
            ("", "", "\"\"")
        };
        let manifest = format!(
            "{}{LEAKING} = \"1\"\ncrate-03 = \"1\"\n{requires_own}\
             [workspace]\nmembers = [{member}\"exported\"]\n\
             [profile.release]\nopt-level = 0\ndebug = 1\n",
            own("program", "", &self.used()),
        );
        write(&source.join("Cargo.toml"), &manifest);
        let tells: Vec<_> = self
            .used()
            .into_iter()
            .map(|index| {
                let name = identifier(index);
                format!("println!(\"{{}} {{}}\", {name}::tell(\"x\"), {name}::small(2));")
            })
            .collect();
        let main = format!(
            "fn main() {{ {} println!(\"{{}} {{}} {{}} {{}}\", {LEAKING}::physical(), {says_own}, {}::native(), crate_03::data!()); }}\n",
            tells.concat(),
            identifier(NATIVE),
        );
        write(&source.join("src/main.rs"), &main);
        if self.has_own {
            write(&source.join("own/Cargo.toml"), &own("own", "", &[2]));
            write(
                &source.join("own/src/lib.rs"),
                "pub fn tell() -> String { format!(\"{} {}\", file!(), crate_02::tell(1)) }\n",
            );
        }
        let last = self.count - 1;
        let archive = if self.has_archive {
            ", \"staticlib\""
        } else {
            ""
        };
        let kinds = format!("[lib]\ncrate-type = [\"cdylib\"{archive}]\n");
        write(
            &source.join("exported/Cargo.toml"),
            &own("exported", &kinds, &[last]),
        );
        let exported = format!(
            "#[no_mangle]\npub extern \"C\" fn length() -> usize {{ {}::tell(1_u16).len() }}\n",
            identifier(last)
        );
        write(&source.join("exported/src/lib.rs"), &exported);
    }

    /// What the program uses, beside the crate that leaks.
    fn used(&self) -> Vec<usize> {
        (1..self.count)
            .filter(|index| !matches!(index, 2 | 3))
            .collect()
    }

    /// Writes the lock file, with the later version of one crate, as cargo would.
    fn lock(&self, bumped: Option<usize>) {
        let manifest = fs::read_to_string(self.source().join("Cargo.toml")).unwrap();
        let (_, rest) = manifest.split_once("version = \"").unwrap();
        let (version, _) = rest.split_once('"').unwrap();
        let mut lock = vec![
            "# This file is automatically @generated by Cargo.\n\
             # It is not intended for manual editing.\nversion = 4\n"
                .to_owned(),
        ];
        for index in 0..self.count {
            let version = if bumped == Some(index) {
                "1.0.1"
            } else {
                "1.0.0"
            };
            lock.push(locked(
                &name(index),
                version,
                Some(index),
                &names(&required(index)),
            ));
        }
        lock.push(locked("exported", version, None, &names(&[self.count - 1])));
        lock.push(locked(
            LEAKING,
            "1.0.0",
            Some(self.count),
            &names(&[MACROS]),
        ));
        let mut used = names(&self.used());
        used.extend([LEAKING.to_owned(), name(MACROS)]);
        if self.has_own {
            lock.push(locked("own", version, None, &names(&[2])));
            used.push("own".to_owned());
        }
        lock.push(locked("program", version, None, &used));
        write(&self.source().join("Cargo.lock"), &lock.concat());
    }
}

/// A library that tells where it is: by its file's name, or by its directory's, or by that of
/// generated code.
fn library(index: usize) -> String {
    let name = name(index);
    let tells = if index == 1 {
        format!("\"{name} {{}} {{}}\\n\", file!(), generated()")
    } else if asks_macro(index) {
        format!("\"{name} {{}} {{}}\\n\", file!(), crate_03::shown!()")
    } else if index > 0 && index.is_multiple_of(5) {
        format!("\"{name} {{}} {{}}\\n\", file!(), env!(\"CARGO_MANIFEST_DIR\")")
    } else {
        format!("\"{name} {{}}\\n\", file!()")
    };
    let more = match index {
        1 => "include!(concat!(env!(\"OUT_DIR\"), \"/generated.rs\"));\n",
        NATIVE => {
            "extern \"C\" { fn native_file() -> *const std::os::raw::c_char; }\n\
             pub fn native() -> &'static str { unsafe { std::ffi::CStr::from_ptr(native_file()) }.to_str().unwrap() }\n"
        }
        _ => "",
    };
    let rest: Vec<_> = dependencies(index)
        .into_iter()
        .map(identifier)
        .map(|other| format!("text += &{other}::tell(0_u8); text += {other}::called_from();"))
        .collect();
    let rest = rest.concat();
    format!(
        "{more}#[track_caller]\n\
         pub fn called_from() -> &'static str {{ std::panic::Location::caller().file() }}\n\
         pub fn tell<T: std::fmt::Debug>(value: T) -> String {{\n\
         let mut text = format!({tells});\n{rest}\n\
         if text.is_empty() {{ panic!(\"{{value:?}}\") }}\ntext\n}}\n\
         pub fn small(index: usize) -> u8 {{ [1, 2, 3][index] }}\n"
    )
}

/// What a crate depends on, beside macros.
fn dependencies(index: usize) -> Vec<usize> {
    let mut all = BTreeSet::new();
    if index == 2 {
        all.insert(0);
    }
    if index > MACROS {
        all.insert(index / 2);
        if index.is_multiple_of(3) {
            all.insert(index - 1);
        }
    }
    all.remove(&MACROS);
    all.into_iter().collect()
}

/// All that a crate depends on.
fn required(index: usize) -> Vec<usize> {
    let mut all = dependencies(index);
    if asks_macro(index) {
        all.push(MACROS);
    }
    all
}

fn asks_macro(index: usize) -> bool {
    index > MACROS && index % 5 == 1
}

fn name(index: usize) -> String {
    format!("crate-{index:02}")
}

fn identifier(index: usize) -> String {
    format!("crate_{index:02}")
}

fn names(indices: &[usize]) -> Vec<String> {
    indices.iter().map(|index| name(*index)).collect()
}

fn package(name: &str, version: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n")
}

fn requirements(indices: &[usize]) -> String {
    let lines: Vec<_> = names(indices)
        .iter()
        .map(|name| format!("{name} = \"1\"\n"))
        .collect();
    lines.concat()
}

fn checksum(index: usize) -> String {
    format!("{:064x}", index + 1)
}

fn write_checksum(directory: &Path, index: usize) {
    let text = format!("{{\"files\":{{}},\"package\":\"{}\"}}", checksum(index));
    write(&directory.join(".cargo-checksum.json"), &text);
}

/// A package in a lock file; one of the registry has an index.
fn locked(name: &str, version: &str, index: Option<usize>, dependencies: &[String]) -> String {
    let source = index.map_or_else(String::new, |index| {
        let registry = "registry+https://github.com/rust-lang/crates.io-index";
        format!(
            "source = \"{registry}\"\nchecksum = \"{}\"\n",
            checksum(index)
        )
    });
    let mut lines: Vec<_> = dependencies
        .iter()
        .map(|name| format!(" \"{name}\",\n"))
        .collect();
    lines.sort();
    let dependencies = if lines.is_empty() {
        String::new()
    } else {
        format!("dependencies = [\n{}]\n", lines.concat())
    };
    format!("\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}{dependencies}")
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const GENERATES: &str = r#"
fn main() {
    let file = std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap()).join("generated.rs");
    std::fs::write(file, "pub fn generated() -> &'static str { file!() }").unwrap();
}
"#;

/// As cc-rs does it: the wrapper of rustc is that of the C compiler, too.
const COMPILES_C: &str = r#"
use std::process::Command;
fn run(command: &mut Command) {
    assert!(command.status().unwrap().success());
}
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    let mut compiler = match std::env::var("RUSTC_WRAPPER") {
        Ok(wrapper) => {
            let mut command = Command::new(wrapper);
            command.arg("cc");
            command
        }
        Err(_) => Command::new("cc"),
    };
    run(compiler.args(["-O1", "-c", "src/native.c", "-o"]).arg(format!("{out}/native.o")));
    run(Command::new("ar").arg("crD").arg(format!("{out}/libnative.a")).arg(format!("{out}/native.o")));
    println!("cargo:rustc-link-search=native={out}");
    println!("cargo:rustc-link-lib=static=native");
}
"#;

const MACRO: &str = r#"
use proc_macro::TokenStream;
#[proc_macro]
pub fn shown(_: TokenStream) -> TokenStream {
    format!("{:?}", std::env::var("CARGO_MANIFEST_DIR").unwrap()).parse().unwrap()
}
#[proc_macro]
pub fn data(_: TokenStream) -> TokenStream {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/data.txt");
    format!("{:?}", std::fs::read_to_string(file).unwrap()).parse().unwrap()
}
#[proc_macro]
pub fn physical(_: TokenStream) -> TokenStream {
    let directory = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let lib = std::fs::canonicalize(std::path::Path::new(&directory).join("src/lib.rs")).unwrap();
    format!("{lib:?}").parse().unwrap()
}
"#;
