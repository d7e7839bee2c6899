//! Looks at the process that loaded the plugin: what can be known of its Nix without any header.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::ptr::{self, NonNull};
use std::slice;

/// A symbol that is visible in the whole process.
pub(super) fn symbol(name: &CStr) -> Option<NonNull<c_void>> {
    // SAFETY: the name is a C string, and the default handle needs no opening.
    NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) })
}

/// The version that Nix gives itself: `nix::nixVersion`, in every Nix since 2.4 and every
/// Lix.
pub(super) fn nix_version() -> Option<String> {
    cxx_string(c"_ZN3nix10nixVersionB5cxx11E")
}

/// The version that Determinate Nix has beside that of the Nix that it is based on:
/// `nix::determinateNixVersion`.
pub(super) fn determinate_version() -> Option<String> {
    cxx_string(c"_ZN3nix21determinateNixVersionB5cxx11E")
}

/// The value of a `std::string` of libstdc++; with other C++ libraries names and layout
/// are others, and no such name is found.
fn cxx_string(name: &CStr) -> Option<String> {
    /// How libstdc++ lays out a string: where its bytes are, and how many.
    #[repr(C)]
    struct CxxString {
        data: *const u8,
        length: usize,
    }

    let found = symbol(name)?.cast::<CxxString>();
    // SAFETY: the mangled names are those of strings that begin so, which Nix changes only
    // before it loads plugins.
    let bytes = unsafe {
        let string = found.as_ref();
        slice::from_raw_parts(string.data, string.length)
    };
    Some(String::from_utf8_lossy(bytes).into_owned())
}

/// The file that a symbol was loaded from.
pub(super) fn file_of(symbol: NonNull<c_void>) -> Option<PathBuf> {
    // SAFETY: the structure holds pointers and integers, all of which may be zero.
    let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: dladdr takes any address, and fills the structure or returns 0.
    if unsafe { libc::dladdr(symbol.as_ptr(), &raw mut info) } == 0 || info.dli_fname.is_null() {
        return None;
    }
    // SAFETY: the loader's own C string, which lives as long as the file is loaded.
    Some(path(unsafe { CStr::from_ptr(info.dli_fname) }))
}

/// All files that are loaded, without the program itself.
pub(super) fn loaded_files() -> Vec<PathBuf> {
    unsafe extern "C" fn collect(
        info: *mut libc::dl_phdr_info,
        _size: usize,
        files: *mut c_void,
    ) -> c_int {
        // SAFETY: the loader gives a structure with a C string, and hands on the pointer
        // that it was given below, which nobody else uses meanwhile.
        let (name, files) = unsafe {
            (
                CStr::from_ptr((*info).dlpi_name),
                &mut *files.cast::<Vec<PathBuf>>(),
            )
        };
        if !name.is_empty() {
            files.push(path(name));
        }
        0
    }

    let mut files: Vec<PathBuf> = Vec::new();
    // SAFETY: the function is of the type that is wanted, and `files` outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(collect), (&raw mut files).cast()) };
    files
}

/// A shared library that stays loaded for good.
#[derive(Clone, Copy)]
pub(super) struct Library(NonNull<c_void>);

impl Library {
    /// Loads a library, whose symbols only this handle finds. The error is the loader's.
    pub(super) fn open(file: &Path) -> Result<Self, String> {
        Self::with(file, libc::RTLD_LAZY | libc::RTLD_LOCAL)
    }

    /// A library that the process has loaded already.
    pub(super) fn loaded(file: &Path) -> Option<Self> {
        Self::with(file, libc::RTLD_LAZY | libc::RTLD_NOLOAD).ok()
    }

    fn with(file: &Path, flags: c_int) -> Result<Self, String> {
        use std::os::unix::ffi::OsStrExt;
        let mut name = file.as_os_str().as_bytes().to_vec();
        name.push(0);
        // SAFETY: a C string, by the line above.
        let handle = unsafe { libc::dlopen(name.as_ptr().cast::<c_char>(), flags) };
        NonNull::new(handle).map(Self).ok_or_else(|| {
            // SAFETY: the loader's own C string, or null.
            let error = unsafe { libc::dlerror().as_ref() };
            match error {
                // SAFETY: as above.
                Some(error) => unsafe { CStr::from_ptr(ptr::from_ref(error)) }
                    .to_string_lossy()
                    .into_owned(),
                None => format!("{} cannot be loaded", file.display()),
            }
        })
    }

    /// A symbol of this library or of what it was linked with.
    pub(super) fn symbol(self, name: &CStr) -> Option<NonNull<c_void>> {
        // SAFETY: the handle is never closed, and the name is a C string.
        NonNull::new(unsafe { libc::dlsym(self.0.as_ptr(), name.as_ptr()) })
    }
}

fn path(name: &CStr) -> PathBuf {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    OsStr::from_bytes(name.to_bytes()).into()
}
