//! The order in the making: who, what, how many, when. It is saved after every touch, so a phone that
//! dies on the doorstep wakes up with the basket as it was.

use crate::phone::{Device, Phone, browser};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use taswiq_domain::Refusal;
use taswiq_domain::catalogue::{Catalogue, Channel, PriceTier};
use taswiq_domain::commission;
use taswiq_domain::customer::{CustomerDetails, CustomerKind};
use taswiq_domain::ids::{
    CommandId, CooperativeId, CustomerId, OrderId, PlanVersion, PriceListVersion, ProductId,
};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::again;
use taswiq_domain::order::basket::{Basket, BasketLine, Door, Promise};
use taswiq_domain::order::{Order, Place, SubOrder, Withdrawal};
use taswiq_domain::phone::PhoneNumber;
use taswiq_domain::reading;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{AmendOrder, CommandBody, PlaceOrder, Shown};
use taswiq_domain::text;
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};

/// The key under which the device keeps the basket.
pub const DRAFT: &str = "basket";

/// What the agent has put together so far. Its stored form is this build's own; one that cannot be
/// read is an empty one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// A customer the phone knows.
    pub customer: Option<CustomerId>,
    /// A customer it does not.
    pub new_customer: Option<CustomerDetails>,
    /// What was typed about the new customer, finished or not.
    pub form: CustomerForm,
    /// Another price than the usual one for that kind of customer.
    pub tier: Option<PriceTier>,
    /// What and how many.
    pub lines: Vec<BasketLine>,
    /// Other dates than the usual ones.
    pub promises: Vec<Promise>,
    /// The handwriting.
    pub signature: String,
    /// What was read when it was written.
    pub signed: Option<Signed>,
    /// Whether it was taken away, for what was read is not so any more.
    pub is_outdated: bool,
    /// Whether an equivalent is welcome.
    pub substitution_agreed: bool,
    /// Where the agent stands.
    pub place: Option<Place>,
    /// The order it changes, if it is not a new one.
    pub amends: Option<OrderId>,
    /// The parked act it takes the place of, if any.
    pub mends: Option<CommandId>,
    /// The receipt it is read off, if its phone is lost.
    pub receipt: Option<Receipt>,
}

impl Draft {
    /// Something is to be signed that nobody has read yet.
    pub fn unsign(&mut self) {
        self.signature = String::new();
        self.signed = None;
        self.is_outdated = false;
    }
}

/// What stands on a customer's receipt besides the order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The code people say.
    pub code: SpokenCode,
    /// The four digits that prove the delivery.
    pub digits: u16,
    /// Its day.
    pub taken_on: CivilDate,
}

/// The new customer's form, as typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomerForm {
    pub first_name: String,
    pub family_name: String,
    pub phone: String,
    pub place: String,
    pub address: String,
    pub kind: CustomerKind,
}

impl CustomerForm {
    /// The form as details.
    ///
    /// # Errors
    /// Names the first field that is not right.
    pub fn details(&self) -> Result<CustomerDetails, Refusal> {
        let phone = match self.phone.trim() {
            "" => None,
            typed => Some(
                typed
                    .parse::<PhoneNumber>()
                    .map_err(|_| Refusal::FieldInvalid {
                        field: "phone".to_owned(),
                    })?,
            ),
        };
        CustomerDetails {
            first_name: self.first_name.clone(),
            family_name: self.family_name.clone(),
            phone,
            place: self.place.clone(),
            address: self.address.clone(),
            kind: self.kind,
        }
        .cleaned()
    }
}

/// A basket with its figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Priced {
    /// One for each cooperative.
    pub sub_orders: Vec<SubOrder>,
    /// What the customer pays.
    pub total: Centimes,
    /// What the agent hopes for.
    pub commission: Centimes,
    /// What all hope for who share it, the agent included.
    pub commission_of_all: Centimes,
    /// By which plan.
    pub plan: Option<PlanVersion>,
}

