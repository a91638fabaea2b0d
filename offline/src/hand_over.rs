//! Seals what waits on a device into a file that anybody may carry to the server. The form of the file is told in
//! [`taswiq_domain::hand_over`].
//!
//! The browser's own cryptography does the work, and here is only what it does not know: how RFC 9180 makes the
//! key of what two points have in common. A library for all of it would bring another curve and cipher to every phone.

#[cfg(target_arch = "wasm32")]
pub mod browser;

use hkdf::Hkdf;
use sha2::Sha256;
use taswiq_domain::hand_over::{Contents, INFO, POINT_BYTES, SealingKey};

/// What is to be sealed, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The server's key.
    pub sealing_key: SealingKey,
    /// A file each; mostly one.
    pub files: Vec<Contents>,
}

/// What contents are encrypted with.
pub struct Key {
    /// Of AES-256-GCM.
    pub key: [u8; 32],
    /// Used once, as the key is.
    pub nonce: [u8; 12],
}

/// DHKEM(P-256, HKDF-SHA256).
const KEM: &[u8] = b"KEM\x00\x10";
/// That, HKDF-SHA256 and AES-256-GCM.
const SUITE: &[u8] = b"HPKE\x00\x10\x00\x01\x00\x02";
const MODE_BASE: u8 = 0;

/// The key of a file, of the x-coordinate that the phone's key and the server's have in common (RFC 9180,
/// sections 4.1 and 5.1).
pub fn key_of(shared: &[u8; 32], encapsulated: &[u8; POINT_BYTES], to: &SealingKey) -> Key {
    let both = [encapsulated.as_slice(), to.point()].concat();
    let secret: [u8; 32] = extract(&[], KEM, b"eae_prk", shared).expand(b"shared_secret", &both);
    let context = [
        &[MODE_BASE][..],
        &extract(&[], SUITE, b"psk_id_hash", &[]).digest,
        &extract(&[], SUITE, b"info_hash", INFO).digest,
    ]
    .concat();
    let secret = extract(&secret, SUITE, b"secret", &[]);
    Key {
        key: secret.expand(b"key", &context),
        nonce: secret.expand(b"base_nonce", &context),
    }
}

/// A key to derive others from, in its suite.
struct Extracted {
    suite: &'static [u8],
    digest: [u8; 32],
    hkdf: Hkdf<Sha256>,
}

/// `LabeledExtract`.
fn extract(salt: &[u8], suite: &'static [u8], label: &[u8], input: &[u8]) -> Extracted {
    let labelled = [b"HPKE-v1", suite, label, input].concat();
    let (digest, hkdf) = Hkdf::<Sha256>::extract(Some(salt), &labelled);
    Extracted {
        suite,
        digest: digest.into(),
        hkdf,
    }
}

impl Extracted {
    /// `LabeledExpand`.
    fn expand<const N: usize>(&self, label: &[u8], info: &[u8]) -> [u8; N] {
        let mut key = [0; N];
        let length = (N as u16).to_be_bytes();
        let parts = [&length[..], b"HPKE-v1", self.suite, label, info];
        // It refuses only what is longer than 255 hashes.
        let _ = self.hkdf.expand_multi_info(&parts, &mut key);
        key
    }
}
