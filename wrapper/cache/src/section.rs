//! Stores contents in an entry: compressed where that pays, with their digest.
//!
//! Compression is LZ4's block format, block by block: a block of [`BLOCK`] bytes stays in the processor's cache while
//! it is decompressed, digested and written, and no more room is needed than for one, whatever is claimed.
//!
//! Contents that are within others are stored once: rustc writes a library's metadata as a file, and all of it into the
//! library as well (1.95), where it is four fifths of the bytes.

use std::borrow::Cow;
use std::ops::Range;

use blake3::Hasher;
use lz4_flex::block::{compress, decompress_into};
use memchr::memmem;

use crate::encoding::{Decoder, put_number, put_string};

/// How many bytes are compressed together: fewer make more of the blocks' beginnings, which compress badly.
const BLOCK: usize = 1 << 18;

/// Shorter contents are stored as they are.
const MIN_COMPRESSED: usize = 512;

/// What is written of contents that are within others, in a codec's place.
const WITHIN: u8 = 2;

/// Contents are looked for by so many of their first bytes, and at most so often compared where these are found.
const BEGINNING: usize = 64;
const MAX_COMPARED: usize = 16;
/// They are looked for in contents that are at most so many times as long.
const MAX_TIMES: usize = 64;

/// How contents are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    /// As they are.
    Plain = 0,
    /// In blocks of [`BLOCK`] bytes, the last of which may be shorter, each as its [seal] and a string of LZ4's.
    Lz4 = 1,
}

/// Where contents are stored, and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// Where they begin among the bytes of all sections.
    start: usize,
    /// How many bytes are stored.
    stored: usize,
    /// How many bytes that is, and their digest.
    whole: usize,
    whole_digest: [u8; blake3::OUT_LEN],
    codec: Codec,
    /// Where they begin in there.
    from: usize,
    /// How many bytes they have.
    pub(crate) length: usize,
    /// Their BLAKE3 digest.
    pub(crate) digest: [u8; blake3::OUT_LEN],
}

/// That contents are not what their section says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damaged;

impl Section {
    /// Stores contents behind what is there.
    pub(crate) fn store(contents: &[u8], to: &mut Vec<u8>) -> Self {
        let start = to.len();
        let digest = *blake3::hash(contents).as_bytes();
        let mut codec = Codec::Plain;
        if contents.len() >= MIN_COMPRESSED {
            codec = Codec::Lz4;
            for (number, block) in contents.chunks(BLOCK).enumerate() {
                let compressed = compress(block);
                to.extend_from_slice(&seal(&digest, number, &compressed));
                put_string(to, &compressed);
            }
            // Less than an eighth saved is not worth the time that it takes to decompress.
            if to.len() - start > contents.len() / 8 * 7 {
                to.truncate(start);
                codec = Codec::Plain;
            }
        }
        if codec == Codec::Plain {
            to.extend_from_slice(contents);
        }
        Self {
            start,
            stored: to.len() - start,
            whole: contents.len(),
            whole_digest: digest,
            codec,
            from: 0,
            length: contents.len(),
            digest,
        }
    }

    /// That of contents which are within these, which are `whole`.
    pub(crate) fn within(&self, whole: &[u8], contents: &[u8]) -> Option<Self> {
        let beginning = contents.get(..BEGINNING)?;
        let is_worth_it = contents.len() >= MIN_COMPRESSED
            && whole.len() / MAX_TIMES <= contents.len()
            && self.is_whole();
        let found =
            memmem::find_iter(whole, beginning).take(if is_worth_it { MAX_COMPARED } else { 0 });
        let mut found = found.filter(|at| {
            whole
                .get(*at..)
                .is_some_and(|rest| rest.starts_with(contents))
        });
        Some(Self {
            from: found.next()?,
            length: contents.len(),
            digest: *blake3::hash(contents).as_bytes(),
            ..self.clone()
        })
    }

    fn is_whole(&self) -> bool {
        self.from == 0 && self.length == self.whole
    }

