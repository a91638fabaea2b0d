//! When to talk to the server, and how much to say: a pure function from a state and an event to a
//! state and actions.
//!
//! There is no clock, no randomness, no network and no storage in here, so a test can walk through
//! years of bad luck in a millisecond. What the promises mean here:
//!
//! - One request at a time, and only from the tab that leads.
//! - Nothing that goes wrong on the way changes what is queued; it only decides when to ask again.
//! - An answer to a request that is no longer waited for is ignored.
//! - A batch that was too much is halved, and grows again when the way is good. So are the answers. Where
//!   there is no network at all nothing was too much.

use crate::driver::TransportError;
use taswiq_domain::limits;

/// The first wait after something went wrong, in milliseconds. It doubles each time.
pub const RETRY_MS_MIN: u64 = 2_000;
/// The longest wait, in milliseconds: a phone back in town is in step within minutes.
pub const RETRY_MS_MAX: u64 = 300_000;
/// How often an open page asks whether something changed, in milliseconds.
pub const POLL_MS: u64 = 60_000;
/// How long to leave a server alone that says the request is wrong or not allowed, in milliseconds.
pub const REFUSED_MS: u64 = 600_000;
/// How long to wait for an answer to begin, in milliseconds: a full batch over the weakest 3G. Once it has
/// begun, how long to wait for more of it: what comes slowly comes, and would not come sooner anew.
pub const REQUEST_TIMEOUT_MS: u32 = 45_000;
/// How long the whole of an answer may take, in milliseconds: something in between may drip for ever, and
/// meanwhile nothing leaves.
pub const ANSWER_MS_MAX: u32 = 600_000;

const CHANGES_PER_ANSWER: u32 = limits::CHANGES_PER_ANSWER as u32;
/// One million: the whole of a jitter.
const JITTER_WHOLE_PPM: u64 = 1_000_000;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The device is open, with so many commands in its outbox.
    Started {
        /// Commands that may leave.
        waiting: u32,
    },
    /// A person did something, took it back, or let go what was kept back.
    QueueChanged {
        /// Commands that may leave.
        waiting: u32,
    },
    /// A timer of [`Action::Schedule`] went off.
    TimerFired {
        /// Which.
        timer: u64,
    },
    /// The browser believes that there is (no) network. A hint, never the truth.
    OnlineHint(
        /// Whether it believes so.
        bool,
    ),
    /// The page came to the front or went away.
    Visible(
        /// Whether it is in front.
        bool,
    ),
    /// A person, the service worker or the server's hint asks for it.
    SyncRequested,
    /// This tab leads from now on.
    BecameLeader,
    /// Another tab leads from now on.
    LostLeadership,
    /// The transport is through with a request.
    ResponseArrived {
        /// Which.
        request: u64,
        /// Whether a readable answer came.
        outcome: Result<(), TransportError>,
    },
    /// An answer is stored.
    Persisted {
        /// To which request.
        request: u64,
        /// What it changed.
        summary: Summary,
    },
    /// A request could not be prepared or its answer not stored: nothing is changed, and the same
    /// will be asked again.
    StoreFailed {
        /// Which request.
        request: u64,
    },
}

/// What an answer of the server changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Commands decided.
    pub decided: u32,
    /// Commands that still wait and may leave.
    pub waiting: u32,
    /// Whether there is more to fetch, and the answer brought us nearer to it.
    pub again: bool,
    /// When the server wants to be asked again about what it did not decide, in milliseconds.
    pub retry_after_ms: Option<u32>,
    /// The session belongs to another person than the device: nothing was stored.
    pub wrong_person: bool,
    /// What was handed over was decided, but nobody is signed in who may be told of anything.
    pub signed_out: bool,
    /// There was room for what became of the commands only, not for what else the server told.
    pub is_full: bool,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send the oldest waiting commands, within these bounds, as request number `request`; answer
    /// with [`Event::ResponseArrived`].
    Send {
        /// Which request.
        request: u64,
        /// At most so many commands, oldest first; none means only asking for changes.
        commands_max: usize,
        /// At most so many bytes before compression (one command always goes).
        bytes_max: usize,
        /// At most so many changes in the answer; as many as the server likes when nothing is said.
        changes_max: Option<u32>,
    },
    /// Store the answer that arrived; answer with [`Event::Persisted`] or [`Event::StoreFailed`].
    Persist {
        /// To which request.
        request: u64,
    },
    /// Answer with [`Event::TimerFired`] after so long. A later one replaces it.
    Schedule {
        /// Which timer.
        timer: u64,
        /// In milliseconds.
        delay_ms: u64,
    },
    /// The phase changed: show it.
    Notify(
        /// To what.
        Phase,
    ),
}

