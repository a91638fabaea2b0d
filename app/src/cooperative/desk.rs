//! What every screen of the area shares: whose orders are shown, what was counted, and the way in
//! which several acts are done and taken back as one.

use super::part::{Part, PartId};
use super::tally::Count;
use crate::phone::{Device, Phone, badge, browser, notices};
use crate::route::{Coop, PartsShown, Route};
use crate::ui::{self, Tab};
use crate::words::time;
use leptos::prelude::*;
use std::collections::BTreeMap;
use taswiq_domain::catalogue::{Picture, Product};
use taswiq_domain::ids::{CommandId, CooperativeId, ProductId};
use taswiq_domain::order::{Stage, SubOrder, scarcity};
use taswiq_domain::sync::CommandBody;
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};

/// The key under which the device keeps what was counted.
const COUNTS: &str = "counts";
/// What was counted longer ago has been eaten, sold or broken since.
const COUNT_HOURS: i64 = 24;

/// See the module. Copied freely into closures.
#[derive(Clone, Copy)]
pub struct Desk {
    pub phone: Phone,
    /// The one cooperative whose orders are shown; all of the person's when nothing.
    pub only: RwSignal<Option<CooperativeId>>,
    /// What was counted of each product that awaits an answer.
    pub counts: RwSignal<BTreeMap<ProductId, Count>>,
    /// To whom goods were handed last: mostly the same station.
    pub last_receiver: RwSignal<String>,
    /// What is looked for in the list of orders, kept while one of them is read.
    pub query: RwSignal<String>,
    parts: RwSignal<Vec<Part>, LocalStorage>,
    /// The cooperatives of the person, which hardly ever change.
    own: Memo<Vec<CooperativeId>>,
}

impl Desk {
    pub fn new(phone: Phone) -> Self {
        let counts = phone
            .device_now()
            .draft(COUNTS)
            .filter(|kept| kept.saved_at.plus_hours(COUNT_HOURS) > browser::now())
            .map_or_else(BTreeMap::new, |kept| scarcity::read_counts(&kept.json));
        let desk = Self {
            phone,
            only: RwSignal::new(None),
            counts: RwSignal::new(counts),
            last_receiver: RwSignal::new(String::new()),
            query: RwSignal::new(String::new()),
            parts: RwSignal::new_local(untrack(|| read_parts(phone))),
            own: Memo::new(move |_| own_cooperatives(&phone.device())),
        };
        phone.keep(COUNTS, move || {
            desk.counts
                .with(|counts| (!counts.is_empty()).then(|| scarcity::write_counts(counts)))
        });
        // Read once for all screens, and only when something was stored.
        Effect::new(move |is_stale: Option<()>| {
            drop(phone.device());
            if is_stale.is_some() {
                desk.parts.set(untrack(|| read_parts(phone)));
            }
        });
        desk
    }

    /// The parts that stand at one of `stages`, newest door first. Runs again when they change.
    pub fn parts_at(self, stages: &[Stage]) -> Vec<Part> {
        self.parts_where(|part| stages.contains(&part.stage()))
    }

    /// The parts of whom is shown for which `fits` holds, newest door first. Runs again when they
    /// change.
    pub fn parts_where(self, fits: impl Fn(&Part) -> bool) -> Vec<Part> {
        let only = self.only.get();
        self.parts.with(|parts| {
            parts
                .iter()
                .filter(|part| {
                    only.is_none_or(|only| part.sub_order().cooperative == only) && fits(part)
                })
                .cloned()
                .collect()
        })
    }

    /// One part, whoever is shown. Runs again when it changes.
    pub fn part(self, id: PartId) -> Option<Part> {
        self.parts
            .with(|parts| parts.iter().find(|part| part.id() == id).cloned())
    }

    /// The same, read once.
    pub fn part_now(self, id: PartId) -> Option<Part> {
        untrack(|| self.part(id))
    }

