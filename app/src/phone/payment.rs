//! The money of a part of an order, the same for whoever brings the goods: where it stands, what the
//! law says about asking for it, taking it, and declaring money that was given too early.

use super::Phone;
use crate::ui::{self, Choice};
use leptos::prelude::*;
use taswiq_domain::ids::{CooperativeId, OrderId};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{PaymentMethod, Stage, SubOrder, Withdrawal};
use taswiq_domain::sync::{Collect, CommandBody};
use taswiq_domain::time::Calendar;

/// What the sheet is open for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paying {
    /// Whose goods.
    pub cooperative: CooperativeId,
    /// Whether the money was given before anybody might ask for it.
    pub is_early: bool,
}

/// What a customer still pays for a sub-order.
pub fn left_to_pay(sub_order: &SubOrder) -> Centimes {
    let left = sub_order
        .due()
        .and_then(|due| due.minus(sub_order.collected)?.minus(sub_order.held))
        .unwrap_or_default();
    left.max(Centimes::ZERO)
}

/// Where the money stands, and what may be done about it.
pub fn standing(
    phone: Phone,
    sub_order: &SubOrder,
    paying: RwSignal<Option<Paying>>,
) -> Option<AnyView> {
    let words = phone.words;
    if sub_order.stage.is_dead() {
        let owed = owed(phone, sub_order);
        return owed.map(|owed| view! { <div class="row">{owed}</div> }.into_any());
    }
    let left = left_to_pay(sub_order);
    let cooperative = sub_order.cooperative;
    let pay = move |is_early| {
        paying.set(Some(Paying {
            cooperative,
            is_early,
        }))
    };
    let may_change_hands = matches!(
        sub_order.stage,
        Stage::Ready | Stage::HandedOver | Stage::Failed | Stage::Delivered
    );
    let said = match sub_order.withdrawal {
        Withdrawal::Open { closes_at } => {
            let last_day = words.date(phone.offset().date_at(closes_at.plus_ms(-1)));
            let is_over_here = phone.now() >= closes_at;
            // A phone's clock decides no period: the server closes it, and says so at the next contact.
            let text = if is_over_here {
                words.money_ask_server().to_owned()
            } else {
                words.money_not_before(&last_day)
            };
            let declare = (left > Centimes::ZERO).then(|| {
                view! { <button class="button button-quiet" type="button" on:click=move |_| pay(true)>{words.money_declare()}</button> }
            });
            Some(ui::banner_with(
                "",
                "clock",
                words.money_withdrawal_open(),
                text,
                declare.into_any(),
            ))
        }
        Withdrawal::None | Withdrawal::Closed { .. }
            if left > Centimes::ZERO && may_change_hands =>
        {
            let collect = view! { <button class="button" type="button" on:click=move |_| pay(false)>{ui::icon("cash")}{words.money_collect()}</button> };
            Some(ui::banner_with(
                "waiting",
                "cash",
                words.money_to_collect(),
                words.isolated(&ui::amount_text(left)),
                collect.into_any(),
            ))
        }
        _ => None,
    };
    let paid = (sub_order.collected > Centimes::ZERO).then(|| {
        ui::chip(
            "done",
            "cash",
            words.money_paid(&ui::amount_text(sub_order.collected)),
        )
    });
    let owed = owed(phone, sub_order);
    Some(view! { {said}<div class="row">{paid}{held(phone, sub_order)}{owed}</div> }.into_any())
}

/// Money taken too early: it stays the customer's.
fn held(phone: Phone, sub_order: &SubOrder) -> Option<AnyView> {
    let owed = sub_order.owed_to_customer().unwrap_or_default();
    let kept = sub_order.held.minus(owed).unwrap_or_default();
    (kept > Centimes::ZERO).then(|| {
        let said = phone.words.money_held(&ui::amount_text(kept));
        ui::chip("waiting", "lock", said)
    })
}

