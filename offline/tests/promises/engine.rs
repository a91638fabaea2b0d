//! When the engine talks to the server and when it does not.

use proptest::prelude::*;
use taswiq_domain::limits;
use taswiq_offline::driver::TransportError;
use taswiq_offline::engine::{
    Action, Event, POLL_MS, Phase, RETRY_MS_MAX, RETRY_MS_MIN, State, Summary, step,
};

/// Walks through events, and keeps what was done last.
struct Walk {
    state: State,
    actions: Vec<Action>,
}

impl Walk {
    fn leading(waiting: u32) -> Self {
        let mut walk = Self {
            state: State::default(),
            actions: Vec::new(),
        };
        walk.on(Event::Started { waiting }).on(Event::BecameLeader);
        walk
    }

    fn on(&mut self, event: Event) -> &mut Self {
        let (state, actions) = step(self.state.clone(), event, 0);
        (self.state, self.actions) = (state, actions);
        self
    }

    /// The request that was just sent: its number and bounds.
    fn sent(&self) -> Option<(u64, usize, usize)> {
        self.actions.iter().find_map(|action| match action {
            Action::Send {
                request,
                commands_max,
                bytes_max,
                ..
            } => Some((*request, *commands_max, *bytes_max)),
            _ => None,
        })
    }

    fn request(&self) -> u64 {
        self.sent().expect("a request was sent").0
    }

    fn scheduled(&self) -> Option<(u64, u64)> {
        self.actions.iter().find_map(|action| match action {
            Action::Schedule { timer, delay_ms } => Some((*timer, *delay_ms)),
            _ => None,
        })
    }

    fn delay_ms(&self) -> u64 {
        self.scheduled().expect("something was scheduled").1
    }

    /// The request on its way fails.
    fn fails(&mut self, error: TransportError) -> &mut Self {
        let request = self.request();
        self.on(Event::ResponseArrived {
            request,
            outcome: Err(error),
        })
    }

    /// The scheduled timer goes off.
    fn fires(&mut self) -> &mut Self {
        let (timer, _) = self.scheduled().expect("something was scheduled");
        self.on(Event::TimerFired { timer })
    }

    /// The request on its way is answered and stored.
    fn succeeds(&mut self, summary: Summary) -> &mut Self {
        let request = self.request();
        self.on(Event::ResponseArrived {
            request,
            outcome: Ok(()),
        });
        assert_eq!(
            self.actions,
            [Action::Persist { request }],
            "an answer is stored before anything else"
        );
        self.on(Event::Persisted { request, summary })
    }
}

fn decided(decided: u32, waiting: u32) -> Summary {
    Summary {
        decided,
        waiting,
        ..Summary::default()
    }
}

#[test]
fn only_the_leading_tab_talks() {
    let mut walk = Walk {
        state: State::default(),
        actions: Vec::new(),
    };
    for event in [
        Event::Started { waiting: 3 },
        Event::QueueChanged { waiting: 4 },
        Event::SyncRequested,
        Event::OnlineHint(true),
    ] {
        assert_eq!(walk.on(event).sent(), None);
    }
    assert!(walk.on(Event::BecameLeader).sent().is_some());
}

#[test]
fn one_request_at_a_time_and_the_wish_is_not_forgotten() {
    let mut walk = Walk::leading(0);
    let request = walk.request();
    for event in [
        Event::SyncRequested,
        Event::QueueChanged { waiting: 1 },
        Event::OnlineHint(true),
        Event::Visible(true),
    ] {
        assert_eq!(walk.on(event).sent(), None);
    }
    walk.on(Event::ResponseArrived {
        request,
        outcome: Ok(()),
    });
    walk.on(Event::Persisted {
        request,
        summary: decided(0, 1),
    });
    assert!(
        walk.sent().is_some(),
        "what came up meanwhile is asked at once"
    );
}

#[test]
fn a_new_order_leaves_at_once() {
    let mut walk = Walk::leading(0);
    walk.succeeds(decided(0, 0));
    assert!(walk.on(Event::QueueChanged { waiting: 1 }).sent().is_some());
    assert_eq!(walk.state.phase(), Phase::Sending { done: 0, total: 1 });
}

