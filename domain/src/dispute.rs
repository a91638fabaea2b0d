//! A dispute: an agent says that more is due than was posted: for an entry of the own accounts, for a
//! line of an order, or for both, which is an entry that a line caused.
//!
//! ```text
//! open → under_review → accepted | partly | denied → escalated → accepted | partly | denied
//! open, under_review, escalated → taken_back (by the agent)
//! ```
//!
//! Only the amount claimed is held: the programme sets it aside and everything else is paid as usual.
//! What is granted becomes earned in the month then open; the rest goes back. A line may be disputed by
//! everybody who earns by it and entry by entry: where all grants together go beyond what its terms could
//! have brought, whoever decides says that they know ([`LineGrants`]). Nobody decides their own dispute,
//! and what was escalated is decided by somebody else. An answer has a deadline, after which the agent may
//! escalate without one.

use crate::commission::LineCommission;
use crate::ids::{CooperativeId, OrderId, PersonId};
use crate::ledger::{Account, Cause, Purpose, Transfer};
use crate::limits;
use crate::money::{Centimes, Overflow};
use crate::period::Period;
use crate::reading::read_tagged;
use crate::sync::LedgerEntry;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a dispute stands.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DisputeState {
    /// Nobody has looked at it.
    #[default]
    Open,
    /// Somebody looks at it.
    UnderReview,
    /// All that was claimed is granted.
    Accepted,
    /// A part is granted.
    Partly,
    /// Nothing is granted.
    Denied,
    /// The agent does not agree, or nobody answered in time: somebody else decides.
    Escalated,
    /// The agent gave it up.
    TakenBack,
}

impl DisputeState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Open,
        Self::UnderReview,
        Self::Accepted,
        Self::Partly,
        Self::Denied,
        Self::Escalated,
        Self::TakenBack,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::UnderReview => "under_review",
            Self::Accepted => "accepted",
            Self::Partly => "partly",
            Self::Denied => "denied",
            Self::Escalated => "escalated",
            Self::TakenBack => "taken_back",
        }
    }

    /// The state of that stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether somebody has to answer.
    pub const fn awaits_answer(self) -> bool {
        matches!(self, Self::Open | Self::UnderReview | Self::Escalated)
    }
}

/// What a decision says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// All of what is still claimed.
    Accepted,
    /// A part of it.
    Partly {
        /// How much: more than nothing, less than all.
        amount: Centimes,
    },
    /// Nothing.
    Denied,
}

read_tagged!(strictly Verdict by "verdict" {
    "accepted" => Accepted,
    "partly" => Partly { amount },
    "denied" => Denied,
});

/// What can happen to a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DisputeEvent {
    /// Somebody of the office looks at it.
    Taken,
    /// It is decided.
    Decided {
        /// How.
        verdict: Verdict,
        /// Why, in words for the agent.
        note: String,
    },
    /// The agent wants somebody else to decide.
    Escalated {
        /// Why.
        note: String,
    },
    /// The agent gives it up.
    TakenBack,
}

read_tagged!(strictly DisputeEvent by "kind" {
    "taken" => Taken,
    "decided" => Decided { verdict, note },
    "escalated" => Escalated { note },
    "taken_back" => TakenBack,
});

/// What kind of mistake an agent sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeReason {
    /// Something that should count does not.
    Missing,
    /// The rate or the sum is another one than was said.
    Rate,
    /// Too much was taken back, or for something that was not given back.
    Reversal,
    /// It was somebody else's fault.
    Fault,
    /// Tax, an advance or what was owed was taken wrongly.
    Deduction,
    /// What was said to be transferred did not come.
    Transfer,
    /// Something else, which the words tell.
    #[default]
    Other,
}

impl DisputeReason {
    /// Every reason, in the order in which they are offered.
    pub const ALL: [Self; 7] = [
        Self::Missing,
        Self::Rate,
        Self::Reversal,
        Self::Fault,
        Self::Deduction,
        Self::Transfer,
        Self::Other,
    ];
}