    /// How many parts stand at one of `stages`. Runs again when that changes.
    pub fn count_at(self, stages: &[Stage]) -> u32 {
        let only = self.only.get();
        self.parts.with(|parts| {
            let fits = |part: &&Part| {
                only.is_none_or(|only| part.sub_order().cooperative == only)
                    && stages.contains(&part.stage())
            };
            u32::try_from(parts.iter().filter(fits).count()).unwrap_or(u32::MAX)
        })
    }

    /// Whether the person acts for several cooperatives, so that each must be named.
    pub fn has_several(self) -> bool {
        self.own.with(|own| own.len() > 1)
    }

    /// What a screen about one part is made of. It is made anew when that part is another one, and not
    /// when something else is stored or another cooperative answers its own part: what was typed stays.
    pub fn about(self, id: PartId, build: fn(Self, PartId, Option<Part>) -> AnyView) -> AnyView {
        let version = Memo::new(move |before: Option<&(u32, Option<SubOrder>)>| {
            let now = self.part(id).map(|part| part.version());
            match before {
                Some((number, known)) if *known == now => (*number, now),
                Some((number, _)) => (number + 1, now),
                None => (0, now),
            }
        });
        let numbers = move || [version.with(|(number, _)| *number)];
        view! {
            <For each=numbers key=|number| *number let(_number)>
                {untrack(|| build(self, id, self.part_now(id)))}
            </For>
        }
        .into_any()
    }

