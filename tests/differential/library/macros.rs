//! Macros that look about: each gives what it found as a string.

extern crate proc_macro;

use std::process::Command;
use std::{env, fs};

use proc_macro::TokenStream;

/// The text of a literal.
fn text(input: &TokenStream) -> String {
    input.to_string().trim_matches('"').to_owned()
}

fn literal(text: &str) -> TokenStream {
    format!("{text:?}").parse().unwrap()
}

fn said<T: ToString>(result: std::io::Result<T>) -> TokenStream {
    literal(&result.map_or_else(|error| format!("{:?}", error.kind()), |found| found.to_string()))
}

/// What is in a file.
#[proc_macro]
pub fn read(input: TokenStream) -> TokenStream {
    said(fs::read_to_string(text(&input)))
}

/// What is in a directory.
#[proc_macro]
pub fn list(input: TokenStream) -> TokenStream {
    said(fs::read_dir(text(&input)).map(|entries| {
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        format!("{names:?}")
    }))
}

/// What is in all files of a directory, and those below.
#[proc_macro]
pub fn all(input: TokenStream) -> TokenStream {
    fn read(directory: &std::path::Path) -> String {
        let mut paths: Vec<_> = fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read = |path: std::path::PathBuf| match path.is_dir() {
            true => read(&path),
            false => fs::read_to_string(path).unwrap_or_default(),
        };
        paths.into_iter().map(read).collect()
    }
    literal(&read(text(&input).as_ref()))
}

/// A variable.
#[proc_macro]
pub fn variable(input: TokenStream) -> TokenStream {
    literal(&format!("{:?}", env::var_os(text(&input))))
}

/// All variables that begin so.
#[proc_macro]
pub fn environment(input: TokenStream) -> TokenStream {
    let start = text(&input);
    let mut found: Vec<_> = env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with(&start)).collect();
    found.sort();
    literal(&format!("{found:?}"))
}

/// Whether something is there.
#[proc_macro]
pub fn exists(input: TokenStream) -> TokenStream {
    literal(&fs::exists(text(&input)).unwrap().to_string())
}

/// How long a file is.
#[proc_macro]
pub fn length(input: TokenStream) -> TokenStream {
    said(fs::metadata(text(&input)).map(|metadata| metadata.len()))
}

/// Whether a file may be run.
#[proc_macro]
pub fn mode(input: TokenStream) -> TokenStream {
    use std::os::unix::fs::PermissionsExt;
    said(fs::metadata(text(&input)).map(|metadata| metadata.permissions().mode()))
}

/// Where a link leads.
#[proc_macro]
pub fn link(input: TokenStream) -> TokenStream {
    said(fs::read_link(text(&input)).map(|path| path.display().to_string()))
}

/// Where a path leads in the end.
#[proc_macro]
pub fn canonical(input: TokenStream) -> TokenStream {
    said(fs::canonicalize(text(&input)).map(|path| path.display().to_string()))
}

/// What a shell's script prints.
#[proc_macro]
pub fn run(input: TokenStream) -> TokenStream {
    said(Command::new("sh").args(["-c", &text(&input)]).output().map(|output| String::from_utf8(output.stdout).unwrap()))
}

/// What the compiler was called with.
#[proc_macro]
pub fn arguments(input: TokenStream) -> TokenStream {
    let start = text(&input);
    let found: Vec<_> = env::args().filter(|argument| argument.starts_with(&start)).collect();
    literal(&format!("{found:?}"))
}

/// The directory.
#[proc_macro]
pub fn directory(_: TokenStream) -> TokenStream {
    said(env::current_dir().map(|path| path.display().to_string()))
}

/// Writes a file, and gives its path.
#[proc_macro]
pub fn write(input: TokenStream) -> TokenStream {
    fs::write(text(&input), "written").unwrap();
    literal(&text(&input))
}

/// Adds to a file, and gives what was in it.
#[proc_macro]
pub fn append(input: TokenStream) -> TokenStream {
    let before = fs::read_to_string(text(&input)).unwrap_or_default();
    fs::write(text(&input), before.clone() + ".").unwrap();
    literal(&before)
}

/// Says something.
#[proc_macro]
pub fn print(input: TokenStream) -> TokenStream {
    println!("out {input}");
    eprintln!("err {input}");
    literal("")
}

/// Fails.
#[proc_macro]
pub fn fail(input: TokenStream) -> TokenStream {
    panic!("{}", fs::read_to_string(text(&input)).unwrap_or_default());
}

/// Another in a macro library that is built otherwise.
#[proc_macro]
pub fn built(_: TokenStream) -> TokenStream {
    literal(if cfg!(otherwise) { "otherwise" } else { "as usual" })
}
