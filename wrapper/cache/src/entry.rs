//! Writes and reads entries: what a run made, as the storage has it.
//!
//! An entry says of which result and of which request it is, and has the digests of all that is in it. No user, no host
//! and no date is in it, so that equal results are equal bytes. How long the run took is not the same twice: it
//! stands in front of the header, in nothing that is digested but the seal, and decides no key.
//!
//! # Format
//!
//! | bytes | what |
//! |---|---|
//! | 9 | `nscentry` and the version of the format |
//! | 8 | how long the run took, in microseconds, the lowest byte first |
//! | 32 | the seal: the BLAKE3 digest of these eight bytes and of the header's digest |
//! | string | the header |
//! | the rest | the sections, one behind the other; nothing where they are in parts |
//!
//! The header has the result key and the request key, 64 digits each, the exit code, how many bytes are in a part (0:
//! the sections follow), how many sections there are, and of each its tag, for a file the directory (a byte) and the
//! name (a string), and then codec, length, stored length where that is another, and digest. Contents that are within
//! those of a section before have 2, that one's number, where they begin in there, their length and their digest instead.
//! Numbers and strings are those of manifests.
//!
//! An entry that is longer than the storage takes is stored in parts. Their keys are made of the result key, the
//! header's digest and their number, so that no two entries have parts in common unless these are the same bytes.
//!
//! All of it may be written by anybody. Nothing that is claimed is believed before the bytes are there.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use blake3::Hasher;
use nix_sccache_contract::hex;
use nix_sccache_contract::wire::Key;

use crate::encoding::{Decoder, put_number, put_string};
use crate::section::{Block, Damaged, Section};
use crate::unpacked::{Unpacked, Unpacking};

const MAGIC: &[u8; 9] = b"nscentry\x02";
const DIGEST: usize = blake3::OUT_LEN;

/// The most files of one entry.
pub const MAX_FILES: usize = 50_000;
/// The most bytes of all contents of one entry, and of all that is stored of it.
pub const MAX_LENGTH: usize = 1 << 30;
/// The most parts of one entry.
pub const MAX_PARTS: usize = 4096;
/// The most bytes of a file's name.
const MAX_NAME: usize = 4096;

const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const RECORD: u8 = 3;
const FILE: u8 = 4;
const EXECUTABLE: u8 = 5;

/// What a run made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The files that it wrote, in any order.
    pub files: Vec<OutputFile>,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it printed on standard error.
    pub stderr: Vec<u8>,
    /// With what it ended.
    pub code: u8,
    /// How long it took, in microseconds.
    pub took: u64,
    /// What its result key was made of.
    pub record: Vec<u8>,
    /// The key that it is stored under.
    pub result_key: Key,
    /// The key of the invocation.
    pub request_key: Key,
}

/// A file that a run wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// The number of the directory that it is in.
    pub directory: u8,
    /// Its path in there.
    pub name: Vec<u8>,
    /// Whether it can be run.
    pub executable: bool,
    /// What is in it.
    pub contents: Vec<u8>,
}

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// What is stored under the result key.
    pub head: Vec<u8>,
    /// What is to be stored before that, where it is too long for one.
    pub parts: Vec<(Key, Vec<u8>)>,
}

/// Why bytes are no entry that can be used, or why none can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryError {
    /// It is none of this version.
    NotAnEntry,
    /// It is not what was stored.
    Damaged,
    /// It is whole, and another result's.
    OfAnotherKey,
    /// What it says of itself makes no sense.
    Malformed,
    /// There is more in it than there may be.
    TooLong,
    /// A file's name is none in a directory, or there twice.
    InvalidName(String),
    /// It has a file for a directory that this invocation does not have.
    UnknownDirectory(u8),
    /// A part of it is not in the storage any more.
    PartMissing,
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnEntry => f.write_str("it is no entry of this version"),
            Self::Damaged => f.write_str("it is damaged"),
            Self::OfAnotherKey => f.write_str("it is another key's"),
            Self::Malformed => f.write_str("it is no list of files and messages"),
            Self::TooLong => f.write_str("there is more in it than there may be"),
            Self::InvalidName(name) => write!(f, "{name:?} in it is no name of one file"),
            Self::UnknownDirectory(number) => {
                write!(
                    f,
                    "it has files for a directory {number}, which is none here"
                )
            }
            Self::PartMissing => f.write_str("a part of it is missing"),
        }
    }
}

