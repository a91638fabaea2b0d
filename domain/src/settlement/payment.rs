//! How a statement stands with its payment.

use crate::reading::read_tagged;
use crate::time::CivilDate;
use serde::Serialize;

/// Whether a statement was paid. The statement itself never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PaymentState {
    /// It pays nothing.
    Nothing,
    /// It is to be paid.
    Payable,
    /// Somebody prepared its payment, and somebody else has to approve it.
    Prepared,
    /// Its payment was approved.
    Approved,
    /// It was paid.
    Paid {
        /// On which day.
        on: CivilDate,
        /// What the bank calls it.
        reference: String,
    },
}

read_tagged!(PaymentState by "state" {
    "nothing" => Nothing,
    "payable" => Payable,
    "prepared" => Prepared,
    "approved" => Approved,
    "paid" => Paid { on, reference },
});
