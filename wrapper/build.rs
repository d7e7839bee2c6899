//! Links the shim with its relocations packed, which would be a thirtieth of a binary that is linked statically.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
}
