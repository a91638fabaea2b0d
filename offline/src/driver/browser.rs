//! The driver in a browser: fetch, timers, one leading tab, word to the others.

use super::{Driver, Host, Transport, TransportError};
use crate::browser::{
    call, call_and_wait, construct, exists, get, global, listen, object, tell, wait,
};
use crate::device::{Changed, Device};
use crate::engine::{ANSWER_MS_MAX, Event, REQUEST_TIMEOUT_MS};
use crate::phone;
use crate::store::PhoneStore;
use crate::store::indexed_db::LOST;
use js_sys::{Array, Promise, Uint8Array};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use taswiq_domain::ids::PersonId;
use taswiq_domain::reading::read;
use taswiq_domain::sync::Trace;
use taswiq_domain::time::Timestamp;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// A smaller body is not worth compressing.
const COMPRESS_BYTES_MIN: usize = 1_024;

/// Work of so many milliseconds is felt by nobody, on a phone four times slower neither.
const BREATH_MS: f64 = 4.0;

/// A device that catches up for as long as the page lives.
#[derive(Clone)]
pub struct Sync {
    driver: Rc<Driver<PhoneStore, Fetch, Page>>,
    /// By which the tabs of one person hear of each other.
    channel: JsValue,
}

/// To other tabs: something was stored.
const CHANGED: &str = "changed";
/// To other tabs: whichever leads is to ask the server.
const ASK: &str = "ask";
/// To other tabs, and told on the window of each: this phone is locked.
pub const LOCK: &str = "taswiq:lock";

/// Whether the device's person is signed in on this phone, as the server says; nothing when it is not
/// reached.
pub async fn is_signed_in(device: Device<PhoneStore>, url: &str, build: &str) -> Option<bool> {
    let fetch = Fetch {
        url: url.to_owned(),
        plain: Cell::new(false),
    };
    Driver::new(device, fetch, Page::default(), build)
        .is_signed_in()
        .await
}

/// Starts catching up: from now on the device's commands leave by themselves, from whichever tab
/// leads, and `device.status()` tells how it goes. `url` is the address of the sync endpoint, `build`
/// the id of the app's build.
pub fn start(device: Device<PhoneStore>, url: &str, build: &str) -> Sync {
    let fetch = Fetch {
        url: url.to_owned(),
        plain: Cell::new(false),
    };
    let driver = Driver::new(device, fetch, Page::default(), build).shared();
    driver.host().driver.replace(Rc::downgrade(&driver));
    let name = phone::database_of(driver.device().person());
    let sync = Sync {
        driver,
        channel: construct("BroadcastChannel", &[name.into()]).unwrap_or(JsValue::UNDEFINED),
    };
    sync.listen_to_tabs();
    sync.listen_to_page();
    sync.tell(Event::Started {
        waiting: sync.driver.device().sendable(),
    });
    sync.lead();
    sync
}

/// Hands over what somebody who does not hold the phone now has left on it, by their device's own key.
/// Whether nothing waits any more.
pub async fn hand_over(device: Device<PhoneStore>, url: &str, build: &str) -> bool {
    let fetch = Fetch {
        url: url.to_owned(),
        plain: Cell::new(false),
    };
    // Another page may be at it too: every commit expects the state on which it was decided.
    Driver::new(device, fetch, Page::default(), build)
        .hand_over()
        .await
}

impl Sync {
    /// Asks the server now, from whichever tab leads. Whoever asks for it wants everything to leave.
    pub fn request(&self) {
        self.driver.device().let_go();
        self.tell(Event::SyncRequested);
        self.tell_others(ASK);
    }

    /// Tells every other tab of this person to lock.
    pub fn lock_others(&self) {
        self.tell_others(LOCK);
    }

    /// Lets what was let go for lack of room come back, if there is room again.
    fn take_copies_back(&self) {
        let sync = self.clone();
        spawn_local(async move {
            if sync.driver.device().take_copies_back().await == Ok(true) {
                sync.request();
            }
        });
    }

    fn tell_others(&self, word: &str) {
        // Without a channel the next tab finds out by itself.
        let _ = call(&self.channel, "postMessage", &[word.into()]);
    }

    fn tell(&self, event: Event) {
        let driver = Rc::clone(&self.driver);
        spawn_local(async move { driver.handle(event).await });
    }

