//! A run as a link: the recipe in the URL's fragment, readable, and what may ride along.
//!
//! ```text
//! v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42[&fresh=1 …][&W=…&x=…][&mse=…][&play=1]
//! ```
//!
//! Every key of the recipe is written out, so that an old link keeps its meaning when a default changes. The
//! backend is not in it: a link describes the experiment and not the reader's machine. Reading is strict and
//! total: whatever the text, the answer is a [`Link`] or one sentence that names the key.

use std::fmt;

use crate::data::demo::{Demo, DemoError};
use crate::recipe::{KEYS, Key, Recipe, RecipeError, shorten};

/// The latest version. A link of a later one is refused, an earlier one is read for ever.
///
/// Each key says with which version it came ([`Key::since`]); a link is written as the earliest that has all its keys, so
/// that older pages read it.
pub const VERSION: u32 = latest();

const fn latest() -> u32 {
    let (mut version, mut key) = (1, 0);
    while key < KEYS.len() {
        if KEYS[key].since > version {
            version = KEYS[key].since;
        }
        key += 1;
    }
    version
}

/// The longest fragment that is read, in bytes: W and x at d = 64 with room to spare.
pub const LONGEST: usize = 96 * 1024;

/// The largest d of which a link has W and x. Of a larger one it has the run alone.
pub const MOST_LINKED: usize = 64;

/// What a link says.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The run.
    pub recipe: Recipe,
    /// The W and x that were compared on.
    pub demo: Option<Demo>,
    /// The last epoch's MSE where the link was made, to say whether it was reproduced.
    pub mse: Option<f64>,
    /// Whether the page should start by itself.
    pub play: bool,
}

impl Link {
    /// The link of a recipe alone.
    pub fn of(recipe: Recipe) -> Self {
        Self { recipe, demo: None, mse: None, play: false }
    }

    /// Reads a fragment, with or without the `#` in front.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, as a [`LinkError`].
    pub fn parse(fragment: &str) -> Result<Self, LinkError> {
        let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
        if fragment.len() > LONGEST {
            return Err(LinkError::TooLong);
        }
        let mut version = None;
        let (mut fields, mut w, mut x) = (Vec::new(), None, None);
        let (mut mse, mut play) = (None, None);
        for pair in fragment.split('&') {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| LinkError::Cut { pair: shorten(pair) })?;
            let value = decode(value).ok_or_else(|| LinkError::Encoding { key: shorten(key) })?;
            let once = match key {
                "v" => version.replace(value),
                "W" => w.replace(value),
                "x" => x.replace(value),
                "mse" => mse.replace(value),
                "play" => play.replace(value),
                _ => {
                    // The recipe's own reader knows its keys, and counts them.
                    fields.push((key, value));
                    None
                }
            };
            if once.is_some() {
                return Err(LinkError::Repeated { key: shorten(key) });
            }
        }
        let version = read_version(version.as_deref())?;
        let is_later = |key: &str| Key::named(key).is_some_and(|key| key.since > version);
        if let Some((key, _)) = fields.iter().find(|(key, _)| is_later(key)) {
            return Err(RecipeError::UnknownKey { key: shorten(key) }.into());
        }
        let recipe = Recipe::parse(fields.iter().map(|(key, value)| (*key, value.as_str())))?;
        let demo = match (w, x) {
            (Some(w), Some(x)) => Some(Demo::parse(recipe.d, &w, &x)?),
            (None, None) => None,
            (w, _) => return Err(LinkError::Half { missing: if w.is_some() { "x" } else { "W" } }),
        };
        let mse = mse.map(|text| expected_mse(&text)).transpose()?;
        let play = match play.as_deref() {
            None => false,
            Some("1") => true,
            Some(other) => return Err(LinkError::Play { value: shorten(other) }),
        };
        Ok(Self { recipe, demo, mse, play })
    }
}

fn read_version(text: Option<&str>) -> Result<u32, LinkError> {
    let text = text.ok_or(LinkError::NoVersion)?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // Too many digits for a u32 are a version from far in the future.
    match digits.then(|| text.parse::<u32>().unwrap_or(u32::MAX)) {
        Some(version @ 1..=VERSION) => Ok(version),
        Some(version) if version > VERSION => Err(LinkError::Newer { version: shorten(text) }),
        _ => Err(LinkError::Version { value: shorten(text) }),
    }
}

