//! A device's own key: with it a device hands over what a person did on it when nobody, or somebody
//! else, is signed in there.
//!
//! The device makes it, and tells it whenever it speaks in its person's session; the server keeps a hash.
//! It opens nothing: whoever shows it may tell what was done on that device, as its person, and is told
//! what was decided, nothing else.

use crate::ids::DeviceId;
use crate::ledger::chain::hexadecimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// How the header `Authorization` begins that shows one.
const SCHEME: &str = "Taswiq-Device ";

/// 256 random bits, as 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceKey(String);

/// A text that is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the key of a device")]
pub struct NotAKey;

impl DeviceKey {
    /// Makes one of randomness given by the caller.
    pub fn from_random(random: &[u8; 32]) -> Self {
        Self(hexadecimal(random))
    }

    /// What is stored of it. A hash of 256 random bits needs no salt and no stretching.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }

    /// The header `Authorization` by which a device shows it.
    pub fn authorization(&self, device: DeviceId) -> String {
        format!("{SCHEME}{device}.{}", self.0)
    }

    /// Reads that header.
    pub fn from_authorization(header: &str) -> Option<(DeviceId, Self)> {
        let (device, key) = header.strip_prefix(SCHEME)?.split_once('.')?;
        Some((device.parse().ok()?, key.to_owned().try_into().ok()?))
    }
}

impl TryFrom<String> for DeviceKey {
    type Error = NotAKey;
    fn try_from(text: String) -> Result<Self, NotAKey> {
        let is_key = text.len() == 64
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_key.then_some(Self(text)).ok_or(NotAKey)
    }
}

impl From<DeviceKey> for String {
    fn from(key: DeviceKey) -> Self {
        key.0
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("DeviceKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_key_is_read_from_its_header_and_nothing_else_is_one() {
        let device = DeviceId(Uuid::from_u128(7));
        let key = DeviceKey::from_random(&[0xAB; 32]);
        let header = key.authorization(device);
        assert_eq!(
            DeviceKey::from_authorization(&header),
            Some((device, key.clone()))
        );
        for wrong in [
            "",
            "Taswiq-Device ",
            "Bearer abc",
            &header[..header.len() - 1],
            &header.replace("ab", "AB"),
            &header.replace("Taswiq-Device", "taswiq-device"),
            &format!("{header}0"),
            &header.replacen('.', " ", 1),
        ] {
            assert_eq!(DeviceKey::from_authorization(wrong), None, "{wrong}");
        }
        assert_ne!(key.hash(), DeviceKey::from_random(&[0xAC; 32]).hash());
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = DeviceKey::from_random(&[0xAB; 32]);
        assert!(!format!("{key:?}").contains("ab"));
    }
}
