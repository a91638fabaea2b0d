//! How often a property is tried.

use proptest::test_runner::Config;

/// So many cases in a daily run, or as many as `PROPTEST_CASES` asks for: `cargo xtask test --long`
/// asks for a hundred thousand.
pub fn cases(usual: u32) -> Config {
    let asked = Config::default();
    if std::env::var_os("PROPTEST_CASES").is_some() {
        asked
    } else {
        Config {
            cases: usual,
            ..asked
        }
    }
}
