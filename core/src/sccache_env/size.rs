//! Reads sizes as sccache does.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// A number of bytes: an integer, or a string such as `"20G"`.
///
/// The suffixes are those of sccache's `parse_size`: K, M, G and T, powers of 1024, in
/// either case. It takes anything else for its default of 10 GiB, without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(u64);

impl Size {
    /// In bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.0
    }
}

fn parse(text: &str) -> Option<u64> {
    let (digits, shift) = match text.char_indices().next_back()? {
        (at, 'K' | 'k') => (&text[..at], 10),
        (at, 'M' | 'm') => (&text[..at], 20),
        (at, 'G' | 'g') => (&text[..at], 30),
        (at, 'T' | 't') => (&text[..at], 40),
        _ => (text, 0),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    digits
        .parse::<u64>()
        .ok()?
        .checked_mul(1 << shift)
        .filter(|bytes| *bytes > 0)
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size in bytes above 0, whole, as an integer or with one of the suffixes K, M, G, T (\"20G\")")
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Size, E> {
        u64::try_from(value)
            .ok()
            .filter(|bytes| *bytes > 0)
            .map(Size)
            .ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Size, E> {
        parse(value)
            .map(Size)
            .ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

/// A [`Size`], or `false` for none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u64);

impl Limit {
    /// In bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.0
    }
}

struct LimitVisitor;

impl Visitor<'_> for LimitVisitor {
    type Value = Limit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SizeVisitor.expecting(f)?;
        f.write_str(", or false")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Limit, E> {
        if value {
            return Err(E::invalid_value(Unexpected::Bool(value), &self));
        }
        Ok(Limit(0))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Limit, E> {
        let size = SizeVisitor.visit_i64::<E>(value);
        size.map(|size| Limit(size.bytes()))
            .map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Limit, E> {
        let size = SizeVisitor.visit_str::<E>(value);
        size.map(|size| Limit(size.bytes()))
            .map_err(|_| E::invalid_value(Unexpected::Str(value), &self))
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LimitVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_what_sccache_reads() {
        assert_eq!(parse("20G"), Some(20 << 30));
        assert_eq!(parse("512m"), Some(512 << 20));
        assert_eq!(parse("1024"), Some(1024));
        for wrong in [
            "",
            "G",
            "20GB",
            "20 G",
            "1.5G",
            "-1",
            "+5",
            "0",
            "0G",
            "16777216T",
            "2€",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
