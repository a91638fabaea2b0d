//! What a device and the server say to each other: `POST /api/v1/sync`, protocol 1.
//!
//! A device sends *commands* (what a person did), never documents, and the server answers each with
//! a decision and sends what changed in the device's scope since its cursor. The serialised form is
//! frozen by the golden files in `tests/golden`: an installed phone may sleep for a year and must
//! still be understood. Fields may be added with a default; nothing is renamed or removed.

use crate::catalogue::Catalogue;
use crate::catalogue::Channel;
use crate::customer::{Customer, CustomerDetails, CustomerLabel};
use crate::device_key::DeviceKey;
use crate::dispute::{Dispute, DisputeEvent, DisputeReason, Disputed, DisputedLine};
use crate::hand_over::{KeyName, SealingKey};
use crate::ids::{CommandId, CooperativeId, CustomerId, DeviceId, OrderId, PersonId, PlanVersion};
use crate::ledger::Transfer;
use crate::ledger::chain::{Link, hexadecimal};
use crate::limits;
use crate::money::Centimes;
use crate::order::again;
use crate::order::basket::Basket;
use crate::order::event::{LineUnits, PackedLine, Proposal};
use crate::order::{CancelledBy, Fault, Line, Order, PaymentMethod, Place, Proof, Reason};
use crate::person::Profile;
use crate::photo::Photo;
use crate::reading::{Fields, read_from_fields, read_tagged};
use crate::refusal::Refusal;
pub use crate::settlement::PaymentState;
use crate::settlement::Statement;
use crate::spoken_code::SpokenCode;
use crate::text::LocalText;
use crate::time::{Calendar, CivilDate, FixedOffset, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The protocol this build speaks.
pub const PROTOCOL: u16 = 1;

/// What a device sends. `C` is [`Command`] on the device; the server reads each command apart, so
/// that one it cannot read parks alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request<C = Command> {
    /// [`PROTOCOL`].
    pub protocol: u16,
    /// Which device.
    pub device: DeviceId,
    /// Whose device it is. A page that is still open when somebody else has signed in on the phone asks
    /// under their session: it is refused before a server that does not know the device takes it for
    /// theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The device's own key, until the server has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<DeviceKey>,
    /// The server's key that the device seals hand-over files to, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealing_key: Option<KeyName>,
    /// The server's epoch as the device last knew it; empty on first contact.
    #[serde(default)]
    pub epoch: String,
    /// The build of the app.
    pub build: String,
    /// Where the device stands in the change feed; 0 on first contact.
    pub cursor: i64,
    /// The device's clock as it sends.
    pub device_time: Timestamp,
    /// What still waits on the device, this request's commands included.
    pub waiting: Waiting,
    /// The store that was on this phone before and that its browser threw away, until the server has heard of
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Trace>,
    /// At most so many changes in the answer, of which a closed month is one, whatever it brings: said on a way
    /// that broke under a larger one. What comes is then little enough to arrive, and the next request goes on
    /// after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes_max: Option<u32>,
    /// In the order of their `seq`.
    pub commands: Vec<C>,
}

/// What a device has not been able to hand over yet: told on every contact, so the office knows how
/// much is still on phones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// How many commands.
    pub commands: u32,
    /// How many of them place an order.
    pub orders: u32,
    /// When the oldest was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_made_at: Option<Timestamp>,
    /// Of which commands it speaks: see [`digest_of`]. By it what is found later, on paper or in a
    /// hand-over file, can be held against what was known to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// What is remembered of a store outside of it. A browser that is short of room may throw a whole store away
/// between two starts: by this it is noticed, and told what was in it that nobody else has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The device whose store it was.
    pub device: DeviceId,
    /// How many commands the server had not decided.
    pub waiting: u32,
    /// The codes of the orders among them, oldest first,
    /// [`TRACED_ORDERS`](crate::limits::TRACED_ORDERS) at most. Nothing personal: it is not sealed.
    pub orders: Vec<SpokenCode>,
}

