//! Finds the functions that this library stands in front of: of libc, or of what else is preloaded.
//!
//! It does what `dlsym(RTLD_NEXT, …)` does, which a process has only since glibc 2.34 or with libdl, and which may
//! allocate. All are looked up at the first call ([`ready`](crate::ready)), since later another thread may hold the
//! dynamic linker's lock.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::transmute_copy;
use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicUsize, Ordering};

use linux_raw_sys::elf::{
    DT_GNU_HASH, DT_HASH, DT_NULL, DT_STRTAB, DT_SYMTAB, DT_VERSYM, Elf_Dyn, Elf_Phdr, Elf_Sym,
    PT_DYNAMIC, PT_LOAD,
};

/// A function of libc, by its name.
pub struct Next {
    name: &'static CStr,
    hash: u32,
    found: AtomicUsize,
}

impl Next {
    /// The function of this name, not looked up yet.
    pub const fn new(name: &'static CStr) -> Self {
        Self {
            name,
            hash: gnu_hash(name.to_bytes()),
            found: AtomicUsize::new(0),
        }
    }

    /// The function, as a pointer of the type `F`; nothing where there is none.
    ///
    /// # Safety
    ///
    /// `F` is the type of a pointer to that function.
    pub unsafe fn get<F: Copy>(&self) -> Option<F> {
        crate::ready::ensure();
        let found = self.found.load(Ordering::Relaxed);
        // SAFETY: an address is as long as a pointer to a function, and the caller knows its type.
        (found != 0).then(|| unsafe { transmute_copy(&found) })
    }
}

/// What a function returns where libc has none of that name: as if it failed.
pub trait Absent {
    const ABSENT: Self;
}

impl Absent for c_int {
    const ABSENT: Self = -1;
}

impl Absent for isize {
    const ABSENT: Self = -1;
}

impl<T> Absent for *mut T {
    const ABSENT: Self = ptr::null_mut();
}

/// libc's function of a name, which is looked up with all others.
macro_rules! next {
    ($name:expr) => {{
        // SAFETY: all in this section is of this type.
        #[used]
        #[unsafe(link_section = "nix_sccache_next")]
        static NEXT: crate::next::Next = crate::next::Next::new($name);
        &NEXT
    }};
}

/// Defines functions that stand in front of libc's of the same name: `fn name | other(arguments) -> result, real { … }`,
/// where `real` calls libc's with the same arguments; `(real, next)` gives libc's function as well, if there is one. All
/// are called by C programs, with what libc's want.
macro_rules! wrap {
    (@one $name:ident $arguments:tt -> $result:ty, $real:ident $body:block) => {
        wrap! { @one $name $arguments -> $result, ($real, _next) $body }
    };
    (@one $name:ident($($argument:ident: $type:ty),* $(,)?) -> $result:ty, ($real:ident, $next:ident) $body:block) => {
        // SAFETY: that other calls of this name come here is what this library is for.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $type),*) -> $result {
            // SAFETY: no name has a NUL.
            let next = next!(unsafe {
                core::ffi::CStr::from_bytes_with_nul_unchecked(concat!(stringify!($name), "\0").as_bytes())
            });
            // SAFETY: it is libc's function of this name, and what it is called with is the caller's.
            let $next = unsafe { next.get::<unsafe extern "C" fn($($type),*) -> $result>() };
            #[allow(unused_variables, reason = "some call another function")]
            let $real = || match $next {
                // SAFETY: as above.
                Some(next) => unsafe { next($($argument),*) },
                None => {
                    crate::sys::set_errno(linux_raw_sys::errno::ENOSYS as core::ffi::c_int);
                    <$result as crate::next::Absent>::ABSENT
                }
            };
            $body
        }
    };
    (@each [$($name:ident)+] $arguments:tt -> $result:ty, $real:tt $body:block) => {
        $(wrap! { @one $name $arguments -> $result, $real $body })+
    };
    ($(fn $($name:ident)|+($($argument:tt)*) -> $result:ty, $real:tt $body:block)*) => {
        $(wrap! { @each [$($name)+] ($($argument)*) -> $result, $real $body })*
    };
}

