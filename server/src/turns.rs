//! Who is served when everybody comes at once.
//!
//! At eight in the evening ten thousand phones hand over their day. So many requests are worked on at
//! once as fill the writer's transactions, some hundred more wait with their bodies read, and whoever
//! could not be served within about a second is told at once when to come back: each a moment of their
//! own, at the pace at which phones are being served. Memory is bounded by that, and no phone hangs on a
//! connection that brings nothing.
//!
//! It is fair. Whoever waits is served in the order of arrival, and whoever comes back when told is let in
//! before those who come for the first time: the last places of the waiting room are theirs. When nothing
//! is finished any more (a disk that hangs) newcomers are sent away at once instead of piling up.
//!
//! [`Line`] decides and knows no clock; [`Turns`] waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use taswiq_domain::ids::PersonId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests worked on at once: some full transactions of the writer, and the readers' connections.
pub const AT_ONCE: usize = 64;
/// Requests that wait, whoever sent them. Each holds a body of at most 256 kB, mostly of some kilobytes.
pub const WAITING_MAX: usize = 512;
/// Of those, places for phones that come for the first time; the rest is for those who come back.
pub const NEWCOMERS_MAX: usize = 256;
/// Whoever is expected to wait longer than that is sent away as they arrive.
const SOON_US: u64 = 1_000_000;
/// How long somebody waits for a turn before they are told to come back: longer than expected, for places
/// become free many at a time, as a transaction ends.
const PATIENCE_US: u64 = 2_000_000;
/// How late somebody may come back and still be let in first: phones add up to a quarter to what they
/// were told, and a radio takes its time.
const GRACE_US: u64 = 120_000_000;
/// The longest anybody is sent away for, in seconds. A longer line is a server that is too small.
const AWAY_S_MAX: u64 = 300;
/// People who are remembered to be coming back: twice the greatest crowd there will be.
const REMEMBERED_MAX: usize = 20_000;
/// What one request is thought to take before any was seen: ten thousand then take a minute and a half.
const PACE_US: u64 = 10_000;

/// What becomes of somebody who arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// They take a place, or wait for one.
    Stays,
    /// Not now: after so many seconds.
    ComesBack {
        /// Seconds, at least one.
        after_s: u32,
    },
}

/// The line before the office's door. Times are microseconds since any moment.
#[derive(Debug)]
pub struct Line {
    /// Worked on, or with a place in the waiting room.
    here: usize,
    /// What one request takes as long as there is always a next one.
    pace_us: u64,
    /// When somebody last left, or the line began to be busy.
    last_left_us: u64,
    /// The next moment that was promised to nobody.
    next_turn_us: u64,
    /// To whom a moment was promised.
    promised_us: HashMap<PersonId, u64>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            here: 0,
            pace_us: PACE_US,
            last_left_us: 0,
            next_turn_us: 0,
            promised_us: HashMap::new(),
        }
    }
}

impl Line {
    /// Somebody arrives. Whoever stays must [leave](Self::leave).
    pub fn arrive(&mut self, who: PersonId, now_us: u64) -> Arrival {
        let comes_back = self
            .promised_us
            .get(&who)
            .is_some_and(|turn| (*turn..=turn.saturating_add(GRACE_US)).contains(&now_us));
        let places = if comes_back {
            AT_ONCE + WAITING_MAX
        } else {
            AT_ONCE + NEWCOMERS_MAX
        };
        // Those to whom a moment was promised come before those who were promised nothing.
        let awaited_us = if comes_back {
            0
        } else {
            self.next_turn_us.saturating_sub(now_us)
        };
        let is_stuck =
            self.here >= AT_ONCE && now_us.saturating_sub(self.last_left_us) > PATIENCE_US;
        let wait_us = self.wait_us().max(awaited_us);
        let may_wait = self.here < places && wait_us <= SOON_US && !is_stuck;
        if self.here < AT_ONCE || may_wait {
            if self.here == 0 {
                self.last_left_us = now_us;
            }
            self.here += 1;
            self.promised_us.remove(&who);
            return Arrival::Stays;
        }
        self.send_away(who, now_us)
    }

    /// Promises a moment to somebody: the next that nobody has.
    pub fn send_away(&mut self, who: PersonId, now_us: u64) -> Arrival {
        let soonest = now_us.saturating_add(self.wait_us());
        let turn_us = self.next_turn_us.max(soonest);
        let after_s = (turn_us - now_us).div_ceil(1_000_000).clamp(1, AWAY_S_MAX);
        self.next_turn_us = turn_us.saturating_add(self.pace_us);
        if self.promised_us.len() >= REMEMBERED_MAX {
            self.promised_us
                .retain(|_, turn| turn.saturating_add(GRACE_US) >= now_us);
        }
        if self.promised_us.len() < REMEMBERED_MAX {
            // What is told is whole seconds: from the moment itself on they are expected.
            let told_us = turn_us.min(now_us.saturating_add(after_s * 1_000_000));
            self.promised_us.insert(who, told_us);
        }
        Arrival::ComesBack {
            after_s: u32::try_from(after_s).unwrap_or(u32::MAX),
        }
    }