impl Trace {
    /// What is to be told where an earlier store was thrown away too, and nobody has heard of it: all that was in
    /// both, as one. It is told of this one's device, whose store nobody can have told of; where nothing was in
    /// this one, the earlier is told as it was.
    #[must_use]
    pub fn after(self, earlier: &Self) -> Self {
        if self.waiting == 0 {
            return earlier.clone();
        }
        let orders = earlier.orders.iter().chain(&self.orders);
        Self {
            device: self.device,
            waiting: self.waiting.saturating_add(earlier.waiting),
            orders: orders.copied().take(limits::TRACED_ORDERS).collect(),
        }
    }
}

/// The digest of what waits: the first 16 hexadecimal digits of the SHA-256 of the ids of the commands, as
/// 16 bytes each, in the order of their `seq`. None of nothing.
pub fn digest_of(commands: impl IntoIterator<Item = CommandId>) -> Option<String> {
    let mut hasher = Sha256::new();
    let mut is_empty = true;
    for command in commands {
        hasher.update(command.0.as_bytes());
        is_empty = false;
    }
    (!is_empty).then(|| hexadecimal(&hasher.finalize().into())[..16].to_owned())
}

/// Something a person did on a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// Made by the device; also the id of whatever the command creates.
    pub id: CommandId,
    /// Counts this device's commands from 1, without gaps.
    pub seq: u64,
    /// By the device's clock.
    pub made_at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub body: CommandBody,
}

impl Command {
    fn from_fields(fields: &mut Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: fields.take("id")?,
            seq: fields.take("seq")?,
            made_at: fields.take("made_at")?,
            body: CommandBody::from_fields(fields)?,
        })
    }
}

read_from_fields!(Command);

/// The kinds of commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum CommandBody {
    /// An agent writes down a new customer.
    RegisterCustomer(CustomerDetails),
    /// An agent corrects a customer.
    CorrectCustomer(CorrectCustomer),
    /// An agent takes an order.
    PlaceOrder(PlaceOrder),
    /// An agent changes an order before a cooperative acted.
    AmendOrder(AmendOrder),
    /// An agent cancels an order, alone or for the customer.
    CancelOrder(CancelOrder),
    /// A cooperative confirms all or part.
    ConfirmSubOrder(ConfirmSubOrder),
    /// A cooperative refuses.
    RefuseSubOrder(RefuseSubOrder),
    /// A cooperative proposes another price or quantity.
    ProposeChange(ProposeChange),
    /// The agent tells the customer's answer.
    AnswerChange(AnswerChange),
    /// A cooperative begins to pack.
    StartPreparing(SubOrderRef),
    /// A cooperative has packed.
    PackSubOrder(PackSubOrder),
    /// A cooperative gives the goods away for delivery.
    HandOver(HandOver),
    /// The customer has the goods.
    Deliver(Deliver),
    /// The delivery failed.
    FailDelivery(FailDelivery),
    /// Goods came back.
    ReturnGoods(ReturnGoods),
    /// Money was taken.
    Collect(Collect),
    /// Money was taken before anybody might ask for it.
    DeclareEarlyPayment(Collect),
    /// The customer withdraws.
    Withdraw(SubOrderRef),
    /// A cooperative cannot supply what it confirmed, or it was lost on the way.
    FailSupply(FailSupply),
    /// An agent says that more is due.
    OpenDispute(OpenDispute),
    /// An agent gives a dispute up.
    WithdrawDispute(DisputeRef),
    /// An agent wants somebody else to decide.
    EscalateDispute(EscalateDispute),
}

