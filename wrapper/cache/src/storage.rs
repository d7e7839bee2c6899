//! Fetches and stores entries by sccache's storage protocol, on one blocking connection.
//!
//! The other side is sccache's daemon, 0.17 to 0.19, or the gateway in front of it. Either may be
//! gone, slow, silent for ever, or another program: each operation ends by its deadline, no length that it
//! claims is believed before the bytes are there, and whatever goes wrong is a [`StorageError`].

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::local::{Had, Local};
use crate::unpacked::Unpacked;
use nix_sccache_contract::wire::{
    self, HEADER, Handshake, Key, Reader, Request, Response, ServerInfo,
};
use rustix::buffer::spare_capacity;
use rustix::io::retry_on_intr;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SocketAddrUnix, SocketFlags, SocketType, connect, recv, socket_with,
};
use rustix::thread::sched_getaffinity;

/// Where a daemon or a gateway listens, as sccache's clients find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// At a socket in the file system: `SCCACHE_SERVER_UDS`.
    Socket(PathBuf),
    /// At a port of this machine's own: `SCCACHE_SERVER_PORT`.
    Port(u16),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "{}", path.display()),
            Self::Port(port) => write!(f, "port {port} of this machine"),
        }
    }
}

/// How far a connection goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long connecting may take.
    pub connect: Duration,
    /// How long a request and its response may take, beyond a second for each MiB of an entry.
    pub answer: Duration,
    /// The longest frame, in bytes of body: what `SCCACHE_MAX_FRAME_LENGTH` of the daemon and
    /// `--max-frame` of the gateway say. Entries are shorter by [`Request::HEAD`].
    pub frame: u32,
}

/// The slowest that an entry may come or go, in bytes a second.
const SLOWEST: u64 = 1 << 20;

/// Why the storage did not do what was asked. After any but [`NotStored`](Self::NotStored) and
/// [`TooLong`](Self::TooLong) the connection is of no more use, and says [`Closed`](Self::Closed).
#[derive(Debug)]
pub enum StorageError {
    /// Nothing takes connections there: there is no socket, nobody listens at it, or this user may not.
    Unreachable(io::Error),
    /// It did not answer in this time. A storage that is gone makes sccache's daemon slow; a panic in it makes it
    /// silent.
    Silent(Duration),
    /// It ended the connection, as it does with a request that it does not know, and with a frame that is longer
    /// than it takes.
    Closed,
    /// The connection failed otherwise.
    Failed(io::Error),
    /// It said something else than sccache's daemon would, 0.17 to 0.19.
    Unexpected,
    /// The gateway lets nobody ask for this.
    Refused,
    /// A frame of this many bytes is longer than [`Limits::frame`]. A request was not sent; after a response the
    /// connection is of no more use.
    TooLong(u64),
    /// The entry was not stored, for this reason of the daemon's or the gateway's.
    NotStored(String),
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => write!(f, "cannot connect: {error}"),
            Self::Silent(time) => write!(f, "no answer within {:.1} s", time.as_secs_f32()),
            Self::Closed => f.write_str("it ended the connection"),
            Self::Failed(error) => write!(f, "the connection failed: {error}"),
            Self::Unexpected => f.write_str("it does not answer as sccache 0.17 to 0.19 do"),
            Self::Refused => f.write_str("it does not take such requests"),
            Self::TooLong(length) => write!(f, "a frame of {length} bytes is too long"),
            Self::NotStored(why) => write!(f, "not stored: {why}"),
        }
    }
}

impl std::error::Error for StorageError {}

impl StorageError {
    fn of_connection(error: io::Error, since: Instant) -> Self {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Self::Silent(since.elapsed()),
            ErrorKind::UnexpectedEof
            | ErrorKind::BrokenPipe
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted => Self::Closed,
            _ => Self::Failed(error),
        }
    }
}

/// A connection to a storage, and what the session has of that.
#[derive(Debug)]
pub struct Storage {
    address: Address,
    stream: Connection,
    limits: Limits,
    waited: Duration,
    local: Option<Local>,
}

#[derive(Debug)]
enum Connection {
    /// It is made for the first request.
    NotYet,
    Open(Stream),
    /// It is of no more use.
    Closed,
}

/// What is stored under a key.
#[derive(Debug)]
pub(crate) struct Stored {
    /// All of it; or what is in front of an entry's sections.
    pub(crate) bytes: Vec<u8>,
    /// The contents of the entry, where it was unpacked.
    pub(crate) unpacked: Option<Unpacked>,
    /// Whether the session had it.
    pub(crate) is_local: bool,
}

