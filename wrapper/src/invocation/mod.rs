//! Reads an invocation of a compiler.

mod compiler;

pub use self::compiler::Compiler;
