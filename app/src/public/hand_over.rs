//! Where anybody brings what somebody's phone could not send: a file, a text, or codes read from its screen.

use leptos::prelude::*;

use super::document::Setting;
use super::entrance::doorway;
use crate::ui::{banner, icon};

/// What the page says of what was brought before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// What was taken in, if anything was.
    pub taken: Option<Taken>,
    /// Why something was not.
    pub trouble: Option<Trouble>,
    /// A part of a file that came in the address, as a camera app opens it.
    pub part: String,
}

/// How many acts a file had, by what became of them. Nothing of what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// They came now.
    pub received: usize,
    /// They had come before.
    pub known: usize,
    /// Somebody in the office looks at them first.
    pub parked: usize,
    /// An earlier file of the same phone is missing.
    pub waiting: usize,
}

/// Why nothing was taken from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There was neither file nor text.
    Nothing,
    /// Some other file.
    Foreign,
    /// Made by a build that is newer or older than this server understands.
    AnotherVersion,
    /// It is not as it was written.
    Damaged,
    /// Parts are missing.
    Cut {
        /// So many are there.
        there: usize,
        /// Of so many.
        of: usize,
    },
    /// Parts of several files.
    Mixed,
    /// Made for the server of somebody else.
    AnotherServer,
    /// This server does not know the phone.
    UnknownDevice,
    /// More than is taken at once.
    TooLarge,
    /// Too many files that were none, from one address.
    TooManyTries {
        /// Wait this long.
        minutes: usize,
    },
    /// The server is busy.
    Busy,
}

/// The page.
pub fn hand_over(setting: &Setting, brought: &Brought) -> String {
    let words = setting.words;
    let title = words.public_hand_over_title();
    let taken = brought.taken.map(|taken| taken_in(setting, taken));
    let trouble = brought.trouble.map(|trouble| {
        let (title, text) = told(setting, trouble);
        view! { <div role="alert">{banner("trouble", "warning", title, text)}</div> }
    });
    // Who is through reads what to tell, and nothing else.
    let is_over =
        brought.trouble.is_none() && brought.taken.is_some_and(|taken| taken.waiting == 0);
    let next = if is_over {
        view! { <a class="button button-wide" href="/hand-over">{icon("upload")} {words.public_hand_over_another()}</a> }.into_any()
    } else {
        form(setting, &brought.part).into_any()
    };
    let inside = view! {
        <h1>{title}</h1>
        {taken}
        {trouble}
        {next}
    };
    doorway(setting, title, inside)
}

fn form(setting: &Setting, part: &str) -> impl IntoView + use<> {
    let words = setting.words;
    let script = setting.assets.url("hand-over.js");
    let (part, shown) = (part.to_owned(), part.to_owned());
    view! {
        <p>{words.public_hand_over_text()}</p>
        <form class="stack" method="post" action="/hand-over" enctype="multipart/form-data"
            data-offline=words.public_hand_over_offline() data-part=part
            data-counted=words.public_hand_over_scan_counted("{there}", "{of}") data-done=words.public_hand_over_scan_done()
            data-more=words.public_hand_over_scan_more() data-other=words.public_hand_over_scan_other()
            data-no-camera=words.public_hand_over_scan_no_camera()>
            // Shown by the script, where the browser reads codes.
            <div class="scanner stack" hidden=true>
                <video muted=true playsinline=true hidden=true aria-label=words.public_hand_over_scan()></video>
                <p role="status"></p>
                <div class="button-group">
                    <button class="button" type="button" data-scan="" data-stop=words.public_hand_over_scan_stop() hidden=true>{icon("camera")}<span>{words.public_hand_over_scan()}</span></button>
                    <button class="button button-quiet" type="button" data-again="" hidden=true>{icon("undo")}{words.public_hand_over_scan_again()}</button>
                </div>
            </div>
            <div class="field">
                <label for="file">{words.public_hand_over_file()}</label>
                <span class="field-hint" id="file-hint">{words.public_hand_over_file_hint()}</span>
                <input class="input" id="file" name="file" type="file" multiple=true accept=".txt,text/plain" aria-describedby="file-hint"/>
            </div>
            <div class="field">
                <label for="text">{words.public_hand_over_paste()}</label>
                <textarea class="input code" id="text" name="text" rows="3" dir="ltr" spellcheck="false" autocapitalize="characters" autocomplete="off">{crate::ui::within_textarea(&shown)}</textarea>
            </div>
            <button class="button button-primary button-wide" type="submit">{icon("upload")} {words.public_hand_over_submit()}</button>
        </form>
        <p class="muted small">{words.public_hand_over_sealed()}</p>
        <script type="module" src=script></script>
    }
}

fn taken_in(setting: &Setting, taken: Taken) -> AnyView {
    let words = setting.words;
    let is_in = taken.received + taken.known + taken.parked > 0;
    let counted: Vec<String> = [
        (
            taken.received,
            words.public_hand_over_received(taken.received),
        ),
        (taken.known, words.public_hand_over_known(taken.known)),
        (taken.parked, words.public_hand_over_parked(taken.parked)),
        (taken.waiting, words.public_hand_over_waiting(taken.waiting)),
    ]
    .into_iter()
    .filter_map(|(count, said)| (count > 0).then_some(said))
    .collect();
    let lines: Vec<_> = counted
        .into_iter()
        .map(|said| view! { <li>{said}</li> })
        .collect();
    let heading = if is_in {
        banner("done", "cloud-done", words.public_hand_over_taken(), "")
    } else {
        banner("waiting", "hourglass", words.public_hand_over_not_yet(), "")
    };
    let say = if taken.waiting > 0 {
        words.public_hand_over_say_earlier()
    } else {
        words.public_hand_over_say()
    };
    view! {
        <div class="stack" role="status">
            {heading}
            <ul class="stack-tight">{lines}</ul>
            <p>{say}</p>
        </div>
    }
    .into_any()
}

fn told(setting: &Setting, trouble: Trouble) -> (String, String) {
    let words = setting.words;
    let (title, text) = match trouble {
        Trouble::Nothing => (
            words.public_hand_over_nothing(),
            words.public_hand_over_nothing_text(),
        ),
        Trouble::Foreign => (
            words.public_hand_over_foreign(),
            words.public_hand_over_foreign_text(),
        ),
        Trouble::AnotherVersion => (
            words.public_hand_over_version(),
            words.public_hand_over_version_text(),
        ),
        Trouble::Damaged => (
            words.public_hand_over_damaged(),
            words.public_hand_over_damaged_text(),
        ),
        Trouble::Cut { there, of } => {
            let text = words.public_hand_over_cut_text(&there.to_string(), &of.to_string());
            return (words.public_hand_over_cut().to_owned(), text);
        }
        Trouble::Mixed => (
            words.public_hand_over_mixed(),
            words.public_hand_over_mixed_text(),
        ),
        Trouble::AnotherServer => (
            words.public_hand_over_another_server(),
            words.public_hand_over_another_server_text(),
        ),
        Trouble::UnknownDevice => (
            words.public_hand_over_unknown(),
            words.public_hand_over_unknown_text(),
        ),
        Trouble::TooLarge => (
            words.public_sorry_too_large(),
            words.public_sorry_too_large_text(),
        ),
        Trouble::TooManyTries { minutes } => {
            return (words.public_trouble_tries(minutes), String::new());
        }
        Trouble::Busy => (words.public_sorry_busy(), words.public_sorry_busy_text()),
    };
    (title.to_owned(), text.to_owned())
}
