//! The hand-over file: what waits on a device, sealed so that anybody may carry it to the server.
//!
//! It is for the phone that has no network, is about to die, or is broken: somebody else uploads the file,
//! or reads it from the screen as a row of codes. Whoever carries it can neither read nor change it, and it
//! changes nothing on the phone: only the server's own answer takes a command out of the outbox. Its commands
//! are the very ones that the phone sends itself, with their ids, so whichever comes second finds them decided.
//!
//! # Form, version 1
//!
//! The bytes of a file:
//!
//! ```text
//! 54 51 48 4F   "TQHO"
//! 01            version
//! 4 bytes       the server's key, by the beginning of its SHA-256
//! 65 bytes      the key that the phone made for this file, a point of P-256, uncompressed
//! the rest      the contents, sealed
//! ```
//!
//! The contents are sealed as in RFC 9180 (HPKE), mode base, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
//! AES-256-GCM, `info` = [`INFO`], additional data = the nine bytes before the phone's key. Any library of
//! HPKE opens it with the server's private key. They are [`Contents`] as JSON, mostly compressed with gzip.
//!
//! # Whose it is
//!
//! The device's own key ([`DeviceKey`]) is in the contents. A signature would tell the server no more: it
//! takes the same key in a header whenever the device syncs, only the server can open the file, and whoever
//! changes a bit of it makes it unreadable. Nothing outside of the seal says whose it is.
//!
//! # On its way
//!
//! Files travel as text, cut into [frames](Frame): a message, a `.txt`, or one QR code a frame. Letters and
//! digits that a code packs densely, a link can carry and a thumb can type:
//!
//! ```text
//! TQ1.<file>.<number>.<of how many>.<data>.<check>
//! ```
//!
//! `file` is the beginning of the SHA-256 of the whole file, `check` that of the frame before its last dot,
//! and `data` a part of the bytes, all in Base32 (RFC 4648, without padding). Frames may come in any order and
//! several times, in whatever other text; what stands before the last `/` of a word is passed over, so that
//! a frame may be the end of a link.

use crate::device_key::DeviceKey;
use crate::ids::DeviceId;
use crate::ledger::chain::hexadecimal;
use crate::limits;
use crate::sync::{Command, Request};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// What the seal is bound to besides.
pub const INFO: &[u8] = b"taswiq hand-over 1";
const MAGIC: [u8; 4] = *b"TQHO";
const VERSION: u8 = 1;
const KEY_BYTES: usize = 4;
/// How long a public key is.
pub const POINT_BYTES: usize = 65;
/// How long the part before the phone's key is.
pub const HEADER_BYTES: usize = MAGIC.len() + 1 + KEY_BYTES;
/// Shorter than its head and the seal's own mark nothing is sealed.
const ENVELOPE_BYTES: usize = HEADER_BYTES + POINT_BYTES + 16;

/// How frames begin. The digit is their version.
const FRAME: &str = "TQ1.";
/// Bytes of a file in one frame: with its frame and an address before it, a code of 77 dots a side, which a
/// cheap camera reads from a cracked screen.
pub const FRAME_BYTES: usize = 300;
/// Bytes of a SHA-256 that name a file, and that check a frame: eight letters.
const NAME_BYTES: usize = 5;
const FRAMES_MAX: usize = limits::HAND_OVER_FILE_BYTES.div_ceil(FRAME_BYTES);

/// The public key that files are sealed to. Phones are told it when they sync.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SealingKey([u8; POINT_BYTES]);

/// Names a [`SealingKey`]: eight hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyName([u8; KEY_BYTES]);

/// A text that is no public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a public key")]
pub struct NotAKey;

impl SealingKey {
    /// A point of P-256 as it is written uncompressed. Whether it is on the curve is for those to say who
    /// compute with it.
    ///
    /// # Errors
    /// When it is something else.
    pub fn new(point: &[u8]) -> Result<Self, NotAKey> {
        match <[u8; POINT_BYTES]>::try_from(point) {
            Ok(point) if point[0] == 4 => Ok(Self(point)),
            _ => Err(NotAKey),
        }
    }

    /// The point.
    pub const fn point(&self) -> &[u8; POINT_BYTES] {
        &self.0
    }

    /// How it is named in a file.
    pub fn name(&self) -> KeyName {
        let digest: [u8; 32] = Sha256::digest(self.0).into();
        let mut name = [0; KEY_BYTES];
        name.copy_from_slice(&digest[..KEY_BYTES]);
        KeyName(name)
    }
}

impl TryFrom<String> for SealingKey {
    type Error = NotAKey;
    fn try_from(text: String) -> Result<Self, NotAKey> {
        Self::new(&from_base32(&text).ok_or(NotAKey)?)
    }
}

