//! Stands in front of a daemon as if that were far away: its answers come later than they do.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Passes on what comes to a socket, until it is killed.
pub fn relay(from: &Path, to: &Path, delay: Duration) {
    let listener = UnixListener::bind(from).unwrap_or_else(|error| panic!("{error}"));
    for client in listener.incoming().flatten() {
        if let Ok(daemon) = UnixStream::connect(to) {
            pass_on(client, daemon, delay).unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

fn pass_on(client: UnixStream, daemon: UnixStream, delay: Duration) -> io::Result<()> {
    let (mut asks, mut asked) = (client.try_clone()?, daemon.try_clone()?);
    thread::spawn(move || {
        io::copy(&mut asks, &mut asked).ok();
        asked.shutdown(Shutdown::Write).ok();
    });
    let (said, answers) = mpsc::channel();
    thread::spawn(move || {
        let (mut daemon, mut buffer) = (daemon, vec![0; 1 << 16]);
        while let Ok(length @ 1..) = daemon.read(&mut buffer) {
            let bytes = buffer.get(..length).unwrap_or_default().to_vec();
            if said.send((Instant::now() + delay, bytes)).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || {
        let mut client = client;
        for (due, bytes) in answers {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if client.write_all(&bytes).is_err() {
                break;
            }
        }
        client.shutdown(Shutdown::Both).ok();
    });
    Ok(())
}
