//! Statements of orders, their sub-orders and events.

use crate::db::{Conn, execute, fetch_all, fetch_in, fetch_one, fetch_optional, insert_rows};
use uuid::Uuid;

/// An order as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OrderRow {
    pub id: Uuid,
    pub code: String,
    pub agent_id: i64,
    pub customer_id: Uuid,
    pub placed_at: i64,
    pub received_at: i64,
    pub progress: String,
    pub gross_asked_centimes: i64,
    pub commission_centimes: i64,
    pub revision: i64,
    pub state: String,
}

/// The state of an order and when it was received.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StateRow {
    pub id: Uuid,
    pub received_at: i64,
    pub state: String,
}

/// A cooperative's part of an order as stored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SubOrderRow {
    pub order_id: Uuid,
    pub cooperative_id: i64,
    pub stage: String,
    pub placed_at: i64,
    pub promised_on: i64,
    pub confirm_by: Option<i64>,
    pub withdrawal_closes_at: Option<i64>,
    pub write_off_at: Option<i64>,
    pub gross_asked_centimes: i64,
    pub due_centimes: i64,
    pub waits: bool,
    /// What it waits for, and what it may bring.
    pub awaited: Option<String>,
}

/// An event as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EventRow {
    pub order_id: Uuid,
    pub number: i64,
    pub body: String,
    pub actor_id: Option<i64>,
    pub device_id: Option<Uuid>,
    pub made_at: i64,
    pub received_at: i64,
}

pub async fn states(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<StateRow>, sqlx::Error> {
    fetch_in!(
        conn,
        StateRow,
        "SELECT id, received_at, state FROM orders WHERE id",
        "",
        ids
    )
}

/// The orders that have one of these codes, and whose they are.
pub async fn of_codes(
    conn: &mut Conn,
    codes: &[&str],
) -> Result<Vec<(Uuid, i64, String)>, sqlx::Error> {
    fetch_in!(
        conn,
        (Uuid, i64, String),
        "SELECT id, agent_id, code FROM orders WHERE code",
        "",
        codes
    )
}

/// The order that has another id besides its own.
pub async fn known_as(conn: &mut Conn, id: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    let found = fetch_optional!(
        conn,
        (Uuid,),
        "SELECT order_id FROM order_alias WHERE id = $1",
        id
    )?;
    Ok(found.map(|(order,)| order))
}

pub async fn add_aliases(conn: &mut Conn, rows: &[(Uuid, Uuid)]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO order_alias (id, order_id)",
        "",
        2,
        rows,
        |row| row.0,
        row.1,
    )
}

/// Whose several orders are.
pub async fn agents_of(conn: &mut Conn, ids: &[Uuid]) -> Result<Vec<(Uuid, i64)>, sqlx::Error> {
    fetch_in!(
        conn,
        (Uuid, i64),
        "SELECT id, agent_id FROM orders WHERE id",
        "",
        ids
    )
}

pub async fn put(conn: &mut Conn, rows: &[OrderRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO orders (id, code, agent_id, customer_id, placed_at, received_at, progress, gross_asked_centimes,
             commission_centimes, revision, state)",
        "ON CONFLICT (id) DO UPDATE SET
             agent_id = excluded.agent_id, customer_id = excluded.customer_id, placed_at = excluded.placed_at,
             progress = excluded.progress, gross_asked_centimes = excluded.gross_asked_centimes,
             commission_centimes = excluded.commission_centimes, revision = excluded.revision, state = excluded.state",
        11,
        rows,
        |row| row.id,
        row.code.as_str(),
        row.agent_id,
        row.customer_id,
        row.placed_at,
        row.received_at,
        row.progress.as_str(),
        row.gross_asked_centimes,
        row.commission_centimes,
        row.revision,
        row.state.as_str(),
    )
}

pub async fn put_sub_orders(conn: &mut Conn, rows: &[SubOrderRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO sub_order (order_id, cooperative_id, stage, placed_at, promised_on, confirm_by, withdrawal_closes_at,
             write_off_at, gross_asked_centimes, due_centimes, waits, awaited)",
        "ON CONFLICT (order_id, cooperative_id) DO UPDATE SET
             stage = excluded.stage, placed_at = excluded.placed_at, promised_on = excluded.promised_on,
             confirm_by = excluded.confirm_by, withdrawal_closes_at = excluded.withdrawal_closes_at,
             write_off_at = excluded.write_off_at, gross_asked_centimes = excluded.gross_asked_centimes,
             due_centimes = excluded.due_centimes, waits = excluded.waits, awaited = excluded.awaited",
        12,
        rows,
        |row| row.order_id,
        row.cooperative_id,
        row.stage.as_str(),
        row.placed_at,
        row.promised_on,
        row.confirm_by,
        row.withdrawal_closes_at,
        row.write_off_at,
        row.gross_asked_centimes,
        row.due_centimes,
        row.waits,
        row.awaited.as_deref(),
    )
}