    /// Somebody who stayed is through, or gave up.
    pub fn leave(&mut self, was_served: bool, now_us: u64) {
        self.here = self.here.saturating_sub(1);
        if !was_served {
            return;
        }
        let took_us = now_us.saturating_sub(self.last_left_us);
        self.last_left_us = now_us;
        // Only a line that always has a next one tells how fast it can move.
        if self.here >= AT_ONCE {
            self.pace_us = (self.pace_us.saturating_mul(31).saturating_add(took_us) / 32).max(1);
        }
    }

    /// How long somebody who arrives now would wait for a turn.
    fn wait_us(&self) -> u64 {
        let before = (self.here + 1).saturating_sub(AT_ONCE) as u64;
        before.saturating_mul(self.pace_us)
    }
}

/// The door itself.
#[derive(Debug)]
pub struct Turns {
    line: Mutex<Line>,
    places: Arc<Semaphore>,
    began: Instant,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            line: Mutex::default(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            began: Instant::now(),
        }
    }
}

impl Turns {
    /// Somebody arrives: they stay, or are told after how many seconds to come back. Asked before the body
    /// is read, so that whoever is sent away costs a head and no more.
    ///
    /// # Errors
    /// Seconds.
    pub fn arrive(self: &Arc<Self>, who: PersonId) -> Result<Arrived, u32> {
        match self.line().arrive(who, self.now_us()) {
            Arrival::ComesBack { after_s } => Err(after_s),
            Arrival::Stays => Ok(Arrived {
                turns: Arc::clone(self),
                who,
                place: None,
            }),
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// Somebody with a place in the waiting room, until dropped.
#[derive(Debug)]
pub struct Arrived {
    turns: Arc<Turns>,
    who: PersonId,
    place: Option<OwnedSemaphorePermit>,
}

impl Arrived {
    /// Waits for their turn, which lasts until this is dropped.
    ///
    /// # Errors
    /// Seconds after which to come back, when it took too long.
    pub async fn turn(mut self) -> Result<Self, u32> {
        let place = Arc::clone(&self.turns.places).acquire_owned();
        let patience = Duration::from_micros(PATIENCE_US);
        match tokio::time::timeout(patience, place).await {
            Ok(Ok(place)) => {
                self.place = Some(place);
                Ok(self)
            }
            // Nobody closes the door, so it is the time that has run out.
            Ok(Err(_)) | Err(_) => {
                let now_us = self.turns.now_us();
                let arrival = self.turns.line().send_away(self.who, now_us);
                Err(match arrival {
                    Arrival::ComesBack { after_s } => after_s,
                    Arrival::Stays => 1,
                })
            }
        }
    }
}

impl Drop for Arrived {
    fn drop(&mut self) {
        let was_served = self.place.take().is_some();
        let now_us = self.turns.now_us();
        self.turns.line().leave(was_served, now_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cmp::Reverse;
    use std::collections::{BinaryHeap, VecDeque};

    /// What somebody does next.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    enum Step {
        Served,
        Arrives,
        GivesUp,
    }

    /// What became of a crowd.
    #[derive(Debug, Default)]
    struct Evening {
        ended_us: u64,
        here_max: usize,
        sent_away: Vec<u32>,
        /// The longest anybody hung on one request.
        hung_us: u64,
    }

    /// Plays an evening: each of the crowd arrives at a moment, is served for `work_us` by one of the places,
    /// and whoever is sent away comes back when told and up to a quarter later.
    fn play(arrivals_us: &[u64], work_us: u64, late_ppm: &[u32]) -> Evening {
        let mut line = Line::default();
        let mut evening = Evening {
            sent_away: vec![0; arrivals_us.len()],
            ..Evening::default()
        };
        let mut events: BinaryHeap<Reverse<(u64, Step, usize)>> = arrivals_us
            .iter()
            .enumerate()
            .map(|(who, at)| Reverse((*at, Step::Arrives, who)))
            .collect();
        let mut waiting: VecDeque<usize> = VecDeque::new();
        let (mut inside, mut served) = (0, 0);
        let mut since_us = vec![0; arrivals_us.len()];
        while let Some(Reverse((now_us, step, who))) = events.pop() {
            let person = PersonId(i64::try_from(who).expect("few"));
            let arrival = match step {
                Step::Served => {
                    line.leave(true, now_us);
                    (inside, served) = (inside - 1, served + 1);
                    evening.hung_us = evening.hung_us.max(now_us - since_us[who]);
                    evening.ended_us = now_us;
                    None
                }
                Step::GivesUp if waiting.contains(&who) => {
                    waiting.retain(|waits| *waits != who);
                    let arrival = line.send_away(person, now_us);
                    line.leave(false, now_us);
                    Some(arrival)
                }
                Step::GivesUp => None,
                Step::Arrives => {
                    since_us[who] = now_us;
                    let arrival = line.arrive(person, now_us);
                    if arrival == Arrival::Stays {
                        waiting.push_back(who);
                        events.push(Reverse((now_us + PATIENCE_US, Step::GivesUp, who)));
                    }
                    Some(arrival)
                }
            };
            if let Some(Arrival::ComesBack { after_s }) = arrival {
                evening.sent_away[who] += 1;
                let away_us = u64::from(after_s) * 1_000_000;
                let late_us = away_us / 4 * u64::from(late_ppm[who % late_ppm.len()]) / 1_000_000;
                events.push(Reverse((now_us + away_us + late_us, Step::Arrives, who)));
            }
            evening.here_max = evening.here_max.max(line.here);
            while inside < AT_ONCE
                && let Some(next) = waiting.pop_front()
            {
                inside += 1;
                events.push(Reverse((now_us + work_us, Step::Served, next)));
            }
        }
        assert_eq!(served, arrivals_us.len(), "everybody is served");
        assert_eq!(line.here, 0);
        evening
    }

    #[test]
    fn ten_thousand_at_once_are_all_served_soon_and_few_are_sent_away_often() {
        let everybody_at_once: Vec<u64> = (0..10_000).map(|who| who * 100).collect();
        let late: Vec<u32> = (0..997).map(|n| n * 1_003).collect();
        // 640 ms of 64 at once: one every 10 ms, 100 s for all.
        let evening = play(&everybody_at_once, 640_000, &late);
        assert!(evening.here_max <= AT_ONCE + WAITING_MAX);
        assert!(evening.ended_us < 160_000_000, "{}", evening.ended_us);
        assert!(
            evening.hung_us <= PATIENCE_US + 640_000,
            "{}",
            evening.hung_us
        );
        let often = evening.sent_away.iter().filter(|times| **times > 3).count();
        assert!(often < 100, "{often} were sent away more than three times");
    }

    #[test]
    fn nobody_is_sent_away_while_there_is_room() {
        let evenly: Vec<u64> = (0..2_000).map(|who| who * 12_000).collect();
        let evening = play(&evenly, 640_000, &[0]);
        assert!(evening.sent_away.iter().all(|times| *times == 0));
        let a_few_at_once = vec![0; AT_ONCE + 60];
        let evening = play(&a_few_at_once, 640_000, &[0]);
        assert!(evening.sent_away.iter().all(|times| *times == 0));
    }

    #[test]
    fn when_nothing_is_finished_any_more_newcomers_are_sent_away_at_once() {
        let mut line = Line::default();
        let stays =
            |line: &mut Line, who, now_us| line.arrive(PersonId(who), now_us) == Arrival::Stays;
        for who in 0..64 {
            assert!(stays(&mut line, who, 0));
        }
        assert!(stays(&mut line, 64, PATIENCE_US));
        assert!(!stays(&mut line, 65, PATIENCE_US + 1));
        line.leave(true, PATIENCE_US + 2);
        assert!(stays(&mut line, 66, 2 * PATIENCE_US));
    }

    proptest! {
        #[test]
        fn whoever_comes_is_served_in_the_end_and_the_room_is_never_overfull(
            arrivals_us in proptest::collection::vec(0..20_000_000u64, 1..3_000),
            work_us in 1_000..1_000_000u64,
            late_ppm in proptest::collection::vec(0..=1_000_000u32, 1..20),
        ) {
            let evening = play(&arrivals_us, work_us, &late_ppm);
            prop_assert!(evening.here_max <= AT_ONCE + WAITING_MAX);
            prop_assert!(evening.hung_us <= PATIENCE_US + work_us);
            let ideal_us = 20_000_000 + (arrivals_us.len() as u64).div_ceil(AT_ONCE as u64) * work_us;
            prop_assert!(evening.ended_us <= 2 * ideal_us + 60_000_000, "{} of {ideal_us}", evening.ended_us);
        }
    }

    #[tokio::test]
    async fn a_turn_lasts_until_it_is_dropped_and_who_gives_up_leaves_no_place_taken() {
        let turns = Arc::new(Turns::default());
        let mut inside = Vec::new();
        for who in 0..64 {
            let arrived = turns.arrive(PersonId(who)).expect("room");
            inside.push(arrived.turn().await.expect("a place"));
        }
        let next = turns.arrive(PersonId(64)).expect("room to wait");
        let gone = turns.arrive(PersonId(65)).expect("room to wait");
        drop(gone);
        let waits = tokio::spawn(next.turn());
        inside.pop();
        assert!(waits.await.expect("no panic").is_ok());
        drop(inside);
        assert_eq!(turns.line().here, 0);
    }
}
