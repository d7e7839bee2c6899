//! Trying things that may never answer.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Serialize;

/// How long a program may take to tell its version, or a server's statistics.
const OF_A_PROGRAM: Duration = Duration::from_secs(5);

/// How long a socket, a folder or a file may take.
pub const OF_A_PLACE: Duration = Duration::from_secs(3);

/// How much is read of a file, or of what a program says.
const MOST: u64 = 64 << 10;

/// Does something in a thread of its own, which is left behind when it takes longer: a file
/// system whose server is gone lets nobody go.
pub fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    in_background(work)?.recv_timeout(patience).ok()
}

/// The same for several at once, in their order.
pub fn all_within<T: Send + 'static>(
    patience: Duration,
    works: Vec<impl FnOnce() -> T + Send + 'static>,
) -> Vec<Option<T>> {
    let begun: Vec<_> = works.into_iter().map(in_background).collect();
    let deadline = Instant::now() + patience;
    begun
        .into_iter()
        .map(|answer| {
            let left = deadline.saturating_duration_since(Instant::now());
            answer?.recv_timeout(left).ok()
        })
        .collect()
}

fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<Receiver<T>> {
    let (sender, receiver) = channel();
    let thread = thread::Builder::new().spawn(move || sender.send(work()).ok());
    thread.is_ok().then_some(receiver)
}

/// What came of running a program.
#[derive(Debug, PartialEq, Eq)]
pub enum Ran {
    /// It ended well, and printed this.
    Well(String),
    /// It ended otherwise, and said this.
    Badly(String),
    /// It could not be run.
    NotAtAll(String),
    /// It was ended: it took too long.
    TooLong,
}

/// Runs a program that only tells something. It gets nothing to read, and a group of its own,
/// which is ended with it when it takes too long.
pub fn run(mut command: Command) -> Ran {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ran::NotAtAll(error.to_string()),
    };
    let stdout = child.stdout.take().and_then(read_in_background);
    let stderr = child.stderr.take().and_then(read_in_background);
    let deadline = Instant::now() + OF_A_PROGRAM;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            Ok(None) => {
                end(&mut child);
                return Ran::TooLong;
            }
            Err(error) => return Ran::NotAtAll(error.to_string()),
        }
    };
    // What it left behind may keep the pipe open.
    let said = |pipe: Option<Receiver<String>>| {
        pipe.and_then(|pipe| pipe.recv_timeout(Duration::from_millis(500)).ok())
            .unwrap_or_default()
    };
    if status.success() {
        Ran::Well(said(stdout))
    } else {
        let said = said(stderr);
        let said = said.trim();
        Ran::Badly(if said.is_empty() {
            status.to_string()
        } else {
            said.replace('\n', "; ")
        })
    }
}

fn end(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        kill_process_group(group, Signal::KILL).ok();
    }
    child.kill().ok();
    child.wait().ok();
}

fn read_in_background(pipe: impl Read + Send + 'static) -> Option<Receiver<String>> {
    in_background(move || {
        let mut text = Vec::new();
        pipe.take(MOST).read_to_end(&mut text).ok();
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// A file that somebody reads as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "text")]
pub enum Text {
    /// It is not there.
    Missing,
    /// It cannot be read, and why.
    Unreadable(String),
    /// Its text.
    Read(String),
}

impl Text {
    /// Reads a file's first 64 KiB.
    pub fn of(path: &Path) -> Self {
        let path = path.to_owned();
        within(OF_A_PLACE, move || match read(&path) {
            Ok(text) => Self::Read(text),
            Err(error) if is_not_there(&error) => Self::Missing,
            Err(error) => Self::Unreadable(error.to_string()),
        })
        .unwrap_or_else(|| Self::Unreadable("no answer from its file system".to_owned()))
    }

    /// The text, if it was read.
    pub fn read(&self) -> Option<&str> {
        match self {
            Self::Read(text) => Some(text),
            Self::Missing | Self::Unreadable(_) => None,
        }
    }
}

/// Whether nothing has this name.
pub fn is_not_there(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn read(path: &Path) -> io::Result<String> {
    // Opening a pipe would wait for a writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("this is not a file"));
    }
    let mut text = Vec::new();
    File::open(path)?.take(MOST).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Ran {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command)
    }

    #[test]
    fn programs_tell_and_fail() {
        assert_eq!(sh("echo a"), Ran::Well("a\n".to_owned()));
        assert_eq!(
            sh("echo a >&2; echo b >&2; exit 1"),
            Ran::Badly("a; b".to_owned())
        );
        assert!(matches!(
            run(Command::new("/nonexistent")),
            Ran::NotAtAll(_)
        ));
        // Much more than a pipe holds, and than is wanted.
        assert!(matches!(
            sh("head -c 1000000 /dev/zero"),
            Ran::Well(_) | Ran::Badly(_)
        ));
    }

    #[test]
    fn what_hangs_is_left() {
        let began = Instant::now();
        assert_eq!(sh("sleep 60 & sleep 60"), Ran::TooLong);
        // A program that leaves another behind with its pipe.
        assert_eq!(sh("sleep 60 & exit 0"), Ran::Well(String::new()));
        let patience = Duration::from_millis(20);
        assert_eq!(within(patience, || thread::sleep(OF_A_PROGRAM * 6)), None);
        assert_eq!(within(OF_A_PLACE, || 1), Some(1));
        assert!(began.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn only_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        fs::write(path("a"), b"\xff").unwrap();
        assert_eq!(Text::of(&path("a")), Text::Read("\u{fffd}".to_owned()));
        assert_eq!(Text::of(&path("b")), Text::Missing);
        assert_eq!(Text::of(&path("a/b")), Text::Missing);
        let made = Command::new("mkfifo").arg(path("c")).status().unwrap();
        assert!(made.success());
        for not_a_file in [path("c"), folder.path().to_owned()] {
            assert_eq!(
                Text::of(&not_a_file),
                Text::Unreadable("this is not a file".to_owned())
            );
        }
    }
}
