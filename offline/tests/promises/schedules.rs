//! Any schedule of acts, losses, repeats, cuts and restores: each command takes effect exactly once,
//! in order, and nothing is lost.

use crate::model_server::ModelServer;
use crate::phone::{Phone, Server, Way, server};
use crate::world::*;
use proptest::prelude::*;
use taswiq_domain::ids::CommandId;
use taswiq_offline::UndoError;
use taswiq_offline::driver::TransportError;
use taswiq_offline::store::Fault;

#[derive(Clone, Debug)]
enum Turn {
    /// The agent takes an order, in the first or the second tab.
    Order { second_tab: bool, units: u32 },
    /// The agent cancels the newest order, and may keep that back.
    Cancel { held: bool },
    /// The agent takes the last act back.
    Undo,
    /// What was kept back may leave.
    LetGo,
    /// The phone talks to the server; so becomes of its requests.
    Sync { second_tab: bool, ways: Vec<Way> },
    /// The phone dies at the k-th commit from now on and is started again at the next turn.
    Cut { commit: u64, after: bool },
    /// The app is killed and started again.
    Restart,
    /// The cooperative answers whatever awaits.
    Cooperative,
    /// A copy of the server is made.
    Backup,
    /// The server is restored from the last copy.
    Restore,
    /// The server sends few changes at a time, parks the next order, or puts everything off.
    Whim {
        changes: usize,
        parks: bool,
        busy: bool,
    },
}

fn any_way() -> impl Strategy<Value = Way> {
    prop_oneof![
        4 => Just(Way::Good),
        2 => Just(Way::RequestLost),
        2 => Just(Way::AnswerLost),
        1 => Just(Way::Twice),
        1 => Just(Way::AnswerTruncated),
        1 => Just(Way::Portal),
        1 => Just(Way::Error(TransportError::Timeout)),
        1 => Just(Way::Error(TransportError::BrokeOff)),
        1 => Just(Way::Error(TransportError::TooLarge)),
        1 => Just(Way::Error(TransportError::SignInAgain)),
        1 => Just(Way::Error(TransportError::Busy { status: 503, retry_after_ms: None })),
    ]
}

fn any_turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        8 => (any::<bool>(), 1..9_u32).prop_map(|(second_tab, units)| Turn::Order { second_tab, units }),
        3 => any::<bool>().prop_map(|held| Turn::Cancel { held }),
        2 => Just(Turn::Undo),
        1 => Just(Turn::LetGo),
        8 => (any::<bool>(), prop::collection::vec(any_way(), 0..4)).prop_map(|(second_tab, ways)| Turn::Sync { second_tab, ways }),
        4 => (1..5_u64, any::<bool>()).prop_map(|(commit, after)| Turn::Cut { commit, after }),
        1 => Just(Turn::Restart),
        2 => Just(Turn::Cooperative),
        1 => Just(Turn::Backup),
        1 => Just(Turn::Restore),
        2 => (1..4_usize, any::<bool>(), any::<bool>()).prop_map(|(changes, parks, busy)| Turn::Whim { changes, parks, busy }),
    ]
}

struct Run {
    server: Server,
    backup: ModelServer,
    epoch: u32,
    phone: Phone,
    tab: Phone,
    /// Commands of which the person was told that they are saved, and which were not taken back.
    promised: Vec<CommandId>,
    /// Commands of which the person never heard the end.
    uncertain: Vec<CommandId>,
    next: u64,
}

impl Run {
    async fn new() -> Self {
        let server = server();
        let phone = Phone::ready(&server, AGENT, 1).await;
        phone
            .device
            .act(register("Itto"), id(1), phone.now())
            .await
            .expect("stored");
        phone.sync().await;
        let tab = phone.second_tab().await;
        let backup = server.borrow().clone();
        Self {
            server,
            backup,
            epoch: 1,
            phone,
            tab,
            promised: vec![id(1)],
            uncertain: Vec::new(),
            next: 2,
        }
    }

    async fn restart(&mut self) {
        // Whatever was under way on the network is over with the app.
        self.phone.network.ways.borrow_mut().clear();
        let tab = self.phone.second_tab().await;
        let phone = std::mem::replace(&mut self.phone, tab).restarted().await;
        self.tab = phone.second_tab().await;
        self.phone = phone;
    }

