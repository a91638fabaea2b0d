//! Every reason for which a rule says no, as a code with its figures.
//!
//! A refusal is an answer, not a failure: it is stored, sent to the phone, kept in the "to correct"
//! list and put into words by the screens, so its serialised form is part of the frozen wire.

use crate::dispute::{DisputeRefusal, DisputeState};
use crate::ids::{CooperativeId, OrderId, ProductId};
use crate::money::{Centimes, Overflow};
use crate::order::Stage;
use crate::reading::read_tagged;
use crate::time::{CivilDate, Timestamp};
use serde::Serialize;

/// Why a command was not accepted. Serialised as `{"code": "…", …figures}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// The server knows no such kind of command; its body was kept whole.
    #[error("unknown command kind {kind:?}")]
    UnknownKind {
        /// The kind as it came.
        kind: String,
    },
    /// The body does not have the shape of its kind (a missing or unknown field); it was kept whole.
    #[error("the body of the command cannot be read: {detail}")]
    UnreadableBody {
        /// What the reader stumbled over, for the office.
        detail: String,
    },
    /// The same command id came before with another content.
    #[error("this command id was used before for something else")]
    CommandIdReused,
    /// The person may not do this.
    #[error("not allowed")]
    NotAllowed,
    /// A required field is empty.
    #[error("{field} is missing")]
    FieldMissing {
        /// The field.
        field: String,
    },
    /// A field is too long.
    #[error("{field} is longer than {characters_max} characters")]
    FieldTooLong {
        /// The field.
        field: String,
        /// The limit, in characters.
        characters_max: usize,
    },
    /// A field cannot be understood.
    #[error("{field} is not valid")]
    FieldInvalid {
        /// The field.
        field: String,
    },
    /// The order has no line.
    #[error("the order is empty")]
    OrderEmpty,
    /// The order has too many lines.
    #[error("an order has at most {lines_max} lines")]
    TooManyLines {
        /// The limit.
        lines_max: usize,
    },
    /// A quantity is zero or above the limit.
    #[error("a quantity lies between 1 and {units_max}")]
    QuantityOutOfRange {
        /// The limit.
        units_max: u32,
    },
    /// The same product stands on two lines.
    #[error("product {product} stands on two lines")]
    ProductTwice {
        /// The product.
        product: ProductId,
    },
    /// Nobody knows this product.
    #[error("unknown product {product}")]
    UnknownProduct {
        /// The product.
        product: ProductId,
    },
    /// The product had no price in that version of the list.
    #[error("product {product} has no price")]
    ProductWithoutPrice {
        /// The product.
        product: ProductId,
    },
    /// The cooperative has no convention in force.
    #[error("cooperative {cooperative} has no convention in force")]
    NoConvention {
        /// The cooperative.
        cooperative: CooperativeId,
    },
    /// The price list or plan named was never published, or was superseded too long ago.
    #[error("the price list or plan of this order is too old or unknown")]
    CatalogueTooOld,
    /// No commission rule matches; a published plan never lets this happen.
    #[error("no commission rule matches product {product}")]
    NoCommissionRule {
        /// The product.
        product: ProductId,
    },
    /// The total on the phone is not the server's: a person looks at it.
    #[error("the total claimed, {claimed:?}, is not {computed:?}")]
    TotalDiffers {
        /// What the phone said.
        claimed: Centimes,
        /// What the rules say.
        computed: Centimes,
    },
    /// The commission on the phone is not the server's: a person looks at it.
    #[error("the commission claimed, {claimed:?}, is not {computed:?}")]
    CommissionDiffers {
        /// What the phone said.
        claimed: Centimes,
        /// What the rules say.
        computed: Centimes,
    },
    /// A promised date is missing for a cooperative of the order (law 31-08, article 12).
    #[error("cooperative {cooperative} has no promised delivery date")]
    PromiseMissing {
        /// The cooperative.
        cooperative: CooperativeId,
    },
    /// A promised date lies before the order or too far ahead.
    #[error("the promised date {promised} does not lie between {earliest} and {latest}")]
    PromiseOutOfRange {
        /// The date given.
        promised: CivilDate,
        /// The first possible one.
        earliest: CivilDate,
        /// The last possible one.
        latest: CivilDate,
    },
    /// An order at a door is signed by hand (law 31-08, article 48).
    #[error("the customer has not signed")]
    SignatureMissing,
    /// The customer is unknown.
    #[error("unknown customer")]
    UnknownCustomer,
    /// The order is unknown.
    #[error("unknown order")]
    UnknownOrder,
    /// The order has no line for this cooperative.
    #[error("the order has nothing from cooperative {cooperative}")]
    NoSuchSubOrder {
        /// The cooperative.
        cooperative: CooperativeId,
    },
    /// The order has no such line for this cooperative, or a line is named twice.
    #[error("line {line} is not in this sub-order, or is named twice")]
    NoSuchLine {
        /// The line number.
        line: u16,
    },
    /// The step does not follow from where the sub-order stands.
    #[error("the sub-order stands at {stage:?}")]
    WrongStage {
        /// Where it stands.
        stage: Stage,
    },
    /// A cooperative has acted, so the agent can no longer change or cancel alone.
    #[error("a cooperative has already acted")]
    CooperativeHasActed,
    /// A quantity would go up along the line asked ≥ confirmed ≥ packed ≥ delivered ≥ kept.
    #[error("line {line}: {units} units, at most {units_max}")]
    QuantityAbovePrevious {
        /// The line number.
        line: u16,
        /// What was given.
        units: u32,
        /// What the step before allows.
        units_max: u32,
    },
    /// A delivery counts with proof only.
    #[error("a delivery needs a proof")]
    ProofMissing,
    /// The code on the receipt is another one.
    #[error("the code of the receipt does not fit")]
    ProofDoesNotFit,
    /// Nobody may ask for or take payment before the customer's seven days have passed (law 31-08,
    /// article 50).
    #[error("no payment before the withdrawal period ends at {closes_at:?}")]
    PaymentBeforeWithdrawalCloses {
        /// When the period ends.
        closes_at: Timestamp,
    },
    /// More money than is due.
    #[error("{amount:?} is more than the {due:?} still due")]
    PaymentAboveDue {
        /// What was given.
        amount: Centimes,
        /// What is still due.
        due: Centimes,
    },
    /// More cash brought to the bank than was taken and not brought there yet.
    #[error("{amount:?} is more than the {in_hand:?} of cash still to be brought to the bank")]
    DepositAboveCash {
        /// What was given.
        amount: Centimes,
        /// What was taken and is not in the bank.
        in_hand: Centimes,
    },
    /// An amount must be positive.
    #[error("the amount must be positive")]
    AmountNotPositive,
    /// The withdrawal period has ended, or there is none.
    #[error("the withdrawal period has ended")]
    WithdrawalClosed,
    /// The withdrawal period has not ended yet.
    #[error("the withdrawal period is still open")]
    WithdrawalStillOpen,
    /// A command this one builds on is parked; it is looked at again when that one is mended.
    #[error("waits for a parked command")]
    WaitsForParked,
    /// A figure is beyond what can be represented.
    #[error("a figure is too large")]
    TooLarge,
    /// The dispute is unknown, or another agent's.
    #[error("unknown dispute")]
    UnknownDispute,
    /// No such entry in the agent's accounts.
    #[error("unknown entry")]
    UnknownEntry,
    /// The same was disputed before, or waits for an answer.
    #[error("this is disputed already")]
    AlreadyDisputed,
    /// The step does not follow from where the dispute stands.
    #[error("the dispute is {}", state.as_str())]
    WrongDisputeState {
        /// Where it stands.
        state: DisputeState,
    },
    /// The decision on the dispute can no longer be escalated.
    #[error("the decision is final")]
    DisputeIsFinal,
    /// An order entered again from a receipt that is older than an agent's word for it is taken: a person
    /// looks at it.
    #[error("the receipt is older than {days} days")]
    ReceiptTooOld {
        /// The limit.
        days: i64,
    },
    /// Another order of the agent has this code, one of the two was entered again from a receipt, and they
    /// do not agree: a person says whether they are one.
    #[error("order {order} has this code and is not the same")]
    ReceiptDiffers {
        /// The one that was there before.
        order: OrderId,
        /// Its total, value added tax included.
        total: Centimes,
        /// The day at the door.
        placed_on: CivilDate,
    },
    /// The order was told under another id besides, and whoever did this did not know: perhaps they meant a
    /// second order that there is not. A person says whether it is for the order.
    #[error("order {order} was told twice, which was not known where this was done")]
    ToldTwice {
        /// The order that is there.
        order: OrderId,
    },
    /// What was added is no photo, or too large a one.
    #[error("the photo is no JPEG of {bytes_max} bytes at most")]
    PhotoNotValid {
        /// The limit.
        bytes_max: usize,
    },
}

