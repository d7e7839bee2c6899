//! Names the languages whose compilers the shim stands in front of.

/// A language whose compiler the shim stands in front of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
pub enum Language {
    /// rustc, by cargo's `RUSTC_WRAPPER`
    #[cfg_attr(feature = "serde", serde(rename = "rust"))]
    Rust,
    /// A C compiler, by CMake's launcher variable or by cc-rs, which takes the wrapper of rustc
    #[cfg_attr(feature = "serde", serde(rename = "c"))]
    C,
    /// A C++ compiler, likewise
    #[cfg_attr(feature = "serde", serde(rename = "c++"))]
    Cxx,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rust, Self::C, Self::Cxx];

    /// The name in [`WRAP`](crate::WRAP) and in `rust.sccacheEnv`'s `wrap`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
            Self::Cxx => "c++",
        }
    }

    /// The languages that a value of [`WRAP`](crate::WRAP) names; names that are none are passed over.
    #[must_use]
    pub fn named_in(wrap: &str) -> Vec<Self> {
        Self::ALL
            .into_iter()
            .filter(|language| wrap.split(',').any(|name| name == language.name()))
            .collect()
    }
}
