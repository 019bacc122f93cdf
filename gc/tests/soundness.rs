//! Goal: what safe code might try to get hold of a stale pointer does not compile, and says why.
//! Method: one program an attack; the accepted ones also make the compiler go as far as the
//! assertions about types.

#[test]
fn attacks_in_safe_code_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/accept/*.rs");
    cases.compile_fail("tests/ui/reject/*.rs");
}