/// What a customer reads before signing: the sum, and for each part when it comes and until when they may
/// withdraw.
pub type Signed = (Centimes, Vec<(CivilDate, Withdrawal)>);

impl Priced {
    fn signed(&self) -> Signed {
        let parts = self.sub_orders.iter();
        let dates = parts
            .map(|part| (part.promised_on, part.withdrawal))
            .collect();
        (self.total, dates)
    }
}

/// Why an order was not saved.
pub enum NotSaved {
    /// A rule says no.
    Refused(Refusal),
    /// The prices or dates are others than those on the screen.
    FiguresChanged,
}

impl From<Refusal> for NotSaved {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A product with what a search compares.
pub struct Searchable {
    /// Its place in the catalogue.
    pub index: usize,
    key: String,
}

impl Searchable {
    /// Whether every word is somewhere in it.
    pub fn fits(&self, words: &[&str]) -> bool {
        words.iter().all(|word| self.key.contains(word))
    }
}

/// What a search compares, and of which revision of the catalogue it was made.
type Searched = (i64, Rc<[Searchable]>);

/// The order in the making. Copied freely into closures.
#[derive(Clone, Copy)]
pub struct Making {
    /// What was put together.
    pub draft: RwSignal<Draft>,
    /// The figures, or why there are none.
    pub priced: Memo<Result<Priced, Refusal>>,
    /// The prices in force at the door; nothing when the clock is before any.
    pub price_list: Memo<Option<PriceListVersion>>,
    phone: Phone,
    searchable: StoredValue<Option<Searched>, LocalStorage>,
}

/// Takes up the order that this phone has in the making.
pub fn making(phone: Phone) -> Making {
    let kept = phone
        .device_now()
        .draft(DRAFT)
        .and_then(|kept| reading::read(&kept.json).ok())
        .unwrap_or_default();
    let draft = RwSignal::new(kept);
    let priced = Memo::new(move |_| {
        // Prices, promises and plans begin and end by the clock.
        phone.this_minute();
        draft.with(|draft| price(&phone.device(), phone, draft))
    });
    let price_list = Memo::new(move |_| {
        phone.this_minute();
        draft.with(|draft| phone.catalogue().price_list_at(door(phone, draft)))
    });
    // What was signed were these figures, and not those of another list or day; the page may have been closed
    // meanwhile.
    Effect::new(move |_| {
        let now = priced.with(|priced| priced.as_ref().ok().map(Priced::signed));
        let is_other = |draft: &Draft| !draft.signature.is_empty() && draft.signed != now;
        if now.is_some() && draft.with_untracked(is_other) {
            draft.update(|draft| {
                // What an older build kept does not say what was read with it.
                let is_outdated = draft.signed.is_some();
                draft.unsign();
                draft.is_outdated = is_outdated;
            });
        }
    });
    let making = Making {
        draft,
        priced,
        price_list,
        phone,
        searchable: StoredValue::new_local(None),
    };
    phone.keep(DRAFT, move || {
        let draft = making.draft.get();
        (draft != Draft::default()).then(|| serde_json::to_string(&draft).unwrap_or_default())
    });
    making
}

impl Making {
    /// Who orders: name, place, kind. Tracks.
    pub fn customer(self) -> Option<CustomerDetails> {
        self.draft.with(|draft| match draft.customer {
            Some(id) => self
                .phone
                .device()
                .customer(id)
                .map(|customer| customer.details.clone()),
            None => draft.new_customer.clone(),
        })
    }

    /// Which prices apply. Tracks.
    pub fn tier(self) -> PriceTier {
        let kind = self
            .customer()
            .map(|details| details.kind)
            .unwrap_or_default();
        self.draft
            .with(|draft| draft.tier)
            .unwrap_or(PriceTier::usual_for(kind))
    }

