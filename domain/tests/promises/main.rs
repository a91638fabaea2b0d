//! What the rules promise. One binary, one module for each topic.

mod agent_books;
mod any_plan;
mod arrival;
mod commission_rules;
mod demo_catalogue;
mod disputes;
mod earners;
mod explanations;
mod fault_matrix;
mod hand_over;
mod ledger_balances;
mod ledger_chain;
mod life;
mod money_at_the_door;
mod often;
mod order_life;
mod scenarios;
mod settlement_closings;
mod settlement_traps;
mod twice;
mod vesting;
mod wire_golden;
