use super::value;
use std::fmt;
use taswiq_domain::dispute::{Disputed, DisputedLine};
use taswiq_domain::ids::{CooperativeId, OrderId};
use taswiq_domain::ledger::Purpose;
use taswiq_domain::period::Period;
use uuid::Uuid;

/// A screen of the agent's area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The day.
    Today,
    /// Who orders.
    NewOrder,
    /// An order whose phone is lost, from what its customer holds.
    FromReceipt,
    /// A customer not known yet.
    NewCustomer,
    /// What they order.
    Products,
    /// Read it all again and sign.
    Review,
    /// The orders.
    Orders(OrdersShown),
    /// One order.
    Order(OrderId),
    /// What the customer keeps of it.
    Receipt(OrderId),
    /// Handing over the goods of one cooperative.
    Deliver(OrderId, CooperativeId),
    /// What was earned.
    Earnings,
    /// The entries of one rung of the ladder.
    EarningsOf(Rung),
    /// What was earned in a month, as it was closed.
    Statement(Period),
    /// The entries behind one figure of it.
    StatementEntries(Period, Behind),
    /// What is disputed.
    Disputes,
    /// Saying that more is due.
    NewDispute(Disputed),
    /// One dispute.
    Dispute(Uuid),
    /// What is on this phone.
    Sync,
    /// Language, look, signing out.
    Settings,
}

/// Which orders a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrdersShown {
    /// Something is still to come of them.
    #[default]
    Open,
    /// Something can be handed over.
    ToDeliver,
    /// With the customer.
    Delivered,
    /// All.
    All,
}

/// A rung of the ladder from the door to the bank, or something that stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    Estimate,
    Pending,
    Earned,
    Payable,
    Paid,
    /// Until a dispute is decided.
    Held,
    /// Owed from before.
    Carried,
    /// For tax.
    Withheld,
}

/// Which entries of the ledger stand behind a figure of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Everything that counts in its month.
    All,
    /// Of that, what is for one purpose and concerns one month.
    Row {
        /// What for.
        purpose: Purpose,
        /// The month it concerns.
        concerns: Period,
    },
    /// What its close posted for a purpose.
    Step(Purpose),
    /// What is to be paid, and what was paid of it.
    Net,
    /// What is owed: from before it, or from now on.
    Owed {
        /// Whether before its month.
        from_before: bool,
    },
}

impl Behind {
    /// Reads the values of an address, as [`fmt::Display`] writes them.
    pub fn read(of: &str, concerns: Option<&str>) -> Option<Self> {
        Some(match of {
            "all" => Self::All,
            "net" => Self::Net,
            "owed" => Self::Owed { from_before: false },
            "owed-before" => Self::Owed { from_before: true },
            purpose => {
                let purpose = Purpose::from_name(purpose)?;
                match concerns {
                    Some(concerns) => Self::Row {
                        purpose,
                        concerns: concerns.parse().ok()?,
                    },
                    None => Self::Step(purpose),
                }
            }
        })
    }
}

/// As it stands in an address, behind the question mark.
impl fmt::Display for Behind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => out.write_str("of=all"),
            Self::Row { purpose, concerns } => {
                write!(out, "of={}&concerns={concerns}", purpose.as_str())
            }
            Self::Step(purpose) => write!(out, "of={}", purpose.as_str()),
            Self::Net => out.write_str("of=net"),
            Self::Owed { from_before: false } => out.write_str("of=owed"),
            Self::Owed { from_before: true } => out.write_str("of=owed-before"),
        }
    }
}

impl OrdersShown {
    /// Every choice, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Open, Self::ToDeliver, Self::Delivered, Self::All];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::ToDeliver => "to-deliver",
            Self::Delivered => "delivered",
            Self::All => "all",
        }
    }
}

impl Rung {
    /// Those of the ladder, from the door to the bank.
    pub const LADDER: [Self; 5] = [
        Self::Estimate,
        Self::Pending,
        Self::Earned,
        Self::Payable,
        Self::Paid,
    ];
    /// Those and what stands beside them.
    pub const ALL: [Self; 8] = [
        Self::Estimate,
        Self::Pending,
        Self::Earned,
        Self::Payable,
        Self::Paid,
        Self::Held,
        Self::Carried,
        Self::Withheld,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Estimate => "estimate",
            Self::Pending => "pending",
            Self::Earned => "earned",
            Self::Payable => "payable",
            Self::Paid => "paid",
            Self::Held => "held",
            Self::Carried => "carried",
            Self::Withheld => "withheld",
        }
    }
}

