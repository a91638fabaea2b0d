//! Randomness: names of requests, nonces, tokens, moments to come back.

/// `bytes` random bytes in hexadecimal.
///
/// # Panics
/// When the operating system has no randomness to give: nothing that follows would be safe.
pub fn random_hex(bytes: usize) -> String {
    let mut random = vec![0_u8; bytes];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A number below `end`, none much likelier than another.
///
/// # Panics
/// As [`random_hex`].
pub fn random_below(end: u32) -> u32 {
    let mut random = [0_u8; 4];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    u32::from_le_bytes(random) % end.max(1)
}