    /// Leads once no other tab does. The lock is held until the page is gone.
    fn lead(&self) {
        let locks = get(&global("navigator"), "locks");
        let name = format!("{}-sync", phone::database_of(self.driver.device().person()));
        let sync = self.clone();
        let granted = Closure::once_into_js(move |_lock: JsValue| -> Promise {
            sync.tell(Event::BecameLeader);
            Promise::new(&mut |_, _| {})
        });
        if call(&locks, "request", &[name.into(), granted]).is_err() {
            // An old browser. Two tabs may then both talk to the server, which is wasteful and
            // harmless: every commit expects the state on which it was decided.
            self.tell(Event::BecameLeader);
        }
    }

    /// What one tab stores the others read again, and what one is asked for the one that leads does.
    fn listen_to_tabs(&self) {
        let device = self.driver.device();
        let sync = self.clone();
        listen(&self.channel, "message", move |event| {
            match get(&event, "data").as_string().as_deref() {
                Some(ASK) => return sync.tell(Event::SyncRequested),
                Some(LOCK) => return tell(LOCK),
                _ => {}
            }
            let device = sync.driver.device().clone();
            // A failure here heals with the next act, which reads the store first.
            spawn_local(async move { drop(device.refresh().await) });
        });
        let sync = self.clone();
        device.on_change(move |changed| {
            if changed == Changed::Status {
                return;
            }
            if changed == Changed::Saved {
                sync.tell_others(CHANGED);
            }
            let waiting = sync.driver.device().sendable();
            sync.tell(Event::QueueChanged { waiting });
            if changed == Changed::Saved && waiting > 0 {
                spawn_local(async { drop(ask_to_be_woken().await) });
            }
        });
    }

    fn listen_to_page(&self) {
        let window: JsValue = js_sys::global().into();
        let on = |target: &JsValue, name: &str, event: fn() -> Event| {
            let sync = self.clone();
            listen(target, name, move |_| sync.tell(event()));
        };
        on(&window, "online", || Event::OnlineHint(true));
        on(&window, "offline", || Event::OnlineHint(false));
        // What the browser has thrown away this page still knows, and writes back.
        let device = self.driver.device().clone();
        listen(&window, LOST, move |_| {
            let device = device.clone();
            spawn_local(async move { drop(device.refresh().await) });
        });
        self.take_copies_back();
        // The service worker's word, passed on by the page's first script.
        on(&window, "taswiq:sync", || Event::SyncRequested);
        let sync = self.clone();
        listen(&global("document"), "visibilitychange", move |_| {
            let visible = is_visible();
            if !visible {
                // Nobody can take anything back any longer, and the page may be gone at any moment.
                sync.driver.device().let_go();
            }
            sync.tell(Event::Visible(visible));
            if visible {
                sync.take_copies_back();
            }
        });
        if get(&global("navigator"), "onLine").as_bool() == Some(false) {
            self.tell(Event::OnlineHint(false));
        }
    }
}

/// Asks the browser to keep what is stored even when the phone runs short of room. Ask when a person
/// has just saved something: some browsers ask the person, who then knows what it is about. Whether it
/// was granted.
pub async fn ask_to_keep() -> bool {
    of_storage("persist").await.as_bool().unwrap_or(false)
}

/// Whether the browser has promised to keep what is stored.
pub async fn is_kept() -> bool {
    of_storage("persisted").await.as_bool().unwrap_or(false)
}

/// How much the browser says that there is room for. Some tell more than there is, so as not to tell
/// anything about the phone: only what they refuse is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What is taken, in bytes.
    pub used_bytes: u64,
    /// What is left, in bytes.
    pub left_bytes: u64,
}

/// The room there is, where the browser tells.
pub async fn room() -> Option<Room> {
    let estimate = of_storage("estimate").await;
    let bytes = |name: &str| get(&estimate, name).as_f64().map(|bytes| bytes as u64);
    let (used_bytes, quota_bytes) = (bytes("usage")?, bytes("quota")?);
    Some(Room {
        used_bytes,
        left_bytes: quota_bytes.saturating_sub(used_bytes),
    })
}

async fn of_storage(method: &str) -> JsValue {
    let storage = get(&global("navigator"), "storage");
    call_and_wait(&storage, method, &[])
        .await
        .unwrap_or(JsValue::UNDEFINED)
}

/// What is remembered of a person's store outside of it.
pub fn trace_of(person: PersonId) -> Option<Trace> {
    let json = call(
        &global("localStorage"),
        "getItem",
        &[trace_key(person).into()],
    );
    read(&json.ok()?.as_string()?).ok()
}

