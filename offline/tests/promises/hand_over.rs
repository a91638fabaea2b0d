//! What waits can be carried by somebody else; the phone keeps it all the same.

use crate::model_server::sealing_keys;
use crate::phone::{Phone, server};
use crate::world::*;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR};
use p256::elliptic_curve::sec1::ToSec1Point;
use taswiq_domain::hand_over::{Contents, Envelope, INFO, SealingKey};
use taswiq_domain::limits;
use taswiq_domain::sync::{Command, CommandBody, digest_of};
use taswiq_offline::UndoError;
use taswiq_offline::hand_over::key_of;
use taswiq_offline::store::Fault;

/// An agent with a customer that is sent, and an order that is not.
async fn agent() -> Phone {
    let phone = Phone::ready(&server(), AGENT, 1).await;
    act(&phone, 1, register("Itto")).await;
    phone.sync().await;
    act(&phone, 2, place(customer_id(1), &[(1, 2)])).await;
    phone
}

async fn act(phone: &Phone, number: u64, body: CommandBody) {
    let done = phone.device.act(body, id(number), phone.now()).await;
    done.expect("stored");
}

async fn packed(phone: &Phone) -> Vec<Contents> {
    let packed = phone.device.pack(phone.now(), "build").await;
    let packed = packed.expect("noted").expect("something waits");
    assert_eq!(packed.sealing_key, sealing_keys().1);
    packed.files
}

fn commands(files: &[Contents]) -> Vec<Command> {
    let requests = files.iter().flat_map(|file| &file.requests);
    requests
        .flat_map(|request| request.commands.clone())
        .collect()
}

#[tokio::test]
async fn what_is_packed_is_what_would_be_sent_and_it_goes_on_waiting() {
    let phone = agent().await;
    let files = packed(&phone).await;
    let request = &files[0].requests[0];
    assert_eq!(
        (request.device, request.person, request.key.clone()),
        (phone.device.id(), Some(AGENT), None)
    );
    assert_eq!((request.waiting.commands, request.waiting.orders), (1, 1));
    let waiting: Vec<Command> = phone
        .device
        .outbox()
        .into_iter()
        .map(|queued| queued.command)
        .collect();
    assert_eq!(commands(&files), waiting);
    // It can no longer be taken back: it may be there before the phone is.
    assert_eq!(phone.device.undo(id(2)).await, Err(UndoError::AlreadySent));
    let phone = phone.restarted().await;
    assert_eq!(phone.device.undo(id(2)).await, Err(UndoError::AlreadySent));
    assert_eq!(phone.device.waiting(), 1);
    // Made again it is the same, and the phone's own way is open as ever.
    assert_eq!(commands(&packed(&phone).await), waiting);
    phone.sync().await;
    assert_eq!(phone.device.waiting(), 0);
    assert_eq!(phone.device.pack(phone.now(), "build").await, Ok(None));
}

#[tokio::test]
async fn what_was_kept_back_to_be_undone_is_packed_too() {
    let phone = agent().await;
    phone.sync().await;
    let held = vec![(id(3), cancel(order_id(2)))];
    phone
        .device
        .act_all_held(held, phone.now())
        .await
        .expect("stored");
    assert!(phone.device.is_held(id(3)));
    assert_eq!(commands(&packed(&phone).await).len(), 1);
    assert!(!phone.device.is_held(id(3)));
}

#[tokio::test]
async fn a_phone_that_cannot_note_what_it_packs_packs_nothing() {
    let phone = agent().await;
    phone.store.fail_at(1, Fault::Full);
    assert!(phone.device.pack(phone.now(), "build").await.is_err());
    assert_eq!(phone.device.undo(id(2)).await, Ok(()), "nothing has left");
}

#[tokio::test]
async fn a_phone_that_no_server_knows_yet_packs_nothing() {
    let phone = Phone::fresh(&server(), AGENT, 7).await;
    assert!(!phone.device.can_pack());
    assert_eq!(phone.device.pack(phone.now(), "build").await, Ok(None));
    phone.sync().await;
    assert!(phone.device.can_pack());
}

