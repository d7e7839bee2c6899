//! Lists what runs of one invocation looked at, by names: the newest eight sets, in which the inputs of the next are
//! looked for.
//!
//! A manifest says where to look, and nothing of what was there: what the names hold now makes the result key. A
//! wrong one leads to a key under which nothing is stored, and costs a run of the compiler.
//!
//! # Format
//!
//! | bytes | what |
//! |---|---|
//! | 9 | `nscnames` and the version of the format |
//! | number | how many sets there are |
//! | number | how many names there are: those of all sets, in order, each once |
//! | a name | the kind, one byte; the place, one byte; the sets that it is in, one byte: the lowest bit is the newest; how many bytes it shares with the one before, a number; the rest, a string |
//! | 32 | the BLAKE3 digest of the request key and of all before it |
//!
//! Runs of one invocation look at the same names but for a few, and the names are paths of a few directories.

use std::cmp::Ordering;
use std::fmt;

use blake3::Hasher;
use nix_sccache_contract::wire::Key;
use nix_sccache_trace_format::{HOST, LIMITS, PROCESSORS, UNAME};

use crate::encoding::{Decoder, put_number, put_string};

const MAGIC: &[u8; 9] = b"nscnames\x01";
const DIGEST: usize = blake3::OUT_LEN;

/// The most sets of one manifest: a byte has this many bits.
pub const MAX_SETS: usize = 8;
/// The most names of one manifest.
pub const MAX_NAMES: usize = 50_000;
/// The most bytes of one name: no longer path can be looked at.
pub const MAX_NAME: usize = 4096;
/// The most bytes of one manifest.
pub const MAX_LENGTH: usize = 1 << 20;
/// The most bytes of all names of one manifest.
const MAX_EXPANDED: usize = 16 << 20;

/// What is looked at of a name. The numbers are part of the format, and of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum NameKind {
    /// A variable's value.
    Variable = 1,
    /// The variables whose names begin so.
    Family = 2,
    /// All variables.
    Environment = 3,
    /// The contents of a file.
    File = 4,
    /// Whether there is a file, a directory or nothing.
    State = 5,
    /// That there is nothing.
    Absent = 6,
    /// The names in a directory.
    Listing = 7,
    /// Where links lead.
    Link = 8,
    /// Where a program of this name is found by `PATH`.
    Command = 9,
    /// What the machine is, by the trace's words; or [`TIMES`].
    Machine = 10,
}

/// Of [`NameKind::Machine`]: when all files and directories were modified that are looked at beside.
pub const TIMES: &[u8] = b"times";

impl NameKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Variable,
        Self::Family,
        Self::Environment,
        Self::File,
        Self::State,
        Self::Absent,
        Self::Listing,
        Self::Link,
        Self::Command,
        Self::Machine,
    ];

    fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    /// Whether the name is one of the file system.
    #[must_use]
    pub const fn is_path(self) -> bool {
        match self {
            Self::Variable | Self::Family | Self::Environment | Self::Command | Self::Machine => {
                false
            }
            Self::File | Self::State | Self::Absent | Self::Listing | Self::Link => true,
        }
    }
}

/// The name of something that a run looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// What is looked at.
    pub kind: NameKind,
    /// The place of the invocation that the path is relative to; 0 for a whole path, and for variables.
    pub place: u8,
    /// The path, or the variable's name; nothing for all variables, and for a place itself. A path may have `..` in
    /// it: it is as the run had it, and with links in between that is not the same as a shorter one.
    pub name: Vec<u8>,
}

impl Name {
    /// Whether it is the name of something of its kind.
    fn is_valid(&self) -> bool {
        let is_one = match self.kind {
            NameKind::Environment => self.name.is_empty() && self.place == 0,
            NameKind::Variable => !self.name.is_empty() && self.place == 0,
            NameKind::Family => self.place == 0,
            NameKind::Machine => {
                let all = [UNAME, HOST, PROCESSORS, LIMITS, TIMES];
                all.contains(&self.name.as_slice()) && self.place == 0
            }
            NameKind::Command => {
                !self.name.is_empty() && self.place == 0 && !self.name.contains(&b'/')
            }
            _ => self.name.starts_with(b"/") == (self.place == 0),
        };
        is_one && self.name.len() <= MAX_NAME && !self.name.contains(&0)
    }
}