    /// What `read` makes of a product; the empty value where nobody knows it any more.
    fn of_product<T: Default>(
        self,
        id: ProductId,
        read: impl Fn(&Product, &'static str) -> T,
    ) -> T {
        let catalogue = self.phone.device_now().catalogue();
        catalogue
            .product(id)
            .map(|product| read(product, self.phone.words.code()))
            .unwrap_or_default()
    }

    pub fn product_name(self, id: ProductId) -> String {
        self.of_product(id, |product, language| {
            product.name.get(language).to_owned()
        })
    }

    pub fn product_unit(self, id: ProductId) -> String {
        self.of_product(id, |product, language| {
            product.unit.get(language).to_owned()
        })
    }

    pub fn picture(self, id: ProductId) -> Picture {
        self.of_product(id, |product, _| product.picture.clone())
    }

    /// The cooperative that makes a product.
    pub fn maker_name(self, id: ProductId) -> String {
        let catalogue = self.phone.device_now().catalogue();
        let maker = catalogue.product(id).map(|product| product.cooperative);
        maker.map_or_else(String::new, |maker| self.cooperative_name(maker))
    }

    pub fn cooperative_name(self, id: CooperativeId) -> String {
        let catalogue = self.phone.device_now().catalogue();
        catalogue.cooperative(id).map_or_else(String::new, |found| {
            found.name.get(self.phone.words.code()).to_owned()
        })
    }

    /// Does all of `bodies` or none, says `said` and offers to take all of it back. `back` is called
    /// when it was taken back, `done` once it is safe.
    pub fn do_all(
        self,
        bodies: Vec<CommandBody>,
        said: String,
        done: impl FnOnce() + 'static,
        back: impl Fn() + Send + Sync + 'static,
    ) {
        if bodies.is_empty() {
            return;
        }
        let acts: Vec<(CommandId, CommandBody)> = bodies
            .into_iter()
            .map(|body| (browser::new_command_id(), body))
            .collect();
        let ids: Vec<CommandId> = acts.iter().map(|(id, _)| *id).collect();
        self.phone.act_together(acts, move || {
            done();
            self.phone.say_all_done(said, ids, back);
        });
    }

    /// `Fatima, Ifrane`.
    pub fn whose(self, part: &Part) -> AnyView {
        let whose = if part.place().is_empty() {
            ["\u{2068}", part.first_name(), "\u{2069}"].concat()
        } else {
            self.phone
                .words
                .coop_from_place(part.first_name(), part.place())
        };
        // Each value is isolated within the sentence; isolating the whole would turn it around by its
        // first letter.
        view! { <span>{whose}</span> }.into_any()
    }

    /// `K7M 4PX · Ajdir`: the code, and whose part it is where that is not clear.
    pub fn code_and_cooperative(self, part: &Part) -> AnyView {
        let cooperative = self
            .has_several()
            .then(|| self.cooperative_name(part.sub_order().cooperative))
            .map(|name| view! { " · "<bdi>{name}</bdi> });
        view! { <span class="code">{part.order().code.to_string()}</span>{cooperative} }.into_any()
    }

    /// How long an answer is still waited for.
    pub fn deadline(self, deadline: Timestamp) -> AnyView {
        (move || {
            let words = self.phone.words;
            let minutes = (deadline.0 - self.phone.this_minute().0).div_euclid(60_000);
            let (tone, said) = match usize::try_from(minutes) {
                Err(_) | Ok(0) => ("trouble", words.coop_time_is_up().to_owned()),
                Ok(minutes @ 1..60) => ("trouble", words.coop_minutes_left(minutes)),
                Ok(minutes) if minutes < 24 * 60 => {
                    ("waiting", words.coop_hours_left(minutes / 60))
                }
                Ok(minutes) => ("", words.coop_hours_left(minutes / 60)),
            };
            let tone = (!tone.is_empty()).then_some(tone);
            view! { <span class="deadline" data-tone=tone>{ui::icon_small("clock")}{said}</span> }
        })
        .into_any()
    }

    /// Until when the first of them must be answered.
    pub fn answer_before(self, deadline: Timestamp) -> String {
        let day = self.phone.day(self.phone.offset().date_at(deadline));
        self.phone
            .words
            .coop_answer_before(&day, &time(deadline, self.phone.offset()))
    }

    /// `Promise demain`, or how late it is.
    pub fn promised(self, date: CivilDate) -> (&'static str, String) {
        let words = self.phone.words;
        let late = self.phone.today().days_since_epoch() - date.days_since_epoch();
        match usize::try_from(late) {
            Ok(days @ 1..) => ("trouble", words.coop_late(days)),
            _ => ("", words.coop_promised(&self.phone.day(date))),
        }
    }

    /// The promised day; in a chip when it has passed.
    pub fn promise(self, part: &Part) -> AnyView {
        match self.promised(part.sub_order().promised_on) {
            ("", said) => view! { <span class="small muted">{said}</span> }.into_any(),
            (tone, said) => ui::chip(tone, "calendar", said),
        }
    }

    /// The chips of a part: where it stands, and whether that is still only on this phone.
    pub fn chips(self, part: &Part) -> AnyView {
        let words = self.phone.words;
        let stage = part.stage();
        let (tone, icon) = crate::words::stage_look(stage);
        let said = if stage == Stage::Confirmed && part.sub_order().is_partly_confirmed() {
            words.stage_confirmed_partly()
        } else {
            words.stage(stage)
        };
        let on_phone = part
            .waits_on_phone()
            .then(|| ui::chip("", "device", words.coop_on_phone()));
        let parked = (!part.view.parked.is_empty())
            .then(|| ui::chip("trouble", "warning", words.coop_to_correct()));
        view! { {ui::chip(tone, icon, said)}{on_phone}{parked} }.into_any()
    }

    /// A screen of the tab bar.
    pub fn first_screen(
        self,
        here: Coop,
        title: &'static str,
        content: AnyView,
        action: AnyView,
    ) -> AnyView {
        let phone = self.phone;
        phone.title(title);
        let tabs = move || {
            let words = phone.words;
            let tab = |to: Coop, icon, words, count| Tab {
                href: Route::from(to).to_string(),
                icon,
                words,
                count,
                is_here: std::mem::discriminant(&to) == std::mem::discriminant(&here),
            };
            ui::tab_bar(
                words.coop_navigation(),
                vec![
                    tab(
                        Coop::default(),
                        "double-check",
                        words.coop_tab_confirm(),
                        self.count_at(&[Stage::Awaiting]),
                    ),
                    tab(
                        Coop::Prepare,
                        "box",
                        words.coop_tab_prepare(),
                        self.count_at(&[Stage::Confirmed, Stage::Preparing]),
                    ),
                    tab(
                        Coop::HandOver,
                        "truck",
                        words.coop_tab_hand_over(),
                        self.count_at(&[Stage::Ready]),
                    ),
                    tab(
                        Coop::Orders(PartsShown::All),
                        "orders",
                        words.coop_tab_orders(),
                        0,
                    ),
                    tab(Coop::Settings, "settings", words.coop_tab_settings(), 0),
                ],
            )
        };
        let above = notices::above(phone);
        frame(
            ui::app_bar(title, badge::badge(phone)),
            view! { {above}{self.whose_orders()}{content} }.into_any(),
            view! { {action}{tabs} }.into_any(),
        )
    }

    /// A screen that one comes back from.
    pub fn second_screen(
        self,
        back: Coop,
        words: &'static str,
        content: AnyView,
        action: AnyView,
    ) -> AnyView {
        let phone = self.phone;
        frame(
            ui::back_bar(Route::from(back).to_string(), words, badge::badge(phone)),
            content,
            action,
        )
    }

    /// Which cooperative's orders are shown, when the person acts for several.
    fn whose_orders(self) -> AnyView {
        let words = self.phone.words;
        (move || {
            let own = self.own.get();
            (own.len() > 1).then(|| {
                let choice = |chosen: Option<CooperativeId>, name: String| {
                    view! {
                        <button type="button" aria-pressed=move || (self.only.get() == chosen).to_string() on:click=move |_| self.only.set(chosen)><bdi>{name}</bdi></button>
                    }
                };
                let each: Vec<_> = own.iter().map(|id| choice(Some(*id), self.cooperative_name(*id))).collect();
                view! {
                    <nav class="category-strip" aria-label=words.coop_which_cooperative()>
                        {choice(None, words.coop_all_cooperatives().to_owned())}
                        {each}
                    </nav>
                }
            })
        })
        .into_any()
    }
}

fn read_parts(phone: Phone) -> Vec<Part> {
    let device = phone.device();
    let own = own_cooperatives(&device);
    let orders = device.orders();
    orders
        .iter()
        .flat_map(Part::all_of)
        .filter(|part| own.contains(&part.sub_order().cooperative))
        .collect()
}

fn own_cooperatives(device: &Device) -> Vec<CooperativeId> {
    device
        .profile()
        .map_or_else(Vec::new, |profile| profile.cooperatives.clone())
}

/// The frame of this area's screens: broader than the agent's, for many work on an old laptop.
fn frame(bar: AnyView, content: AnyView, foot: AnyView) -> AnyView {
    view! {
        <div class="app-frame">
            <header class="app-bar">{bar}</header>
            <main class="screen screen-broad" tabindex="-1">{content}</main>
            <footer class="app-foot">{foot}</footer>
        </div>
    }
    .into_any()
}

/// What stands where a part was that has left this phone's scope.
pub fn gone(desk: Desk) -> AnyView {
    let words = desk.phone.words;
    let link = view! { <a class="button button-primary" href=Route::from(Coop::default()).to_string()>{words.coop_confirm_title()}</a> };
    ui::empty_state(
        "orders",
        words.coop_gone(),
        words.coop_gone_text(),
        link.into_any(),
    )
}

/// The cooperative that a command acts for.
pub fn cooperative_of(body: &CommandBody) -> Option<CooperativeId> {
    Some(match body {
        CommandBody::ConfirmSubOrder(body) => body.cooperative,
        CommandBody::RefuseSubOrder(body) => body.cooperative,
        CommandBody::ProposeChange(body) => body.cooperative,
        CommandBody::StartPreparing(body) => body.cooperative,
        CommandBody::PackSubOrder(body) => body.cooperative,
        CommandBody::HandOver(body) => body.cooperative,
        CommandBody::Deliver(body) => body.cooperative,
        CommandBody::FailDelivery(body) => body.cooperative,
        CommandBody::ReturnGoods(body) => body.cooperative,
        CommandBody::FailSupply(body) => body.cooperative,
        CommandBody::Collect(body) | CommandBody::DeclareEarlyPayment(body) => body.cooperative,
        _ => return None,
    })
}
