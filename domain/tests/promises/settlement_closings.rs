//! Random months of an agent, closed one after the other: whatever happens, every centime is in one
//! statement, and every statement adds up.

use crate::agent_books::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use taswiq_domain::engagement::EngagementKind;
use taswiq_domain::ids::PlanVersion;
use taswiq_domain::ledger::{Account, Purpose};
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::reading::read;
use taswiq_domain::settlement::supplement::outlook;
use taswiq_domain::settlement::{CappedRule, Closing, Movement, PeriodRules, Statement};

const MONTHS: u32 = 5;
const CAPPED: CappedRule = CappedRule {
    plan: PlanVersion(1),
    rule: 3,
    cap: Centimes(15_000),
};

#[derive(Clone, Debug)]
enum Step {
    Sell {
        late_by: u32,
        amount: i64,
        base: i64,
        is_capped: bool,
    },
    SellMore {
        which: usize,
        amount: i64,
        base: i64,
    },
    GiveBack {
        which: usize,
        percent: i64,
    },
    Advance {
        amount: i64,
    },
    Hold {
        percent: i64,
    },
    Release,
    Close,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u32..3, 1i64..20_000, 0i64..20, any::<bool>()).prop_map(|(late_by, amount, times, is_capped)| Step::Sell { late_by, amount, base: amount * times, is_capped }),
        1 => (any::<usize>(), 1i64..20_000, 0i64..20).prop_map(|(which, amount, times)| Step::SellMore { which, amount, base: amount * times }),
        3 => (any::<usize>(), 1i64..=150).prop_map(|(which, percent)| Step::GiveBack { which, percent: percent.min(100) }),
        1 => (1i64..30_000).prop_map(|amount| Step::Advance { amount }),
        1 => (1i64..=100).prop_map(|percent| Step::Hold { percent }),
        1 => Just(Step::Release),
        2 => Just(Step::Close),
    ]
}

fn any_rules() -> impl Strategy<Value = PeriodRules> {
    (
        prop::collection::btree_set(1i64..400_000, 0..4),
        prop::collection::vec(0u32..=300_000, 5),
        prop::collection::btree_set(1i64..400_000, 0..3),
        prop_oneof![2 => Just(0i64), 1 => 1i64..20_000],
    )
        .prop_map(|(bounds, rates, reaches, guaranteed)| {
            let belows = bounds.iter().copied().map(Some).chain([None]);
            let froms = std::iter::once(0).chain(bounds.iter().copied());
            PeriodRules {
                tiers: froms
                    .zip(belows)
                    .zip(rates)
                    .map(|((from, below), rate)| tier(from, below, rate))
                    .collect(),
                targets: reaches
                    .into_iter()
                    .zip(1..)
                    .map(|(reach, number)| target(reach, number * 700))
                    .collect(),
                guaranteed: Centimes(guaranteed),
                ..PeriodRules::default()
            }
        })
}

fn any_kind() -> impl Strategy<Value = EngagementKind> {
    prop::sample::select(EngagementKind::ALL.to_vec())
}

