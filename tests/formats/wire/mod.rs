//! sccache's storage protocol.

mod frame;
mod reader;
mod request;
mod response;
mod statistics;
