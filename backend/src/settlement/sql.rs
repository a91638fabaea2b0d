//! Statements of closing months: what moved, what waits, what was settled.

use crate::db::{Conn, execute, fetch_all, fetch_in, fetch_one, fetch_optional, insert_rows};
use uuid::Uuid;

/// Somebody who has, or may have, an account.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AgentRow {
    pub id: i64,
    pub is_agent: bool,
    pub name: String,
    pub created_at: i64,
    pub deactivated_at: Option<i64>,
}

/// What came to an earned account by one purpose.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EarnedRow {
    pub chain_agent: i64,
    pub purpose: String,
    pub amount_centimes: i64,
    pub base_centimes: i64,
    pub count: i64,
    pub first_at: i64,
}

/// The same of lines whose rule limits the month.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CappedRow {
    pub chain_agent: i64,
    pub purpose: String,
    pub plan: i64,
    pub rule: i64,
    pub cap_centimes: i64,
    pub amount_centimes: i64,
    pub base_centimes: i64,
    pub count: i64,
}

/// One entry of an earned account.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EntryRow {
    pub number: i64,
    pub chain_agent: i64,
    pub purpose: String,
    pub is_taken: bool,
    pub order_id: Option<Uuid>,
    pub cooperative_id: i64,
    pub line: i64,
    pub event_number: i64,
    pub amount_centimes: i64,
    pub base_centimes: i64,
    pub at: i64,
    /// When that happened which it takes back.
    pub corrected_at: Option<i64>,
    /// What happened to the order that took it back.
    pub event: Option<String>,
}

/// An entry of a line of which something was told late.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LineRow {
    pub chain_agent: i64,
    pub order_id: Uuid,
    pub cooperative_id: i64,
    pub line: i64,
    pub event_number: i64,
    pub purpose: String,
    pub is_taken: bool,
    pub amount_centimes: i64,
    pub base_centimes: i64,
    pub at: i64,
    pub period: i64,
    /// When all that moved on the line up to then happened, where it was taken back: see the migration.
    pub first_at: Option<i64>,
    pub last_at: Option<i64>,
    /// What happened at its moment.
    pub event: String,
}

/// A rule that limits what a month earns by it, and a line that it holds for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CappedLineRow {
    pub order_id: Uuid,
    pub cooperative_id: i64,
    pub line: i64,
    pub plan: i64,
    pub rule: i64,
    pub cap_centimes: i64,
}

/// What an agent was paid in advance.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AdvancedRow {
    pub chain_agent: i64,
    pub cause_id: Uuid,
    pub at: i64,
    pub amount_centimes: i64,
}

/// The last statement of an agent.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LastRow {
    pub agent_id: i64,
    pub number: i64,
    pub closed_at: i64,
    pub carried_centimes: i64,
    pub paid_this_year_centimes: i64,
}

/// A statement as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StatementRow {
    pub agent_id: i64,
    pub period: i64,
    pub number: i64,
    pub closed_at: i64,
    pub payable_centimes: i64,
    pub withheld_centimes: i64,
    pub recovered_centimes: i64,
    pub advances_centimes: i64,
    pub net_centimes: i64,
    pub carried_centimes: i64,
    pub paid_this_year_centimes: i64,
    pub not_yet_in_centimes: i64,
    pub body: String,
}

/// A statement in a list, with how it stands with its payment.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SummaryRow {
    pub agent_id: i64,
    pub name: String,
    pub period: i64,
    pub number: i64,
    pub payable_centimes: i64,
    pub withheld_centimes: i64,
    pub recovered_centimes: i64,
    pub advances_centimes: i64,
    pub net_centimes: i64,
    pub carried_centimes: i64,
    pub not_yet_in_centimes: i64,
    pub payout_id: Option<i64>,
    pub approved_at: Option<i64>,
    pub paid_on: Option<i64>,
    pub reference: Option<String>,
}

/// An entry on a statement.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StatementEntryRow {
    pub number: i64,
    pub at: i64,
    pub purpose: String,
    pub is_taken: bool,
    pub order_id: Option<Uuid>,
    pub cooperative_id: i64,
    pub line: i64,
    pub amount_centimes: i64,
    pub base_centimes: i64,
}