/// What the engine is at, for the badge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing to do, as far as is known.
    #[default]
    Idle,
    /// Talking to the server. `total` is zero when only asking.
    Sending {
        /// Commands decided in this run.
        done: u32,
        /// Commands of this run.
        total: u32,
    },
    /// The server cannot be reached; it is tried again by itself.
    Offline,
    /// The server asks for patience or has a problem; it is tried again by itself.
    Busy,
    /// The session is over: the person has to sign in, and then all goes on. Nothing is lost.
    SignInAgain,
    /// The server does not accept this device or this build. Nothing is lost.
    NotAccepted,
    /// The phone could not store an answer (no room). It is tried again by itself.
    StoreTrouble,
}

/// Where the engine stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    leader: bool,
    visible: bool,
    waiting: u32,
    phase: Phase,
    /// The request on its way, if any.
    in_flight: Option<u64>,
    /// Whether something asked for a contact while a request was on its way.
    asked_meanwhile: bool,
    /// Whether commands were made while a request was on its way.
    queued_meanwhile: bool,
    /// Whether the server took the device's own key, without a session.
    hands_over: bool,
    requests: u64,
    timers: u64,
    /// Failures in a row.
    failures: u32,
    done: u32,
    commands_max: usize,
    bytes_max: usize,
    /// What the server once called too large is not tried again in this run of the app.
    commands_ceiling: usize,
    bytes_ceiling: usize,
    /// How large an answer may be, once one broke off.
    changes_max: Option<u32>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            leader: false,
            visible: true,
            waiting: 0,
            phase: Phase::Idle,
            in_flight: None,
            asked_meanwhile: false,
            queued_meanwhile: false,
            hands_over: false,
            requests: 0,
            timers: 0,
            failures: 0,
            done: 0,
            commands_max: limits::COMMANDS_PER_BATCH,
            bytes_max: limits::SYNC_REQUEST_BYTES,
            commands_ceiling: limits::COMMANDS_PER_BATCH,
            bytes_ceiling: limits::SYNC_REQUEST_BYTES,
            changes_max: None,
        }
    }
}

impl State {
    /// What the engine is at.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether this tab is the one that talks to the server.
    pub const fn leads(&self) -> bool {
        self.leader
    }

    /// Whether an answer to that request is still waited for.
    pub fn awaits(&self, request: u64) -> bool {
        self.in_flight == Some(request)
    }
}