/// What is disputed: at least one of the two. With both, the line is what caused the entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disputed {
    /// The number of an entry of the agent's accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<i64>,
    /// A line of an order of the agent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<DisputedLine>,
}

impl Disputed {
    /// What an entry is about, to dispute it.
    pub fn of(entry: &LedgerEntry) -> Self {
        let line = match entry.transfer.cause {
            Cause::Order {
                order,
                cooperative,
                line: line @ 1..,
                ..
            } => Some(DisputedLine {
                order,
                cooperative,
                line,
            }),
            _ => None,
        };
        Self {
            entry: Some(entry.number),
            line,
        }
    }
}

/// A line of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisputedLine {
    /// Of which order.
    pub order: OrderId,
    /// Of whose part.
    pub cooperative: CooperativeId,
    /// Which line.
    pub line: u16,
}

/// What an agent says when a dispute is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// About what.
    pub about: Disputed,
    /// How much more is due.
    pub amount: Centimes,
    /// What kind of mistake it is.
    #[serde(default)]
    pub reason: DisputeReason,
    /// Why, in the agent's words. May be left out where the reason says it all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// A photo that shows it, by the id the device gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<Uuid>,
}

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// Which: made by the device.
    pub id: Uuid,
    /// Whose.
    pub agent: PersonId,
    /// What is claimed.
    pub claim: Claim,
    /// Where it stands.
    pub state: DisputeState,
    /// How much was granted, by all decisions together.
    #[serde(default)]
    pub granted: Centimes,
    /// Who decided last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<PersonId>,
    /// Whether it was escalated: the next decision is the last one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_escalated: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it came to where it stands.
    pub since: Timestamp,
    /// Until when somebody has to answer; after a decision, until when it may be escalated.
    pub due_at: Timestamp,
    /// Counts what happened to it, from 1.
    pub step: u16,
}

/// Why nothing came of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum DisputeRefusal {
    /// It stands where that cannot happen.
    #[error("a dispute that is {} does not allow it", state.as_str())]
    WrongState {
        /// Where.
        state: DisputeState,
    },
    /// The agent whose dispute it is would decide it.
    #[error("nobody decides their own dispute")]
    OwnDispute,
    /// Somebody else than the agent would escalate it or take it back.
    #[error("only the agent may do that")]
    NotYours,
    /// Whoever decided before would decide the escalated dispute.
    #[error("what was escalated is decided by somebody else")]
    SamePersonTwice,
    /// The time to escalate has passed, or the decision was the last one.
    #[error("the decision is final")]
    Final,
    /// An amount that is not positive or more than is claimed.
    #[error("the amount is not a valid part of what is claimed")]
    AmountNotValid,
    /// No reason, or one that is too long.
    #[error("a reason of {characters_max} characters at most is needed")]
    NoteNotValid {
        /// How many there may be.
        characters_max: usize,
    },
    /// Figures beyond all limits.
    #[error("the amount is too large to be represented")]
    Overflow,
}

impl From<Overflow> for DisputeRefusal {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

impl Dispute {
    /// A dispute as an agent opens it.
    ///
    /// # Errors
    /// When nothing, or something impossible, is claimed, or without a reason.
    pub fn open(
        id: Uuid,
        agent: PersonId,
        claim: Claim,
        at: Timestamp,
    ) -> Result<Self, DisputeRefusal> {
        if !(1..=limits::DISPUTED_CENTIMES).contains(&claim.amount.0) {
            return Err(DisputeRefusal::AmountNotValid);
        }
        if claim.reason == DisputeReason::Other || !claim.note.is_empty() {
            check_note(&claim.note)?;
        }
        Ok(Self {
            id,
            agent,
            claim,
            state: DisputeState::Open,
            granted: Centimes::ZERO,
            decided_by: None,
            was_escalated: false,
            opened_at: at,
            since: at,
            due_at: at.plus_days(limits::DISPUTE_ANSWER_DAYS),
            step: 1,
        })
    }

