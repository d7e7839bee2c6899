//! The prelude: the Nix code that makes the builtins of the plugin's one function.

/// Its text: a function of the attributes `ask` and `document`.
pub(super) const TEXT: &str = include_str!("../prelude.nix");

/// The prelude as a function of `ask`, for a Nix that shows the comments before functions.
pub(super) fn documented_by_comments() -> String {
    format!("ask: ({TEXT}) {{ inherit ask; }}")
}

/// The prelude as a function of `ask` and `document`, for a Nix that has documentation of
/// its own builtins only.
#[cfg(feature = "cxx-host")]
pub(super) fn documented_by_host() -> String {
    format!("ask: document: ({TEXT}) {{ inherit ask document; }}")
}
