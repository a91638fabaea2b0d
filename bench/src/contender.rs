//! Who takes orders: Taswiq, and what it is compared with. Each takes the same document in its own
//! way; what is asked of all is that an order that was acknowledged is stored.

pub mod pocketbase;
pub mod pouchdb;
pub mod probe;
pub mod taswiq;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::future::try_join_all;

use crate::http::{Answer, Connection};
use crate::process::Process;

/// Makes the requests of one connection and reads their answers.
pub trait Till {
    /// The next order as a whole request.
    fn next(&mut self) -> Vec<u8>;
    /// Whether the answer acknowledges it.
    ///
    /// # Errors
    /// When it does not: there is no order that may fail here.
    fn acknowledged(&mut self, answer: &Answer) -> Result<()>;
}

/// A connection with its till.
pub struct Desk {
    pub connection: Connection,
    pub till: Box<dyn Till>,
}

/// Somebody who takes orders.
pub struct Contender {
    pub name: &'static str,
    pub process: Process,
    pub desks: Vec<Desk>,
    /// Orders acknowledged so far.
    pub acknowledged: u64,
}

/// What a round has shown.
pub struct Round {
    /// Orders acknowledged.
    pub orders: u64,
    /// How long it took.
    pub seconds: f64,
    /// The server's processor time for each of them, in milliseconds.
    pub cpu_ms_an_order: f64,
    /// From sending to acknowledgement, in milliseconds.
    pub latencies_ms: Vec<f64>,
}

impl Round {
    pub fn orders_a_second(&self) -> f64 {
        self.orders as f64 / self.seconds
    }
}

impl Contender {
    /// Opens so many connections anew: servers close those that were idle while others were measured.
    ///
    /// # Errors
    /// When the server does not take them.
    pub async fn connect(&mut self, connections: usize) -> Result<()> {
        for desk in &mut self.desks[..connections] {
            desk.connection = Connection::open(self.process.address).await?;
        }
        Ok(())
    }

    /// Takes orders over so many connections, each sending its next order when the one before is
    /// acknowledged, for so long. What is under way then is still waited for.
    ///
    /// # Errors
    /// When an order is not acknowledged.
    pub async fn take_orders(&mut self, connections: usize, for_: Duration) -> Result<Round> {
        self.connect(connections).await?;
        let cpu_before = self.process.cpu_ms()?;
        let desks = &mut self.desks[..connections];
        let began = Instant::now();
        let taken = try_join_all(desks.iter_mut().map(|desk| async move {
            let mut latencies_ms = Vec::new();
            while began.elapsed() < for_ {
                latencies_ms.push(desk.take_order().await?);
            }
            Ok::<_, anyhow::Error>(latencies_ms)
        }))
        .await
        .with_context(|| self.name)?;
        let seconds = began.elapsed().as_secs_f64();
        let latencies_ms = taken.concat();
        let orders = latencies_ms.len() as u64;
        self.acknowledged += orders;
        Ok(Round {
            orders,
            seconds,
            cpu_ms_an_order: (self.process.cpu_ms()? - cpu_before) / orders as f64,
            latencies_ms,
        })
    }
}

impl Desk {
    /// Has one order acknowledged; gives how long it took in milliseconds.
    ///
    /// # Errors
    /// When it is not acknowledged.
    pub async fn take_order(&mut self) -> Result<f64> {
        let request = self.till.next();
        let began = Instant::now();
        let answer = self.connection.exchange(&request).await?;
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        self.till
            .acknowledged(&answer)
            .with_context(|| format!("status {}: {}", answer.status, answer.text()))?;
        Ok(ms)
    }
}
