//! Names the languages whose compilers the shim stands in front of.

use crate::named::named;

named! {
    /// A language whose compiler the shim stands in front of, by its name in [`WRAP`](crate::WRAP) and in
    /// `rust.sccacheEnv`'s `wrap`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[cfg_attr(feature = "serde", derive(serde::Deserialize))]
    pub enum Language {
        /// rustc, by cargo's `RUSTC_WRAPPER`
        Rust = "rust",
        /// A C compiler, by CMake's launcher variable or by cc-rs, which takes the wrapper of rustc
        C = "c",
        /// A C++ compiler, likewise
        Cxx = "c++",
    }
}

impl Language {
    /// The languages that a value of [`WRAP`](crate::WRAP) names; names that are none are passed over.
    #[must_use]
    pub fn named_in(wrap: &str) -> Vec<Self> {
        let is_named = |language: &Self| wrap.split(',').any(|name| name == language.name());
        Self::ALL.iter().copied().filter(is_named).collect()
    }
}