    /// Writes all but where they are stored: one is behind the other.
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        to.push(self.codec as u8);
        put_number(to, self.length as u64);
        if self.codec != Codec::Plain {
            put_number(to, self.stored as u64);
        }
        to.extend_from_slice(&self.digest);
    }

    /// Writes contents that are within those of the section with this number.
    pub(crate) fn write_within(&self, number: usize, to: &mut Vec<u8>) {
        to.push(WITHIN);
        for number in [number, self.from, self.length] {
            put_number(to, number as u64);
        }
        to.extend_from_slice(&self.digest);
    }

    /// Reads what was written of contents that are stored here, or within those of sections before.
    pub(crate) fn read(decoder: &mut Decoder, start: usize, before: &[Self]) -> Option<Self> {
        let number = |decoder: &mut Decoder| usize::try_from(decoder.number()?).ok();
        let codec = match decoder.byte()? {
            0 => Codec::Plain,
            1 => Codec::Lz4,
            WITHIN => {
                let whole = before.get(number(decoder)?)?;
                let (from, length) = (number(decoder)?, number(decoder)?);
                let is_within = whole.is_whole() && from.checked_add(length)? <= whole.length;
                let digest = decoder.array()?;
                return is_within.then(|| Self {
                    from,
                    length,
                    digest,
                    ..whole.clone()
                });
            }
            _ => return None,
        };
        let length = number(decoder)?;
        let stored = match codec {
            Codec::Plain => length,
            Codec::Lz4 => number(decoder)?,
        };
        let digest = decoder.array()?;
        start.checked_add(stored)?;
        Some(Self {
            start,
            stored,
            whole: length,
            whole_digest: digest,
            codec,
            from: 0,
            length,
            digest,
        })
    }

    /// Where the next one begins, unless it is within another.
    pub(crate) fn end(&self) -> usize {
        self.start.saturating_add(self.stored)
    }

    fn range(&self) -> Option<Range<usize>> {
        Some(self.start..self.start.checked_add(self.stored)?)
    }

    /// Hands the contents on, piece by piece, each of which is what it was. That those of others are within them is the
    /// header's word.
    pub(crate) fn pieces<E: From<Damaged>>(
        &self,
        sections: &[u8],
        mut hand_on: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut block = Vec::new();
        self.blocks(sections)?.iter().try_for_each(|it| {
            let whole = it.contents(&mut block)?;
            let wanted = it.wanted(self).ok_or(Damaged)?;
            hand_on(whole.get(wanted).ok_or(Damaged)?)
        })
    }

    /// The blocks that contents are in, which are those of the section that they are within.
    pub(crate) fn blocks<'a>(&self, sections: &'a [u8]) -> Result<Vec<Block<'a>>, Damaged> {
        let stored = sections.get(self.range().ok_or(Damaged)?).ok_or(Damaged)?;
        let end = self.from.checked_add(self.length).ok_or(Damaged)?;
        let mut found = Vec::new();
        if self.codec == Codec::Plain {
            let is_damaged = blake3::hash(stored) != blake3::Hash::from_bytes(self.whole_digest);
            if is_damaged || end > stored.len() {
                return Err(Damaged);
            }
            found.extend(
                stored
                    .chunks(BLOCK)
                    .enumerate()
                    .map(|(number, stored)| Block {
                        place: (self.start, number * BLOCK),
                        length: stored.len(),
                        stored,
                        seal: None,
                    }),
            );
        } else {
            let mut rest = Decoder(stored);
            for (number, start) in (0..self.whole).step_by(BLOCK).enumerate() {
                let sealed = rest.array().ok_or(Damaged)?;
                found.push(Block {
                    place: (self.start, start),
                    length: BLOCK.min(self.whole - start),
                    stored: rest.string().ok_or(Damaged)?,
                    seal: Some((self.whole_digest, number, sealed)),
                });
            }
            if !rest.is_at_end() || end > self.whole {
                return Err(Damaged);
            }
        }
        found.retain(|block| block.wanted(self).is_some());
        Ok(found)
    }

    /// The contents. Room for them is made as they are decompressed.
    pub(crate) fn contents<'a>(&self, sections: &'a [u8]) -> Result<Cow<'a, [u8]>, Damaged> {
        let mut contents = Vec::new();
        self.pieces(sections, |piece| {
            if self.codec != Codec::Plain {
                contents.extend_from_slice(piece);
            }
            Ok::<_, Damaged>(())
        })?;
        Ok(match self.codec {
            Codec::Plain => {
                let stored = self.range().and_then(|range| sections.get(range));
                let within = self.from..self.from.checked_add(self.length).ok_or(Damaged)?;
                Cow::Borrowed(
                    stored
                        .and_then(|stored| stored.get(within))
                        .ok_or(Damaged)?,
                )
            }
            Codec::Lz4 => Cow::Owned(contents),
        })
    }
}

