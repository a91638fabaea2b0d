//! The sheets of an order: cancelling, money, a delivery that failed, goods that come back, a customer
//! who changes their mind.

use crate::field::wording::{cooperative_name, product_name};
use crate::phone::Phone;
use crate::phone::payment::{self, Paying};
use crate::ui::{self, Choice};
use crate::words::reason_icon;
use leptos::prelude::*;
use std::collections::BTreeMap;
use taswiq_domain::ids::{CommandId, CooperativeId, OrderId};
use taswiq_domain::law::Regime;
use taswiq_domain::order::event::LineUnits;
use taswiq_domain::order::{CancelledBy, Fault, Reason, SubOrder};
use taswiq_domain::sync::{CancelOrder, CommandBody, FailDelivery, ReturnGoods, SubOrderRef};

/// Which sheet is open, and about whose part.
#[derive(Clone, Copy)]
pub struct Sheets {
    pub cancel: RwSignal<bool>,
    pub paying: RwSignal<Option<Paying>>,
    pub fail: RwSignal<Option<CooperativeId>>,
    pub give_back: RwSignal<Option<CooperativeId>>,
    pub withdraw: RwSignal<Option<CooperativeId>>,
}

impl Sheets {
    /// All closed.
    pub fn new() -> Self {
        Self {
            cancel: RwSignal::new(false),
            paying: RwSignal::new(None),
            fail: RwSignal::new(None),
            give_back: RwSignal::new(None),
            withdraw: RwSignal::new(None),
        }
    }
}

/// All of them, closed until asked for.
pub fn sheets(phone: Phone, sheets: Sheets, order: OrderId) -> AnyView {
    let words = phone.words;
    view! {
        {cancel(phone, sheets.cancel, order)}
        {payment::sheet(phone, order, sheets.paying)}
        {about_part(phone, words.order_delivery_failed(), sheets.fail, order, fail)}
        {about_part(phone, words.order_return(), sheets.give_back, order, give_back)}
        {about_part(phone, words.order_withdraw(), sheets.withdraw, order, withdraw)}
    }
    .into_any()
}

/// What a sheet about one part of an order is made of.
struct Part {
    phone: Phone,
    order: OrderId,
    sub_order: SubOrder,
    close: Callback<()>,
}

impl Part {
    /// Does it, closes the sheet, and says so.
    fn act(&self, body: CommandBody, done: &'static str) {
        let (phone, close) = (self.phone, self.close);
        phone.act(body, move |id: CommandId| {
            close.run(());
            phone.say_done(done, id);
        });
    }
}

fn about_part(
    phone: Phone,
    title: &'static str,
    whose: RwSignal<Option<CooperativeId>>,
    order: OrderId,
    content: fn(Part) -> AnyView,
) -> AnyView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(whose.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && whose.with_untracked(Option::is_some) {
            whose.set(None);
        }
    });
    let close = Callback::new(move |()| whose.set(None));
    let content = move || {
        let part = whose.get_untracked().and_then(|cooperative| {
            let view = phone.device_now().order(order)?;
            let sub_order = view.order.sub_order(cooperative)?.clone();
            Some(Part {
                phone,
                // Its lines have their numbers under this id, and others perhaps under that of the page.
                order: view.order.id,
                sub_order,
                close,
            })
        });
        part.map_or_else(|| ().into_any(), content)
    };
    ui::sheet(
        phone.words,
        Signal::derive(move || title.to_owned()),
        open,
        content,
    )
}

fn cancel(phone: Phone, open: RwSignal<bool>, order: OrderId) -> AnyView {
    let words = phone.words;
    let by = RwSignal::new(CancelledBy::Customer);
    let untouched = move || {
        phone
            .device_now()
            .order(order)
            .is_some_and(|view| view.order.is_untouched())
    };
    let content = move || {
        let who = if untouched() {
            vec![CancelledBy::Customer, CancelledBy::Agent]
        } else {
            vec![CancelledBy::Customer]
        };
        by.set(CancelledBy::Customer);
        let choices = who
            .iter()
            .map(|by| Choice {
                icon: if *by == CancelledBy::Customer {
                    "undo"
                } else {
                    "edit"
                },
                words: words.cancelled_by(*by),
            })
            .collect();
        let chosen_of = who.clone();
        let chosen = Signal::derive(move || chosen_of.iter().position(|one| *one == by.get()));
        let choose = Callback::new(move |index: usize| by.set(who[index]));
        let act = move |_| {
            let reason = if by.get_untracked() == CancelledBy::Agent {
                Reason::Mistake
            } else {
                Reason::CustomerCancelled
            };
            phone.act(
                CommandBody::CancelOrder(CancelOrder {
                    order,
                    by: by.get_untracked(),
                    reason,
                    other_ids: 0,
                }),
                move |id| {
                    open.set(false);
                    phone.say_done(words.order_cancelled(), id);
                },
            );
        };
        view! {
            <div class="dialog-body stack">
                <p>{words.order_cancel_text()}</p>
                {ui::segmented("cancelled-by", words.order_cancel_why(), "reason-choice", choices, chosen, choose)}
            </div>
            <div class="dialog-foot"><button class="button button-danger" type="button" on:click=act>{ui::icon("close")}{words.order_cancel()}</button></div>
        }
        .into_any()
    };
    ui::sheet(
        words,
        Signal::derive(move || words.order_cancel().to_owned()),
        open,
        content,
    )
}

