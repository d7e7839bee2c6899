//! A build script that is linked with a C library.

use std::ffi::{CStr, c_char};

#[link(name = "z")]
unsafe extern "C" {
    safe fn zlibVersion() -> *const c_char;
}

fn main() {
    // SAFETY: zlib has it in its constants.
    let version = unsafe { CStr::from_ptr(zlibVersion()) };
    println!("cargo::rustc-env=ZLIB={}", version.to_str().unwrap());
}
