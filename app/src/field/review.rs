//! Reading it all again with the customer, and signing.

use super::from_receipt;
use super::making::{Making, NotSaved};
use super::products::{commission_button, explanation};
use super::wording::{cooperative_name, cooperative_seal, product_name, product_unit};
use crate::phone::{Phone, badge, browser};
use crate::route::Field;
use crate::ui;
use crate::words::grouped;
use leptos::prelude::*;
use taswiq_domain::Refusal;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::ids::{CooperativeId, ProductId};
use taswiq_domain::law::Regime;
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::basket::Promise;
use taswiq_domain::order::{SubOrder, Withdrawal};
use taswiq_domain::time::Calendar;

/// Review and signature.
pub fn screen(phone: Phone, making: Making) -> AnyView {
    let words = phone.words;
    phone.title(words.review_title());
    let explaining = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    let is_saving = RwSignal::new(false);
    let who = move || {
        making.customer().map(|details| {
            let name = details.full_name();
            view! { <bdi>{name}</bdi>" · "<bdi>{details.place}</bdi> }
        })
    };
    let cooperatives = Memo::new(move |_| {
        making.priced.with(|priced| {
            let sub_orders = priced.as_ref().map_or(&[][..], |priced| &priced.sub_orders);
            sub_orders
                .iter()
                .map(|part| part.cooperative)
                .collect::<Vec<_>>()
        })
    });
    let figures = move || {
        let catalogue = phone.catalogue();
        making.priced.with(|priced| match priced {
            Ok(priced) => view! {
                {sums(phone, &priced.sub_orders, priced.total)}
                {regimes(phone, &catalogue, &priced.sub_orders)}
            }
            .into_any(),
            Err(Refusal::OrderEmpty) => {
                let link = view! { <a class="button button-primary" href=Field::Products.to_string()>{ui::icon("plus")}{words.review_add_products()}</a> };
                ui::empty_state("basket", words.review_empty_title(), words.review_empty_text(), link.into_any())
            }
            // What this phone has of the catalogue reaches up to now: only a clock that is wrong is before it.
            Err(Refusal::CatalogueTooOld)
                if making.draft.with(|draft| draft.receipt.is_none()) =>
            {
                let text = words.review_clock_wrong_text(&words.date_full(phone.today()));
                ui::banner("trouble", "warning", words.review_clock_wrong(), text)
            }
            Err(refusal) => ui::banner("trouble", "warning", words.review_not_possible(), words.refusal(refusal, &catalogue, &phone.offset())),
        })
    };
    // One row for each product as long as it is in the basket: a figure that is being typed stays.
    let content = view! {
        <div>
            <For each=move || cooperatives.get() key=|id| *id let(id)>
                {untrack(|| part(phone, making, id))}
            </For>
        </div>
        {figures}
    };
    let is_priced = Memo::new(move |_| making.priced.with(Result::is_ok));
    let wants_signature = Memo::new(move |_| {
        making.priced.with(|priced| {
            priced.as_ref().is_ok_and(|priced| {
                priced
                    .sub_orders
                    .iter()
                    .any(|sub_order| sub_order.regime.needs_signature())
            })
        })
    });
    let signing = move || {
        is_priced
            .get()
            .then(|| signing(phone, making, wants_signature.get(), refused))
    };
    let commission = Signal::derive(move || {
        making.priced.with(|priced| {
            priced
                .as_ref()
                .map(|priced| priced.commission)
                .unwrap_or_default()
        })
    });
    let save = move |_| {
        if is_saving.get_untracked() {
            return;
        }
        refused.set(None);
        is_saving.set(true);
        // Until it is known how it ended, a second tap would take a second order.
        let saved = making.save(move |order| {
            is_saving.set(false);
            if let Some(order) = order {
                phone.replace(Field::Receipt(order));
            }
        });
        if let Err(why) = saved {
            is_saving.set(false);
            browser::focus("signing");
            refused.set(Some(match why {
                NotSaved::Refused(refusal) => {
                    words.refusal(&refusal, &phone.catalogue(), &phone.offset())
                }
                NotSaved::FiguresChanged => words.review_figures_changed().to_owned(),
            }));
        }
    };
    ui::frame(
        ui::back_bar(Field::Products.to_string(), words.products_title(), badge::badge(phone)),
        view! {
            {ui::screen_title(words.review_title().into_any(), who.into_any())}
            {move || from_receipt::reading(phone, making)}
            {content}
            {signing}
            {explanation(phone, making, explaining)}
        }
        .into_any(),
        view! {
            <div class="action-bar">
                {commission_button(phone, explaining, commission)}
                <button class="button button-primary" type="button" aria-disabled=move || (!is_priced.get() || is_saving.get()).then_some("true") on:click=save>
                    {ui::icon("check")}{words.action_save()}
                </button>
            </div>
        }
        .into_any(),
    )
}

