//! A photo that somebody adds to what they say: a small JPEG, made smaller by the phone before it is
//! kept.
//!
//! It travels as text (base64) inside the command it belongs to, so it is saved, sent and answered with
//! it. Whoever takes it in looks at its bytes and never at what it is said to be.

use crate::limits;
use serde::{Deserialize, Serialize};

/// A photo as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Photo(pub String);

/// Why something is no photo that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// More bytes than a phone should send.
    #[error("the photo is larger than {bytes_max} bytes")]
    TooLarge {
        /// How many there may be.
        bytes_max: usize,
    },
    /// The text is not base64, or what it holds is not a whole JPEG of a sensible size.
    #[error("this is no JPEG")]
    NotJpeg,
}

impl Photo {
    /// The bytes, looked at: a whole JPEG within all limits.
    ///
    /// # Errors
    /// When they are anything else.
    pub fn jpeg(&self) -> Result<Vec<u8>, PhotoError> {
        if self.0.len() > limits::PHOTO_BYTES.div_ceil(3) * 4 {
            return Err(PhotoError::TooLarge {
                bytes_max: limits::PHOTO_BYTES,
            });
        }
        let bytes = from_base64(&self.0).ok_or(PhotoError::NotJpeg)?;
        check_jpeg(&bytes)?;
        Ok(bytes)
    }
}

/// Walks the segments of a JPEG up to its pixels: a file that only begins like one is refused.
///
/// # Errors
/// When it is larger than what is taken, or no whole JPEG with a sensible number of pixels.
pub fn check_jpeg(bytes: &[u8]) -> Result<(), PhotoError> {
    if bytes.len() > limits::PHOTO_BYTES {
        return Err(PhotoError::TooLarge {
            bytes_max: limits::PHOTO_BYTES,
        });
    }
    if is_jpeg(bytes) == Some(true) {
        Ok(())
    } else {
        Err(PhotoError::NotJpeg)
    }
}

fn is_jpeg(bytes: &[u8]) -> Option<bool> {
    let mut rest = bytes
        .strip_prefix(&[0xFF, 0xD8])?
        .strip_suffix(&[0xFF, 0xD9])?;
    let mut has_sensible_size = false;
    loop {
        let (marker, after) = match rest {
            [0xFF, marker, after @ ..] => (*marker, after),
            _ => return None,
        };
        let length = usize::from(u16::from_be_bytes(*after.first_chunk()?));
        let segment = after.get(2..length)?;
        match marker {
            // The size of the picture: baseline, extended or progressive.
            0xC0..=0xC2 => {
                let [_, high, low, wide, narrow, ..] = segment else {
                    return None;
                };
                let side = |pair: [u8; 2]| {
                    (1..=limits::PHOTO_SIDE_PIXELS).contains(&u16::from_be_bytes(pair))
                };
                has_sensible_size = side([*high, *low]) && side([*wide, *narrow]);
            }
            // From here on there are pixels.
            0xDA => return Some(has_sensible_size),
            _ => {}
        }
        rest = after.get(length..)?;
    }
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.as_bytes();
    if text.is_empty() || !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text[..text.len() - padding].chunks(4) {
        let mut group: u32 = 0;
        for byte in four {
            group = group << 6 | sextet(*byte)?;
        }
        group <<= 6 * (4 - four.len());
        bytes.extend(&group.to_be_bytes()[1..four.len()]);
    }
    Some(bytes)
}

const fn sextet(byte: u8) -> Option<u32> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    } as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen by eight pixels, without any that mean something.
    fn jpeg() -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8];
        bytes.extend([0xFF, 0xE0, 0, 4, 1, 2]);
        bytes.extend([0xFF, 0xC0, 0, 8, 8, 0, 8, 0, 16, 0]);
        bytes.extend([0xFF, 0xDA, 0, 2, 5, 5, 5]);
        bytes.extend([0xFF, 0xD9]);
        bytes
    }

    fn to_base64(bytes: &[u8]) -> String {
        const LETTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for three in bytes.chunks(3) {
            let mut group = [0; 4];
            group[1..=three.len()].copy_from_slice(three);
            let group = u32::from_be_bytes(group);
            for index in 0..4 {
                let letter = LETTERS[(group >> (18 - 6 * index)) as usize & 63];
                text.push(if index > three.len() {
                    '='
                } else {
                    char::from(letter)
                });
            }
        }
        text
    }

    #[test]
    fn a_photo_is_the_bytes_it_was_made_of() {
        for length in 0..3 {
            let mut bytes = jpeg();
            let pixels = bytes.len() - 2;
            bytes.splice(pixels..pixels, vec![7; length]);
            assert_eq!(Photo(to_base64(&bytes)).jpeg(), Ok(bytes));
        }
    }

    #[test]
    fn what_only_begins_like_a_jpeg_is_none() {
        let mut without_size = jpeg();
        without_size.drain(8..18);
        let mut endless = jpeg();
        endless.truncate(endless.len() - 1);
        let mut nothing_high = jpeg();
        nothing_high[14] = 0;
        let mut immense = jpeg();
        immense[13] = 0xFF;
        let mut page = jpeg();
        page.splice(2..2, *b"<script>");
        for bytes in [
            without_size,
            endless,
            nothing_high,
            immense,
            page,
            b"\xFF\xD8\xFF\xD9".to_vec(),
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            b"\x89PNG\r\n\x1a\n".to_vec(),
        ] {
            assert_eq!(check_jpeg(&bytes), Err(PhotoError::NotJpeg), "{bytes:x?}");
        }
        for text in [
            "",
            "=",
            "====",
            "A===",
            "/9j/4A",
            "/9j/\n4A=",
            "data:image/jpeg;base64,/9j/",
        ] {
            assert_eq!(
                Photo(text.to_owned()).jpeg(),
                Err(PhotoError::NotJpeg),
                "{text}"
            );
        }
    }

    #[test]
    fn a_photo_has_a_largest_size() {
        let padded = |length: usize| {
            let mut bytes = jpeg();
            let pixels = bytes.len() - 2;
            bytes.splice(pixels..pixels, vec![7; length - bytes.len()]);
            bytes
        };
        let refused = PhotoError::TooLarge {
            bytes_max: limits::PHOTO_BYTES,
        };
        assert_eq!(check_jpeg(&padded(limits::PHOTO_BYTES)), Ok(()));
        assert_eq!(check_jpeg(&padded(limits::PHOTO_BYTES + 1)), Err(refused));
        assert!(
            Photo(to_base64(&padded(limits::PHOTO_BYTES)))
                .jpeg()
                .is_ok()
        );
        assert_eq!(
            Photo(to_base64(&padded(limits::PHOTO_BYTES + 1))).jpeg(),
            Err(refused)
        );
        assert_eq!(
            Photo("A".repeat(limits::PHOTO_BYTES * 2)).jpeg(),
            Err(refused)
        );
    }
}