impl std::error::Error for EntryError {}

impl From<Damaged> for EntryError {
    fn from(Damaged: Damaged) -> Self {
        Self::Damaged
    }
}

impl Entry {
    /// As it is stored, in pieces of at most this many bytes.
    pub fn encode(&self, limit: usize) -> Result<Parts, EntryError> {
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_unstable_by_key(|file| (file.directory, &file.name));
        check_names(files.iter().map(|file| (file.directory, &file.name[..])))?;

        let messages = [
            (STDOUT, &self.stdout),
            (STDERR, &self.stderr),
            (RECORD, &self.record),
        ];
        let messages = messages.into_iter().filter(|(_, text)| !text.is_empty());
        let contents = messages.clone().map(|(_, text)| text.len());
        let length: usize = contents
            .chain(files.iter().map(|file| file.contents.len()))
            .sum();
        if length > MAX_LENGTH {
            return Err(EntryError::TooLong);
        }
        let mut sections = Vec::new();
        let mut table = Vec::new();
        put_number(&mut table, (messages.clone().count() + files.len()) as u64);
        for (tag, text) in messages.clone() {
            table.push(tag);
            Section::store(text, &mut sections).write(&mut table);
        }
        // The longest file so far, in which others may be, with its number among the sections.
        let mut longest: Option<(usize, Section, &[u8])> = None;
        for (number, file) in (messages.count()..).zip(files) {
            table.extend([
                if file.executable { EXECUTABLE } else { FILE },
                file.directory,
            ]);
            put_string(&mut table, &file.name);
            let within = longest.as_ref().and_then(|(number, section, whole)| {
                Some((*number, section.within(whole, &file.contents)?))
            });
            if let Some((number, section)) = within {
                section.write_within(number, &mut table);
                continue;
            }
            let section = Section::store(&file.contents, &mut sections);
            section.write(&mut table);
            if longest
                .as_ref()
                .is_none_or(|(_, _, whole)| whole.len() < file.contents.len())
            {
                longest = Some((number, section, &file.contents));
            }
        }

        let whole = self.head(&table, 0);
        if whole.0.len() + sections.len() <= limit {
            let head = [whole.0, sections].concat();
            return Ok(Parts {
                head,
                parts: Vec::new(),
            });
        }
        let (head, digest) = self.head(&table, limit);
        let too_long =
            sections.len() > MAX_LENGTH || sections.len().div_ceil(limit.max(1)) > MAX_PARTS;
        if head.len() > limit || too_long {
            return Err(EntryError::TooLong);
        }
        let parts = (0..).zip(sections.chunks(limit.max(1)));
        let parts = parts.map(|(number, part)| {
            let key = key_of_part(&self.result_key, &digest, number);
            (key, part.to_vec())
        });
        Ok(Parts {
            head,
            parts: parts.collect(),
        })
    }

    /// All in front of the sections, with the header's digest.
    fn head(&self, table: &[u8], part_length: usize) -> (Vec<u8>, [u8; DIGEST]) {
        let mut header = Vec::new();
        header.extend_from_slice(self.result_key.as_bytes());
        header.extend_from_slice(self.request_key.as_bytes());
        header.push(self.code);
        put_number(&mut header, part_length as u64);
        header.extend_from_slice(table);
        let digest = *blake3::hash(&header).as_bytes();

        let took = self.took.to_le_bytes();
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(&took);
        head.extend_from_slice(&seal(took, &digest));
        put_string(&mut head, &header);
        (head, digest)
    }
}

/// An entry as it came from the storage. All that is in front of its contents has been checked; they are when they
/// are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// With what the run ended.
    pub code: u8,
    /// How long it took, in microseconds.
    pub took: u64,
    files: Vec<StoredFile>,
    stdout: Option<Section>,
    stderr: Option<Section>,
    record: Option<Section>,
    sections: Sections,
}

/// Where an entry has its contents.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sections {
    /// In these bytes, from there on, as they are stored.
    Stored(Vec<u8>, usize),
    /// In files.
    Unpacked(Unpacked),
}

/// What is in front of an entry's sections.
struct Head {
    /// The entry, without its sections.
    entry: StoredEntry,
    request: Key,
    /// The header's digest.
    digest: [u8; DIGEST],
    /// Where the sections begin.
    start: usize,
    /// How many bytes are stored of them.
    stored: usize,
    /// How many of these are in a part; 0 where they follow.
    part_length: usize,
}

