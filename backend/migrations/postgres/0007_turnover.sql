-- Turnover counts for tiers and targets even where the commission that moves with it rounds to nothing: then
-- it moves by itself.

-- The table from before the chains had the name without a number.
ALTER TABLE ledger_transfer
    DROP CONSTRAINT ledger_transfer_amount_centimes_check1,
    ADD CONSTRAINT ledger_transfer_moves_something
        CHECK (amount_centimes > 0 OR (amount_centimes = 0 AND base_centimes > 0));
