//! Notes who talks to another machine, and who makes a socket that has a path.

use core::ffi::{CStr, c_char, c_int, c_uint};
use core::mem::offset_of;

use linux_raw_sys::net::{AF_INET, AF_INET6, AF_UNIX, sockaddr_un};

use crate::changes::changed;
use crate::format::Kind;
use crate::sys::AT_FDCWD;
use crate::trace;

type Address = *const sockaddr_un;

/// The family of an address; 0 where there is none.
unsafe fn family(address: Address, length: c_uint) -> u32 {
    if address.is_null() || (length as usize) < offset_of!(sockaddr_un, sun_path) {
        return 0;
    }
    // SAFETY: each address begins with its family.
    unsafe { (*address).sun_family.into() }
}

/// Where a socket is bound to.
unsafe fn bound(address: Address, length: c_uint, result: c_int) -> c_int {
    const AT: usize = offset_of!(sockaddr_un, sun_path);
    let mut path = [0; size_of::<sockaddr_un>() + 1];
    // SAFETY: the caller's: it is as long.
    unsafe {
        if result != 0 || family(address, length) != AF_UNIX {
            return result;
        }
        let length = (length as usize).min(size_of::<sockaddr_un>()) - AT;
        core::ptr::copy_nonoverlapping(address.cast::<u8>().add(AT), path.as_mut_ptr(), length);
    }
    // One without a name, or with one that is no path.
    if path[0] == 0 || CStr::from_bytes_until_nul(&path).is_err() {
        return result;
    }
    // SAFETY: it ends in NUL.
    unsafe {
        changed(
            Kind::Write,
            0,
            AT_FDCWD,
            path.as_ptr().cast::<c_char>(),
            result,
        )
    }
}

// SAFETY of all below: addresses are the caller's, as for libc.
wrap! {
    fn bind(socket: c_int, address: Address, length: c_uint) -> c_int, real {
        unsafe { bound(address, length, real()) }
    }
    fn connect(socket: c_int, address: Address, length: c_uint) -> c_int, real {
        if [AF_INET, AF_INET6].contains(&unsafe { family(address, length) }) && trace::is_on() {
            trace::add_unnamed(&[b"the network"]);
        }
        real()
    }
}
