//! Reads a file back, for tests: by its table of places, as every reader's program does, and no other way.

use flate2::read::ZlibDecoder;
use std::collections::BTreeMap;
use std::io::Read;

/// A piece of text on a sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Its letters from left to right, as they are seen.
    pub seen: String,
    pub left: f32,
    pub right: f32,
    /// From the upper edge of the sheet.
    pub baseline: f32,
    pub size: f32,
}

/// A sheet as it is seen.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    pub texts: Vec<Shown>,
    /// Left, top, width and height of each filled box.
    pub boxes: Vec<[f32; 4]>,
}

impl Sheet {
    pub fn shows(&self, text: &str) -> bool {
        let text = with_plain_spaces(text);
        self.texts.iter().any(|shown| shown.seen == text)
    }
}

/// Spaces of different widths may be one glyph, which has one letter in a file.
pub fn with_plain_spaces(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

struct Font {
    widths: BTreeMap<u16, f32>,
    letters: BTreeMap<u16, String>,
}

/// The sheets of a file.
pub fn sheets(pdf: &[u8]) -> Vec<Sheet> {
    let file = File::open(pdf);
    let pages = file.dictionary(file.reference(&file.trailer, "Root"));
    let tree = file.dictionary(file.reference(&pages, "Pages"));
    let font = |name: &str| {
        let font = file.dictionary(file.reference(&tree, name));
        let letters = file.stream(file.reference(&font, "ToUnicode"));
        let descendant = file.dictionary(file.number_after(&font, "/DescendantFonts["));
        let descriptor = file.dictionary(file.reference(&descendant, "FontDescriptor"));
        let program = file.stream(file.reference(&descriptor, "FontFile2"));
        let program = rustybuzz::ttf_parser::Face::parse(&program, 0).expect("a font");
        let widths = widths(&descendant);
        for (glyph, width) in &widths {
            let advance = program.glyph_hor_advance(rustybuzz::ttf_parser::GlyphId(*glyph));
            let advance = f32::from(advance.expect("every glyph is embedded"));
            let advance = advance * 1000.0 / f32::from(program.units_per_em());
            assert!(
                (advance - width).abs() < 0.01,
                "glyph {glyph} is the one meant"
            );
        }
        Font {
            widths,
            letters: letters_of(&String::from_utf8(letters).expect("ASCII")),
        }
    };
    let fonts = BTreeMap::from([("R", font("R")), ("S", font("S"))]);
    let kids = between(&tree, "/Kids[", "]");
    let kids: Vec<u32> = kids
        .split(" 0 R")
        .filter_map(|kid| kid.trim().parse().ok())
        .collect();
    assert_eq!(file.number_after(&tree, "/Count "), kids.len() as u32);
    kids.into_iter()
        .map(|kid| {
            let page = file.dictionary(kid);
            sheet(&file.stream(file.reference(&page, "Contents")), &fonts)
        })
        .collect()
}

struct File<'a> {
    bytes: &'a [u8],
    places: Vec<usize>,
    trailer: String,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Self {
        assert!(bytes.starts_with(b"%PDF-1.7\n"));
        let end = String::from_utf8_lossy(&bytes[bytes.len() - 40..]).into_owned();
        assert!(end.ends_with("%%EOF"));
        let table: usize = between(&end, "startxref\n", "\n").parse().expect("a place");
        let table = String::from_utf8_lossy(&bytes[table..]).into_owned();
        assert!(table.starts_with("xref\n0 "));
        let trailer = between(&table, "trailer", "startxref").to_owned();
        let places = table
            .lines()
            .skip(2)
            .take_while(|line| !line.starts_with("trailer"))
            .map(|line| line[..10].parse().expect("a place"))
            .collect();
        Self {
            bytes,
            places,
            trailer,
        }
    }

    fn object(&self, number: u32) -> &'a [u8] {
        let object = &self.bytes[self.places[number as usize]..];
        let head = format!("{number} 0 obj\n");
        assert!(
            object.starts_with(head.as_bytes()),
            "object {number} stands where the table says"
        );
        &object[head.len()..]
    }

    fn dictionary(&self, number: u32) -> String {
        let object = self.object(number);
        let end = find(object, b"endobj").expect("an end");
        let end = find(&object[..end], b"stream\n").unwrap_or(end);
        String::from_utf8_lossy(&object[..end]).into_owned()
    }

    fn stream(&self, number: u32) -> Vec<u8> {
        let object = self.object(number);
        let about = self.dictionary(number);
        let length = self.number_after(&about, "/Length ") as usize;
        assert!(about.contains("/Filter/FlateDecode"), "{about}");
        let begin = find(object, b"stream\n").expect("a stream") + 7;
        assert!(object[begin + length..].starts_with(b"\nendstream"));
        let mut bytes = Vec::new();
        ZlibDecoder::new(&object[begin..begin + length])
            .read_to_end(&mut bytes)
            .expect("deflated");
        bytes
    }

    fn reference(&self, dictionary: &str, key: &str) -> u32 {
        self.number_after(dictionary, &format!("/{key} "))
    }

    fn number_after(&self, dictionary: &str, before: &str) -> u32 {
        let begin = dictionary
            .find(before)
            .unwrap_or_else(|| panic!("{before} in {dictionary}"));
        dictionary[begin + before.len()..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()
            .expect("a number")
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let begin = text.find(before).expect("a beginning") + before.len();
    let length = text[begin..].find(after).expect("an end");
    &text[begin..begin + length]
}

/// `[1[500.5]2[300]]`
fn widths(font: &str) -> BTreeMap<u16, f32> {
    let begin = font.find("/W[").expect("widths") + 3;
    font[begin..]
        .split(']')
        .map_while(|pair| {
            let (glyph, width) = pair.split_once('[')?;
            Some((glyph.trim().parse().ok()?, width.parse().ok()?))
        })
        .collect()
}

/// `<0001> <0041>`
fn letters_of(map: &str) -> BTreeMap<u16, String> {
    map.lines()
        .filter_map(|line| {
            let (glyph, letters) = line
                .strip_prefix('<')?
                .strip_suffix('>')?
                .split_once("> <")?;
            let units: Vec<u16> = letters
                .as_bytes()
                .chunks(4)
                .map(|unit| u16::from_str_radix(std::str::from_utf8(unit).ok()?, 16).ok())
                .collect::<Option<_>>()?;
            let glyph = u16::from_str_radix(glyph, 16).ok()?;
            Some((glyph, String::from_utf16(&units).expect("letters")))
        })
        .collect()
}

#[derive(Clone, Debug)]
enum Token {
    Number(f32),
    Name(String),
    Text(Vec<u8>),
    Operator(String),
}

fn sheet(content: &[u8], fonts: &BTreeMap<&str, Font>) -> Sheet {
    let mut sheet = Sheet::default();
    let mut operands: Vec<Token> = Vec::new();
    let (mut font, mut size) = (&fonts["R"], 0.0);
    let (mut pen, mut baseline) = (0.0f32, 0.0f32);
    let mut written: Option<Shown> = None;
    for token in tokens(content) {
        let Token::Operator(operator) = token else {
            operands.push(token);
            continue;
        };
        let numbers: Vec<f32> = operands
            .iter()
            .filter_map(|token| match token {
                Token::Number(number) => Some(*number),
                _ => None,
            })
            .collect();
        match operator.as_str() {
            "BT" => written = None,
            "Tf" => {
                if let Some(Token::Name(name)) = operands.first() {
                    font = &fonts[name.as_str()];
                }
                size = numbers[0];
            }
            "Td" => (pen, baseline) = (numbers[0], super::HEIGHT - numbers[1]),
            "TJ" => {
                let shown = written.get_or_insert(Shown {
                    seen: String::new(),
                    left: pen,
                    right: pen,
                    baseline,
                    size,
                });
                for operand in &operands {
                    match operand {
                        Token::Number(back) => pen -= back * size / 1000.0,
                        Token::Text(text) => {
                            for pair in text.chunks(2) {
                                let glyph = u16::from_be_bytes([pair[0], pair[1]]);
                                if let Some(letters) = font.letters.get(&glyph) {
                                    shown.seen.push_str(&with_plain_spaces(letters));
                                }
                                pen += font.widths[&glyph] * size / 1000.0;
                            }
                        }
                        _ => panic!("{operand:?} among glyphs"),
                    }
                }
                shown.right = pen;
            }
            "ET" => sheet.texts.extend(written.take()),
            "re" => {
                let [left, low, width, height] = numbers[..] else {
                    panic!("a box has four numbers");
                };
                sheet
                    .boxes
                    .push([left, super::HEIGHT - low - height, width, height]);
            }
            _ => {}
        }
        operands.clear();
    }
    sheet
}

fn tokens(content: &[u8]) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < content.len() {
        let byte = content[at];
        match byte {
            b'(' => {
                let (text, end) = literal(content, at + 1);
                tokens.push(Token::Text(text));
                at = end;
            }
            b'<' => {
                let end = at + find(&content[at..], b">").expect("an end");
                let digits = std::str::from_utf8(&content[at + 1..end]).expect("digits");
                tokens.push(Token::Text(
                    (0..digits.len())
                        .step_by(2)
                        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("a byte"))
                        .collect(),
                ));
                at = end + 1;
            }
            byte if byte.is_ascii_whitespace() || byte == b'[' || byte == b']' => at += 1,
            _ => {
                let ends = |byte: &u8| byte.is_ascii_whitespace() || b"[]()<>/".contains(byte);
                let length = 1 + content[at + 1..]
                    .iter()
                    .take_while(|byte| !ends(byte))
                    .count();
                let word = std::str::from_utf8(&content[at..at + length]).expect("ASCII");
                tokens.push(match (word.strip_prefix('/'), word.parse()) {
                    (Some(name), _) => Token::Name(name.to_owned()),
                    (None, Ok(number)) => Token::Number(number),
                    (None, Err(_)) => Token::Operator(word.to_owned()),
                });
                at += length;
            }
        }
    }
    tokens
}

fn literal(content: &[u8], begin: usize) -> (Vec<u8>, usize) {
    let (mut text, mut at, mut depth) = (Vec::new(), begin, 1);
    loop {
        match content[at] {
            b'\\' => {
                at += 1;
                match content[at] {
                    b'n' => text.push(b'\n'),
                    b'r' => text.push(b'\r'),
                    b't' => text.push(b'\t'),
                    b'b' => text.push(8),
                    b'f' => text.push(12),
                    b'0'..=b'7' => {
                        let octal = std::str::from_utf8(&content[at..at + 3]).expect("digits");
                        text.push(u8::from_str_radix(octal, 8).expect("a byte"));
                        at += 2;
                    }
                    other => text.push(other),
                }
            }
            b')' if depth == 1 => return (text, at + 1),
            other => {
                match other {
                    b'(' => depth += 1,
                    b')' => depth -= 1,
                    _ => {}
                }
                text.push(other);
            }
        }
        at += 1;
    }
}