read_tagged!(CommandBody by "kind" {
    "register_customer" => RegisterCustomer("body"),
    "correct_customer" => CorrectCustomer("body"),
    "place_order" => PlaceOrder("body"),
    "amend_order" => AmendOrder("body"),
    "cancel_order" => CancelOrder("body"),
    "confirm_sub_order" => ConfirmSubOrder("body"),
    "refuse_sub_order" => RefuseSubOrder("body"),
    "propose_change" => ProposeChange("body"),
    "answer_change" => AnswerChange("body"),
    "start_preparing" => StartPreparing("body"),
    "pack_sub_order" => PackSubOrder("body"),
    "hand_over" => HandOver("body"),
    "deliver" => Deliver("body"),
    "fail_delivery" => FailDelivery("body"),
    "return_goods" => ReturnGoods("body"),
    "collect" => Collect("body"),
    "declare_early_payment" => DeclareEarlyPayment("body"),
    "withdraw" => Withdraw("body"),
    "fail_supply" => FailSupply("body"),
    "open_dispute" => OpenDispute("body"),
    "withdraw_dispute" => WithdrawDispute("body"),
    "escalate_dispute" => EscalateDispute("body"),
});

impl CommandBody {
    /// The kind's name on the wire.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RegisterCustomer(_) => "register_customer",
            Self::CorrectCustomer(_) => "correct_customer",
            Self::PlaceOrder(_) => "place_order",
            Self::AmendOrder(_) => "amend_order",
            Self::CancelOrder(_) => "cancel_order",
            Self::ConfirmSubOrder(_) => "confirm_sub_order",
            Self::RefuseSubOrder(_) => "refuse_sub_order",
            Self::ProposeChange(_) => "propose_change",
            Self::AnswerChange(_) => "answer_change",
            Self::StartPreparing(_) => "start_preparing",
            Self::PackSubOrder(_) => "pack_sub_order",
            Self::HandOver(_) => "hand_over",
            Self::Deliver(_) => "deliver",
            Self::FailDelivery(_) => "fail_delivery",
            Self::ReturnGoods(_) => "return_goods",
            Self::Collect(_) => "collect",
            Self::DeclareEarlyPayment(_) => "declare_early_payment",
            Self::Withdraw(_) => "withdraw",
            Self::FailSupply(_) => "fail_supply",
            Self::OpenDispute(_) => "open_dispute",
            Self::WithdrawDispute(_) => "withdraw_dispute",
            Self::EscalateDispute(_) => "escalate_dispute",
        }
    }

    /// The order it is about, unless it creates one.
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::RegisterCustomer(_)
            | Self::CorrectCustomer(_)
            | Self::PlaceOrder(_)
            | Self::WithdrawDispute(_)
            | Self::EscalateDispute(_)
            | Self::OpenDispute(OpenDispute {
                about: Disputed { line: None, .. },
                ..
            }) => None,
            Self::OpenDispute(OpenDispute {
                about:
                    Disputed {
                        line: Some(DisputedLine { order, .. }),
                        ..
                    },
                ..
            }) => Some(*order),
            Self::AmendOrder(AmendOrder { order, .. })
            | Self::CancelOrder(CancelOrder { order, .. })
            | Self::ConfirmSubOrder(ConfirmSubOrder { order, .. })
            | Self::RefuseSubOrder(RefuseSubOrder { order, .. })
            | Self::ProposeChange(ProposeChange { order, .. })
            | Self::AnswerChange(AnswerChange { order, .. })
            | Self::StartPreparing(SubOrderRef { order, .. })
            | Self::PackSubOrder(PackSubOrder { order, .. })
            | Self::HandOver(HandOver { order, .. })
            | Self::Deliver(Deliver { order, .. })
            | Self::FailDelivery(FailDelivery { order, .. })
            | Self::ReturnGoods(ReturnGoods { order, .. })
            | Self::Collect(Collect { order, .. })
            | Self::DeclareEarlyPayment(Collect { order, .. })
            | Self::Withdraw(SubOrderRef { order, .. })
            | Self::FailSupply(FailSupply { order, .. }) => Some(*order),
        }
    }

    /// What was asked and signed, when it is about that.
    pub const fn basket(&self) -> Option<&Basket> {
        match self {
            Self::PlaceOrder(PlaceOrder { basket, .. })
            | Self::AmendOrder(AmendOrder { basket, .. }) => Some(basket),
            _ => None,
        }
    }

    /// The same act on another order, which gives its lines other numbers.
    #[must_use]
    pub fn on_order(mut self, other: OrderId, number: impl Fn(u16) -> u16) -> Self {
        match &mut self {
            Self::RegisterCustomer(_)
            | Self::CorrectCustomer(_)
            | Self::PlaceOrder(_)
            | Self::WithdrawDispute(_)
            | Self::EscalateDispute(_)
            | Self::OpenDispute(OpenDispute {
                about: Disputed { line: None, .. },
                ..
            }) => {}
            Self::OpenDispute(OpenDispute {
                about:
                    Disputed {
                        line: Some(disputed),
                        ..
                    },
                ..
            }) => {
                disputed.order = other;
                disputed.line = number(disputed.line);
            }
            Self::ConfirmSubOrder(ConfirmSubOrder { order, lines, .. })
            | Self::Deliver(Deliver { order, lines, .. })
            | Self::ReturnGoods(ReturnGoods { order, lines, .. }) => {
                *order = other;
                lines
                    .iter_mut()
                    .for_each(|line| line.line = number(line.line));
            }
            Self::PackSubOrder(PackSubOrder { order, lines, .. }) => {
                *order = other;
                lines
                    .iter_mut()
                    .for_each(|line| line.line = number(line.line));
            }
            Self::ProposeChange(ProposeChange {
                order, proposal, ..
            }) => {
                *order = other;
                let lines = proposal.lines.iter_mut();
                lines.for_each(|line| line.line = number(line.line));
            }
            Self::AmendOrder(AmendOrder { order, .. })
            | Self::CancelOrder(CancelOrder { order, .. })
            | Self::RefuseSubOrder(RefuseSubOrder { order, .. })
            | Self::AnswerChange(AnswerChange { order, .. })
            | Self::StartPreparing(SubOrderRef { order, .. })
            | Self::HandOver(HandOver { order, .. })
            | Self::FailDelivery(FailDelivery { order, .. })
            | Self::Collect(Collect { order, .. })
            | Self::DeclareEarlyPayment(Collect { order, .. })
            | Self::Withdraw(SubOrderRef { order, .. })
            | Self::FailSupply(FailSupply { order, .. }) => *order = other,
        }
        self
    }

    /// The same act by somebody who knew that its order was told under so many other ids. Whoever does not know
    /// may take the order for a second one.
    #[must_use]
    pub fn knowing(mut self, ids: u16) -> Self {
        match &mut self {
            Self::AmendOrder(AmendOrder { other_ids, .. })
            | Self::CancelOrder(CancelOrder { other_ids, .. })
            | Self::Collect(Collect { other_ids, .. })
            | Self::DeclareEarlyPayment(Collect { other_ids, .. }) => *other_ids = ids,
            _ => {}
        }
        self
    }

    /// When the customer signed what was done at `made_at`: then, or on the day of the receipt.
    pub fn door_at(&self, made_at: Timestamp, calendar: &dyn Calendar) -> Timestamp {
        match self {
            Self::PlaceOrder(PlaceOrder {
                from_receipt_of: Some(taken_on),
                ..
            }) => again::door_of(*taken_on, made_at, calendar),
            _ => made_at,
        }
    }

    /// The dispute it is about, unless it opens one.
    pub const fn dispute(&self) -> Option<Uuid> {
        match self {
            Self::WithdrawDispute(DisputeRef { dispute })
            | Self::EscalateDispute(EscalateDispute { dispute, .. }) => Some(*dispute),
            _ => None,
        }
    }

    /// The customer it is about, unless it creates one.
    pub const fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::PlaceOrder(PlaceOrder { customer, .. })
            | Self::CorrectCustomer(CorrectCustomer { customer, .. }) => Some(*customer),
            _ => None,
        }
    }
}

