//! Weights as a file: `.safetensors` that PyTorch's `load_state_dict` takes, and back.
//!
//! ```text
//! u64 (little endian): length of the header │ header: JSON, padded with spaces │ the tensors, f32, little endian
//! ```
//!
//! The header names eight tensors as the notebook's classes do ([`NAMES`]) with their shapes, and under
//! `__metadata__` the recipe and how far the run was, as strings. The same weights are the same bytes. A file from
//! a stranger is read with a cap on its size and on its header's, before anything is allocated for it.

use std::fmt;

use crate::model::layout::Layout;
use crate::model::weights::{LinearWeights, MlpWeights, NAMES, Weights};
use crate::recipe::{KEYS, Key, Recipe, shorten};

use super::header::{Entry, Header};

/// The longest header that is read, in bytes; ours has about a thousand.
pub const LONGEST_HEADER: usize = 64 * 1024;

/// The largest file that is read, in bytes: the longest header, and the networks of the largest d, m and hidden with Adam's
/// two moments.
pub const LARGEST: usize = LONGEST_HEADER + 8 + 3 * 4 * 2 * (257 * 1024 + 1024 + 256 * 1024 + 256);

/// How the names of Adam's moments begin. Who wants the weights alone leaves them aside.
const MOMENTS: &str = "adam.";

/// How a zip archive begins, and with it what `torch.save` writes.
const ZIP: &[u8] = b"PK\x03\x04";

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightsFile {
    /// The networks' sizes, as the tensors' shapes have them.
    pub layout: Layout,
    /// The eight tensors.
    pub weights: Weights,
    /// The recipe they were trained by, if the file says so in a way that can be believed.
    pub recipe: Option<Recipe>,
}

/// Writes weights with the recipe and further `(key, value)` strings in the metadata.
pub fn write(weights: &Weights, recipe: &Recipe, notes: &[(&str, String)]) -> Vec<u8> {
    let metadata: Vec<_> = recipe.fields().into_iter().chain(notes.iter().cloned()).collect();
    let header = header(&metadata, &[""], Layout::of(recipe));
    whole(&header, &numbers(&[weights]))
}

/// The header of a file that holds the eight tensors several times over, each time under names that begin alike.
pub(super) fn header(metadata: &[(&str, String)], sets: &[&str], layout: Layout) -> String {
    let mut header = String::from("{\"__metadata__\":{\"format\":\"pt\"");
    for (key, value) in metadata {
        header.push_str(&format!(",{}:{}", quoted(key), quoted(value)));
    }
    header.push('}');
    let mut end = 0;
    for set in sets {
        for (name, shape) in NAMES.iter().zip(shapes(layout)) {
            let start = end;
            end += 4 * shape.iter().product::<usize>();
            let shape: Vec<String> = shape.iter().map(usize::to_string).collect();
            header.push_str(&format!(
                ",\"{set}{name}\":{{\"dtype\":\"F32\",\"shape\":[{}],\"data_offsets\":[{start},{end}]}}",
                shape.join(",")
            ));
        }
    }
    header.push('}');
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    header
}

/// The numbers as they lie in a file.
pub(super) fn numbers(sets: &[&Weights]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for tensor in sets.iter().flat_map(|weights| weights.tensors()) {
        bytes.extend(tensor.iter().flat_map(|value| value.to_le_bytes()));
    }
    bytes
}

