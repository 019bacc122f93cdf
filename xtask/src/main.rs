//! `cargo xtask`: the commands by which anyone can see that the project works.
fn main() {}
