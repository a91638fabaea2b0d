//! Sealing with the browser's own cryptography, which pages have that come over https or from the machine itself.

use super::key_of;
use crate::browser::{call_and_wait, get, global, object};
use crate::driver::browser::compress;
use js_sys::{Array, Uint8Array};
use taswiq_domain::hand_over::{Contents, Envelope, POINT_BYTES, SealingKey};
use wasm_bindgen::JsValue;

/// Whether this browser can seal.
pub fn can_seal() -> bool {
    crate::browser::exists(&subtle())
}

/// The bytes of a file.
///
/// # Errors
/// What the browser says when it cannot.
pub async fn seal(to: &SealingKey, contents: &Contents) -> Result<Vec<u8>, JsValue> {
    let json = serde_json::to_vec(contents).map_err(|error| error.to_string())?;
    let plain = match compress(&json).await {
        Ok(compressed) => Uint8Array::new(&compressed).to_vec(),
        // An old browser does not know how: then the file is longer.
        Err(_) => json,
    };
    let curve = object(&[("name", "ECDH".into()), ("namedCurve", "P-256".into())]);
    let uses = Array::of1(&"deriveBits".into());
    let own = subtle_call("generateKey", &[curve.clone(), true.into(), uses.into()]).await?;
    let public = subtle_call("exportKey", &["raw".into(), get(&own, "publicKey")]).await?;
    let encapsulated: [u8; POINT_BYTES] = sized(&public)?;
    let servers = subtle_call(
        "importKey",
        &[
            "raw".into(),
            bytes(to.point()),
            curve,
            false.into(),
            Array::new().into(),
        ],
    )
    .await?;
    let agreeing = object(&[("name", "ECDH".into()), ("public", servers)]);
    let shared = subtle_call(
        "deriveBits",
        &[agreeing, get(&own, "privateKey"), 256.into()],
    )
    .await?;
    let key = key_of(&sized(&shared)?, &encapsulated, to);
    let header = Envelope::header(to);
    let cipher = subtle_call(
        "importKey",
        &[
            "raw".into(),
            bytes(&key.key),
            "AES-GCM".into(),
            false.into(),
            Array::of1(&"encrypt".into()).into(),
        ],
    )
    .await?;
    let how = object(&[
        ("name", "AES-GCM".into()),
        ("iv", bytes(&key.nonce)),
        ("additionalData", bytes(&header)),
    ]);
    let sealed = subtle_call("encrypt", &[how, cipher, bytes(&plain)]).await?;
    let sealed = Uint8Array::new(&sealed).to_vec();
    Ok(Envelope::write(&header, &encapsulated, &sealed))
}

fn subtle() -> JsValue {
    get(&global("crypto"), "subtle")
}

async fn subtle_call(method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    call_and_wait(&subtle(), method, arguments).await
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

fn sized<const N: usize>(buffer: &JsValue) -> Result<[u8; N], JsValue> {
    let bytes = Uint8Array::new(buffer).to_vec();
    bytes
        .try_into()
        .map_err(|_| JsValue::from_str("a key of another length"))
}
