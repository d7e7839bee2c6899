//! Begins, ends and reads a session: what the setup hook and `nix-sccache` call as `nix-sccache-shim session …`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write};
use std::iter;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

use nix_sccache_contract as contract;
use nix_sccache_contract::fault::CacheError;
use nix_sccache_contract::log::{Log, lines};
use nix_sccache_contract::report::Report;

use crate::call::stand_in_front_of_rustc;
use crate::key_record;
use crate::launcher;
use crate::plan;
use crate::print::print_error;
use crate::process;
use crate::session::{Begun, Session, reports};
use crate::stable_paths;

const USAGE: &str = "\
usage: nix-sccache-shim session begin                            prints the shell's `export` lines for a new session
       nix-sccache-shim session end [--failed]                   ends the session, and reports; in short where a build failed
       nix-sccache-shim session log                              prints the session's log so far, as lines of JSON
       nix-sccache-shim session run [--log FILE] -- COMMAND …    runs a command in a session of its own, and reports
The command for people is `nix-sccache`.";

/// Does what the arguments behind the program's name say.
pub fn main(arguments: &[OsString]) -> ExitCode {
    let words: Vec<&OsStr> = arguments.iter().map(OsString::as_os_str).collect();
    let is = |word: &OsStr, name: &str| word == name;
    match words.as_slice() {
        [session, begin] if is(session, "session") && is(begin, "begin") => self::begin(),
        [session, end] if is(session, "session") && is(end, "end") => self::end(false),
        [session, end, failed]
            if is(session, "session") && is(end, "end") && is(failed, "--failed") =>
        {
            self::end(true)
        }
        [session, log] if is(session, "session") && is(log, "log") => self::log(),
        // Not for people: what a session that begins runs beside the build.
        [session, prefetch] if is(session, "session") && is(prefetch, "prefetch") => {
            plan::fetch();
            ExitCode::SUCCESS
        }
        [session, run, log, file, dashes, program, arguments @ ..]
            if is(session, "session") && is(run, "run") && is(log, "--log") && is(dashes, "--") =>
        {
            self::run(program, arguments, Some(Path::new(file)))
        }
        [session, run, dashes, program, arguments @ ..]
            if is(session, "session") && is(run, "run") && is(dashes, "--") =>
        {
            self::run(program, arguments, None)
        }
        _ => {
            print_error(USAGE);
            ExitCode::from(2)
        }
    }
}

/// Prints what the hook evaluates; never fails a build.
fn begin() -> ExitCode {
    if Session::current().is_none() {
        match Session::begin() {
            Ok(Begun { session, variables }) => {
                plan::begin(&session, &variables, &[]);
                let lines: Vec<u8> = variables
                    .iter()
                    .flat_map(|(name, value)| {
                        [b"export ", name.as_bytes(), b"=", &quote(value), b"\n"].concat()
                    })
                    .collect();
                io::stdout().write_all(&lines).ok();
            }
            Err(error) => drop(told_no_session(&error)),
        }
    }
    ExitCode::SUCCESS
}

/// A word for a POSIX shell.
fn quote(path: &Path) -> Vec<u8> {
    let mut word = vec![b'\''];
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'\'' => word.extend(br"'\''"),
            other => word.push(*other),
        }
    }
    word.push(b'\'');
    word
}

fn end(failed: bool) -> ExitCode {
    if let Some(session) = Session::current() {
        launcher::put_all_back(&session);
        if !failed && let Err(error) = stable_paths::put_into_outputs() {
            print_error(format_args!(
                "nix-sccache: cannot put the paths of this build into its outputs: {error}"
            ));
        }
        plan::end(&session, failed);
        let log = session.read_log();
        let report = Report::of(&log);
        print_error(if failed {
            report.short_text()
        } else {
            report.text()
        });
        leave(&log, &key_record::recorded(&session));
        session.end();
    } else if let Some(folder) = env::var_os(contract::SESSION) {
        print_error(format_args!(
            "nix-sccache: no report: the session's folder, {}, was removed in the middle of the build",
            folder.display()
        ));
    }
    ExitCode::SUCCESS
}

/// Prints the log of the session that this process is in.
fn log() -> ExitCode {
    let Some(session) = Session::current() else {
        print_error(format_args!(
            "nix-sccache: there is no session here ({} is not set)",
            contract::SESSION
        ));
        return ExitCode::FAILURE;
    };
    match io::stdout().write_all(&lines(&session.read_log())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(format_args!("nix-sccache: no log: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs a command in a session of its own, or in the one that there is; then that keeps the log.
fn run(program: &OsStr, arguments: &[&OsStr], file: Option<&Path>) -> ExitCode {
    let mut command = Command::new(program);
    command.args(arguments);
    if Session::current().is_some() {
        return process::run(command);
    }
    let begun = match Session::begin() {
        Ok(begun) => begun,
        Err(error) => {
            let log = Log {
                error: Some(told_no_session(&error)),
                ..Log::default()
            };
            keep(&log, file);
            return process::run(command);
        }
    };
    let words: Vec<_> = iter::once(program)
        .chain(arguments.iter().copied())
        .collect();
    let prefetching = plan::begin(&begun.session, &begun.variables, &words);
    command.envs(begun.variables);
    if let Ok(wrapper) = begun.session.wrapper() {
        stand_in_front_of_rustc(&mut command, &wrapper);
    }
    let status = process::run_through(&mut command, |_| ());
    launcher::put_all_back(&begun.session);
    let has_failed = !status.as_ref().is_ok_and(ExitStatus::success);
    plan::end(&begun.session, has_failed);
    // It has ended, and is ours to forget.
    prefetching.map(|mut child| child.wait().ok());
    let (log, keys) = (
        begun.session.read_log(),
        key_record::recorded(&begun.session),
    );
    begun.session.end();
    print_error(Report::of(&log).text());
    keep(&log, file);
    leave(&log, &keys);
    match status {
        Ok(status) => process::end_like(status),
        Err(error) => {
            print_error(format_args!(
                "nix-sccache: cannot run {}: {error}",
                program.display()
            ));
            ExitCode::from(127)
        }
    }
}

/// Writes the log to a file that nobody's build depends on.
fn keep(log: &Log, file: Option<&Path>) {
    let Some(file) = file else { return };
    if let Err(error) = fs::write(file, lines(log)) {
        print_error(format_args!(
            "nix-sccache: the log cannot be written to {}: {error}",
            file.display()
        ));
    }
}

/// Leaves what a session leaves where the environment says so.
fn leave(log: &Log, keys: &[u8]) {
    if let Err(error) = reports::leave(log, keys) {
        print_error(format_args!("nix-sccache: {error}"));
    }
}

/// Says that no session could begin, where none will say it at its end.
fn told_no_session(error: &io::Error) -> CacheError {
    let error = CacheError::SessionNotBegun(error.to_string());
    print_error(format_args!("nix-sccache: {error} [{}]", error.code()));
    error
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn quoted_words_are_the_shells() {
        let path = Path::new("/a b/it's $HOME\n");
        let mut script = b"printf %s ".to_vec();
        script.extend(quote(path));
        let script = OsString::from_vec(script);
        let printed = Command::new("sh")
            .arg("-c")
            .arg(script)
            .output()
            .unwrap()
            .stdout;
        assert_eq!(printed, path.as_os_str().as_bytes());
    }
}
