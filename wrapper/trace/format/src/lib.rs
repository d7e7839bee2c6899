//! Encodes and parses the file of a trace: what a compiler and the programs that it started looked up, read, wrote and ran.
//!
//! The shim makes one file a call and allocates it; each traced process maps it shared and adds records, several
//! at a time, without a lock: a place is reserved by adding to [`header::END`], then filled, and its length is stored
//! last. All numbers are little endian.
//!
//! ```text
//! header, 64 bytes   see `header`
//! record, aligned to 8 bytes:
//!    0  u32  length of the whole record, a multiple of 8; 0 as long as it is not written
//!    4  u8   kind
//!    5  u8   flags, whose meaning depends on the kind
//!    6  u16  errno, 0 where it worked
//!    8  u32  the process' id, as the process sees it
//!   12  u32  extra, whose meaning depends on the kind
//!   16  u32  length of the payload
//!   20       payload: a name, for some kinds NUL and a second one; then padding
//! ```
#![no_std]

use core::iter;

/// The environment variable that names the trace's file, for the library: an absolute path.
pub const VARIABLE: &str = "NIX_SCCACHE_TRACE";

/// The library's file, below `lib/` of the shim's package.
pub const LIBRARY: &str = "libnix_sccache_trace.so";

/// The file name of the shim, which the library leaves alone: it knows more of what it does than could be seen.
pub const SHIM: &str = "nix-sccache-shim";

/// With this behind its file's name a trace has a directory of others, in each of which the shim tells of a call that was
/// made under it.
pub const NESTED: &str = ".nested";

/// The length that a file gets by default, in bytes. What is not written takes no time, only room on the disk.
pub const CAPACITY: u64 = 16 << 20;

/// The header: where each of its numbers is, and what the flags say.
pub mod header {
    /// Its length; the first record follows.
    pub const LENGTH: usize = 64;
    /// The first eight bytes of the file.
    pub const MAGIC: [u8; 8] = *b"nsctrace";
    /// What is at [`VERSION_AT`].
    pub const VERSION: u32 = 1;
    /// u32: the version of this layout.
    pub const VERSION_AT: usize = 8;
    /// u32, changed by several processes: [`OVERFLOW`] and [`LOST`].
    pub const FLAGS_AT: usize = 12;
    /// u64, changed by several processes: where the next record begins. It may pass the file's end.
    pub const END_AT: usize = 16;
    /// u64: the file's length.
    pub const CAPACITY_AT: usize = 24;
    /// u64, of a [nested](super::NESTED) trace: where in the other its records belong.
    pub const POSITION_AT: usize = 32;

    /// Flag: the file was too short, so that records are missing.
    pub const OVERFLOW: u32 = 1;
    /// Flag: something happened that could not be noted.
    pub const LOST: u32 = 2;

    /// The header of a new file of `capacity` bytes.
    #[must_use]
    pub fn new(capacity: u64) -> [u8; LENGTH] {
        let mut header = [0; LENGTH];
        header[..VERSION_AT].copy_from_slice(&MAGIC);
        header[VERSION_AT..FLAGS_AT].copy_from_slice(&VERSION.to_le_bytes());
        header[END_AT..CAPACITY_AT].copy_from_slice(&(LENGTH as u64).to_le_bytes());
        header[CAPACITY_AT..CAPACITY_AT + 8].copy_from_slice(&capacity.to_le_bytes());
        header
    }
}

/// What happened. Paths are absolute, and as they were used otherwise: with `..`, links and doubled slashes.
/// A failure is noted with its errno, since "not there" is what a program went by as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A process begins to be traced: its program's file; extra is its parent's process id.
    Start = 1,
    /// Opened for reading: a path; extra is a [`FileType`].
    Read = 2,
    /// Looked at by `stat`, `access` and the like: a path; extra is a [`FileType`], flag [`NO_FOLLOW`].
    Look = 3,
    /// A directory opened so that its entries can be read: a path; flag [`AFTER_DLOPEN`].
    List = 4,
    /// A link's target was asked for, by `readlink`, or a path without links, by `realpath`: the path, and the answer;
    /// flag [`RESOLVED`].
    Link = 5,
    /// A variable of the environment was looked up by its name; flag [`BY_DLOPEN`].
    Variable = 6,
    /// The process is about to become another program: its path. It is written before; where the process could not
    /// become that program it is written a second time, with the errno.
    Execute = 7,
    /// Another program was started by `posix_spawn`: its path; extra is the child's process id, 0 where it failed.
    Spawn = 8,
    /// The dynamic linker loaded a library: its path; flag [`BY_DLOPEN`].
    Load = 9,
    /// Opened so that it may be written, or made, truncated, linked: a path; flag [`KEPT`].
    Write = 10,
    /// Renamed: from, and to.
    Rename = 11,
    /// Unlinked, a file or a directory: its path.
    Remove = 12,
    /// A directory was made: its path.
    MakeDirectory = 13,
    /// All of the environment was read, as far as that can be told. No payload.
    Environment = 14,
    /// Something without a name was used that could matter: how it was called. Such a trace is no key.
    Unnamed = 15,
    /// The process made a copy of itself by `fork`, which has no [`Kind::Start`] of its own; extra is the copy's process id. No
    /// payload.
    Fork = 16,
    /// The variables whose names begin so were read. The shim notes it of what it answers from the cache.
    Family = 17,
    /// The time of the day was asked for: by which program, and by which file's code in it, nothing where that is not known;
    /// flags: how often the process has asked by then, up to [`TIMES`].
    Clock = 18,
    /// It was asked what the machine is: [`UNAME`] and the like, or a file of the kernel's that tells more, and by which program;
    /// flag [`BY_DLOPEN`].
    Machine = 19,
}

