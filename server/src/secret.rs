//! Random text: names of requests, nonces, tokens.

/// `bytes` random bytes in hexadecimal.
///
/// # Panics
/// When the operating system has no randomness to give: nothing that follows would be safe.
pub fn random_hex(bytes: usize) -> String {
    let mut random = vec![0_u8; bytes];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}