/// A closed month and the sums of its statements.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MonthRow {
    pub period: i64,
    pub closed_by: i64,
    pub closed_at: i64,
    pub statements: i64,
    pub payable_centimes: i64,
    pub withheld_centimes: i64,
    pub recovered_centimes: i64,
    pub advances_centimes: i64,
    pub net_centimes: i64,
    pub carried_centimes: i64,
    pub not_yet_in_centimes: i64,
    pub paid_centimes: i64,
}

/// The first month in which an agent's entry counts.
pub async fn first_period(conn: &mut Conn) -> Result<Option<i64>, sqlx::Error> {
    let (first,) = fetch_one!(
        conn,
        (Option<i64>,),
        "SELECT MIN(period) FROM ledger_transfer WHERE credit_account = 'agent_earned'"
    )?;
    Ok(first)
}

pub async fn founded_at(conn: &mut Conn) -> Result<i64, sqlx::Error> {
    let (at,) = fetch_one!(conn, (i64,), "SELECT created_at FROM office WHERE id = 1")?;
    Ok(at)
}

/// Every agent, and whoever else has entries.
pub async fn agents(conn: &mut Conn) -> Result<Vec<AgentRow>, sqlx::Error> {
    fetch_all!(
        conn,
        AgentRow,
        "SELECT id, role = 'agent' AS is_agent, name, created_at, deactivated_at FROM person
         WHERE role = 'agent' OR id IN (SELECT agent_id FROM agent_chain) ORDER BY id"
    )
}

/// What came to the earned accounts in a month, and when the first of it had happened. Nothing but sums,
/// for this is the one query that reads every entry of the month.
pub async fn earned(conn: &mut Conn, period: i64) -> Result<Vec<EarnedRow>, sqlx::Error> {
    fetch_all!(
        conn,
        EarnedRow,
        "SELECT chain_agent, purpose, CAST(SUM(amount_centimes) AS BIGINT) AS amount_centimes,
             CAST(SUM(base_centimes) AS BIGINT) AS base_centimes, CAST(COUNT(*) AS BIGINT) AS count, MIN(at) AS first_at
         FROM ledger_transfer
         WHERE credit_account = 'agent_earned' AND period = $1
         GROUP BY chain_agent, purpose",
        period,
    )
}

pub async fn has_capped_lines(conn: &mut Conn) -> Result<bool, sqlx::Error> {
    let row = fetch_optional!(conn, (i64,), "SELECT line FROM capped_line LIMIT 1")?;
    Ok(row.is_some())
}

/// Of what happened in a month, the part that rules earned which limit it.
pub async fn earned_capped(
    conn: &mut Conn,
    period: i64,
    start: i64,
) -> Result<Vec<CappedRow>, sqlx::Error> {
    fetch_all!(
        conn,
        CappedRow,
        "SELECT entry.chain_agent, entry.purpose, capped.plan, capped.rule, capped.cap_centimes,
             CAST(SUM(entry.amount_centimes) AS BIGINT) AS amount_centimes,
             CAST(SUM(entry.base_centimes) AS BIGINT) AS base_centimes, CAST(COUNT(*) AS BIGINT) AS count
         FROM ledger_transfer AS entry
         JOIN capped_line AS capped
             ON capped.order_id = entry.order_id AND capped.cooperative_id = entry.cooperative_id AND capped.line = entry.line
         WHERE entry.credit_account = 'agent_earned' AND entry.period = $1 AND entry.at >= $2 AND entry.purpose <> 'correction'
         GROUP BY entry.chain_agent, entry.purpose, capped.plan, capped.rule, capped.cap_centimes",
        period,
        start,
    )
}

