//! Notes which variables are looked up by name, and whether code asks that was loaded while the program ran.

use core::ffi::{c_char, c_void};

use crate::format::Kind;
use crate::libraries::by_dlopen;
use crate::next::Next;
use crate::path::bytes;
use crate::trace;

type Text = *const c_char;

/// Notes a look at a variable by code at an address, and returns the function that looks.
unsafe fn looked_up(name: Text, caller: usize, next: &Next) -> *const c_void {
    extern "C" fn absent() -> Text {
        core::ptr::null()
    }

    // SAFETY: the caller's.
    if let Some(name) = unsafe { bytes(name) }
        && trace::is_on()
    {
        trace::add_once(Kind::Variable, by_dlopen(caller), 0, &[name], || 0);
    }
    // SAFETY: any function is a pointer.
    unsafe { next.get() }.unwrap_or(absent as *const c_void)
}

macro_rules! before {
    ($(fn $before:ident, $name:literal;)*) => {$(
        unsafe extern "C" fn $before(name: Text, _: usize, _: usize, caller: usize) -> *const c_void {
            // SAFETY: it is called as libc's.
            unsafe { looked_up(name, caller, next!($name)) }
        }
    )*};
}

before! {
    fn before_getenv, c"getenv";
    fn before_secure_getenv, c"secure_getenv";
    fn before_old_secure_getenv, c"__secure_getenv";
}

jump! {
    fn getenv, before_getenv;
    fn secure_getenv, before_secure_getenv;
    fn __secure_getenv, before_old_secure_getenv;
}