#[test]
fn taking_something_back_is_no_reason_to_talk() {
    let mut walk = Walk::leading(2);
    walk.fails(TransportError::NoNetwork);
    assert_eq!(walk.on(Event::QueueChanged { waiting: 1 }).sent(), None);
}

#[test]
fn an_answer_that_is_no_longer_waited_for_is_ignored() {
    let mut walk = Walk::leading(1);
    let old = walk.request();
    walk.on(Event::LostLeadership).on(Event::BecameLeader);
    let new = walk.request();
    assert_ne!(old, new);
    for event in [
        Event::ResponseArrived {
            request: old,
            outcome: Ok(()),
        },
        Event::Persisted {
            request: old,
            summary: decided(1, 0),
        },
        Event::StoreFailed { request: old },
        Event::TimerFired { timer: 0 },
    ] {
        let before = walk.state.clone();
        walk.on(event);
        assert_eq!((&walk.state, walk.actions.len()), (&before, 0));
    }
    assert!(walk.state.awaits(new));
}

#[test]
fn waits_double_up_to_a_limit_and_start_over_after_success() {
    let mut walk = Walk::leading(1);
    let mut expected_ms = RETRY_MS_MIN;
    for _ in 0..12 {
        assert_eq!(
            walk.fails(TransportError::NoNetwork).delay_ms(),
            expected_ms
        );
        assert_eq!(walk.state.phase(), Phase::Offline);
        walk.fires();
        expected_ms = (expected_ms * 2).min(RETRY_MS_MAX);
    }
    walk.succeeds(decided(1, 0))
        .on(Event::QueueChanged { waiting: 1 });
    assert_eq!(
        walk.fails(TransportError::NoNetwork).delay_ms(),
        RETRY_MS_MIN
    );
}

#[test]
fn a_hint_of_network_ends_the_wait() {
    let mut walk = Walk::leading(1);
    walk.fails(TransportError::NoNetwork);
    assert!(walk.on(Event::OnlineHint(true)).sent().is_some());
}

#[test]
fn a_hint_of_no_network_is_not_believed() {
    let mut walk = Walk::leading(0);
    walk.succeeds(decided(0, 0)).on(Event::OnlineHint(false));
    assert_eq!(walk.state.phase(), Phase::Offline);
    assert!(walk.on(Event::QueueChanged { waiting: 1 }).sent().is_some());
}

#[test]
fn a_page_that_does_not_lead_is_not_offline_for_ever() {
    let mut walk = Walk {
        state: State::default(),
        actions: Vec::new(),
    };
    walk.on(Event::OnlineHint(false));
    assert_eq!(walk.state.phase(), Phase::Offline);
    assert_eq!(walk.on(Event::OnlineHint(true)).sent(), None);
    assert_eq!(walk.state.phase(), Phase::Idle);
}

#[test]
fn too_large_and_too_slow_halve_the_batch_and_success_lets_it_grow() {
    let (commands, bytes) = (limits::COMMANDS_PER_BATCH, limits::SYNC_REQUEST_BYTES);
    let mut walk = Walk::leading(1_000);
    assert_eq!(
        walk.sent()
            .map(|(_, commands_max, bytes_max)| (commands_max, bytes_max)),
        Some((commands, bytes))
    );
    walk.fails(TransportError::Timeout).fires();
    walk.fails(TransportError::Timeout).fires();
    assert_eq!(
        walk.sent()
            .map(|(_, commands_max, bytes_max)| (commands_max, bytes_max)),
        Some((commands / 4, bytes / 4))
    );
    walk.succeeds(decided(25, 975));
    assert_eq!(
        walk.sent().map(|(_, commands_max, _)| commands_max),
        Some(commands / 2)
    );
    walk.succeeds(decided(50, 925));
    assert_eq!(
        walk.sent().map(|(_, commands_max, _)| commands_max),
        Some(commands)
    );
    // What the server itself called too large is not tried again.
    walk.fails(TransportError::TooLarge).fires();
    walk.succeeds(decided(50, 875)).succeeds(decided(50, 825));
    assert_eq!(
        walk.sent()
            .map(|(_, commands_max, bytes_max)| (commands_max, bytes_max)),
        Some((commands / 2, bytes / 2))
    );
}