/// What came to the earned accounts in a month and had happened before it.
pub async fn earned_late(
    conn: &mut Conn,
    period: i64,
    start: i64,
) -> Result<Vec<EntryRow>, sqlx::Error> {
    fetch_all!(
        conn,
        EntryRow,
        "SELECT number, chain_agent, purpose, FALSE AS is_taken, order_id, cooperative_id, line,
             event_number, amount_centimes, base_centimes, at, CAST(NULL AS BIGINT) AS corrected_at, CAST(NULL AS TEXT) AS event
         FROM ledger_transfer
         WHERE credit_account = 'agent_earned' AND period = $1 AND at < $2 AND purpose <> 'correction'
         ORDER BY number",
        period,
        start,
    )
}

/// Notes an entry that left an earned account, with what its line's history says.
pub async fn add_taken_back(conn: &mut Conn, number: i64) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO taken_back (period, number, chain_agent, purpose, amount_centimes, base_centimes, first_at, last_at, event)
         SELECT taken.period, taken.number, taken.chain_agent, taken.purpose, taken.amount_centimes, taken.base_centimes,
             COALESCE((SELECT CASE
                           WHEN taken.told_by = 0 AND SUM(CASE WHEN entry.credit_account = 'agent_earned' THEN entry.amount_centimes ELSE -entry.amount_centimes END) >= 0
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
         FROM ledger_transfer AS taken WHERE taken.number = $1",
        number,
    )
}

/// How many entries left the earned accounts in a month, and of how many that is noted, corrections aside.
pub async fn count_taken(conn: &mut Conn, period: i64) -> Result<(i64, i64), sqlx::Error> {
    fetch_one!(
        conn,
        (i64, i64),
        "SELECT (SELECT CAST(COUNT(*) AS BIGINT) FROM ledger_transfer WHERE debit_account = 'agent_earned' AND period = $1),
             (SELECT CAST(COUNT(*) AS BIGINT) FROM taken_back WHERE period = $1)",
        period,
    )
}

/// What left the earned accounts in a month and had come to them in the same one: all of it in one row, for
/// a row costs more than what stands in it. Lines of agent, purpose, amount, base and event, with tabs
/// between them; no event has one in its text.
pub async fn taken(
    conn: &mut Conn,
    period: i64,
    start: i64,
    end: i64,
) -> Result<Option<String>, sqlx::Error> {
    let (taken,) = fetch_one!(
        conn,
        (Option<String>,),
        "SELECT STRING_AGG(CAST(chain_agent AS TEXT) || '\t' || purpose || '\t' || CAST(amount_centimes AS TEXT) || '\t'
             || CAST(base_centimes AS TEXT) || '\t' || COALESCE(event, ''), '\n')
         FROM taken_back WHERE period = $1 AND first_at >= $2 AND last_at < $3",
        period,
        start,
        end,
    )?;
    Ok(taken)
}

/// What else left the earned accounts in a month: what concerns others too, and what no order caused.
pub async fn taken_of_others(
    conn: &mut Conn,
    period: i64,
    start: i64,
    end: i64,
) -> Result<Vec<EntryRow>, sqlx::Error> {
    fetch_all!(
        conn,
        EntryRow,
        "SELECT entry.number, entry.chain_agent, entry.purpose, TRUE AS is_taken, entry.order_id, entry.cooperative_id, entry.line,
             entry.event_number, entry.amount_centimes, entry.base_centimes, entry.at, CAST(NULL AS BIGINT) AS corrected_at,
             taken_back.event
         FROM taken_back JOIN ledger_transfer AS entry ON entry.number = taken_back.number
         WHERE taken_back.period = $1 AND (taken_back.first_at < $2 OR taken_back.last_at >= $3)
         ORDER BY entry.number",
        period,
        start,
        end,
    )
}

/// The corrections of a month that touch the earned accounts, with the time of what they correct.
pub async fn corrections(conn: &mut Conn, period: i64) -> Result<Vec<EntryRow>, sqlx::Error> {
    fetch_all!(
        conn,
        EntryRow,
        "SELECT entry.number, entry.chain_agent, entry.purpose, entry.debit_account = 'agent_earned' AS is_taken, entry.order_id,
             entry.cooperative_id, entry.line, entry.event_number, entry.amount_centimes, entry.base_centimes, entry.at,
             corrected.at AS corrected_at, CAST(NULL AS TEXT) AS event
         FROM ledger_transfer AS entry JOIN ledger_transfer AS corrected ON corrected.number = entry.corrects
         WHERE entry.corrects IS NOT NULL AND entry.period = $1
             AND (entry.debit_account = 'agent_earned' OR entry.credit_account = 'agent_earned')
         ORDER BY entry.number",
        period,
    )
}