impl From<SealingKey> for String {
    fn from(key: SealingKey) -> Self {
        base32(&key.0)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SealingKey({:?})", self.name())
    }
}

/// What is sealed. `C` is [`Command`] on the device, and read by the server as in [`Request`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents<C = Command> {
    /// The device's own.
    pub key: DeviceKey,
    /// What the device would send if it could, in this order; [`limits::HAND_OVER_REQUESTS`] at most, and each
    /// within the limits of one that is sent.
    pub requests: Vec<Request<C>>,
}

impl<C> Contents<C> {
    /// Which device's it is; nothing where it is not one device's, or there is nothing in it.
    pub fn device(&self) -> Option<DeviceId> {
        let device = self.requests.first()?.device;
        self.requests
            .iter()
            .all(|request| request.device == device)
            .then_some(device)
    }
}

/// Why bytes or a text are no file that can be opened here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Some other text, or some other file.
    #[error("not a hand-over file")]
    Foreign,
    /// Of a later version than this build knows.
    #[error("of a later version")]
    Newer,
    /// A part of it is not as it was written.
    #[error("damaged")]
    Damaged,
    /// Frames are missing.
    #[error("cut: {there} of {of} frames are there")]
    Cut {
        /// How many are there.
        there: usize,
        /// How many there should be.
        of: usize,
    },
    /// Frames of several files are mixed.
    #[error("of several files")]
    Mixed,
}

/// A file, its sealed part still sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The nine bytes that the seal protects too.
    pub header: &'a [u8],
    /// The server's key it is sealed to.
    pub key: KeyName,
    /// The phone's key.
    pub encapsulated: &'a [u8],
    /// The contents.
    pub sealed: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Reads what is not sealed.
    ///
    /// # Errors
    /// [`FileError::Foreign`], [`FileError::Newer`], [`FileError::Damaged`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, FileError> {
        if bytes.get(..MAGIC.len()) != Some(&MAGIC) {
            return Err(FileError::Foreign);
        }
        match bytes.get(MAGIC.len()) {
            Some(&VERSION) => {}
            Some(&later) if later > VERSION => return Err(FileError::Newer),
            _ => return Err(FileError::Foreign),
        }
        if bytes.len() < ENVELOPE_BYTES {
            return Err(FileError::Damaged);
        }
        let (header, rest) = bytes.split_at(HEADER_BYTES);
        let (encapsulated, sealed) = rest.split_at(POINT_BYTES);
        let mut key = [0; KEY_BYTES];
        key.copy_from_slice(&header[HEADER_BYTES - KEY_BYTES..]);
        Ok(Self {
            header,
            key: KeyName(key),
            encapsulated,
            sealed,
        })
    }

    /// How a file begins that is sealed to this key.
    pub fn header(key: &SealingKey) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[..MAGIC.len()].copy_from_slice(&MAGIC);
        header[MAGIC.len()] = VERSION;
        header[MAGIC.len() + 1..].copy_from_slice(&key.name().0);
        header
    }

    /// The bytes of a file.
    pub fn write(
        header: &[u8; HEADER_BYTES],
        encapsulated: &[u8; POINT_BYTES],
        sealed: &[u8],
    ) -> Vec<u8> {
        [header.as_slice(), encapsulated, sealed].concat()
    }
}

/// A part of a file on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    file: [u8; NAME_BYTES],
    number: usize,
    of: usize,
    data: Vec<u8>,
}

impl Frame {
    /// Cuts the bytes of a file into frames, in their order.
    pub fn cut(bytes: &[u8]) -> Vec<String> {
        let file = base32(&beginning_of_hash(bytes));
        let parts = bytes.chunks(FRAME_BYTES);
        let of = parts.len();
        parts
            .enumerate()
            .map(|(index, part)| {
                let mut frame = format!("{FRAME}{file}.{}.{of}.{}", index + 1, base32(part));
                let check = base32(&beginning_of_hash(frame.as_bytes()));
                frame.push('.');
                frame.push_str(&check);
                frame
            })
            .collect()
    }

    /// Reads one, in large letters or small ones.
    ///
    /// # Errors
    /// [`FileError::Foreign`] for a word that is none, [`FileError::Newer`], [`FileError::Damaged`].
    pub fn read(word: &str) -> Result<Self, FileError> {
        let word = word.rsplit('/').next().unwrap_or_default();
        let frame = word.to_ascii_uppercase();
        if !frame.starts_with(FRAME) {
            return Err(match frame.as_bytes() {
                [b'T', b'Q', b'2'..=b'9', b'.', ..] => FileError::Newer,
                _ => FileError::Foreign,
            });
        }
        Self::read_whole(&frame).ok_or(FileError::Damaged)
    }

