//! An order whose phone is lost, entered again from the receipt that its customer holds. The late original
//! is known by the code on it.

use super::making::{Draft, Making, Receipt};
use super::wording::customer_name;
use crate::phone::{Device, Phone, badge, browser};
use crate::route::Field;
use crate::ui;
use leptos::prelude::*;
use taswiq_domain::Refusal;
use taswiq_domain::limits;
use taswiq_domain::order::Order;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::time::CivilDate;
use taswiq_offline::OrderView;

/// The way to it, where no receipt is being read yet.
pub fn way_in(phone: Phone, making: Making) -> Option<AnyView> {
    let reads = making.draft.with(|draft| draft.receipt.is_some());
    (!reads).then(|| {
        view! { <div class="row"><a class="button button-quiet" href=Field::FromReceipt.to_string()>{ui::icon("edit")}{phone.words.receipt_enter()}</a></div> }.into_any()
    })
}

/// Which receipt is being read, on the screens of the order that comes of it.
pub fn reading(phone: Phone, making: Making) -> Option<AnyView> {
    let words = phone.words;
    let receipt = making.draft.with(|draft| draft.receipt)?;
    let date = words.date_full(receipt.taken_on);
    let oldest = phone
        .today()
        .plus_days(-(limits::DATED_BY_DEVICE_DAYS as i32));
    let text = if receipt.taken_on < oldest {
        words.receipt_entering_old(&date, &limits::DATED_BY_DEVICE_DAYS.to_string())
    } else {
        words.receipt_entering_text(&date)
    };
    let forget = move |_| {
        making.draft.update(|draft| {
            draft.receipt = None;
            draft.promises = Vec::new();
            draft.unsign();
        });
    };
    let actions = view! { <div class="button-group"><button class="button button-quiet" type="button" on:click=forget>{words.receipt_entering_not()}</button></div> };
    Some(ui::banner_with(
        "news",
        "edit",
        words.receipt_entering(&receipt.code.to_string()),
        text,
        actions.into_any(),
    ))
}

/// That an order was entered from a receipt, and from that of which day.
pub fn says(phone: Phone, order: &Order) -> Option<String> {
    let words = phone.words;
    let taken_on = order.from_receipt_of?;
    Some(words.receipt_from(&words.date_full(taken_on)))
}

/// When an order was taken: a receipt that was read tells the day and no more.
pub fn taken_at(phone: Phone, order: &Order) -> String {
    match order.from_receipt_of {
        Some(taken_on) => phone.day(taken_on),
        None => phone.moment(order.placed_at),
    }
}

/// What is typed of a receipt.
#[derive(Clone, Copy)]
struct Typed {
    code: RwSignal<String>,
    digits: RwSignal<String>,
    day: RwSignal<String>,
}

impl Typed {
    fn new() -> Self {
        Self {
            code: RwSignal::default(),
            digits: RwSignal::default(),
            day: RwSignal::default(),
        }
    }

    /// What it says.
    fn read(self, today: CivilDate) -> Result<Receipt, &'static str> {
        let code = self.code.with_untracked(|code| code.parse());
        let digits = self.digits.with_untracked(|digits| four_digits(digits));
        let day = self.day.with_untracked(|day| day.parse().ok());
        Ok(Receipt {
            code: code.map_err(|_| "code")?,
            digits: digits.ok_or("receipt_digits")?,
            taken_on: day
                .filter(|day: &CivilDate| *day <= today)
                .ok_or("from_receipt_of")?,
        })
    }
}

fn four_digits(typed: &str) -> Option<u16> {
    let typed = typed.trim();
    let is_four = typed.len() == 4 && typed.bytes().all(|digit| digit.is_ascii_digit());
    is_four.then(|| typed.parse().ok()).flatten()
}

/// What is wrong with a code, as soon as no more letters can mend it.
fn wrong_code(phone: Phone, typed: &str) -> Option<String> {
    let mut letters = typed.chars().filter(|letter| !matches!(letter, '-' | ' '));
    if letters.clone().any(|letter| !SpokenCode::allows(letter)) {
        return Some(phone.words.receipt_code_letters().to_owned());
    }
    letters
        .nth(6)
        .map(|_| phone.words.receipt_code_long().to_owned())
}

