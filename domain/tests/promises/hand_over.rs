//! A hand-over file on its way: whatever happens to it, it arrives as it was or not at all.

use crate::often::cases;
use proptest::prelude::*;
use taswiq_domain::hand_over::{
    Assembly, Envelope, FRAME_BYTES, FileError, Frame, SealingKey, read_text,
};
use taswiq_domain::limits;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..8 * FRAME_BYTES)
}

/// The frames of a file in any order, each once at least.
fn shuffled() -> impl Strategy<Value = (Vec<u8>, Vec<String>)> {
    (
        bytes(),
        prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    )
        .prop_flat_map(|(bytes, again)| {
            let frames = Frame::cut(&bytes);
            let mut all = frames.clone();
            all.extend(again.iter().map(|index| index.get(&frames).clone()));
            (Just(bytes), Just(all).prop_shuffle())
        })
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn frames_in_any_order_and_several_times_are_the_file((bytes, frames) in shuffled()) {
        let message: Vec<String> = frames
            .iter()
            .enumerate()
            .map(|(index, frame)| match index % 3 {
                0 => frame.clone(),
                1 => format!("[22:14] Fatima: https://taswiq.example/H/{frame}"),
                _ => format!("  {}\r", frame.to_lowercase()),
            })
            .collect();
        prop_assert_eq!(read_text(&message.join("\n")), Ok(bytes));
    }

    #[test]
    fn without_one_frame_there_is_no_file(bytes in bytes(), missing in any::<prop::sample::Index>()) {
        let mut frames = Frame::cut(&bytes);
        let of = frames.len();
        frames.remove(missing.index(of));
        let cut = if of == 1 { FileError::Foreign } else { FileError::Cut { there: of - 1, of } };
        prop_assert_eq!(read_text(&frames.join(" ")), Err(cut));
    }

    #[test]
    fn a_frame_of_another_file_is_refused_and_changes_nothing((one, frames) in shuffled(), other in bytes()) {
        prop_assume!(one != other);
        let mut assembly = Assembly::default();
        for frame in &frames {
            assembly.take(Frame::read(frame).expect("a frame")).expect("taken");
            let foreign = Frame::read(&Frame::cut(&other)[0]).expect("a frame");
            prop_assert_eq!(assembly.take(foreign), Err(FileError::Mixed));
        }
        prop_assert_eq!(assembly.finish(), Ok(one));
    }

    #[test]
    fn a_changed_letter_is_noticed(bytes in bytes(), place in any::<prop::sample::Index>(), letter in "[A-Z2-7. /-]") {
        let whole = Frame::cut(&bytes).join("\n");
        let place = place.index(whole.len());
        let mut changed = whole.clone();
        changed.replace_range(place..=place, &letter);
        // Read as it was, where nothing was changed that counts, or not read at all.
        match read_text(&changed) {
            Ok(read) => prop_assert_eq!(read, bytes),
            Err(error) => prop_assert_ne!(changed, whole, "{}", error),
        }
    }

    #[test]
    fn whatever_text_comes_is_answered(text in "(TQ[0-9]\\.|[A-Z2-7.]|/| |\n|é){0,200}") {
        let _ = read_text(&text);
        let _ = Envelope::read(text.as_bytes());
    }
}

#[test]
fn another_text_a_later_one_and_a_frame_that_lies_are_told_apart() {
    for foreign in ["", "Bonjour", "TQ1", "TQ0.A", "https://taswiq.example/H/"] {
        assert_eq!(read_text(foreign), Err(FileError::Foreign), "{foreign}");
    }
    assert_eq!(read_text("TQ2.ABC"), Err(FileError::Newer));
    let frame = Frame::cut(b"a file").remove(0);
    for damaged in [
        frame.replace(".1.1.", ".2.1."),
        frame.replace(".1.1.", ".0.1."),
        frame.replace(".1.1.", ".1.99999999."),
        frame[..frame.len() - 1].to_owned(),
        "TQ1.".to_owned(),
        // Nothing in it, and the right check of that.
        "TQ1.PA5XCRLN".to_owned(),
    ] {
        assert_eq!(read_text(&damaged), Err(FileError::Damaged), "{damaged}");
    }
}

#[test]
fn a_file_says_its_version_and_whose_key_opens_it_and_nothing_else() {
    let mut point = [7; 65];
    point[0] = 4;
    let key = SealingKey::new(&point).expect("a point");
    let file = Envelope::write(&Envelope::header(&key), &point, &[0; 16]);
    let envelope = Envelope::read(&file).expect("a file");
    assert_eq!(
        (envelope.key, envelope.encapsulated, envelope.sealed),
        (key.name(), &point[..], &[0; 16][..])
    );
    assert_eq!(Envelope::read(b"%PDF-1.7"), Err(FileError::Foreign));
    assert_eq!(Envelope::read(&file[..60]), Err(FileError::Damaged));
    let mut later = file.clone();
    later[4] = 2;
    assert_eq!(Envelope::read(&later), Err(FileError::Newer));
    assert!(SealingKey::new(&[4; 64]).is_err());
    assert!(SealingKey::new(&[2; 65]).is_err());
}

#[test]
fn a_frame_is_what_a_code_packs_densely() {
    let file = vec![0xA5; 3 * FRAME_BYTES];
    for frame in Frame::cut(&file) {
        // The letters of a QR code's alphanumeric mode, and no more than one of 77 dots a side holds with a
        // sixth of it covered, behind an address of fifty letters.
        assert!(
            frame
                .bytes()
                .all(|letter| matches!(letter, b'0'..=b'9' | b'A'..=b'Z' | b'.')),
            "{frame}"
        );
        assert!(frame.len() + 50 <= 600, "{}", frame.len());
    }
    let largest = Frame::cut(&vec![1; limits::HAND_OVER_FILE_BYTES]);
    let text: usize = largest.iter().map(|frame| frame.len() + 1).sum();
    assert!(text <= limits::HAND_OVER_TEXT_BYTES, "{text}");
}
