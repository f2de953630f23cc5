//! How the shared library is linked: its name and what is locked down once loaded. What is not
//! exported is hidden by the version script that rustc hands to the linker, the allocator's symbols
//! too. Generates nothing; the header is made by `tests/header.rs`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    let options = [
        // Cargo sets none; programs record this name, and packagers link it to the file.
        "-soname,libliter_llm.so.0",
        // Its threads outlive dlclose: cffi and Node would unload the code under them.
        "-z,nodelete",
        "-z,relro",
        "-z,now",
        "-z,noexecstack",
    ];
    for option in options {
        println!("cargo:rustc-cdylib-link-arg=-Wl,{option}");
    }
    if std::env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu") {
        // The unwinder, of which only an archive exists. It comes before libgcc_s, which std names,
        // so that the shared library needs none where it runs.
        println!("cargo:rustc-link-lib=gcc_eh");
    }
}
