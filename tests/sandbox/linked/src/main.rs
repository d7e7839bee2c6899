//! A program that is linked with a C library: it says thrice of which version that is.

use std::ffi::{CStr, c_char};

#[link(name = "z")]
unsafe extern "C" {
    safe fn zlibVersion() -> *const c_char;
}

fn main() {
    // SAFETY: zlib has it in its constants.
    let version = unsafe { CStr::from_ptr(zlibVersion()) };
    let versions = [
        version.to_str().unwrap(),
        macros::version!(),
        env!("ZLIB"),
    ];
    let said = format!("{versions:?}\n");
    // As the builder of a derivation.
    match std::env::var("out") {
        Ok(out) => std::fs::write(out, said).unwrap(),
        Err(_) => print!("{said}"),
    }
}
