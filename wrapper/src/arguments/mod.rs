//! Reading a compiler's arguments: what is asked of it, and nothing more.

mod cc;
mod rustc;

pub(crate) use cc::CcCall;
pub(crate) use rustc::{RustcCall, is_rustc, is_sccaches_own, spelled_for_sccache};