/// The next state, and what to do. `jitter_ppm` (0 to 1,000,000) spreads phones that lost the network
/// together.
pub fn step(mut state: State, event: Event, jitter_ppm: u32) -> (State, Vec<Action>) {
    let phase_before = state.phase;
    let mut actions = Vec::new();
    match event {
        Event::Started { waiting } => {
            state.waiting = waiting;
            state.contact(&mut actions);
        }
        Event::QueueChanged { waiting } => {
            let grown = waiting > state.waiting;
            state.waiting = waiting;
            state.count();
            if state.in_flight.is_some() {
                state.queued_meanwhile |= grown;
            } else if grown && state.may_try_unasked() {
                state.contact(&mut actions);
            }
        }
        Event::TimerFired { timer } if timer == state.timers && state.in_flight.is_none() => {
            state.contact(&mut actions)
        }
        Event::TimerFired { .. } => {}
        Event::OnlineHint(true) => {
            // A page that does not lead asks nobody: what a hint told it, a hint takes back.
            if !state.leader && state.phase == Phase::Offline {
                state.phase = Phase::Idle;
            }
            state.contact(&mut actions);
        }
        Event::SyncRequested => state.contact(&mut actions),
        Event::OnlineHint(false) => {
            // What is on its way may still arrive; what is not will find out by itself.
            if state.in_flight.is_none() && matches!(state.phase, Phase::Idle | Phase::Busy) {
                state.phase = Phase::Offline;
            }
        }
        Event::Visible(visible) => {
            state.visible = visible;
            if visible {
                state.contact(&mut actions);
            }
        }
        Event::BecameLeader => {
            state.leader = true;
            state.contact(&mut actions);
        }
        Event::LostLeadership => {
            state.leader = false;
            state.in_flight = None;
            state.phase = Phase::Idle;
        }
        Event::ResponseArrived { request, outcome } if state.awaits(request) => match outcome {
            Ok(()) => actions.push(Action::Persist { request }),
            Err(error) => state.failed(&error, jitter_ppm, &mut actions),
        },
        Event::Persisted { request, summary } if state.awaits(request) => {
            state.advance(summary, jitter_ppm, &mut actions)
        }
        Event::StoreFailed { request } if state.awaits(request) => {
            state.in_flight = None;
            state.phase = Phase::StoreTrouble;
            state.back_off(None, jitter_ppm, &mut actions);
        }
        // Of a request that is no longer waited for: whatever it brought will be asked for again.
        Event::ResponseArrived { .. } | Event::Persisted { .. } | Event::StoreFailed { .. } => {}
    }
    if state.phase != phase_before {
        // First, so that the badge does not wait for the network.
        actions.insert(0, Action::Notify(state.phase));
    }
    (state, actions)
}

impl State {
    /// Asks the server now, unless a request is on its way or another tab does it.
    fn contact(&mut self, actions: &mut Vec<Action>) {
        if !self.leader {
            return;
        }
        if self.in_flight.is_some() {
            self.asked_meanwhile = true;
            return;
        }
        if !matches!(self.phase, Phase::Sending { .. }) {
            self.done = 0;
        }
        self.send(actions);
    }

    fn send(&mut self, actions: &mut Vec<Action>) {
        self.requests += 1;
        self.timers += 1;
        self.in_flight = Some(self.requests);
        self.asked_meanwhile = false;
        self.queued_meanwhile = false;
        self.phase = Phase::Sending {
            done: self.done,
            total: 0,
        };
        self.count();
        actions.push(Action::Send {
            request: self.requests,
            commands_max: self.commands_max,
            bytes_max: self.bytes_max,
            changes_max: self.changes_max,
        });
    }

    fn count(&mut self) {
        if let Phase::Sending { done, total } = &mut self.phase {
            *done = self.done;
            *total = if self.waiting == 0 && self.done == 0 {
                0
            } else {
                self.done + self.waiting
            };
        }
    }

    /// A server that refuses does not get better by new orders, nor does a session that is over; but they
    /// may leave by the device's own key.
    const fn may_try_unasked(&self) -> bool {
        match self.phase {
            Phase::SignInAgain => self.hands_over,
            Phase::NotAccepted => false,
            _ => true,
        }
    }

    fn advance(&mut self, summary: Summary, jitter_ppm: u32, actions: &mut Vec<Action>) {
        self.in_flight = None;
        self.waiting = summary.waiting;
        self.hands_over = summary.signed_out;
        if summary.wrong_person {
            self.phase = Phase::SignInAgain;
            self.schedule(REFUSED_MS, jitter_ppm, actions);
            return;
        }
        self.done = self.done.saturating_add(summary.decided);
        self.commands_max = (self.commands_max * 2).min(self.commands_ceiling);
        self.bytes_max = (self.bytes_max * 2).min(self.bytes_ceiling);
        self.changes_max = self
            .changes_max
            .map(|changes| changes * 2)
            .filter(|changes| *changes < CHANGES_PER_ANSWER);
        let moved = summary.again || summary.decided > 0;
        if moved {
            self.failures = 0;
        }
        if summary.is_full && (summary.decided == 0 || self.waiting == 0) {
            self.phase = Phase::StoreTrouble;
            self.back_off(None, jitter_ppm, actions);
            return;
        }
        let asked = self.asked_meanwhile || self.queued_meanwhile;
        if summary.again
            || asked
            || (self.waiting > 0 && summary.decided > 0 && summary.retry_after_ms.is_none())
        {
            self.count();
            self.send(actions);
        } else if self.waiting > 0 {
            // The server put them off, or did not speak of them.
            self.phase = Phase::Busy;
            self.back_off(summary.retry_after_ms.map(u64::from), jitter_ppm, actions);
        } else if summary.signed_out {
            // All that could be done without a person has been.
            self.failures = 0;
            self.phase = Phase::SignInAgain;
            self.schedule(REFUSED_MS, jitter_ppm, actions);
        } else {
            self.failures = 0;
            self.phase = Phase::Idle;
            if self.visible {
                self.schedule(POLL_MS, jitter_ppm, actions);
            }
        }
    }