/// The names of what a run looked at: each once, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs(Vec<Name>);

impl Inputs {
    /// These, which may be in any order, and there more than once.
    #[must_use]
    pub fn new(mut names: Vec<Name>) -> Self {
        names.sort_unstable();
        names.dedup();
        Self(names)
    }

    /// The names, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Name> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Inputs {
    type Item = &'a Name;
    type IntoIter = std::slice::Iter<'a, Name>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Why bytes are no manifest of a request, or why names do not fit into one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestError {
    /// It is none of this version.
    NotAManifest,
    /// It is damaged, or another request's.
    Damaged,
    /// What it holds is no list of names.
    Malformed,
    /// There are too many names, or they are too long.
    TooLong,
    /// A path or a variable's name is none.
    InvalidName,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAManifest => "it is no manifest of this version",
            Self::Damaged => "it is damaged, or another request's",
            Self::Malformed => "it is no list of names",
            Self::TooLong => "there are too many names, or they are too long",
            Self::InvalidName => "a name in it is none of a file or of a variable",
        })
    }
}

impl std::error::Error for ManifestError {}

/// The sets of names that runs of one invocation looked at, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// In order, each with the sets that it is in: the lowest bit is the newest.
    names: Vec<(Name, u8)>,
    sets: u8,
}

impl Manifest {
    /// That of a request, of bytes that anybody may have written.
    pub fn parse(bytes: &[u8], request: &Key) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_LENGTH {
            return Err(ManifestError::TooLong);
        }
        let (body, digest) = bytes
            .split_last_chunk::<DIGEST>()
            .filter(|(body, _)| body.starts_with(MAGIC))
            .ok_or(ManifestError::NotAManifest)?;
        if digest_of(body, request) != *digest {
            return Err(ManifestError::Damaged);
        }
        let rest = body.get(MAGIC.len()..).unwrap_or_default();
        Self::parse_body(Decoder(rest))
    }

    fn parse_body(mut body: Decoder) -> Result<Self, ManifestError> {
        use ManifestError::{InvalidName, Malformed, TooLong};

        let sets = body.number().ok_or(Malformed)?;
        let count = body.number().ok_or(Malformed)?;
        if sets > MAX_SETS as u64 || count > MAX_NAMES as u64 {
            return Err(TooLong);
        }
        let sets = u8::try_from(sets).map_err(|_| TooLong)?;
        let mut names: Vec<(Name, u8)> = Vec::new();
        let mut expanded = 0;
        for _ in 0..count {
            let before = names.last().map(|(name, _)| name);
            let (name, of_sets) = parse_name(&mut body, before).ok_or(Malformed)?;
            expanded += name.name.len();
            if expanded > MAX_EXPANDED {
                return Err(TooLong);
            }
            if !name.is_valid() {
                return Err(InvalidName);
            }
            if of_sets & !mask(sets) != 0 || before.is_some_and(|before| *before >= name) {
                return Err(Malformed);
            }
            names.push((name, of_sets));
        }
        if !body.is_at_end() {
            return Err(Malformed);
        }
        Ok(Self { names, sets })
    }

    /// As bytes, under its request's key. Equal manifests are equal bytes.
    #[must_use]
    pub fn encode(&self, request: &Key) -> Vec<u8> {
        let mut bytes = self.body();
        let digest = digest_of(&bytes, request);
        bytes.extend_from_slice(&digest);
        bytes
    }

    fn body(&self) -> Vec<u8> {
        let mut body = MAGIC.to_vec();
        put_number(&mut body, self.sets.into());
        put_number(&mut body, self.names.len() as u64);
        let mut before: &[u8] = &[];
        for (name, of_sets) in &self.names {
            body.extend([name.kind as u8, name.place, *of_sets]);
            let shared = shared(before, &name.name);
            put_number(&mut body, shared as u64);
            put_string(&mut body, name.name.get(shared..).unwrap_or_default());
            before = &name.name;
        }
        body
    }

    /// The sets, the newest first.
    pub fn sets(&self) -> impl Iterator<Item = Inputs> {
        (0..self.sets).map(|set| {
            let names = self.names.iter();
            let of_set = names.filter(move |(_, of_sets)| of_sets & 1 << set != 0);
            Inputs(of_set.map(|(name, _)| name.clone()).collect())
        })
    }

    /// Puts a set in front of the others. Where it was there already it moves; the oldest go where there are too many,
    /// or where they do not fit. Nothing changes where not even the new one fits.
    pub fn merge(&mut self, newest: &Inputs) -> Result<(), ManifestError> {
        if !newest.iter().all(Name::is_valid) {
            return Err(ManifestError::InvalidName);
        }
        let mut merged = Self::default();
        let equal = self.sets().position(|set| set == *newest);
        let kept = (0..usize::from(self.sets)).filter(|set| Some(*set) != equal);
        let kept: Vec<_> = kept.take(MAX_SETS - 1).collect();
        let moved = |of_sets: u8| {
            let still = (1..)
                .zip(&kept)
                .filter(|(_, set)| of_sets & 1 << **set != 0);
            still.fold(0, |moved: u8, (to, _)| moved | 1 << to)
        };
        let (mut old, mut new) = (self.names.iter().peekable(), newest.iter().peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (Some((old, _)), Some(new)) => old.cmp(new),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let of_old = if order.is_le() { old.next() } else { None };
            let of_new = if order.is_ge() { new.next() } else { None };
            let of_sets = of_old.map_or(0, |(_, of_sets)| moved(*of_sets));
            let of_sets = of_sets | u8::from(of_new.is_some());
            if let Some(name) = of_new.or(of_old.map(|(name, _)| name)) {
                merged.names.push((name.clone(), of_sets));
            }
        }
        merged.sets = u8::try_from(kept.len() + 1).unwrap_or_default();
        merged.keep(merged.sets);
        while !merged.fits() {
            if merged.sets == 1 {
                return Err(ManifestError::TooLong);
            }
            merged.keep(merged.sets - 1);
        }
        *self = merged;
        Ok(())
    }

    /// Keeps the newest so many sets, and the names that are in them.
    fn keep(&mut self, sets: u8) {
        self.sets = sets;
        self.names.retain_mut(|(_, of_sets)| {
            *of_sets &= mask(sets);
            *of_sets != 0
        });
    }

    fn fits(&self) -> bool {
        let expanded: usize = self.names.iter().map(|(name, _)| name.name.len()).sum();
        self.names.len() <= MAX_NAMES
            && expanded <= MAX_EXPANDED
            && self.body().len() + DIGEST <= MAX_LENGTH
    }
}