/// A file of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// The number of the directory that it goes to.
    pub directory: u8,
    /// Its path in there: relative, in canonical form, without `..`.
    pub name: Vec<u8>,
    /// Whether it can be run.
    pub executable: bool,
    pub(crate) section: Section,
}

impl StoredFile {
    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> usize {
        self.section.length
    }

    /// The BLAKE3 digest of its contents.
    #[must_use]
    pub fn digest(&self) -> &[u8; DIGEST] {
        &self.section.digest
    }
}

impl StoredEntry {
    /// Reads what is stored under a result key. The invocation has this request key and the directories that
    /// `is_directory` knows; `fetch` has what is stored under parts' keys, each with how many bytes it has.
    pub fn parse(
        head: Vec<u8>,
        result: &Key,
        request: &Key,
        is_directory: impl Fn(u8) -> bool,
        fetch: impl FnOnce(&[(Key, usize)]) -> Option<Vec<Vec<u8>>>,
    ) -> Result<Self, EntryError> {
        let found = Head::parse(&head, result)?.of_invocation(request, is_directory)?;
        if found.part_length == 0 {
            let sections = Sections::Stored(head, found.start);
            return Ok(StoredEntry {
                sections,
                ..found.entry
            });
        }
        let parts = fetch(&found.parts(result)?).ok_or(EntryError::PartMissing)?;
        found.with_parts(result, &parts)
    }

    /// The same of an entry whose contents are in files.
    pub(crate) fn parse_unpacked(
        head: &[u8],
        unpacked: Unpacked,
        result: &Key,
        request: &Key,
        is_directory: impl Fn(u8) -> bool,
    ) -> Result<Self, EntryError> {
        let mut found = Head::parse(head, result)?.of_invocation(request, is_directory)?;
        let mut sections = found.entry.all_sections();
        if !sections.all(|section| unpacked.has(&section.digest, section.length)) {
            return Err(EntryError::PartMissing);
        }
        drop(sections);
        found.entry.sections = Sections::Unpacked(unpacked);
        Ok(found.entry)
    }

    /// The parts of what is stored under a result key, for whatever invocation, each with how many bytes it has, and how many
    /// bytes its contents have; none where it is whole, or no entry.
    pub(crate) fn parts(head: &[u8], result: &Key) -> (Vec<(Key, usize)>, usize) {
        let found = Head::parse(head, result).ok();
        let found = found.filter(|head| head.part_length > 0).and_then(|head| {
            let contents = head.entry.all_sections().map(|section| section.length);
            Some((head.parts(result).ok()?, contents.sum()))
        });
        found.unwrap_or_default()
    }

    /// Puts all contents of an entry in these parts into files.
    pub(crate) fn unpack(
        head: &[u8],
        result: &Key,
        parts: &[Vec<u8>],
        to: &mut Unpacking,
    ) -> Result<(), EntryError> {
        let entry = Head::parse(head, result)?.with_parts(result, parts)?;
        let mut sections = entry.all_sections();
        sections.try_for_each(|section| {
            to.add(&section.digest, |hand_on| {
                section.pieces(entry.stored(), |piece| hand_on(piece).map_err(|_| Damaged))
            })
        })?;
        Ok(())
    }

    fn all_sections(&self) -> impl Iterator<Item = &Section> {
        let messages = [&self.stdout, &self.stderr, &self.record];
        let files = self.files.iter().map(|file| &file.section);
        messages.into_iter().flatten().chain(files)
    }

