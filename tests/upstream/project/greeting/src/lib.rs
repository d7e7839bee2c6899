//! A crate with a procedural macro, a build script, C code and a library of the build's inputs.

use std::ffi::{CStr, c_char, c_int};

unsafe extern "C" {
    fn answer() -> c_int;
    fn zlibVersion() -> *const c_char;
}

/// What there is to say against somebody.
#[derive(Debug, thiserror::Error)]
#[error("{0} has a space in it")]
pub struct NotAName(String);

/// Greets with zlib's version.
pub fn greeting(name: &str) -> Result<String, NotAName> {
    if memchr::memchr(b' ', name.as_bytes()).is_some() {
        return Err(NotAName(name.to_owned()));
    }
    let version = unsafe { CStr::from_ptr(zlibVersion()) };
    Ok(format!("hello {name} from zlib {}", version.to_string_lossy()))
}

/// A number, by C.
pub fn number() -> i32 {
    unsafe { answer() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn greets() {
        assert!(super::greeting("nobody").is_ok());
        assert!(super::greeting("no body").is_err());
    }
}
