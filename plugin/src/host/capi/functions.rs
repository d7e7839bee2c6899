//! Finds the functions of Nix's C API that the host uses, as `nix_api_util.h`, `nix_api_expr.h`
//! and `nix_api_value.h` of Nix 2.34.1 to 2.35 declare them.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::mem;
use std::ptr::NonNull;

macro_rules! opaque {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[repr(C)]
            pub(super) struct $name {
                _opaque: [u8; 0],
            }
        )*
    };
}

opaque! {
    /// `nix_c_context`: what a call says of its error.
    RawContext;
    /// `EvalState`: an evaluator.
    State;
    /// `nix_value`: a handle to a value.
    RawValue;
    /// `PrimOp`: a builtin.
    Primop;
}

/// `PrimOpFun`: how Nix calls a builtin.
pub(super) type PrimopFunction = unsafe extern "C" fn(
    user_data: *mut c_void,
    context: *mut RawContext,
    state: *mut State,
    arguments: *mut *mut RawValue,
    result: *mut RawValue,
);

/// `nix_get_string_callback`.
pub(super) type TakeString =
    unsafe extern "C" fn(start: *const c_char, length: c_uint, user_data: *mut c_void);

/// `NIX_OK` of `nix_err`.
pub(super) const OK: c_int = 0;
/// `NIX_ERR_NIX_ERROR` of `nix_err`.
pub(super) const NIX_ERROR: c_int = -4;
/// `NIX_TYPE_STRING` of `ValueType`.
pub(super) const TYPE_STRING: c_int = 4;

macro_rules! functions {
    ($($name:ident($($parameter:ident: $type:ty),*) -> $result:ty;)*) => {
        /// The functions, by the names that Nix gives them.
        pub(super) struct Functions {
            $(pub(super) $name: unsafe extern "C" fn($($parameter: $type),*) -> $result,)*
        }

        impl Functions {
            /// Looks all of them up; the error is the name of one that is missing.
            pub(super) fn find(symbol: impl Fn(&CStr) -> Option<NonNull<c_void>>) -> Result<Self, &'static str> {
                Ok(Self {
                    $($name: {
                        let name = concat!(stringify!($name), "\0");
                        let found = CStr::from_bytes_with_nul(name.as_bytes()).ok().and_then(&symbol);
                        let address = found.ok_or(stringify!($name))?;
                        // SAFETY: what Nix exports by this name is a function of this type.
                        unsafe {
                            mem::transmute::<
                                *mut c_void,
                                unsafe extern "C" fn($($parameter: $type),*) -> $result,
                            >(address.as_ptr())
                        }
                    },)*
                })
            }
        }
    };
}

functions! {
    nix_c_context_create() -> *mut RawContext;
    nix_c_context_free(context: *mut RawContext) -> ();
    nix_err_code(context: *const RawContext) -> c_int;
    nix_err_msg(context: *mut RawContext, read: *const RawContext, length: *mut c_uint) -> *const c_char;
    nix_set_err_msg(context: *mut RawContext, error: c_int, message: *const c_char) -> c_int;
    nix_gc_decref(context: *mut RawContext, object: *const c_void) -> c_int;
    nix_alloc_primop(
        context: *mut RawContext,
        function: PrimopFunction,
        arity: c_int,
        name: *const c_char,
        parameters: *const *const c_char,
        doc: *const c_char,
        user_data: *mut c_void
    ) -> *mut Primop;
    nix_register_primop(context: *mut RawContext, primop: *mut Primop) -> c_int;
    nix_init_primop(context: *mut RawContext, value: *mut RawValue, primop: *mut Primop) -> c_int;
    nix_alloc_value(context: *mut RawContext, state: *mut State) -> *mut RawValue;
    nix_value_decref(context: *mut RawContext, value: *mut RawValue) -> c_int;
    nix_value_force(context: *mut RawContext, state: *mut State, value: *mut RawValue) -> c_int;
    nix_value_call(
        context: *mut RawContext,
        state: *mut State,
        function: *mut RawValue,
        argument: *mut RawValue,
        result: *mut RawValue
    ) -> c_int;
    nix_expr_eval_from_string(
        context: *mut RawContext,
        state: *mut State,
        code: *const c_char,
        path: *const c_char,
        result: *mut RawValue
    ) -> c_int;
    nix_get_type(context: *mut RawContext, value: *const RawValue) -> c_int;
    nix_get_string(
        context: *mut RawContext,
        value: *const RawValue,
        take: TakeString,
        user_data: *mut c_void
    ) -> c_int;
    nix_init_string(context: *mut RawContext, value: *mut RawValue, text: *const c_char) -> c_int;
}