#[test]
fn a_batch_never_shrinks_to_nothing() {
    let mut walk = Walk::leading(10);
    for _ in 0..20 {
        walk.fails(TransportError::TooLarge).fires();
    }
    let (_, commands_max, bytes_max) = walk.sent().expect("still asks");
    assert_eq!((commands_max, bytes_max), (1, limits::SIGNATURE_BYTES));
}

#[test]
fn progress_is_counted() {
    let mut walk = Walk::leading(230);
    assert_eq!(
        walk.state.phase(),
        Phase::Sending {
            done: 0,
            total: 230
        }
    );
    walk.succeeds(decided(100, 130));
    assert_eq!(
        walk.state.phase(),
        Phase::Sending {
            done: 100,
            total: 230
        }
    );
    walk.on(Event::QueueChanged { waiting: 131 });
    assert_eq!(
        walk.state.phase(),
        Phase::Sending {
            done: 100,
            total: 231
        }
    );
}

#[test]
fn when_all_is_sent_an_open_page_asks_now_and_then() {
    let mut walk = Walk::leading(1);
    walk.succeeds(decided(1, 0));
    assert_eq!(
        (walk.state.phase(), walk.delay_ms()),
        (Phase::Idle, POLL_MS)
    );
    assert!(walk.fires().sent().is_some());
    walk.on(Event::Visible(false));
    let mut hidden = Walk::leading(0);
    hidden
        .succeeds(decided(0, 0))
        .on(Event::Visible(false))
        .on(Event::SyncRequested);
    assert_eq!(hidden.succeeds(decided(0, 0)).scheduled(), None);
    assert!(hidden.on(Event::Visible(true)).sent().is_some());
}

#[test]
fn more_to_come_is_asked_for_at_once() {
    let mut walk = Walk::leading(0);
    walk.succeeds(Summary {
        again: true,
        ..Summary::default()
    });
    assert!(walk.sent().is_some());
}

/// What the request that was just sent says of how large its answer may be.
fn changes_max(walk: &Walk) -> Option<u32> {
    let sent = walk.actions.iter().find_map(|action| match action {
        Action::Send { changes_max, .. } => Some(*changes_max),
        _ => None,
    });
    sent.expect("a request was sent")
}

#[test]
fn answers_are_halved_when_one_breaks_off_and_grow_again_when_the_way_is_good() {
    let mut walk = Walk::leading(0);
    assert_eq!(changes_max(&walk), None, "the server knows best");
    walk.fails(TransportError::BrokeOff).fires();
    assert_eq!(
        changes_max(&walk),
        Some(limits::CHANGES_PER_ANSWER as u32 / 2)
    );
    for _ in 0..20 {
        walk.fails(TransportError::BrokeOff).fires();
    }
    assert_eq!(
        changes_max(&walk),
        Some(limits::CHANGES_PER_ANSWER_MIN as u32),
        "little, and never nothing"
    );
    let again = Summary {
        again: true,
        ..Summary::default()
    };
    let mut grown = Vec::new();
    while let Some(changes) = changes_max(&walk) {
        grown.push(changes);
        walk.succeeds(again);
    }
    assert_eq!(grown, [64, 128, 256, 512, 1_024]);
}

#[test]
fn a_day_without_a_network_is_no_reason_to_ask_for_little_in_the_evening() {
    let (commands, bytes) = (limits::COMMANDS_PER_BATCH, limits::SYNC_REQUEST_BYTES);
    for error in [TransportError::NoNetwork, TransportError::Garbled] {
        let mut walk = Walk::leading(30);
        let request = walk.request();
        for _ in 0..50 {
            walk.fails(error.clone()).fires();
        }
        let tried = walk.request();
        assert_eq!(
            (walk.sent(), changes_max(&walk)),
            (Some((tried, commands, bytes)), None)
        );
        assert!(tried > request + 49);
    }
}

#[test]
fn an_answer_that_does_not_begin_says_nothing_of_its_size_nor_one_that_broke_off_of_the_batch() {
    let mut walk = Walk::leading(30);
    walk.fails(TransportError::Timeout).fires();
    assert_eq!(changes_max(&walk), None);
    let (_, commands_max, bytes_max) = walk.sent().expect("asked again");
    walk.fails(TransportError::BrokeOff).fires();
    let request = walk.request();
    assert_eq!(walk.sent(), Some((request, commands_max, bytes_max)));
}