impl Stored {
    pub(crate) fn fetched(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            unpacked: None,
            is_local: false,
        }
    }
}

impl Storage {
    /// Connects for the first request. What the session has in `local` is not asked for.
    #[must_use]
    pub fn new(address: &Address, limits: Limits, local: Option<Local>) -> Self {
        Self {
            address: address.clone(),
            stream: Connection::NotYet,
            limits,
            waited: Duration::ZERO,
            local,
        }
    }

    /// Connects. Nothing is said yet: [`handshake`](Self::handshake) tells whether it is a storage.
    pub fn connect(address: &Address, limits: Limits) -> Result<Self, StorageError> {
        let mut storage = Self::new(address, limits, None);
        storage.stream = Connection::Open(storage.stream()?);
        Ok(storage)
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Its connection, which it has back after an exchange that ends well.
    fn stream(&mut self) -> Result<Stream, StorageError> {
        match mem::replace(&mut self.stream, Connection::Closed) {
            Connection::Open(stream) => return Ok(stream),
            Connection::Closed => return Err(StorageError::Closed),
            Connection::NotYet => {}
        }
        let since = Instant::now();
        let stream = Stream::connect(&self.address, self.limits.connect);
        self.waited += since.elapsed();
        stream.map_err(|error| match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => StorageError::Silent(since.elapsed()),
            _ => StorageError::Unreachable(error),
        })
    }

    /// How long its answers have taken together, and connecting.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// Asks what the storage is like, and shows the answer.
    pub fn handshake<T>(&mut self, see: impl FnOnce(Handshake) -> T) -> Result<T, StorageError> {
        self.short(Request::StorageHandshake, |response| match response {
            Response::StorageHandshake(storage) => Some(see(storage)),
            _ => None,
        })
    }

    /// Asks for the daemon's statistics, and shows them. A gateway has none.
    pub fn statistics<T>(&mut self, see: impl FnOnce(ServerInfo) -> T) -> Result<T, StorageError> {
        self.short(Request::GetStats, |response| match response {
            Response::Stats(info) => Some(see(info)),
            _ => None,
        })
    }

    /// Ends the daemon, once it has answered what others ask. A gateway refuses.
    pub fn shut_down(mut self) -> Result<(), StorageError> {
        self.short(Request::Shutdown, |response| {
            matches!(response, Response::ShuttingDown(_)).then_some(())
        })
    }

    /// What is stored under a key, which the session may have already.
    pub(crate) fn stored(&mut self, key: Key) -> Result<Option<Stored>, StorageError> {
        let since = Instant::now();
        let had = self.local.as_ref().map(|local| local.get(&key));
        self.waited += since.elapsed();
        let (bytes, unpacked) = match had {
            Some(Had::Absent) => return Ok(None),
            Some(Had::Whole(bytes)) => (bytes, None),
            Some(Had::Unpacked(head, unpacked)) => (head, Some(unpacked)),
            Some(Had::Nothing) | None => {
                let found = self.get(key)?;
                if let Some(local) = self.local.as_ref().filter(|_| found.is_none()) {
                    local.set_absent(&key);
                }
                return Ok(found.map(Stored::fetched));
            }
        };
        Ok(Some(Stored {
            bytes,
            unpacked,
            is_local: true,
        }))
    }

    /// Forgets what the session has of a key.
    pub(crate) fn forget(&self, key: &Key) {
        if let Some(local) = &self.local {
            local.forget(key);
        }
    }

    /// Notes that these keys were asked for.
    pub(crate) fn note(&self, keys: &[Key]) {
        if let Some(local) = &self.local {
            local.note(keys);
        }
    }

    /// Fetches an entry; nothing where there is none. Sccache's daemon says that there is none as well where its
    /// storage failed, after as long as that took.
    pub fn get(&mut self, key: Key) -> Result<Option<Vec<u8>>, StorageError> {
        let mut exchange = self.begin(Request::StorageGetRaw { key }, 0)?;
        let (body, head) = exchange.head::<{ Response::HEAD }>()?;
        let entry = match Response::read(Reader::of_head(body, &head)) {
            Response::StorageGetRaw(None) => None,
            Response::StorageGetRaw(Some(length)) => Some(exchange.receive(length)?),
            other => return Err(unexpected(other)),
        };
        exchange.end();
        Ok(entry)
    }

