//! Two pages of the app on one phone: each with an engine and a driver of its own, both on the same store.

use super::{Violation, World};
use crate::bugs::Bug;
use crate::phone;
use crate::schedule::PageAct;
use taswiq_offline::engine::Event;

impl World<'_> {
    /// Something happens to the pages of a phone.
    pub(super) fn pages(&mut self, phone: usize, act: PageAct) -> Result<(), Violation> {
        self.boot(phone)?;
        if self.phones[phone].app.is_none() {
            return Ok(());
        }
        match act {
            PageAct::Open { hears } => self.open_another(phone, hears)?,
            _ if self.phones[phone].behind.is_none() => self.note("  there is one page only"),
            PageAct::Turn => self.turn(phone),
            PageAct::Close => self.close_behind(phone),
            PageAct::Lead { both } => self.move_leadership(phone, both),
        }
        self.carry(phone, &[], None)
    }

    /// Another page is opened before the one that is there; one that lay behind that is closed.
    fn open_another(&mut self, phone: usize, hears: bool) -> Result<(), Violation> {
        self.close_behind(phone);
        let first = self.phones[phone].app.take();
        self.open_with(phone, phone::open_another)?;
        let phone = &mut self.phones[phone];
        if phone.app.is_none() {
            // No room, or it died: then there is no page at all.
            drop(first);
            return Ok(());
        }
        phone.behind = first;
        phone.pages_hear = hears;
        self.tally.count("a second page is opened");
        Ok(())
    }

    /// The person goes on in the other page.
    fn turn(&mut self, phone: usize) {
        let phone = &mut self.phones[phone];
        std::mem::swap(&mut phone.app, &mut phone.behind);
        // Of a page that nobody sees nothing can be taken back any longer.
        if let Some(behind) = &mut phone.behind {
            behind.device.let_go();
            behind.tell(Event::Visible(false));
        }
        if let Some(app) = &mut phone.app {
            app.tell(Event::Visible(true));
        }
    }

    /// The page behind is closed; if it led, the other leads from then on.
    fn close_behind(&mut self, phone: usize) {
        let phone = &mut self.phones[phone];
        let Some(behind) = phone.behind.take() else {
            return;
        };
        let led = behind.leads();
        drop(behind);
        if let Some(app) = phone.app.as_mut().filter(|app| led && !app.leads()) {
            app.ask();
        }
    }

    /// The page that does not lead leads; so does the other where the browser has no locks.
    fn move_leadership(&mut self, phone: usize, both: bool) {
        let bug = self.bug;
        let phone = &mut self.phones[phone];
        let (Some(app), Some(behind)) = (&mut phone.app, &mut phone.behind) else {
            return;
        };
        let (old, new) = if app.leads() {
            (app, behind)
        } else {
            (behind, app)
        };
        if both {
            self.tally.count("two pages lead");
        } else if old.leads() {
            self.tally.count("leadership moves");
            if old.is_sending() {
                self.tally
                    .count("leadership moves while a request is on its way");
            }
            old.lose(bug == Some(Bug::LostLeaderStores));
        }
        if !new.leads() {
            new.ask();
        }
    }

    /// What one page stores the other reads again, where they hear of each other, and at the latest when
    /// everything heals.
    pub(super) fn pages_hear(&mut self, phone: usize) {
        let phone = &mut self.phones[phone];
        if !phone.pages_hear {
            return;
        }
        let (Some(app), Some(behind)) = (&mut phone.app, &mut phone.behind) else {
            return;
        };
        for page in [app, behind] {
            // A failure here heals with the next act, which reads the store first.
            drop(phone::now_or_never(page.device.refresh()));
            page.queue_changed();
        }
    }
}
