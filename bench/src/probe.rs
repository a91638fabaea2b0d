//! The bare probe: the least that a server of this kind can do. axum takes a JSON order, one writer
//! puts all that wait into SQLite (WAL, `synchronous=FULL`) in one durable transaction, and only then
//! is each acknowledged. It checks no session, no price and no scope, keeps no sums and no ledger, and
//! so tells what the rest costs.

mod sql;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use clap::Args;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use sql::Orders;

#[derive(Debug, Args)]
pub struct Probe {
    /// The file
    #[arg(long)]
    database: PathBuf,
    #[arg(long)]
    listen: SocketAddr,
}

/// Orders in one transaction, as many as Taswiq's own writer takes.
const BATCH_ORDERS_MAX: usize = 256;

/// An order that waits, and who waits for it.
type Waiting = (Uuid, String, oneshot::Sender<()>);

#[derive(Clone)]
struct Queue {
    orders: mpsc::Sender<Waiting>,
    count: mpsc::Sender<oneshot::Sender<i64>>,
}

/// Serves for ever.
///
/// # Errors
/// When it cannot begin, or cannot write.
pub async fn serve(probe: Probe) -> Result<()> {
    let database = Orders::open(&probe.database).await?;
    let (orders, waiting) = mpsc::channel(2_048);
    let (count, counting) = mpsc::channel(1);
    let router = Router::new()
        .route("/orders", post(take))
        .route("/count", get(how_many))
        .with_state(Queue { orders, count });
    let listener = TcpListener::bind(probe.listen).await?;
    tokio::select! {
        served = async { axum::serve(listener, router).await } => served.context("serving"),
        written = write_for_ever(database, waiting, counting) => written.context("writing"),
    }
}

async fn take(State(queue): State<Queue>, body: Bytes) -> StatusCode {
    let order: Result<Value, _> = serde_json::from_slice(&body);
    let id = order
        .ok()
        .and_then(|order| Uuid::parse_str(order.get("id")?.as_str()?).ok());
    let (Some(id), Ok(text)) = (id, String::from_utf8(body.to_vec())) else {
        return StatusCode::BAD_REQUEST;
    };
    let (stored, is_stored) = oneshot::channel();
    if queue.orders.send((id, text, stored)).await.is_err() || is_stored.await.is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    StatusCode::CREATED
}

async fn how_many(State(queue): State<Queue>) -> Result<String, StatusCode> {
    let broken = StatusCode::INTERNAL_SERVER_ERROR;
    let (answer, told) = oneshot::channel();
    queue.count.send(answer).await.map_err(|_| broken)?;
    told.await
        .map(|count| count.to_string())
        .map_err(|_| broken)
}

async fn write_for_ever(
    mut database: Orders,
    mut waiting: mpsc::Receiver<Waiting>,
    mut counting: mpsc::Receiver<oneshot::Sender<i64>>,
) -> Result<()> {
    let mut batch: Vec<Waiting> = Vec::with_capacity(BATCH_ORDERS_MAX);
    loop {
        tokio::select! {
            _ = waiting.recv_many(&mut batch, BATCH_ORDERS_MAX) => {
                database.add(batch.iter().map(|(id, order, _)| (*id, order.as_str()))).await?;
                for (_, _, stored) in batch.drain(..) {
                    // Whoever has gone does not need to know.
                    let _ = stored.send(());
                }
            }
            Some(answer) = counting.recv() => {
                let _ = answer.send(database.count().await?);
            }
        }
    }
}