#[test]
fn a_server_that_puts_off_is_left_alone_for_as_long_as_it_asks() {
    let mut walk = Walk::leading(2);
    walk.succeeds(Summary {
        waiting: 2,
        retry_after_ms: Some(40_000),
        ..Summary::default()
    });
    assert_eq!(
        (walk.state.phase(), walk.delay_ms(), walk.sent()),
        (Phase::Busy, 40_000, None)
    );
    walk.fires().fails(TransportError::Busy {
        status: 503,
        retry_after_ms: Some(120_000),
    });
    assert_eq!(
        (walk.state.phase(), walk.delay_ms()),
        (Phase::Busy, 120_000)
    );
}

#[test]
fn an_answer_that_decides_nothing_is_no_reason_to_ask_without_end() {
    let mut walk = Walk::leading(2);
    for _ in 0..3 {
        walk.succeeds(decided(0, 2));
        assert_eq!(walk.sent(), None);
        assert!(walk.delay_ms() >= RETRY_MS_MIN);
        walk.fires();
    }
}

#[test]
fn the_end_of_a_session_keeps_the_queue_and_waits_for_the_person() {
    let mut walk = Walk::leading(3);
    walk.fails(TransportError::SignInAgain);
    assert_eq!(walk.state.phase(), Phase::SignInAgain);
    assert_eq!(walk.on(Event::QueueChanged { waiting: 4 }).sent(), None);
    assert!(
        walk.on(Event::Visible(true)).sent().is_some(),
        "back from signing in"
    );
    walk.succeeds(Summary {
        waiting: 4,
        wrong_person: true,
        ..Summary::default()
    });
    assert_eq!(
        (walk.state.phase(), walk.sent()),
        (Phase::SignInAgain, None)
    );
}

#[test]
fn what_leaves_by_the_devices_own_key_leaves_at_once_and_the_person_is_still_to_sign_in() {
    let signed_out = |waiting| Summary {
        decided: u32::from(waiting > 0),
        signed_out: true,
        ..Summary::default()
    };
    let mut walk = Walk::leading(1);
    walk.succeeds(signed_out(1));
    assert_eq!(walk.state.phase(), Phase::SignInAgain);
    assert!(walk.delay_ms() > RETRY_MS_MAX, "nothing to hear until then");
    assert!(walk.on(Event::QueueChanged { waiting: 1 }).sent().is_some());
    walk.succeeds(signed_out(1));
    // Until the key is not taken any more either.
    walk.on(Event::Visible(true));
    walk.fails(TransportError::SignInAgain);
    assert_eq!(walk.on(Event::QueueChanged { waiting: 2 }).sent(), None);
}

#[test]
fn a_refusing_server_is_asked_again_seldom() {
    let mut walk = Walk::leading(3);
    walk.fails(TransportError::Refused { status: 403 });
    assert_eq!(walk.state.phase(), Phase::NotAccepted);
    assert!(walk.delay_ms() > RETRY_MS_MAX);
    assert!(walk.on(Event::SyncRequested).sent().is_some());
}

#[test]
fn a_full_phone_tries_the_same_again() {
    let mut walk = Walk::leading(1);
    let request = walk.request();
    walk.on(Event::ResponseArrived {
        request,
        outcome: Ok(()),
    })
    .on(Event::StoreFailed { request });
    assert_eq!(
        (walk.state.phase(), walk.delay_ms()),
        (Phase::StoreTrouble, RETRY_MS_MIN)
    );
    assert!(walk.fires().sent().is_some());
}

#[test]
fn the_badge_is_told_before_the_network_is_waited_for() {
    let walk = Walk::leading(1);
    assert!(
        matches!(
            walk.actions[..],
            [
                Action::Notify(Phase::Sending { done: 0, total: 1 }),
                Action::Send { .. }
            ]
        ),
        "{:?}",
        walk.actions
    );
}

