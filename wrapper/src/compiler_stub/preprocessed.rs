//! Preprocesses a C or C++ source for sccache, which makes the key of it.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use memchr::memmem;
use nix_sccache_contract::bypass::BypassReason;

use crate::added_flags;
use crate::invocation::{Argument, Cc, Invocation};
use crate::process;
use crate::session::Note;

/// Has the compiler make it. Sccache 0.19 asks for a text without lines and files, since comments are
/// then free (`preprocess_cmd` in its `src/compiler/gcc.rs`); where an object has those in it, it gets
/// a text that has them as well. Files that only the assembler reads are in no text: such a source is
/// none for the cache.
pub fn make(
    command: impl Fn(&Invocation) -> Command,
    asked: &Invocation,
    call: &Cc,
    note: &Note,
) -> ExitCode {
    const WITHOUT_LINES: [&str; 2] = ["-P", "-fminimize-whitespace"];
    let others = |argument: &Argument| !WITHOUT_LINES.contains(&argument.option.as_str());
    let with_lines = asked.with_arguments(call.arguments.filtered(others));
    let has_lines = with_lines.arguments.len() == asked.arguments.len();
    let mut keeps_lines = have_lines(call);
    loop {
        let mut command = command(if keeps_lines { &with_lines } else { asked });
        let Ok((status, text)) = run(&mut command) else {
            return ExitCode::FAILURE;
        };
        if status.success() {
            if let Some(directive) = of_assembler(&text) {
                note.note_refused(&BypassReason::AssemblerReads(directive.to_owned()));
                return ExitCode::FAILURE;
            }
            if !keeps_lines && !has_lines && asks_for_line(&text) {
                keeps_lines = true;
                continue;
            }
            if let Some(file) = call.arguments.value("-MF") {
                note.keep_rules(OsStr::new(file));
            }
        }
        return match io::stdout().write_all(&text) {
            Ok(()) => process::end_like(status),
            Err(_) => ExitCode::FAILURE,
        };
    }
}

fn run(command: &mut Command) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut text = Vec::new();
    let mut read = Ok(0);
    let status = process::run_through(command.stdout(Stdio::piped()), |child| {
        if let Some(mut stdout) = child.stdout.take() {
            read = stdout.read_to_end(&mut text);
        }
    })?;
    read?;
    Ok((status, text))
}

/// Whether options have the object name files and lines, here or in what nixpkgs' wrapper adds.
fn have_lines(call: &Cc) -> bool {
    let mut given = call.arguments.iter();
    given.any(|argument| names_lines(&argument.option))
        || added_flags::any("NIX_CFLAGS_COMPILE", names_lines)
}

/// Whether an option does: for a debugger, or for what a sanitizer finds.
fn names_lines(option: &str) -> bool {
    (option.starts_with("-g") && option != "-g0") || option.starts_with("-fsanitize")
}

/// Whether a text asks the compiler itself for the line or the file that it is in.
fn asks_for_line(text: &[u8]) -> bool {
    [
        "__builtin_LINE",
        "__builtin_FILE",
        "__builtin_COLUMN",
        "__builtin_source_location",
    ]
    .iter()
    .any(|name| memmem::find(text, name.as_bytes()).is_some())
}

/// The directive by which a text has the assembler read a file.
fn of_assembler(text: &[u8]) -> Option<&'static str> {
    [".incbin", ".include"].into_iter().find(|directive| {
        memmem::find_iter(text, directive.as_bytes()).any(|at| {
            let behind = text.get(at + directive.len()..).unwrap_or_default();
            let name = behind.trim_ascii_start();
            // Nothing of C's own is written so; `include` can be a method.
            name.starts_with(b"\"") || name.starts_with(b"\\\"") || *directive == ".incbin"
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_assembler_reads_is_found() {
        for (text, expected) in [
            ("__asm__(\".incbin \\\"key.bin\\\"\");", Some(".incbin")),
            ("asm(R\"(.include \"a.s\")\");", Some(".include")),
            ("asm(\".include \\\"a.s\\\"\");", Some(".include")),
            ("set.include(\"a\"); set.include (1);", None),
            ("int a;", None),
        ] {
            assert_eq!(of_assembler(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn objects_with_lines_are_known() {
        for option in ["-g", "-ggdb3", "-gsplit-dwarf", "-fsanitize=address"] {
            assert!(names_lines(option), "{option}");
        }
        for option in ["-g0", "-O2", "-E", "a.c"] {
            assert!(!names_lines(option), "{option}");
        }
    }
}