/// Reading a receipt.
pub fn screen(phone: Phone, making: Making) -> AnyView {
    let words = phone.words;
    phone.title(words.receipt_enter());
    let typed = Typed::new();
    let missing = RwSignal::new(None::<&'static str>);
    let asked_for = move |field: &'static str| {
        missing.with(|missing| (*missing == Some(field)).then(|| not_valid(phone, field)))
    };
    let code_error = Signal::derive(move || {
        let wrong = typed.code.with(|code| wrong_code(phone, code));
        wrong.or_else(|| asked_for("code"))
    });
    let digits_error = Signal::derive(move || asked_for("receipt_digits"));
    let day_error = Signal::derive(move || asked_for("from_receipt_of"));
    let known = Memo::new(move |_| typed.code.with(|code| code.parse::<SpokenCode>().ok()));
    let here = move || {
        let code = known.get()?;
        Some(already_here(phone, &of_code(&phone.device(), code)?))
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match typed.read(phone.today()) {
            Ok(receipt) => go_on(phone, making, receipt),
            Err(field) => {
                missing.set(Some(field));
                browser::focus(&field.replace('_', "-"));
            }
        }
    };
    ui::frame(
        ui::back_bar(
            Field::NewOrder.to_string(),
            words.new_order_title(),
            badge::badge(phone),
        ),
        view! {
            {ui::screen_title(words.receipt_enter().into_any(), words.receipt_enter_text().into_any())}
            <form class="stack" id="receipt" on:submit=submit>
                {ui::field("code", "text", "off", words.field_code(), None, words.receipt_code_hint(), typed.code, code_error)}
                <div aria-live="polite">{here}</div>
                {ui::field("receipt-digits", "numeric", "off", words.field_receipt_digits(), None, words.receipt_digits_hint(), typed.digits, digits_error)}
                {ui::field("from-receipt-of", "date", "off", words.field_receipt_day(), None, "", typed.day, day_error)}
            </form>
        }
        .into_any(),
        view! {
            <div class="action-bar">
                <button class="button button-primary" type="submit" form="receipt">{words.receipt_go_on()}{ui::icon("arrow")}</button>
            </div>
        }
        .into_any(),
    )
}

fn not_valid(phone: Phone, field: &str) -> String {
    let refusal = Refusal::FieldInvalid {
        field: field.to_owned(),
    };
    phone
        .words
        .refusal(&refusal, &phone.catalogue(), &phone.offset())
}

/// The order of that code on this phone. One of which nothing is wanted any more is in nobody's way: the receipt
/// may be read off once more.
fn of_code(device: &Device, code: SpokenCode) -> Option<OrderView> {
    let orders = device.orders();
    let is_it = |view: &&OrderView| view.order.code == code && !view.order.is_cancelled();
    orders.iter().find(is_it).cloned()
}

/// What was looked for is on this phone: it leads there.
fn already_here(phone: Phone, view: &OrderView) -> AnyView {
    let words = phone.words;
    let href = Field::Order(view.order.id).to_string();
    let link = view! { <div class="button-group"><a class="button" href=href>{ui::icon("orders")}{words.receipt_here_open()}</a></div> };
    ui::banner_with(
        "news",
        "info",
        words.receipt_here_title(),
        words.receipt_here_text(&view.order.code.to_string(), &customer_name(phone, view)),
        link.into_any(),
    )
}

/// On to the customer, unless the order is here already. A basket that was under way can be had again.
fn go_on(phone: Phone, making: Making, receipt: Receipt) {
    if let Some(view) = of_code(&phone.device_now(), receipt.code) {
        return phone.go(Field::Order(view.order.id));
    }
    let left: Draft = making.begin_from(receipt);
    phone.go(Field::NewOrder);
    if !left.lines.is_empty() {
        phone.snackbar.say_with_undo(
            phone.words.basket_emptied(),
            Callback::new(move |()| making.draft.set(left.clone())),
        );
    }
}