    /// How many of a product are in the basket. Tracks.
    pub fn units(self, product: ProductId) -> u32 {
        self.draft.with(|draft| {
            draft
                .lines
                .iter()
                .find(|line| line.product == product)
                .map_or(0, |line| line.units)
        })
    }

    /// Puts so many of a product into the basket; none takes it out.
    pub fn set_units(self, product: ProductId, units: u32) {
        self.draft.update(|draft| {
            // What was signed was another basket.
            draft.unsign();
            match draft.lines.iter_mut().find(|line| line.product == product) {
                Some(_) if units == 0 => draft.lines.retain(|line| line.product != product),
                Some(line) => line.units = units,
                None if units > 0 => draft.lines.push(BasketLine { product, units }),
                None => {}
            }
        });
    }

    /// Takes up what was written on the pad, with the figures that stand above it.
    pub fn sign(self, written: String) {
        let read = self.priced.get_untracked().ok();
        self.draft.update(|draft| {
            let is_signed = !written.is_empty();
            draft.is_outdated &= !is_signed;
            draft.signed = read.filter(|_| is_signed).map(|read| read.signed());
            draft.signature = written;
        });
    }

    /// Starts anew, for a customer the phone knows.
    pub fn begin_for(self, customer: CustomerId) {
        self.draft.update(|draft| {
            let has_changed = draft.customer != Some(customer);
            draft.customer = Some(customer);
            draft.new_customer = None;
            if has_changed {
                draft.unsign();
                draft.tier = None;
            }
        });
    }

    /// Starts anew, from a receipt. What was under way is given back.
    pub fn begin_from(self, receipt: Receipt) -> Draft {
        let left = self.draft.get_untracked();
        self.draft.set(Draft {
            receipt: Some(receipt),
            ..Draft::default()
        });
        left
    }

    /// Takes up an order to change it.
    pub fn amend(self, order: &Order) {
        self.draft.set(Draft {
            customer: Some(order.customer),
            tier: Some(order.tier),
            lines: lines_of(order),
            promises: order
                .sub_orders
                .iter()
                .map(|sub_order| Promise {
                    cooperative: sub_order.cooperative,
                    on: sub_order.promised_on,
                })
                .collect(),
            substitution_agreed: order.substitution_agreed,
            place: order.place,
            amends: Some(order.id),
            ..Draft::default()
        });
    }

    /// Forgets it all.
    pub fn clear(self) {
        self.draft.set(Draft::default());
    }

    /// What a search compares, made once for each catalogue: ten thousand products are folded in one
    /// go and searched in a blink.
    pub fn searchable(self, catalogue: &Catalogue) -> Rc<[Searchable]> {
        if let Some((_, made)) = self
            .searchable
            .try_get_value()
            .flatten()
            .filter(|(revision, _)| *revision == catalogue.revision)
        {
            return made;
        }
        let made: Rc<[Searchable]> = catalogue
            .products
            .iter()
            .enumerate()
            .filter(|(_, product)| product.on_sale)
            .map(|(index, product)| {
                let mut typed = String::with_capacity(160);
                let cooperative = catalogue.cooperative(product.cooperative);
                let category = catalogue.category(product.category);
                let texts = [
                    Some(&product.name),
                    Some(&product.unit),
                    cooperative.map(|found| &found.name),
                    category.map(|found| &found.name),
                ];
                for text in texts.into_iter().flatten().flat_map(|text| text.0.values()) {
                    typed.push_str(text);
                    typed.push(' ');
                }
                Searchable {
                    index,
                    key: text::search_key(&typed),
                }
            })
            .collect();
        // Somebody may have left the area while this was on its way; then nobody needs to remember it.
        drop(
            self.searchable
                .try_set_value(Some((catalogue.revision, Rc::clone(&made)))),
        );
        made
    }

