//! Makes the request key: what is known of an invocation before any file is looked at.

use nix_sccache_contract::hex;
use nix_sccache_contract::wire::Key;

use crate::digest::Digest;

/// The version of keys, manifests and entries. Each change of what they mean is another one:
///
/// | version | why |
/// |---|---|
/// | 1 | the first |
/// | 2 | what is compressed of an entry is digested as it is stored |
/// | 3 | directories that programs beside rustc list count, also where rustc looks for crates |
/// | 4 | variables that a macro asks for count all, and so does what is asked of the machine |
pub const VERSION: u8 = 4;

/// A key in the making: fields with tags and lengths, so that no two lists of fields are the same bytes. They are digested at once,
/// several blocks at a time.
pub struct KeyHasher(Vec<u8>);

impl KeyHasher {
    /// Begins a key of this kind: `request`, `result`, …
    #[must_use]
    pub fn new(kind: &str) -> Self {
        let mut key = Self(Vec::new());
        key.field("nix-sccache", &[VERSION]);
        key.field("kind", kind.as_bytes());
        key
    }

    /// Adds a field.
    pub fn field(&mut self, tag: &str, value: &[u8]) {
        for bytes in [tag.as_bytes(), value] {
            self.0
                .extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            self.0.extend_from_slice(bytes);
        }
    }

    /// The digest of the fields.
    #[must_use]
    pub fn digest(&self) -> Digest {
        *blake3::hash(&self.0).as_bytes()
    }

    /// The key for the storage.
    #[must_use]
    pub fn key(&self) -> Key {
        key_of(&self.digest())
    }
}

/// A digest as a key for the storage.
#[must_use]
pub fn key_of(digest: &Digest) -> Key {
    // 32 bytes are 64 digits.
    Key::new(hex(digest).as_bytes()).unwrap_or(Key::ZERO)
}
