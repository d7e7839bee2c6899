//! Stands between sccache's daemon and a level of its cache, as far away as that may be.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// Passes on what comes at a port, which it prints, to a socket, and what comes back: each byte as long after it came as half
/// of this time. It goes on until it is killed.
pub fn relay(socket: &Path, there_and_back: Duration) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("{}", listener.local_addr()?.port());
    let delay = there_and_back / 2;
    for near in listener.incoming() {
        let near = near?;
        near.set_nodelay(true)?;
        let far = UnixStream::connect(socket)?;
        let (from_near, from_far) = (near.try_clone()?, far.try_clone()?);
        thread::spawn(move || {
            pass_on(from_near, &far, delay);
            far.shutdown(Shutdown::Both).ok();
        });
        thread::spawn(move || {
            pass_on(from_far, &near, delay);
            near.shutdown(Shutdown::Both).ok();
        });
    }
    Ok(())
}

/// However much is on its way, each piece takes as long.
fn pass_on(mut from: impl Read + Send, mut to: impl Write, delay: Duration) {
    let (send, receive) = channel::<(Instant, Vec<u8>)>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                let piece = (Instant::now() + delay, buffer[..count].to_vec());
                if send.send(piece).is_err() {
                    break;
                }
            }
        });
        for (due, piece) in receive {
            sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                break;
            }
        }
    });
}
