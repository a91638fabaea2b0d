//! The one writer of a process, with group commit.
//!
//! A durable commit costs a disk flush however much it holds, so jobs that wait together share one
//! transaction. Each job decides on what the jobs before it did ([`Work`] remembers that without
//! asking the database again), and nobody is answered before the transaction is durable.
//!
//! When any job of a batch fails, the transaction is rolled back and each job is run again in a
//! transaction of its own, so that one bad job spoils no other. A job must therefore be able to run
//! twice. On PostgreSQL writers of several processes take turns ([`dialect::begin_writing`]), so
//! what a job has read stays true until it commits, on either database.

use super::{Conn, Db, dialect, sql};
use crate::error::OfficeError;
use crate::patience::Patience;
use crate::work::{Needs, Shared, Work};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, oneshot};

/// Jobs that may wait. Beyond, callers wait a moment and are told that the office is busy.
const QUEUE_JOBS_MAX: usize = 2_048;
/// Jobs in one transaction: enough to hide the flush, few enough to answer soon.
const BATCH_JOBS_MAX: usize = 256;
/// How long a caller waits for a place in the queue.
const QUEUE_WAIT: Duration = Duration::from_millis(1_000);
/// How often a job is tried when locks or lost connections are in the way.
const ATTEMPTS_MAX: u32 = 3;
/// A failure that took this long was a wait for a lock: trying again would wait as long again.
const GIVEN_UP_AFTER: Duration = Duration::from_millis(1_000);

trait AnyJob: Send {
    fn needs(&self) -> &Needs;
    fn run<'a>(&'a mut self, work: &'a mut Work) -> BoxFuture<'a, Result<(), OfficeError>>;
    fn finish(self: Box<Self>, outcome: Result<(), OfficeError>);
}

struct Job<I, T, F> {
    needs: Needs,
    input: I,
    act: F,
    answer: Option<T>,
    reply: oneshot::Sender<Result<T, OfficeError>>,
    /// What the caller holds, until the job is through.
    _patience: Patience,
}

impl<I, T, F> AnyJob for Job<I, T, F>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
    F: for<'a> Fn(&'a I, &'a mut Work) -> BoxFuture<'a, Result<T, OfficeError>>
        + Send
        + Sync
        + 'static,
{
    fn needs(&self) -> &Needs {
        &self.needs
    }

    fn run<'a>(&'a mut self, work: &'a mut Work) -> BoxFuture<'a, Result<(), OfficeError>> {
        Box::pin(async move {
            self.answer = None;
            self.answer = Some((self.act)(&self.input, work).await?);
            Ok(())
        })
    }

    fn finish(self: Box<Self>, outcome: Result<(), OfficeError>) {
        let answer = match (outcome, self.answer) {
            (Ok(()), Some(answer)) => Ok(answer),
            (Ok(()), None) => Err(OfficeError::Busy),
            (Err(error), _) => Err(error),
        };
        // The caller may have gone; what was done stays done.
        let _ = self.reply.send(answer);
    }
}

/// The queue to the writer.
#[derive(Clone)]
pub struct Writer {
    jobs: mpsc::Sender<Box<dyn AnyJob>>,
    stop: Arc<Notify>,
}

impl Writer {
    /// Starts the writer. It ends when the last handle is dropped.
    pub fn start(db: Db, shared: Arc<Shared>) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE_JOBS_MAX);
        let stop = Arc::new(Notify::new());
        tokio::spawn(write_for_ever(db, shared, queue, Arc::clone(&stop)));
        Self { jobs, stop }
    }

    /// Lets the writer finish what waits and give its connection back. Later jobs find it busy.
    pub fn stop(&self) {
        self.stop.notify_one();
    }

    /// Runs a job and waits until what it did is durable. What it `needs` is read for all jobs of its
    /// transaction at once. When `patience` is over the caller is told that the office is busy; the job has
    /// its turn all the same.
    pub async fn run<I, T, F>(
        &self,
        patience: Patience,
        needs: Needs,
        input: I,
        act: F,
    ) -> Result<T, OfficeError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a I, &'a mut Work) -> BoxFuture<'a, Result<T, OfficeError>>
            + Send
            + Sync
            + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Job {
            needs,
            input,
            act,
            answer: None,
            reply,
            _patience: patience.clone(),
        });
        self.jobs
            .send_timeout(job, QUEUE_WAIT)
            .await
            .map_err(|_| OfficeError::Busy)?;
        let answered = patience.bear(answer).await.ok_or(OfficeError::Busy)?;
        answered.map_err(|_| OfficeError::Busy)?
    }
}

/// What has become of the log of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Log {
    /// The database moves it to its place when it thinks fit.
    Moved,
    /// It is long and still to be moved: nobody need wait for that.
    Kept,
}