/// libc's function of a name, for what [`jump`](macro@jump) jumps to.
macro_rules! function {
    ($name:literal) => {
        // SAFETY: any function is a pointer.
        unsafe { next!($name).get() }.unwrap_or(crate::next::absent as *const core::ffi::c_void)
    };
}

/// Stands for one that libc has not.
pub unsafe extern "C" fn absent() -> c_int {
    -1
}

/// Defines functions of up to three arguments that call `$before` with these, and with where they return to, and jump to
/// what it returns.
macro_rules! jump {
    ($(fn $name:ident, $before:ident;)*) => {$(
        // SAFETY: that other calls of this name come here is what this library is for. It has the same stack and the same arguments
        // when it jumps as when it began.
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        unsafe extern "C" fn $name() {
            #[cfg(target_arch = "x86_64")]
            core::arch::naked_asm!(
                "push rdi",
                "push rsi",
                "push rdx",
                "mov rcx, [rsp + 24]",
                "call {before}",
                "pop rdx",
                "pop rsi",
                "pop rdi",
                "jmp rax",
                before = sym $before,
            );
            #[cfg(target_arch = "aarch64")]
            core::arch::naked_asm!(
                "stp x29, x30, [sp, #-48]!",
                "mov x29, sp",
                "stp x0, x1, [sp, #16]",
                "str x2, [sp, #32]",
                "mov x3, x30",
                "bl {before}",
                "mov x16, x0",
                "ldr x2, [sp, #32]",
                "ldp x0, x1, [sp, #16]",
                "ldp x29, x30, [sp], #48",
                "br x16",
                before = sym $before,
            );
        }
    )*};
}

/// What the dynamic linker tells of an object: a part of C's `struct dl_phdr_info`, which glibc and musl share.
#[repr(C)]
struct Info {
    base: usize,
    name: *const c_char,
    headers: *const Elf_Phdr,
    count: u16,
}

unsafe extern "C" {
    fn dl_iterate_phdr(
        each: unsafe extern "C" fn(*const Info, usize, *mut c_void) -> c_int,
        data: *mut c_void,
    ) -> c_int;

    // Of the linker: the section's ends.
    static __start_nix_sccache_next: usize;
    static __stop_nix_sccache_next: usize;
}

/// A program or library in this process.
pub struct Object<'a> {
    base: usize,
    /// As the dynamic linker calls it: its path, or nothing for the program.
    pub name: &'a [u8],
    headers: &'a [Elf_Phdr],
}

/// Calls `each` with the objects of the process, in the order in which names are looked up, until it returns `false`.
pub fn objects(mut each: impl FnMut(&Object) -> bool) {
    unsafe extern "C" fn with<F: FnMut(&Object) -> bool>(
        info: *const Info,
        _: usize,
        data: *mut c_void,
    ) -> c_int {
        // SAFETY: the dynamic linker passes on the pointer to `each`, and a whole structure with what it points to.
        let (each, info) = unsafe { (&mut *data.cast::<F>(), &*info) };
        // SAFETY: as above.
        let (name, headers) = unsafe {
            let name = if info.name.is_null() {
                c""
            } else {
                CStr::from_ptr(info.name)
            };
            (
                name.to_bytes(),
                slice::from_raw_parts(info.headers, info.count.into()),
            )
        };
        c_int::from(!each(&Object {
            base: info.base,
            name,
            headers,
        }))
    }

    fn of<F: FnMut(&Object) -> bool>(each: &mut F) {
        // SAFETY: the function takes what is passed on to it for what it is.
        unsafe { dl_iterate_phdr(with::<F>, ptr::from_mut(each).cast()) };
    }

    of(&mut each);
}

