//! The server: the real office on a database, behind a door that reads and writes bytes, with a power
//! that fails.

use crate::bugs::{Bug, Door};
use crate::company::Template;
use crate::phone::Reply;
use crate::power::{Died, Fuse, Image, Machine};
use anyhow::Result;
use futures_util::future::{Either, maybe_done, select};
use serde_json::Value;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use taswiq_backend::clock::SettableClock;
use taswiq_backend::people::{Session, Token};
use taswiq_backend::{Office, OfficeError};
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::ids::DeviceId;
use taswiq_domain::sync::{Request, Response};
use taswiq_domain::time::Timestamp;
use taswiq_offline::driver::TransportError;

/// See the module.
pub struct Server {
    running: Option<Running>,
    /// Where the machine goes when nobody needs it any more.
    spare: Rc<Spare>,
    /// Whether each start is that of a process: from nothing.
    is_cold: bool,
    clock: Arc<SettableClock>,
    fuse: Arc<Fuse>,
    pub door: Door,
}

struct Running {
    office: Office,
    machine: Machine,
}

/// A machine that is switched on and used by nobody, if there is one.
pub type Spare = RefCell<Option<Machine>>;

/// What a message shows of who sends it.
#[derive(Clone)]
pub enum Shown {
    Session(Token),
    /// A device's own key.
    Key(DeviceId, DeviceKey),
}

/// What came of a message that arrived.
pub struct Handled {
    pub reply: Reply,
    /// What was asked by whom and answered, when it was.
    pub answered: Option<(Session, Request<Value>, Response)>,
    /// Whether it showed a device's own key.
    pub by_key: bool,
    /// What never may come of a message.
    pub failure: Option<String>,
}

impl Handled {
    fn status(status: u16) -> Self {
        Self {
            reply: Err(TransportError::of_status(status, None)),
            answered: None,
            by_key: false,
            failure: None,
        }
    }
}

impl Server {
    /// Starts on a copy of a company's database.
    pub fn start(
        template: &Template,
        now: Timestamp,
        bug: Option<Bug>,
        is_cold: bool,
    ) -> Result<Self> {
        let mut server = Self {
            running: None,
            spare: Rc::clone(&template.spare),
            is_cold,
            clock: Arc::new(SettableClock::new(now)),
            fuse: Fuse::get(),
            door: Door::new(bug),
        };
        let spare = if is_cold { None } else { template.spare.take() };
        server.start_on(spare, &template.database)?;
        Ok(server)
    }

    fn start_on(&mut self, machine: Option<Machine>, image: &Image) -> Result<()> {
        let clock = self.clock.clone();
        let (machine, office) = match machine {
            Some(machine) => {
                let office = machine.anew(image, clock)?;
                (machine, office)
            }
            None => Machine::on(image, clock)?,
        };
        self.running = Some(Running { office, machine });
        self.door.is_from_nothing = self.is_cold;
        Ok(())
    }

    /// Everything in memory is gone. What is left is the machine, unless the next start is to be from
    /// nothing.
    fn die(&mut self) -> Option<Machine> {
        let Running { office, machine } = self.running.take()?;
        drop(office);
        (!self.is_cold).then_some(machine)
    }

    pub fn set_clock(&self, now: Timestamp) {
        self.clock.set(now);
    }

    /// Asks the office something.
    pub fn ask<T>(&self, question: impl AsyncFnOnce(&Office) -> T) -> T {
        let Running { office, machine } = running(&self.running);
        machine.block_on(question(office))
    }

    /// The database as it is.
    pub fn copy(&self) -> Result<Image> {
        running(&self.running).machine.image()
    }

    /// Is killed while nothing is under way, and starts again.
    pub fn kill(&mut self) -> Result<()> {
        let found = self.copy()?;
        let machine = self.die();
        self.start_on(machine, &found)
    }

