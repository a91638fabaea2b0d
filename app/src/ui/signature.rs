//! The pad on which a customer signs by hand, with a finger, a pen, or the keys.

use super::strokes::{self, HEIGHT, Stroke, WIDTH};
use leptos::html::Canvas;
use leptos::prelude::*;
use taswiq_domain::limits::SIGNATURE_BYTES;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, KeyboardEvent, PointerEvent};

/// How far a key moves the pen.
const KEY_STEP: i32 = 12;
/// The pad is white paper by day and by night, so its ink is dark by day and by night.
const INK: &str = "#1e1b16";

/// A pad whose handwriting is kept in `value` as [`strokes`]. An emptied `value` empties the pad.
///
/// Who cannot draw uses the keys: the space bar sets the pen down and lifts it, the arrows move it.
pub fn signature_pad(label: &'static str, line: &'static str, value: RwSignal<String>) -> AnyView {
    let canvas = NodeRef::<Canvas>::new();
    let drawn = StoredValue::new(strokes::decode(&value.get_untracked()));
    let pen = StoredValue::new(Pen::default());
    let keep =
        move || value.set(drawn.with_value(|strokes| strokes::encode(strokes, SIGNATURE_BYTES)));
    Effect::new(move |_| {
        let Some(canvas) = canvas.get() else { return };
        if value.with(String::is_empty) {
            drawn.set_value(Vec::new());
        }
        paint(&canvas, drawn);
    });
    let begin = move |event: PointerEvent| {
        let Some(canvas) = canvas.get_untracked() else {
            return;
        };
        event.prevent_default();
        // Without the capture a stroke that leaves the pad would never end.
        drop(canvas.set_pointer_capture(event.pointer_id()));
        drawn.update_value(|strokes| strokes.push(vec![point(&canvas, &event)]));
        pen.set_value(Pen {
            is_down: true,
            at: point(&canvas, &event),
        });
        paint(&canvas, drawn);
    };
    let go_on = move |event: PointerEvent| {
        let Some(canvas) = canvas
            .get_untracked()
            .filter(|_| pen.with_value(|pen| pen.is_down))
        else {
            return;
        };
        let to = point(&canvas, &event);
        drawn.update_value(|strokes| {
            strokes
                .last_mut()
                .into_iter()
                .for_each(|stroke| stroke.push(to))
        });
        line_between(&canvas, pen.with_value(|pen| pen.at), to);
        pen.update_value(|pen| pen.at = to);
    };
    let end = move |_: PointerEvent| {
        if pen.with_value(|pen| pen.is_down) {
            pen.update_value(|pen| pen.is_down = false);
            keep();
        }
    };
    let by_key = move |event: KeyboardEvent| {
        let Some(canvas) = canvas.get_untracked() else {
            return;
        };
        let (right, down) = match event.key().as_str() {
            "ArrowLeft" => (-KEY_STEP, 0),
            "ArrowRight" => (KEY_STEP, 0),
            "ArrowUp" => (0, -KEY_STEP),
            "ArrowDown" => (0, KEY_STEP),
            " " => (0, 0),
            _ => return,
        };
        event.prevent_default();
        pen.update_value(|pen| {
            if (right, down) == (0, 0) {
                pen.is_down = !pen.is_down;
                if pen.is_down {
                    drawn.update_value(|strokes| strokes.push(vec![pen.at]));
                }
            }
            pen.at = (
                (pen.at.0 + right).clamp(0, WIDTH - 1),
                (pen.at.1 + down).clamp(0, HEIGHT - 1),
            );
            if pen.is_down {
                drawn.update_value(|strokes| {
                    strokes
                        .last_mut()
                        .into_iter()
                        .for_each(|stroke| stroke.push(pen.at))
                });
            }
        });
        keep();
        paint(&canvas, drawn);
        mark(&canvas, pen.with_value(|pen| pen.at));
    };
    view! {
        <div class="signature-pad">
            <canvas
                node_ref=canvas
                width=WIDTH.to_string()
                height=HEIGHT.to_string()
                tabindex="0"
                role="img"
                aria-label=label
                on:pointerdown=begin
                on:pointermove=go_on
                on:pointerup=end
                on:pointercancel=end
                on:keydown=by_key
            ></canvas>
            <span class="signature-line" aria-hidden="true">{line}</span>
        </div>
    }
    .into_any()
}

#[derive(Clone, Copy)]
struct Pen {
    is_down: bool,
    at: (i32, i32),
}

impl Default for Pen {
    fn default() -> Self {
        Self {
            is_down: false,
            at: (WIDTH / 4, HEIGHT / 2),
        }
    }
}

fn point(canvas: &HtmlCanvasElement, event: &PointerEvent) -> (i32, i32) {
    let (width, height) = (canvas.client_width().max(1), canvas.client_height().max(1));
    (
        event.offset_x() * WIDTH / width,
        event.offset_y() * HEIGHT / height,
    )
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.set_stroke_style_str(INK);
    context.set_line_width(5.0);
    context.set_line_cap("round");
    context.set_line_join("round");
    Some(context)
}

fn paint(canvas: &HtmlCanvasElement, drawn: StoredValue<Vec<Stroke>>) {
    let Some(context) = context(canvas) else {
        return;
    };
    context.clear_rect(0.0, 0.0, f64::from(WIDTH), f64::from(HEIGHT));
    drawn.with_value(|strokes| {
        for stroke in strokes {
            context.begin_path();
            for (index, (x, y)) in stroke.iter().enumerate() {
                if index == 0 {
                    context.move_to(f64::from(*x), f64::from(*y));
                }
                context.line_to(f64::from(*x), f64::from(*y));
            }
            context.stroke();
        }
    });
}

fn line_between(canvas: &HtmlCanvasElement, from: (i32, i32), to: (i32, i32)) {
    let Some(context) = context(canvas) else {
        return;
    };
    context.begin_path();
    context.move_to(f64::from(from.0), f64::from(from.1));
    context.line_to(f64::from(to.0), f64::from(to.1));
    context.stroke();
}

/// Where the pen is, for who moves it with the keys.
fn mark(canvas: &HtmlCanvasElement, at: (i32, i32)) {
    let Some(context) = context(canvas) else {
        return;
    };
    context.set_line_width(2.0);
    context.stroke_rect(f64::from(at.0 - 8), f64::from(at.1 - 8), 16.0, 16.0);
}
