//! The law on doorstep selling: Moroccan law 31-08 on consumer protection, articles 45 to 50.
//!
//! Later amendments were not checked. The regime belongs to the convention with the cooperative,
//! never to the agent.

use crate::customer::CustomerKind;
use crate::time::{Calendar, CivilDate, Timestamp};
use serde::{Deserialize, Serialize};

/// Days a customer has to withdraw (article 49).
const WITHDRAWAL_DAYS: i32 = 7;

/// Under which rules a sub-order is sold.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Doorstep selling: written contract, seven days to withdraw, no payment before they end
    /// (articles 45, 47 to 50). What holds unless something else is shown to hold.
    #[default]
    #[serde(rename = "doorstep_7d")]
    Doorstep7d,
    /// Everyday goods sold by the supplier on regular rounds nearby (article 46).
    RegularRound,
    /// Goods of the seller's own production (article 46).
    OwnProduction,
    /// The customer buys for a trade (article 2): none of this applies.
    Professional,
}

impl Regime {
    /// Every regime a convention may name.
    pub const OF_CONVENTIONS: [Self; 3] =
        [Self::Doorstep7d, Self::RegularRound, Self::OwnProduction];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Doorstep7d => "doorstep_7d",
            Self::RegularRound => "regular_round",
            Self::OwnProduction => "own_production",
            Self::Professional => "professional",
        }
    }

    /// The regime of that stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Doorstep7d,
            Self::RegularRound,
            Self::OwnProduction,
            Self::Professional,
        ]
        .into_iter()
        .find(|regime| regime.as_str() == name)
    }

    /// The regime of a sub-order, from the convention's and the kind of customer.
    pub const fn for_customer(self, kind: CustomerKind) -> Self {
        match kind {
            CustomerKind::Professional => Self::Professional,
            CustomerKind::Household => self,
        }
    }

    /// Civil days in which the customer may withdraw; nothing where there is no such right.
    pub const fn withdrawal_days(self) -> Option<i32> {
        match self {
            Self::Doorstep7d => Some(WITHDRAWAL_DAYS),
            Self::RegularRound | Self::OwnProduction | Self::Professional => None,
        }
    }

    /// Whether the customer signs a contract by hand (article 48).
    pub const fn needs_signature(self) -> bool {
        matches!(self, Self::Doorstep7d)
    }

    /// The first moment at which the right to withdraw is over: the end of the seventh civil day
    /// after signing, by the calendar given.
    pub fn withdrawal_closes_at(
        self,
        signed_at: Timestamp,
        calendar: &impl Calendar,
    ) -> Option<Timestamp> {
        self.withdrawal_days()
            .map(|days| calendar.start_of(last_day(calendar.date_at(signed_at), days).plus_days(1)))
    }
}

fn last_day(signed_on: CivilDate, days: i32) -> CivilDate {
    signed_on.plus_days(days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FixedOffset;

    #[test]
    fn the_seventh_civil_day_after_signing_counts_whole() {
        let calendar = FixedOffset { minutes: 0 };
        let signed_on = CivilDate::new(2026, 11, 1).expect("a date");
        for signed_at in [
            calendar.start_of(signed_on),
            calendar.start_of(signed_on.plus_days(1)).plus_ms(-1),
        ] {
            let closes_at = Regime::Doorstep7d
                .withdrawal_closes_at(signed_at, &calendar)
                .expect("a right to withdraw");
            assert_eq!(
                calendar.date_at(closes_at.plus_ms(-1)),
                CivilDate::new(2026, 11, 8).expect("a date")
            );
            assert_eq!(
                calendar.date_at(closes_at),
                CivilDate::new(2026, 11, 9).expect("a date")
            );
        }
    }

    #[test]
    fn professionals_and_article_46_have_no_withdrawal_period() {
        for regime in [
            Regime::Doorstep7d.for_customer(CustomerKind::Professional),
            Regime::RegularRound,
            Regime::OwnProduction,
        ] {
            assert_eq!(
                regime.withdrawal_closes_at(Timestamp(0), &FixedOffset::default()),
                None
            );
        }
    }

    #[test]
    fn names_survive_the_round_trip() {
        for regime in Regime::OF_CONVENTIONS {
            assert_eq!(Regime::from_name(regime.as_str()), Some(regime));
            assert_eq!(
                serde_json::to_value(regime).expect("serialises"),
                regime.as_str()
            );
        }
    }
}