/// Some of the contents of a section.
pub(crate) struct Block<'a> {
    /// Where that begins among all sections, and they in it.
    pub(crate) place: (usize, usize),
    /// How many bytes they have.
    length: usize,
    stored: &'a [u8],
    /// What they are sealed as, where they are compressed, and by what.
    seal: Option<([u8; blake3::OUT_LEN], usize, [u8; blake3::OUT_LEN])>,
}

impl Block<'_> {
    /// What is in it, if that is what was stored; `room` is for that, and may be used again.
    pub(crate) fn contents<'a>(&'a self, room: &'a mut Vec<u8>) -> Result<&'a [u8], Damaged> {
        let Some((digest, number, sealed)) = &self.seal else {
            return Ok(self.stored);
        };
        if seal(digest, *number, self.stored) != *sealed {
            return Err(Damaged);
        }
        room.resize(self.length, 0);
        match decompress_into(self.stored, room) {
            Ok(length) if length == self.length => Ok(room),
            _ => Err(Damaged),
        }
    }

    /// Where in it some of these contents are, which are within those of the section.
    pub(crate) fn wanted(&self, contents: &Section) -> Option<Range<usize>> {
        let (_, start) = self.place;
        let end = contents.from.saturating_add(contents.length);
        let wanted = contents.from.max(start)..end.min(start + self.length);
        (!wanted.is_empty()).then(|| wanted.start - start..wanted.end - start)
    }

    /// How many bytes of these contents are in blocks before it.
    pub(crate) fn before(&self, contents: &Section) -> u64 {
        self.place.1.saturating_sub(contents.from) as u64
    }
}

