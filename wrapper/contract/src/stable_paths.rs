//! Says when compilers are shown paths that stay the same from build to build.

/// When compilers are shown paths that stay the same while a lock file or a version changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum StablePaths {
    /// Where not a bit of what is built depends on it
    #[default]
    Exact,
    /// Also where LLVM names a local symbol by a hash of the module that it is in, and so by the
    /// paths in that: `NAME.llvm.NUMBER` has another number
    Always,
    /// Not at all
    Never,
}

impl StablePaths {
    const ALL: [Self; 3] = [Self::Exact, Self::Always, Self::Never];

    /// The name in [`crate::STABLE_PATHS`] and in `rust.sccacheEnv`'s `stablePaths`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Always => "always",
            Self::Never => "never",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