#[test]
fn statuses_are_understood() {
    use TransportError::*;
    for (status, retry_after, expected) in [
        (401, None, SignInAgain),
        (403, None, Refused { status: 403 }),
        (400, None, Refused { status: 400 }),
        (413, None, TooLarge),
        (
            429,
            Some("7"),
            Busy {
                status: 429,
                retry_after_ms: Some(7_000),
            },
        ),
        (
            503,
            Some("Wed, 21 Oct 2026 07:28:00 GMT"),
            Busy {
                status: 503,
                retry_after_ms: None,
            },
        ),
        (
            500,
            None,
            Busy {
                status: 500,
                retry_after_ms: None,
            },
        ),
        (302, None, Garbled),
        (204, None, Garbled),
        (0, None, Garbled),
    ] {
        let error = TransportError::of_status(status, retry_after);
        assert_eq!(error, expected);
        // A page for people is no refusal of the server.
        let unlike = match expected {
            SignInAgain | Refused { .. } => Garbled,
            same => same,
        };
        assert_eq!(error.from_in_between(), unlike);
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    let request = 0..12_u64;
    prop_oneof![
        (0..5_u32).prop_map(|waiting| Event::Started { waiting }),
        (0..5_u32).prop_map(|waiting| Event::QueueChanged { waiting }),
        (0..20_u64).prop_map(|timer| Event::TimerFired { timer }),
        any::<bool>().prop_map(Event::OnlineHint),
        any::<bool>().prop_map(Event::Visible),
        Just(Event::SyncRequested),
        Just(Event::BecameLeader),
        Just(Event::LostLeadership),
        request.clone().prop_map(|request| Event::ResponseArrived {
            request,
            outcome: Ok(())
        }),
        request.clone().prop_map(|request| Event::ResponseArrived {
            request,
            outcome: Err(TransportError::Timeout)
        }),
        request.clone().prop_map(|request| Event::ResponseArrived {
            request,
            outcome: Err(TransportError::BrokeOff)
        }),
        (request.clone(), 0..3_u32, any::<bool>()).prop_map(|(request, waiting, again)| {
            Event::Persisted {
                request,
                summary: Summary {
                    waiting,
                    again,
                    ..Summary::default()
                },
            }
        }),
        request.prop_map(|request| Event::StoreFailed { request }),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_there_is_one_request_at_most_and_a_way_on(events in prop::collection::vec(any_event(), 0..60), jitter_ppm in 0..=1_000_000_u32) {
        let mut state = State::default();
        let mut on_its_way: Option<u64> = None;
        let mut leads = false;
        let mut timer: Option<u64> = None;
        for event in events {
            match &event {
                Event::BecameLeader => leads = true,
                Event::LostLeadership => { leads = false; on_its_way = None; }
                Event::ResponseArrived { request, outcome: Err(_) } | Event::Persisted { request, .. } | Event::StoreFailed { request } if on_its_way == Some(*request) => on_its_way = None,
                _ => {}
            }
            let (next, actions) = step(state, event, jitter_ppm);
            state = next;
            for action in actions {
                match action {
                    Action::Send { request, commands_max, bytes_max, changes_max } => {
                        prop_assert!(leads, "only the leader talks");
                        prop_assert_eq!(on_its_way.replace(request), None, "one at a time");
                        prop_assert!((1..=limits::COMMANDS_PER_BATCH).contains(&commands_max) && bytes_max <= limits::SYNC_REQUEST_BYTES);
                        prop_assert!(changes_max.is_none_or(|changes| (limits::CHANGES_PER_ANSWER_MIN..limits::CHANGES_PER_ANSWER).contains(&(changes as usize))));
                    }
                    Action::Schedule { timer: scheduled, .. } => timer = Some(scheduled),
                    Action::Persist { request } => prop_assert!(state.awaits(request)),
                    Action::Notify(_) => {}
                }
            }
        }
        // A leader is either waiting for an answer, or for a timer that will make it ask, or only for
        // the page to come to the front; and it can always be asked.
        if leads && on_its_way.is_none() && let Some(timer) = timer {
            let (_, actions) = step(state.clone(), Event::TimerFired { timer }, jitter_ppm);
            let (_, asked) = step(state, Event::SyncRequested, jitter_ppm);
            let sends = asked.iter().any(|action| matches!(action, Action::Send { .. }));
            prop_assert!(sends);
            prop_assert!(actions.len() <= 3);
        }
    }
}
