//! What the rules promise. One binary, one module for each topic.

mod commission_rules;
mod demo_catalogue;
mod fault_matrix;
mod ledger_balances;
mod life;
mod order_life;
mod vesting;
mod wire_golden;
