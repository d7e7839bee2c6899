//! Gives memory for a time without libc: of the stack, or of the kernel where that would be too much of it.

use core::slice;

use crate::sys;

/// Calls `with` with this many numbers that are zero. Nothing is called where there is no memory.
///
/// A child of `vfork` that does not come back from `with`, since it became another program, leaves what is of the kernel to its
/// parent.
pub fn words<T>(count: usize, with: impl FnOnce(&mut [usize]) -> T) -> Option<T> {
    match count {
        ..=256 => Some(on_stack::<256, T>(count, with)),
        257..=1024 => Some(on_stack::<1024, T>(count, with)),
        _ => of_kernel(count, with),
    }
}

#[inline(never)]
fn on_stack<const N: usize, T>(count: usize, with: impl FnOnce(&mut [usize]) -> T) -> T {
    with(&mut [0; N][..count])
}

#[inline(never)]
fn of_kernel<T>(count: usize, with: impl FnOnce(&mut [usize]) -> T) -> Option<T> {
    let length = count.checked_mul(size_of::<usize>())?;
    let place = sys::map(length, None).ok()?;
    // SAFETY: the memory is new, as long, aligned to pages, and all zeros.
    let result = with(unsafe { slice::from_raw_parts_mut(place.cast(), count) });
    // SAFETY: nobody has it any more.
    unsafe { sys::unmap(place, length) };
    Some(result)
}

/// Calls `with` with this many bytes that are zero.
pub fn bytes<T>(count: usize, with: impl FnOnce(&mut [u8]) -> T) -> Option<T> {
    words(count.div_ceil(size_of::<usize>()), |words| {
        // SAFETY: the same memory, of which every byte is a number.
        with(unsafe { slice::from_raw_parts_mut(words.as_mut_ptr().cast(), count) })
    })
}