    async fn take(&mut self, turn: Turn) {
        if matches!(turn, Turn::Sync { .. } | Turn::Cut { .. }) {
            self.phone.network.ways.borrow_mut().clear();
        }
        match turn {
            Turn::Order { second_tab, units } => {
                let number = self.next;
                self.next += 1;
                let tab = if second_tab { &self.tab } else { &self.phone };
                let outcome = tab
                    .device
                    .act(
                        place(customer_id(1), &[(1, units), (3, 1)]),
                        id(number),
                        tab.now(),
                    )
                    .await;
                match outcome {
                    Ok(_) => self.promised.push(id(number)),
                    Err(_) => self.uncertain.push(id(number)),
                }
            }
            Turn::Cancel { held } => {
                let number = self.next;
                self.next += 1;
                let device = &self.phone.device;
                let newest = device.orders().first().map(|view| view.order.id);
                let acts = newest.map_or_else(Vec::new, |order| vec![(id(number), cancel(order))]);
                let is_known = !acts.is_empty();
                let done = if held {
                    device.act_all_held(acts, self.phone.now()).await
                } else {
                    device.act_all(acts, self.phone.now(), None).await
                };
                if done.is_ok() && is_known {
                    self.promised.push(id(number));
                } else {
                    self.uncertain.push(id(number));
                }
            }
            Turn::LetGo => self.phone.device.let_go(),
            Turn::Undo => {
                // One tab hears at once of what another stores.
                drop(self.phone.device.refresh().await);
                if let Some(last) = self.phone.device.undoable() {
                    self.promised.retain(|promised| *promised != last);
                    let was_offered = self.phone.device.is_held(last);
                    if let Err(error) = self.phone.device.undo(last).await {
                        self.uncertain.push(last);
                        // What is offered works, unless the store does not.
                        assert!(
                            !was_offered || matches!(error, UndoError::Store(_)),
                            "{error}"
                        );
                    }
                }
            }
            Turn::Sync { second_tab, ways } => {
                self.phone.next_ways(ways);
                let tab = if second_tab { &self.tab } else { &self.phone };
                tab.sync().await;
                tab.let_timer_fire().await;
            }
            Turn::Cut { commit, after } => {
                let fault = if after {
                    Fault::CutAfter
                } else {
                    Fault::CutBefore
                };
                self.phone.store.fail_at(commit, fault);
            }
            Turn::Restart => self.restart().await,
            Turn::Cooperative => {
                let awaiting: Vec<_> = self
                    .server
                    .borrow()
                    .orders
                    .values()
                    .map(|document| document.order.clone())
                    .filter(|order| order.is_untouched())
                    .collect();
                for order in awaiting {
                    self.next += 1;
                    let number = 0x1_0000 + self.next;
                    self.server
                        .borrow_mut()
                        .act(ANIMATRICE, number, confirm(&order, HONEY));
                }
            }
            Turn::Backup => self.backup = self.server.borrow().clone(),
            Turn::Restore => {
                self.epoch += 1;
                let restored = ModelServer::restored_from(&self.backup, self.epoch);
                self.server.replace(restored);
            }
            Turn::Whim {
                changes,
                parks,
                busy,
            } => {
                let mut server = self.server.borrow_mut();
                server.busy = busy;
                server.changes_per_answer = changes;
                if parks {
                    server.parks.push(id(self.next));
                }
            }
        }
        // A phone whose store was cut is dead until it is started again.
        if self.phone.store.was_cut() {
            self.restart().await;
        }
    }

    async fn settle_down(&mut self) {
        self.phone.store.heal();
        self.server.borrow_mut().busy = false;
        self.restart().await;
        for _ in 0..4 {
            self.phone.sync().await;
            self.phone.let_timer_fire().await;
        }
        self.tab.device.refresh().await.expect("read");
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let server = self.server.borrow();
        let parked: Vec<CommandId> = self
            .phone
            .device
            .parked()
            .iter()
            .map(|parked| parked.command.id)
            .collect();
        let applied: Vec<CommandId> = server
            .applied
            .iter()
            .map(|(_, _, command)| *command)
            .collect();
        for (index, command) in applied.iter().enumerate() {
            prop_assert!(
                !applied[..index].contains(command),
                "{} took effect twice",
                command
            );
            prop_assert!(
                self.promised.contains(command) || self.uncertain.contains(command),
                "{} came from nowhere",
                command
            );
            prop_assert!(
                !parked.contains(command),
                "{} took effect and is to be corrected",
                command
            );
        }
        for command in &self.promised {
            prop_assert!(
                applied.contains(command) || parked.contains(command),
                "{} was lost",
                command
            );
        }
        let seqs: Vec<u64> = server.applied.iter().map(|(_, seq, _)| *seq).collect();
        prop_assert!(
            seqs.windows(2).all(|pair| pair[0] < pair[1]),
            "out of order: {:?}",
            seqs
        );
        prop_assert_eq!(self.phone.device.waiting(), 0);
        prop_assert_eq!(self.tab.device.waiting(), 0);
        // The phone now knows exactly what the server knows.
        let views = self.phone.device.orders();
        let known: Vec<_> = views
            .iter()
            .filter(|view| view.received_at.is_some())
            .collect();
        prop_assert_eq!(known.len(), server.orders.len());
        for view in known {
            prop_assert_eq!(&*view.order, &server.orders[&view.order.id].order);
        }
        prop_assert_eq!(self.phone.device.entries().len(), server.entries.len());
        prop_assert_eq!(self.tab.device.orders().len(), views.len());
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_each_command_takes_effect_exactly_once_and_in_order(turns in prop::collection::vec(any_turn(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let mut run = Run::new().await;
            for turn in turns {
                run.take(turn).await;
            }
            run.settle_down().await;
            run.check()
        })?;
    }
}
