//! Sheets of A4 as a PDF: text that was shaped, lines, squares. Nothing here knows what it says.
//!
//! Places are in points (a 72nd of an inch) from the upper left corner of the sheet. A file holds no time
//! and no random mark, and everything in it is in order of use, so the same drawing is the same bytes.

#[cfg(test)]
pub mod reading;

use crate::Direction;
use crate::writing::{Face, Line, Typeface, Weight, is_mark_of_direction};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, Direction as Reading, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::writers::FontDescriptor;
use pdf_writer::{Chunk, Content, Filter, Finish, Name, Pdf, Rect, Ref, Settings, Str, TextStr};
use std::collections::BTreeMap;
use std::io::Write;
use subsetter::GlyphRemapper;

pub const WIDTH: f32 = 595.28;
pub const HEIGHT: f32 = 841.89;

const SETTINGS: Settings = Settings { pretty: false };
const ENCODING: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// A colour of the product's look on white paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour([f32; 3]);

pub const INK: Colour = Colour([0.118, 0.106, 0.086]);
pub const MUTED: Colour = Colour([0.365, 0.333, 0.290]);
pub const ARGAN: Colour = Colour([0.122, 0.357, 0.227]);
/// Between rows: what guides the eye and is not read.
pub const HAIR: Colour = Colour([0.847, 0.816, 0.761]);

/// How a line of text is written.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    pub weight: Weight,
    pub size: f32,
    pub colour: Colour,
}

/// What a reader's program says of the file.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    pub title: &'a str,
    pub author: &'a str,
    /// A language code: `fr`, `ar`.
    pub language: &'a str,
    pub direction: Direction,
}

/// The typeface that is part of the program cannot be cut to what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the typeface of the papers cannot be embedded")]
pub struct NotEmbedded;

/// Sheets being drawn.
pub struct Paper<'a> {
    typeface: &'a Typeface,
    sheets: Vec<Content>,
    regular: Embedded,
    semibold: Embedded,
}

/// What is shown of one weight.
#[derive(Default)]
struct Embedded {
    glyphs: GlyphRemapper,
    /// By their numbers in the file: the width and the letters of each glyph.
    shown: BTreeMap<u16, (f32, String)>,
}

impl<'a> Paper<'a> {
    pub fn new(typeface: &'a Typeface) -> Self {
        Self {
            typeface,
            sheets: Vec::new(),
            regular: Embedded::default(),
            semibold: Embedded::default(),
        }
    }

    /// Takes a new sheet. What is drawn next is drawn on it.
    pub fn add_sheet(&mut self) {
        self.sheets.push(Content::with_settings(SETTINGS));
    }

    pub fn sheet_count(&self) -> usize {
        self.sheets.len()
    }

    /// Draws text on the last sheet; `left` is where its first glyph stands, `baseline` what it stands on.
    pub fn text(&mut self, line: &Line, how: Type, left: f32, baseline: f32) {
        let sheet = self.sheets.len().saturating_sub(1);
        self.text_on(sheet, line, how, left, baseline);
    }

    /// Draws text on a sheet that was taken before.
    pub fn text_on(&mut self, sheet: usize, line: &Line, how: Type, left: f32, baseline: f32) {
        let (embedded, name) = match how.weight {
            Weight::Regular => (&mut self.regular, Name(b"R")),
            Weight::Semibold => (&mut self.semibold, Name(b"S")),
        };
        let Some(content) = self.sheets.get_mut(sheet) else {
            return;
        };
        if line.glyphs.is_empty() {
            return;
        }
        let [red, green, blue] = how.colour.0;
        content.set_fill_rgb(red, green, blue);
        content.begin_text().set_font(name, how.size);
        content.next_line(rounded(left), rounded(HEIGHT - baseline));
        write_glyphs(
            content,
            embedded,
            self.typeface.face(how.weight),
            line,
            how.size,
        );
        content.end_text();
    }

    /// Draws a level line.
    pub fn rule(&mut self, left: f32, right: f32, at: f32, thickness: f32, colour: Colour) {
        let Some(content) = self.sheets.last_mut() else {
            return;
        };
        let [red, green, blue] = colour.0;
        content.set_fill_rgb(red, green, blue);
        let low = rounded(HEIGHT - at - thickness / 2.0);
        content.rect(
            rounded(left),
            low,
            rounded(right - left),
            rounded(thickness),
        );
        content.fill_nonzero();
    }

