//! The books of one agent over some months, for the tests of settlement: sales that vest, late or in
//! time, returns, advances, disputes, and a close at the end of each month.

use std::collections::BTreeMap;
use taswiq_domain::engagement::EngagementKind;
use taswiq_domain::ids::{CooperativeId, OrderId, PersonId, PlanVersion};
use taswiq_domain::ledger::{Account, Cause, Purpose, Transfer};
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::Fault;
use taswiq_domain::period::Period;
use taswiq_domain::settlement::movement::{LineEntry, LineMoment, attribute};
use taswiq_domain::settlement::rules::{Target, Tier};
use taswiq_domain::settlement::tax::TaxTerms;
use taswiq_domain::settlement::{
    AdvanceGiven, CappedRule, Closing, ClosingError, ClosingInput, EarlierMonth, MonthRules,
    Movement, NotYetIn, PeriodRules, SettledMonth, close,
};
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

pub const AGENT: PersonId = PersonId(20);

pub fn month(number: u32) -> Period {
    Period::new(2026, number).expect("a month")
}

pub fn tier(from: i64, below: Option<i64>, rate: u32) -> Tier {
    Tier {
        from: Centimes(from),
        below: below.map(Centimes),
        rate: Ppm(rate),
    }
}

pub fn target(reach: i64, bonus: i64) -> Target {
    Target {
        reach: Centimes(reach),
        bonus: Centimes(bonus),
    }
}

/// A sale of one line.
#[derive(Clone, Debug)]
pub struct Sale {
    entries: Vec<LineEntry>,
    capped: Option<CappedRule>,
}

/// Everything that is known of the agent.
#[derive(Clone, Debug)]
pub struct Books {
    pub rules: BTreeMap<Period, (PlanVersion, PeriodRules)>,
    pub kind: EngagementKind,
    pub tax: TaxTerms,
    pub sales: Vec<Sale>,
    /// Other entries of the earned account: what a dispute holds or gives.
    pub others: Vec<(Purpose, Centimes, Period)>,
    pub advances: Vec<(AdvanceGiven, Period)>,
    pub not_yet_in: Vec<NotYetIn>,
    pub open: Period,
    pub owed: Centimes,
    pub paid_this_year: Centimes,
    pub settled: BTreeMap<Period, SettledMonth>,
    pub closings: Vec<Closing>,
}

impl Books {
    /// Books that begin with January 2026, by these rules throughout.
    pub fn new(rules: PeriodRules) -> Self {
        Self {
            rules: BTreeMap::from([(month(1), (PlanVersion(1), rules))]),
            kind: EngagementKind::Salaried,
            tax: TaxTerms::default(),
            sales: Vec::new(),
            others: Vec::new(),
            advances: Vec::new(),
            not_yet_in: Vec::new(),
            open: month(1),
            owed: Centimes::ZERO,
            paid_this_year: Centimes::ZERO,
            settled: BTreeMap::new(),
            closings: Vec::new(),
        }
    }