    /// Reads the table of sections to its end, and says how many bytes are stored of them.
    fn read_table(&mut self, header: &mut Decoder) -> Result<usize, EntryError> {
        use EntryError::{Malformed, TooLong};

        let count = header.number().ok_or(Malformed)?;
        if count > MAX_FILES as u64 + 3 {
            return Err(TooLong);
        }
        let mut sections: Vec<Section> = Vec::new();
        let (mut length, mut end) = (0_usize, 0);
        let mut last_tag = 0;
        for _ in 0..count {
            let tag = header.byte().ok_or(Malformed)?;
            let is_file = matches!(tag, FILE | EXECUTABLE);
            let mut file = None;
            if is_file {
                let directory = header.byte().ok_or(Malformed)?;
                file = Some((directory, header.string().ok_or(Malformed)?));
            } else if tag <= last_tag {
                return Err(Malformed);
            }
            let section = Section::read(header, end, &sections).ok_or(Malformed)?;
            length = length.saturating_add(section.length);
            end = end.max(section.end());
            if length.max(end) > MAX_LENGTH {
                return Err(TooLong);
            }
            sections.push(section.clone());
            match (tag, file) {
                (STDOUT, None) => self.stdout = Some(section),
                (STDERR, None) => self.stderr = Some(section),
                (RECORD, None) => self.record = Some(section),
                (_, Some((directory, name))) => self.files.push(StoredFile {
                    directory,
                    name: name.to_vec(),
                    executable: tag == EXECUTABLE,
                    section,
                }),
                _ => return Err(Malformed),
            }
            last_tag = tag.min(FILE);
        }
        if header.is_at_end() {
            Ok(end)
        } else {
            Err(Malformed)
        }
    }

    /// Its files: each name once, in the order of directories and names.
    #[must_use]
    pub fn files(&self) -> &[StoredFile] {
        &self.files
    }

    /// What the run printed.
    pub fn stdout(&self) -> Result<Cow<'_, [u8]>, EntryError> {
        self.text(self.stdout.as_ref())
    }

    /// What the run printed on standard error.
    pub fn stderr(&self) -> Result<Cow<'_, [u8]>, EntryError> {
        self.text(self.stderr.as_ref())
    }

    /// What the result key was made of.
    pub fn record(&self) -> Result<Cow<'_, [u8]>, EntryError> {
        self.text(self.record.as_ref())
    }

    fn text(&self, section: Option<&Section>) -> Result<Cow<'_, [u8]>, EntryError> {
        let Some(section) = section else {
            return Ok(Cow::default());
        };
        match &self.sections {
            Sections::Unpacked(unpacked) => {
                let contents = unpacked.read(&section.digest).map_err(|_| Damaged)?;
                Ok(Cow::Owned(contents))
            }
            Sections::Stored(..) => Ok(section.contents(self.stored())?),
        }
    }

    /// What is in a file of it.
    pub fn contents(&self, file: &StoredFile) -> Result<Cow<'_, [u8]>, EntryError> {
        self.text(Some(&file.section))
    }

    /// Hands on what is in a file of it, piece by piece.
    pub(crate) fn pieces<E: From<Damaged>>(
        &self,
        file: &StoredFile,
        hand_on: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        file.section.pieces(self.stored(), hand_on)
    }

    /// The blocks that it is in.
    pub(crate) fn blocks(&self, file: &StoredFile) -> Result<Vec<Block<'_>>, Damaged> {
        file.section.blocks(self.stored())
    }

    /// The file that has what is in a file of it, where there is one.
    pub(crate) fn unpacked(&self, file: &StoredFile) -> Option<PathBuf> {
        match &self.sections {
            Sections::Unpacked(unpacked) => Some(unpacked.path(&file.section.digest)),
            Sections::Stored(..) => None,
        }
    }

    fn stored(&self) -> &[u8] {
        match &self.sections {
            Sections::Stored(bytes, start) => bytes.get(*start..).unwrap_or_default(),
            Sections::Unpacked(_) => &[],
        }
    }
}

impl Head {
    fn parse(head: &[u8], result: &Key) -> Result<Self, EntryError> {
        let rest = head.strip_prefix(MAGIC).ok_or(EntryError::NotAnEntry)?;
        let mut rest = Decoder(rest);
        let took = rest.array().ok_or(EntryError::Damaged)?;
        let found: [u8; DIGEST] = rest.array().ok_or(EntryError::Damaged)?;
        let header = rest.string().ok_or(EntryError::Damaged)?;
        let digest = *blake3::hash(header).as_bytes();
        if found != seal(took, &digest) {
            return Err(EntryError::Damaged);
        }

        let mut header = Decoder(header);
        let mut entry = StoredEntry {
            code: 0,
            took: u64::from_le_bytes(took),
            files: Vec::new(),
            stdout: None,
            stderr: None,
            record: None,
            sections: Sections::Stored(Vec::new(), 0),
        };
        let mut key = || Key::new(header.take(Key::LENGTH as u64)?);
        let (found, request) = (key(), key());
        if found.as_ref() != Some(result) {
            return Err(EntryError::OfAnotherKey);
        }
        let request = request.ok_or(EntryError::OfAnotherKey)?;
        entry.code = header.byte().ok_or(EntryError::Malformed)?;
        let part_length = header.number().and_then(|it| usize::try_from(it).ok());
        let part_length = part_length.ok_or(EntryError::Malformed)?;
        let stored = entry.read_table(&mut header)?;
        let names = entry
            .files
            .iter()
            .map(|file| (file.directory, &file.name[..]));
        check_names(names)?;
        let follow = if part_length == 0 { stored } else { 0 };
        if rest.0.len() != follow {
            return Err(EntryError::Damaged);
        }
        Ok(Self {
            entry,
            request,
            digest,
            start: head.len() - rest.0.len(),
            stored,
            part_length,
        })
    }

