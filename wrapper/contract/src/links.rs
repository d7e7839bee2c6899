//! Says what of that which is linked the cache serves.

/// What of that which is linked the cache serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Links {
    /// All: what runs while building is restored as it was linked, what may be installed is linked anew from restored
    /// objects
    #[default]
    All,
    /// What runs while building only: build scripts, procedural macros of dependencies
    Host,
    /// Nothing
    Never,
}

impl Links {
    const ALL: [Self; 3] = [Self::All, Self::Host, Self::Never];

    /// The name in [`crate::LINKS`] and in `rust.sccacheEnv`'s `links`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Host => "host",
            Self::Never => "never",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|links| links.name() == name)
    }
}