fn is_none(ids: &u16) -> bool {
    *ids == 0
}

macro_rules! bodies {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }
    )*};
}

bodies! {
    /// See [`CommandBody::CorrectCustomer`].
    CorrectCustomer {
        /// Whom.
        customer: CustomerId,
        /// All details, corrected.
        details: CustomerDetails,
    }
    /// See [`CommandBody::PlaceOrder`].
    PlaceOrder {
        /// Who ordered.
        customer: CustomerId,
        /// The code people say.
        code: SpokenCode,
        /// The four digits on the customer's receipt.
        receipt_digits: u16,
        /// Where.
        #[serde(default)]
        channel: Channel,
        /// What was asked and signed.
        basket: Basket,
        /// Where the agent stood.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<Place>,
        /// What the phone showed: compared with the server's own figures, never taken over.
        shown: Shown,
        /// Of an order whose phone is lost, entered again from the receipt that its customer holds: the
        /// day on that receipt, as the code and the digits are those on it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_receipt_of: Option<CivilDate>,
    }
    /// The figures on the agent's screen when the customer signed.
    Shown {
        /// The global price, value added tax included.
        total: Centimes,
        /// The commission.
        commission: Centimes,
    }
    /// See [`CommandBody::AmendOrder`].
    AmendOrder {
        /// Which.
        order: OrderId,
        /// What is now asked and signed.
        basket: Basket,
        /// What the phone showed.
        shown: Shown,
        /// See [`CommandBody::knowing`].
        #[serde(default, skip_serializing_if = "is_none")]
        other_ids: u16,
    }
    /// See [`CommandBody::CancelOrder`].
    CancelOrder {
        /// Which.
        order: OrderId,
        /// Who wants it.
        by: CancelledBy,
        /// Why.
        reason: Reason,
        /// See [`CommandBody::knowing`].
        #[serde(default, skip_serializing_if = "is_none")]
        other_ids: u16,
    }
    /// A cooperative's part of an order.
    SubOrderRef {
        /// Which order.
        order: OrderId,
        /// Whose part.
        cooperative: CooperativeId,
    }
    /// See [`CommandBody::ConfirmSubOrder`].
    ConfirmSubOrder {
        /// Which order.
        order: OrderId,
        /// Whose part.
        cooperative: CooperativeId,
        /// Every line.
        lines: Vec<LineUnits>,
    }
    /// See [`CommandBody::RefuseSubOrder`].
    RefuseSubOrder {
        /// Which order.
        order: OrderId,
        /// Whose part.
        cooperative: CooperativeId,
        /// Why.
        reason: Reason,
    }
    /// See [`CommandBody::ProposeChange`].
    ProposeChange {
        /// Which order.
        order: OrderId,
        /// Whose part.
        cooperative: CooperativeId,
        /// What instead.
        proposal: Proposal,
    }
    /// See [`CommandBody::AnswerChange`].
    AnswerChange {
        /// Which order.
        order: OrderId,
        /// Whose part.
        cooperative: CooperativeId,
        /// The customer's answer.
        accepted: bool,
    }
    /// See [`CommandBody::PackSubOrder`].
    PackSubOrder {
        /// Which order.
        order: OrderId,
        /// Whose part.
        cooperative: CooperativeId,
        /// Every line.
        lines: Vec<PackedLine>,
    }
    /// See [`CommandBody::HandOver`].
    HandOver {
        /// Which order.
        order: OrderId,
        /// Whose part.
        cooperative: CooperativeId,
        /// To which station or person.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        to: String,
    }
    /// See [`CommandBody::Deliver`].
    Deliver {
        /// Which order.
        order: OrderId,
        /// Whose part.
        cooperative: CooperativeId,
        /// Every line.
        lines: Vec<LineUnits>,
        /// What shows it.
        proof: Proof,
    }
    /// See [`CommandBody::FailDelivery`].
    FailDelivery {
        /// Which order.
        order: OrderId,
        /// Whose part.
        cooperative: CooperativeId,
        /// Absent or refused.
        reason: Reason,
    }
    /// See [`CommandBody::ReturnGoods`].
    ReturnGoods {
        /// Which order.
        order: OrderId,
        /// Whose part.
        cooperative: CooperativeId,
        /// How many of which.
        lines: Vec<LineUnits>,
        /// Who answers for it.
        fault: Fault,
    }
    /// See [`CommandBody::FailSupply`].
    FailSupply {
        /// Which order.
        order: OrderId,
        /// Whose part.
        cooperative: CooperativeId,
        /// Who answers for it: the cooperative or the transport.
        fault: Fault,
    }
    /// See [`CommandBody::Collect`].
    Collect {
        /// Which order.
        order: OrderId,
        /// Whose part.
        cooperative: CooperativeId,
        /// How much.
        amount: Centimes,
        /// How.
        method: PaymentMethod,
        /// See [`CommandBody::knowing`].
        #[serde(default, skip_serializing_if = "is_none")]
        other_ids: u16,
    }
    /// See [`CommandBody::OpenDispute`]. The dispute has the id of the command.
    OpenDispute {
        /// About what.
        about: Disputed,
        /// How much more is due.
        amount: Centimes,
        /// What kind of mistake it is.
        reason: DisputeReason,
        /// Why, in the agent's words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        /// What shows it. The photo has the id of the command too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        photo: Option<Photo>,
    }
    /// See [`CommandBody::WithdrawDispute`].
    DisputeRef {
        /// Which.
        dispute: Uuid,
    }
    /// See [`CommandBody::EscalateDispute`].
    EscalateDispute {
        /// Which.
        dispute: Uuid,
        /// Why.
        note: String,
    }
}

