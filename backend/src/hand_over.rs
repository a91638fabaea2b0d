//! Hand-over files: what waited on a phone, brought by somebody else.
//!
//! The form of a file, and why it is believed, is told in [`taswiq_domain::hand_over`]. What is in it is decided
//! as when the device itself shows its key ([`Office::session_of_device`]) and as often: once, whoever comes
//! first. A file is no contact of its device: it may have been under way for days, so it says nothing of the
//! device's clock or of where it stands, and the device hears of its commands when it syncs.

mod sql;

use crate::Office;
use crate::db::Conn;
use crate::error::OfficeError;
use crate::people::token;
use flate2::read::GzDecoder;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use serde_json::Value;
use std::io::Read;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::hand_over::{Contents, Envelope, FileError, INFO, KeyName, SealingKey};
use taswiq_domain::limits;
use taswiq_domain::sync::{Answer, PROTOCOL};

type PrivateKey = <DhP256HkdfSha256 as Kem>::PrivateKey;

/// The keys that open files, as this process knows them. Another may have made a later one.
pub struct Keys(RwLock<Known>);

struct Known {
    /// The last one is told to phones.
    last: SealingKey,
    all: Vec<(KeyName, PrivateKey)>,
}

/// What became of the commands in a file. Nothing of what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HandedOver {
    /// Done now.
    pub received: u32,
    /// Were here already.
    pub known: u32,
    /// A person has to look at them, or had to.
    pub parked: u32,
    /// An earlier command is missing: the file is to be brought again after it.
    pub waiting: u32,
}

/// Why nothing in a file was taken.
#[derive(Debug, thiserror::Error)]
pub enum HandOverError {
    /// It is no whole file.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is sealed to another server's key.
    #[error("sealed to another server")]
    AnotherServer,
    /// What was sealed cannot be read.
    #[error("the contents cannot be read")]
    Unreadable,
    /// Its build speaks another protocol.
    #[error("of another protocol")]
    WrongProtocol,
    /// The device is not known here, or not by that key.
    #[error("an unknown device")]
    UnknownDevice,
    /// The office could not. What was decided before stays decided; the same file may be brought again.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

impl Keys {
    /// Reads the keys, and makes the first one of a new office.
    pub(crate) async fn open(conn: &mut Conn, now: i64) -> Result<Self, OfficeError> {
        if sql::all(conn).await?.is_empty() {
            sql::found(conn, &random_key(), now).await?;
        }
        Ok(Self(RwLock::new(read_keys(conn).await?)))
    }

    async fn read_again(&self, conn: &mut Conn) -> Result<(), OfficeError> {
        let read = read_keys(conn).await?;
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have read a later one meanwhile.
        if read.all.len() > known.all.len() {
            *known = read;
        }
        Ok(())
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> SealingKey {
        self.known().last.clone()
    }

    fn has(&self, name: KeyName) -> bool {
        self.known().all.iter().any(|(known, _)| *known == name)
    }

    /// The contents of a file.
    fn unseal(&self, file: &[u8]) -> Result<Vec<u8>, HandOverError> {
        let envelope = Envelope::read(file)?;
        let known = self.known();
        let (_, private) = known
            .all
            .iter()
            .find(|(name, _)| *name == envelope.key)
            .ok_or(HandOverError::AnotherServer)?;
        let damaged = |_| HandOverError::File(FileError::Damaged);
        let encapsulated =
            <DhP256HkdfSha256 as Kem>::EncappedKey::from_bytes(envelope.encapsulated)
                .map_err(damaged)?;
        hpke::single_shot_open::<AesGcm256, HkdfSha256, DhP256HkdfSha256>(
            &OpModeR::Base,
            private,
            &encapsulated,
            INFO,
            envelope.sealed,
            envelope.header,
        )
        .map_err(damaged)
    }
}

const CORRUPT: OfficeError = OfficeError::Corrupt {
    what: "a key of hand-over files",
};

fn random_key() -> Vec<u8> {
    let (private, _) = DhP256HkdfSha256::derive_keypair(&token::random_bytes::<32>());
    private.to_bytes().to_vec()
}

async fn read_keys(conn: &mut Conn) -> Result<Known, OfficeError> {
    let mut all = Vec::new();
    let mut last = None;
    for (stored,) in sql::all(conn).await? {
        let private = PrivateKey::from_bytes(&stored).map_err(|_| CORRUPT)?;
        let public = DhP256HkdfSha256::sk_to_pk(&private).to_bytes();
        let public = SealingKey::new(&public).map_err(|_| CORRUPT)?;
        all.push((public.name(), private));
        last = Some(public);
    }
    let last = last.ok_or(CORRUPT)?;
    Ok(Known { last, all })
}

/// Seals contents as a phone does in its browser: for programs that play phones.
///
/// # Errors
/// [`HandOverError::AnotherServer`] for a key that is no point of the curve.
pub fn seal(key: &SealingKey, contents: &[u8]) -> Result<Vec<u8>, HandOverError> {
    let wrong = |_| HandOverError::AnotherServer;
    let public = <DhP256HkdfSha256 as Kem>::PublicKey::from_bytes(key.point()).map_err(wrong)?;
    let header = Envelope::header(key);
    let (encapsulated, sealed) = hpke::single_shot_seal::<AesGcm256, HkdfSha256, DhP256HkdfSha256>(
        &OpModeS::Base,
        &public,
        INFO,
        contents,
        &header,
    )
    .map_err(wrong)?;
    Ok(Envelope::write(
        &header,
        &encapsulated.to_bytes().into(),
        &sealed,
    ))
}

impl Office {
    /// The key that hand-over files are sealed to now.
    pub fn sealing_key(&self) -> SealingKey {
        self.shared.hand_over_keys.last()
    }