impl Log {
    async fn move_if_kept(self, kept: &mut Option<Conn>) {
        if self == Self::Moved {
            return;
        }
        if let Some(mut conn) = kept.take() {
            match dialect::move_log(&mut conn).await {
                Ok(()) => *kept = Some(conn),
                // Another connection moves its log as it should.
                Err(_) => conn.give_up(),
            }
        }
    }
}

async fn write_for_ever(
    db: Db,
    shared: Arc<Shared>,
    mut queue: mpsc::Receiver<Box<dyn AnyJob>>,
    stop: Arc<Notify>,
) {
    let mut kept: Option<Conn> = None;
    let mut batch: Vec<Box<dyn AnyJob>> = Vec::with_capacity(BATCH_JOBS_MAX);
    loop {
        let waiting = tokio::select! {
            biased;
            count = queue.recv_many(&mut batch, BATCH_JOBS_MAX) => count,
            () = stop.notified() => 0,
        };
        // The pool cannot close while a connection of it is kept here.
        if waiting == 0 {
            return;
        }
        let begun = Instant::now();
        match write_together(&db, &shared, &mut kept, &mut batch).await {
            Ok(log) => {
                batch.drain(..).for_each(|job| job.finish(Ok(())));
                log.move_if_kept(&mut kept).await;
            }
            // Somebody holds the database for long. Those who wait are told so now, not one
            // after the other when each has waited as long again.
            Err(OfficeError::Busy) if begun.elapsed() >= GIVEN_UP_AFTER => {
                batch
                    .drain(..)
                    .for_each(|job| job.finish(Err(OfficeError::Busy)));
                while let Ok(job) = queue.try_recv() {
                    job.finish(Err(OfficeError::Busy));
                }
            }
            Err(_) => {
                for mut job in batch.drain(..) {
                    match write_alone(&db, &shared, &mut kept, &mut job).await {
                        Ok(log) => {
                            job.finish(Ok(()));
                            log.move_if_kept(&mut kept).await;
                        }
                        Err(error) => job.finish(Err(error)),
                    }
                }
            }
        }
    }
}

async fn write_alone(
    db: &Db,
    shared: &Arc<Shared>,
    kept: &mut Option<Conn>,
    job: &mut Box<dyn AnyJob>,
) -> Result<Log, OfficeError> {
    let mut attempt = 1;
    loop {
        let begun = Instant::now();
        match write_together(db, shared, kept, std::slice::from_mut(job)).await {
            // A connection was lost, or another process took a key between two statements.
            Err(OfficeError::Busy | OfficeError::Conflict { field: "key" })
                if attempt < ATTEMPTS_MAX && begun.elapsed() < GIVEN_UP_AFTER =>
            {
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

/// One transaction around all jobs of `batch`. After an error nothing of it is stored.
async fn write_together(
    db: &Db,
    shared: &Arc<Shared>,
    kept: &mut Option<Conn>,
    batch: &mut [Box<dyn AnyJob>],
) -> Result<Log, OfficeError> {
    let mut conn = match kept.take() {
        Some(conn) => conn,
        None => db.write().await?,
    };
    dialect::begin_writing(&mut conn).await?;
    let numbers = match sql::office(&mut conn).await {
        Ok(Some(numbers)) => numbers,
        outcome => {
            undo(conn, kept).await;
            return Err(outcome.err().map_or(
                OfficeError::Corrupt {
                    what: "the office row",
                },
                OfficeError::from,
            ));
        }
    };
    let mut work = Work::begin(conn, db.clone(), numbers, Arc::clone(shared));
    let outcome = run_all(&mut work, batch).await;
    let log = if work.is_large() {
        Log::Kept
    } else {
        Log::Moved
    };
    let (mut conn, changed) = work.end();
    if let Err(error) = outcome {
        undo(conn, kept).await;
        return Err(error);
    }
    if log == Log::Kept
        && let Err(error) = dialect::keep_log(&mut conn).await
    {
        undo(conn, kept).await;
        return Err(error.into());
    }
    match sql::commit(&mut conn).await {
        Ok(_) => {
            *kept = Some(conn);
            shared.announce(changed);
            Ok(log)
        }
        Err(error) => {
            // A commit that failed for want of space leaves the transaction open.
            undo(conn, kept).await;
            log.move_if_kept(kept).await;
            Err(error.into())
        }
    }
}

/// Takes a transaction back. A connection that cannot even do that is given up, for the next one to
/// use it would find itself in the middle of it; closing it ends the transaction.
async fn undo(mut conn: Conn, kept: &mut Option<Conn>) {
    if sql::rollback(&mut conn).await.is_ok() {
        *kept = Some(conn);
    } else {
        conn.give_up();
    }
}

async fn run_all(work: &mut Work, batch: &mut [Box<dyn AnyJob>]) -> Result<(), OfficeError> {
    let needs: Needs = batch.iter().map(|job| job.needs()).collect();
    work.look_up(needs).await?;
    for job in batch {
        job.run(work).await?;
        work.is_first_job = false;
    }
    work.flush().await
}
