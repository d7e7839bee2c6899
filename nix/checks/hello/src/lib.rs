//! A library, because libraries are what sccache keeps.

/// The world, greeted.
#[must_use]
pub fn greeting() -> String {
    String::from("hello, world")
}
