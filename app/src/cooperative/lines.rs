//! The lines of a part, with figures that go from step to step: asked → confirmed → packed → taken.

use super::desk::Desk;
use super::part::Part;
use crate::ui;
use leptos::prelude::*;
use std::collections::BTreeMap;
use taswiq_domain::order::Line;
use taswiq_domain::order::event::LineUnits;

/// The units of each line that a person is about to give, by line number.
#[derive(Clone, Copy)]
pub struct Given {
    units: RwSignal<BTreeMap<u16, u32>>,
}

impl Given {
    /// Starts with what `read` says of each line.
    pub fn start(part: &Part, read: impl Fn(&Line) -> u32) -> Self {
        let units = part
            .sub_order()
            .lines
            .iter()
            .map(|line| (line.number, read(line)))
            .collect();
        Self {
            units: RwSignal::new(units),
        }
    }

    pub fn of(self, line: u16) -> u32 {
        self.units
            .with(|units| units.get(&line).copied().unwrap_or(0))
    }

    pub fn total(self) -> u32 {
        self.units.with(|units| units.values().sum())
    }

    /// What goes into a command.
    pub fn lines(self) -> Vec<LineUnits> {
        self.units.with_untracked(|units| {
            units
                .iter()
                .map(|(line, units)| LineUnits {
                    line: *line,
                    units: *units,
                })
                .collect()
        })
    }

    fn set(self, line: u16, units: u32) {
        self.units.update(|all| {
            all.insert(line, units);
        });
    }
}

/// What the two figures of a line are called, and what is said when the second is the smaller one.
#[derive(Clone, Copy)]
pub struct Step {
    pub before: &'static str,
    pub after: &'static str,
    pub label: fn(crate::words::Words, &str) -> String,
    pub short: Option<fn(crate::words::Words, usize) -> String>,
}

/// A line with its drawing, the figure before, and a stepper for the figure after.
pub fn line(desk: Desk, line: &Line, before: u32, given: Given, step: Step) -> AnyView {
    let words = desk.phone.words;
    let number = line.number;
    let name = desk.product_name(line.product);
    let unit = desk.product_unit(line.product);
    let units = Signal::derive(move || given.of(number));
    let short = move || {
        let missing = before.saturating_sub(units.get());
        step.short
            .filter(|_| missing > 0)
            .map(|short| view! { <span class="short">{short(words, missing as usize)}</span> })
    };
    let set = Callback::new(move |units| given.set(number, units));
    view! {
        <div class="stack stack-tight">
            <div class="confirm-what">
                <span class="niche niche-small">{ui::drawing(&desk.picture(line.product))}</span>
                <span class="list-main"><bdi>{name.clone()}</bdi><bdi class="small muted">{unit}</bdi></span>
            </div>
            <div class="partial-stepper" data-short=move || (units.get() < before).then_some("")>
                <span class="asked">{step.before}<strong class="number">{crate::words::grouped(before as usize)}</strong></span>
                {ui::icon("arrow")}
                <div class="confirming">{step.after}{ui::stepper(words, (step.label)(words, &name), units, before, set)}</div>
                {short}
            </div>
        </div>
    }
    .into_any()
}