read_tagged!(Refusal by "code" {
    "unknown_kind" => UnknownKind { kind },
    "unreadable_body" => UnreadableBody { detail },
    "command_id_reused" => CommandIdReused,
    "not_allowed" => NotAllowed,
    "field_missing" => FieldMissing { field },
    "field_too_long" => FieldTooLong { field, characters_max },
    "field_invalid" => FieldInvalid { field },
    "order_empty" => OrderEmpty,
    "too_many_lines" => TooManyLines { lines_max },
    "quantity_out_of_range" => QuantityOutOfRange { units_max },
    "product_twice" => ProductTwice { product },
    "unknown_product" => UnknownProduct { product },
    "product_without_price" => ProductWithoutPrice { product },
    "no_convention" => NoConvention { cooperative },
    "catalogue_too_old" => CatalogueTooOld,
    "no_commission_rule" => NoCommissionRule { product },
    "total_differs" => TotalDiffers { claimed, computed },
    "commission_differs" => CommissionDiffers { claimed, computed },
    "promise_missing" => PromiseMissing { cooperative },
    "promise_out_of_range" => PromiseOutOfRange { promised, earliest, latest },
    "signature_missing" => SignatureMissing,
    "unknown_customer" => UnknownCustomer,
    "unknown_order" => UnknownOrder,
    "no_such_sub_order" => NoSuchSubOrder { cooperative },
    "no_such_line" => NoSuchLine { line },
    "wrong_stage" => WrongStage { stage },
    "cooperative_has_acted" => CooperativeHasActed,
    "quantity_above_previous" => QuantityAbovePrevious { line, units, units_max },
    "proof_missing" => ProofMissing,
    "proof_does_not_fit" => ProofDoesNotFit,
    "payment_before_withdrawal_closes" => PaymentBeforeWithdrawalCloses { closes_at },
    "payment_above_due" => PaymentAboveDue { amount, due },
    "deposit_above_cash" => DepositAboveCash { amount, in_hand },
    "amount_not_positive" => AmountNotPositive,
    "withdrawal_closed" => WithdrawalClosed,
    "withdrawal_still_open" => WithdrawalStillOpen,
    "waits_for_parked" => WaitsForParked,
    "too_large" => TooLarge,
    "unknown_dispute" => UnknownDispute,
    "unknown_entry" => UnknownEntry,
    "already_disputed" => AlreadyDisputed,
    "wrong_dispute_state" => WrongDisputeState { state },
    "dispute_is_final" => DisputeIsFinal,
    "receipt_too_old" => ReceiptTooOld { days },
    "receipt_differs" => ReceiptDiffers { order, total, placed_on },
    "told_twice" => ToldTwice { order },
    "photo_not_valid" => PhotoNotValid { bytes_max },
});

