//! Makes attribute sets.

use nix_sccache_core::Value;

/// An attribute set.
#[must_use]
pub fn attrs<const N: usize>(attrs: [(&str, Value); N]) -> Value {
    let attrs = attrs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Value::Attrs(attrs.collect())
}
