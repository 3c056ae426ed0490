//! How a recipe names the layer that its draws are taken from.

use std::fmt;

/// Digits of a hash.
const DIGITS: usize = 16;

/// Scales of inputs that are assumed, at least and at most.
const SCALES: (f64, f64) = (1e-6, 1e6);

/// A layer's file by its hash, or none: the draws are standard normal.
///
/// A file that has no inputs leaves open how large they are, so that their standard deviation stands behind the hash where it is
/// not 1: `0123456789abcdef:0.5`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LayerName(Option<(u64, f64)>);

impl LayerName {
    /// Reads a name: the first 16 hexadecimal digits of the SHA-256 of the file's bytes, and a scale. `None` where it is no name.
    pub fn parse(text: &str) -> Option<Self> {
        let (hash, scale) = text.split_once(':').map_or((text, None), |(a, b)| (a, Some(b)));
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let whole = hash.len() == DIGITS && hash.bytes().all(is_digit);
        let hash = whole.then(|| u64::from_str_radix(hash, 16).ok()).flatten()?;
        let scale = match scale {
            None => 1.0,
            Some(text) => {
                let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                let scale = text.parse().ok().filter(|_| plain && text.len() <= 24)?;
                (SCALES.0..=SCALES.1).contains(&scale).then_some(scale)?
            }
        };
        Some(Self(Some((hash, scale))))
    }

    /// Whether no layer is named.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The standard deviation of inputs that the file does not have.
    pub fn scale(&self) -> f64 {
        self.0.map_or(1.0, |(_, scale)| scale)
    }
}

/// As it is read; nothing where no layer is named.
impl fmt::Display for LayerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            Some((hash, scale)) if scale.to_bits() == 1f64.to_bits() => write!(f, "{hash:016x}"),
            Some((hash, scale)) => write!(f, "{hash:016x}:{scale}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_nothing_else_is_one() {
        for text in ["0123456789abcdef", "ffffffffffffffff:0.5", "0000000000000000:12"] {
            assert_eq!(LayerName::parse(text).expect("is a name").to_string(), text);
        }
        let named = LayerName::parse("0123456789abcdef:1.0").expect("is a name");
        assert_eq!((named.to_string().as_str(), named.scale()), ("0123456789abcdef", 1.0));
        for text in [
            "",
            "0123456789abcde",
            "0123456789abcdeff",
            "0123456789ABCDEF",
            "0123456789abcdeg",
            "+123456789abcdef",
            "0123456789abcdef:",
            "0123456789abcdef:0",
            "0123456789abcdef:-1",
            "0123456789abcdef:1e3",
            "0123456789abcdef:NaN",
            "0123456789abcdef:10000000",
            "0123456789abcdef:0.0000001",
        ] {
            assert_eq!(LayerName::parse(text), None, "{text}");
        }
    }
}
