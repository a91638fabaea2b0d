//! From a text to glyphs, in the order in which they stand on the paper.
//!
//! A text is first made *plain* ([`plain`]): what cannot be seen is taken out, and each figure is kept
//! whole, for otherwise the Arabic letters around `1 234,50 DH` or `−5 %` would turn it around. Then it is
//! broken into lines, each line into runs of one direction (the Unicode bidirectional algorithm), and each
//! run is shaped: Arabic letters joined, marks placed.
//!
//! Widths are whole units of the typeface, 2048 to the size of the type, so nothing is rounded before it
//! is drawn.

use crate::Direction;
use rustybuzz::ttf_parser::GlyphId;
use rustybuzz::{BufferClusterLevel, GlyphBuffer, ShapePlan, UnicodeBuffer, script};
use std::collections::BTreeMap;
use std::ops::Range;
use unicode_bidi::{Level, ParagraphBidiInfo};

/// A text longer than this is cut. No cell shows as much, and nobody typed it in earnest.
const CHARACTERS_MAX: usize = 1_500;
/// Marks on one letter: a shadda, a vowel and one more. A tower of them would leave its line.
const MARKS_MAX: usize = 3;

/// The two weights of the typeface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Semibold,
}

/// The typeface in both weights, ready to shape.
pub struct Typeface {
    regular: Face,
    semibold: Face,
}

/// The typeface that is part of the program cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the typeface of the papers cannot be read")]
pub struct Unreadable;

impl Typeface {
    /// Reads the typeface.
    pub fn read() -> Result<Self, Unreadable> {
        let regular = include_bytes!("../fonts/vazirmatn-regular.ttf");
        let semibold = include_bytes!("../fonts/vazirmatn-semibold.ttf");
        Ok(Self {
            regular: Face::read(regular)?,
            semibold: Face::read(semibold)?,
        })
    }

    /// One weight of it.
    pub const fn face(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Semibold => &self.semibold,
        }
    }
}

/// One weight of the typeface.
pub struct Face {
    pub bytes: &'static [u8],
    shaper: rustybuzz::Face<'static>,
    leftward: ShapePlan,
    rightward: ShapePlan,
}

/// A glyph at its place in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glyph {
    /// Its number in the typeface.
    pub id: u16,
    /// How far the next one stands.
    pub advance: i32,
    /// How far it is drawn from its place.
    pub right: i32,
    pub up: i32,
    /// The letters that it shows, in [`Line::text`]; empty for a mark that belongs to the glyph beside it.
    pub letters: Range<usize>,
}

/// A line of text, shaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The letters in the order in which they are read.
    pub text: String,
    /// The glyphs from left to right.
    pub glyphs: Vec<Glyph>,
    /// The sum of their advances.
    pub width: i32,
}

impl Face {
    fn read(bytes: &'static [u8]) -> Result<Self, Unreadable> {
        let shaper = rustybuzz::Face::from_slice(bytes, 0).ok_or(Unreadable)?;
        let plan = |direction, script| ShapePlan::new(&shaper, direction, Some(script), None, &[]);
        let leftward = plan(rustybuzz::Direction::RightToLeft, script::ARABIC);
        let rightward = plan(rustybuzz::Direction::LeftToRight, script::LATIN);
        Ok(Self {
            bytes,
            shaper,
            leftward,
            rightward,
        })
    }

    /// Units to the size of the type.
    pub fn units_per_em(&self) -> i32 {
        self.shaper.units_per_em()
    }