    /// Fetches several entries of these lengths, in bytes, at once: the daemon spends four nanoseconds on each byte that it
    /// sends (0.19), of which each connection has a thread. Nothing where one is not there, or has another length.
    pub fn get_all(
        &mut self,
        wanted: &[(Key, usize)],
    ) -> Result<Option<Vec<Vec<u8>>>, StorageError> {
        const CONNECTIONS: usize = 4;
        // Where a group of processes may have less than its processors the rest only waits.
        let processors = sched_getaffinity(None).map_or(1, |processors| processors.count());
        let connections = usize::try_from(processors).unwrap_or(CONNECTIONS);
        let others = connections.min(CONNECTIONS).min(wanted.len());
        let (address, limits) = (self.address.clone(), self.limits);
        let (since, waited) = (Instant::now(), self.waited);
        let next = AtomicUsize::new(0);
        let fetch = |storage: &mut Self, fetched: &mut BTreeMap<_, _>| {
            while let at = next.fetch_add(1, Ordering::Relaxed)
                && let Some(wanted) = wanted.get(at)
            {
                fetched.insert(at, storage.get_one(wanted)?);
            }
            Ok::<_, StorageError>(())
        };
        let fetched = thread::scope(|scope| {
            let fetch_some = || {
                let mut fetched = BTreeMap::new();
                if let Ok(mut storage) = Self::connect(&address, limits) {
                    fetch(&mut storage, &mut fetched).ok();
                }
                fetched
            };
            let others = (1..others)
                .filter_map(|_| thread::Builder::new().spawn_scoped(scope, fetch_some).ok());
            let others: Vec<_> = others.collect();
            let mut fetched = BTreeMap::new();
            let own = fetch(self, &mut fetched);
            for other in others {
                fetched.extend(other.join().unwrap_or_default());
            }
            match own {
                // A gateway ends what is idle where a user has as many connections as it takes.
                Err(StorageError::Closed) => self.stream = Connection::NotYet,
                own => own?,
            }
            Ok::<_, StorageError>(fetched)
        });
        self.waited = waited + since.elapsed();
        let mut fetched = fetched?;
        let entries = (0..)
            .zip(wanted)
            .map(|(at, wanted)| match fetched.remove(&at) {
                Some(entry) => Ok(entry),
                None => self.get_one(wanted),
            });
        entries.collect()
    }

    /// Fetches an entry of this length, in bytes.
    fn get_one(&mut self, (key, length): &(Key, usize)) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.get(*key)?.filter(|entry| entry.len() == *length))
    }

    /// Stores an entry, which may have any bytes, in the place of the one that there is.
    pub fn put(&mut self, key: Key, entry: &[u8]) -> Result<(), StorageError> {
        self.forget(&key);
        let request = Request::StoragePutRaw {
            key,
            length: entry.len() as u64,
        };
        let mut exchange = self.begin(request, entry.len() as u64)?;
        exchange.send(entry)?;
        let body = exchange.body()?;
        match Response::read(Reader::new(&body)) {
            Response::StoragePutRaw(stored) => {
                exchange.end();
                stored.map_err(|why| {
                    StorageError::NotStored(String::from_utf8_lossy(why).into_owned())
                })
            }
            other => Err(unexpected(other)),
        }
    }

    /// Sends a request that is all in its head, and reads a response that has no entry in it.
    fn short<T>(
        &mut self,
        request: Request,
        read: impl FnOnce(Response) -> Option<T>,
    ) -> Result<T, StorageError> {
        let mut exchange = self.begin(request, 0)?;
        let body = exchange.body()?;
        let response = Response::read(Reader::new(&body));
        let read = read(response).ok_or_else(|| unexpected(response))?;
        exchange.end();
        Ok(read)
    }

    /// Sends a request up to where its entry of this many bytes begins. The connection is of use again once the
    /// exchange has ended well.
    fn begin(&mut self, request: Request, entry: u64) -> Result<Exchange<'_>, StorageError> {
        let start = request
            .start_of_frame()
            .ok_or(StorageError::TooLong(entry))?;
        let body = start.len() as u64 - HEADER as u64 + entry;
        if body > u64::from(self.limits.frame) {
            return Err(StorageError::TooLong(body));
        }
        let since = Instant::now();
        let mut exchange = Exchange {
            stream: self.stream()?,
            storage: &mut self.stream,
            waited: &mut self.waited,
            max_frame: self.limits.frame,
            since,
            deadline: since + self.limits.answer + time_for(entry),
        };
        exchange.send(&start)?;
        Ok(exchange)
    }
}

fn unexpected(response: Response) -> StorageError {
    match response {
        Response::Compile(_) => StorageError::Refused,
        _ => StorageError::Unexpected,
    }
}