    /// Starts on an older copy.
    pub fn restore(&mut self, image: &Image) -> Result<()> {
        let machine = self.die();
        self.start_on(machine, image)?;
        if self.door.bug != Some(Bug::RestoreKeepsEpoch) {
            self.ask(async |office| office.renew_epoch().await)?;
        }
        Ok(())
    }

    /// A message arrives, and is answered.
    pub fn receive(&mut self, shown: &Shown, body: &[u8]) -> Handled {
        let Running { office, machine } = running(&self.running);
        machine.block_on(async {
            let handled = handle(office, &mut self.door, shown, body).await;
            self.door.tamper(machine.path()).await;
            handled
        })
    }

    /// A message arrives, and another comes in between: after so many statements of the first that only
    /// read, or after its answer when there are not so many. What came of each, and whether it was in
    /// between.
    pub fn receive_between(
        &mut self,
        shown: &Shown,
        body: &[u8],
        statements: u32,
        (other_shown, other_body): (&Shown, &[u8]),
    ) -> (Handled, Handled, bool) {
        let Running { office, machine } = running(&self.running);
        // A planted bug is at the door of the first: it keeps count of one message at a time.
        let mut other_door = Door::new(None);
        machine.block_on(async {
            self.fuse.arm_reading(statements);
            let mut handled = std::pin::pin!(handle(office, &mut self.door, shown, body));
            let blown = std::pin::pin!(self.fuse.blown());
            let first = match select(blown, handled.as_mut()).await {
                Either::Left(_) => None,
                Either::Right((handled, _)) => Some(handled),
            };
            let is_between = first.is_none();
            if !is_between {
                self.fuse.release();
            }
            let other = handle(office, &mut other_door, other_shown, other_body).await;
            self.fuse.release();
            let first = match first {
                Some(handled) => handled,
                None => handled.await,
            };
            (first, other, is_between)
        })
    }

    /// A message arrives, and the server dies after so many statements of writing transactions; or, if
    /// there are not so many, before the answer leaves. It is found again as it was.
    pub fn receive_and_die(
        &mut self,
        shown: &Shown,
        body: &[u8],
        statements: u32,
    ) -> Result<(Handled, Option<Died>)> {
        self.fuse.arm(statements);
        let Running { office, machine } = running(&self.running);
        let handled = machine.block_on(async {
            let blown = std::pin::pin!(self.fuse.blown());
            let handled = std::pin::pin!(handle(office, &mut self.door, shown, body));
            match select(blown, handled).await {
                Either::Left(_) => None,
                Either::Right((handled, _)) => Some(handled),
            }
        });
        let died = self.fuse.died();
        let found = self.copy();
        let machine = self.die();
        self.fuse.release();
        self.start_on(machine, &found?)?;
        let mut handled = handled.unwrap_or_else(|| Handled::status(502));
        handled.reply = self.door.reply_of_the_dead(body, died);
        handled.answered = None;
        Ok((handled, died))
    }