/// A finite number that is not negative, as Rust and JavaScript write it.
fn expected_mse(text: &str) -> Result<f64, LinkError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b".eE-+".contains(&byte));
    match text.parse::<f64>() {
        Ok(value) if plain && value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err(LinkError::Mse { value: shorten(text) }),
    }
}

/// Undoes percent-encoding, which a messenger may have added to commas. `None` where it is broken.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let [high, low, tail @ ..] = tail else { return None };
        let digit = |byte: u8| char::from(byte).to_digit(16);
        bytes.push((digit(*high)? * 16 + digit(*low)?) as u8);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

/// The fragment without `#`.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.recipe.fields();
        let since = fields.iter().filter_map(|(key, _)| Some(Key::named(key)?.since));
        write!(f, "v={}", since.max().unwrap_or(1))?;
        for (key, value) in fields {
            write!(f, "&{key}={value}")?;
        }
        // A larger W would make a link that is longer than any that is read.
        if let Some(Demo { w, x }) = self.demo.as_ref().filter(|demo| demo.x.len() <= MOST_LINKED) {
            for (key, values) in [("W", w), ("x", x)] {
                write!(f, "&{key}=")?;
                for (index, value) in values.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}", Shortest(*value))?;
                }
            }
        }
        if let Some(mse) = self.mse {
            write!(f, "&mse={mse}")?;
        }
        if self.play {
            write!(f, "&play=1")?;
        }
        Ok(())
    }
}

/// A number with an exponent where that is shorter: written out, a W of very small numbers would make a link that is
/// longer than any that is read.
struct Shortest(f32);

impl fmt::Display for Shortest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value) = self;
        let (plain, short) = (value.to_string(), format!("{value:e}"));
        f.write_str(if short.len() < plain.len() { &short } else { &plain })
    }
}

/// Why a link was refused. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkError {
    /// More text than any link has.
    TooLong,
    /// A part without `=`: the link was cut, or was never one.
    Cut {
        /// The part, cut when long.
        pair: String,
    },
    /// `%` without two hexadecimal digits behind it, or bytes that are no text.
    Encoding {
        /// The key.
        key: String,
    },
    /// A key that was given twice.
    Repeated {
        /// The key.
        key: String,
    },
    /// No `v=`.
    NoVersion,
    /// A version that is not one.
    Version {
        /// The text as given, cut when long.
        value: String,
    },
    /// A version from after this page was made.
    Newer {
        /// The version.
        version: String,
    },
    /// W without x, or x without W.
    Half {
        /// The one that is not there.
        missing: &'static str,
    },
    /// An expected MSE that is not a number from 0 on.
    Mse {
        /// The text as given, cut when long.
        value: String,
    },
    /// A `play` that is not 1.
    Play {
        /// The text as given, cut when long.
        value: String,
    },
    /// What the recipe's reader says.
    Recipe(RecipeError),
    /// What the demo's reader says.
    Demo(DemoError),
}