impl Kind {
    const ALL: [Self; 19] = [
        Self::Start,
        Self::Read,
        Self::Look,
        Self::List,
        Self::Link,
        Self::Variable,
        Self::Execute,
        Self::Spawn,
        Self::Load,
        Self::Write,
        Self::Rename,
        Self::Remove,
        Self::MakeDirectory,
        Self::Environment,
        Self::Unnamed,
        Self::Fork,
        Self::Family,
        Self::Clock,
        Self::Machine,
    ];

    /// Whether the payload has a second name, after a NUL.
    #[must_use]
    pub const fn has_second(self) -> bool {
        matches!(
            self,
            Self::Link | Self::Rename | Self::Clock | Self::Machine
        )
    }
}

impl TryFrom<u8> for Kind {
    type Error = u8;

    fn try_from(number: u8) -> Result<Self, u8> {
        let index = usize::from(number).wrapping_sub(1);
        Self::ALL.get(index).copied().ok_or(number)
    }
}

/// Flag of [`Kind::Look`]: a link itself was looked at, and not what it points to.
pub const NO_FOLLOW: u8 = 1;
/// Flag of [`Kind::Link`]: the answer is the whole path without links, of `realpath`, and not the text of one link.
pub const RESOLVED: u8 = 1;
/// Flag of [`Kind::Load`]: the program asked for it while it ran. Of other kinds: it is a library that came so which asks.
pub const BY_DLOPEN: u8 = 1;
/// Flag of [`Kind::List`]: the program had loaded a library while it ran, and it may be that which lists.
pub const AFTER_DLOPEN: u8 = 1;
/// Flag of [`Kind::Write`]: the file was there and not truncated, so that what it held may count.
pub const KEPT: u8 = 1;

/// Of [`Kind::Machine`]: all that `uname` tells.
pub const UNAME: &[u8] = b"uname";
/// Of [`Kind::Machine`]: its name.
pub const HOST: &[u8] = b"host";
/// Of [`Kind::Machine`]: how many processors there are.
pub const PROCESSORS: &[u8] = b"processors";
/// Of [`Kind::Machine`]: how much a process may have of each resource.
pub const LIMITS: &[u8] = b"limits";

/// How often a process asks for the time until it is not counted any more, as [`Event::flags`] of [`Kind::Clock`] have it.
pub const TIMES: u8 = 8;

/// What kind of file a path led to, as [`Event::extra`] tells it; 0 where it is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum FileType {
    /// A regular file.
    File = 1,
    /// A directory.
    Directory = 2,
    /// A socket, a device, a pipe.
    Other = 3,
    /// A symbolic link that was not followed.
    Symlink = 4,
}

/// A record without its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: Kind,
    /// By kind: [`NO_FOLLOW`], [`RESOLVED`], [`BY_DLOPEN`], [`AFTER_DLOPEN`], [`KEPT`], or a number of times.
    pub flags: u8,
    /// Why it failed, 0 where it worked.
    pub errno: u16,
    /// The id of the process, in the namespace that it sees.
    pub pid: u32,
    /// By kind: a [`FileType`], or another process' id.
    pub extra: u32,
}

impl Event {
    /// What kind of file it was, for kinds whose `extra` tells that.
    #[must_use]
    pub const fn file_type(&self) -> Option<FileType> {
        match self.extra {
            1 => Some(FileType::File),
            2 => Some(FileType::Directory),
            3 => Some(FileType::Other),
            4 => Some(FileType::Symlink),
            _ => None,
        }
    }

    /// How many bytes a record takes whose payload has `payload` bytes; nothing if no record can be as long.
    #[must_use]
    pub fn length(payload: usize) -> Option<u32> {
        let whole = payload
            .checked_add(PAYLOAD_AT)?
            .checked_next_multiple_of(ALIGNMENT)?;
        u32::try_from(whole).ok()
    }