impl Object<'_> {
    /// Whether it is this library.
    pub fn is_own(&self) -> bool {
        self.holds(ptr::from_ref(objects_place()).addr())
    }

    /// Whether an address is in it.
    pub fn holds(&self, address: usize) -> bool {
        self.headers
            .iter()
            .filter(|it| it.p_type == PT_LOAD)
            .any(|it| {
                let from = self.base + it.p_vaddr;
                (from..from + it.p_memsz).contains(&address)
            })
    }

    /// Its tables of symbols; nothing where it has none.
    fn symbols(&self) -> Option<Symbols> {
        let dynamic = self.headers.iter().find(|it| it.p_type == PT_DYNAMIC)?;
        let mut entry = ptr::with_exposed_provenance::<Elf_Dyn>(self.base + dynamic.p_vaddr);
        let (mut names, mut table, mut versions, mut gnu, mut plain) = (0, 0, 0, 0, 0);
        loop {
            // SAFETY: the list ends with DT_NULL.
            let it = unsafe { &*entry };
            // glibc adds the base when it loads an object, musl does not.
            // SAFETY: each is a number, whichever it is taken for.
            let value = unsafe { it.d_un.d_ptr } as usize;
            let place = if value < self.base {
                self.base + value
            } else {
                value
            };
            match it.d_tag as usize {
                DT_NULL => break,
                DT_STRTAB => names = place,
                DT_SYMTAB => table = place,
                DT_VERSYM => versions = place,
                DT_GNU_HASH => gnu = place,
                DT_HASH => plain = place,
                _ => {}
            }
            entry = entry.wrapping_add(1);
        }
        (names != 0 && table != 0 && (gnu != 0 || plain != 0)).then_some(Symbols {
            base: self.base,
            names,
            table,
            versions,
            gnu,
            plain,
        })
    }

    /// The address of what it defines under this name: of the version that is linked with by default, else of any.
    pub fn symbol(&self, name: &CStr) -> Option<usize> {
        self.symbols()?.find(name, gnu_hash(name.to_bytes()))
    }

    /// Whether it uses a variable or function of this name of another object.
    pub fn needs(&self, name: &CStr) -> bool {
        let Some(symbols) = self.symbols() else {
            return false;
        };
        (1..symbols.count_undefined()).any(|index| {
            // SAFETY: the table has as many.
            unsafe { symbols.symbol(index).st_shndx == 0 && symbols.name(index) == name }
        })
    }
}

/// Bit of a symbol's version: it is not the one that is linked with by default.
const HIDDEN: u16 = 0x8000;

/// Where the tables of an object's symbols are.
struct Symbols {
    base: usize,
    names: usize,
    table: usize,
    versions: usize,
    gnu: usize,
    plain: usize,
}

/// The number at a place in a table.
///
/// # Safety
///
/// There is one.
unsafe fn number<T: Copy>(place: usize) -> T {
    // SAFETY: the caller's.
    unsafe { *ptr::with_exposed_provenance(place) }
}

// SAFETY of all blocks below: the tables are those that the dynamic linker itself goes by, and have the shape that the ELF
// specification and GNU's extension of it give them.
impl Symbols {
    unsafe fn symbol(&self, index: usize) -> &Elf_Sym {
        // SAFETY: see above.
        unsafe { &*ptr::with_exposed_provenance::<Elf_Sym>(self.table).add(index) }
    }

    unsafe fn name(&self, index: usize) -> &CStr {
        // SAFETY: see above.
        unsafe {
            CStr::from_ptr(ptr::with_exposed_provenance(
                self.names + self.symbol(index).st_name as usize,
            ))
        }
    }

    fn find(&self, name: &CStr, hash: u32) -> Option<usize> {
        let mut other_version = None;
        let mut check = |index: usize| {
            // SAFETY: see above.
            unsafe {
                let symbol = self.symbol(index);
                if symbol.st_shndx == 0 || symbol.st_value == 0 || self.name(index) != name {
                    return None;
                }
                let place = self.base + symbol.st_value;
                if self.versions != 0 && number::<u16>(self.versions + index * 2) & HIDDEN != 0 {
                    other_version = Some(place);
                    return None;
                }
                Some(place)
            }
        };
        // SAFETY: see above.
        let found = unsafe {
            if self.gnu == 0 {
                self.by_plain_hash(name, &mut check)
            } else {
                self.by_gnu_hash(hash, &mut check)
            }
        };
        found.or(other_version)
    }