impl From<Overflow> for Refusal {
    fn from(_: Overflow) -> Self {
        Self::TooLarge
    }
}

impl From<DisputeRefusal> for Refusal {
    fn from(refusal: DisputeRefusal) -> Self {
        match refusal {
            DisputeRefusal::WrongState { state } => Self::WrongDisputeState { state },
            DisputeRefusal::OwnDispute
            | DisputeRefusal::NotYours
            | DisputeRefusal::SamePersonTwice => Self::NotAllowed,
            DisputeRefusal::Final => Self::DisputeIsFinal,
            DisputeRefusal::AmountNotValid => Self::FieldInvalid {
                field: "amount".to_owned(),
            },
            DisputeRefusal::NoteNotValid { .. } => Self::FieldInvalid {
                field: "note".to_owned(),
            },
            DisputeRefusal::Overflow => Self::TooLarge,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;
    use crate::reading::read;

    /// An object with every figure that any refusal carries.
    fn with_every_figure(code: &str) -> String {
        format!(
            r#"{{"code":"{code}","kind":"x","detail":"x","field":"x","characters_max":1,"lines_max":1,
            "units_max":1,"product":1,"cooperative":1,"claimed":1,"computed":1,"promised":"2026-11-25",
            "earliest":"2026-11-25","latest":"2026-11-25","line":1,"units":1,"stage":"awaiting",
            "closes_at":1,"amount":1,"due":1,"in_hand":1,"state":"open","bytes_max":1,"days":1,
            "order":"01935c1e-7b2a-7000-8000-000000000001","total":1,"placed_on":"2026-11-25"}}"#
        )
    }

    #[test]
    fn every_refusal_is_read_under_the_name_it_is_written_under() {
        for code in Refusal::NAMES {
            let refusal: Refusal = read(&with_every_figure(code)).expect(code);
            let written = serde_json::to_value(&refusal).expect("writes");
            assert_eq!(written["code"], *code);
        }
    }
}