/// Remembers outside of the store what is in it, now and after each change.
pub fn keep_trace(device: &Device<PhoneStore>) {
    let key = trace_key(device.person());
    let write = {
        let device = device.clone();
        move || {
            // One that was put out and has nothing left to tell leaves nothing.
            if device.is_revoked() && device.waiting() == 0 {
                return forget_trace(device.person());
            }
            let json = serde_json::to_string(&device.trace()).unwrap_or_default();
            // A browser that refuses this keeps no trace, and then a loss is told by nobody but the server.
            let _ = call(
                &global("localStorage"),
                "setItem",
                &[key.as_str().into(), json.into()],
            );
        }
    };
    write();
    device.on_change(move |changed| {
        if changed != Changed::Status {
            write();
        }
    });
}

/// Forgets what was remembered outside of a person's store.
fn forget_trace(person: PersonId) {
    let key = trace_key(person);
    let _ = call(&global("localStorage"), "removeItem", &[key.into()]);
}

fn trace_key(person: PersonId) -> String {
    format!("taswiq-trace-{person}")
}

fn is_visible() -> bool {
    get(&global("document"), "visibilityState")
        .as_string()
        .as_deref()
        != Some("hidden")
}

/// Asks the browser to wake the service worker when the network is back, where it can.
async fn ask_to_be_woken() -> Result<(), JsValue> {
    let worker = get(&global("navigator"), "serviceWorker");
    // Without a worker in charge, `ready` would be waited for in vain.
    if exists(&worker) && exists(&get(&worker, "controller")) {
        let registration = wait(get(&worker, "ready")).await?;
        call_and_wait(&get(&registration, "sync"), "register", &["taswiq".into()]).await?;
    }
    Ok(())
}

/// A turn of its own for what follows: the browser may paint and hear a finger before it.
pub async fn turn() {
    let window: JsValue = js_sys::global().into();
    let promise = Promise::new(&mut |resolve, _| {
        let _ = call(&window, "setTimeout", &[resolve.into()]);
    });
    let _ = wait(promise.into()).await;
}

/// The page's clock, dice and timers.
#[derive(Default)]
struct Page {
    driver: RefCell<Weak<Driver<PhoneStore, Fetch, Self>>>,
    scheduled: RefCell<JsValue>,
    /// When it last let others have their turn.
    breathed_at: Cell<f64>,
}

impl Host for Page {
    fn now(&self) -> Timestamp {
        Timestamp(js_sys::Date::now() as i64)
    }

    fn jitter_ppm(&self) -> u32 {
        (js_sys::Math::random() * 1_000_000.0) as u32
    }

    fn schedule(&self, timer: u64, delay_ms: u64) {
        let window: JsValue = js_sys::global().into();
        let driver = self.driver.borrow().clone();
        let fire = Closure::once_into_js(move || {
            if let Some(driver) = driver.upgrade() {
                spawn_local(async move { driver.handle(Event::TimerFired { timer }).await });
            }
        });
        let earlier = self.scheduled.replace(
            call(&window, "setTimeout", &[fire, (delay_ms as f64).into()])
                .unwrap_or(JsValue::UNDEFINED),
        );
        let _ = call(&window, "clearTimeout", &[earlier]);
    }

    async fn breathe(&self) {
        let now = js_sys::Date::now();
        // The first of a row of parts always waits: how long this turn has lasted is not known.
        if now - self.breathed_at.get() >= BREATH_MS {
            turn().await;
            self.breathed_at.set(js_sys::Date::now());
        }
    }
}

/// Requests by `fetch`.
struct Fetch {
    url: String,
    /// Whether the server did not take a compressed body.
    plain: Cell<bool>,
}

impl Transport for Fetch {
    async fn send(&self, body: Vec<u8>, key: Option<&str>) -> Result<Vec<u8>, TransportError> {
        if body.len() >= COMPRESS_BYTES_MIN
            && !self.plain.get()
            && let Ok(compressed) = compress(&body).await
        {
            match self.post(compressed, Some("gzip"), key).await {
                Err(TransportError::Refused { status: 415 }) => self.plain.set(true),
                outcome => return outcome,
            }
        }
        self.post(Uint8Array::from(&*body).into(), None, key).await
    }
}