pub(super) fn whole(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// Reads a file that this page or PyTorch wrote.
///
/// # Errors
///
/// The first thing that is wrong, as a [`FileError`].
pub fn read(bytes: &[u8]) -> Result<WeightsFile, FileError> {
    if bytes.len() > LARGEST {
        return Err(FileError::TooLarge { bytes: bytes.len() });
    }
    if bytes.starts_with(ZIP) {
        return Err(FileError::Zip);
    }
    let (text, data) = split(bytes)?;
    let broken = |why: &str| FileError::Broken { why: why.to_owned() };
    let header = Header::parse(text).map_err(broken)?;
    let known = |name: &str| NAMES.contains(&name) || name.starts_with(MOMENTS);
    if let Some(other) = header.tensors.iter().find(|entry| !known(&entry.name)) {
        return Err(FileError::Unknown { name: shorten(&other.name) });
    }
    let mut entries = Vec::new();
    for name in NAMES {
        let mut named = header.tensors.iter().filter(|entry| entry.name == name);
        let entry = named.next().ok_or(FileError::Missing { name })?;
        if named.next().is_some() {
            return Err(FileError::Repeated { name });
        }
        entries.push((name, entry));
    }
    header.covers(data.len()).map_err(broken)?;
    let layout = layout(entries[0], entries[2])?;
    let mut tensors = Vec::new();
    for ((name, entry), shape) in entries.into_iter().zip(shapes(layout)) {
        tensors.push(tensor(name, entry, &shape, data)?);
    }
    let mut tensors = tensors.into_iter();
    let mut next = || tensors.next().unwrap_or_default();
    let mut linear = || LinearWeights { weight: next(), bias: next() };
    let mut mlp = || MlpWeights { hidden: linear(), output: linear() };
    let weights = Weights { psi: mlp(), phi: mlp() };
    if let Some((name, value)) = weights.not_finite() {
        return Err(FileError::NotFinite { name, value });
    }
    Ok(WeightsFile { layout, weights, recipe: recipe(&header, layout) })
}

/// The header's text, if there is one of a reasonable length, and the bytes behind it.
pub(super) fn split(bytes: &[u8]) -> Result<(&str, &[u8]), FileError> {
    let broken = |why: &str| FileError::Broken { why: why.to_owned() };
    let (length, rest) =
        bytes.split_first_chunk().ok_or_else(|| broken("it has fewer than eight bytes"))?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length > LONGEST_HEADER {
        return Err(broken("its header is longer than any that holds eight tensors"));
    }
    let (header, data) =
        rest.split_at_checked(length).ok_or_else(|| broken("it ends within its header"))?;
    let header = std::str::from_utf8(header).map_err(|_| broken("its header is no text"))?;
    Ok((header, data))
}

/// d, m and hidden, from the shapes of Ψ's two layers.
fn layout(
    first: (&'static str, &Entry),
    second: (&'static str, &Entry),
) -> Result<Layout, FileError> {
    let shape = |(name, entry): (&'static str, &Entry)| -> Result<[usize; 2], FileError> {
        let rank = entry.shape.len();
        entry.shape.as_slice().try_into().map_err(|_| FileError::Rank { name, rank })
    };
    let ([hidden, d], [m, _]) = (shape(first)?, shape(second)?);
    for (key, value) in [("d", d), ("m", m), ("hidden", hidden)] {
        let most = Key::named(key).map_or(0.0, Key::most);
        if value == 0 || value as f64 > most {
            return Err(FileError::Size { key, value, most: most as usize });
        }
    }
    Ok(Layout { d, m, hidden })
}

fn tensor(
    name: &'static str,
    entry: &Entry,
    shape: &[usize],
    data: &[u8],
) -> Result<Vec<f32>, FileError> {
    if entry.dtype != "F32" {
        return Err(FileError::Dtype { name, dtype: shorten(&entry.dtype) });
    }
    if entry.shape != shape {
        let [found, expected] = [entry.shape.as_slice(), shape].map(<[usize]>::to_vec);
        return Err(FileError::Shape { name, found, expected });
    }
    // The header holds that start and end lie within the data, and the limits that the product is small.
    let bytes = data.get(entry.start..entry.end).unwrap_or_default();
    if bytes.len() != 4 * shape.iter().product::<usize>() {
        return Err(FileError::Broken { why: format!("{name} is not as long as its shape says") });
    }
    Ok(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// The recipe in the metadata, where it is whole, within the limits and about these shapes.
fn recipe(header: &Header, layout: Layout) -> Option<Recipe> {
    told(header).filter(|recipe| Layout::of(recipe) == layout)
}

/// The recipe in the metadata, where it is whole and within the limits.
pub(super) fn told(header: &Header) -> Option<Recipe> {
    let fields = KEYS.iter().filter_map(|key| Some((key.name, header.note(key.name)?)));
    Recipe::parse(fields).ok()
}

/// The shapes of the eight tensors, in the order of [`NAMES`].
fn shapes(Layout { d, m, hidden }: Layout) -> [Vec<usize>; 8] {
    let network = || [vec![hidden, d], vec![hidden], vec![m, hidden], vec![m]];
    let ([a, b, c, d], [e, f, g, h]) = (network(), network());
    [a, b, c, d, e, f, g, h]
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Why a file was refused. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, PartialEq)]
pub enum FileError {
    /// More bytes than the largest networks take.
    TooLarge {
        /// The file's size.
        bytes: usize,
    },
    /// A zip archive: most likely what `torch.save` writes, which is code to be run and not numbers to be read.
    Zip,
    /// Not a safetensors file, or a damaged one.
    Broken {
        /// What is wrong with it.
        why: String,
    },
    /// A tensor that the notebook's classes have is not there.
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A tensor that they do not have.
    Unknown {
        /// Its name, cut when long.
        name: String,
    },
    /// A name that stands in the header more than once.
    Repeated {
        /// The name.
        name: &'static str,
    },
    /// A weight that is not a matrix.
    Rank {
        /// Its name.
        name: &'static str,
        /// How many dimensions it has.
        rank: usize,
    },
    /// Numbers of another type than float32.
    Dtype {
        /// The tensor's name.
        name: &'static str,
        /// The type.
        dtype: String,
    },
    /// A shape that does not go with the others.
    Shape {
        /// The tensor's name.
        name: &'static str,
        /// Its shape.
        found: Vec<usize>,
        /// What it must be, going by Ψ's weights.
        expected: Vec<usize>,
    },
    /// Networks larger than this page trains.
    Size {
        /// d, m or hidden.
        key: &'static str,
        /// As the shapes have it.
        value: usize,
        /// The largest allowed.
        most: usize,
    },
    /// NaN or an infinity.
    NotFinite {
        /// The tensor's name.
        name: &'static str,
        /// The number.
        value: f32,
    },
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes } => write!(
                f,
                "the file has {bytes} bytes, and the largest networks here take {LARGEST}"
            ),
            Self::Zip => write!(
                f,
                "the file is a zip archive, as torch.save writes it: save with safetensors.torch.save_file instead"
            ),
            Self::Broken { why } => write!(f, "the file is not a whole safetensors file: {why}"),
            Self::Missing { name } => write!(f, "the file has no tensor {name}"),
            Self::Unknown { name } => {
                write!(f, "the file holds “{name}”, which the notebook's classes do not have")
            }
            Self::Repeated { name } => write!(f, "the file names {name} more than once"),
            Self::Rank { name, rank } => {
                write!(f, "{name} has {rank} dimensions, and a weight has two")
            }
            Self::Dtype { name, dtype } => {
                write!(f, "{name} holds {dtype} numbers: save it as float32 (net.float())")
            }
            Self::Shape { name, found, expected } => {
                let found = Dimensions(found);
                write!(f, "{name} has shape {found}, and with the others it must be {expected:?}")
            }
            Self::Size { key, value, most } => {
                write!(f, "the file's networks have {key} = {value}: it must be from 1 to {most}")
            }
            Self::NotFinite { name, value } => {
                write!(f, "{name} holds {value}, and weights must be finite")
            }
        }
    }
}

/// A shape as far as it stands in a sentence: a stranger's may have thousands of dimensions.
struct Dimensions<'a>(&'a [usize]);

