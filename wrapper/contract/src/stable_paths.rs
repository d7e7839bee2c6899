//! Says when compilers are shown paths that stay the same from build to build.

use crate::named::named;

named! {
    /// When compilers are shown paths that stay the same while a lock file or a version changes: by its name in
    /// [`crate::STABLE_PATHS`] and in `rust.sccacheEnv`'s `stablePaths`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    #[cfg_attr(feature = "serde", derive(serde::Deserialize))]
    pub enum StablePaths {
        /// Where not a bit of what is built depends on it
        #[default]
        Exact = "exact",
        /// Also where LLVM names a local symbol by a hash of the module that it is in, and so by the
        /// paths in that: `NAME.llvm.NUMBER` has another number
        Always = "always",
        /// Not at all
        Never = "never",
    }
}
