//! Links the shim without what a binary that is linked statically has room for and that nothing needs here: relocations that
//! are not packed, and the index by which a panic would find the names of functions, which are not there.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for argument in [
        "-Wl,-z,pack-relative-relocs",
        "-Wl,--no-eh-frame-hdr",
        "-Wl,-O2",
    ] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