    /// Makes a key that files are sealed to from now on, because the last one may have come into other hands: it
    /// is in every backup. The earlier ones go on opening what was sealed before. Another process on the same
    /// database tells the new one to phones once it is started again, or meets a phone or a file that has it.
    ///
    /// # Errors
    /// [`OfficeError::NotAllowed`] for whoever does not manage the office.
    pub async fn renew_sealing_key(&self, actor: &Actor) -> Result<SealingKey, OfficeError> {
        self.require(actor, Action::ManageOffice)?;
        self.write((actor.person, random_key()), |(by, key), work| {
            Box::pin(async move {
                sql::add(&mut work.conn, key, work.now.0).await?;
                let what = String::new();
                work.audit(Some(*by), None, "sealing_key_renewed", what.clone(), what);
                Ok(())
            })
        })
        .await?;
        let keys = &self.shared.hand_over_keys;
        keys.read_again(&mut self.db.read().await?).await?;
        Ok(keys.last())
    }

    /// What a device is told that has that key: the last one, if that is another.
    pub(crate) async fn sealing_key_news(
        &self,
        has: Option<KeyName>,
    ) -> Result<Option<SealingKey>, OfficeError> {
        let keys = &self.shared.hand_over_keys;
        if has.is_some_and(|name| !keys.has(name)) {
            keys.read_again(&mut self.db.read().await?).await?;
        }
        let last = keys.last();
        Ok((has != Some(last.name())).then_some(last))
    }

    async fn unseal(&self, file: &[u8]) -> Result<Vec<u8>, HandOverError> {
        let keys = &self.shared.hand_over_keys;
        match keys.unseal(file) {
            Err(HandOverError::AnotherServer) => {
                let mut conn = self.db.read().await?;
                keys.read_again(&mut conn).await?;
                keys.unseal(file)
            }
            unsealed => unsealed,
        }
    }

    /// Decides on what is in a hand-over file, whoever brings it.
    ///
    /// # Errors
    /// See [`HandOverError`]; but for [`HandOverError::Office`] nothing of it was decided.
    pub async fn hand_over(&self, file: &[u8]) -> Result<HandedOver, HandOverError> {
        let contents = read(&self.unseal(file).await?)?;
        let device = contents.device().ok_or(HandOverError::Unreadable)?;
        let is_whole = contents.requests.len() <= limits::HAND_OVER_REQUESTS
            && contents
                .requests
                .iter()
                .all(|request| request.commands.len() <= limits::COMMANDS_PER_BATCH);
        if !is_whole {
            return Err(HandOverError::Unreadable);
        }
        if contents
            .requests
            .iter()
            .any(|request| request.protocol != PROTOCOL)
        {
            return Err(HandOverError::WrongProtocol);
        }
        let key: &DeviceKey = &contents.key;
        let session = self
            .session_of_device(device, key)
            .await?
            .ok_or(HandOverError::UnknownDevice)?;
        let mut uploads = Vec::with_capacity(contents.requests.len());
        for request in contents.requests {
            // All of it can be read before any of it is decided.
            let upload =
                crate::sync::carried(&session, request, self.now()).map_err(
                    |error| match error {
                        OfficeError::Invalid(_) => HandOverError::Unreadable,
                        OfficeError::NotAllowed => HandOverError::UnknownDevice,
                        error => error.into(),
                    },
                )?;
            uploads.push(upload);
        }
        let mut handed_over = HandedOver::default();
        for upload in uploads {
            for answer in self.take_in(upload).await? {
                let count = match answer {
                    Answer::Applied => &mut handed_over.received,
                    Answer::AlreadyApplied => &mut handed_over.known,
                    Answer::Parked { .. } => &mut handed_over.parked,
                    Answer::RetryAfter { .. } => &mut handed_over.waiting,
                };
                *count += 1;
            }
        }
        Ok(handed_over)
    }
}

/// The contents, compressed or not.
fn read(opened: &[u8]) -> Result<Contents<Value>, HandOverError> {
    let unreadable = |_| HandOverError::Unreadable;
    if !opened.starts_with(&[0x1f, 0x8b]) {
        return serde_json::from_slice(opened).map_err(unreadable);
    }
    let most = limits::HAND_OVER_FILE_BYTES;
    let mut plain = Vec::new();
    GzDecoder::new(opened)
        .take(most as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| HandOverError::Unreadable)?;
    if plain.len() > most {
        return Err(HandOverError::Unreadable);
    }
    serde_json::from_slice(&plain).map_err(unreadable)
}