    /// The advance that the typeface itself gives a glyph.
    pub fn own_advance(&self, glyph: u16) -> i32 {
        i32::from(self.shaper.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0))
    }

    pub fn metrics(&self) -> Metrics {
        let bounds = self.shaper.global_bounding_box();
        Metrics {
            ascent: self.shaper.ascender(),
            descent: self.shaper.descender(),
            capital: self.shaper.capital_height().unwrap_or(0),
            bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max],
        }
    }

    /// A text on one line, however long.
    pub fn line(&self, text: &str, direction: Direction) -> Line {
        self.shape(&plain(text), direction)
    }

    /// A text in lines of `width` at most; where there would be more than `lines_max`, the last one ends
    /// in an ellipsis.
    pub fn lines(
        &self,
        text: &str,
        direction: Direction,
        width: i32,
        lines_max: usize,
    ) -> Vec<Line> {
        let text = plain(text);
        let advances = self.advances(&text, direction);
        let mut lines = Vec::new();
        let mut rest = 0..text.len();
        while !rest.is_empty() && lines.len() < lines_max {
            let begin = rest.start;
            if lines.len() + 1 == lines_max {
                let reached = reach(&text, &advances, begin, width);
                if reached == text.len() {
                    let whole = self.shape(&text[begin..], direction);
                    if whole.width <= width {
                        lines.push(whole);
                        break;
                    }
                }
                lines.push(self.cut(&text[begin..reached], direction, width));
                break;
            }
            let mut end = fitting(&text, &advances, begin, width);
            let mut line = self.shape(text[begin..end].trim_end(), direction);
            // Letters at a break inside a word take other forms, which may be wider.
            while line.width > width {
                match text[begin..end].char_indices().next_back() {
                    Some((at, _)) if at > 0 => end = begin + at,
                    _ => break,
                }
                line = self.shape(&text[begin..end], direction);
            }
            if line.width <= width {
                lines.push(line);
            }
            let following = &text[end..];
            rest.start = end + (following.len() - following.trim_start_matches(' ').len());
        }
        lines
    }

    /// As much of the text as stands before an ellipsis in `width`.
    fn cut(&self, text: &str, direction: Direction, width: i32) -> Line {
        for (end, _) in text.char_indices().rev() {
            let mut shown = text[..end].trim_end().to_owned();
            close_isolates(&mut shown);
            shown.push('…');
            let line = self.shape(&shown, direction);
            if line.width <= width {
                return line;
            }
        }
        Line::default()
    }

    /// How far each letter reaches, by its place in the text. What is drawn together counts for its first.
    fn advances(&self, text: &str, direction: Direction) -> BTreeMap<usize, i32> {
        let mut advances = BTreeMap::new();
        for glyph in self.shape(text, direction).glyphs {
            *advances.entry(glyph.letters.start).or_default() += glyph.advance;
        }
        advances
    }

    fn shape(&self, text: &str, direction: Direction) -> Line {
        let mut line = Line {
            text: text.to_owned(),
            ..Line::default()
        };
        if text.is_empty() {
            return line;
        }
        if direction == Direction::LeftToRight && !text.chars().any(turns) {
            self.shape_run(&mut line, 0..text.len(), Level::ltr());
            return line;
        }
        let level = match direction {
            Direction::LeftToRight => Level::ltr(),
            Direction::RightToLeft => Level::rtl(),
        };
        let order = ParagraphBidiInfo::new(text, Some(level));
        let (levels, runs) = order.visual_runs(0..text.len());
        for run in runs {
            let level = levels[run.start];
            self.shape_run(&mut line, run, level);
        }
        line
    }

    fn shape_run(&self, line: &mut Line, run: Range<usize>, level: Level) {
        let mut buffer = UnicodeBuffer::new();
        for (at, letter) in line.text[run.clone()].char_indices() {
            if !is_mark_of_direction(letter) {
                buffer.add(letter, (run.start + at) as u32);
            }
        }
        let (plan, direction, script) = if level.is_rtl() {
            (
                &self.leftward,
                rustybuzz::Direction::RightToLeft,
                script::ARABIC,
            )
        } else {
            (
                &self.rightward,
                rustybuzz::Direction::LeftToRight,
                script::LATIN,
            )
        };
        buffer.set_direction(direction);
        buffer.set_script(script);
        buffer.set_cluster_level(BufferClusterLevel::MonotoneCharacters);
        let shaped = rustybuzz::shape_with_plan(&self.shaper, plan, buffer);
        self.take(line, &shaped, run.end);
    }

    fn take(&self, line: &mut Line, shaped: &GlyphBuffer, run_end: usize) {
        let infos = shaped.glyph_infos();
        // A glyph shows the letters from its own to the next one's. Where several show the same letters, the
        // widest is the letter and the others are its marks.
        let mut letters: BTreeMap<usize, (usize, i32)> = BTreeMap::new();
        for (index, info) in infos.iter().enumerate() {
            let advance = self.own_advance(info.glyph_id as u16);
            let widest = letters
                .entry(info.cluster as usize)
                .or_insert((index, advance));
            if advance > widest.1 {
                *widest = (index, advance);
            }
        }
        for (index, (info, position)) in infos.iter().zip(shaped.glyph_positions()).enumerate() {
            let begin = info.cluster as usize;
            let is_letter = letters.get(&begin).is_some_and(|widest| widest.0 == index);
            let end = match letters.range(begin + 1..).next() {
                _ if !is_letter => begin,
                Some((next, _)) => *next,
                None => run_end,
            };
            let letters = begin..end;
            // The typeface draws the narrow space between thousands as a hair; a fifth is what is meant.
            let advance = if line.text[begin..].starts_with('\u{202f}') {
                self.units_per_em() / 5
            } else {
                position.x_advance
            };
            line.width += advance;
            line.glyphs.push(Glyph {
                id: info.glyph_id as u16,
                advance,
                right: position.x_offset,
                up: position.y_offset,
                letters,
            });
        }
    }
}

