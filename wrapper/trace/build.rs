//! Links the library so that it fits any program: without C's start files, and with all symbols bound when it is loaded,
//! since later it may be in a child of `vfork` or on a small stack.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let own_list = "-Wl,-z,start-stop-visibility=hidden";
    for argument in ["-nostartfiles", "-nostdlib", "-Wl,-z,now", own_list] {
        println!("cargo::rustc-link-arg-cdylib={argument}");
    }
}