/// The bits of the newest so many sets.
const fn mask(sets: u8) -> u8 {
    match u8::MAX.checked_shl(sets as u32) {
        Some(others) => !others,
        None => u8::MAX,
    }
}

/// How many bytes two names begin with alike.
fn shared(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

fn parse_name(body: &mut Decoder, before: Option<&Name>) -> Option<(Name, u8)> {
    let [kind, place, of_sets] = body.array()?;
    let kind = NameKind::of(kind)?;
    let before: &[u8] = before.map_or(&[], |before| &before.name);
    let begins = before.get(..usize::try_from(body.number()?).ok()?)?;
    let rest = body.string()?;
    // As many as there can be, so that the same names are the same bytes.
    let is_all = before.get(begins.len()) != rest.first() || rest.is_empty();
    let name = [begins, rest].concat();
    let is_one = of_sets != 0 && is_all;
    is_one.then_some((Name { kind, place, name }, of_sets))
}

fn digest_of(body: &[u8], request: &Key) -> [u8; DIGEST] {
    let mut hasher = Hasher::new();
    hasher.update(request.as_bytes()).update(body);
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Key = Key::ZERO;

    fn name(kind: NameKind, place: u8, name: &str) -> Name {
        let name = name.as_bytes().to_vec();
        Name { kind, place, name }
    }

    fn file(path: &str) -> Name {
        name(NameKind::File, u8::from(!path.starts_with('/')), path)
    }

    fn files(paths: &[&str]) -> Inputs {
        Inputs::new(paths.iter().map(|path| file(path)).collect())
    }

    fn manifest(sets: &[&Inputs]) -> Manifest {
        let mut manifest = Manifest::default();
        for set in sets.iter().rev() {
            manifest.merge(set).unwrap();
        }
        manifest
    }

    fn example() -> Manifest {
        let first = Inputs::new(vec![
            file("/usr/include/stdio.h"),
            file("/usr/include/stdlib.h"),
            file("src/../include/a.h"),
            name(NameKind::Absent, 1, "a.h"),
            name(NameKind::Listing, 2, ""),
            name(NameKind::Variable, 0, "CPATH"),
            name(NameKind::Family, 0, "NIX_"),
            name(NameKind::Environment, 0, ""),
            name(NameKind::Link, 0, "/bin/cc"),
            name(NameKind::State, 255, "x"),
        ]);
        manifest(&[
            &first,
            &files(&["/usr/include/stdio.h", "b.h"]),
            &Inputs::default(),
        ])
    }

    /// A manifest with this body, and the digest that fits it.
    fn sealed(body: &[u8]) -> Result<Manifest, ManifestError> {
        let body = [MAGIC, body].concat();
        let digest = digest_of(&body, &REQUEST);
        Manifest::parse(&[body, digest.to_vec()].concat(), &REQUEST)
    }

    /// The body of a manifest of one set, with these files, each by place, shared bytes and rest.
    fn body(names: &[(u8, u64, &[u8])]) -> Vec<u8> {
        let mut body = vec![1];
        put_number(&mut body, names.len() as u64);
        for (place, shared, rest) in names {
            body.extend([NameKind::File as u8, *place, 1]);
            put_number(&mut body, *shared);
            put_string(&mut body, rest);
        }
        body
    }

    #[test]
    fn what_is_written_is_read() {
        for manifest in [
            Manifest::default(),
            manifest(&[&Inputs::default()]),
            example(),
        ] {
            let bytes = manifest.encode(&REQUEST);
            assert_eq!(Manifest::parse(&bytes, &REQUEST), Ok(manifest.clone()));
            let read = Manifest::parse(&bytes, &REQUEST).unwrap();
            assert_eq!(read.encode(&REQUEST), bytes);
        }
    }

    #[test]
    fn another_requests_and_what_is_cut_or_changed_is_refused() {
        let bytes = example().encode(&REQUEST);
        let other = Key::new(&[b'1'; Key::LENGTH]).unwrap();
        assert_eq!(Manifest::parse(&bytes, &other), Err(ManifestError::Damaged));
        for end in 0..bytes.len() {
            assert!(Manifest::parse(&bytes[..end], &REQUEST).is_err(), "{end}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(Manifest::parse(&changed, &REQUEST).is_err(), "{bit}");
        }
        let longer = [&bytes[..], b"a"].concat();
        assert!(Manifest::parse(&longer, &REQUEST).is_err());
    }

    #[test]
    fn names_are_in_order_and_each_once() {
        let twice = vec![
            file("b"),
            file("/a"),
            file("b"),
            name(NameKind::Variable, 0, "Z"),
        ];
        let inputs = Inputs::new(twice);
        let names: Vec<_> = inputs.iter().map(|name| &name.name[..]).collect();
        assert_eq!(names, [&b"Z"[..], b"/a", b"b"]);
    }

    #[test]
    fn the_newest_set_is_first_and_equal_ones_are_one() {
        let sets: Vec<_> = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]
            .map(|path| files(&["shared", path]))
            .to_vec();
        let mut all = Manifest::default();
        for set in &sets {
            all.merge(set).unwrap();
        }
        let newest: Vec<_> = sets.iter().rev().take(MAX_SETS).cloned().collect();
        assert_eq!(all.sets().collect::<Vec<_>>(), newest);
        assert!(!all.names.iter().any(|(name, _)| name.name == b"a"));
        for again in [0, 3, 7] {
            let mut merged = all.clone();
            merged.merge(&newest[again]).unwrap();
            let mut moved = newest.clone();
            let first = moved.remove(again);
            moved.insert(0, first);
            assert_eq!(merged.sets().collect::<Vec<_>>(), moved);
        }
        assert_eq!(Manifest::parse(&all.encode(&REQUEST), &REQUEST), Ok(all));
    }

    #[test]
    fn the_oldest_go_where_they_do_not_fit() {
        let long = |start: &str, count: usize| {
            // No two of them begin alike.
            let digest = |number| blake3::hash(format!("{start}{number}").as_bytes()).to_hex();
            let path = |number| file(&digest(number).repeat(16));
            Inputs::new((0..count).map(path).collect())
        };
        let (large, small) = (long("large", 800), long("small", 10));
        let mut both = manifest(&[&small, &large]);
        assert_eq!(both.sets().count(), 2);
        let other = long("other", 300);
        both.merge(&other).unwrap();
        assert_eq!(both.sets().collect::<Vec<_>>(), [other, small]);
        let before = both.clone();
        assert_eq!(both.merge(&long("huge", 1100)), Err(ManifestError::TooLong));
        let many = Inputs::new((0..=MAX_NAMES).map(|n| file(&n.to_string())).collect());
        assert_eq!(both.merge(&many), Err(ManifestError::TooLong));
        assert_eq!(both, before);
        assert!(both.encode(&REQUEST).len() <= MAX_LENGTH);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = "a".repeat(MAX_NAME + 1);
        for wrong in [
            name(NameKind::File, 0, "a"),
            name(NameKind::File, 0, ""),
            name(NameKind::Absent, 1, "/etc/passwd"),
            name(NameKind::Listing, 0, "/a\0b"),
            name(NameKind::Variable, 0, ""),
            name(NameKind::Variable, 1, "A"),
            name(NameKind::Environment, 0, "A"),
            name(NameKind::State, 1, &long),
        ] {
            let mut sets = example();
            let merged = sets.merge(&Inputs::new(vec![wrong.clone()]));
            assert_eq!(merged, Err(ManifestError::InvalidName), "{wrong:?}");
            assert_eq!(sets, example());
            let written = Manifest {
                names: vec![(wrong.clone(), 1)],
                sets: 1,
            };
            let bytes = written.encode(&REQUEST);
            let read = Manifest::parse(&bytes, &REQUEST);
            assert_eq!(read, Err(ManifestError::InvalidName), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        use ManifestError::{Malformed, TooLong};

        assert!(sealed(&body(&[(0, 0, b"/a"), (0, 2, b"b")])).is_ok());
        for (wrong, why) in [
            (&[9, 0][..], TooLong),
            (&[1, 1], Malformed),
            (&[0, 0, 0], Malformed),
            // An unknown kind, no set, a set that is not there.
            (&[1, 1, 0, 0, 1, 0, 2, b'/', b'a'], Malformed),
            (&[1, 1, 11, 0, 1, 0, 2, b'/', b'a'], Malformed),
            (&[1, 1, 4, 0, 0, 0, 2, b'/', b'a'], Malformed),
            (&[1, 1, 4, 0, 2, 0, 2, b'/', b'a'], Malformed),
            // Twice, not in order, not all that is shared, more than there is.
            (&body(&[(0, 0, b"/a"), (0, 2, b"")]), Malformed),
            (&body(&[(0, 0, b"/b"), (0, 1, b"a")]), Malformed),
            (&body(&[(0, 0, b"/a"), (0, 1, b"ab")]), Malformed),
            (&body(&[(0, 0, b"/a"), (0, 3, b"b")]), Malformed),
        ] {
            assert_eq!(sealed(wrong), Err(why), "{wrong:?}");
        }
    }

    /// Few bytes that stand for many: each name is the one before, and a byte more.
    #[test]
    fn names_have_room_for_no_more_than_there_may_be() {
        let mut million = vec![1];
        put_number(&mut million, 1_000_000);
        assert_eq!(sealed(&million), Err(ManifestError::TooLong));
        let numbered = |number: u16| {
            let [high, low] = number.to_be_bytes().map(|byte| byte + 1);
            file(&format!("{}{high:03}{low:03}", "a".repeat(MAX_NAME - 6)))
        };
        let names = (0..20_000)
            .filter(|number| number % 256 < 200)
            .map(numbered);
        let names = names.map(|name| (name, 1)).collect();
        let bytes = Manifest { names, sets: 1 }.encode(&REQUEST);
        assert!(bytes.len() < MAX_LENGTH);
        assert_eq!(
            Manifest::parse(&bytes, &REQUEST),
            Err(ManifestError::TooLong)
        );
        assert_eq!(sealed(&vec![0; MAX_LENGTH]), Err(ManifestError::TooLong));
    }
}
