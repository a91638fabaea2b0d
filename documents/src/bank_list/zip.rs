//! The archive that a workbook is: files one after the other, then their table.
//!
//! Written by hand because the crates that write workbooks bring three compressors to every first build.
//! No file carries a time (all say the first day the form can say), so the same list is the same bytes.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

const DEFLATED: u16 = 8;
/// Version 2.0 of the form: deflated files.
const VERSION: u16 = 20;
/// The first of January 1980, the earliest day there is.
const FIRST_DAY: u16 = 1 << 5 | 1;

/// Packs files, which must be far below the four gigabytes that the form can say.
pub fn pack(files: &[(&str, String)]) -> Vec<u8> {
    let mut archive = Vec::new();
    let mut table = Vec::new();
    for (name, text) in files {
        let packed = deflated(text.as_bytes());
        let mut about = Vec::new();
        two(&mut about, &[VERSION, 0, DEFLATED, 0, FIRST_DAY]);
        four(
            &mut about,
            &[
                checksum(text.as_bytes()),
                size(&packed),
                size(text.as_bytes()),
            ],
        );
        two(&mut about, &[name.len() as u16, 0]);

        table.extend(b"PK\x01\x02");
        two(&mut table, &[VERSION]);
        table.extend(&about);
        two(&mut table, &[0, 0, 0]);
        four(&mut table, &[0, size(&archive)]);
        table.extend(name.as_bytes());

        archive.extend(b"PK\x03\x04");
        archive.extend(&about);
        archive.extend(name.as_bytes());
        archive.extend(packed);
    }
    let (table_at, count) = (size(&archive), files.len() as u16);
    archive.extend(&table);
    archive.extend(b"PK\x05\x06");
    two(&mut archive, &[0, 0, count, count]);
    four(&mut archive, &[size(&table), table_at]);
    two(&mut archive, &[0]);
    archive
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum()
}

fn size(bytes: &[u8]) -> u32 {
    bytes.len() as u32
}

fn two(out: &mut Vec<u8>, numbers: &[u16]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn four(out: &mut Vec<u8>, numbers: &[u32]) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::io::Read;

    /// Reads an archive as the form says: from its end to its table, from there to each file.
    pub fn unpack(archive: &[u8]) -> Vec<(String, String)> {
        let two = |at: usize| u16::from_le_bytes([archive[at], archive[at + 1]]) as usize;
        let four = |at: usize| two(at) + (two(at + 2) << 16);
        let end = archive.len() - 22;
        assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
        let (count, mut entry) = (two(end + 10), four(end + 16));
        assert_eq!(
            entry + four(end + 12),
            end,
            "the table ends where the end begins"
        );
        let mut files = Vec::new();
        for _ in 0..count {
            assert_eq!(&archive[entry..entry + 4], b"PK\x01\x02");
            let (sum, packed, size) = (four(entry + 16), four(entry + 20), four(entry + 24));
            let (name_length, at) = (two(entry + 28), four(entry + 42));
            let name = &archive[entry + 46..entry + 46 + name_length];
            assert_eq!(&archive[at..at + 4], b"PK\x03\x04");
            assert_eq!(archive[at + 4..at + 30], archive[entry + 6..entry + 32]);
            assert_eq!(&archive[at + 30..at + 30 + name_length], name);
            let begin = at + 30 + name_length;
            let mut text = String::new();
            flate2::read::DeflateDecoder::new(&archive[begin..begin + packed])
                .read_to_string(&mut text)
                .expect("text");
            assert_eq!(
                (text.len(), checksum(text.as_bytes()) as usize),
                (size, sum)
            );
            files.push((String::from_utf8(name.to_vec()).expect("a name"), text));
            entry += 46 + name_length;
        }
        assert_eq!(entry, end);
        files
    }

    #[test]
    fn what_is_packed_can_be_unpacked() {
        let files = [("a.xml", "é".repeat(70_000)), ("b/c.xml", String::new())];
        let unpacked = unpack(&pack(&files));
        let packed: Vec<(String, String)> = files
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text))
            .collect();
        assert!(unpacked == packed);
    }

    #[test]
    fn the_sum_is_the_one_that_archives_use() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }
}