    /// The dispute after something happened to it. A refused step changes nothing.
    ///
    /// # Errors
    /// When it may not happen now, or not by that person.
    pub fn after(
        &self,
        event: &DisputeEvent,
        actor: PersonId,
        at: Timestamp,
    ) -> Result<Self, DisputeRefusal> {
        let mut after = self.clone();
        match event {
            DisputeEvent::Taken => {
                self.check_decides(actor)?;
                self.check_state(&[DisputeState::Open])?;
                after.state = DisputeState::UnderReview;
            }
            DisputeEvent::Decided { verdict, note } => {
                self.check_decides(actor)?;
                self.check_state(&[DisputeState::UnderReview, DisputeState::Escalated])?;
                check_note(note)?;
                after.decide(*verdict)?;
                after.decided_by = Some(actor);
                after.due_at = at.plus_days(limits::DISPUTE_ESCALATION_DAYS);
            }
            DisputeEvent::Escalated { note } => {
                self.check_own(actor)?;
                check_note(note)?;
                self.check_may_escalate(at)?;
                after.state = DisputeState::Escalated;
                after.was_escalated = true;
                after.due_at = at.plus_days(limits::DISPUTE_ANSWER_DAYS);
            }
            DisputeEvent::TakenBack => {
                self.check_own(actor)?;
                if !self.state.awaits_answer() {
                    return Err(DisputeRefusal::WrongState { state: self.state });
                }
                after.state = DisputeState::TakenBack;
            }
        }
        after.since = at;
        after.step = after.step.checked_add(1).ok_or(DisputeRefusal::Overflow)?;
        Ok(after)
    }

    /// How much is held: what is claimed and not granted, while somebody has to answer.
    ///
    /// # Errors
    /// When the figures do not fit 64 bits.
    pub fn held(&self) -> Result<Centimes, Overflow> {
        if self.state.awaits_answer() {
            self.claim.amount.minus(self.granted)
        } else {
            Ok(Centimes::ZERO)
        }
    }

    /// Whether another dispute about `about` is one too many: the same was answered or waits, or
    /// something of the same line waits. What was taken back may be taken up again, unless a part was
    /// granted before.
    pub fn forbids(&self, about: &Disputed) -> bool {
        let waits_for_line = self.state.awaits_answer()
            && about.line.is_some()
            && self.claim.about.line == about.line;
        let is_undone = self.state == DisputeState::TakenBack && self.granted == Centimes::ZERO;
        !is_undone && (self.claim.about == *about || waits_for_line)
    }

    /// Whether the agent may escalate it now.
    pub fn may_escalate(&self, now: Timestamp) -> bool {
        self.check_may_escalate(now).is_ok()
    }

    /// Whether somebody should have answered by now.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state.awaits_answer() && self.due_at <= now
    }

    /// Whether nothing can happen to it any more.
    pub fn is_over(&self, now: Timestamp) -> bool {
        !self.state.awaits_answer() && self.check_may_escalate(now).is_err()
    }

    fn check_state(&self, allowed: &[DisputeState]) -> Result<(), DisputeRefusal> {
        if allowed.contains(&self.state) {
            Ok(())
        } else {
            Err(DisputeRefusal::WrongState { state: self.state })
        }
    }

    fn check_own(&self, actor: PersonId) -> Result<(), DisputeRefusal> {
        if actor == self.agent {
            Ok(())
        } else {
            Err(DisputeRefusal::NotYours)
        }
    }

    fn check_decides(&self, actor: PersonId) -> Result<(), DisputeRefusal> {
        if actor == self.agent {
            Err(DisputeRefusal::OwnDispute)
        } else if self.decided_by == Some(actor) {
            Err(DisputeRefusal::SamePersonTwice)
        } else {
            Ok(())
        }
    }

    fn check_may_escalate(&self, at: Timestamp) -> Result<(), DisputeRefusal> {
        match self.state {
            _ if self.was_escalated => Err(DisputeRefusal::Final),
            DisputeState::Partly | DisputeState::Denied if at < self.due_at => Ok(()),
            DisputeState::Partly | DisputeState::Denied => Err(DisputeRefusal::Final),
            DisputeState::Open | DisputeState::UnderReview if self.is_overdue(at) => Ok(()),
            state => Err(DisputeRefusal::WrongState { state }),
        }
    }