/// What the server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// [`PROTOCOL`].
    pub protocol: u16,
    /// Changes when the server was restored from an older copy: the device then offers again what it
    /// still keeps.
    pub epoch: String,
    /// The server's clock as it answers.
    pub server_time: Timestamp,
    /// The civil offset of Africa/Casablanca at that time, for printing.
    pub offset: FixedOffset,
    /// The greatest `seq` of this device the server has decided on.
    pub decided_seq: u64,
    /// Told after a restore: the greatest up to which the device knows for itself what became of its commands, when
    /// that is another. What a hand-over file has brought since may have been decided otherwise, and what waits for a
    /// person in the copy may have been settled before: all after it is to be offered again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_seq: Option<u64>,
    /// One for each command sent, in the same order.
    pub results: Vec<CommandResult>,
    /// What changed in the device's scope, oldest first.
    pub changes: Vec<Change>,
    /// Where the device stands now.
    pub cursor: i64,
    /// How many changes are still to come: greater than zero means ask again at once.
    pub more: u32,
    /// Nobody's session was shown, only the device's key: commands were decided, but nothing is told of
    /// what changed until the device's person signs in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signed_out: bool,
    /// The key that hand-over files are sealed to, when it is another than the device said it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealing_key: Option<SealingKey>,
    /// The office has put this device out: what it hands over is taken in, what it was told before is no
    /// longer its to keep.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
}

