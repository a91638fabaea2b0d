//! The server: the real office on a database, behind a door that reads and writes bytes, with a power
//! that fails.

use crate::bugs::{Bug, Door};
use crate::phone::Reply;
use crate::power::{self, Died, Folder, Fuse, Image};
use anyhow::{Context, Result};
use futures_util::future::{Either, select};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use taswiq_backend::clock::SettableClock;
use taswiq_backend::people::{Session, Token};
use taswiq_backend::{Office, OfficeError, Options};
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::ids::DeviceId;
use taswiq_domain::sync::{Request, Response};
use taswiq_domain::time::Timestamp;
use taswiq_offline::driver::TransportError;
use tokio::runtime::Runtime;

/// See the module.
pub struct Server {
    folder: Folder,
    path: PathBuf,
    clock: Arc<SettableClock>,
    running: Option<(Office, Runtime)>,
    fuse: Arc<Fuse>,
    pub door: Door,
}

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
    /// What never may come of a message.
    pub failure: Option<String>,
}

impl Handled {
    fn status(status: u16) -> Self {
        Self {
            reply: Err(TransportError::of_status(status, None)),
            answered: None,
            failure: None,
        }
    }
}

impl Server {
    /// Starts on a copy of a database.
    pub fn start(image: &Image, now: Timestamp, bug: Option<Bug>) -> Result<Self> {
        let folder = Folder::new()?;
        let mut server = Self {
            path: folder.next(),
            folder,
            clock: Arc::new(SettableClock::new(now)),
            running: None,
            fuse: Fuse::get(),
            door: Door::new(bug),
        };
        server.start_on(image)?;
        Ok(server)
    }

    fn start_on(&mut self, image: &Image) -> Result<()> {
        self.path = self.folder.next();
        image.put(&self.path)?;
        let runtime = power::runtime()?;
        // One reads while another that reads is held.
        let options = Options { readers_max: 2 };
        let opened = runtime.block_on(Office::open(
            &self.path.display().to_string(),
            self.clock.clone(),
            options,
        ));
        self.running = Some((opened.context("the server does not start")?, runtime));
        Ok(())
    }

    fn drop_everything(&mut self) {
        if let Some((office, runtime)) = self.running.take() {
            drop(office);
            drop(runtime);
        }
    }

    pub fn set_clock(&self, now: Timestamp) {
        self.clock.set(now);
    }

    /// Asks the office something.
    pub fn ask<T>(&self, question: impl AsyncFnOnce(&Office) -> T) -> T {
        #[expect(clippy::expect_used, reason = "between two steps it always runs")]
        let (office, runtime) = self.running.as_ref().expect("the server runs");
        runtime.block_on(question(office))
    }

    /// The database as it is.
    pub fn copy(&self) -> Result<Image> {
        Image::of(&self.path)
    }

    /// Is killed while nothing is under way, and starts again.
    pub fn kill(&mut self) -> Result<()> {
        let found = Image::of(&self.path)?;
        let path = self.path.clone();
        self.drop_everything();
        self.start_on(&found)?;
        self.folder.remove(&path);
        Ok(())
    }

    /// Starts on an older copy.
    pub fn restore(&mut self, image: &Image) -> Result<()> {
        let path = self.path.clone();
        self.drop_everything();
        self.start_on(image)?;
        self.folder.remove(&path);
        if self.door.bug != Some(Bug::RestoreKeepsEpoch) {
            self.ask(async |office| office.renew_epoch().await)?;
        }
        Ok(())
    }

    /// A message arrives, and is answered.
    pub fn receive(&mut self, shown: &Shown, body: &[u8]) -> Handled {
        #[expect(clippy::expect_used, reason = "between two steps it always runs")]
        let (office, runtime) = self.running.as_ref().expect("the server runs");
        runtime.block_on(async {
            let handled = handle(office, &mut self.door, shown, body).await;
            self.door.tamper(&self.path).await;
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
        #[expect(clippy::expect_used, reason = "between two steps it always runs")]
        let (office, runtime) = self.running.as_ref().expect("the server runs");
        // A planted bug is at the door of the first: it keeps count of one message at a time.
        let mut other_door = Door::new(None);
        runtime.block_on(async {
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
        let handled = {
            #[expect(clippy::expect_used, reason = "between two steps it always runs")]
            let (office, runtime) = self.running.as_ref().expect("the server runs");
            runtime.block_on(async {
                let blown = std::pin::pin!(self.fuse.blown());
                let handled = std::pin::pin!(handle(office, &mut self.door, shown, body));
                match select(blown, handled).await {
                    Either::Left(_) => None,
                    Either::Right((handled, _)) => Some(handled),
                }
            })
        };
        let died = self.fuse.died();
        let found = Image::of(&self.path);
        let path = self.path.clone();
        self.drop_everything();
        self.fuse.release();
        self.start_on(&found?)?;
        self.folder.remove(&path);
        let mut handled = handled.unwrap_or_else(|| Handled::status(502));
        handled.reply = self.door.reply_of_the_dead(body, died);
        handled.answered = None;
        Ok((handled, died))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.drop_everything();
    }
}

/// What `POST /api/v1/sync` does with a request, without the web around it.
async fn handle(office: &Office, door: &mut Door, shown: &Shown, body: &[u8]) -> Handled {
    let session = match shown {
        Shown::Session(token) => office.session_for_sync(token).await,
        Shown::Key(device, key) => office.session_of_device(*device, key).await,
    };
    let session = match session {
        Ok(Some(session)) => session,
        Ok(None) => return Handled::status(401),
        Err(error) => return failed(&error),
    };
    let Ok(request) = serde_json::from_slice::<Request<Value>>(body) else {
        return Handled::status(400);
    };
    let response = match door.sync(office, &session, &request).await {
        Ok(response) => response,
        Err(OfficeError::NotAllowed) => return Handled::status(403),
        Err(OfficeError::Busy) => return Handled::status(503),
        Err(error) => return failed(&error),
    };
    Handled {
        reply: serde_json::to_vec(&response).map_err(|_| TransportError::Garbled),
        answered: Some((session, request, response)),
        failure: None,
    }
}

fn failed(error: &OfficeError) -> Handled {
    Handled {
        failure: Some(format!("the office failed: {error:?}")),
        ..Handled::status(500)
    }
}