fn fail(part: Part) -> AnyView {
    let words = part.phone.words;
    let reason = RwSignal::new(0_usize);
    let choices = Reason::OF_DELIVERIES
        .iter()
        .map(|reason| Choice {
            icon: reason_icon(*reason),
            words: words.reason(*reason),
        })
        .collect();
    let act = move |_| {
        let fail = FailDelivery {
            order: part.order,
            cooperative: part.sub_order.cooperative,
            reason: Reason::OF_DELIVERIES[reason.get_untracked()],
        };
        part.act(
            CommandBody::FailDelivery(fail),
            words.order_delivery_failed_done(),
        );
    };
    view! {
        <div class="dialog-body">
            {ui::segmented("fail", words.order_delivery_failed_why(), "reason-choice", choices, Signal::derive(move || Some(reason.get())), Callback::new(move |index| reason.set(index)))}
        </div>
        <div class="dialog-foot"><button class="button button-primary" type="button" on:click=act>{ui::icon("check")}{words.action_save()}</button></div>
    }
    .into_any()
}

fn give_back(part: Part) -> AnyView {
    const FAULTS: [Fault; 4] = [
        Fault::Customer,
        Fault::Cooperative,
        Fault::Logistics,
        Fault::Agent,
    ];
    let phone = part.phone;
    let words = phone.words;
    let catalogue = phone.device_now().catalogue();
    let units = RwSignal::new(BTreeMap::<u16, u32>::new());
    let fault = RwSignal::new(0_usize);
    let error = RwSignal::new(false);
    let lines: Vec<AnyView> = part
        .sub_order
        .lines
        .iter()
        .filter(|line| line.kept() > 0)
        .map(|line| {
            let number = line.number;
            let name = product_name(phone, &catalogue, line.product);
            let value = Signal::derive(move || units.with(|units| units.get(&number).copied().unwrap_or(0)));
            let set = Callback::new(move |given: u32| units.update(|units| { units.insert(number, given); }));
            view! { <li class="basket-line">{ui::icon_small("box")}<span class="list-main"><span><bdi>{name.clone()}</bdi></span><span>{words.order_kept(line.kept() as usize)}</span></span>{ui::stepper(words, name, value, line.kept(), set)}</li> }.into_any()
        })
        .collect();
    let choices = FAULTS
        .iter()
        .map(|fault| {
            let icon = match fault {
                Fault::Customer => "undo",
                Fault::Agent => "person",
                Fault::Cooperative => "quality",
                Fault::Logistics => "truck",
            };
            Choice {
                icon,
                words: words.fault(*fault),
            }
        })
        .collect();
    let note = move || {
        if FAULTS[fault.get()].keeps_commission() {
            words.order_return_kept()
        } else {
            words.order_return_reversed()
        }
    };
    let act = move |_| {
        let lines: Vec<LineUnits> = units.with_untracked(|units| {
            units
                .iter()
                .filter(|(_, units)| **units > 0)
                .map(|(line, units)| LineUnits {
                    line: *line,
                    units: *units,
                })
                .collect()
        });
        if lines.is_empty() {
            return error.set(true);
        }
        let goods = ReturnGoods {
            order: part.order,
            cooperative: part.sub_order.cooperative,
            lines,
            fault: FAULTS[fault.get_untracked()],
        };
        part.act(CommandBody::ReturnGoods(goods), words.order_return_done());
    };
    view! {
        <div class="dialog-body stack">
            <ul>{lines}</ul>
            {ui::segmented("fault", words.order_return_why(), "reason-choice", choices, Signal::derive(move || Some(fault.get())), Callback::new(move |index| fault.set(index)))}
            <p class="small muted">{note}</p>
            <div aria-live="assertive">{move || error.get().then(|| ui::banner("trouble", "warning", words.order_return_nothing(), ""))}</div>
        </div>
        <div class="dialog-foot"><button class="button button-primary" type="button" on:click=act>{ui::icon("check")}{words.action_save()}</button></div>
    }
    .into_any()
}

fn withdraw(part: Part) -> AnyView {
    let phone = part.phone;
    let words = phone.words;
    let name = cooperative_name(
        phone,
        &phone.device_now().catalogue(),
        part.sub_order.cooperative,
    );
    let text = if part.sub_order.regime == Regime::Doorstep7d {
        words.order_withdraw_text(&name)
    } else {
        String::new()
    };
    let act = move |_| {
        let body = CommandBody::Withdraw(SubOrderRef {
            order: part.order,
            cooperative: part.sub_order.cooperative,
        });
        part.act(body, words.order_withdrawn());
    };
    view! {
        <div class="dialog-body"><p>{text}</p></div>
        <div class="dialog-foot"><button class="button button-danger" type="button" on:click=act>{ui::icon("shield")}{words.order_withdraw_action()}</button></div>
    }
    .into_any()
}