/// The server's answer to one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommandResult {
    /// Which command.
    pub id: CommandId,
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
}

impl CommandResult {
    fn from_fields(fields: &mut Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: fields.take("id")?,
            answer: Answer::from_fields(fields)?,
        })
    }
}

read_from_fields!(CommandResult);

/// A decision on a command. Decisions are final and stored; asking again gives the first one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Answer {
    /// Done.
    Applied,
    /// Was done before: a lost answer costs nothing.
    AlreadyApplied,
    /// A person has to look at it; it waits in the "to correct" list.
    Parked {
        /// Why.
        refusal: Refusal,
    },
    /// Not now: an earlier command is missing, or the server is busy. Nothing was decided.
    RetryAfter {
        /// When to ask again, in milliseconds.
        delay_ms: u32,
    },
}

read_tagged!(Answer by "status" {
    "applied" => Applied,
    "already_applied" => AlreadyApplied,
    "parked" => Parked { refusal },
    "retry_after" => RetryAfter { delay_ms },
});

/// Something that changed in a device's scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum Change {
    /// The person the device belongs to.
    Profile(Profile),
    /// Everything that can be sold.
    Catalogue(Box<Catalogue>),
    /// A customer of the agent.
    Customer(Customer),
    /// A customer who left the scope.
    CustomerRemoved(CustomerId),
    /// An order of the agent, or the cooperative's part of one.
    Order(Box<OrderDocument>),
    /// An order that left the scope.
    OrderRemoved(OrderId),
    /// An entry of the agent's own commission accounts.
    Entry(LedgerEntry),
    /// A parked command that a person has settled.
    ParkedSettled(ParkedSettled),
    /// A statement of the agent, or how it stands with its payment.
    Statement(Box<StatementDocument>),
    /// A dispute of the agent, with what was answered.
    Dispute(Box<DisputeDocument>),
}