impl fmt::Display for Dimensions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 4;
        let Self(all) = self;
        if all.len() <= SHOWN {
            return write!(f, "{all:?}");
        }
        write!(f, "{:?} and {} dimensions more", &all[..SHOWN], all.len() - SHOWN)
    }
}

impl std::error::Error for FileError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Draws, Stream};
    use safetensors::SafeTensors;

    fn small() -> (Weights, Recipe) {
        let recipe = Recipe { d: 2, m: 3, hidden: 5, ..Recipe::default() };
        (Weights::init(&recipe), recipe)
    }

    /// A file with this header and so many bytes behind it.
    fn with_header(header: &str, data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.resize(bytes.len() + data, 0);
        bytes
    }

    /// The small file with its header's text changed; the data stays.
    fn altered(from: &str, to: &str) -> Vec<u8> {
        let (weights, recipe) = small();
        let bytes = write(&weights, &recipe, &[]);
        let (text, _) = split(&bytes).expect("a header");
        assert!(text.contains(from), "{from} is not in {text}");
        let mut changed = with_header(&text.replacen(from, to, 1), 0);
        changed.extend_from_slice(&bytes[8 + text.len()..]);
        changed
    }

    fn refusal(bytes: &[u8]) -> String {
        read(bytes).expect_err("refused").to_string()
    }

    #[test]
    fn weights_and_recipe_survive_the_file() {
        for (d, m, hidden) in [(1, 1, 1), (2, 16, 64), (3, 5, 7)] {
            let recipe = Recipe { d, m, hidden, seed: 7, lr: 1e-7, ..Recipe::default() };
            let weights = Weights::init(&recipe);
            let bytes = write(&weights, &recipe, &[("epoch", "5".to_owned())]);
            assert_eq!(bytes, write(&weights, &recipe, &[("epoch", "5".to_owned())]));
            let file = read(&bytes).expect("a file");
            assert_eq!(file.layout, Layout::of(&recipe));
            assert_eq!((file.weights, file.recipe), (weights, Some(recipe)));
        }
    }

    #[test]
    fn what_is_written_is_what_the_library_reads() {
        let (weights, recipe) = small();
        let bytes = write(&weights, &recipe, &[("note", "a \"quoted\"\n\\ line".to_owned())]);
        let (_, header) = SafeTensors::read_metadata(&bytes).expect("a header");
        let metadata = header.metadata().clone().expect("metadata");
        assert_eq!(metadata["note"], "a \"quoted\"\n\\ line");
        assert_eq!((metadata["format"].as_str(), metadata["lr"].as_str()), ("pt", "0.001"));
        assert!((bytes.len() - 4 * recipe.parameters()).is_multiple_of(8), "data is aligned");
    }

    #[test]
    fn a_header_may_be_written_in_other_ways() {
        let (weights, recipe) = small();
        let noted = write(&weights, &recipe, &[("note", "x".to_owned())]);
        let (text, data) = split(&noted).expect("a header");
        let spaced = text
            .replace(':', " :\n\t")
            .replace(',', "\r\n , ")
            .replace("\"x\"", r#""\ud834\udd1e\/\u00e4\t""#);
        let mut bytes = with_header(&spaced, 0);
        bytes.extend_from_slice(data);
        let file = read(&bytes).expect("a file");
        assert_eq!((file.weights, file.recipe), (weights, Some(recipe)));
        let ours = Header::parse(&spaced).expect("a header");
        let (_, theirs) = SafeTensors::read_metadata(&bytes).expect("a header");
        let theirs = theirs.metadata().clone().expect("metadata");
        assert_eq!(ours.metadata.len(), theirs.len());
        assert!(ours.metadata.iter().all(|(key, value)| theirs[key] == *value));
    }

    #[test]
    fn a_recipe_that_cannot_be_believed_is_left_out() {
        assert_eq!(read(&altered("\"d\":\"2\"", "\"d\":\"3\"")).expect("a file").recipe, None);
        assert_eq!(read(&altered("\"lr\":\"0.001\"", "\"lr\":\"x\"")).expect("ok").recipe, None);
        assert_eq!(read(&altered("\"seed\"", "\"sead\"")).expect("a file").recipe, None);
    }

    #[test]
    fn a_bad_file_is_told_what_is_wrong_with_it() {
        let name = "\"psi.net.0.weight\"";
        let entry = "\"psi.net.0.weight\":{\"dtype\":\"F32\",\"shape\":[5,2],";
        for (bytes, words) in [
            (vec![0; LARGEST + 1], "the file has"),
            (vec![], "the file is not a whole safetensors file: it has fewer than eight bytes"),
            (b"PK\x03\x04 a zip".to_vec(), "the file is a zip archive, as torch.save writes it"),
            (
                b"\x89PNG\r\n a picture".to_vec(),
                "the file is not a whole safetensors file: its hea",
            ),
            (u64::MAX.to_le_bytes().to_vec(), "the file is not a whole safetensors file: its hea"),
            (with_header("{}", 0)[..9].to_vec(), "the file is not a whole safetensors file: it e"),
            (with_header("{}", 0), "the file has no tensor psi.net.0.weight"),
            (with_header("[]", 0), "the file is not a whole safetensors file"),
            (with_header("{\"a\":1}", 0), "the file is not a whole safetensors file"),
            (with_header(&"[".repeat(60_000), 0), "the file is not a whole safetensors file"),
            (altered(name, "\"psi.net.1.weight\""), "the file holds “psi.net.1.weight”"),
            (altered(name, "\"phi.net.0.bias\""), "the file has no tensor psi.net.0.weight"),
            (altered(entry, &entry.replace("F32", "F16")), "psi.net.0.weight holds F16 numbers"),
            (altered("[5,2]", "[2,5]"), "psi.net.0.bias has shape [5], and with the others"),
            (altered("[5,2]", "[10]"), "psi.net.0.weight has 1 dimensions"),
            (altered("[5,2]", "[5,3]"), "the file is not a whole safetensors file"),
            (altered("[5,2]", "[5,9999999999999]"), "the file's networks have d = 9999999999999"),
            (altered("[5,2]", "[5,99999999999999999999]"), "the file is not a whole"),
            (altered("[0,40]", "[40,0]"), "the file is not a whole safetensors file"),
            (altered("[0,40]", "[0,44]"), "the file is not a whole safetensors file"),
        ] {
            let told = refusal(&bytes);
            assert!(told.starts_with(words), "{told}");
            assert!(told.len() < 300, "{told}");
        }
        let (mut weights, recipe) = small();
        weights.phi.output.bias[1] = f32::NAN;
        let told = refusal(&write(&weights, &recipe, &[]));
        assert_eq!(told, "phi.net.2.bias holds NaN, and weights must be finite");
    }

    #[test]
    fn a_name_that_stands_twice_is_noticed() {
        let (weights, recipe) = small();
        let bytes = write(&weights, &recipe, &[]);
        let (text, _) = split(&bytes).expect("a header");
        let start = text.find("\"psi.net.0.weight\"").expect("an entry");
        let end = start + text[start..].find("},").expect("its end") + 2;
        let entry = &text[start..end];
        let doubled = altered(entry, &format!("{entry}{entry}"));
        assert_eq!(refusal(&doubled), "the file names psi.net.0.weight more than once");
    }

    #[test]
    fn networks_larger_than_the_page_trains_are_refused() {
        let recipe = Recipe { d: 258, m: 1, hidden: 1, ..Recipe::default() };
        let told = refusal(&write(&Weights::init(&recipe), &recipe, &[]));
        assert_eq!(told, "the file's networks have d = 258: it must be from 1 to 257");
    }

    /// No bytes at all make the reader fall over: a file with some of its bytes changed, cut or doubled.
    #[test]
    fn damaged_files_are_answered() {
        let (weights, recipe) = small();
        let whole = write(&weights, &recipe, &[]);
        let mut draws = Draws::new(11, Stream::Data, 0);
        let mut number = |most: usize| (f64::from(draws.normal().abs()) * 1e9) as usize % most;
        let mut accepted = 0;
        for _ in 0..20_000 {
            let mut bytes = whole.clone();
            for _ in 0..1 + number(3) {
                // Most of the damage goes where it is parsed.
                let parsed = number(4) > 0;
                let at = number(if parsed { bytes.len().min(700) } else { bytes.len() });
                match number(4) {
                    0 => bytes.truncate(at + 1),
                    1 => bytes[at..].rotate_left(1),
                    2 => bytes.insert(at, number(256) as u8),
                    _ => bytes[at] = number(256) as u8,
                }
            }
            match read(&bytes) {
                Ok(file) => {
                    accepted += 1;
                    assert!(SafeTensors::deserialize(&bytes).is_ok(), "stricter than the library");
                    assert!(file.weights.tensors().into_iter().flatten().all(|v| v.is_finite()));
                }
                Err(error) => assert!(error.to_string().len() < 400, "{error}"),
            }
        }
        assert!(accepted > 0, "some damage is harmless");
    }
}