/// What a file says about a face.
#[derive(Clone, Copy, Debug)]
pub struct Metrics {
    pub ascent: i16,
    pub descent: i16,
    pub capital: i16,
    pub bounds: [i16; 4],
}

/// The direction of the first letter that has one, as a browser's `dir="auto"` takes it.
pub fn direction_of(text: &str, otherwise: Direction) -> Direction {
    match unicode_bidi::get_base_direction(text) {
        unicode_bidi::Direction::Ltr => Direction::LeftToRight,
        unicode_bidi::Direction::Rtl => Direction::RightToLeft,
        unicode_bidi::Direction::Mixed => otherwise,
    }
}

/// The text with nothing in it that is not seen, and each figure kept whole.
///
/// Embeddings and overrides go: with them, a name could show a sum backwards. Isolates stay, since who writes the
/// sentences may need them and they cannot reach out of their own text.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let (mut characters, mut marks) = (0, 0);
    for letter in text.chars() {
        let letter = match letter {
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
            '\u{202a}'..='\u{202e}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => continue,
            letter if letter.is_control() => continue,
            letter => letter,
        };
        marks = if is_mark(letter) { marks + 1 } else { 0 };
        if marks > MARKS_MAX || (letter == ' ' && (plain.is_empty() || plain.ends_with(' '))) {
            continue;
        }
        characters += 1;
        if characters > CHARACTERS_MAX {
            plain.push('…');
            break;
        }
        plain.push(letter);
    }
    plain.truncate(plain.trim_end_matches(' ').len());
    if plain.chars().any(turns) {
        with_figures_whole(&plain)
    } else {
        plain
    }
}

/// Puts each figure of the text into an isolate that is read from left to right: an amount with its sign
/// and its unit, a date, a telephone number, a code of letters and digits.
fn with_figures_whole(text: &str) -> String {
    let mut whole = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut before = ' ';
    while let Some(letter) = rest.chars().next() {
        let figure = if before.is_alphanumeric() {
            0
        } else {
            figure_length(rest)
        };
        if figure > 0 {
            whole.push('\u{2066}');
            whole.push_str(&rest[..figure]);
            whole.push('\u{2069}');
            before = '0';
            rest = &rest[figure..];
        } else {
            whole.push(letter);
            before = letter;
            rest = &rest[letter.len_utf8()..];
        }
    }
    whole
}