    fn rules_of(&self, period: Period) -> MonthRules<'_> {
        let (_, (plan, rules)) = self
            .rules
            .range(..=period)
            .next_back()
            .expect("rules from the first month on");
        MonthRules { plan: *plan, rules }
    }

    /// A line vests that earns so much on such a turnover.
    pub fn sell(&mut self, happened_in: Period, amount: i64, base: i64) -> usize {
        self.sell_capped(happened_in, amount, base, None)
    }

    pub fn sell_capped(
        &mut self,
        happened_in: Period,
        amount: i64,
        base: i64,
        capped: Option<CappedRule>,
    ) -> usize {
        self.sales.push(Sale {
            entries: Vec::new(),
            capped,
        });
        let sale = self.sales.len() - 1;
        self.enter(sale, happened_in, amount, base);
        sale
    }

    /// What is left of a sale's commission and turnover.
    pub fn left_of(&self, sale: usize) -> (i64, i64) {
        self.sales[sale]
            .entries
            .iter()
            .fold((0, 0), |(amount, base), entry| {
                (amount + entry.amount.0, base + entry.base.0)
            })
    }

    /// Another part of a sale vests.
    pub fn vest_more(&mut self, sale: usize, happened_in: Period, amount: i64, base: i64) {
        self.enter(sale, happened_in, amount, base);
    }

    /// Part of a sale comes back: so much commission and turnover.
    pub fn give_back(&mut self, sale: usize, happened_in: Period, amount: i64, base: i64) {
        self.enter(sale, happened_in, -amount, -base);
    }

    fn enter(&mut self, sale: usize, happened_in: Period, amount: i64, base: i64) {
        let entries = &mut self.sales[sale].entries;
        entries.push(LineEntry {
            moment: LineMoment {
                counts_in: happened_in.max(self.open),
                at: Timestamp(entries.len() as i64),
                event_number: entries.len() as u32,
            },
            happened_in,
            amount: Centimes(amount),
            base: Centimes(base),
        });
    }

    pub fn advance(&mut self, amount: i64) {
        let number = self.advances.len() as u128 + 1;
        self.advances.push((
            AdvanceGiven {
                advance: Uuid::from_u128(number),
                at: Timestamp(0),
                amount: Centimes(amount),
            },
            self.open,
        ));
    }

    /// The movements that count in a month.
    pub fn movements(&self, period: Period) -> Vec<Movement> {
        let mut movements = Vec::new();
        let returned = crate::life::returned(1, Fault::Customer);
        for sale in &self.sales {
            for part in attribute(&sale.entries).expect("fits") {
                if part.moment.counts_in == period {
                    movements.push(part.movement(&returned, sale.capped));
                }
            }
        }
        for &(purpose, amount, counts_in) in &self.others {
            if counts_in == period {
                movements.push(Movement {
                    purpose,
                    amount,
                    base: Centimes::ZERO,
                    concerns: period,
                    reason: None,
                    capped: None,
                    count: 1,
                });
            }
        }
        movements
    }

    /// What the close of the open month would make of these movements.
    pub fn close_with(&self, movements: &[Movement]) -> Result<Closing, ClosingError> {
        let advances: Vec<AdvanceGiven> = self
            .advances
            .iter()
            .filter(|(_, counts_in)| *counts_in == self.open)
            .map(|(advance, _)| *advance)
            .collect();
        let earlier: Vec<EarlierMonth<'_>> = self
            .settled
            .values()
            .map(|settled| EarlierMonth {
                rules: self.rules_of(settled.period),
                settled,
            })
            .collect();
        close(ClosingInput {
            number: self.closings.len() as u32 + 1,
            agent: AGENT,
            period: self.open,
            closed_at: Timestamp(0),
            rules: self.rules_of(self.open),
            earlier: &earlier,
            owed: self.owed,
            movements,
            advances: &advances,
            kind: self.kind,
            tax: &self.tax,
            paid_this_year_before: self.paid_this_year,
            not_yet_in: self.not_yet_in.clone(),
        })
    }

    /// Closes the open month.
    pub fn close(&mut self) -> &Closing {
        let movements = self.movements(self.open);
        self.close_by(&movements)
    }

    /// Closes the open month by movements that come from elsewhere.
    pub fn close_by(&mut self, movements: &[Movement]) -> &Closing {
        let closing = self.close_with(movements).expect("good books");
        let statement = &closing.statement;
        self.owed = statement.carried_forward;
        self.paid_this_year = statement.paid_this_year;
        for month in &statement.months {
            self.settled.insert(month.period, month.clone());
        }
        self.open = self.open.next();
        self.closings.push(closing);
        self.closings.last().expect("just closed")
    }

    /// The agent's balances after everything that counts up to the last close.
    pub fn balances(&self) -> BTreeMap<Account, i64> {
        let mut balances = BTreeMap::new();
        let mut book = |debit, credit, amount: Centimes| {
            assert!(amount > Centimes::ZERO, "a transfer moves something");
            *balances.entry(debit).or_default() -= amount.0;
            *balances.entry(credit).or_default() += amount.0;
        };
        for (number, sale) in self.sales.iter().enumerate() {
            for entry in &sale.entries {
                let counts_in = entry.moment.counts_in;
                if counts_in < self.open {
                    let transfer = transfer(number, entry.amount, entry.base, counts_in);
                    book(transfer.debit, transfer.credit, transfer.amount);
                }
            }
        }
        for &(_, amount, counts_in) in &self.others {
            if counts_in < self.open {
                let (account, held) = (Account::AgentEarned(AGENT), Account::AgentHeld(AGENT));
                let (debit, credit) = if amount > Centimes::ZERO {
                    (held, account)
                } else {
                    (account, held)
                };
                book(debit, credit, Centimes(amount.0.abs()));
            }
        }
        for (advance, counts_in) in &self.advances {
            if *counts_in < self.open {
                book(
                    Account::AgentCarried(AGENT),
                    Account::AgentPaid(AGENT),
                    advance.amount,
                );
            }
        }
        for closing in &self.closings {
            for posting in &closing.postings {
                book(posting.debit, posting.credit, posting.amount);
            }
        }
        balances
    }
}

/// The ledger's entry of a sale that vests, or of what is taken back of it.
fn transfer(number: usize, amount: Centimes, base: Centimes, period: Period) -> Transfer {
    let (account, expense) = (Account::AgentEarned(AGENT), Account::CommissionExpense);
    let vests = amount > Centimes::ZERO;
    Transfer {
        debit: if vests { expense } else { account },
        credit: if vests { account } else { expense },
        amount: Centimes(amount.0.abs()),
        purpose: if vests {
            Purpose::CommissionVested
        } else {
            Purpose::CommissionReversed
        },
        cause: Cause::Order {
            order: OrderId(Uuid::from_u128(number as u128)),
            event_number: 1,
            told_by: None,
            cooperative: CooperativeId(1),
            line: 1,
        },
        base: Centimes(base.0.abs()),
        at: Timestamp(0),
        period,
    }
}