    /// Saves the order for good. `over` hears which it is once it is safe, or that it could not be
    /// stored, which is said aloud then.
    ///
    /// # Errors
    /// Why it cannot be saved as it is.
    pub fn save(self, over: impl FnOnce(Option<OrderId>) + 'static) -> Result<(), NotSaved> {
        let phone = self.phone;
        let device = phone.device_now();
        let draft = self.draft.get_untracked();
        let priced = price(&device, phone, &draft)?;
        let seen = self.priced.get_untracked();
        if seen.is_ok_and(|seen| seen.signed() != priced.signed()) {
            // A minute has not passed since the screen was written.
            phone.look_at_the_clock();
            return Err(NotSaved::FiguresChanged);
        }
        let basket = basket(&device, phone, &draft)?;
        basket.check_signed(&priced.sub_orders)?;
        let shown = Shown {
            total: priced.total,
            commission: priced.commission_of_all,
        };
        if let Some(order) = draft.amends {
            let body = CommandBody::AmendOrder(AmendOrder {
                order,
                basket,
                shown,
                other_ids: 0,
            });
            let id = browser::new_command_id();
            let finish = self.finish(order, over);
            match draft.mends {
                Some(parked) => phone.reissue(parked, body, id, finish),
                None => phone.act_all(vec![(id, body)], DRAFT, finish),
            }
            return Ok(());
        }
        let mut acts = Vec::new();
        let customer = match (draft.customer, draft.new_customer) {
            (Some(customer), _) => customer,
            (None, Some(details)) => {
                let id = browser::new_command_id();
                acts.push((id, CommandBody::RegisterCustomer(details)));
                id.into()
            }
            (None, None) => return Err(Refusal::UnknownCustomer.into()),
        };
        let id = browser::new_command_id();
        let [digits @ .., _, _] = browser::random::<4>();
        let (code, receipt_digits) = match draft.receipt {
            Some(receipt) => (receipt.code, receipt.digits),
            None => (fresh_code(&device), u16::from_le_bytes(digits) % 10_000),
        };
        let place = PlaceOrder {
            customer,
            code,
            receipt_digits,
            channel: Channel::Door,
            basket,
            place: draft.place,
            shown,
            from_receipt_of: draft.receipt.map(|receipt| receipt.taken_on),
        };
        let body = CommandBody::PlaceOrder(place);
        let finish = self.finish(id.into(), over);
        match draft.mends {
            Some(parked) if acts.is_empty() => phone.reissue(parked, body, id, finish),
            _ => {
                acts.push((id, body));
                phone.act_all(acts, DRAFT, finish);
            }
        }
        Ok(())
    }

    /// What follows a save: the basket is empty only if it went well.
    fn finish(
        self,
        order: OrderId,
        over: impl FnOnce(Option<OrderId>) + 'static,
    ) -> impl FnOnce(bool) + 'static {
        move |is_saved| {
            if is_saved {
                self.clear();
            }
            over(is_saved.then_some(order));
        }
    }
}

/// What an order asked for, as a basket.
pub fn lines_of(order: &Order) -> Vec<BasketLine> {
    let mut lines: Vec<_> = order
        .sub_orders
        .iter()
        .flat_map(|sub_order| &sub_order.lines)
        .collect();
    lines.sort_by_key(|line| line.number);
    lines
        .into_iter()
        .map(|line| BasketLine {
            product: line.product,
            units: line.asked,
        })
        .collect()
}

/// A code that no order on this phone has.
fn fresh_code(device: &Device) -> SpokenCode {
    let orders = device.orders();
    loop {
        let code = SpokenCode::from_random(u64::from_le_bytes(browser::random()));
        if orders.iter().all(|view| view.order.code != code) {
            return code;
        }
    }
}

/// When the customer signs, or signed the receipt.
fn door(phone: Phone, draft: &Draft) -> Timestamp {
    let now = phone.now();
    draft.receipt.map_or(now, |receipt| {
        again::door_of(receipt.taken_on, now, &phone.offset())
    })
}

