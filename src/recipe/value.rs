//! The kinds of value that a recipe's keys have: each as text and back.

use super::error::{RecipeError, shorten};
use super::keys::{Key, Kind, N, RATE};
use super::layer::LayerName;
use super::path::{Rates, Schedule, Solves};
use super::target::Target;

/// The longest text of a value that is read, in bytes: a hundred learning rates with room to spare.
const LONGEST: usize = 4096;

/// A value as its key's row in the table says.
pub(super) trait Value {
    /// Takes over what was typed.
    fn read(&mut self, key: &'static Key, text: &str) -> Result<(), RecipeError>;

    /// The value where it is a number.
    fn number(&self) -> Option<f64> {
        None
    }

    /// As it is typed.
    fn text(&self) -> String {
        self.number().map_or_else(String::new, |number| number.to_string())
    }

    /// Whether it is one that could have been typed.
    fn hold(&self, key: &'static Key) -> Result<(), RecipeError> {
        self.number().map_or(Ok(()), |number| key.hold(number, || number.to_string()))
    }
}

impl Value for usize {
    fn read(&mut self, key: &'static Key, text: &str) -> Result<(), RecipeError> {
        *self = key.read(text)? as usize;
        Ok(())
    }

    fn number(&self) -> Option<f64> {
        Some(*self as f64)
    }
}

impl Value for u32 {
    fn read(&mut self, key: &'static Key, text: &str) -> Result<(), RecipeError> {
        *self = key.read(text)? as u32;
        Ok(())
    }

    fn number(&self) -> Option<f64> {
        Some(f64::from(*self))
    }
}

impl Value for f64 {
    fn read(&mut self, key: &'static Key, text: &str) -> Result<(), RecipeError> {
        *self = key.read(text)?;
        Ok(())
    }

    fn number(&self) -> Option<f64> {
        Some(*self)
    }
}

impl Value for bool {
    fn read(&mut self, key: &'static Key, text: &str) -> Result<(), RecipeError> {
        *self = key.choose(text)? == 1;
        Ok(())
    }

    fn text(&self) -> String {
        u8::from(*self).to_string()
    }
}

impl Value for Schedule {
    fn read(&mut self, key: &'static Key, text: &str) -> Result<(), RecipeError> {
        *self = [Self::Constant, Self::Cosine][key.choose(text)?];
        Ok(())
    }

    fn text(&self) -> String {
        Self::NAMES[*self as usize].to_owned()
    }
}

impl Value for Target {
    fn read(&mut self, key: &'static Key, text: &str) -> Result<(), RecipeError> {
        *self = Self::ALL[key.choose(text)?];
        Ok(())
    }

    fn text(&self) -> String {
        self.name().to_owned()
    }
}

impl Value for Rates {
    fn read(&mut self, key: &'static Key, text: &str) -> Result<(), RecipeError> {
        read_course(&mut self.0, key, text, RATE)
    }

    fn text(&self) -> String {
        course_text(&self.0)
    }

    fn hold(&self, _: &'static Key) -> Result<(), RecipeError> {
        hold_course(&self.0, RATE)
    }
}

impl Value for Solves {
    fn read(&mut self, key: &'static Key, text: &str) -> Result<(), RecipeError> {
        read_course(&mut self.0, key, text, N)
    }

    fn text(&self) -> String {
        course_text(&self.0)
    }

    fn hold(&self, _: &'static Key) -> Result<(), RecipeError> {
        hold_course(&self.0, N)
    }
}

impl Value for LayerName {
    fn read(&mut self, key: &'static Key, text: &str) -> Result<(), RecipeError> {
        *self = match text {
            "" => Self::default(),
            _ => Self::parse(text).ok_or_else(|| key.refused(text))?,
        };
        Ok(())
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

/// Reads epochs, each with a number that could be another key's: `10:0.0005,20:0.0001`.
fn read_course(
    course: &mut Vec<(usize, f64)>,
    key: &'static Key,
    text: &str,
    of: &'static Key,
) -> Result<(), RecipeError> {
    let refused = || key.refused(text);
    if text.len() > LONGEST {
        return Err(refused());
    }
    course.clear();
    let parts = text.split(',').filter(|_| !text.is_empty());
    for part in parts {
        let (epoch, value) = part.split_once(':').ok_or_else(refused)?;
        let digits = !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit());
        let epoch = epoch.parse().ok().filter(|_| digits).ok_or_else(refused)?;
        course.push((epoch, of.read(value).map_err(|_| refused())?));
    }
    Ok(())
}

fn course_text(course: &[(usize, f64)]) -> String {
    let parts = course.iter().map(|(epoch, value)| format!("{epoch}:{value}"));
    parts.collect::<Vec<_>>().join(",")
}

fn hold_course(course: &[(usize, f64)], of: &'static Key) -> Result<(), RecipeError> {
    course.iter().try_for_each(|(_, value)| of.hold(*value, || value.to_string()))
}

impl Key {
    /// Reads a number as typed: ASCII digits, and for a real number a point and an exponent.
    pub(super) fn read(&'static self, text: &str) -> Result<f64, RecipeError> {
        let whole = matches!(self.kind, Kind::Whole(..));
        let value = (text.len() <= LONGEST && is_decimal(text, whole)).then(|| text.parse().ok());
        let value = value.flatten().ok_or_else(|| self.refused(text))?;
        self.hold(value, || shorten(text))?;
        Ok(value)
    }

    /// Holds a number to what the key may be.
    pub(super) fn hold(
        &'static self,
        value: f64,
        shown: impl Fn() -> String,
    ) -> Result<(), RecipeError> {
        let (Kind::Whole(least, most) | Kind::Real(least, most)) = self.kind else {
            return Ok(());
        };
        if matches!(self.kind, Kind::Whole(..)) && value.fract() != 0.0 {
            return Err(RecipeError::NotANumber { key: self, value: shown() });
        }
        // Written so that NaN is out of range too.
        if !(least <= value && value <= most) {
            return Err(RecipeError::OutOfRange { key: self, value: shown() });
        }
        Ok(())
    }

    /// Which of its words a text is.
    fn choose(&'static self, text: &str) -> Result<usize, RecipeError> {
        let place = match self.kind {
            Kind::Choice(words) => words.iter().position(|word| *word == text),
            _ => None,
        };
        place.ok_or_else(|| self.refused(text))
    }

    /// The refusal of a text that is not of the key's kind.
    pub(super) fn refused(&'static self, text: &str) -> RecipeError {
        let value = shorten(text);
        match self.kind {
            Kind::Whole(..) | Kind::Real(..) => RecipeError::NotANumber { key: self, value },
            Kind::Choice(_) | Kind::Rates(_) | Kind::Solves(_) | Kind::Layer => {
                RecipeError::NotAllowed { key: self, value }
            }
        }
    }
}

/// Whether a text is a plain decimal number: `-?digits`, and unless `integer` also `.digits` and `e±digits`.
///
/// Rust's own parser would take `inf`, `NaN` and `+1`; JavaScript's would take `0x10`, ` 7` and an empty text.
fn is_decimal(text: &str, integer: bool) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if integer {
        return digits(unsigned);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent_ok = exponent
        .is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)));
    let mantissa_ok = match mantissa.split_once('.') {
        Some((before, after)) => {
            (digits(before) && (after.is_empty() || digits(after)))
                || (before.is_empty() && digits(after))
        }
        None => digits(mantissa),
    };
    mantissa_ok && exponent_ok
}