impl LinkError {
    /// The key to point at, where there is one.
    pub fn key(&self) -> &str {
        match self {
            Self::TooLong | Self::Cut { .. } => "",
            Self::Encoding { key } | Self::Repeated { key } => key,
            Self::NoVersion | Self::Version { .. } | Self::Newer { .. } => "v",
            Self::Half { missing } => missing,
            Self::Mse { .. } => "mse",
            Self::Play { .. } => "play",
            Self::Recipe(error) => error.key(),
            Self::Demo(error) => error.name(),
        }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the link is longer than any that this page writes"),
            Self::Cut { pair } if pair.is_empty() => {
                write!(f, "the link has an empty part: was it cut?")
            }
            Self::Cut { pair } => write!(f, "“{pair}” in the link has no value: was the link cut?"),
            Self::Encoding { key } => write!(f, "{key} in the link holds a broken % code"),
            Self::Repeated { key } => write!(f, "{key} is given more than once"),
            Self::NoVersion => {
                write!(f, "v is missing: a link begins with v=1 to v={VERSION}")
            }
            Self::Version { value } => {
                write!(f, "v = “{value}” is not a version: this page reads v=1 to v={VERSION}")
            }
            Self::Newer { version } => write!(
                f,
                "v = {version} is a newer kind of link than this page reads (up to v={VERSION}): reload the page"
            ),
            Self::Half { missing } => {
                write!(f, "{missing} is missing: W and x come together or not at all")
            }
            Self::Mse { value } => {
                write!(f, "mse = “{value}” is not a number from 0 on")
            }
            Self::Play { value } => write!(f, "play = “{value}” is not 1"),
            Self::Recipe(error) => error.fmt(f),
            Self::Demo(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LinkError {}

impl From<RecipeError> for LinkError {
    fn from(error: RecipeError) -> Self {
        Self::Recipe(error)
    }
}

impl From<DemoError> for LinkError {
    fn from(error: DemoError) -> Self {
        Self::Demo(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::source::Source;
    use crate::data::{Draws, Stream};
    use crate::recipe::Target;
    use crate::recipe::keys::Kind;

    const NOTEBOOK: &str = "v=1&d=2&m=16&hidden=64&n=1024&batch=64&epochs=5&lr=0.001&seed=42";

    #[test]
    fn the_notebooks_link_is_short_and_readable() {
        assert_eq!(Link::of(Recipe::default()).to_string(), NOTEBOOK);
        assert!(NOTEBOOK.len() <= 80);
        assert_eq!(Link::parse(NOTEBOOK), Ok(Link::of(Recipe::default())));
        assert_eq!(Link::parse(&format!("#{NOTEBOOK}")), Ok(Link::of(Recipe::default())));
    }

    /// Links of version 1 as they were written. They are read for ever: nothing here may change.
    #[test]
    fn golden_links_keep_their_meaning() {
        let recipe = |text| Link::parse(text).expect("a golden link").recipe;
        assert_eq!(recipe(NOTEBOOK), Recipe::default());
        let thirty =
            "v=1&d=8&m=32&hidden=128&n=512&batch=128&epochs=30&lr=0.0000001&seed=4294967295";
        let expected = Recipe {
            d: 8,
            m: 32,
            hidden: 128,
            n: 512,
            batch: 128,
            epochs: 30,
            lr: 1e-7,
            seed: u32::MAX,
            ..Recipe::default()
        };
        assert_eq!(recipe(thirty), expected);
        let full = "v=1&d=1&m=1&hidden=3&n=17&batch=5&epochs=4&lr=0.01&seed=0&W=0.5&x=-1.25&mse=0.0321&play=1";
        let link = Link::parse(full).expect("a golden link");
        assert_eq!(link.demo, Some(Demo { w: vec![0.5], x: vec![-1.25] }));
        assert_eq!((link.mse, link.play), (Some(0.0321), true));
        assert_eq!(link.to_string(), full);
    }

    /// The same of version 2.
    #[test]
    fn golden_links_with_a_course_keep_their_meaning() {
        let text = "v=2&d=2&m=16&hidden=128&n=1024&batch=256&epochs=40&lr=0.005&seed=7&fresh=1&schedule=cosine&rates=10:0.0005,20:0.0001";
        let link = Link::parse(text).expect("a golden link");
        let rates = vec![(10, 5e-4), (20, 1e-4)];
        assert_eq!((link.recipe.fresh, &link.recipe.rates.0), (true, &rates));
        assert_eq!(link.recipe.cosine_steps(), 160, "of all its steps");
        assert_eq!(link.to_string(), text);
    }

    /// The same of version 6.
    #[test]
    fn golden_links_with_a_target_keep_their_meaning() {
        for target in Target::ALL.into_iter().skip(1) {
            let text = NOTEBOOK.replace("v=1", "v=6") + "&target=" + target.name();
            let link = Link::parse(&text).expect("a golden link");
            assert_eq!(link.recipe, Recipe { target, ..Recipe::default() });
            assert_eq!(link.to_string(), text);
        }
        let refusal = |text: &str| {
            let text = NOTEBOOK.replace("v=1", "v=6") + text;
            Link::parse(&text).expect_err("refused").to_string()
        };
        assert!(refusal("&target=gelu2").contains("gelu or gelu-tanh or relu"), "the choices");
        assert!(
            refusal("&layer=0123456789abcdef&target=relu")
                .contains("target = relu is not for a run on a layer"),
            "{}",
            refusal("&layer=0123456789abcdef&target=relu")
        );
    }

    #[test]
    fn every_link_comes_back_as_it_was_sent() {
        let mut draws = Draws::new(3, Stream::Data, 0);
        let mut number = |most: u64| (f64::from(draws.normal().abs()) * 1e9) as u64 % most;
        let mut given = [0; KEYS.len()];
        let mut sent = 0;
        while sent < 500 {
            let mut texts = Vec::new();
            for key in KEYS {
                if !key.is_optional() || number(2) == 0 {
                    texts.push((key.name, any(key, &mut number)));
                }
            }
            let recipe = Recipe::parse(texts.iter().map(|(name, text)| (*name, text.as_str())));
            // Some values do not go together, or take too much memory.
            let Ok(recipe) = recipe else { continue };
            for (name, _) in recipe.fields() {
                given[KEYS.iter().position(|key| key.name == name).expect("a key")] += 1;
            }
            let demo = (recipe.d <= MOST_LINKED && number(2) == 0)
                .then(|| Demo::draw(&recipe, &Source::Normal, number(100) as u32));
            let mse = (number(2) == 0).then(|| number(1 << 40) as f64 / 1e9);
            let link = Link { recipe, demo, mse, play: number(2) == 0 };
            assert_eq!(Link::parse(&link.to_string()), Ok(link));
            sent += 1;
        }
        assert!(given.iter().all(|times| *times >= 50), "{given:?}");
    }

    /// A text that a key may have, if the others allow it; of numbers small ones as often as large ones.
    fn any(key: &Key, number: &mut impl FnMut(u64) -> u64) -> String {
        let pairs = |first: u64, value: &mut dyn FnMut() -> String| {
            let epochs = [first, first + 1, first + 7].into_iter();
            epochs.map(|epoch| format!("{epoch}:{}", value())).collect::<Vec<_>>().join(",")
        };
        match key.kind {
            Kind::Whole(least, most) => {
                let bits = number(most.log2() as u64 + 1);
                (least as u64 + number(1 << bits)).to_string()
            }
            Kind::Real(least, most) => rate(least, most, number),
            Kind::Choice(words) => words[number(words.len() as u64) as usize].to_owned(),
            Kind::Rates(_) => pairs(2, &mut || rate(1e-7, 1.0, number)),
            Kind::Solves(_) => pairs(0, &mut || (1 + number(4096)).to_string()),
            Kind::Layer => "0123456789abcdef:0.25".to_owned(),
        }
    }

    /// A number between two others.
    fn rate(least: f64, most: f64, number: &mut impl FnMut(u64) -> u64) -> String {
        (least + (most - least) * number(1_000_000) as f64 / 1e6).to_string()
    }

    #[test]
    fn a_bad_link_is_told_what_is_wrong_with_it() {
        let refusal = |text: &str| Link::parse(text).expect_err(text);
        let with = |change: &str, to: &str| NOTEBOOK.replace(change, to);
        for (text, key, words) in [
            (String::new(), "", "the link has an empty part"),
            ("v".into(), "", "“v” in the link has no value"),
            ("v=1".into(), "d", "d is missing"),
            (with("v=1&", ""), "v", "v is missing"),
            (with("v=1", "v="), "v", "v = “” is not a version"),
            (with("v=1", "v=0"), "v", "v = “0” is not a version"),
            (with("v=1", "v=one"), "v", "v = “one” is not a version"),
            (with("v=1", "v=7"), "v", "v = 7 is a newer kind of link"),
            (format!("{NOTEBOOK}&fresh=1"), "fresh", "“fresh” is not part of a recipe"),
            (format!("{}&fresh=2", with("v=1", "v=2")), "fresh", "fresh = “2” is not possible"),
            (format!("{}&rates=6:0.1", with("v=1", "v=2")), "rates", "rates = “6:0.1” is not"),
            (format!("{}&solve=5:64", with("v=1", "v=2")), "solve", "“solve” is not part of"),
            (format!("{}&solve=6:64", with("v=1", "v=3")), "solve", "solve = “6:64” is not"),
            (format!("{}&seeds=2", with("v=1", "v=3")), "seeds", "“seeds” is not part of"),
            (format!("{}&seeds=0", with("v=1", "v=4")), "seeds", "seeds = 0 is out of range"),
            (with("v=1", "v=99999999999999"), "v", "v = 99999999999999 is a newer"),
            (with("&seed=42", ""), "seed", "seed is missing"),
            (with("&seed=42", "&see"), "", "“see” in the link has no value: was the link cut?"),
            (with("seed=42", "seed=4%"), "seed", "seed in the link holds a broken % code"),
            (with("seed=42", "seed=%zz"), "seed", "seed in the link holds a broken % code"),
            (with("seed=42", "seed=%ff"), "seed", "seed in the link holds a broken % code"),
            (with("d=2&", "d=2&d=2&"), "d", "d is given more than once"),
            (with("v=1&", "v=1&v=1&"), "v", "v is given more than once"),
            (with("lr=0.001", "lr=NaN"), "lr", "lr = “NaN” is not a plain"),
            (with("lr=0.001", "lr=1e999"), "lr", "lr = 1e999 is out of range"),
            (with("lr=0.001", "lr=0x1"), "lr", "lr = “0x1” is not a plain"),
            (with("d=2", "d= 2"), "d", "d = “ 2” is not a whole number"),
            (with("d=2", "d=٢"), "d", "d = “٢” is not a whole number"),
            (with("d=2", "d=258"), "d", "d = 258 is out of range"),
            (with("d=2", "D=2"), "D", "“D” is not part of a recipe"),
            (format!("{NOTEBOOK}&__proto__=1"), "__proto__", "“__proto__” is not part"),
            (format!("{NOTEBOOK}&W=1,2,3,4"), "x", "x is missing: W and x come together"),
            (format!("{NOTEBOOK}&x=1,2"), "W", "W is missing: W and x come together"),
            (format!("{NOTEBOOK}&W=1,2,3&x=1,2"), "W", "W needs 4 numbers at this d"),
            (format!("{NOTEBOOK}&W=1,2,3,inf&x=1,2"), "W", "W holds “inf”"),
            (format!("{NOTEBOOK}&mse=-1"), "mse", "mse = “-1” is not a number from 0 on"),
            (format!("{NOTEBOOK}&mse=infinity"), "mse", "mse = “infinity” is not a number"),
            (format!("{NOTEBOOK}&play=yes"), "play", "play = “yes” is not 1"),
            (format!("{NOTEBOOK}&"), "", "the link has an empty part"),
            ("k".repeat(LONGEST + 1), "", "the link is longer than any"),
        ] {
            let error = refusal(&text);
            assert!(error.to_string().starts_with(words), "{text:.100}: {error}");
            assert_eq!(error.key(), key, "{text:.100}");
            assert!(error.to_string().len() < 250);
        }
    }

    #[test]
    fn what_a_messenger_did_to_the_commas_is_undone() {
        let link = format!("{NOTEBOOK}&W=1,2,3,4&x=5,6");
        assert_eq!(Link::parse(&link.replace(',', "%2C")), Link::parse(&link));
        assert!(Link::parse(&link).expect("a link").demo.is_some());
    }

    #[test]
    fn the_longest_link_that_is_written_can_be_read() {
        let recipe = Recipe { d: 64, ..Recipe::default() };
        let demo = Demo { w: vec![-f32::MIN_POSITIVE; 64 * 64], x: vec![f32::from_bits(1); 64] };
        let link = Link { demo: Some(demo), mse: Some(f64::MIN_POSITIVE), ..Link::of(recipe) };
        assert_eq!(Link::parse(&link.to_string()), Ok(link));
        let recipe = Recipe { d: 65, ..Recipe::default() };
        let demo = Demo { w: vec![0.5; 65 * 65], x: vec![0.5; 65] };
        let link = Link { demo: Some(demo), ..Link::of(recipe.clone()) };
        assert_eq!(Link::parse(&link.to_string()), Ok(Link::of(recipe)));
    }

    /// Any text at all is answered: mutations of a link, and noise.
    #[test]
    fn no_text_makes_the_reader_fall_over() {
        let mut draws = Draws::new(5, Stream::Data, 0);
        let mut number = |most: usize| (f64::from(draws.normal().abs()) * 1e9) as usize % most;
        let seed = format!("{NOTEBOOK}&W=1,2,3,4&x=5,6&mse=0.5&play=1");
        let pool: Vec<char> = "=&%#.,-+eE0123456789vdmhxWñ🙂\u{0}".chars().collect();
        for _ in 0..20_000 {
            let mut text: Vec<char> = seed.chars().collect();
            for _ in 0..1 + number(4) {
                let at = number(text.len());
                match number(3) {
                    0 => drop(text.remove(at)),
                    1 => text.insert(at, pool[number(pool.len())]),
                    _ => text[at] = pool[number(pool.len())],
                }
            }
            let text: String = text.into_iter().collect();
            match Link::parse(&text) {
                Ok(link) => assert_eq!(Link::parse(&link.to_string()), Ok(link)),
                Err(error) => assert!(error.to_string().len() < 300, "{error}"),
            }
        }
    }
}
