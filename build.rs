//! The rules are part of the program: it is built anew when one of them changes.

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=templates");
}