/// Money that is to go back: more than is due any more.
fn owed(phone: Phone, sub_order: &SubOrder) -> Option<AnyView> {
    let owed = sub_order.owed_to_customer().unwrap_or_default();
    (owed > Centimes::ZERO).then(|| {
        let said = phone.words.money_give_back(&ui::amount_text(owed));
        ui::chip("waiting", "undo", said)
    })
}

/// The sheet that asks how much and how, closed until something is paid.
pub fn sheet(phone: Phone, order: OrderId, paying: RwSignal<Option<Paying>>) -> AnyView {
    let words = phone.words;
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(paying.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && paying.with_untracked(Option::is_some) {
            paying.set(None);
        }
    });
    let content = move || {
        let asked = paying.get_untracked().and_then(|asked| {
            let view = phone.device_now().order(order)?;
            let sub_order = view.order.sub_order(asked.cooperative)?;
            Some((asked, left_to_pay(sub_order)))
        });
        match asked {
            Some((asked, left)) => form(phone, order, asked, left, paying),
            None => ().into_any(),
        }
    };
    let title = Signal::derive(move || {
        let is_early = paying.with(|paying| paying.is_some_and(|paying| paying.is_early));
        let title = if is_early {
            words.money_declare()
        } else {
            words.money_collect()
        };
        title.to_owned()
    });
    ui::sheet(words, title, open, content)
}

fn form(
    phone: Phone,
    order: OrderId,
    asked: Paying,
    left: Centimes,
    paying: RwSignal<Option<Paying>>,
) -> AnyView {
    let words = phone.words;
    let Paying {
        cooperative,
        is_early,
    } = asked;
    let typed = RwSignal::new(if is_early {
        String::new()
    } else {
        left.figures().replace('\u{202f}', "")
    });
    let method = RwSignal::new(0_usize);
    let error = RwSignal::new(None::<String>);
    let choices = PaymentMethod::ALL
        .iter()
        .map(|method| {
            let icon = match method {
                PaymentMethod::Cash => "cash",
                PaymentMethod::Wallet => "wallet",
                PaymentMethod::Transfer => "transfer",
                PaymentMethod::Cheque => "cheque",
            };
            Choice {
                icon,
                words: words.payment_method(*method),
            }
        })
        .collect();
    let act = move |_| {
        let Some(amount) =
            Centimes::parse(&typed.get_untracked()).filter(|amount| *amount > Centimes::ZERO)
        else {
            return error.set(Some(words.refusal_amount_not_positive().to_owned()));
        };
        if amount > left {
            return error.set(Some(
                words.refusal_payment_above_due(&ui::amount_text(left)),
            ));
        }
        let collect = Collect {
            order,
            cooperative,
            amount,
            method: PaymentMethod::ALL[method.get_untracked()],
            other_ids: 0,
        };
        let (body, done) = if is_early {
            (
                CommandBody::DeclareEarlyPayment(collect),
                words.money_declared(),
            )
        } else {
            (CommandBody::Collect(collect), words.money_collected())
        };
        phone.act(body, move |id| {
            paying.set(None);
            phone.say_done(done, id);
        });
    };
    let note = is_early.then(|| {
        ui::banner(
            "waiting",
            "scales",
            words.money_declare_title(),
            words.money_declare_text(),
        )
    });
    view! {
        <div class="dialog-body stack">
            {note}
            <p>{words.money_left()}" "{ui::amount(left, "")}</p>
            {ui::field("amount", "decimal", "off", words.money_amount(), None, "", typed, error.into())}
            {ui::segmented("method", words.money_how(), "segmented segmented-tall", choices, Signal::derive(move || Some(method.get())), Callback::new(move |index| method.set(index)))}
        </div>
        <div class="dialog-foot"><button class="button button-primary" type="button" on:click=act>{ui::icon("check")}{words.action_save()}</button></div>
    }
    .into_any()
}
