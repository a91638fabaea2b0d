//! How long somebody waits for the writer.
//!
//! Whoever gives up hurts nobody. What they asked is the writer's, which runs in a task of its own: it is done,
//! or taken back, whole, whether anybody waits or not. So it is only for what may be asked again, under the
//! same ids.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// How long somebody waits, and what they hold as long as anything is under way for them.
#[derive(Clone, Default)]
pub struct Patience {
    /// As long as it takes, when nothing is said.
    until: Option<Instant>,
    place: Option<Arc<dyn Any + Send + Sync>>,
}

impl Patience {
    /// Until that moment.
    pub const fn until(moment: Instant) -> Self {
        Self {
            until: Some(moment),
            place: None,
        }
    }

    /// `place` is let go when the writer is through with everything that was asked with it, however long after
    /// the patience is over: so those who gave up still count among those who are served.
    pub fn holding(mut self, place: Arc<dyn Any + Send + Sync>) -> Self {
        self.place = Some(place);
        self
    }

    /// What `work` gives, or nothing when it takes too long.
    pub(crate) async fn bear<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match self.until {
            None => Some(work.await),
            Some(moment) => timeout_at(moment, work).await.ok(),
        }
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Patience")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}
