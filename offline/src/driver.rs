//! Carries out what the [engine](crate::engine) decides, against any transport and host.

#[cfg(target_arch = "wasm32")]
pub mod browser;

use crate::device::{Applied, Device, Sent};
use crate::engine::{self, Action, Event, Summary};
use crate::store::{LocalStore, StoreError};
use crate::wire::{self, Decoded, Decoding};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use taswiq_domain::limits;
use taswiq_domain::sync::Request;
use taswiq_domain::time::Timestamp;

/// Carries the body of a request to `POST /api/v1/sync` and brings back the body of the answer.
#[allow(async_fn_in_trait, reason = "a device lives on one thread")]
pub trait Transport {
    /// Sends one request: in the session of whoever is signed in or, when a device's key is given, with
    /// that in the header `Authorization` and without any session. The answer may be anything: it is checked
    /// after.
    async fn send(&self, body: Vec<u8>, key: Option<&str>) -> Result<Vec<u8>, TransportError>;
}

/// Why no readable answer came. None of these says whether the server has carried out the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection, or it broke before an answer began.
    #[error("no network")]
    NoNetwork,
    /// No answer began in time.
    #[error("no answer in time")]
    Timeout,
    /// An answer began and did not come to its end.
    #[error("the answer broke off")]
    BrokeOff,
    /// Something came that is not an answer of the server.
    #[error("the answer cannot be read")]
    Garbled,
    /// Status 413.
    #[error("the request was too large")]
    TooLarge,
    /// Status 401.
    #[error("the session is over")]
    SignInAgain,
    /// Any other status that says the request is wrong or not allowed.
    #[error("refused with status {status}")]
    Refused {
        /// The status.
        status: u16,
    },
    /// Status 408, 429 or 5xx.
    #[error("the server is busy or ill, status {status}")]
    Busy {
        /// The status.
        status: u16,
        /// What the header `Retry-After` says, in milliseconds.
        retry_after_ms: Option<u64>,
    },
}

impl TransportError {
    /// What a status other than 200 means. `retry_after` is the header of that name.
    pub fn of_status(status: u16, retry_after: Option<&str>) -> Self {
        match status {
            401 => Self::SignInAgain,
            413 => Self::TooLarge,
            408 | 425 | 429 | 500.. => Self::Busy {
                status,
                // The other form of the header, a date, is the business of whoever trusts clocks.
                retry_after_ms: retry_after
                    .and_then(|seconds| seconds.trim().parse::<u64>().ok())
                    .map(|seconds| seconds.saturating_mul(1000)),
            },
            400..=499 => Self::Refused { status },
            // A redirect or a success without an answer comes from something in between.
            _ => Self::Garbled,
        }
    }

    /// What the same status means with a page for people under it, as networks answer that want a password
    /// first: the server tells programs why it refuses. Nobody is sent to sign in for that, and nothing waits
    /// as long as for a server that refuses.
    pub fn from_in_between(self) -> Self {
        match self {
            Self::SignInAgain | Self::Refused { .. } => Self::Garbled,
            error => error,
        }
    }
}

/// The clock, the dice, the timers and the breath.
#[allow(async_fn_in_trait, reason = "a device lives on one thread")]
pub trait Host {
    /// The device's clock, right or wrong.
    fn now(&self) -> Timestamp;
    /// 0 to 1,000,000.
    fn jitter_ppm(&self) -> u32;
    /// Calls [`Driver::handle`] with [`Event::TimerFired`] after so long. Replaces what was scheduled
    /// before.
    fn schedule(&self, timer: u64, delay_ms: u64);
    /// Called between the parts of long work: lets whatever else waits for this thread have its turn.
    async fn breathe(&self) {}
}

/// Runs the engine for a device.
pub struct Driver<S, T, H> {
    device: Device<S>,
    transport: T,
    host: H,
    build: String,
    state: RefCell<engine::State>,
    /// What came for the request on its way, until it is stored.
    arrived: RefCell<Option<(Sent, Decoded)>>,
}