/// Lives through the steps and closes month after month.
fn live(rules: &PeriodRules, kind: EngagementKind, steps: &[Step]) -> Books {
    let mut books = Books::new(rules.clone());
    books.kind = kind;
    let mut held = 0;
    for step in steps {
        let open = books.open;
        match step {
            Step::Sell {
                late_by,
                amount,
                base,
                is_capped,
            } => {
                let first = month(1);
                let happened_in = (0..*late_by)
                    .fold(open, |period, _| period.previous())
                    .max(first);
                books.sell_capped(happened_in, *amount, *base, is_capped.then_some(CAPPED));
            }
            Step::SellMore {
                which,
                amount,
                base,
            } if !books.sales.is_empty() => {
                books.vest_more(which % books.sales.len(), open, *amount, *base);
            }
            Step::GiveBack { which, percent } if !books.sales.is_empty() => {
                let sale = which % books.sales.len();
                let (amount, base) = books.left_of(sale);
                let (amount, base) = (amount * percent / 100, base * percent / 100);
                if amount > 0 {
                    books.give_back(sale, open, amount, base);
                }
            }
            Step::SellMore { .. } | Step::GiveBack { .. } => {}
            Step::Advance { amount } => books.advance(*amount),
            Step::Hold { percent } => {
                let earned: i64 = books
                    .movements(open)
                    .iter()
                    .map(|movement| movement.amount.0)
                    .sum();
                let amount = earned * percent / 100;
                if amount > 0 {
                    held += amount;
                    books
                        .others
                        .push((Purpose::DisputeHeld, Centimes(-amount), open));
                }
            }
            Step::Release if held > 0 => {
                books
                    .others
                    .push((Purpose::DisputeReleased, Centimes(held), open));
                held = 0;
            }
            Step::Release => {}
            Step::Close if books.closings.len() < MONTHS as usize => {
                books.close();
            }
            Step::Close => {}
        }
    }
    books.close();
    books
}

fn statements(books: &Books) -> impl Iterator<Item = &Statement> {
    books.closings.iter().map(|closing| &closing.statement)
}

fn balance(books: &Books, account: Account) -> i64 {
    books.balances().get(&account).copied().unwrap_or_default()
}

fn is_like(one: &Movement, other: &Movement) -> bool {
    (one.purpose, one.concerns, one.reason, one.capped)
        == (other.purpose, other.concerns, other.reason, other.capped)
}

/// What statements posted for a month, by purpose.
fn posted(books: &Books, concerns: Period, purposes: &[Purpose]) -> i64 {
    statements(books)
        .flat_map(|statement| &statement.lines)
        .filter(|line| line.concerns == concerns && purposes.contains(&line.purpose))
        .map(|line| line.amount.0)
        .sum()
}