/// Everything that ever moved on the earned accounts for these orders.
pub async fn of_orders(conn: &mut Conn, orders: &[Uuid]) -> Result<Vec<LineRow>, sqlx::Error> {
    fetch_in!(
        conn,
        LineRow,
        "SELECT entry.chain_agent, entry.order_id, entry.cooperative_id, entry.line, entry.event_number, entry.purpose,
             entry.debit_account = 'agent_earned' AS is_taken, entry.amount_centimes, entry.base_centimes, entry.at, entry.period,
             CAST(NULL AS BIGINT) AS first_at, CAST(NULL AS BIGINT) AS last_at, event.body AS event
         FROM ledger_transfer AS entry
         JOIN order_event AS event ON event.order_id = entry.order_id AND event.number = entry.event_number
         WHERE (entry.debit_account = 'agent_earned' OR entry.credit_account = 'agent_earned') AND entry.order_id",
        "ORDER BY entry.number",
        orders
    )
}

/// Everything that ever moved on the earned accounts of lines of which something was told late and counts
/// in a month.
pub async fn told_late(conn: &mut Conn, period: i64) -> Result<Vec<LineRow>, sqlx::Error> {
    fetch_all!(
        conn,
        LineRow,
        "SELECT entry.chain_agent, entry.order_id, entry.cooperative_id, entry.line, entry.event_number, entry.purpose,
             entry.debit_account = 'agent_earned' AS is_taken, entry.amount_centimes, entry.base_centimes, entry.at, entry.period,
             noted.first_at, noted.last_at, event.body AS event
         FROM (SELECT DISTINCT chain_agent, order_id, cooperative_id, line FROM ledger_transfer
               WHERE told_by > 0 AND period = $1 AND (debit_account = 'agent_earned' OR credit_account = 'agent_earned')) AS late
         JOIN ledger_transfer AS entry
             ON entry.order_id = late.order_id AND entry.cooperative_id = late.cooperative_id AND entry.line = late.line
                 AND entry.chain_agent = late.chain_agent
                 AND (entry.debit_account = 'agent_earned' OR entry.credit_account = 'agent_earned')
         JOIN order_event AS event ON event.order_id = entry.order_id AND event.number = entry.event_number
         LEFT JOIN taken_back AS noted ON noted.period = entry.period AND noted.number = entry.number
         ORDER BY entry.number",
        period,
    )
}

pub async fn capped_lines(
    conn: &mut Conn,
    orders: &[Uuid],
) -> Result<Vec<CappedLineRow>, sqlx::Error> {
    fetch_in!(
        conn,
        CappedLineRow,
        "SELECT order_id, cooperative_id, line, plan, rule, cap_centimes FROM capped_line WHERE order_id",
        "",
        orders
    )
}

pub async fn put_capped_lines(conn: &mut Conn, rows: &[CappedLineRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO capped_line (order_id, cooperative_id, line, plan, rule, cap_centimes)",
        "ON CONFLICT (order_id, cooperative_id, line) DO UPDATE SET
             plan = excluded.plan, rule = excluded.rule, cap_centimes = excluded.cap_centimes",
        6,
        rows,
        |row| row.order_id,
        row.cooperative_id,
        row.line,
        row.plan,
        row.rule,
        row.cap_centimes,
    )
}

/// What was paid in advance in a month and not taken back in it.
pub async fn advances(conn: &mut Conn, period: i64) -> Result<Vec<AdvancedRow>, sqlx::Error> {
    fetch_all!(
        conn,
        AdvancedRow,
        "SELECT chain_agent, cause_id, at, amount_centimes FROM ledger_transfer AS entry
         WHERE (debit_account = 'agent_carried' OR credit_account = 'agent_carried') AND period = $1 AND cause = 'advance'
             AND NOT EXISTS (SELECT 1 FROM ledger_transfer AS correction
                             WHERE correction.corrects = entry.number AND correction.period = $1)
         ORDER BY number",
        period,
    )
}

