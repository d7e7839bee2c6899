//! Reads what sccache prints, until it ends or a timeout.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::compiler_stub::{MARK, SCCACHES};
use crate::session::Session;

/// All that sccache said.
pub struct Heard {
    /// How it ended; nothing where it fell silent and was ended.
    pub status: Option<ExitStatus>,
    /// What the compiler printed.
    pub stdout: Vec<u8>,
    /// The compiler's and sccache's messages.
    pub messages: Messages,
}

/// What comes on standard error, told apart.
#[derive(Default)]
pub struct Messages {
    /// The compiler's, but for those that were passed on at once.
    pub compilers: Vec<u8>,
    /// The compiler's that were.
    pub passed_on: Vec<Vec<u8>>,
    /// Sccache's own.
    pub complaints: Vec<String>,
}

/// Hears sccache out, as long as some call of the session compiles, or else for `timeout`:
/// a server that compiles for others lets a call wait for its turn. Without a session there is
/// no telling, and no limit. `passes_news_on` says whether
/// news of a crate's metadata is passed on at once.
pub fn listen(
    mut child: Child,
    session: Option<&Session>,
    timeout: Duration,
    passes_news_on: impl Fn() -> bool + Send + 'static,
) -> io::Result<Heard> {
    let (stdout, messages) = match begin(&mut child, passes_news_on) {
        Ok(begun) => begun,
        // Nobody would hear it.
        Err(error) => {
            child.kill().ok();
            child.wait().ok();
            return Err(error);
        }
    };

    let mut silent_since = Instant::now();
    let messages = loop {
        match messages.recv_timeout(POLL_INTERVAL.min(timeout)) {
            Ok(messages) => break messages,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(io::Error::other("lost sccache's messages"));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if session.is_none_or(Session::compiles) {
            silent_since = Instant::now();
        } else if silent_since.elapsed() >= timeout {
            child.kill()?;
            child.wait()?;
            let messages = messages.recv_timeout(POLL_INTERVAL).unwrap_or_default();
            return Ok(Heard {
                status: None,
                stdout: Vec::new(),
                messages,
            });
        }
    };
    let stdout = stdout.recv().unwrap_or_default();
    Ok(Heard {
        status: Some(child.wait()?),
        stdout,
        messages,
    })
}

/// Begins to hear both that it says.
fn begin(
    child: &mut Child,
    passes_news_on: impl Fn() -> bool + Send + 'static,
) -> io::Result<(Receiver<Vec<u8>>, Receiver<Messages>)> {
    let no_pipe = || io::Error::other("no pipe");
    let stdout = child.stdout.take().ok_or_else(no_pipe)?;
    let stderr = child.stderr.take().ok_or_else(no_pipe)?;
    Ok((
        in_background(move || read(stdout))?,
        in_background(move || tell_apart(BufReader::new(stderr), passes_news_on))?,
    ))
}

/// How often to look whether the compiler compiles.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Receiver<T>> {
    let (sender, receiver) = channel();
    thread::Builder::new().spawn(move || sender.send(work()).ok())?;
    Ok(receiver)
}

fn read(mut pipe: impl Read) -> Vec<u8> {
    let mut text = Vec::new();
    pipe.read_to_end(&mut text).ok();
    text
}

/// The news that a crate's metadata is there goes on at once, since cargo then begins with
/// what depends on it; all else waits until it is certain that the compiler need not say it
/// again. So does the news from an entry, which may be damaged.
fn tell_apart(mut lines: impl BufRead, passes_news_on: impl Fn() -> bool) -> Messages {
    let mut messages = Messages::default();
    let mut complaining = false;
    let mut line = Vec::new();
    while lines
        .read_until(b'\n', &mut line)
        .is_ok_and(|length| length > 0)
    {
        if is_news_of_metadata(&line) && passes_news_on() {
            io::stderr().write_all(&line).ok();
            messages.passed_on.push(line.clone());
        } else if let Some(said) = line.strip_prefix(MARK) {
            complaining = false;
            messages.compilers.extend_from_slice(said);
        } else if line.starts_with(SCCACHES) || (complaining && line.starts_with(b"caused by")) {
            complaining = true;
            let complaint = complaint(&String::from_utf8_lossy(&line));
            // A cause that is all there is to an error comes twice.
            let cause = |said: &str| said.rsplit_once(": ").map(|(_, cause)| cause.to_owned());
            let last = messages.complaints.last();
            if last.is_none_or(|last| cause(last) != cause(&complaint) || cause(last).is_none()) {
                messages.complaints.push(complaint);
            }
        } else {
            complaining = false;
            messages.compilers.extend_from_slice(&line);
        }
        line.clear();
    }
    messages
}

/// What sccache complains of, without the command that it could not run: it writes that with its
/// whole environment, in which there may be what is nobody's business.
fn complaint(line: &str) -> String {
    const COMMAND: &str = "Command { std: ";
    const END: &str = "kill_on_drop: ";
    const LENGTH: usize = 500;
    let text = line.trim().trim_start_matches("sccache: ");
    let text = match text.split_once(COMMAND) {
        None => text.to_owned(),
        Some((before, command)) => {
            let behind = command
                .rsplit_once(END)
                .and_then(|(_, rest)| rest.split_once('}'));
            format!(
                "{before}a command{}",
                behind.map_or("", |(_, behind)| behind)
            )
        }
    };
    text.chars().take(LENGTH).collect()
}

fn is_news_of_metadata(line: &[u8]) -> bool {
    let has = |part: &[u8]| line.windows(part.len()).any(|window| window == part);
    line.starts_with(br#"{"$message_type":"artifact","#) && has(br#""emit":"metadata""#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_environment_is_told() {
        let said = b"sccache: encountered fatal error
sccache: error: failed to spawn Command { std: cd \"/b\" && env -i TOKEN=\"secret\" \"rustc\", kill_on_drop: true }
sccache: caused by: failed to spawn Command { std: env -i TOKEN=\"secret\" \"rustc\", kill_on_drop: true }
sccache: caused by: Too many open files (os error 24)
sccache: error: Compiler not supported: \"failed to spawn Command { std: TOKEN=\"secret\"
";
        let messages = tell_apart(&said[..], || true);
        assert_eq!(
            messages.complaints,
            [
                "encountered fatal error",
                "error: failed to spawn a command",
                "caused by: Too many open files (os error 24)",
                "error: Compiler not supported: \"failed to spawn a command",
            ]
        );
    }

    #[test]
    fn messages_are_told_apart() {
        let said =
            b"warning: a\nsccache: error: no\ncaused by: that\ncaused a stir\ncaused by: me\n\
            nix-sccache: of the compiler: sccache: no\n\
            {\"$message_type\":\"artifact\",\"artifact\":\"/a.rmeta\",\"emit\":\"metadata\"}\nend";
        let messages = tell_apart(&said[..], || true);
        assert_eq!(
            messages.compilers,
            b"warning: a\ncaused a stir\ncaused by: me\nsccache: no\nend"
        );
        assert_eq!(messages.complaints, ["error: no", "caused by: that"]);
        assert_eq!(messages.passed_on.len(), 1);
        let from_entry = tell_apart(&said[..], || false);
        assert!(from_entry.passed_on.is_empty());
        let kept = String::from_utf8(from_entry.compilers).unwrap();
        assert!(kept.contains("metadata"), "{kept}");
    }
}
