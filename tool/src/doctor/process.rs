//! Runs programs, and looks at file systems, that may never answer.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How long a program may take that only tells something, a socket, or a file system.
pub const SHORT: Duration = Duration::from_secs(5);

/// How much is read of what a program prints, in bytes: Nix's settings as JSON take 200 KiB.
const MAX_OUTPUT: u64 = 4 << 20;

/// How many lines are shown of what a program says was wrong, its last ones.
const LINES_SHOWN: usize = 4;

/// Does something in a thread of its own, which is left behind when it takes longer: a file system
/// whose server is gone lets nobody go.
pub fn within<T: Send + 'static>(
    timeout: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = channel();
    let thread = thread::Builder::new().spawn(move || sender.send(work()).ok());
    thread.ok()?;
    receiver.recv_timeout(timeout).ok()
}

/// What a program that ends well prints, or what went wrong with it, as `PROGRAM …` goes on. It gets nothing
/// to read, and a process group of its own, which is killed when it takes longer.
pub fn run(command: &mut Command, timeout: Duration) -> Result<String, String> {
    run_through(command, timeout).unwrap_or_else(|error| Err(format!("cannot be run: {error}")))
}

fn run_through(command: &mut Command, timeout: Duration) -> io::Result<Result<String, String>> {
    // A pipe would stay open as long as anything that the program leaves behind.
    let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(Stdio::null()).process_group(0);
    command.stdout(stdout.try_clone()?);
    command.stderr(stderr.try_clone()?);
    let mut child = command.spawn()?;
    let deadline = Instant::now() + timeout;
    let ended = loop {
        match child.try_wait()? {
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            ended => break ended,
        }
    };
    let how = match ended {
        Some(status) if status.success() => return Ok(Ok(read(stdout)?)),
        Some(status) => format!("ends with {status}"),
        None => {
            let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            group.map(|group| kill_process_group(group, Signal::KILL));
            child.wait()?;
            format!("does not end within {} s", timeout.as_secs())
        }
    };
    let said = read(stderr)?;
    let lines = said.lines().map(str::trim).filter(|it| !it.is_empty());
    let lines: Vec<_> = lines.collect();
    let last = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
    let colon = if last.is_empty() { "" } else { ": " };
    Ok(Err(format!("{how}{colon}{}", last.join("; "))))
}

fn read(mut file: File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.take(MAX_OUTPUT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_end_well_or_badly_or_are_killed() {
        let second = Duration::from_secs(1);
        let sh = |script: &str| run(Command::new("sh").args(["-c", script]), second);
        let since = Instant::now();
        assert_eq!(sh("echo a").unwrap(), "a\n");
        let failed = sh("seq 9 >&2; exit 3").unwrap_err();
        assert_eq!(failed, "ends with exit status: 3: 6; 7; 8; 9");
        let hung = sh("echo a >&2; sleep 60 & sleep 60").unwrap_err();
        assert_eq!(hung, "does not end within 1 s: a");
        // A program that leaves another behind with its output.
        assert_eq!(sh("sleep 9 & echo b").unwrap(), "b\n");
        let missing = run(&mut Command::new("/nonexistent"), second).unwrap_err();
        assert!(missing.starts_with("cannot be run: "), "{missing}");
        assert_eq!(within(second, || 1), Some(1));
        assert_eq!(within(second / 50, || thread::sleep(SHORT * 6)), None);
        assert!(since.elapsed() < SHORT, "{:?}", since.elapsed());
    }
}