    /// Tries the symbols that can be it by GNU's table of hashes.
    unsafe fn by_gnu_hash(
        &self,
        hash: u32,
        check: &mut impl FnMut(usize) -> Option<usize>,
    ) -> Option<usize> {
        // SAFETY: see above.
        unsafe {
            let [buckets, first, words, shift] = number::<[u32; 4]>(self.gnu);
            let filter = self.gnu + 16;
            let bucket_table = filter + words as usize * size_of::<usize>();
            let chain = bucket_table + buckets as usize * 4;
            if buckets == 0 || words == 0 {
                return None;
            }
            let word: usize =
                number(filter + (hash / usize::BITS % words) as usize * size_of::<usize>());
            let bits = (1_usize << (hash % usize::BITS)) | (1 << ((hash >> shift) % usize::BITS));
            if word & bits != bits {
                return None;
            }
            let mut index = number::<u32>(bucket_table + (hash % buckets) as usize * 4);
            if index < first {
                return None;
            }
            loop {
                let it: u32 = number(chain + (index - first) as usize * 4);
                if it | 1 == hash | 1
                    && let Some(found) = check(index as usize)
                {
                    return Some(found);
                }
                if it & 1 != 0 {
                    return None;
                }
                index += 1;
            }
        }
    }

    /// Tries the symbols that can be it by the table of hashes of the ELF specification.
    unsafe fn by_plain_hash(
        &self,
        name: &CStr,
        check: &mut impl FnMut(usize) -> Option<usize>,
    ) -> Option<usize> {
        let hash = name.to_bytes().iter().fold(0_u32, |hash, byte| {
            let hash = (hash << 4).wrapping_add((*byte).into());
            (hash ^ (hash & 0xf000_0000) >> 24) & 0x0fff_ffff
        });
        // SAFETY: see above.
        unsafe {
            let buckets: u32 = number(self.plain);
            let chain = self.plain + 8 + buckets as usize * 4;
            let mut index: u32 = number(self.plain + 8 + hash.checked_rem(buckets)? as usize * 4);
            while index != 0 {
                if let Some(found) = check(index as usize) {
                    return Some(found);
                }
                index = number(chain + index as usize * 4);
            }
        }
        None
    }

    /// How many symbols there are before those that the object defines, with some of these where only the older table tells.
    fn count_undefined(&self) -> usize {
        // SAFETY: see above. The second number is, of GNU's table, the first symbol that is in it, and of the other the
        // number of all.
        unsafe { number::<u32>(if self.gnu == 0 { self.plain } else { self.gnu } + 4) as usize }
    }
}

/// GNU's hash of a symbol's name.
const fn gnu_hash(name: &[u8]) -> u32 {
    let mut hash = 5381_u32;
    let mut rest = name;
    while let [byte, after @ ..] = rest {
        hash = hash.wrapping_mul(33).wrapping_add(*byte as u32);
        rest = after;
    }
    hash
}

/// Something that is in this library.
fn objects_place() -> &'static Next {
    &raw_list()[0]
}

/// All functions that this library looks for.
fn raw_list() -> &'static [Next] {
    // SAFETY: the linker puts these two around all that is in the section, which has nothing else in it.
    unsafe {
        let first = (&raw const __start_nix_sccache_next).cast::<Next>();
        let end = (&raw const __stop_nix_sccache_next).cast::<Next>();
        slice::from_raw_parts(first, end.offset_from_unsigned(first))
    }
}

/// Looks all of them up that were not found: in the objects after this library, else in all but the program.
pub fn look_up() {
    for only_after in [true, false] {
        let mut is_after = false;
        objects(|object| {
            if object.is_own() {
                is_after = true;
            } else if (is_after || !only_after)
                && !object.name.is_empty()
                && let Some(symbols) = object.symbols()
            {
                for next in raw_list()
                    .iter()
                    .filter(|it| it.found.load(Ordering::Relaxed) == 0)
                {
                    let found = symbols
                        .find(next.name, next.hash)
                        .or_else(|| plain_name(next.name, &symbols));
                    if let Some(found) = found {
                        next.found.store(found, Ordering::Relaxed);
                    }
                }
            }
            true
        });
    }
}

/// The function without the `64` that later releases of musl have no more in their names.
fn plain_name(name: &CStr, symbols: &Symbols) -> Option<usize> {
    let plain = name.to_bytes().strip_suffix(b"64")?;
    let mut buffer = [0; 32];
    buffer.get_mut(..plain.len())?.copy_from_slice(plain);
    let plain = CStr::from_bytes_until_nul(&buffer).ok()?;
    symbols.find(plain, gnu_hash(plain.to_bytes()))
}
