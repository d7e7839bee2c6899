//! A procedural macro that is linked with a C library.

use std::ffi::{CStr, c_char};

use proc_macro::TokenStream;

#[link(name = "z")]
unsafe extern "C" {
    safe fn zlibVersion() -> *const c_char;
}

/// zlib's version, as a string.
#[proc_macro]
pub fn version(_: TokenStream) -> TokenStream {
    // SAFETY: zlib has it in its constants.
    let version = unsafe { CStr::from_ptr(zlibVersion()) };
    format!("{:?}", version.to_str().unwrap()).parse().unwrap()
}