    /// The same, if it is of this invocation.
    fn of_invocation(
        self,
        request: &Key,
        is_directory: impl Fn(u8) -> bool,
    ) -> Result<Self, EntryError> {
        if self.request != *request {
            return Err(EntryError::OfAnotherKey);
        }
        let mut files = self.entry.files.iter();
        match files.find(|file| !is_directory(file.directory)) {
            Some(file) => Err(EntryError::UnknownDirectory(file.directory)),
            None => Ok(self),
        }
    }

    /// The keys of its parts, each with how many bytes it has.
    fn parts(&self, result: &Key) -> Result<Vec<(Key, usize)>, EntryError> {
        let count = self.stored.div_ceil(self.part_length.max(1));
        if count > MAX_PARTS {
            return Err(EntryError::TooLong);
        }
        let lengths =
            (0..count).map(|it| self.part_length.min(self.stored - it * self.part_length));
        let keys = (0..).map(|number| key_of_part(result, &self.digest, number));
        Ok(keys.zip(lengths).collect())
    }

    /// The entry, with its parts one behind the other.
    fn with_parts(mut self, result: &Key, parts: &[Vec<u8>]) -> Result<StoredEntry, EntryError> {
        let wanted = self.parts(result)?;
        let is_whole = |(part, (_, length)): (&Vec<u8>, &(Key, usize))| part.len() == *length;
        if parts.len() != wanted.len() || !parts.iter().zip(&wanted).all(is_whole) {
            return Err(EntryError::Damaged);
        }
        self.entry.sections = Sections::Stored(parts.concat(), 0);
        Ok(self.entry)
    }
}

fn seal(took: [u8; 8], header: &[u8; DIGEST]) -> [u8; DIGEST] {
    *Hasher::new()
        .update(&took)
        .update(header)
        .finalize()
        .as_bytes()
}

fn key_of_part(result: &Key, header: &[u8; DIGEST], number: u64) -> Key {
    let mut hasher = Hasher::new();
    hasher.update(b"part of an entry").update(result.as_bytes());
    hasher.update(header).update(&number.to_le_bytes());
    let digits = hex(hasher.finalize().as_bytes());
    // 32 bytes are 64 digits.
    Key::new(digits.as_bytes()).unwrap_or(Key::ZERO)
}

/// Whether these are names of files in directories, in order, none of which is in the way of another.
fn check_names<'a>(names: impl Iterator<Item = (u8, &'a [u8])> + Clone) -> Result<(), EntryError> {
    let invalid = |name| EntryError::InvalidName(String::from_utf8_lossy(name).into_owned());
    if names.clone().count() > MAX_FILES {
        return Err(EntryError::TooLong);
    }
    let mut before = None;
    for (directory, name) in names.clone() {
        let in_order = before < Some((directory, name));
        if !is_name(name) || !in_order {
            return Err(invalid(name));
        }
        before = Some((directory, name));
    }
    let all: HashSet<_> = names.clone().collect();
    for (directory, name) in names {
        let slashes = (0..).zip(name).filter(|(_, byte)| **byte == b'/');
        let mut above = slashes.filter_map(|(at, _)| name.get(..at));
        if above.any(|above| all.contains(&(directory, above))) {
            return Err(invalid(name));
        }
    }
    Ok(())
}