    /// Draws the outline of a shape whose corners are given.
    pub fn outline(&mut self, corners: &[(f32, f32)], thickness: f32, colour: Colour) {
        let (Some(content), Some((first, others))) =
            (self.sheets.last_mut(), corners.split_first())
        else {
            return;
        };
        let [red, green, blue] = colour.0;
        content.set_stroke_rgb(red, green, blue);
        content.set_line_width(thickness);
        content.move_to(rounded(first.0), rounded(HEIGHT - first.1));
        for corner in others {
            content.line_to(rounded(corner.0), rounded(HEIGHT - corner.1));
        }
        content.close_and_stroke();
    }

    /// Draws filled boxes (left, top, width, height) in ink.
    pub fn boxes(&mut self, boxes: impl IntoIterator<Item = [f32; 4]>) {
        let Some(content) = self.sheets.last_mut() else {
            return;
        };
        content.set_fill_rgb(0.0, 0.0, 0.0);
        for [left, top, width, height] in boxes {
            let low = rounded(HEIGHT - top - height);
            content.rect(rounded(left), low, rounded(width), rounded(height));
        }
        content.fill_nonzero();
    }

    /// The file.
    ///
    /// # Errors
    /// When the typeface cannot be cut to the glyphs that are shown.
    pub fn finish(self, about: About<'_>) -> Result<Vec<u8>, NotEmbedded> {
        let mut free = Ref::new(1);
        let mut pdf = Pdf::with_settings(SETTINGS);
        pdf.set_version(1, 7);
        let (catalog, pages) = (free.bump(), free.bump());
        let regular = (Name(b"R"), free.bump());
        let semibold = (Name(b"S"), free.bump());
        let sheets: Vec<(Ref, Content)> = self
            .sheets
            .into_iter()
            .map(|content| (free.bump(), content))
            .collect();

        let mut root = pdf.catalog(catalog);
        root.pages(pages).lang(TextStr(about.language));
        let mut preferences = root.viewer_preferences();
        preferences.display_doc_title(true);
        preferences.direction(match about.direction {
            Direction::LeftToRight => Reading::L2R,
            Direction::RightToLeft => Reading::R2L,
        });
        preferences.finish();
        root.finish();
        pdf.document_info(free.bump())
            .title(TextStr(about.title))
            .author(TextStr(about.author))
            .producer(TextStr("Taswiq"));

        let mut tree = pdf.pages(pages);
        tree.kids(sheets.iter().map(|(sheet, _)| *sheet));
        tree.count(sheets.len() as i32);
        tree.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT));
        tree.resources().fonts().pairs([regular, semibold]);
        tree.finish();
        for (sheet, content) in sheets {
            let stream = free.bump();
            pdf.page(sheet).parent(pages).contents(stream);
            pdf.stream(stream, &packed(content.finish().as_slice()))
                .filter(Filter::FlateDecode);
        }
        for (weight, font, embedded) in [
            (Weight::Regular, regular.1, self.regular),
            (Weight::Semibold, semibold.1, self.semibold),
        ] {
            let face = self.typeface.face(weight);
            pdf.extend(&embedded.write(face, weight, font, &mut free)?);
        }
        Ok(pdf.finish())
    }
}

