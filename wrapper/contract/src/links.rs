//! Says what of that which is linked the cache serves.

use crate::named::named;

named! {
    /// What of that which is linked the cache serves: by its name in [`crate::LINKS`] and in `rust.sccacheEnv`'s `links`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    #[cfg_attr(feature = "serde", derive(serde::Deserialize))]
    pub enum Links {
        /// All: what runs while building is restored as it was linked, what may be installed as well, where that is exact, or
        /// is linked anew from restored objects
        #[default]
        All = "all",
        /// What runs while building only: build scripts, procedural macros of dependencies
        Host = "host",
        /// Nothing
        Never = "never",
    }
}
