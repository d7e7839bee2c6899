/// What the program says.
pub fn greeting() -> &'static str {
    "hello, world"
}
