//! Knows the stores that sccache has, each with every setting it has for it.
//!
//! Names follow sccache's configuration file, in nixpkgs' spelling. Every store but the
//! ephemeral one takes `readOnly`: read from it, never write. Secrets have a name here only
//! so that giving one is answered with what to do instead.

mod azure;
mod cos;
mod directory;
mod ephemeral;
mod gcs;
mod gha;
mod memcached;
mod oss;
mod redis;
mod s3;
mod server;
mod store;
mod webdav;

pub use azure::Azure;
pub use cos::Cos;
pub use directory::Directory;
pub use ephemeral::Ephemeral;
pub use gcs::Gcs;
pub use gha::Gha;
pub use memcached::Memcached;
pub use oss::Oss;
pub use redis::Redis;
pub use s3::S3;
pub use server::Server;
pub(super) use store::Store;
pub use webdav::Webdav;
