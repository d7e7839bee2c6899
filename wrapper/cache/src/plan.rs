//! Lists the keys that a session asked for, so that the next one can fetch them before it does.
//!
//! A plan moves bytes and decides nothing: keys are computed all the same, and what comes of a wrong one is never asked for.
//!
//! # Format
//!
//! | bytes | what |
//! |---|---|
//! | 9 | `nscplan` with a zero, and the version of the format |
//! | 32 each | the keys, in the order in which they were asked for |
//! | 32 | the BLAKE3 digest of the plan's own key and of all before it |

use std::collections::HashSet;

use blake3::Hasher;
use nix_sccache_contract::wire::Key;

use crate::digest::Digest;
use crate::request::key_of;

const MAGIC: &[u8; 9] = b"nscplan\0\x01";

/// The most keys of one plan.
pub const MAX_KEYS: usize = 50_000;

/// The keys of a session, in order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan(Vec<Key>);

impl Plan {
    /// Of these keys, which may be there more than once, as many as there may be.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = Key>) -> Self {
        let mut seen = HashSet::new();
        let keys = keys.into_iter().filter(|key| seen.insert(*key));
        Self(keys.take(MAX_KEYS).collect())
    }

    /// What is stored under the plan's key; nothing where that is no plan, damaged, or another's.
    #[must_use]
    pub fn parse(bytes: &[u8], key: &Key) -> Option<Self> {
        let (body, digest) = bytes.split_last_chunk()?;
        let (keys, rest) = body
            .strip_prefix(MAGIC)?
            .as_chunks::<{ size_of::<Digest>() }>();
        let is_one = rest.is_empty() && keys.len() <= MAX_KEYS && digest_of(body, key) == *digest;
        let plan = is_one.then(|| Self::new(keys.iter().map(key_of)))?;
        (plan.0.len() == keys.len()).then_some(plan)
    }

    /// As it is stored under its key.
    #[must_use]
    pub fn encode(&self, key: &Key) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for key in &self.0 {
            bytes.extend(digest_of_key(key));
        }
        let digest = digest_of(&bytes, key);
        bytes.extend(digest);
        bytes
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// Whether another one has the same keys, in whatever order.
    #[must_use]
    pub fn has_keys_of(&self, other: &Self) -> bool {
        let keys: HashSet<_> = self.0.iter().collect();
        self.0.len() == other.0.len() && other.0.iter().all(|key| keys.contains(key))
    }
}

fn digest_of(body: &[u8], key: &Key) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(key.as_bytes()).update(body);
    *hasher.finalize().as_bytes()
}

/// The bytes that a key's digits stand for.
fn digest_of_key(key: &Key) -> impl Iterator<Item = u8> {
    let value = |digit: &u8| match digit {
        b'0'..=b'9' => digit - b'0',
        digit => digit - b'a' + 10,
    };
    let (pairs, _) = key.as_bytes().as_chunks();
    pairs
        .iter()
        .map(move |[high, low]| value(high) << 4 | value(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> Key {
        key_of(&[number; 32])
    }

    #[test]
    fn what_is_stored_comes_back() {
        for keys in [&[][..], &[9], &[0xab, 7, 0xab, 0x90]] {
            let plan = Plan::new(keys.iter().copied().map(key));
            let bytes = plan.encode(&Key::ZERO);
            assert_eq!(Plan::parse(&bytes, &Key::ZERO), Some(plan.clone()));
            assert_eq!(Plan::parse(&bytes, &key(1)), None);
            for bit in 0..bytes.len() * 8 {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Plan::parse(&changed, &Key::ZERO), None, "{bit}");
                assert_eq!(Plan::parse(&bytes[..bit / 8], &Key::ZERO), None);
            }
        }
        assert_eq!(Plan::new([7, 8, 7].map(key)).keys(), [7, 8].map(key));
    }

    #[test]
    fn the_order_is_of_no_matter() {
        let plan = |numbers: &[u8]| Plan::new(numbers.iter().copied().map(key));
        assert!(plan(&[1, 2]).has_keys_of(&plan(&[2, 1])));
        assert!(!plan(&[1, 2]).has_keys_of(&plan(&[1])));
        assert!(!plan(&[1, 2]).has_keys_of(&plan(&[1, 3])));
    }
}