proptest! {
    #[test]
    fn a_statement_is_the_sum_of_its_entries_from_top_to_bottom(rules in any_rules(), kind in any_kind(), steps in prop::collection::vec(any_step(), 0..40)) {
        let books = live(&rules, kind, &steps);
        for (Closing { statement, postings }, number) in books.closings.iter().zip(1..) {
            prop_assert_eq!(statement.number, number);
            prop_assert_eq!(statement.lines.iter().map(|line| line.amount.0).sum::<i64>(), statement.total.0);
            prop_assert_eq!(statement.total.0.max(0) + statement.draw.0, statement.payable.0);
            prop_assert_eq!(statement.payable.0 - statement.tax.amount.0 - statement.recovered.0 - statement.advances_deducted.0, statement.net.0);
            let advanced: i64 = statement.advances.iter().map(|advance| advance.amount.0).sum();
            prop_assert_eq!(-statement.opening.0 + (-statement.total.0).max(0) + statement.draw.0 + advanced - statement.recovered.0 - statement.advances_deducted.0, statement.carried_forward.0);
            // What the close posts to the earned account is what its own lines say.
            let account = Account::AgentEarned(AGENT);
            let posted: i64 = postings.iter().filter(|posting| !matches!(posting.purpose, Purpose::Settled | Purpose::CarriedForward | Purpose::GuaranteedDraw)).map(|posting| if posting.credit == account { posting.amount.0 } else if posting.debit == account { -posting.amount.0 } else { 0 }).sum();
            let moved: i64 = books.movements(statement.period).iter().map(|movement| movement.amount.0).sum();
            prop_assert_eq!(moved + posted, statement.total.0);
        }
    }

    #[test]
    fn nobody_pays_to_work_and_no_more_is_paid_than_is_payable_less_tax(rules in any_rules(), kind in any_kind(), steps in prop::collection::vec(any_step(), 0..40)) {
        let books = live(&rules, kind, &steps);
        for statement in statements(&books) {
            let rest = statement.payable.0 - statement.tax.amount.0;
            prop_assert!(0 <= statement.net.0 && statement.net.0 <= rest);
            prop_assert!(statement.carried_forward.0 >= 0 && statement.opening.0 <= 0);
            prop_assert!(statement.recovered.0 >= 0 && statement.recovered.0 * 10 <= rest * 3);
            prop_assert!(statement.recovered.0 <= -statement.opening.0);
            // What is guaranteed is not taken back in the same breath.
            prop_assert!(statement.net.0 + statement.tax.amount.0 + statement.advances_deducted.0 >= rules.guaranteed.0);
            prop_assert_eq!(statement.nothing.is_some(), statement.net.0 == 0);
        }
    }

    #[test]
    fn a_close_leaves_nothing_on_the_earned_account_and_the_debt_on_the_carried_one(rules in any_rules(), kind in any_kind(), steps in prop::collection::vec(any_step(), 0..40)) {
        let books = live(&rules, kind, &steps);
        prop_assert_eq!(balance(&books, Account::AgentEarned(AGENT)), 0);
        prop_assert_eq!(balance(&books, Account::AgentCarried(AGENT)), -books.owed.0);
        prop_assert_eq!(balance(&books, Account::AgentPayable(AGENT)), statements(&books).map(|statement| statement.net.0).sum::<i64>());
        prop_assert_eq!(balance(&books, Account::AgentWithheld(AGENT)), statements(&books).map(|statement| statement.tax.amount.0).sum::<i64>());
        prop_assert_eq!(books.balances().values().sum::<i64>(), 0);
    }

    #[test]
    fn every_entry_is_in_exactly_one_statement_under_the_month_it_concerns(rules in any_rules(), kind in any_kind(), steps in prop::collection::vec(any_step(), 0..40)) {
        let books = live(&rules, kind, &steps);
        let mut expected: BTreeMap<(Period, Period, Purpose), (i64, u32)> = BTreeMap::new();
        let mut all = 0;
        for period in statements(&books).map(|statement| statement.period) {
            for movement in books.movements(period) {
                let sum = expected.entry((period, movement.concerns, movement.purpose)).or_default();
                *sum = (sum.0 + movement.amount.0, sum.1 + 1);
                all += movement.amount.0;
            }
        }
        let sold: i64 = (0..books.sales.len()).map(|sale| books.left_of(sale).0).sum();
        let others: i64 = books.others.iter().map(|(_, amount, _)| amount.0).sum();
        prop_assert_eq!(all, sold + others);
        for statement in statements(&books) {
            for line in &statement.lines {
                prop_assert!(line.concerns <= statement.period);
                if let Some(sum) = expected.remove(&(statement.period, line.concerns, line.purpose)) {
                    prop_assert_eq!((line.amount.0, line.count), sum);
                }
            }
        }
        prop_assert!(expected.is_empty(), "in no statement: {expected:?}");
    }

    #[test]
    fn what_was_paid_and_withheld_less_what_is_owed_is_all_that_was_earned(rules in any_rules(), kind in any_kind(), steps in prop::collection::vec(any_step(), 0..40)) {
        let books = live(&rules, kind, &steps);
        let advanced: i64 = books.advances.iter().map(|(advance, _)| advance.amount.0).sum();
        let given: i64 = advanced + statements(&books).map(|statement| statement.net.0 + statement.tax.amount.0).sum::<i64>();
        let earned: i64 = statements(&books).map(|statement| statement.total.0).sum();
        prop_assert_eq!(given - books.owed.0, earned);
        // All of it within one year: the meter stands at what was given.
        prop_assert_eq!(books.paid_this_year.0, given);
    }

    #[test]
    fn corrections_of_a_month_come_to_what_it_adds_in_the_end(rules in any_rules(), kind in any_kind(), steps in prop::collection::vec(any_step(), 0..40)) {
        let books = live(&rules, kind, &steps);
        for period in statements(&books).map(|statement| statement.period) {
            let movements = || books.closings.iter().flat_map(|closing| books.movements(closing.statement.period)).filter(|movement| movement.concerns == period);
            let turnover: i64 = movements().map(|movement| movement.base.0).sum();
            let adds = outlook(&rules, Centimes(turnover)).expect("fits");
            prop_assert_eq!(posted(&books, period, &[Purpose::TierSupplement, Purpose::SupplementCorrection]), adds.supplement.amount.0);
            prop_assert_eq!(posted(&books, period, &[Purpose::TargetBonus]), adds.bonus().0);
            let by_the_rule: i64 = movements().filter(|movement| movement.capped.is_some()).map(|movement| movement.amount.0).sum();
            prop_assert_eq!(posted(&books, period, &[Purpose::PeriodCap]), -(by_the_rule - CAPPED.cap.0).max(0));
        }
    }

    #[test]
    fn a_month_in_which_everything_came_back_adds_nothing_in_the_end(rules in any_rules(), kind in any_kind(), steps in prop::collection::vec(any_step(), 0..30)) {
        let mut books = live(&rules, kind, &steps);
        for sale in 0..books.sales.len() {
            let (amount, base) = books.left_of(sale);
            if amount > 0 {
                books.give_back(sale, books.open, amount, base);
            }
        }
        books.others.clear();
        // Without disputes in between, nothing remains of any sale.
        let mut again = Books { owed: Centimes::ZERO, paid_this_year: Centimes::ZERO, settled: BTreeMap::new(), closings: Vec::new(), open: month(1), ..books.clone() };
        while again.open <= books.open {
            again.close();
        }
        prop_assert_eq!(statements(&again).map(|statement| statement.total.0).sum::<i64>(), 0);
        for period in statements(&again).map(|statement| statement.period) {
            prop_assert_eq!(posted(&again, period, &[Purpose::TierSupplement, Purpose::SupplementCorrection, Purpose::TargetBonus, Purpose::PeriodCap]), 0);
        }
    }

    #[test]
    fn the_order_in_which_entries_lie_changes_nothing(rules in any_rules(), kind in any_kind(), steps in prop::collection::vec(any_step(), 0..40), turn in any::<usize>()) {
        let mut books = live(&rules, kind, &steps);
        books.open = books.closings.last().expect("a close").statement.period;
        let last = books.closings.pop().expect("a close").statement.period;
        let mut movements = books.movements(last);
        let one = books.close_with(&movements);
        if !movements.is_empty() {
            let turn = turn % movements.len();
            movements.rotate_left(turn);
            movements.reverse();
        }
        prop_assert_eq!(books.close_with(&movements), one);
    }

    #[test]
    fn like_entries_may_be_summed_before_they_are_settled(rules in any_rules(), kind in any_kind(), steps in prop::collection::vec(any_step(), 0..40)) {
        let mut books = live(&rules, kind, &steps);
        books.open = books.closings.pop().expect("a close").statement.period;
        let movements = books.movements(books.open);
        let mut sums: Vec<Movement> = Vec::new();
        for movement in &movements {
            match sums.iter_mut().find(|sum| is_like(sum, movement)) {
                Some(sum) => {
                    sum.amount.0 += movement.amount.0;
                    sum.base.0 += movement.base.0;
                    sum.count += 1;
                }
                None => sums.push(*movement),
            }
        }
        prop_assert_eq!(books.close_with(&sums), books.close_with(&movements));
    }

    #[test]
    fn a_phone_reads_the_statement_that_was_written(rules in any_rules(), kind in any_kind(), steps in prop::collection::vec(any_step(), 0..20)) {
        for statement in statements(&live(&rules, kind, &steps)) {
            let written = serde_json::to_string(statement).expect("writes");
            prop_assert_eq!(&read::<Statement>(&written).expect("reads"), statement);
        }
    }
}