/// For a cooperative that an amendment took out of the order.
pub async fn remove_sub_order(
    conn: &mut Conn,
    order: Uuid,
    cooperative: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "DELETE FROM sub_order WHERE order_id = $1 AND cooperative_id = $2",
        order,
        cooperative
    )
}

pub async fn sub_orders(conn: &mut Conn, order: Uuid) -> Result<Vec<SubOrderRow>, sqlx::Error> {
    fetch_all!(
        conn,
        SubOrderRow,
        "SELECT order_id, cooperative_id, stage, placed_at, promised_on, confirm_by, withdrawal_closes_at,
             write_off_at, gross_asked_centimes, due_centimes, waits, awaited
         FROM sub_order WHERE order_id = $1 ORDER BY cooperative_id",
        order,
    )
}

pub async fn add_events(conn: &mut Conn, rows: &[EventRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO order_event (order_id, number, body, actor_id, device_id, made_at, received_at)",
        "",
        7,
        rows,
        |row| row.order_id,
        row.number,
        row.body.as_str(),
        row.actor_id,
        row.device_id,
        row.made_at,
        row.received_at,
    )
}

/// What happened to several orders after they were placed: the event that places one is long.
pub async fn events_after_placing(
    conn: &mut Conn,
    orders: &[Uuid],
) -> Result<Vec<EventRow>, sqlx::Error> {
    fetch_in!(
        conn,
        EventRow,
        "SELECT order_id, number, body, actor_id, device_id, made_at, received_at FROM order_event WHERE number > 1 AND order_id",
        "ORDER BY order_id, number",
        orders
    )
}

pub async fn events(conn: &mut Conn, order: Uuid) -> Result<Vec<EventRow>, sqlx::Error> {
    fetch_all!(
        conn,
        EventRow,
        "SELECT order_id, number, body, actor_id, device_id, made_at, received_at FROM order_event WHERE order_id = $1 ORDER BY number",
        order,
    )
}

/// The events of these orders, each order's oldest first.
pub async fn events_of(conn: &mut Conn, orders: &[Uuid]) -> Result<Vec<EventRow>, sqlx::Error> {
    fetch_in!(
        conn,
        EventRow,
        "SELECT order_id, number, body, actor_id, device_id, made_at, received_at FROM order_event WHERE order_id",
        "ORDER BY order_id, number",
        orders
    )
}

pub async fn all_ids(conn: &mut Conn) -> Result<Vec<(Uuid,)>, sqlx::Error> {
    fetch_all!(conn, (Uuid,), "SELECT id FROM orders ORDER BY id")
}

/// Orders with a sub-order that nobody answered in time.
pub async fn unanswered_by(
    conn: &mut Conn,
    now: i64,
    limit: i64,
) -> Result<Vec<(Uuid, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (Uuid, i64),
        "SELECT order_id, cooperative_id FROM sub_order WHERE confirm_by IS NOT NULL AND confirm_by <= $1 ORDER BY confirm_by LIMIT CAST($2 AS BIGINT)",
        now,
        limit,
    )
}

/// Orders with a withdrawal period that has ended.
pub async fn withdrawal_over_by(
    conn: &mut Conn,
    now: i64,
    limit: i64,
) -> Result<Vec<(Uuid, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (Uuid, i64),
        "SELECT order_id, cooperative_id FROM sub_order
         WHERE withdrawal_closes_at IS NOT NULL AND withdrawal_closes_at <= $1 ORDER BY withdrawal_closes_at LIMIT CAST($2 AS BIGINT)",
        now,
        limit,
    )
}

/// Orders with goods that were delivered too long ago to be still paid for.
pub async fn unpaid_too_long_by(
    conn: &mut Conn,
    now: i64,
    limit: i64,
) -> Result<Vec<(Uuid, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (Uuid, i64),
        "SELECT order_id, cooperative_id FROM sub_order
         WHERE write_off_at IS NOT NULL AND write_off_at <= $1 ORDER BY write_off_at LIMIT CAST($2 AS BIGINT)",
        now,
        limit,
    )
}