/// How many bytes of the beginning are a figure; none where it does not begin with one.
fn figure_length(text: &str) -> usize {
    let unsigned = text.strip_prefix(['−', '-', '+']).unwrap_or(text);
    let sign = text.len() - unsigned.len();
    let (mut end, mut has_digit, mut between) = (0, false, false);
    for (at, letter) in unsigned.char_indices() {
        match letter {
            letter if letter.is_ascii_alphanumeric() => {
                end = at + 1;
                has_digit |= letter.is_ascii_digit();
                between = false;
            }
            ',' | '.' | ':' | '/' | '-' | '\u{a0}' | '\u{202f}' if end > 0 && !between => {
                between = true;
            }
            _ => break,
        }
    }
    if !has_digit {
        return 0;
    }
    let after = &unsigned[end..];
    let spaced = after
        .strip_prefix(['\u{a0}', '\u{202f}', ' '])
        .unwrap_or(after);
    for unit in ["DH", "%"] {
        if let Some(beyond) = spaced.strip_prefix(unit)
            && !beyond.starts_with(char::is_alphanumeric)
        {
            return text.len() - beyond.len();
        }
    }
    sign + end
}

fn close_isolates(text: &mut String) {
    let open = text.chars().fold(0usize, |open, letter| match letter {
        '\u{2066}'..='\u{2068}' => open + 1,
        '\u{2069}' => open.saturating_sub(1),
        _ => open,
    });
    text.extend(std::iter::repeat_n('\u{2069}', open));
}

/// The last letter that begins within `width`, counted from `begin`.
fn reach(text: &str, advances: &BTreeMap<usize, i32>, begin: usize, width: i32) -> usize {
    let mut reached = 0i64;
    for (&at, &advance) in advances.range(begin..) {
        reached += i64::from(advance);
        if reached > i64::from(width) {
            return text[at..]
                .chars()
                .next()
                .map_or(at, |letter| at + letter.len_utf8());
        }
    }
    text.len()
}

/// Where the line that begins at `begin` ends: after the last space that fits, else after the last letter.
fn fitting(text: &str, advances: &BTreeMap<usize, i32>, begin: usize, width: i32) -> usize {
    let mut reached = 0i64;
    let mut after_space = None;
    let mut starts = advances.range(begin..).peekable();
    while let Some((&at, &advance)) = starts.next() {
        let is_space = text[at..].starts_with(' ');
        reached += i64::from(advance);
        if reached > i64::from(width) && !is_space {
            // A letter wider than the line still takes a line, or there would be no end.
            let after = starts.peek().map_or(text.len(), |(next, _)| **next);
            return after_space.unwrap_or(if at > begin { at } else { after });
        }
        if is_space {
            after_space = Some(at + 1);
        }
    }
    text.len()
}