    /// Messages arrive at the same moment and are heard in one transaction. The server may die after so
    /// many statements of it, or with the answers made.
    pub fn receive_together(
        &mut self,
        messages: &[(&Shown, &[u8])],
        crash: Option<u32>,
    ) -> Result<(Vec<Handled>, Option<Died>)> {
        let Running { office, machine } = running(&self.running);
        let (bug, fuse) = (self.door.bug, &self.fuse);
        let handled = machine.block_on(async {
            // Who they are is asked one after the other, so that they wait for the writer in this order.
            let mut known = Vec::with_capacity(messages.len());
            for (shown, body) in messages {
                known.push(read(office, shown, body).await);
            }
            if let Some(statements) = crash {
                fuse.arm(statements);
            }
            let together = known
                .into_iter()
                .zip(messages)
                .map(async |(read, (shown, _))| {
                    match read {
                        Ok((session, request)) => {
                            // Each at a door of its own: a bug there keeps count of one at a time.
                            let mut door = Door::new(bug);
                            answer(office, &mut door, shown, session, request).await
                        }
                        Err(refused) => refused,
                    }
                });
            let together = std::pin::pin!(all_begun_then_each(together));
            if crash.is_none() {
                return Some(together.await);
            }
            let blown = std::pin::pin!(self.fuse.blown());
            match select(blown, together).await {
                Either::Left(_) => None,
                Either::Right((handled, _)) => Some(handled),
            }
        });
        let Some(_) = crash else {
            return Ok((handled.unwrap_or_default(), None));
        };
        let died = self.fuse.died();
        let found = self.copy();
        let machine = self.die();
        self.fuse.release();
        self.start_on(machine, &found?)?;
        let unheard = |(_, body): &(&Shown, &[u8])| Handled {
            reply: self.door.reply_of_the_dead(body, died),
            ..Handled::status(502)
        };
        let mut all: Vec<Handled> = messages.iter().map(unheard).collect();
        for (place, heard) in all.iter_mut().zip(handled.unwrap_or_default()) {
            place.failure = heard.failure;
        }
        Ok((all, died))
    }
}

#[expect(clippy::expect_used, reason = "between two steps it always runs")]
fn running(server: &Option<Running>) -> &Running {
    server.as_ref().expect("the server runs")
}

impl Drop for Server {
    fn drop(&mut self) {
        // What was under way when somebody panicked, nobody knows.
        if let Some(machine) = self.die()
            && !std::thread::panicking()
        {
            self.spare.replace(Some(machine));
        }
    }
}

/// What `POST /api/v1/sync` does with a request, without the web around it.
async fn handle(office: &Office, door: &mut Door, shown: &Shown, body: &[u8]) -> Handled {
    match read(office, shown, body).await {
        Ok((session, request)) => answer(office, door, shown, session, request).await,
        Err(refused) => refused,
    }
}

/// Who asks, and what.
async fn read(
    office: &Office,
    shown: &Shown,
    body: &[u8],
) -> Result<(Session, Request<Value>), Handled> {
    let session = match shown {
        Shown::Session(token) => office.session_for_sync(token).await,
        Shown::Key(device, key) => office.session_of_device(*device, key).await,
    };
    let session = match session {
        Ok(Some(session)) => session,
        Ok(None) => return Err(Handled::status(401)),
        Err(error) => return Err(failed(&error)),
    };
    let request = serde_json::from_slice(body).map_err(|_| Handled::status(400))?;
    Ok((session, request))
}

async fn answer(
    office: &Office,
    door: &mut Door,
    shown: &Shown,
    session: Session,
    request: Request<Value>,
) -> Handled {
    let by_key = matches!(shown, Shown::Key(..));
    let response = match door.sync(office, &session, &request, by_key).await {
        Ok(response) => response,
        Err(OfficeError::NotAllowed) => return Handled::status(403),
        Err(OfficeError::Busy) => return Handled::status(503),
        Err(error) => return failed(&error),
    };
    Handled {
        reply: serde_json::to_vec(&response).map_err(|_| TransportError::Garbled),
        answered: Some((session, request, response)),
        by_key,
        failure: None,
    }
}

fn failed(error: &OfficeError) -> Handled {
    Handled {
        failure: Some(format!("the office failed: {error:?}")),
        ..Handled::status(500)
    }
}

/// Lets all begin, in their order, so that they wait for the writer together; then hears each to its end before
/// the next, so that what one does afterwards never races with another.
async fn all_begun_then_each<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut begun: Vec<_> = futures.map(|one| Box::pin(maybe_done(one))).collect();
    for one in &mut begun {
        poll_fn(|context| {
            let _ = one.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }
    let mut outputs = Vec::with_capacity(begun.len());
    for mut one in begun {
        one.as_mut().await;
        outputs.extend(one.as_mut().take_output());
    }
    outputs
}