/// Whether it is a relative path in canonical form.
fn is_name(name: &[u8]) -> bool {
    let is_component = |component: &[u8]| !matches!(component, b"" | b"." | b"..");
    name.len() <= MAX_NAME
        && !name.contains(&0)
        && name.split(|byte| *byte == b'/').all(is_component)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: Key = Key::ZERO;

    fn request() -> Key {
        Key::new(&[b'1'; Key::LENGTH]).unwrap()
    }

    fn file(directory: u8, name: &str, contents: &[u8]) -> OutputFile {
        OutputFile {
            directory,
            name: name.into(),
            executable: name.starts_with("lib"),
            contents: contents.to_vec(),
        }
    }

    fn entry(files: Vec<OutputFile>) -> Entry {
        Entry {
            files,
            stdout: b"printed".to_vec(),
            stderr: Vec::new(),
            code: 1,
            took: 0x0102_0304,
            record: b"{}".repeat(1000),
            result_key: RESULT,
            request_key: request(),
        }
    }

    fn small() -> Entry {
        let library = b"library".repeat(300);
        entry(vec![
            file(2, "liba.so", &library),
            file(1, "deps/liba.d", b""),
            file(1, "deps.d", b"a: b"),
            file(1, "deps/a/liba.rmeta", b"\0\x01"),
        ])
    }

    /// Bytes that cannot be compressed.
    fn noise(length: usize) -> Vec<u8> {
        let mut noise = vec![0; length];
        Hasher::new().finalize_xof().fill(&mut noise);
        noise
    }

    fn parse(head: &[u8]) -> Result<StoredEntry, EntryError> {
        let knows = |number| (1..=2).contains(&number);
        StoredEntry::parse(head.to_vec(), &RESULT, &request(), knows, |_| None)
    }

    /// All that is in it.
    fn read(stored: &StoredEntry) -> Result<Entry, EntryError> {
        let file = |file: &StoredFile| -> Result<_, EntryError> {
            let contents = stored.contents(file)?.into_owned();
            assert_eq!(file.length(), contents.len());
            assert_eq!(file.digest(), blake3::hash(&contents).as_bytes());
            Ok(OutputFile {
                directory: file.directory,
                name: file.name.clone(),
                executable: file.executable,
                contents,
            })
        };
        Ok(Entry {
            files: stored.files().iter().map(file).collect::<Result<_, _>>()?,
            stdout: stored.stdout()?.into_owned(),
            stderr: stored.stderr()?.into_owned(),
            code: stored.code,
            took: stored.took,
            record: stored.record()?.into_owned(),
            result_key: RESULT,
            request_key: request(),
        })
    }

    fn sorted(mut entry: Entry) -> Entry {
        entry
            .files
            .sort_by_key(|file| (file.directory, file.name.clone()));
        entry
    }

    fn whole(entry: &Entry) -> Vec<u8> {
        let Parts { head, parts } = entry.encode(usize::MAX).unwrap();
        assert!(parts.is_empty());
        head
    }

    #[test]
    fn what_is_stored_comes_back() {
        let nothing = Entry {
            stdout: vec![],
            record: vec![],
            ..entry(vec![])
        };
        for entry in [small(), nothing] {
            let head = whole(&entry);
            assert_eq!(read(&parse(&head).unwrap()).unwrap(), sorted(entry));
        }
    }

    /// As rustc's libraries and metadata are.
    #[test]
    fn a_file_that_is_within_another_is_stored_once() {
        let metadata = noise(100_000);
        let library = [b"!<arch>", &metadata[..], b"objects"].concat();
        let entry = entry(vec![
            file(1, "a.d", b"a: b"),
            file(1, "liba.rlib", &library),
            file(1, "liba.rmeta", &metadata),
        ]);
        let head = whole(&entry);
        assert!(head.len() < library.len() + 1000);
        assert_eq!(read(&parse(&head).unwrap()).unwrap(), entry);
        // What is changed in one is in both.
        let mut changed = head.clone();
        changed[head.len() - 10_000] ^= 1;
        let stored = parse(&changed).unwrap();
        let whole = stored
            .files()
            .iter()
            .filter(|file| stored.contents(file).is_ok());
        assert_eq!(whole.count(), 1);
    }

    #[test]
    fn equal_results_are_equal_bytes() {
        let one = small();
        let mut other = small();
        other.files.reverse();
        assert_eq!(whole(&one), whole(&other));
        other.took += 1;
        let (one, other) = (whole(&one), whole(&other));
        let of_time_taken = MAGIC.len()..MAGIC.len() + 8 + DIGEST;
        for (at, (one, other)) in one.iter().zip(&other).enumerate() {
            assert!(one == other || of_time_taken.contains(&at), "{at}");
        }
    }

    #[test]
    fn another_keys_entry_is_refused() {
        let head = whole(&small());
        for (result, request) in [(request(), request()), (RESULT, RESULT)] {
            let found = StoredEntry::parse(head.clone(), &result, &request, |_| true, |_| None);
            assert_eq!(found, Err(EntryError::OfAnotherKey));
        }
    }

    #[test]
    fn what_is_cut_or_changed_is_refused() {
        let entry = sorted(small());
        let head = whole(&entry);
        for end in 0..head.len() {
            assert!(parse(&head[..end]).is_err(), "{end}");
        }
        assert_eq!(
            parse(&[&head[..], b"\0"].concat()),
            Err(EntryError::Damaged)
        );
        for bit in 0..head.len() * 8 {
            let mut changed = head.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let found = parse(&changed).and_then(|stored| read(&stored));
            // LZ4 has more than one way to say the same.
            assert!(found.is_err() || found == Ok(entry.clone()), "{bit}");
        }
    }

    #[test]
    fn a_long_entry_is_in_parts_of_its_own() {
        let long = |first: u8| entry(vec![file(1, "a", &[&[first][..], &noise(10_000)].concat())]);
        let limit = 3000;
        let one = long(1).encode(limit).unwrap();
        let two = long(2).encode(limit).unwrap();
        assert_eq!(one.parts.len(), 4);
        assert!(one.head.len() <= limit && one.parts.iter().all(|(_, part)| part.len() <= limit));
        // Another run of the same, which took longer, has the same parts.
        let again = Entry { took: 7, ..long(1) }.encode(limit).unwrap();
        assert_eq!(one.parts, again.parts);

        // Two builds stored other bytes under the same key: whichever head is there, the parts are its own.
        let mut storage: std::collections::HashMap<_, _> = one.parts.iter().cloned().collect();
        storage.extend(two.parts.iter().cloned());
        assert_eq!(storage.len(), 8);
        let parse = |head: &[u8], storage: &std::collections::HashMap<_, Vec<u8>>| {
            let fetch = |keys: &[(Key, usize)]| {
                let parts = keys.iter().map(|(key, _)| storage.get(key).cloned());
                parts.collect()
            };
            StoredEntry::parse(head.to_vec(), &RESULT, &request(), |_| true, fetch)
        };
        for (stored, entry) in [(&one, long(1)), (&two, long(2))] {
            let found = parse(&stored.head, &storage).unwrap();
            assert_eq!(read(&found).unwrap(), entry);
        }
        for (key, part) in &one.parts {
            let mut without = storage.clone();
            without.remove(key);
            assert_eq!(parse(&one.head, &without), Err(EntryError::PartMissing));
            for wrong in [&part[1..], &[&part[..], b"a"].concat(), &[]] {
                without.insert(*key, wrong.to_vec());
                assert_eq!(parse(&one.head, &without), Err(EntryError::Damaged));
            }
            let mut changed = part.clone();
            changed[part.len() / 2] ^= 1;
            without.insert(*key, changed);
            let found = parse(&one.head, &without).and_then(|stored| read(&stored));
            assert_eq!(found, Err(EntryError::Damaged));
        }
        assert!(parse(&[&one.head[..], b"a"].concat(), &storage).is_err());
    }

    #[test]
    fn an_entry_that_cannot_be_stored_is_refused() {
        let long = entry(vec![file(1, "a", &noise(10_000))]);
        for limit in [0, 1, 100] {
            assert_eq!(long.encode(limit), Err(EntryError::TooLong), "{limit}");
        }
        let many = (0..=MAX_FILES).map(|number| file(1, &number.to_string(), b""));
        assert_eq!(
            entry(many.collect()).encode(usize::MAX),
            Err(EntryError::TooLong)
        );
        // More parts than there may be.
        let parts = entry(vec![file(1, "a", &noise(500 * (MAX_PARTS + 1)))]);
        assert_eq!(parts.encode(500), Err(EntryError::TooLong));
    }

    #[test]
    fn a_name_is_one_of_a_file_in_a_directory() {
        let long = "a".repeat(MAX_NAME + 1);
        let wrong = [
            "", "/", "/a", "a/", "a//b", ".", "./a", "a/.", "..", "../a", "a/..", "a/../b", "a\0",
            &long,
        ];
        for name in wrong {
            refused(&[(1, name)], name);
        }
        for (one, other) in [("a", "a"), ("a", "a/b"), ("a/b", "a/b/c/d")] {
            refused(&[(1, one), (1, "a-"), (1, other)], other);
        }
        let right = [
            (1, "a"),
            (1, "a-/b"),
            (1, "a..b"),
            (1, "..a"),
            (2, "a/b"),
            (2, "b"),
        ];
        let files: Vec<_> = right
            .iter()
            .map(|(place, name)| file(*place, name, b""))
            .collect();
        assert!(parse(&whole(&entry(files))).is_ok());
    }

    /// Neither written nor read.
    fn refused(names: &[(u8, &str)], wrong: &str) {
        let files = names
            .iter()
            .map(|(directory, name)| file(*directory, name, b""));
        let entry = entry(files.collect());
        let error = EntryError::InvalidName(wrong.to_owned());
        assert_eq!(entry.encode(usize::MAX), Err(error.clone()));
        let mut names = names.to_vec();
        names.sort_unstable();
        let rows = names
            .iter()
            .map(|(directory, name)| row(FILE, Some((*directory, name))));
        let rows: Vec<_> = rows.collect();
        assert_eq!(parse(&sealed(&entry, &rows)), Err(error));
    }

    /// A row of an empty section.
    fn row(tag: u8, file: Option<(u8, &str)>) -> Vec<u8> {
        let mut row = vec![tag];
        if let Some((directory, name)) = file {
            row.push(directory);
            put_string(&mut row, name.as_bytes());
        }
        Section::store(b"", &mut Vec::new()).write(&mut row);
        row
    }

    /// An entry with these rows in its table.
    fn sealed(entry: &Entry, rows: &[Vec<u8>]) -> Vec<u8> {
        let mut table = Vec::new();
        put_number(&mut table, rows.len() as u64);
        entry.head(&[table, rows.concat()].concat(), 0).0
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let entry = entry(vec![]);
        let parse_rows = |rows: &[Vec<u8>]| parse(&sealed(&entry, rows));
        let a = || row(FILE, Some((1, "a")));
        assert!(parse_rows(&[row(STDOUT, None), row(RECORD, None), a()]).is_ok());
        for rows in [
            vec![row(0, None)],
            vec![row(6, None)],
            vec![row(STDOUT, None), row(STDOUT, None)],
            vec![row(RECORD, None), row(STDERR, None)],
            vec![a(), row(STDOUT, None)],
            vec![[a(), vec![0]].concat()],
            vec![a()[..20].to_vec()],
        ] {
            assert_eq!(parse_rows(&rows), Err(EntryError::Malformed), "{rows:?}");
        }
        for directory in [0, 3, 255] {
            let rows = [row(FILE, Some((directory, "a")))];
            assert_eq!(
                parse_rows(&rows),
                Err(EntryError::UnknownDirectory(directory))
            );
        }
    }

    #[test]
    fn no_length_is_believed() {
        let entry = entry(vec![]);
        let long = |length: usize| {
            let mut row = vec![STDOUT, 1];
            put_number(&mut row, length as u64);
            put_number(&mut row, 10);
            [row, vec![0; DIGEST]].concat()
        };
        let head = sealed(&entry, &[long(MAX_LENGTH + 1)]);
        assert_eq!(parse(&head), Err(EntryError::TooLong));
        let head = [sealed(&entry, &[long(MAX_LENGTH)]), vec![0; 10]].concat();
        assert_eq!(parse(&head).unwrap().stdout(), Err(EntryError::Damaged));

        let mut many = Vec::new();
        put_number(&mut many, u64::MAX);
        assert_eq!(parse(&entry.head(&many, 0).0), Err(EntryError::TooLong));
        // A part a byte, and a thousand million of them.
        let mut row = vec![STDOUT, 0];
        put_number(&mut row, MAX_LENGTH as u64);
        let table = [vec![1], row, vec![0; DIGEST]].concat();
        assert_eq!(parse(&entry.head(&table, 1).0), Err(EntryError::TooLong));
        let head = entry.head(&table, MAX_LENGTH).0;
        assert_eq!(parse(&head), Err(EntryError::PartMissing));
    }
}