    fn decide(&mut self, verdict: Verdict) -> Result<(), DisputeRefusal> {
        let claimed = self.claim.amount.minus(self.granted)?;
        let (state, amount) = match verdict {
            Verdict::Accepted => (DisputeState::Accepted, claimed),
            Verdict::Partly { amount } if Centimes::ZERO < amount && amount < claimed => {
                (DisputeState::Partly, amount)
            }
            Verdict::Partly { .. } => return Err(DisputeRefusal::AmountNotValid),
            Verdict::Denied => (DisputeState::Denied, Centimes::ZERO),
        };
        self.state = state;
        self.granted = self.granted.plus(amount)?;
        Ok(())
    }
}

/// What was granted for a line, beside what it could have brought.
///
/// More may be right: the terms themselves may have been wrong. So no claim is refused for it, and it is
/// granted by somebody who knows it only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineGrants {
    /// What its terms bring to all who earn by it when everything that was asked is kept; nothing for a
    /// line that is no longer there.
    pub brought_max: Centimes,
    /// What was granted to all of them by other disputes.
    pub by_others: Centimes,
}

impl LineGrants {
    /// Of a line of an order, beside the dispute `of`; `disputes` are those about the line.
    ///
    /// # Errors
    /// When the figures do not fit 64 bits.
    pub fn beside<'a>(
        of: Uuid,
        line: Option<&LineCommission>,
        disputes: impl IntoIterator<Item = &'a Dispute>,
    ) -> Result<Self, Overflow> {
        let others = disputes.into_iter().filter(|other| other.id != of);
        let lead = line.and_then(|commission| commission.lead);
        Ok(Self {
            brought_max: line
                .map_or(Centimes::ZERO, |commission| commission.amount)
                .plus(lead.map_or(Centimes::ZERO, |lead| lead.amount))?,
            by_others: Centimes::sum(others.map(|other| other.granted))?,
        })
    }

    /// Whether what a step of the dispute grants goes beyond.
    ///
    /// # Errors
    /// When the figures do not fit 64 bits.
    pub fn exceeded_by(&self, before: &Dispute, after: &Dispute) -> Result<bool, Overflow> {
        let together = self.by_others.plus(after.granted)?;
        Ok(before.granted < after.granted && self.brought_max < together)
    }
}

fn check_note(note: &str) -> Result<(), DisputeRefusal> {
    if note.trim().is_empty() || note.chars().count() > limits::NOTE_CHARACTERS {
        Err(DisputeRefusal::NoteNotValid {
            characters_max: limits::NOTE_CHARACTERS,
        })
    } else {
        Ok(())
    }
}