read_tagged!(Change by "kind" {
    "profile" => Profile("body"),
    "catalogue" => Catalogue("body"),
    "customer" => Customer("body"),
    "customer_removed" => CustomerRemoved("body"),
    "order" => Order("body"),
    "order_removed" => OrderRemoved("body"),
    "entry" => Entry("body"),
    "parked_settled" => ParkedSettled("body"),
    "statement" => Statement("body"),
    "dispute" => Dispute("body"),
});

/// An order as a device knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDocument {
    /// The order, reduced to the device's scope.
    pub order: Order,
    /// When the server took it in.
    pub received_at: Timestamp,
    /// For cooperatives: what they may see of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerLabel>,
}

/// A statement as a device knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementDocument {
    /// The statement, which never changes.
    pub statement: Statement,
    /// How it stands with its payment.
    pub payment: PaymentState,
}

/// A transfer with its place in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerEntry {
    /// Counts the ledger's entries.
    pub number: i64,
    /// The transfer.
    #[serde(flatten)]
    pub transfer: Transfer,
    /// Its link in the agent's chain; nothing for what moves no commission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// What happened to the order that caused it; nothing for other causes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<EntrySource>,
}

/// Where an entry comes from: who did what, on which device, and when the server heard of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntrySource {
    /// What happened, as the kind of the order's event is called.
    pub event: String,
    /// Who did it; nobody for the server's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<LocalText>,
    /// On which device; none for the office's pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// When the server took it in.
    pub received_at: Timestamp,
    /// The line that caused it, where the order is another agent's: whoever has a part of its
    /// commission, by a share or as the lead, can compute the part again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Box<AnothersLine>>,
    /// Of an entry that was counted again: what was told late, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_by: Option<Box<EntrySource>>,
}

/// A line of another agent's order: what a part of its commission is computed from, and nothing of the
/// customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnothersLine {
    /// The order's spoken code.
    pub code: SpokenCode,
    /// Whose order it is.
    pub agent: PersonId,
    /// What they are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<LocalText>,
    /// The plan that was in force at the door.
    pub plan: PlanVersion,
    /// The line.
    pub line: Line,
}

impl LedgerEntry {
    fn from_fields(fields: &mut Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            number: fields.take("number")?,
            transfer: Transfer::from_fields(fields)?,
            link: fields.take("link")?,
            source: fields.take("source")?,
        })
    }
}

read_from_fields!(LedgerEntry);

/// A dispute as its agent's devices know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeDocument {
    /// The dispute.
    pub dispute: Dispute,
    /// What happened to it since it was opened, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<DisputeStep>,
}

/// Something that happened to a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeStep {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: DisputeEvent,
}

/// How a parked command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedSettled {
    /// Which.
    pub command: CommandId,
    /// Whether it took effect after all.
    pub accepted: bool,
}