/// What changed debts in a month otherwise: corrections, of all but that month's advances.
pub async fn carried(conn: &mut Conn, period: i64) -> Result<Vec<(i64, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (i64, i64),
        "SELECT entry.chain_agent,
             CAST(SUM(CASE WHEN entry.credit_account = 'agent_carried' THEN entry.amount_centimes ELSE -entry.amount_centimes END) AS BIGINT)
         FROM ledger_transfer AS entry LEFT JOIN ledger_transfer AS corrected ON corrected.number = entry.corrects
         WHERE (entry.debit_account = 'agent_carried' OR entry.credit_account = 'agent_carried') AND entry.period = $1
             AND entry.cause <> 'advance'
             AND (corrected.number IS NULL OR corrected.cause <> 'advance' OR corrected.period <> $1)
         GROUP BY entry.chain_agent",
        period,
    )
}

/// When the first order was taken of which a part waits.
pub async fn awaited_since(conn: &mut Conn) -> Result<Option<i64>, sqlx::Error> {
    let (since,) = fetch_one!(
        conn,
        (Option<i64>,),
        "SELECT MIN(placed_at) FROM sub_order WHERE waits"
    )?;
    Ok(since)
}

/// What is awaited of parts of orders taken between two moments, a line of text for each and all of them in
/// one row, since a row costs more than what stands in it; and of how many it is not known.
pub async fn awaited(
    conn: &mut Conn,
    from: i64,
    before: i64,
) -> Result<(Option<String>, i64), sqlx::Error> {
    fetch_one!(
        conn,
        (Option<String>, i64),
        "SELECT STRING_AGG(awaited, '\n'), CAST(COUNT(*) - COUNT(awaited) AS BIGINT) FROM sub_order
         WHERE waits AND placed_at >= $1 AND placed_at < $2",
        from,
        before,
    )
}

/// The parts of which it is not known.
pub async fn awaited_unknown(
    conn: &mut Conn,
    before: i64,
) -> Result<Vec<(Uuid, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (Uuid, i64),
        "SELECT order_id, cooperative_id FROM sub_order WHERE waits AND awaited IS NULL AND placed_at < $1",
        before
    )
}

/// What came in after a month from orders taken before its end.
pub async fn later(
    conn: &mut Conn,
    period: i64,
    before: i64,
) -> Result<Vec<(i64, Uuid, i64, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (i64, Uuid, i64, i64),
        "SELECT entry.chain_agent, entry.order_id, entry.cooperative_id, CAST(SUM(entry.amount_centimes) AS BIGINT)
         FROM ledger_transfer AS entry JOIN orders ON orders.id = entry.order_id
         WHERE entry.credit_account = 'agent_earned' AND entry.period > $1 AND orders.placed_at < $2
         GROUP BY entry.chain_agent, entry.order_id, entry.cooperative_id",
        period,
        before,
    )
}

/// The last statement of each agent.
pub async fn last(conn: &mut Conn) -> Result<Vec<LastRow>, sqlx::Error> {
    fetch_all!(
        conn,
        LastRow,
        "SELECT statement.agent_id, statement.number, statement.closed_at, statement.carried_centimes, statement.paid_this_year_centimes
         FROM statement JOIN (SELECT agent_id, MAX(period) AS period FROM statement GROUP BY agent_id) AS latest
             ON latest.agent_id = statement.agent_id AND latest.period = statement.period"
    )
}

/// An agent's statements from a month on, the latest first.
pub async fn since(
    conn: &mut Conn,
    agent: i64,
    period: i64,
) -> Result<Vec<(String,)>, sqlx::Error> {
    fetch_all!(
        conn,
        (String,),
        "SELECT body FROM statement WHERE agent_id = $1 AND period >= $2 ORDER BY period DESC",
        agent,
        period,
    )
}