/// The transfers that take the ledger from what a dispute held and granted to what it does after a
/// step. `before` is nothing for a dispute just opened.
///
/// # Errors
/// When the figures do not fit 64 bits.
pub fn transfers_for(
    before: Option<&Dispute>,
    after: &Dispute,
    at: Timestamp,
    period: Period,
) -> Result<Vec<Transfer>, Overflow> {
    let (held_before, granted_before) = match before {
        Some(before) => (before.held()?, before.granted),
        None => (Centimes::ZERO, Centimes::ZERO),
    };
    let granted = after.granted.minus(granted_before)?;
    // Above zero: given back. Below zero: set aside.
    let given_back = held_before.minus(granted)?.minus(after.held()?)?;
    let (held, earned) = (
        Account::AgentHeld(after.agent),
        Account::AgentEarned(after.agent),
    );
    let expense = Account::CommissionExpense;
    let moves = [
        (
            expense,
            held,
            Centimes::ZERO.minus(given_back)?,
            Purpose::DisputeHeld,
        ),
        (held, earned, granted, Purpose::DisputeGranted),
        (held, expense, given_back, Purpose::DisputeReleased),
    ];
    Ok(moves
        .into_iter()
        .filter(|(_, _, amount, _)| *amount > Centimes::ZERO)
        .map(|(debit, credit, amount, purpose)| Transfer {
            debit,
            credit,
            amount,
            purpose,
            cause: Cause::Dispute {
                dispute: after.id,
                step: after.step,
            },
            base: Centimes::ZERO,
            at,
            period,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::read;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const AGENT: PersonId = PersonId(20);
    const MANAGER: PersonId = PersonId(30);
    const OTHER_MANAGER: PersonId = PersonId(31);

    fn claim(amount: i64) -> Claim {
        Claim {
            about: Disputed {
                entry: None,
                line: Some(DisputedLine {
                    order: OrderId(Uuid::from_u128(1)),
                    cooperative: CooperativeId(1),
                    line: 2,
                }),
            },
            amount: Centimes(amount),
            reason: DisputeReason::Other,
            note: "Rien n’est revenu".to_owned(),
            photo: Some(Uuid::from_u128(9)),
        }
    }

    fn opened(amount: i64) -> Dispute {
        Dispute::open(Uuid::from_u128(7), AGENT, claim(amount), day(0)).expect("a good claim")
    }

    fn day(number: i64) -> Timestamp {
        Timestamp(0).plus_days(number)
    }

    fn decided(verdict: Verdict) -> DisputeEvent {
        DisputeEvent::Decided {
            verdict,
            note: "Vu".to_owned(),
        }
    }

    fn escalated() -> DisputeEvent {
        DisputeEvent::Escalated {
            note: "Je maintiens".to_owned(),
        }
    }

    fn denied() -> Dispute {
        opened(100)
            .after(&DisputeEvent::Taken, MANAGER, day(1))
            .expect("taken")
            .after(&decided(Verdict::Denied), MANAGER, day(2))
            .expect("denied")
    }

    #[test]
    fn a_dispute_is_opened_reviewed_decided_and_escalated_once() {
        let escalated_once = denied()
            .after(&escalated(), AGENT, day(3))
            .expect("escalated");
        assert_eq!(
            (escalated_once.state, escalated_once.held()),
            (DisputeState::Escalated, Ok(Centimes(100)))
        );
        let verdict = decided(Verdict::Partly {
            amount: Centimes(40),
        });
        assert_eq!(
            escalated_once.after(&verdict, MANAGER, day(4)),
            Err(DisputeRefusal::SamePersonTwice)
        );
        let last = escalated_once
            .after(&verdict, OTHER_MANAGER, day(4))
            .expect("decided");
        assert_eq!(
            (last.state, last.granted, last.held()),
            (DisputeState::Partly, Centimes(40), Ok(Centimes(0)))
        );
        assert_eq!(
            last.after(&escalated(), AGENT, day(5)),
            Err(DisputeRefusal::Final)
        );
        assert!(last.is_over(day(5)));
    }

    #[test]
    fn what_was_granted_is_not_claimed_again_by_escalating() {
        let part = |amount| {
            decided(Verdict::Partly {
                amount: Centimes(amount),
            })
        };
        let escalated = opened(100)
            .after(&DisputeEvent::Taken, MANAGER, day(1))
            .and_then(|taken| taken.after(&part(40), MANAGER, day(2)))
            .and_then(|decided| decided.after(&escalated(), AGENT, day(3)))
            .expect("escalated");
        assert_eq!(escalated.held(), Ok(Centimes(60)));
        assert_eq!(
            escalated.after(&part(60), OTHER_MANAGER, day(4)),
            Err(DisputeRefusal::AmountNotValid)
        );
        for (verdict, granted) in [
            (Verdict::Denied, 40),
            (
                Verdict::Partly {
                    amount: Centimes(59),
                },
                99,
            ),
            (Verdict::Accepted, 100),
        ] {
            let last = escalated
                .after(&decided(verdict), OTHER_MANAGER, day(4))
                .expect("decided");
            assert_eq!(last.granted, Centimes(granted));
        }
    }

    #[test]
    fn nobody_resolves_their_own() {
        let mine = opened(100);
        assert_eq!(
            mine.after(&DisputeEvent::Taken, AGENT, day(1)),
            Err(DisputeRefusal::OwnDispute)
        );
        let taken = mine
            .after(&DisputeEvent::Taken, MANAGER, day(1))
            .expect("taken");
        for verdict in [Verdict::Accepted, Verdict::Denied] {
            assert_eq!(
                taken.after(&decided(verdict), AGENT, day(1)),
                Err(DisputeRefusal::OwnDispute)
            );
        }
    }

    #[test]
    fn only_the_agent_escalates_or_gives_up() {
        assert_eq!(
            denied().after(&escalated(), MANAGER, day(3)),
            Err(DisputeRefusal::NotYours)
        );
        assert_eq!(
            opened(100).after(&DisputeEvent::TakenBack, MANAGER, day(3)),
            Err(DisputeRefusal::NotYours)
        );
        let given_up = opened(100)
            .after(&DisputeEvent::TakenBack, AGENT, day(3))
            .expect("given up");
        assert_eq!(given_up.held(), Ok(Centimes::ZERO));
        assert!(given_up.is_over(day(3)));
    }

    #[test]
    fn a_decision_is_final_when_the_time_to_escalate_has_passed() {
        let denied = denied();
        let last = day(2).plus_days(limits::DISPUTE_ESCALATION_DAYS);
        assert!(!denied.is_over(last.plus_ms(-1)));
        assert!(denied.after(&escalated(), AGENT, last.plus_ms(-1)).is_ok());
        assert!(denied.is_over(last));
        assert_eq!(
            denied.after(&escalated(), AGENT, last),
            Err(DisputeRefusal::Final)
        );
    }

    #[test]
    fn what_nobody_answers_in_time_may_be_escalated() {
        let due = day(limits::DISPUTE_ANSWER_DAYS);
        for waiting in [
            opened(100),
            opened(100)
                .after(&DisputeEvent::Taken, MANAGER, day(1))
                .expect("taken"),
        ] {
            assert!(!waiting.is_overdue(due.plus_ms(-1)));
            assert_eq!(
                waiting.after(&escalated(), AGENT, due.plus_ms(-1)),
                Err(DisputeRefusal::WrongState {
                    state: waiting.state
                })
            );
            assert!(waiting.is_overdue(due));
            let escalated = waiting.after(&escalated(), AGENT, due).expect("escalated");
            assert!(!escalated.is_overdue(due));
            assert_eq!(escalated.held(), Ok(Centimes(100)));
        }
    }

    #[test]
    fn a_dispute_is_decided_after_somebody_looked_at_it() {
        assert_eq!(
            opened(100).after(&decided(Verdict::Accepted), MANAGER, day(1)),
            Err(DisputeRefusal::WrongState {
                state: DisputeState::Open
            })
        );
    }

    #[test]
    fn a_part_is_more_than_nothing_and_less_than_all() {
        let taken = opened(100)
            .after(&DisputeEvent::Taken, MANAGER, day(1))
            .expect("taken");
        for amount in [i64::MIN, -1, 0, 100, 101, i64::MAX] {
            let verdict = decided(Verdict::Partly {
                amount: Centimes(amount),
            });
            assert_eq!(
                taken.after(&verdict, MANAGER, day(1)),
                Err(DisputeRefusal::AmountNotValid),
                "{amount}"
            );
        }
        for amount in [1, 99] {
            let verdict = decided(Verdict::Partly {
                amount: Centimes(amount),
            });
            assert!(taken.after(&verdict, MANAGER, day(1)).is_ok(), "{amount}");
        }
    }

    #[test]
    fn a_claim_needs_an_amount_and_every_step_of_words_a_reason() {
        for amount in [i64::MIN, -1, 0, i64::MAX] {
            assert_eq!(
                Dispute::open(Uuid::nil(), AGENT, claim(amount), day(0)),
                Err(DisputeRefusal::AmountNotValid)
            );
        }
        let refused = Err(DisputeRefusal::NoteNotValid {
            characters_max: limits::NOTE_CHARACTERS,
        });
        for note in [
            String::new(),
            " \n".to_owned(),
            "م".repeat(limits::NOTE_CHARACTERS + 1),
        ] {
            let claim = Claim {
                note: note.clone(),
                ..claim(100)
            };
            assert_eq!(Dispute::open(Uuid::nil(), AGENT, claim, day(0)), refused);
            let taken = opened(100)
                .after(&DisputeEvent::Taken, MANAGER, day(1))
                .expect("taken");
            let event = DisputeEvent::Decided {
                verdict: Verdict::Denied,
                note: note.clone(),
            };
            assert_eq!(taken.after(&event, MANAGER, day(1)), refused);
            let event = DisputeEvent::Escalated { note };
            assert_eq!(denied().after(&event, AGENT, day(3)), refused);
        }
        let longest = Claim {
            note: "م".repeat(limits::NOTE_CHARACTERS),
            ..claim(100)
        };
        assert!(Dispute::open(Uuid::nil(), AGENT, longest, day(0)).is_ok());
    }

    #[test]
    fn what_is_written_is_read() {
        let dispute = denied();
        let written = serde_json::to_string(&dispute).expect("writes");
        assert_eq!(read::<Dispute>(&written).expect("reads"), dispute);
        for event in [
            DisputeEvent::Taken,
            decided(Verdict::Partly {
                amount: Centimes(5),
            }),
            escalated(),
            DisputeEvent::TakenBack,
        ] {
            let written = serde_json::to_string(&event).expect("writes");
            assert_eq!(read::<DisputeEvent>(&written).expect("reads"), event);
        }
        for state in DisputeState::ALL {
            assert_eq!(DisputeState::from_name(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).expect("writes"), state.as_str());
        }
    }

    fn any_event() -> impl Strategy<Value = (DisputeEvent, PersonId, i64)> {
        let event = prop_oneof![
            2 => Just(DisputeEvent::Taken),
            1 => Just(decided(Verdict::Accepted)),
            3 => (-1i64..1_100).prop_map(|amount| decided(Verdict::Partly { amount: Centimes(amount) })),
            2 => Just(decided(Verdict::Denied)),
            3 => Just(escalated()),
            1 => Just(DisputeEvent::TakenBack),
        ];
        (
            event,
            prop::sample::select(vec![AGENT, MANAGER, OTHER_MANAGER]),
            0i64..20,
        )
    }

    proptest! {
        #[test]
        fn only_what_is_disputed_is_held_and_the_books_say_what_the_dispute_says(amount in 1i64..1_000, steps in prop::collection::vec(any_event(), 0..20)) {
            let mut dispute = opened(amount);
            let mut now = day(0);
            let mut balances: BTreeMap<Account, i64> = BTreeMap::new();
            let mut keys = std::collections::BTreeSet::new();
            let mut book = |before: Option<&Dispute>, after: &Dispute, at| {
                for transfer in transfers_for(before, after, at, Period::default()).expect("fits") {
                    assert!(transfer.amount > Centimes::ZERO);
                    assert!(keys.insert(transfer.cause_key()), "{}", transfer.cause_key());
                    *balances.entry(transfer.debit).or_default() -= transfer.amount.0;
                    *balances.entry(transfer.credit).or_default() += transfer.amount.0;
                }
                (balances.get(&Account::AgentHeld(AGENT)).copied().unwrap_or(0), balances.get(&Account::AgentEarned(AGENT)).copied().unwrap_or(0))
            };
            prop_assert_eq!(book(None, &dispute, now), (amount, 0));
            for (event, actor, days) in steps {
                now = now.plus_days(days);
                let was_over = dispute.is_over(now);
                let Ok(after) = dispute.after(&event, actor, now) else { continue };
                prop_assert!(!was_over);
                if matches!(event, DisputeEvent::Taken | DisputeEvent::Decided { .. }) {
                    prop_assert_ne!(actor, AGENT);
                } else {
                    prop_assert_eq!(actor, AGENT);
                }
                prop_assert_eq!(book(Some(&dispute), &after, now), (after.held().expect("fits").0, after.granted.0));
                prop_assert!(dispute.granted <= after.granted && after.granted <= after.claim.amount);
                prop_assert_eq!(after.held().expect("fits") > Centimes::ZERO, after.state.awaits_answer());
                prop_assert_eq!(after.step, dispute.step + 1);
                dispute = after;
            }
        }
    }
}