impl Fetch {
    async fn post(
        &self,
        body: JsValue,
        encoding: Option<&str>,
        key: Option<&str>,
    ) -> Result<Vec<u8>, TransportError> {
        let patience = Patience::begin();
        let headers = object(&[("content-type", "application/json".into())]);
        if let Some(encoding) = encoding {
            crate::browser::set(&headers, "content-encoding", &encoding.into());
        }
        if let Some(key) = key {
            crate::browser::set(&headers, "authorization", &key.into());
        }
        // A device that shows its key speaks for itself, whoever is signed in.
        let session = if key.is_some() { "omit" } else { "same-origin" };
        let options = object(&[
            ("method", "POST".into()),
            ("body", body),
            ("headers", headers),
            ("credentials", session.into()),
            ("cache", "no-store".into()),
            // A redirect is the work of something in between: the server never sends one here.
            ("redirect", "error".into()),
            ("signal", patience.signal()),
        ]);
        let window: JsValue = js_sys::global().into();
        let response = call_and_wait(&window, "fetch", &[self.url.as_str().into(), options])
            .await
            .map_err(|_| {
                if patience.is_over() {
                    TransportError::Timeout
                } else {
                    TransportError::NoNetwork
                }
            })?;
        let header = |name: &str| {
            call(&get(&response, "headers"), "get", &[name.into()])
                .ok()
                .and_then(|value| value.as_string())
        };
        let status = get(&response, "status").as_f64().unwrap_or_default() as u16;
        let is_for_programs =
            header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        if status != 200 {
            let error = TransportError::of_status(status, header("retry-after").as_deref());
            return Err(if is_for_programs {
                error
            } else {
                error.from_in_between()
            });
        }
        if !is_for_programs {
            return Err(TransportError::Garbled);
        }
        patience
            .read(&response)
            .await
            .map_err(|_| TransportError::BrokeOff)
    }
}

/// Breaks a request off when nothing comes of it for too long.
struct Patience {
    /// When it began, in milliseconds.
    begun: f64,
    controller: JsValue,
    timer: RefCell<JsValue>,
}

impl Patience {
    fn begin() -> Self {
        let patience = Self {
            begun: js_sys::Date::now(),
            controller: construct("AbortController", &[]).unwrap_or(JsValue::UNDEFINED),
            timer: RefCell::new(JsValue::UNDEFINED),
        };
        patience.renew();
        patience
    }

    fn signal(&self) -> JsValue {
        get(&self.controller, "signal")
    }

    fn is_over(&self) -> bool {
        get(&self.signal(), "aborted").is_truthy()
    }

    /// It begins anew, unless all of it took too long already.
    fn renew(&self) {
        if js_sys::Date::now() - self.begun > f64::from(ANSWER_MS_MAX) {
            return;
        }
        let window: JsValue = js_sys::global().into();
        let abort = call(
            &get(&self.controller, "abort"),
            "bind",
            std::slice::from_ref(&self.controller),
        );
        let timer = abort
            .and_then(|abort| call(&window, "setTimeout", &[abort, REQUEST_TIMEOUT_MS.into()]));
        self.put(timer.unwrap_or(JsValue::UNDEFINED));
    }

    fn put(&self, timer: JsValue) {
        let window: JsValue = js_sys::global().into();
        let earlier = self.timer.replace(timer);
        let _ = call(&window, "clearTimeout", &[earlier]);
    }

    /// The body of an answer, however slowly it comes.
    async fn read(&self, response: &JsValue) -> Result<Vec<u8>, JsValue> {
        let reader = call(&get(response, "body"), "getReader", &[])?;
        let mut bytes = Vec::new();
        loop {
            let read = call_and_wait(&reader, "read", &[]).await?;
            if get(&read, "done").is_truthy() {
                return Ok(bytes);
            }
            self.renew();
            bytes.extend(Uint8Array::new(&get(&read, "value")).to_vec());
        }
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        self.put(JsValue::UNDEFINED);
    }
}

/// The bytes, compressed by the browser.
pub(crate) async fn compress(body: &[u8]) -> Result<JsValue, JsValue> {
    let stream = construct("CompressionStream", &["gzip".into()])?;
    let blob = construct("Blob", &[Array::of1(&Uint8Array::from(body)).into()])?;
    let compressed = call(&call(&blob, "stream", &[])?, "pipeThrough", &[stream])?;
    call_and_wait(&construct("Response", &[compressed])?, "arrayBuffer", &[]).await
}
