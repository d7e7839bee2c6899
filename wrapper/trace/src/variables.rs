//! Notes which variables are looked up by name.

use core::ffi::c_char;

use crate::format::Kind;
use crate::path::bytes;
use crate::trace;

type Text = *const c_char;

/// Notes a look at a variable.
unsafe fn looked_up(name: Text) {
    // SAFETY: the caller's.
    if let Some(name) = unsafe { bytes(name) }
        && trace::is_on()
    {
        trace::add_once(Kind::Variable, 0, 0, &[name], || 0);
    }
}

// SAFETY of all below: strings are the caller's, as for libc.
wrap! {
    fn getenv(name: Text) -> *mut c_char, real { unsafe { looked_up(name) }; real() }
    fn secure_getenv(name: Text) -> *mut c_char, real { unsafe { looked_up(name) }; real() }
    fn __secure_getenv(name: Text) -> *mut c_char, real { unsafe { looked_up(name) }; real() }
}
