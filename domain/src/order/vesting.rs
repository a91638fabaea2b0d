//! When commission becomes the agent's: at delivery, when all is paid, when the money is in the bank,
//! or one part then and another part later.
//!
//! A convention chooses, and a sub-order keeps what its convention said at the door. Whatever it says,
//! nothing vests while the customer can still withdraw. Parts are counted cumulatively: of an amount
//! `c` of which `v` parts in a million have vested, `round(c × v)` is earned, so the steps of any split
//! come to exactly what one step comes to.
//!
//! Commission kept for another's fault does not wait for the customer's money, for somebody else bears
//! it. It vests when a fault ends the sub-order before delivery; otherwise when the goods that did
//! arrive are with the customer for good.

use super::{Stage, SubOrder};
use crate::limits;
use crate::money::{Overflow, Ppm};
use serde::{Deserialize, Serialize};

/// What a part of the commission waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VestsWhen {
    /// The customer has the goods and can no longer withdraw.
    Delivered,
    /// All that is due for them was taken as well.
    Paid,
    /// All that is due for them is in the bank as well.
    Deposited,
}

impl VestsWhen {
    /// Every moment, in the order in which they come.
    pub const ALL: [Self; 3] = [Self::Delivered, Self::Paid, Self::Deposited];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Paid => "paid",
            Self::Deposited => "deposited",
        }
    }
}

/// A part of the commission and what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VestingPart {
    /// What it waits for.
    pub when: VestsWhen,
    /// How much of the whole.
    pub part: Ppm,
}

/// When commission vests: parts that sum to 1,000,000.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Vesting(pub Vec<VestingPart>);

/// All of it when the goods are delivered, paid for, and can no longer be given back at will.
impl Default for Vesting {
    fn default() -> Self {
        Self::all_when(VestsWhen::Paid)
    }
}

/// Why parts are no vesting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VestingError {
    /// They are more or less than the whole.
    #[error("the parts sum to {sum_ppm} instead of 1,000,000 parts in a million")]
    NotTheWhole {
        /// What they sum to.
        sum_ppm: u64,
    },
    /// One part is nothing.
    #[error("the part for `{}` is zero", when.as_str())]
    EmptyPart {
        /// Which.
        when: VestsWhen,
    },
    /// Two parts wait for the same.
    #[error("`{}` is named twice", when.as_str())]
    Twice {
        /// For what.
        when: VestsWhen,
    },
}

impl Vesting {
    /// All of it at one moment.
    pub fn all_when(when: VestsWhen) -> Self {
        Self(vec![VestingPart {
            when,
            part: Ppm(limits::RATE_PPM),
        }])
    }

    /// Whether it is what holds where a convention says nothing: such a one is not written out.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses parts that are not exactly the whole, each for something else.
    ///
    /// # Errors
    /// Says what is wrong with them.
    pub fn check(&self) -> Result<(), VestingError> {
        let mut sum_ppm: u64 = 0;
        for (index, VestingPart { when, part }) in self.0.iter().copied().enumerate() {
            if part.0 == 0 {
                return Err(VestingError::EmptyPart { when });
            }
            if self.0[..index].iter().any(|earlier| earlier.when == when) {
                return Err(VestingError::Twice { when });
            }
            sum_ppm += u64::from(part.0);
        }
        if sum_ppm == u64::from(limits::RATE_PPM) {
            Ok(())
        } else {
            Err(VestingError::NotTheWhole { sum_ppm })
        }
    }

    /// The part that waits for that; zero when none does.
    pub fn part(&self, when: VestsWhen) -> Ppm {
        self.0
            .iter()
            .find(|part| part.when == when)
            .map_or(Ppm(0), |part| part.part)
    }
}

impl SubOrder {
    /// How much of the commission of the units that stay with the customer has vested.
    ///
    /// # Errors
    /// When sums do not fit.
    pub fn vested_part(&self) -> Result<Ppm, Overflow> {
        if !self.is_with_the_customer_for_good() {
            return Ok(Ppm(0));
        }
        let due = self.due()?;
        let is_paid = self.collected >= due;
        let is_deposited = is_paid && self.banked()? >= due;
        let vested_ppm: u64 = self
            .vesting
            .0
            .iter()
            .filter(|part| match part.when {
                VestsWhen::Delivered => true,
                VestsWhen::Paid => is_paid,
                VestsWhen::Deposited => is_deposited,
            })
            .map(|part| u64::from(part.part.0))
            .sum();
        // More than the whole cannot vest, whoever made the parts.
        Ok(Ppm(u32::try_from(vested_ppm)
            .unwrap_or(limits::RATE_PPM)
            .min(limits::RATE_PPM)))
    }

    /// Whether all of that has vested.
    ///
    /// # Errors
    /// When sums do not fit.
    pub fn has_vested(&self) -> Result<bool, Overflow> {
        Ok(self.vested_part()? == Ppm(limits::RATE_PPM))
    }

    /// Whether commission kept for units lost by another's fault has vested.
    pub fn kept_has_vested(&self) -> bool {
        self.stage == Stage::SupplyFailed || self.is_with_the_customer_for_good()
    }

    fn is_with_the_customer_for_good(&self) -> bool {
        self.stage == Stage::Delivered && self.withdrawal.is_over()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vesting(parts: &[(VestsWhen, u32)]) -> Vesting {
        Vesting(
            parts
                .iter()
                .map(|&(when, part)| VestingPart {
                    when,
                    part: Ppm(part),
                })
                .collect(),
        )
    }

    #[test]
    fn only_parts_that_make_the_whole_are_a_vesting() {
        use VestsWhen::{Deposited, Paid};
        assert_eq!(Vesting::default().check(), Ok(()));
        assert_eq!(
            vesting(&[(Paid, 500_000), (Deposited, 500_000)]).check(),
            Ok(())
        );
        assert_eq!(
            vesting(&[]).check(),
            Err(VestingError::NotTheWhole { sum_ppm: 0 })
        );
        assert_eq!(
            vesting(&[(Paid, 500_000), (Deposited, 500_001)]).check(),
            Err(VestingError::NotTheWhole { sum_ppm: 1_000_001 })
        );
        assert_eq!(
            vesting(&[(Paid, 1_000_000), (Deposited, 0)]).check(),
            Err(VestingError::EmptyPart { when: Deposited })
        );
        assert_eq!(
            vesting(&[(Paid, 500_000), (Paid, 500_000)]).check(),
            Err(VestingError::Twice { when: Paid })
        );
    }

    #[test]
    fn a_vesting_is_written_as_the_list_of_its_parts() {
        let half = vesting(&[
            (VestsWhen::Delivered, 500_000),
            (VestsWhen::Deposited, 500_000),
        ]);
        let written = serde_json::to_string(&half).expect("writes");
        assert_eq!(
            written,
            r#"[{"when":"delivered","part":500000},{"when":"deposited","part":500000}]"#
        );
        assert_eq!(crate::reading::read::<Vesting>(&written).ok(), Some(half));
    }
}
