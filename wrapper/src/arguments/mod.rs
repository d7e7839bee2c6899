//! Reading a compiler's arguments: what is asked of it, and nothing more.

mod cc;
mod length;
mod rustc;

pub use cc::CcCall;
pub use length::are_too_long;
pub use rustc::{
    RustcCall, are_rustcs, for_sccache, has_version, is_rustc, options as rustc_options,
    spelled_for_sccache,
};