    fn failed(&mut self, error: &TransportError, jitter_ppm: u32, actions: &mut Vec<Action>) {
        self.in_flight = None;
        match error {
            TransportError::TooLarge => {
                self.halve();
                self.commands_ceiling = self.commands_max;
                self.bytes_ceiling = self.bytes_max;
                self.phase = Phase::Busy;
                self.back_off(None, jitter_ppm, actions);
            }
            TransportError::Timeout => {
                self.halve();
                self.phase = Phase::Offline;
                self.back_off(None, jitter_ppm, actions);
            }
            TransportError::BrokeOff => {
                self.halve_answers();
                self.phase = Phase::Offline;
                self.back_off(None, jitter_ppm, actions);
            }
            TransportError::NoNetwork | TransportError::Garbled => {
                self.phase = Phase::Offline;
                self.back_off(None, jitter_ppm, actions);
            }
            TransportError::SignInAgain => {
                self.hands_over = false;
                self.phase = Phase::SignInAgain;
                self.schedule(REFUSED_MS, jitter_ppm, actions);
            }
            TransportError::Refused { .. } => {
                self.phase = Phase::NotAccepted;
                self.schedule(REFUSED_MS, jitter_ppm, actions);
            }
            TransportError::Busy { retry_after_ms, .. } => {
                self.phase = Phase::Busy;
                self.back_off(*retry_after_ms, jitter_ppm, actions);
            }
        }
    }

    fn halve(&mut self) {
        self.commands_max = (self.commands_max / 2).max(1);
        // Below this a single order with its signature would not fit, and one command always goes.
        self.bytes_max = (self.bytes_max / 2).max(limits::SIGNATURE_BYTES);
    }

    /// The way broke under an answer: a smaller one may arrive before it breaks again. Otherwise a phone that
    /// meets the server for the first time on such a way would fetch the same for ever. Whoever reached nobody
    /// has learnt nothing of the way: after a day without a network the evening begins with a whole answer.
    fn halve_answers(&mut self) {
        let changes = self.changes_max.unwrap_or(CHANGES_PER_ANSWER) / 2;
        self.changes_max = Some(changes.max(limits::CHANGES_PER_ANSWER_MIN as u32));
    }

    /// Schedules the next attempt: later with each failure in a row, and not before the server asked.
    fn back_off(&mut self, at_least_ms: Option<u64>, jitter_ppm: u32, actions: &mut Vec<Action>) {
        let doubled = RETRY_MS_MIN
            .saturating_mul(1 << self.failures.min(16))
            .min(RETRY_MS_MAX);
        self.failures = self.failures.saturating_add(1);
        self.schedule(doubled.max(at_least_ms.unwrap_or(0)), jitter_ppm, actions);
    }

    fn schedule(&mut self, delay_ms: u64, jitter_ppm: u32, actions: &mut Vec<Action>) {
        self.timers += 1;
        // Up to a quarter later, never earlier than a server asked for.
        let spread = delay_ms / 4 * u64::from(jitter_ppm) / JITTER_WHOLE_PPM;
        actions.push(Action::Schedule {
            timer: self.timers,
            delay_ms: delay_ms + spread,
        });
    }
}
