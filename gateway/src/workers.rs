//! Runs threads that serve one connection after the other. A new thread for each would be what costs
//! most of a short connection on a busy machine: the kernel lets those that are new wait.

use std::collections::VecDeque;
use std::hint::black_box;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Threads, and what waits for one.
pub struct Workers<T> {
    queue: Mutex<Queue<T>>,
    ready: Condvar,
}

struct Queue<T> {
    waiting: VecDeque<T>,
    idle: usize,
}

/// How many threads are kept, and how long, when there is nothing to do.
const KEPT: usize = 32;
const FOR: Duration = Duration::from_mins(1);

/// A thread needs little: what is large is on the heap.
const STACK: usize = 128 << 10;

/// How much address space a thread takes: its stack, the one on which it would handle signals, and
/// what guards the two.
pub const THREAD: u64 = STACK as u64 + (64 << 10);

/// How much address space there has to be beside what is in use, for a new thread and for all that
/// has no other end than the process's if there is none: the stack for signals, which Rust makes
/// in the new thread, and short allocations. So much is never taken from what the allocator has.
pub const RESERVE: usize = 40 << 20;

impl<T: Send + 'static> Workers<T> {
    /// None yet.
    pub fn new() -> Self {
        Self {
            queue: Mutex::new(Queue {
                waiting: VecDeque::new(),
                idle: 0,
            }),
            ready: Condvar::new(),
        }
    }

    /// Does this job in a thread, one that is idle or else a new one; an error where there can be
    /// no more.
    pub fn run(self: &Arc<Self>, job: T, work: impl Fn(T) + Send + 'static) -> io::Result<()> {
        let mut queue = self.lock();
        if queue.idle > queue.waiting.len() {
            queue.waiting.push_back(job);
            self.ready.notify_one();
            return Ok(());
        }
        drop(queue);
        let workers = Arc::clone(self);
        start(move || {
            work(job);
            while let Some(job) = workers.next() {
                work(job);
            }
        })
    }

    /// The next job of an idle thread; nothing where it has been idle for long enough.
    fn next(&self) -> Option<T> {
        let mut queue = self.lock();
        if queue.idle >= KEPT {
            return None;
        }
        queue.idle += 1;
        let waited = self
            .ready
            .wait_timeout_while(queue, FOR, |queue| queue.waiting.is_empty());
        queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        queue.idle -= 1;
        queue.waiting.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a thread; an error where there is no room for it.
pub fn start(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut reserve = Vec::<u8>::new();
    if reserve.try_reserve_exact(RESERVE).is_err() {
        return Err(ErrorKind::OutOfMemory.into());
    }
    // It is not to be found out that nobody uses it.
    drop(black_box(reserve));
    thread::Builder::new().stack_size(STACK).spawn(work)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread::ThreadId;

    use super::*;

    #[test]
    fn jobs_wait_for_no_other_and_threads_are_used_again() {
        let workers = Arc::new(Workers::new());
        let (done, results) = channel::<ThreadId>();
        let work = move |wait: Option<std::sync::mpsc::Receiver<()>>| {
            if let Some(wait) = wait {
                wait.recv().ok();
            }
            done.send(thread::current().id()).unwrap();
        };
        let (go, wait) = channel();
        workers.run(Some(wait), work.clone()).unwrap();
        workers.run(None, work.clone()).unwrap();
        let second = results.recv().unwrap();
        while workers.lock().idle == 0 {
            thread::yield_now();
        }
        workers.run(None, work).unwrap();
        assert_eq!(results.recv().unwrap(), second);
        go.send(()).unwrap();
        assert_ne!(results.recv().unwrap(), second);
    }
}