/// What one cooperative supplies, with its date.
fn part(phone: Phone, making: Making, id: CooperativeId) -> AnyView {
    let words = phone.words;
    let name = cooperative_name(phone, &phone.device_now().catalogue(), id);
    let label = words.review_promise_for(&name);
    // A part is there as long as its cooperative is; a moment later it is taken away.
    let sub_order = Memo::new(move |_| {
        making.priced.with(|priced| {
            let priced = priced.as_ref().ok()?;
            let mut sub_orders = priced.sub_orders.iter();
            sub_orders.find(|part| part.cooperative == id).cloned()
        })
    });
    let promised_on =
        Memo::new(move |_| sub_order.with(|part| part.as_ref().map(|part| part.promised_on)));
    let on = move || {
        promised_on
            .get()
            .map_or_else(String::new, |on| on.to_string())
    };
    let said = move || {
        let said = promised_on.get().map(|on| words.date(on));
        said.map(|said| words.review_delivery_on(&said))
    };
    let choose = move |event: leptos::ev::Event| {
        // An emptied field means the usual date again.
        let chosen = event_target_value(&event).parse().ok();
        making.draft.update(|draft| {
            draft.promises.retain(|promise| promise.cooperative != id);
            draft.promises.extend(chosen.map(|on| Promise {
                cooperative: id,
                on,
            }));
            draft.signature = String::new();
        });
    };
    let products = Memo::new(move |_| {
        sub_order.with(|part| {
            let lines = part.as_ref().map_or(&[][..], |part| &part.lines);
            lines.iter().map(|line| line.product).collect::<Vec<_>>()
        })
    });
    let regime = move || {
        let regime = sub_order.with(|part| part.as_ref().map(|part| part.regime))?;
        (regime != Regime::Doorstep7d).then(|| ui::chip("", "shield", words.regime(regime)))
    };
    let gross = move || {
        let gross = sub_order.with(|part| part.as_ref()?.gross_asked().ok());
        ui::amount(gross.unwrap_or_default(), "")
    };
    let today = phone.today();
    let receipt = making.draft.with_untracked(|draft| draft.receipt);
    let (min, max) = (
        receipt
            .map_or(today, |receipt| receipt.taken_on)
            .to_string(),
        today.plus_days(limits::PROMISE_DAYS).to_string(),
    );
    view! {
        <section class="basket-part">
            <div class="basket-head">
                {cooperative_seal(&name, "")}
                <div class="list-main"><h2><bdi>{name.clone()}</bdi></h2><span>{said}</span>{regime}</div>
                <div class="list-end">{gross}</div>
            </div>
            <ul>
                <For each=move || products.get() key=|product| *product let(product)>
                    {untrack(|| line(phone, making, sub_order, product))}
                </For>
            </ul>
            <label class="field">
                <span class="visually-hidden">{label}</span>
                <input type="date" prop:value=on min=min max=max on:change=choose />
            </label>
        </section>
    }
    .into_any()
}

fn line(
    phone: Phone,
    making: Making,
    sub_order: Memo<Option<SubOrder>>,
    product: ProductId,
) -> AnyView {
    let words = phone.words;
    let catalogue = phone.device_now().catalogue();
    let name = product_name(phone, &catalogue, product);
    let unit = product_unit(phone, &catalogue, product);
    let line = Memo::new(move |_| {
        sub_order.with(|part| {
            let mut lines = part.iter().flat_map(|part| &part.lines);
            lines.find(|line| line.product == product).cloned()
        })
    });
    let price = move || {
        let price = line.with(|line| line.as_ref().map(|line| line.unit_price));
        ui::amount_text(price.unwrap_or_default())
    };
    let gross = move || {
        let gross = line.with(|line| line.as_ref().and_then(|line| line.gross(line.asked).ok()));
        ui::amount(gross.unwrap_or_default(), "amount-body")
    };
    let units = Memo::new(move |_| making.units(product));
    let removed = name.clone();
    let set = Callback::new(move |units: u32| {
        let left = making.draft.get_untracked();
        making.set_units(product, units);
        if units == 0 {
            phone.snackbar.say_with_undo(
                words.review_line_removed(&removed),
                Callback::new(move |()| making.draft.set(left.clone())),
            );
        }
    });
    view! {
        <li class="basket-line">
            {move || ui::times(grouped(units.get() as usize))}
            <span class="list-main"><span><bdi>{name.clone()}</bdi></span><span><bdi>{unit}</bdi>" · "<bdi class="number">{price}</bdi></span></span>
            {gross}
            {ui::stepper(words, name, units.into(), limits::UNITS_PER_LINE, set)}
        </li>
    }
    .into_any()
}