    fn read_whole(frame: &str) -> Option<Self> {
        let (checked, check) = frame.rsplit_once('.')?;
        if base32(&beginning_of_hash(checked.as_bytes())) != check {
            return None;
        }
        let mut fields = checked.strip_prefix(FRAME)?.split('.');
        let file = from_base32(fields.next()?)?.try_into().ok()?;
        let number: usize = fields.next()?.parse().ok()?;
        let of: usize = fields.next()?.parse().ok()?;
        let data = from_base32(fields.next()?)?;
        let is_right = fields.next().is_none() && (1..=of).contains(&number) && of <= FRAMES_MAX;
        is_right.then_some(Self {
            file,
            number,
            of,
            data,
        })
    }

    /// Whether it is a part of the same file.
    pub fn is_of(&self, other: &Self) -> bool {
        (self.file, self.of) == (other.file, other.of)
    }
}

/// Puts a file together from its frames.
#[derive(Clone, Debug, Default)]
pub struct Assembly {
    frames: BTreeMap<usize, Frame>,
}

impl Assembly {
    /// Takes a frame in, once more or for the first time.
    ///
    /// # Errors
    /// [`FileError::Mixed`] for one of another file; it is not taken.
    pub fn take(&mut self, frame: Frame) -> Result<(), FileError> {
        if let Some(first) = self.frames.values().next()
            && !first.is_of(&frame)
        {
            return Err(FileError::Mixed);
        }
        self.frames.insert(frame.number, frame);
        Ok(())
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// [`FileError::Foreign`] without a frame, [`FileError::Cut`] when some are missing, [`FileError::Damaged`]
    /// when together they are another file than they say.
    pub fn finish(self) -> Result<Vec<u8>, FileError> {
        let first = self.frames.values().next().ok_or(FileError::Foreign)?;
        let (of, file) = (first.of, first.file);
        if self.frames.len() < of {
            return Err(FileError::Cut {
                there: self.frames.len(),
                of,
            });
        }
        let bytes: Vec<u8> = self
            .frames
            .into_values()
            .flat_map(|frame| frame.data)
            .collect();
        if bytes.len() > limits::HAND_OVER_FILE_BYTES || beginning_of_hash(&bytes) != file {
            return Err(FileError::Damaged);
        }
        Ok(bytes)
    }
}

/// The bytes of the one file whose frames are in a text.
///
/// # Errors
/// See [`FileError`].
pub fn read_text(text: &str) -> Result<Vec<u8>, FileError> {
    let mut assembly = Assembly::default();
    for word in text.split_whitespace() {
        match Frame::read(word) {
            Ok(frame) => assembly.take(frame)?,
            Err(FileError::Foreign) => {}
            Err(error) => return Err(error),
        }
    }
    assembly.finish()
}

fn beginning_of_hash(bytes: &[u8]) -> [u8; NAME_BYTES] {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let mut beginning = [0; NAME_BYTES];
    beginning.copy_from_slice(&digest[..NAME_BYTES]);
    beginning
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base32 of RFC 4648, without padding.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut bits, mut pending) = (0_u32, 0_u32);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        pending += 8;
        while pending >= 5 {
            pending -= 5;
            text.push(char::from(ALPHABET[(bits >> pending & 31) as usize]));
        }
        bits &= (1 << pending) - 1;
    }
    if pending > 0 {
        text.push(char::from(ALPHABET[(bits << (5 - pending) & 31) as usize]));
    }
    text
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut pending) = (0_u32, 0_u32);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(value);
        pending += 5;
        if pending >= 8 {
            pending -= 8;
            bytes.push((bits >> pending & 255) as u8);
            bits &= (1 << pending) - 1;
        }
    }
    // What is left over are zeros, and less than a letter.
    (pending < 5 && bits == 0).then_some(bytes)
}

impl fmt::Display for KeyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut whole = [0; 32];
        whole[..KEY_BYTES].copy_from_slice(&self.0);
        out.write_str(&hexadecimal(&whole)[..2 * KEY_BYTES])
    }
}

impl TryFrom<String> for KeyName {
    type Error = NotAKey;
    fn try_from(text: String) -> Result<Self, NotAKey> {
        let number = u32::from_str_radix(&text, 16).map_err(|_| NotAKey)?;
        let name = Self(number.to_be_bytes());
        (name.to_string() == text).then_some(name).ok_or(NotAKey)
    }
}

impl From<KeyName> for String {
    fn from(name: KeyName) -> Self {
        name.to_string()
    }
}