/// The time that an entry of this many bytes may take.
fn time_for(bytes: u64) -> Duration {
    Duration::from_secs(bytes / SLOWEST)
}

/// A request and its response. The connection ends with the value unless it [ends](Exchange::end) well.
struct Exchange<'a> {
    stream: Stream,
    /// Where the connection goes back to.
    storage: &'a mut Connection,
    /// Where the time goes that it took.
    waited: &'a mut Duration,
    max_frame: u32,
    since: Instant,
    deadline: Instant,
}

impl Exchange<'_> {
    fn send(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        let since = self.since;
        self.write_all(bytes)
            .map_err(|error| StorageError::of_connection(error, since))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), StorageError> {
        let since = self.since;
        self.read_exact(buffer)
            .map_err(|error| StorageError::of_connection(error, since))
    }

    /// The length of the response's body.
    fn length(&mut self) -> Result<u32, StorageError> {
        let mut header = [0; HEADER];
        self.fill(&mut header)?;
        let length = wire::body_length(header);
        if length > self.max_frame {
            return Err(StorageError::TooLong(length.into()));
        }
        self.deadline += time_for(length.into());
        Ok(length)
    }

    /// The length of the response's body, and as much of its beginning as there is, up to `N` bytes; zeros
    /// stand behind a shorter one.
    fn head<const N: usize>(&mut self) -> Result<(u32, [u8; N]), StorageError> {
        let length = self.length()?;
        let mut head = [0; N];
        let in_head = N.min(usize::try_from(length).unwrap_or(N));
        self.fill(head.get_mut(..in_head).unwrap_or_default())?;
        Ok((length, head))
    }

    /// The response's body.
    fn body(&mut self) -> Result<Vec<u8>, StorageError> {
        let length = self.length()?;
        self.receive(length.into())
    }

    /// This many bytes. Room for them is made as they come: as much again as has come, so that what only claims to be long
    /// takes none.
    fn receive(&mut self, count: u64) -> Result<Vec<u8>, StorageError> {
        const FIRST: usize = 1 << 18;
        let count = usize::try_from(count).map_err(|_| StorageError::TooLong(count))?;
        let mut bytes = Vec::new();
        while bytes.len() < count {
            let room = bytes.len().max(FIRST).min(count - bytes.len());
            bytes.reserve_exact(room);
            self.receive_some(&mut bytes)
                .map_err(|error| StorageError::of_connection(error, self.since))?;
        }
        if bytes.len() > count {
            return Err(StorageError::Unexpected);
        }
        Ok(bytes)
    }

    /// What comes next, as far as there is room.
    fn receive_some(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        set_socket_timeout(&self.stream, Timeout::Recv, Some(self.left()?))?;
        let receive = || {
            let received = recv(&self.stream, spare_capacity(bytes), RecvFlags::empty());
            received.map(|(_, come)| come)
        };
        match retry_on_intr(receive)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Gives the connection back: the response has been read to its end.
    fn end(self) {
        *self.waited += self.since.elapsed();
        *self.storage = Connection::Open(self.stream);
    }

    /// The time that is left for one more read or write.
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        Ok(left)
    }
}

impl Read for Exchange<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        set_socket_timeout(&self.stream, Timeout::Recv, Some(self.left()?))?;
        match &mut self.stream {
            Stream::Unix(stream) => stream.read(buffer),
            Stream::Tcp(stream) => stream.read(buffer),
        }
    }
}