impl Embedded {
    fn write(
        &self,
        face: &Face,
        weight: Weight,
        font: Ref,
        free: &mut Ref,
    ) -> Result<Chunk, NotEmbedded> {
        let mut chunk = Chunk::with_settings(SETTINGS);
        let (descendant, descriptor, file, letters) =
            (free.bump(), free.bump(), free.bump(), free.bump());
        let subset = subsetter::subset(face.bytes, 0, &self.glyphs).map_err(|_| NotEmbedded)?;
        let name = format!(
            "{}+{}",
            tag(&subset),
            match weight {
                Weight::Regular => "Vazirmatn-Regular",
                Weight::Semibold => "Vazirmatn-SemiBold",
            }
        );
        let name = Name(name.as_bytes());
        let per_mille = |units: i16| f32::from(units) * 1000.0 / face.units_per_em() as f32;

        chunk
            .type0_font(font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(letters);
        let mut cid = chunk.cid_font(descendant);
        cid.subtype(CidFontType::Type2)
            .base_font(name)
            .system_info(ENCODING)
            .font_descriptor(descriptor)
            .default_width(0.0)
            .cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = cid.widths();
        for (glyph, (width, _)) in &self.shown {
            widths.consecutive(*glyph, [*width]);
        }
        widths.finish();
        cid.finish();
        let metrics = face.metrics();
        let [left, low, right, high] = metrics.bounds.map(per_mille);
        let mut about: FontDescriptor<'_> = chunk.font_descriptor(descriptor);
        about
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(left, low, right, high))
            .italic_angle(0.0)
            .ascent(per_mille(metrics.ascent))
            .descent(per_mille(metrics.descent))
            .cap_height(per_mille(metrics.capital))
            .stem_v(match weight {
                Weight::Regular => 90.0,
                Weight::Semibold => 130.0,
            })
            .font_file2(file);
        about.finish();
        chunk
            .stream(file, &packed(&subset))
            .filter(Filter::FlateDecode)
            .pair(Name(b"Length1"), subset.len() as i32);
        let mut map = UnicodeCmap::new(Name(b"Letters"), ENCODING);
        for (glyph, (_, letters)) in &self.shown {
            if !letters.is_empty() {
                map.pair_with_multiple(*glyph, letters.chars());
            }
        }
        chunk
            .stream(letters, &packed(map.finish().as_slice()))
            .filter(Filter::FlateDecode);
        Ok(chunk)
    }
}

/// Writes glyphs one after the other, moving where shaping put one elsewhere than its width says.
fn write_glyphs(
    content: &mut Content,
    embedded: &mut Embedded,
    face: &Face,
    line: &Line,
    size: f32,
) {
    let per_mille = |units: i32| units as f32 * 1000.0 / face.units_per_em() as f32;
    let mut rest = line.glyphs.as_slice();
    while let Some(first) = rest.first() {
        // Marks that are lifted are written apart.
        let up = first.up;
        let alike = rest.iter().take_while(|glyph| glyph.up == up).count();
        let (now, later) = rest.split_at(alike);
        if up != 0 {
            content.set_rise(rounded(up as f32 * size / face.units_per_em() as f32));
        }
        let mut written = content.show_positioned();
        let mut items = written.items();
        let mut together: Vec<u8> = Vec::new();
        let mut move_by = 0.0;
        for glyph in now {
            let own = face.own_advance(glyph.id);
            move_by -= per_mille(glyph.right);
            if move_by != 0.0 {
                if !together.is_empty() {
                    items.show(Str(&together));
                    together.clear();
                }
                items.adjust(rounded(move_by));
            }
            let number = embedded.glyphs.remap(glyph.id);
            embedded.shown.entry(number).or_insert_with(|| {
                let letters = line.text.get(glyph.letters.clone()).unwrap_or_default();
                let letters = letters
                    .chars()
                    .filter(|letter| !is_mark_of_direction(*letter))
                    .collect();
                (rounded(per_mille(own)), letters)
            });
            together.extend(number.to_be_bytes());
            move_by = per_mille(own + glyph.right - glyph.advance);
        }
        if !together.is_empty() {
            items.show(Str(&together));
        }
        if move_by != 0.0 {
            items.adjust(rounded(move_by));
        }
        items.finish();
        written.finish();
        if up != 0 {
            content.set_rise(0.0);
        }
        rest = later;
    }
}

/// Hundredths are finer than any printer.
fn rounded(number: f32) -> f32 {
    (number * 100.0).round() / 100.0
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Six letters that are others for another subset, as the form asks.
fn tag(subset: &[u8]) -> String {
    let mut sum = flate2::Crc::new();
    sum.update(subset);
    let mut rest = sum.sum();
    (0..6)
        .map(|_| {
            let letter = char::from(b'A' + (rest % 26) as u8);
            rest /= 26;
            letter
        })
        .collect()
}