    /// Writes a record into `record`, which has the length that [`Event::length`] gives: the parts of its payload one
    /// after another, and all but the record's own length, which makes it valid and is to be stored last. Nothing if
    /// the length is another.
    #[must_use]
    pub fn encode(&self, payload: &[&[u8]], record: &mut [u8]) -> Option<()> {
        let payload_length = payload.iter().map(|part| part.len()).sum();
        let length = usize::try_from(Self::length(payload_length)?).ok()?;
        if record.len() != length {
            return None;
        }
        let numbers: [&[u8]; 5] = [
            &[self.kind as u8, self.flags],
            &self.errno.to_le_bytes(),
            &self.pid.to_le_bytes(),
            &self.extra.to_le_bytes(),
            &u32::try_from(payload_length).ok()?.to_le_bytes(),
        ];
        let mut rest = record.get_mut(KIND_AT..)?;
        for part in numbers.iter().chain(payload) {
            let (into, after) = rest.split_at_mut_checked(part.len())?;
            into.copy_from_slice(part);
            rest = after;
        }
        rest.fill(0);
        Some(())
    }
}

/// A record, as it is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// What happened.
    pub event: Event,
    /// The path, or the variable's name.
    pub name: &'a [u8],
    /// The second name, for [`Kind::Link`] and [`Kind::Rename`]; empty for others.
    pub second: &'a [u8],
}

/// Where a record's parts begin.
const KIND_AT: usize = 4;
const PAYLOAD_AT: usize = 20;
const ALIGNMENT: usize = 8;

/// Why a file does not tell all that happened, or is no trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incomplete {
    /// It does not begin as a trace of this version does.
    NotATrace,
    /// More happened than the file has room for.
    Overflow,
    /// Something happened that could not be noted.
    Lost,
    /// A process ended, or is still, between reserving a record at this place and writing it.
    Hole(usize),
    /// What is at this place is no record.
    Damaged(usize),
}

/// The records of the trace whose file holds `file`, in the order in which they were begun. All of them are checked before the first
/// is returned.
pub fn records(file: &[u8]) -> Result<impl Iterator<Item = Record<'_>> + Clone, Incomplete> {
    use header::{
        CAPACITY_AT, END_AT, FLAGS_AT, LENGTH, LOST, MAGIC, OVERFLOW, VERSION, VERSION_AT,
    };

    let header = file.get(..LENGTH).ok_or(Incomplete::NotATrace)?;
    if !header.starts_with(&MAGIC) || u32_at(header, VERSION_AT) != Some(VERSION) {
        return Err(Incomplete::NotATrace);
    }
    let flags = u32_at(header, FLAGS_AT).ok_or(Incomplete::NotATrace)?;
    let end = u64_at(header, END_AT).ok_or(Incomplete::NotATrace)?;
    let capacity = u64_at(header, CAPACITY_AT).ok_or(Incomplete::NotATrace)?;
    if flags & OVERFLOW != 0 || end > capacity {
        return Err(Incomplete::Overflow);
    }
    if flags & LOST != 0 {
        return Err(Incomplete::Lost);
    }
    let used = usize::try_from(end).ok().and_then(|end| file.get(..end));
    let used = used.ok_or(Incomplete::Damaged(file.len()))?;

    let mut at = LENGTH;
    while at != used.len() {
        at = record_at(used, at)?.1;
    }
    let mut at = LENGTH;
    Ok(iter::from_fn(move || {
        let (record, next) = record_at(used, at).ok()?;
        at = next;
        Some(record)
    }))
}

/// The record that begins at `at`, and where the next one does.
fn record_at(file: &[u8], at: usize) -> Result<(Record<'_>, usize), Incomplete> {
    let damaged = Incomplete::Damaged(at);
    let rest = file.get(at..).ok_or(damaged)?;
    let length = u32_at(rest, 0).ok_or(damaged)?;
    if length == 0 {
        return Err(Incomplete::Hole(at));
    }
    let record = usize::try_from(length)
        .ok()
        .and_then(|length| rest.get(..length))
        .ok_or(damaged)?;
    let (Some(errno), Some(pid), Some(extra), Some(payload_length)) = (
        array_at(record, 6),
        u32_at(record, 8),
        u32_at(record, 12),
        u32_at(record, 16),
    ) else {
        return Err(damaged);
    };
    let payload_length = usize::try_from(payload_length).map_err(|_| damaged)?;
    if Event::length(payload_length) != Some(length) {
        return Err(damaged);
    }
    let (&[kind, flags], Some(payload)) = (
        &array_at::<2>(record, KIND_AT).ok_or(damaged)?,
        record[PAYLOAD_AT..].get(..payload_length),
    ) else {
        return Err(damaged);
    };
    let kind = Kind::try_from(kind).map_err(|_| damaged)?;

    let mut names = payload.splitn(2, |&byte| byte == 0);
    let (name, second) = (names.next().unwrap_or_default(), names.next());
    if second.is_some() != kind.has_second() || second.is_some_and(|second| second.contains(&0)) {
        return Err(damaged);
    }
    let event = Event {
        kind,
        flags,
        errno: u16::from_le_bytes(errno),
        pid,
        extra,
    };
    Ok((
        Record {
            event,
            name,
            second: second.unwrap_or_default(),
        },
        at + record.len(),
    ))
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array_at(bytes, at).map(u64::from_le_bytes)
}