/// By what damage to a block is known, and one that was put in the place of another: the digest of its number and of what is
/// stored of it, with the digest of all contents as the key. A quarter of the bytes is digested that way.
fn seal(contents: &[u8; blake3::OUT_LEN], number: usize, stored: &[u8]) -> [u8; blake3::OUT_LEN] {
    let mut hasher = Hasher::new_keyed(contents);
    hasher.update(&(number as u64).to_le_bytes());
    *hasher.update(stored).finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that cannot be compressed.
    fn noise(length: usize) -> Vec<u8> {
        let mut noise = vec![0; length];
        Hasher::new().finalize_xof().fill(&mut noise);
        noise
    }

    #[test]
    fn contents_come_back_and_take_no_more_room() {
        let mut sections = b"before".to_vec();
        for length in [
            0,
            1,
            MIN_COMPRESSED - 1,
            MIN_COMPRESSED,
            BLOCK,
            BLOCK + 1,
            3 * BLOCK - 1,
        ] {
            let repeated: Vec<u8> = (0..length)
                .map(|at| (at / 7 % 100).to_le_bytes()[0])
                .collect();
            for (contents, may_shrink) in
                [(repeated, length >= MIN_COMPRESSED), (noise(length), false)]
            {
                let section = Section::store(&contents, &mut sections);
                assert_eq!(section.end(), sections.len());
                let shrinks = section.stored < contents.len() / 8 * 7;
                assert_eq!(shrinks, may_shrink, "{length}");
                let found = section.contents(&sections).unwrap();
                assert_eq!(found, contents);
                assert_eq!(matches!(found, Cow::Borrowed(_)), !may_shrink);
                let mut written = Vec::new();
                section.write(&mut written);
                let read = Section::read(&mut Decoder(&written), section.start, &[]);
                assert_eq!(read, Some(section));
            }
        }
    }

    #[test]
    fn what_was_changed_or_cut_is_not_handed_out() {
        let contents = [vec![b'a'; MIN_COMPRESSED], noise(100)].concat();
        let mut sections = Vec::new();
        let section = Section::store(&contents, &mut sections);
        assert_eq!(section.codec, Codec::Lz4);
        for end in 0..sections.len() {
            assert_eq!(section.contents(&sections[..end]), Err(Damaged), "{end}");
        }
        for bit in 0..sections.len() * 8 {
            let mut changed = sections.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            // LZ4 has more than one way to say the same.
            let found = section.contents(&changed);
            assert!(
                found.is_err() || found == Ok(contents.clone().into()),
                "{bit}"
            );
        }
        let longer = Section {
            stored: section.stored + 1,
            ..section.clone()
        };
        assert_eq!(
            longer.contents(&[&sections[..], b"\0"].concat()),
            Err(Damaged)
        );
        for length in [0, 1, contents.len() - 1, contents.len() + 1, usize::MAX] {
            let other = Section {
                whole: length,
                length,
                ..section.clone()
            };
            assert_eq!(other.contents(&sections), Err(Damaged), "{length}");
        }
        let nowhere = Section {
            start: usize::MAX,
            ..section
        };
        assert_eq!(nowhere.contents(&sections), Err(Damaged));
    }

    #[test]
    fn a_block_has_its_place() {
        let contents = [noise(100), vec![b'a'; 2 * BLOCK]].concat();
        let mut sections = Vec::new();
        let section = Section::store(&contents, &mut sections);
        let mut blocks = section.blocks(&sections).unwrap();
        let room = &mut Vec::new();
        assert!(blocks.iter().all(|block| block.contents(room).is_ok()));
        let stored = blocks[1].stored;
        blocks[0].stored = stored;
        assert_eq!(blocks[0].contents(room), Err(Damaged));
        blocks[1].seal.as_mut().unwrap().1 += 1;
        assert_eq!(blocks[1].contents(room), Err(Damaged));
        let other = Section {
            whole_digest: [1; blake3::OUT_LEN],
            ..section
        };
        assert_eq!(other.contents(&sections), Err(Damaged));
    }

    #[test]
    fn no_length_is_believed() {
        for codec in [0, 1] {
            let mut written = vec![codec];
            put_number(&mut written, u64::MAX);
            put_number(&mut written, u64::MAX);
            written.extend([0; blake3::OUT_LEN]);
            assert_eq!(Section::read(&mut Decoder(&written), 1, &[]), None);
        }
        assert_eq!(Section::read(&mut Decoder(&[3, 0, 0]), 0, &[]), None);
        let section = Section::store(b"contents", &mut Vec::new());
        for (from, length) in [(u64::MAX, 1), (1, u64::MAX), (8, 1), (0, 9)] {
            let mut written = vec![WITHIN, 0];
            put_number(&mut written, from);
            put_number(&mut written, length);
            written.extend([0; blake3::OUT_LEN]);
            let read = Section::read(&mut Decoder(&written), 0, std::slice::from_ref(&section));
            assert_eq!(read, None, "{from} {length}");
        }
    }

    #[test]
    fn contents_within_others_are_stored_once() {
        let metadata = [noise(2 * BLOCK), vec![b'a'; BLOCK], b"end".to_vec()].concat();
        for (before, after) in [(0, 0), (100, 0), (BLOCK - 1, 5), (3 * BLOCK, 2 * BLOCK)] {
            for filler in [noise(before + after), vec![b'x'; before + after]] {
                let (before, after) = filler.split_at(before);
                // It begins twice, and is there once.
                let whole = [before, &metadata[..1000], &metadata, after].concat();
                let mut sections = Vec::new();
                let library = Section::store(&whole, &mut sections);
                let section = library.within(&whole, &metadata).unwrap();
                assert_eq!(section.contents(&sections).unwrap(), metadata);
                assert_eq!(library.contents(&sections).unwrap(), whole);
                let mut written = Vec::new();
                section.write_within(0, &mut written);
                let read = |before: &[Section]| Section::read(&mut Decoder(&written), 0, before);
                assert_eq!(read(std::slice::from_ref(&library)), Some(section.clone()));
                assert_eq!(read(&[]), None);
                assert_eq!(read(std::slice::from_ref(&section)), None);
                let short = Section {
                    whole: metadata.len() - 1,
                    length: metadata.len() - 1,
                    ..library.clone()
                };
                assert_eq!(read(&[short]), None);
                let other = [&metadata[..1000], b"other"].concat();
                assert_eq!(library.within(&whole, &other), None);
            }
        }
        let zeros = vec![0; MIN_COMPRESSED * (MAX_TIMES + 2)];
        let section = Section::store(&zeros, &mut Vec::new());
        assert_eq!(section.within(&zeros, &zeros[..MIN_COMPRESSED]), None);
        assert_eq!(section.within(&zeros, b"short"), None);
    }
}
