//! Stores contents in an entry: compressed where that pays, with their digest.
//!
//! Compression is LZ4's block format, block by block: a block of [`BLOCK`] bytes stays in the processor's cache while
//! it is decompressed, digested and written, and no more room is needed than for one, whatever is claimed.

use std::borrow::Cow;
use std::ops::Range;

use blake3::Hasher;
use lz4_flex::block::{compress, decompress_into};

use crate::encoding::{Decoder, put_number, put_string};

/// How many bytes are compressed together: fewer make more of the blocks' beginnings, which compress badly.
const BLOCK: usize = 1 << 18;

/// Shorter contents are stored as they are.
const MIN_COMPRESSED: usize = 512;

/// How contents are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    /// As they are.
    Plain = 0,
    /// In blocks of [`BLOCK`] bytes, the last of which may be shorter, each a string of LZ4's.
    Lz4 = 1,
}

/// Where contents are stored, and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// Where they begin among the bytes of all sections.
    start: usize,
    /// How many bytes are stored.
    stored: usize,
    /// How many bytes they have.
    pub(crate) length: usize,
    codec: Codec,
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
        let mut codec = Codec::Plain;
        if contents.len() >= MIN_COMPRESSED {
            codec = Codec::Lz4;
            for block in contents.chunks(BLOCK) {
                put_string(to, &compress(block));
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
            length: contents.len(),
            codec,
            digest: *blake3::hash(contents).as_bytes(),
        }
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

    /// Reads what [`write`](Self::write) wrote of contents that begin here.
    pub(crate) fn read(decoder: &mut Decoder, start: usize) -> Option<Self> {
        let codec = match decoder.byte()? {
            0 => Codec::Plain,
            1 => Codec::Lz4,
            _ => return None,
        };
        let length = usize::try_from(decoder.number()?).ok()?;
        let stored = match codec {
            Codec::Plain => length,
            Codec::Lz4 => usize::try_from(decoder.number()?).ok()?,
        };
        let digest = decoder.array()?;
        let section = Self {
            start,
            stored,
            length,
            codec,
            digest,
        };
        section.range()?;
        Some(section)
    }

    /// Where the next one begins.
    pub(crate) fn end(&self) -> usize {
        self.start.saturating_add(self.stored)
    }

    fn range(&self) -> Option<Range<usize>> {
        Some(self.start..self.start.checked_add(self.stored)?)
    }

    /// Hands the contents on, piece by piece. That they are what they were is known at the end.
    pub(crate) fn pieces<E: From<Damaged>>(
        &self,
        sections: &[u8],
        mut hand_on: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let range = self.range().ok_or(Damaged)?;
        let stored = sections.get(range).ok_or(Damaged)?;
        let mut hasher = Hasher::new();
        let mut piece = |piece: &[u8]| {
            hasher.update(piece);
            hand_on(piece)
        };
        match self.codec {
            Codec::Plain => stored.chunks(BLOCK).try_for_each(piece)?,
            Codec::Lz4 => {
                let mut blocks = Decoder(stored);
                let mut block = vec![0; self.length.min(BLOCK)];
                let mut left = self.length;
                while left > 0 {
                    let block = block.get_mut(..left.min(BLOCK)).ok_or(Damaged)?;
                    let compressed = blocks.string().ok_or(Damaged)?;
                    if !decompress_into(compressed, block).is_ok_and(|length| length == block.len())
                    {
                        return Err(Damaged.into());
                    }
                    piece(block)?;
                    left -= block.len();
                }
                if !blocks.is_at_end() {
                    return Err(Damaged.into());
                }
            }
        }
        if *hasher.finalize().as_bytes() != self.digest {
            return Err(Damaged.into());
        }
        Ok(())
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
                let range = self.range().ok_or(Damaged)?;
                Cow::Borrowed(sections.get(range).ok_or(Damaged)?)
            }
            Codec::Lz4 => Cow::Owned(contents),
        })
    }
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
                let read = Section::read(&mut Decoder(&written), section.start);
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
    fn no_length_is_believed() {
        for codec in [0, 1] {
            let mut written = vec![codec];
            put_number(&mut written, u64::MAX);
            put_number(&mut written, u64::MAX);
            written.extend([0; blake3::OUT_LEN]);
            assert_eq!(Section::read(&mut Decoder(&written), 1), None);
        }
        assert_eq!(Section::read(&mut Decoder(&[2, 0, 0]), 0), None);
    }
}