fn customer_kind(device: &Device, draft: &Draft) -> CustomerKind {
    if let Some(order) = draft.amends.and_then(|order| device.order(order)) {
        // Frozen at the door.
        return order.order.customer_kind;
    }
    match (draft.customer, &draft.new_customer) {
        (Some(id), _) => device
            .customer(id)
            .map(|customer| customer.details.kind)
            .unwrap_or_default(),
        (None, Some(details)) => details.kind,
        (None, None) => CustomerKind::Household,
    }
}

/// The usual date for a cooperative's goods, unless another was chosen.
fn promised_on(
    phone: Phone,
    draft: &Draft,
    cooperative: CooperativeId,
    kind: CustomerKind,
) -> Option<CivilDate> {
    draft
        .promises
        .iter()
        .find(|promise| promise.cooperative == cooperative)
        .map(|promise| promise.on)
        .or_else(|| {
            let door = door(phone, draft);
            let placed_on = phone.offset().date_at(door);
            let catalogue = phone.device_now().catalogue();
            catalogue.usual_promise(cooperative, kind, door, placed_on)
        })
}

fn basket(device: &Device, phone: Phone, draft: &Draft) -> Result<Basket, Refusal> {
    let catalogue = device.catalogue();
    let (door, kind) = (door(phone, draft), customer_kind(device, draft));
    // First, or a clock that is wrong would be told as a cooperative that supplies nothing.
    let price_list = catalogue
        .price_list_at(door)
        .ok_or(Refusal::CatalogueTooOld)?;
    let plan = catalogue.plan_at(door).ok_or(Refusal::CatalogueTooOld)?;
    let mut promises: Vec<Promise> = Vec::new();
    for line in &draft.lines {
        let product = catalogue
            .product(line.product)
            .ok_or(Refusal::UnknownProduct {
                product: line.product,
            })?;
        let cooperative = product.cooperative;
        if promises
            .iter()
            .all(|promise| promise.cooperative != cooperative)
        {
            let on = promised_on(phone, draft, cooperative, kind)
                .ok_or(Refusal::NoConvention { cooperative })?;
            promises.push(Promise { cooperative, on });
        }
    }
    Ok(Basket {
        tier: draft.tier.unwrap_or(PriceTier::usual_for(kind)),
        price_list,
        plan: plan.version,
        terms_from: device.terms_from(door),
        lines: draft.lines.clone(),
        promises,
        signature: draft.signature.clone(),
        substitution_agreed: draft.substitution_agreed,
    })
}

fn price(device: &Device, phone: Phone, draft: &Draft) -> Result<Priced, Refusal> {
    if draft.lines.is_empty() {
        return Err(Refusal::OrderEmpty);
    }
    let basket = basket(device, phone, draft)?;
    let catalogue = device.catalogue();
    let placed_at = door(phone, draft);
    let engagement = device.engagement_at(placed_at);
    let calendar = phone.offset();
    let mut sub_orders = basket.price(&Door {
        catalogue: &catalogue,
        calendar: &calendar,
        agent: device.person(),
        engagement: &engagement,
        customer_kind: customer_kind(device, draft),
        channel: Channel::Door,
        placed_at,
    })?;
    if draft.receipt.is_some() {
        again::signed_again(&mut sub_orders, phone.now(), &calendar);
    }
    let mut priced = Priced {
        plan: Some(basket.plan),
        ..Priced::default()
    };
    for sub_order in &sub_orders {
        let mine = commission::standing_for(sub_order, device.person(), device.person())?;
        let all = commission::standing_of(sub_order)?;
        priced.total = priced.total.plus(sub_order.gross_asked()?)?;
        priced.commission = priced.commission.plus(mine.estimate)?;
        priced.commission_of_all = priced.commission_of_all.plus(all.estimate)?;
    }
    priced.sub_orders = sub_orders;
    Ok(priced)
}