pub async fn add_month(
    conn: &mut Conn,
    period: i64,
    by: i64,
    at: i64,
    not_yet_in: &str,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO closed_month (period, closed_by, closed_at, not_yet_in) VALUES ($1, $2, $3, $4)",
        period,
        by,
        at,
        not_yet_in,
    )
}

/// What was not yet in when a month was closed, by reason.
pub async fn not_yet_in(conn: &mut Conn, period: i64) -> Result<Option<(String,)>, sqlx::Error> {
    fetch_optional!(
        conn,
        (String,),
        "SELECT not_yet_in FROM closed_month WHERE period = $1",
        period
    )
}

/// What moved on an agent's earned account in a month, the close aside.
pub async fn entries(
    conn: &mut Conn,
    agent: i64,
    period: i64,
) -> Result<Vec<StatementEntryRow>, sqlx::Error> {
    fetch_all!(
        conn,
        StatementEntryRow,
        "SELECT number, at, purpose, FALSE AS is_taken, order_id, cooperative_id, line, amount_centimes, base_centimes
         FROM ledger_transfer
         WHERE credit_account = 'agent_earned' AND period = $2 AND chain_agent = $1 AND cause <> 'settlement'
         UNION ALL
         SELECT number, at, purpose, TRUE AS is_taken, order_id, cooperative_id, line, amount_centimes, base_centimes
         FROM ledger_transfer
         WHERE debit_account = 'agent_earned' AND period = $2 AND chain_agent = $1 AND cause <> 'settlement'
         ORDER BY number",
        agent,
        period,
    )
}

/// What the close of a month made of that, and what was given in advance for it; taken is what the close
/// took off what was earned.
pub async fn settling(
    conn: &mut Conn,
    agent: i64,
    period: i64,
) -> Result<Vec<StatementEntryRow>, sqlx::Error> {
    fetch_all!(
        conn,
        StatementEntryRow,
        "SELECT number, at, purpose, debit_account = 'agent_earned' AND credit_account = 'commission_expense' AS is_taken,
             order_id, cooperative_id, line, amount_centimes, base_centimes
         FROM ledger_transfer
         WHERE chain_agent = $1 AND period = $2 AND cause IN ('settlement', 'advance') ORDER BY number",
        agent,
        period,
    )
}

/// What the close of a month posted for an agent.
pub async fn posted_by_close(
    conn: &mut Conn,
    agent: i64,
    period: i64,
) -> Result<Vec<(i64,)>, sqlx::Error> {
    fetch_all!(
        conn,
        (i64,),
        "SELECT number FROM ledger_transfer
         WHERE chain_agent = $1 AND period = $2 AND cause = 'settlement' ORDER BY number",
        agent,
        period,
    )
}

/// The codes of orders.
pub async fn codes(
    conn: &mut Conn,
    orders: &[Uuid],
) -> Result<Vec<(Uuid, String, i64)>, sqlx::Error> {
    fetch_in!(
        conn,
        (Uuid, String, i64),
        "SELECT id, code, placed_at FROM orders WHERE id",
        "",
        orders
    )
}

pub async fn add_statements(conn: &mut Conn, rows: &[StatementRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO statement (agent_id, period, number, closed_at, payable_centimes, withheld_centimes, recovered_centimes,
             advances_centimes, net_centimes, carried_centimes, paid_this_year_centimes, not_yet_in_centimes, body)",
        "",
        13,
        rows,
        |row| row.agent_id,
        row.period,
        row.number,
        row.closed_at,
        row.payable_centimes,
        row.withheld_centimes,
        row.recovered_centimes,
        row.advances_centimes,
        row.net_centimes,
        row.carried_centimes,
        row.paid_this_year_centimes,
        row.not_yet_in_centimes,
        row.body.as_str(),
    )
}