impl<S: LocalStore + 'static, T: Transport, H: Host> Driver<S, T, H> {
    /// A driver of `build` (the id of the app's build), which leads only once it hears
    /// [`Event::BecameLeader`].
    pub fn new(device: Device<S>, transport: T, host: H, build: impl Into<String>) -> Self {
        Self {
            device,
            transport,
            host,
            build: build.into(),
            state: RefCell::default(),
            arrived: RefCell::default(),
        }
    }

    /// The device it runs for.
    pub fn device(&self) -> &Device<S> {
        &self.device
    }

    /// The clock, dice and timers it runs by.
    pub fn host(&self) -> &H {
        &self.host
    }

    /// Tells the engine what happened and does what follows, requests included: returns when there
    /// is nothing left to do but wait. May be called again meanwhile.
    pub async fn handle(&self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let (state, actions) = engine::step(self.state.take(), event, self.host.jitter_ppm());
            self.device.set_leads(state.leads());
            self.state.replace(state);
            for action in actions {
                events.extend(self.carry_out(action).await);
            }
        }
    }

    async fn carry_out(&self, action: Action) -> Option<Event> {
        match action {
            Action::Send {
                request,
                commands_max,
                bytes_max,
                changes_max,
            } => {
                let offered = self.offer(commands_max, bytes_max, changes_max).await;
                Some(self.send(request, offered).await)
            }
            Action::Persist { request } => {
                let (sent, answer) = self.arrived.take()?;
                self.host.breathe().await;
                Some(match self.device.apply(&sent, answer).await {
                    Ok(Applied { summary }) => Event::Persisted { request, summary },
                    Err(_) => Event::StoreFailed { request },
                })
            }
            Action::Schedule { timer, delay_ms } => {
                self.host.schedule(timer, delay_ms);
                None
            }
            Action::Notify(phase) => {
                self.device.set_phase(phase);
                None
            }
        }
    }

    /// Hands over by the device's own key all that waits on it, past the engine: for a device whose person
    /// does not hold the phone. Whether nothing waits any more.
    pub async fn hand_over(&self) -> bool {
        while self.device.sendable() > 0 {
            match self.hand_over_some().await {
                Some(summary) if summary.decided > 0 || summary.again => {}
                _ => return false,
            }
        }
        true
    }

    /// Whether the server takes the session of whoever is signed in for the device's person; nothing when
    /// it is not reached. Nothing is handed over and nothing stored of what it says.
    pub async fn is_signed_in(&self) -> Option<bool> {
        let offered = self.device.offer(self.host.now(), &self.build, 0, 0).await;
        let request = offered.ok()?.request;
        match self.transport.send(wire::encode(&request), None).await {
            Ok(body) => Some(!self.decode(&body).await.ok()?.response.signed_out),
            Err(TransportError::SignInAgain | TransportError::Refused { status: 403 }) => {
                Some(false)
            }
            Err(_) => None,
        }
    }

    async fn hand_over_some(&self) -> Option<Summary> {
        let key = self.device.key()?;
        let sent = self
            .device
            .offer(
                self.host.now(),
                &self.build,
                limits::COMMANDS_PER_BATCH,
                limits::SYNC_REQUEST_BYTES,
            )
            .await
            .ok()?;
        let request = without_key(&sent.request);
        let body = self
            .transport
            .send(wire::encode(&request), Some(&key))
            .await
            .ok()?;
        let answer = self.decode(&body).await.ok()?;
        let applied = self.device.apply(&sent, answer).await.ok()?;
        Some(applied.summary)
    }

    async fn offer(
        &self,
        commands_max: usize,
        bytes_max: usize,
        changes_max: Option<u32>,
    ) -> Result<Sent, StoreError> {
        let now = self.host.now();
        let offered = self.device.offer(now, &self.build, commands_max, bytes_max);
        let mut sent = offered.await?;
        sent.request.changes_max = changes_max;
        Ok(sent)
    }

    async fn send(&self, request: u64, offered: Result<Sent, StoreError>) -> Event {
        let Ok(sent) = offered else {
            return Event::StoreFailed { request };
        };
        let outcome = match self.exchange(&sent.request).await {
            Ok(body) => self.decode(&body).await,
            Err(error) => Err(error),
        };
        let outcome = outcome.map(|answer| {
            // An answer that comes after another tab took over must not be stored as another's.
            if self.state.borrow().awaits(request) {
                self.arrived.replace(Some((sent, answer)));
            }
        });
        Event::ResponseArrived { request, outcome }
    }

    /// Asks in the session and, where there is none or another person's, hands over by the device's key.
    async fn exchange(&self, request: &Request) -> Result<Vec<u8>, TransportError> {
        let answer = self.transport.send(wire::encode(request), None).await;
        let is_out = matches!(
            answer,
            Err(TransportError::SignInAgain | TransportError::Refused { status: 403 })
        );
        match self.device.key() {
            Some(key) if is_out => {
                let request = without_key(request);
                self.transport
                    .send(wire::encode(&request), Some(&key))
                    .await
            }
            _ => answer,
        }
    }

    async fn decode(&self, body: &[u8]) -> Result<Decoded, TransportError> {
        self.host.breathe().await;
        let mut decoding = Decoding::begin(body)?;
        self.host.breathe().await;
        while decoding.take_one() {
            self.host.breathe().await;
        }
        Ok(decoding.finish())
    }

    /// Shares the driver between listeners.
    pub fn shared(self) -> Rc<Self> {
        Rc::new(self)
    }
}

/// What is shown in the header is not told in the body.
fn without_key(request: &Request) -> Request {
    Request {
        key: None,
        ..request.clone()
    }
}
