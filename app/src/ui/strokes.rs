//! Handwriting as text: what a signature is stored and sent as.
//!
//! A pad is 656 × 384 points. A stroke is its first point (two letters for each coordinate), then a
//! letter for each step to the right and each step down, of −31 to 31; strokes are apart by `;`. A
//! long step is several. The same text always draws the same lines.

/// Points across.
pub const WIDTH: i32 = 656;
/// Points down.
pub const HEIGHT: i32 = 384;

const ALPHABET: &[u8; 63] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
const STEP_MAX: i32 = 31;

/// A stroke as points within the pad.
pub type Stroke = Vec<(i32, i32)>;

/// Writes strokes in at most `bytes_max` bytes: the longer they are, the fewer points are kept.
pub fn encode(strokes: &[Stroke], bytes_max: usize) -> String {
    let mut apart = 2;
    loop {
        let text = encode_with(strokes, apart);
        if text.len() <= bytes_max {
            return text;
        }
        if apart > WIDTH {
            // More strokes than even their beginnings fit in: a scribble, cut where it fits.
            let end = text[..bytes_max].rfind(';').unwrap_or(0);
            return text[..end].to_owned();
        }
        apart *= 2;
    }
}

fn encode_with(strokes: &[Stroke], apart: i32) -> String {
    let mut text = String::new();
    for stroke in strokes {
        let Some(&first) = stroke.first() else {
            continue;
        };
        if !text.is_empty() {
            text.push(';');
        }
        let mut at = (first.0.clamp(0, WIDTH - 1), first.1.clamp(0, HEIGHT - 1));
        for coordinate in [at.0, at.1] {
            text.push(letter(coordinate / 63));
            text.push(letter(coordinate % 63));
        }
        for (index, point) in stroke.iter().enumerate().skip(1) {
            let to = (point.0.clamp(0, WIDTH - 1), point.1.clamp(0, HEIGHT - 1));
            let is_last = index + 1 == stroke.len();
            while at != to {
                let (right, down) = (to.0 - at.0, to.1 - at.1);
                if !is_last && right.abs() < apart && down.abs() < apart {
                    break;
                }
                let step = (
                    right.clamp(-STEP_MAX, STEP_MAX),
                    down.clamp(-STEP_MAX, STEP_MAX),
                );
                text.push(letter(step.0 + STEP_MAX));
                text.push(letter(step.1 + STEP_MAX));
                at = (at.0 + step.0, at.1 + step.1);
            }
        }
    }
    text
}

/// Reads strokes. What is not readable is left out: a drawing must not stop a page.
pub fn decode(text: &str) -> Vec<Stroke> {
    text.split(';')
        .filter_map(|stroke| decode_stroke(stroke.as_bytes()))
        .collect()
}

fn decode_stroke(letters: &[u8]) -> Option<Stroke> {
    let values: Vec<i32> = letters
        .iter()
        .map(|letter| value(*letter))
        .collect::<Option<_>>()?;
    let [x1, x2, y1, y2, steps @ ..] = values.as_slice() else {
        return None;
    };
    let mut at = (x1 * 63 + x2, y1 * 63 + y2);
    let mut stroke = vec![at];
    for step in steps.chunks_exact(2) {
        at = (at.0 + step[0] - STEP_MAX, at.1 + step[1] - STEP_MAX);
        stroke.push(at);
    }
    Some(stroke)
}

/// The strokes as the path of a drawing of [`WIDTH`] × [`HEIGHT`].
pub fn path(text: &str) -> String {
    let mut path = String::new();
    for stroke in decode(text) {
        for (index, (x, y)) in stroke.iter().enumerate() {
            path.push(if index == 0 { 'M' } else { 'L' });
            path.push_str(&x.to_string());
            path.push(' ');
            path.push_str(&y.to_string());
        }
        if stroke.len() == 1 {
            // A dot: a line to itself with round ends.
            path.push_str("h0");
        }
    }
    path
}

fn letter(value: i32) -> char {
    char::from(ALPHABET[value.clamp(0, 62) as usize])
}

fn value(letter: u8) -> Option<i32> {
    ALPHABET
        .iter()
        .position(|known| *known == letter)
        .map(|index| index as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use taswiq_domain::limits::SIGNATURE_BYTES;

    #[test]
    fn ends_of_strokes_are_kept_to_the_point() {
        let strokes = vec![
            vec![(10, 10), (11, 10), (80, 300), (655, 383)],
            vec![(0, 383)],
        ];
        let read = decode(&encode(&strokes, SIGNATURE_BYTES));
        assert_eq!(read.len(), 2);
        assert_eq!(
            (read[0].first(), read[0].last()),
            (Some(&(10, 10)), Some(&(655, 383)))
        );
        assert_eq!(read[1], vec![(0, 383)]);
    }

    #[test]
    fn what_leaves_the_pad_is_brought_back() {
        let read = decode(&encode(&[vec![(-5, 900), (700, -3)]], SIGNATURE_BYTES));
        assert_eq!(
            (read[0].first(), read[0].last()),
            (Some(&(0, 383)), Some(&(655, 0)))
        );
    }

    #[test]
    fn a_long_scribble_fits_the_limit_and_can_be_read_back() {
        let scribble: Stroke = (0..20_000)
            .map(|step| ((step * 7) % WIDTH, (step * 13) % HEIGHT))
            .collect();
        let dots: Vec<Stroke> = (0..5_000)
            .map(|dot| vec![(dot % WIDTH, dot % HEIGHT)])
            .collect();
        for strokes in [vec![scribble.clone(), scribble], dots] {
            let text = encode(&strokes, SIGNATURE_BYTES);
            assert!(
                !text.is_empty() && text.len() <= SIGNATURE_BYTES,
                "{}",
                text.len()
            );
            assert!(
                decode(&text)
                    .iter()
                    .flatten()
                    .all(|(x, y)| (0..WIDTH).contains(x) && (0..HEIGHT).contains(y))
            );
        }
    }

    #[test]
    fn reading_and_writing_again_changes_nothing() {
        let text = encode(&[vec![(5, 5), (40, 90), (44, 95)]], SIGNATURE_BYTES);
        assert_eq!(encode(&decode(&text), SIGNATURE_BYTES), text);
    }

    #[test]
    fn nonsense_draws_nothing() {
        assert!(decode("").is_empty() && decode("é;!;AB").is_empty());
        assert_eq!(path("AAAA"), "M0 0h0");
    }
}
