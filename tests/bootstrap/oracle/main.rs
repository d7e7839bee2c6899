//! The Rust half of a rustc source's bootstrap, to the point where it has read its config: ends
//! well where it accepts it, and says what it does not like where it does not.

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    #[cfg(feature = "flags-are-parsed-within")]
    let _ = bootstrap::Config::parse(&arguments);
    #[cfg(not(feature = "flags-are-parsed-within"))]
    let _ = bootstrap::Config::parse(bootstrap::Flags::parse(&arguments));
}