/// Without tax, the tax by rate, and what the customer pays.
fn sums(phone: Phone, sub_orders: &[SubOrder], total: Centimes) -> AnyView {
    let words = phone.words;
    let mut net = Centimes::ZERO;
    let mut taxes: Vec<(Ppm, Centimes)> = Vec::new();
    for line in sub_orders.iter().flat_map(|sub_order| &sub_order.lines) {
        let (line_net, gross) = (
            line.net_asked().unwrap_or_default(),
            line.gross(line.asked).unwrap_or_default(),
        );
        let tax = gross.minus(line_net).unwrap_or_default();
        net = net.plus(line_net).unwrap_or_default();
        match taxes.iter_mut().find(|(rate, _)| *rate == line.vat) {
            Some((_, sum)) => *sum = sum.plus(tax).unwrap_or_default(),
            None => taxes.push((line.vat, tax)),
        }
    }
    taxes.sort_by_key(|(rate, _)| *rate);
    let taxes: Vec<AnyView> = taxes
        .into_iter()
        .map(|(rate, tax)| view! { <div><dt>{words.review_vat(&rate.to_string())}</dt><dd>{ui::amount(tax, "amount-body")}</dd></div> }.into_any())
        .collect();
    view! {
        <dl class="sums">
            <div><dt>{words.review_without_vat()}</dt><dd>{ui::amount(net, "amount-body")}</dd></div>
            {taxes}
            <div class="total"><dt>{words.review_to_pay()}</dt><dd>{ui::amount(total, "")}</dd></div>
        </dl>
    }
    .into_any()
}

/// What the law gives the customer, before anything is signed (law 31-08, articles 45 to 50).
fn regimes(phone: Phone, catalogue: &Catalogue, sub_orders: &[SubOrder]) -> Option<AnyView> {
    let words = phone.words;
    let protected: Vec<&SubOrder> = sub_orders
        .iter()
        .filter(|sub_order| matches!(sub_order.withdrawal, Withdrawal::Open { .. }))
        .collect();
    let Withdrawal::Open { closes_at } = protected.first()?.withdrawal else {
        return None;
    };
    let last_day = words.date(phone.offset().date_at(closes_at.plus_ms(-1)));
    let text = if protected.len() == sub_orders.len() {
        words.review_withdrawal_all(&last_day)
    } else {
        let names: Vec<String> = protected
            .iter()
            .map(|sub_order| cooperative_name(phone, catalogue, sub_order.cooperative))
            .collect();
        words.review_withdrawal_some(&last_day, &names.join(words.list_separator()))
    };
    Some(ui::banner(
        "news",
        "info",
        words.review_withdrawal_title(),
        text,
    ))
}

fn signing(
    phone: Phone,
    making: Making,
    wants_signature: bool,
    refused: RwSignal<Option<String>>,
) -> AnyView {
    let words = phone.words;
    // The pad keeps the handwriting in a signal of its own, so that a stroke does not price the basket
    // anew more than once.
    let signature = RwSignal::new(making.draft.with_untracked(|draft| draft.signature.clone()));
    Effect::new(move |begun: Option<()>| {
        let written = signature.get();
        let is_kept = making
            .draft
            .with_untracked(|draft| draft.signature == written);
        // What lay on the pad at first was not written now.
        if begun.is_some() && !is_kept {
            making.sign(written);
        }
    });
    // What is signed is this basket: once it changes, the pad is empty again.
    Effect::new(move |_| {
        let kept = making.draft.with(|draft| draft.signature.clone());
        if kept.is_empty() && signature.with_untracked(|signature| !signature.is_empty()) {
            signature.set(kept);
        }
    });
    let is_outdated = Memo::new(move |_| making.draft.with(|draft| draft.is_outdated));
    let error = move || {
        let outdated = || {
            is_outdated
                .get()
                .then(|| words.review_figures_changed().to_owned())
        };
        let why = refused.get().or_else(outdated);
        why.map(|why| ui::banner("trouble", "warning", why, ""))
    };
    let pad = wants_signature.then(|| {
        let clear = view! { <button type="button" on:click=move |_| signature.set(String::new())>{words.action_clear()}</button> };
        ui::part(words.signature_title(), clear.into_any(), ui::signature_pad(words.signature_label(), words.signature_line(), signature))
    });
    let substitution = Signal::derive(move || making.draft.with(|draft| draft.substitution_agreed));
    let agree = Callback::new(move |agreed| {
        making
            .draft
            .update(|draft| draft.substitution_agreed = agreed)
    });
    let is_placed = Signal::derive(move || making.draft.with(|draft| draft.place.is_some()));
    let place = Callback::new(move |wanted: bool| {
        if !wanted {
            return making.draft.update(|draft| draft.place = None);
        }
        browser::locate(move |place| match place {
            Some(place) => making.draft.update(|draft| draft.place = Some(place)),
            None => {
                // The box must not stay ticked for a place that nobody knows.
                making.draft.update(|draft| draft.place = None);
                phone.snackbar.say(words.review_place_unknown());
            }
        });
    });
    let is_new = making.draft.with_untracked(|draft| draft.amends.is_none());
    let position = is_new.then(|| ui::check(words.review_place(), is_placed, place));
    view! {
        <div class="stack" id="signing" tabindex="-1">
            <div aria-live="assertive">{error}</div>
            {ui::check(words.review_substitution(), substitution, agree)}
            {position}
            {pad}
        </div>
    }
    .into_any()
}