/// Closed months, the latest first, with the sums of their statements.
pub async fn months(conn: &mut Conn) -> Result<Vec<MonthRow>, sqlx::Error> {
    fetch_all!(
        conn,
        MonthRow,
        "SELECT month.period, month.closed_by, month.closed_at, CAST(COUNT(statement.agent_id) AS BIGINT) AS statements,
             CAST(COALESCE(SUM(statement.payable_centimes), 0) AS BIGINT) AS payable_centimes,
             CAST(COALESCE(SUM(statement.withheld_centimes), 0) AS BIGINT) AS withheld_centimes,
             CAST(COALESCE(SUM(statement.recovered_centimes), 0) AS BIGINT) AS recovered_centimes,
             CAST(COALESCE(SUM(statement.advances_centimes), 0) AS BIGINT) AS advances_centimes,
             CAST(COALESCE(SUM(statement.net_centimes), 0) AS BIGINT) AS net_centimes,
             CAST(COALESCE(SUM(statement.carried_centimes), 0) AS BIGINT) AS carried_centimes,
             CAST(COALESCE(SUM(statement.not_yet_in_centimes), 0) AS BIGINT) AS not_yet_in_centimes,
             CAST(COALESCE((SELECT SUM(line.amount_centimes) FROM payout_line AS line
                            JOIN payout ON payout.id = line.payout_id
                            WHERE payout.period = month.period AND payout.paid_on IS NOT NULL AND line.is_alive), 0) AS BIGINT) AS paid_centimes
         FROM closed_month AS month LEFT JOIN statement ON statement.period = month.period
         GROUP BY month.period, month.closed_by, month.closed_at ORDER BY month.period DESC"
    )
}

/// The statements of a month, by the agents' names.
pub async fn of_month(conn: &mut Conn, period: i64) -> Result<Vec<SummaryRow>, sqlx::Error> {
    fetch_all!(
        conn,
        SummaryRow,
        "SELECT statement.agent_id, person.name, statement.period, statement.number, statement.payable_centimes,
             statement.withheld_centimes, statement.recovered_centimes, statement.advances_centimes, statement.net_centimes,
             statement.carried_centimes, statement.not_yet_in_centimes,
             payout.id AS payout_id, payout.approved_at, payout.paid_on, payout.reference
         FROM statement JOIN person ON person.id = statement.agent_id
         LEFT JOIN payout_line AS line
             ON line.agent_id = statement.agent_id AND line.period = statement.period AND line.is_alive
         LEFT JOIN payout ON payout.id = line.payout_id
         WHERE statement.period = $1 ORDER BY person.search_key, person.id",
        period
    )
}

/// The statements of an agent, the latest first.
pub async fn of_agent(conn: &mut Conn, agent: i64) -> Result<Vec<SummaryRow>, sqlx::Error> {
    fetch_all!(
        conn,
        SummaryRow,
        "SELECT statement.agent_id, person.name, statement.period, statement.number, statement.payable_centimes,
             statement.withheld_centimes, statement.recovered_centimes, statement.advances_centimes, statement.net_centimes,
             statement.carried_centimes, statement.not_yet_in_centimes,
             payout.id AS payout_id, payout.approved_at, payout.paid_on, payout.reference
         FROM statement JOIN person ON person.id = statement.agent_id
         LEFT JOIN payout_line AS line
             ON line.agent_id = statement.agent_id AND line.period = statement.period AND line.is_alive
         LEFT JOIN payout ON payout.id = line.payout_id
         WHERE statement.agent_id = $1 ORDER BY statement.period DESC",
        agent
    )
}

/// One statement with how it stands with its payment.
pub async fn one(
    conn: &mut Conn,
    agent: i64,
    period: i64,
) -> Result<
    Option<(
        String,
        Option<i64>,
        Option<i64>,
        Option<i64>,
        Option<String>,
    )>,
    sqlx::Error,
> {
    fetch_optional!(
        conn,
        (String, Option<i64>, Option<i64>, Option<i64>, Option<String>),
        "SELECT statement.body, payout.id, payout.approved_at, payout.paid_on, payout.reference
         FROM statement
         LEFT JOIN payout_line AS line
             ON line.agent_id = statement.agent_id AND line.period = statement.period AND line.is_alive
         LEFT JOIN payout ON payout.id = line.payout_id
         WHERE statement.agent_id = $1 AND statement.period = $2",
        agent,
        period,
    )
}