impl Field {
    pub(super) fn parse(parts: &[&str], query: &str) -> Option<Self> {
        Some(match parts {
            [] => Self::Today,
            ["new"] => Self::NewOrder,
            ["new", "receipt"] => Self::FromReceipt,
            ["new", "customer"] => Self::NewCustomer,
            ["new", "products"] => Self::Products,
            ["new", "review"] => Self::Review,
            ["orders"] => {
                let shown = value(query, "show");
                Self::Orders(
                    OrdersShown::ALL
                        .into_iter()
                        .find(|one| Some(one.as_str()) == shown)
                        .unwrap_or_default(),
                )
            }
            ["orders", order] => Self::Order(order.parse().ok()?),
            ["orders", order, "receipt"] => Self::Receipt(order.parse().ok()?),
            ["orders", order, "deliver", cooperative] => {
                Self::Deliver(order.parse().ok()?, cooperative.parse().ok()?)
            }
            ["earnings"] => Self::Earnings,
            ["earnings", "statements", period] => Self::Statement(period.parse().ok()?),
            ["earnings", "statements", period, "entries"] => {
                let behind = Behind::read(value(query, "of")?, value(query, "concerns"))?;
                Self::StatementEntries(period.parse().ok()?, behind)
            }
            ["earnings", rung] => {
                Self::EarningsOf(Rung::ALL.into_iter().find(|one| one.as_str() == *rung)?)
            }
            ["disputes"] => Self::Disputes,
            ["disputes", "new"] => Self::NewDispute(disputed(query)?),
            ["disputes", dispute] => Self::Dispute(dispute.parse().ok()?),
            ["sync"] => Self::Sync,
            ["settings"] => Self::Settings,
            _ => return None,
        })
    }
}

/// What a new dispute is about.
fn disputed(query: &str) -> Option<Disputed> {
    let entry = value(query, "entry").and_then(|entry| entry.parse().ok());
    let line = || {
        Some(DisputedLine {
            order: value(query, "order")?.parse().ok()?,
            cooperative: value(query, "cooperative")?.parse().ok()?,
            line: value(query, "line")?.parse().ok()?,
        })
    };
    let about = Disputed {
        entry,
        line: line(),
    };
    (about != Disputed::default()).then_some(about)
}

impl fmt::Display for Field {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("/field")?;
        match self {
            Self::Today => Ok(()),
            Self::NewOrder => out.write_str("/new"),
            Self::FromReceipt => out.write_str("/new/receipt"),
            Self::NewCustomer => out.write_str("/new/customer"),
            Self::Products => out.write_str("/new/products"),
            Self::Review => out.write_str("/new/review"),
            Self::Orders(OrdersShown::Open) => out.write_str("/orders"),
            Self::Orders(shown) => write!(out, "/orders?show={}", shown.as_str()),
            Self::Order(order) => write!(out, "/orders/{order}"),
            Self::Receipt(order) => write!(out, "/orders/{order}/receipt"),
            Self::Deliver(order, cooperative) => {
                write!(out, "/orders/{order}/deliver/{cooperative}")
            }
            Self::Earnings => out.write_str("/earnings"),
            Self::EarningsOf(rung) => write!(out, "/earnings/{}", rung.as_str()),
            Self::Statement(period) => write!(out, "/earnings/statements/{period}"),
            Self::StatementEntries(period, behind) => {
                write!(out, "/earnings/statements/{period}/entries?{behind}")
            }
            Self::Disputes => out.write_str("/disputes"),
            Self::NewDispute(about) => {
                out.write_str("/disputes/new")?;
                let mut separator = '?';
                if let Some(entry) = about.entry {
                    write!(out, "?entry={entry}")?;
                    separator = '&';
                }
                match about.line {
                    Some(line) => write!(
                        out,
                        "{separator}order={}&cooperative={}&line={}",
                        line.order, line.cooperative, line.line
                    ),
                    None => Ok(()),
                }
            }
            Self::Dispute(dispute) => write!(out, "/disputes/{dispute}"),
            Self::Sync => out.write_str("/sync"),
            Self::Settings => out.write_str("/settings"),
        }
    }
}