/// How many goods that were delivered are not paid for and will no longer be waited for by then.
pub async fn count_unpaid_too_long_by(conn: &mut Conn, by: i64) -> Result<i64, sqlx::Error> {
    let (count,) = fetch_one!(
        conn,
        (i64,),
        "SELECT CAST(COUNT(*) AS BIGINT) FROM sub_order WHERE write_off_at IS NOT NULL AND write_off_at <= $1",
        by,
    )?;
    Ok(count)
}

/// What a list of orders shows of one.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ListRow {
    pub id: Uuid,
    pub code: String,
    pub agent_id: i64,
    pub agent_name: String,
    pub customer_id: Uuid,
    pub customer_details: String,
    pub placed_at: i64,
    pub received_at: i64,
    pub progress: String,
    pub gross_asked_centimes: i64,
    pub commission_centimes: i64,
}

/// What to look for. Null fits all.
#[derive(Clone, Debug)]
pub struct ListQuery {
    pub code: Option<String>,
    pub agent: Option<i64>,
    pub customer: Option<Uuid>,
    pub cooperative: Option<i64>,
    pub progress: Option<String>,
    pub from: i64,
    pub until: i64,
    /// The last row of the page before: its door time and id.
    pub after: (i64, Uuid),
    /// Folded name of a customer, as a `LIKE` pattern.
    pub customer_name: Option<String>,
    pub limit: i64,
}

macro_rules! list_query {
    ($first:literal) => {
        concat!(
            "SELECT o.id, o.code, o.agent_id, p.name AS agent_name, o.customer_id, c.details AS customer_details,
                 o.placed_at, o.received_at, o.progress, o.gross_asked_centimes, o.commission_centimes
             FROM orders o JOIN person p ON p.id = o.agent_id JOIN customer c ON c.id = o.customer_id
             WHERE ",
            $first,
            " AND (o.placed_at < $6 OR (o.placed_at = $6 AND o.id < $7)) AND o.placed_at <= $6
              AND o.placed_at >= $4 AND o.placed_at < $5
              AND (CAST($3 AS TEXT) IS NULL OR o.progress = $3)
              AND (CAST($8 AS BIGINT) IS NULL
                  OR EXISTS (SELECT 1 FROM sub_order s WHERE s.order_id = o.id AND s.cooperative_id = $8))
              AND (CAST($9 AS TEXT) IS NULL OR c.search_key LIKE $9 ESCAPE '!')
              ORDER BY o.placed_at DESC, o.id DESC LIMIT CAST($10 AS BIGINT)"
        )
    };
}

/// One page of orders, latest first. The text depends on the narrowest condition, so that each
/// database can walk the right index.
pub async fn list(conn: &mut Conn, query: &ListQuery) -> Result<Vec<ListRow>, sqlx::Error> {
    let everything = list_query!(
        "(CAST($1 AS TEXT) IS NULL OR o.code = $1) AND (CAST($2 AS BIGINT) IS NULL OR o.agent_id = $2)"
    );
    let by_code = list_query!("o.code = $1 AND (CAST($2 AS BIGINT) IS NULL OR o.agent_id = $2)");
    let by_agent = list_query!("(CAST($1 AS TEXT) IS NULL OR o.code = $1) AND o.agent_id = $2");
    let by_customer = list_query!(
        "(CAST($1 AS TEXT) IS NULL OR o.code = $1) AND (CAST($2 AS BIGINT) IS NULL OR o.agent_id = $2) AND o.customer_id = $11"
    );
    let text = match query {
        ListQuery { code: Some(_), .. } => by_code,
        ListQuery { agent: Some(_), .. } => by_agent,
        _ => everything,
    };
    let (placed_at, id) = query.after;
    match query.customer {
        Some(customer) => fetch_all!(
            conn,
            ListRow,
            by_customer,
            query.code.as_deref(),
            query.agent,
            query.progress.as_deref(),
            query.from,
            query.until,
            placed_at,
            id,
            query.cooperative,
            query.customer_name.as_deref(),
            query.limit,
            customer,
        ),
        None => fetch_all!(
            conn,
            ListRow,
            text,
            query.code.as_deref(),
            query.agent,
            query.progress.as_deref(),
            query.from,
            query.until,
            placed_at,
            id,
            query.cooperative,
            query.customer_name.as_deref(),
            query.limit,
        ),
    }
}

/// How many orders stand at each progress.
pub async fn count_by_progress(conn: &mut Conn) -> Result<Vec<(String, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (String, i64),
        "SELECT progress, CAST(COUNT(*) AS BIGINT) FROM orders GROUP BY progress ORDER BY progress"
    )
}
