-- What left the earned accounts, as a close reads it: beside each entry the event that took it, and when all
-- that moved on its line up to then happened. Where that is one month, nobody need look at the line again to
-- know which month is concerned. 0 where more left than had come: then its history says it.
CREATE TABLE taken_back (
    period INTEGER NOT NULL,
    number INTEGER NOT NULL,
    chain_agent INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    amount_centimes INTEGER NOT NULL,
    base_centimes INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    event TEXT,
    PRIMARY KEY (period, number)
) STRICT, WITHOUT ROWID;
INSERT INTO taken_back (period, number, chain_agent, purpose, amount_centimes, base_centimes, first_at, last_at, event)
SELECT taken.period, taken.number, taken.chain_agent, taken.purpose, taken.amount_centimes, taken.base_centimes,
    COALESCE((SELECT CASE
                  WHEN SUM(CASE WHEN entry.credit_account = 'agent_earned' THEN entry.amount_centimes ELSE -entry.amount_centimes END) >= 0
                      AND SUM(CASE WHEN entry.credit_account = 'agent_earned' THEN entry.base_centimes ELSE -entry.base_centimes END) >= 0
                  THEN MIN(entry.at) ELSE 0 END
              FROM ledger_transfer AS entry
              WHERE entry.order_id = taken.order_id AND entry.cooperative_id = taken.cooperative_id AND entry.line = taken.line
                  AND entry.chain_agent = taken.chain_agent AND entry.number <= taken.number
                  AND (entry.debit_account = 'agent_earned' OR entry.credit_account = 'agent_earned')), 0),
    COALESCE((SELECT MAX(entry.at) FROM ledger_transfer AS entry
              WHERE entry.order_id = taken.order_id AND entry.cooperative_id = taken.cooperative_id AND entry.line = taken.line
                  AND entry.chain_agent = taken.chain_agent AND entry.number <= taken.number
                  AND (entry.debit_account = 'agent_earned' OR entry.credit_account = 'agent_earned')), 0),
    (SELECT event.body FROM order_event AS event WHERE event.order_id = taken.order_id AND event.number = taken.event_number)
FROM ledger_transfer AS taken
WHERE taken.debit_account = 'agent_earned' AND taken.cause <> 'settlement' AND taken.purpose <> 'correction';