#[tokio::test]
async fn more_than_one_request_takes_is_packed_in_parts_and_more_than_a_file_takes_in_files() {
    let phone = agent().await;
    phone.sync().await;
    let many = (limits::HAND_OVER_REQUESTS * limits::COMMANDS_PER_BATCH + 1) as u64;
    let acts = (0..many).map(|number| (id(100 + number), register("Itto")));
    let done = phone
        .device
        .act_all(acts.collect(), phone.now(), None)
        .await;
    done.expect("stored");
    let files = packed(&phone).await;
    let sizes: Vec<usize> = files.iter().map(|file| file.requests.len()).collect();
    assert_eq!(sizes, [limits::HAND_OVER_REQUESTS, 1]);
    let all = commands(&files);
    let seqs: Vec<u64> = all.iter().map(|command| command.seq).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] + 1 == pair[1]));
    assert_eq!(all.len() as u64, many);
    // Each part tells what waits with it and after it.
    let mut left = many as u32;
    for request in files.iter().flat_map(|file| &file.requests) {
        assert!(request.commands.len() <= limits::COMMANDS_PER_BATCH);
        let bytes = serde_json::to_vec(request).expect("JSON").len();
        assert!(bytes <= limits::SYNC_REQUEST_BYTES, "{bytes}");
        assert_eq!(request.waiting.commands, left);
        let from = (many as u32 - left) as usize;
        let ids = all[from..].iter().map(|command| command.id);
        assert_eq!(request.waiting.digest, digest_of(ids));
        left -= request.commands.len() as u32;
    }
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_server_that_tells_another_key_is_believed() {
    let phone = agent().await;
    phone.sync().await;
    let asked = phone.network.requests.borrow().last().cloned();
    let known = asked.expect("asked").sealing_key;
    assert_eq!(known, Some(sealing_keys().1.name()));
    phone.network.younger.set(Some(|answer| {
        let mut point = [1; 65];
        point[0] = 4;
        let other = SealingKey::new(&point).expect("a form");
        answer["sealing_key"] = serde_json::to_value(other).expect("JSON");
    }));
    phone.sync().await;
    phone.network.younger.set(None);
    act(&phone, 3, place(customer_id(1), &[(1, 1)])).await;
    let packed = phone.device.pack(phone.now(), "build").await;
    let packed = packed.expect("noted").expect("something waits");
    assert_ne!(packed.sealing_key, sealing_keys().1);
}

/// What the browser's cryptography does for a phone, done by a library: what the two have in common is all that
/// our own code is given.
fn seal_as_a_browser(to: &SealingKey, plain: &[u8]) -> Vec<u8> {
    let own = p256::NonZeroScalar::from_repr([0x21; 32].into()).expect("a number");
    let public = p256::PublicKey::from_secret_scalar(&own);
    let encapsulated: [u8; 65] = public
        .to_sec1_point(false)
        .as_bytes()
        .try_into()
        .expect("a point");
    let servers = p256::PublicKey::from_sec1_bytes(to.point()).expect("a point");
    let shared = p256::ecdh::diffie_hellman(own, servers.as_affine());
    let shared: [u8; 32] = (*shared.raw_secret_bytes()).into();
    let key = key_of(&shared, &encapsulated, to);
    let header = Envelope::header(to);
    let cipher = Aes256Gcm::new(&key.key.into());
    let payload = Payload {
        msg: plain,
        aad: &header,
    };
    let sealed = cipher
        .encrypt(&Nonce::from(key.nonce), payload)
        .expect("sealed");
    Envelope::write(&header, &encapsulated, &sealed)
}

#[tokio::test]
async fn any_library_of_the_standard_opens_what_a_phone_seals() {
    let phone = agent().await;
    let files = packed(&phone).await;
    let json = serde_json::to_vec(&files[0]).expect("JSON");
    let (private, public) = sealing_keys();
    let file = seal_as_a_browser(&public, &json);
    let envelope = Envelope::read(&file).expect("a file");
    assert_eq!(envelope.key, public.name());
    let encapsulated =
        <DhP256HkdfSha256 as Kem>::EncappedKey::from_bytes(envelope.encapsulated).expect("a point");
    let opened = hpke::single_shot_open::<AesGcm256, HkdfSha256, DhP256HkdfSha256>(
        &OpModeR::Base,
        &private,
        &encapsulated,
        INFO,
        envelope.sealed,
        envelope.header,
    );
    assert_eq!(opened.expect("opened"), json);
}