impl Write for Exchange<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        set_socket_timeout(&self.stream, Timeout::Send, Some(self.left()?))?;
        match &mut self.stream {
            Stream::Unix(stream) => stream.write(bytes),
            Stream::Tcp(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream socket.
#[derive(Debug)]
enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    fn connect(address: &Address, within: Duration) -> io::Result<Self> {
        match address {
            Address::Socket(path) => {
                let socket = socket_with(
                    AddressFamily::UNIX,
                    SocketType::STREAM,
                    SocketFlags::CLOEXEC,
                    None,
                )?;
                // It holds for connecting as well, where as many wait as may.
                set_socket_timeout(&socket, Timeout::Send, Some(within))?;
                let address = SocketAddrUnix::new(path)?;
                retry_on_intr(|| connect(&socket, &address))?;
                Ok(Self::Unix(UnixStream::from(socket)))
            }
            Address::Port(port) => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
                let stream = TcpStream::connect_timeout(&address, within)?;
                // Requests are short, and wait for nothing.
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Unix(stream) => stream.as_fd(),
            Self::Tcp(stream) => stream.as_fd(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    const SHORT: Duration = Duration::from_millis(300);

    fn key() -> Key {
        Key::new(&[b'a'; 64]).unwrap()
    }

    /// Connects to somebody who does this with the connection.
    fn with(serve: impl FnOnce(UnixStream) + Send + 'static) -> Storage {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        thread::spawn(move || serve(listener.accept().unwrap().0));
        let limits = Limits {
            connect: SHORT,
            answer: SHORT,
            frame: 1 << 20,
        };
        Storage::connect(&Address::Socket(path), limits).unwrap()
    }

    /// Somebody who says this, and waits for the other side to have enough.
    fn saying(answer: Vec<u8>) -> Storage {
        with(move |mut stream| {
            stream.write_all(&answer).unwrap();
            stream.read_to_end(&mut Vec::new()).ok();
        })
    }

    #[test]
    fn silence_ends() {
        let since = Instant::now();
        let silent = saying(Vec::new()).get(key());
        assert!(matches!(silent, Err(StorageError::Silent(_))), "{silent:?}");
        // One byte of an answer at a time.
        let mut slow = with(|mut stream| {
            stream.write_all(&wire::header(1000)).unwrap();
            while stream.write_all(&[0]).is_ok() {
                thread::sleep(SHORT / 4);
            }
        });
        let slow = slow.put(key(), b"entry");
        assert!(matches!(slow, Err(StorageError::Silent(_))), "{slow:?}");
        assert!(since.elapsed() < 10 * SHORT);
    }

    #[test]
    fn nobody_takes_an_entry() {
        let mut stuck = with(|stream| {
            thread::sleep(4 * SHORT);
            drop(stream);
        });
        let stuck = stuck.put(key(), &vec![7; 1 << 19]);
        assert!(matches!(stuck, Err(StorageError::Silent(_))), "{stuck:?}");
    }

    #[test]
    fn no_length_is_believed() {
        let claimed = Response::StorageGetRaw(Some(1 << 19)).start_of_frame();
        let cut = with(move |mut stream| stream.write_all(&claimed.unwrap()).unwrap()).get(key());
        assert!(matches!(cut, Err(StorageError::Closed)), "{cut:?}");
        let long = saying(vec![0xff; 100]).get(key());
        assert!(
            matches!(long, Err(StorageError::TooLong(0xffff_ffff))),
            "{long:?}"
        );
        let lying = wire::frame(&wire::body(8, &[&[1], &[0xff; 8], b"x"])).unwrap();
        let lying = saying(lying).get(key());
        assert!(matches!(lying, Err(StorageError::Unexpected)), "{lying:?}");
    }

    #[test]
    fn who_is_no_storage_is_told_apart() {
        let web = saying(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).handshake(|_| ());
        assert!(matches!(web, Err(StorageError::TooLong(_))), "{web:?}");
        let stored = Response::StoragePutRaw(Ok(())).start_of_frame().unwrap();
        let other = saying(stored).get(key());
        assert!(matches!(other, Err(StorageError::Unexpected)), "{other:?}");
        let closed = with(drop).get(key());
        assert!(matches!(closed, Err(StorageError::Closed)), "{closed:?}");
    }

    #[test]
    fn a_connection_that_failed_is_of_no_more_use() {
        let missing = Response::StorageGetRaw(None).start_of_frame().unwrap();
        let mut storage = saying(missing);
        // Nothing was sent, so nothing is out of step.
        let long = storage.put(key(), &vec![7; 1 << 20]);
        assert!(matches!(long, Err(StorageError::TooLong(_))), "{long:?}");
        assert!(matches!(storage.get(key()), Ok(None)));
        let silent = storage.get(key());
        assert!(matches!(silent, Err(StorageError::Silent(_))), "{silent:?}");
        let after = storage.get(key());
        assert!(matches!(after, Err(StorageError::Closed)), "{after:?}");
    }

    #[test]
    fn who_cannot_be_reached_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let limits = Limits {
            connect: SHORT,
            answer: SHORT,
            frame: 1 << 20,
        };
        let reach = |address: Address| match Storage::connect(&address, limits) {
            Err(StorageError::Unreachable(error)) => error.kind(),
            other => panic!("{other:?}"),
        };
        assert_eq!(reach(Address::Socket(path.clone())), ErrorKind::NotFound);
        drop(UnixListener::bind(&path).unwrap());
        assert_eq!(reach(Address::Socket(path)), ErrorKind::ConnectionRefused);
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        assert_eq!(reach(Address::Port(port)), ErrorKind::ConnectionRefused);
    }
}