/// Letters that are read from right to left, and marks that may turn others.
fn turns(letter: char) -> bool {
    matches!(letter,
        '\u{590}'..='\u{8ff}' | '\u{200f}' | '\u{2066}'..='\u{2069}' | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// Marks that say how to read and are not drawn.
pub fn is_mark_of_direction(letter: char) -> bool {
    matches!(
        letter,
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2066}'..='\u{2069}'
    )
}

/// Marks that stand on the letter before.
fn is_mark(letter: char) -> bool {
    matches!(letter,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' | '\u{6df}'..='\u{6e8}'
        | '\u{6ea}'..='\u{6ed}' | '\u{8d3}'..='\u{8ff}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{LeftToRight, RightToLeft};
    use proptest::prelude::*;
    use std::sync::LazyLock;

    fn typeface() -> &'static Typeface {
        static TYPEFACE: LazyLock<Typeface> =
            LazyLock::new(|| Typeface::read().expect("the typeface can be read"));
        &TYPEFACE
    }

    /// What a person sees from left to right.
    fn seen(line: &Line) -> String {
        line.glyphs
            .iter()
            .map(|glyph| &line.text[glyph.letters.clone()])
            .collect::<String>()
            .chars()
            .filter(|letter| !is_mark_of_direction(*letter))
            .collect()
    }

    fn backwards(text: &str) -> String {
        text.chars().rev().collect()
    }

    /// The glyphs that the typeface has for these forms of letters.
    fn forms(face: &Face, forms: &[char]) -> Vec<u16> {
        forms
            .iter()
            .map(|form| face.shaper.glyph_index(*form).expect("the form exists").0)
            .collect()
    }

    fn glyphs(line: &Line) -> Vec<u16> {
        line.glyphs.iter().map(|glyph| glyph.id).collect()
    }

    #[test]
    fn arabic_letters_join_and_stand_from_the_right() {
        let typeface = typeface();
        for weight in [Weight::Regular, Weight::Semibold] {
            let face = typeface.face(weight);
            // From left to right: the last letter, the middle one, the first.
            let house = face.line("بيت", RightToLeft);
            assert_eq!(
                glyphs(&house),
                forms(face, &['\u{fe96}', '\u{fef4}', '\u{fe91}'])
            );
            // Lam and alef are one glyph, and dal does not join to what follows.
            let two = face.line("سلام دار", RightToLeft);
            assert_eq!(
                glyphs(&two),
                forms(face, &['ر', 'ا', 'د', ' ', 'م', '\u{fefc}', '\u{feb3}'])
            );
            assert_eq!(&two.text[two.glyphs[5].letters.clone()], "لا");
        }
    }

    #[test]
    fn vowels_stand_on_their_letters() {
        let typeface = typeface();
        let line = typeface.face(Weight::Regular).line("مُحَمَّد", RightToLeft);
        let marks: Vec<&Glyph> = line
            .glyphs
            .iter()
            .filter(|glyph| glyph.advance == 0)
            .collect();
        assert_eq!(marks.len(), 3);
        assert!(marks.iter().all(|mark| (mark.right, mark.up) != (0, 0)));
    }

    #[test]
    fn letters_of_moroccan_names_exist() {
        let typeface = typeface();
        for weight in [Weight::Regular, Weight::Semibold] {
            for text in [
                "ڭلميم أڭادير گنون ڤيلا پاكستان ݣ إبراهيم آسفي مؤمن شيء مائدة ىة ـ",
                "Aïcha Œuvre Ÿ é è ê ë à â ç î ï ô ù û ü ñ « » ’ – — … × · n° % €",
                "0123456789 ٠١٢٣٤٥٦٧٨٩ −+1\u{202f}234,50\u{a0}DH ، ؛ ؟",
            ] {
                let line = typeface.face(weight).line(text, RightToLeft);
                assert!(line.glyphs.iter().all(|glyph| glyph.id != 0), "{text}");
            }
        }
    }

    #[test]
    fn figures_keep_their_order_among_arabic_words() {
        let typeface = typeface();
        let face = typeface.face(Weight::Regular);
        for figure in [
            "1\u{202f}234,50\u{a0}DH",
            "−0,05\u{a0}DH",
            "12 DH",
            "7,5\u{a0}%",
            "−5%",
            "2026-11-05",
            "05/11/2026",
            "06\u{a0}12\u{a0}34\u{a0}56\u{a0}78",
            "011\u{a0}519\u{a0}0000012050005349\u{a0}21",
            "R-2026-11-004",
        ] {
            // Arabic words around it are one phrase, in a French line too.
            let expected = format!("{} {figure} {}", backwards("بعد"), backwards("بمبلغ"));
            for base in [LeftToRight, RightToLeft] {
                let line = face.line(&format!("بمبلغ {figure} بعد"), base);
                assert_eq!(seen(&line), expected, "{base:?}");
            }
        }
        let french = face.line("Commande de محمد 2 × 12,50\u{a0}DH", LeftToRight);
        let expected = format!("Commande de {} 2 × 12,50\u{a0}DH", backwards("محمد"));
        assert_eq!(seen(&french), expected);
    }

    #[test]
    fn figures_stand_under_each_other() {
        let typeface = typeface();
        for weight in [Weight::Regular, Weight::Semibold] {
            let face = typeface.face(weight);
            let width = face.line("0", LeftToRight).width;
            for pair in 0..100 {
                let line = face.line(&format!("{pair:02}"), LeftToRight);
                assert_eq!(line.width, 2 * width, "{pair:02}");
            }
            let thousand = face.line("1\u{202f}234,50", LeftToRight);
            assert_eq!(thousand.glyphs[1].advance, face.units_per_em() / 5);
        }
    }

    #[test]
    fn a_name_cannot_turn_what_is_read() {
        let typeface = typeface();
        let face = typeface.face(Weight::Regular);
        let line = face.line(
            "abc \u{202e}100,00 DH\u{202c} \u{202d}x\u{0}\u{1b}[2J\u{feff}",
            LeftToRight,
        );
        assert_eq!(seen(&line), "abc 100,00 DH x[2J");
        // An isolate that is not closed ends with its own text.
        assert_eq!(seen(&face.line("\u{2067}abc", LeftToRight)), "abc");
    }

    #[test]
    fn marks_do_not_build_towers() {
        let typeface = typeface();
        let text = format!("ب{}", "\u{64e}\u{651}".repeat(200));
        let line = typeface.face(Weight::Regular).line(&text, RightToLeft);
        assert!(line.glyphs.len() <= 1 + MARKS_MAX);
    }

    #[test]
    fn text_that_fits_loses_nothing_and_text_that_does_not_says_so() {
        let typeface = typeface();
        let face = typeface.face(Weight::Regular);
        let text = "زيت أركان الغذائية من تعاونية تامونت بتيزنيت قرب المسجد الكبير";
        let width = face.line(text, RightToLeft).width;
        let all = face.lines(text, RightToLeft, width / 2, 5);
        assert!(all.len() > 1);
        let words: Vec<&str> = all.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(words.join(" "), text);
        assert_eq!(face.lines(text, RightToLeft, width, 1)[0].text, text);
        let cut = face.lines(text, RightToLeft, width / 3, 2);
        assert_eq!(cut.len(), 2);
        assert!(cut[1].text.ends_with('…'));
        assert!(cut[1].width > width / 5, "as much as fits is shown");
        // A word that fits on no line is broken where the line ends, and none of its letters is lost, though
        // the last ones of a line grow where they join to nothing.
        let joined = "بتثنس".repeat(12);
        for width in (4_000..20_000).step_by(500) {
            let lines = face.lines(&joined, RightToLeft, width, 200);
            let letters: String = lines.iter().map(|line| line.text.as_str()).collect();
            assert_eq!(letters, joined, "{width}");
        }
        let word = "a".repeat(10_000);
        let broken = face.lines(&word, LeftToRight, 20_000, 3);
        assert_eq!(broken.len(), 3);
        assert!(broken[0].text.len() > 10 && broken[2].text.ends_with('…'));
    }

    /// Anything that people or machines type, the worst of it often.
    fn any_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("\u{202e}".to_owned()),
            Just("\u{2067}".to_owned()),
            Just("\u{2069}".to_owned()),
            Just("\u{301}\u{301}\u{301}\u{301}".to_owned()),
            Just("\u{200d}\u{200c}".to_owned()),
            Just("محمد بن عبد الله".to_owned()),
            Just("لا إله إلا الله مُحَمَّد".to_owned()),
            Just("−1\u{202f}234,50\u{a0}DH (5 %)".to_owned()),
            Just("𓂀😀👩‍👩‍👧".to_owned()),
            Just("ⵜⴰⵣⵡⵉⵇ".to_owned()),
            "[a-z]{1,40}",
            "[ا-ي]{1,40}",
            " {1,4}",
            any::<String>(),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn no_text_leaves_its_cell(text in any_text(), width in 0i32..60_000, lines_max in 1usize..4, leftward in any::<bool>()) {
            let typeface = typeface();
            let base = if leftward { RightToLeft } else { LeftToRight };
            let lines = typeface.face(Weight::Regular).lines(&text, base, width, lines_max);
            prop_assert!(lines.len() <= lines_max);
            for line in lines {
                prop_assert!(line.width <= width);
                prop_assert_eq!(line.width, line.glyphs.iter().map(|glyph| glyph.advance).sum::<i32>());
                for glyph in &line.glyphs {
                    prop_assert!(line.text.get(glyph.letters.clone()).is_some());
                }
            }
        }
    }
}
