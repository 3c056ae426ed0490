//! The options after a command: `--name value` or `--name=value`, each known by exactly one command.

use crate::Outcome;

/// Options as typed. A command takes those it knows, then calls [`Options::finish`].
#[derive(Debug, Default)]
pub(crate) struct Options {
    given: Vec<(String, String)>,
    refused: bool,
}

impl Options {
    /// Reads `--name value` and `--name=value`; anything else is refused.
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Outcome<Self> {
        let mut options = Self::default();
        let mut words = words;
        while let Some(word) = words.next() {
            let Some(name) = word.strip_prefix("--") else {
                return Err(format!("`{word}` is not an option"));
            };
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name.to_owned(), value.to_owned()),
                None => match words.next() {
                    Some(value) => (name.to_owned(), value),
                    None => return Err(format!("--{name} needs a value")),
                },
            };
            options.given.push((name, value));
        }
        Ok(options)
    }

    /// The value given for `name`, if any; the last one wins.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let mut found = None;
        self.given.retain(|(given, value)| {
            if given == name {
                found = Some(value.clone());
            }
            given != name
        });
        found
    }

    /// As [`Options::take`], as a number; `default` where it was not given.
    pub(crate) fn number<T: std::str::FromStr>(&mut self, name: &str, default: T) -> Outcome<T> {
        match self.take(name) {
            None => Ok(default),
            Some(value) => match value.parse() {
                Ok(number) => Ok(number),
                Err(_) => self.refuse(format!("--{name} {value} is not a number it can take")),
            },
        }
    }

    /// As [`Options::take`], one of `known`.
    pub(crate) fn choice(
        &mut self,
        name: &str,
        known: &[&'static str],
    ) -> Outcome<Option<&'static str>> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        match known.iter().find(|choice| **choice == value) {
            Some(choice) => Ok(Some(choice)),
            None => self.refuse(format!("--{name} {value}: it is one of {}", known.join(", "))),
        }
    }

    /// Refuses what no one took.
    pub(crate) fn finish(&mut self) -> Outcome {
        match self.given.first() {
            None => Ok(()),
            Some((name, _)) => {
                let why = format!("there is no option --{name}");
                self.refuse(why)
            }
        }
    }

    /// Whether the error came from the command line itself, so that usage helps.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    /// Refuses the line for a reason of the command's own.
    pub(crate) fn refuse<T>(&mut self, why: String) -> Outcome<T> {
        self.refused = true;
        Err(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Outcome<Options> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn both_ways_of_giving_a_value_are_read() {
        let mut given = options("--port 8001 --prefix=/a/").unwrap();
        assert_eq!(given.number("port", 8000u16), Ok(8001));
        assert_eq!(given.take("prefix").as_deref(), Some("/a/"));
        assert_eq!(given.number("rounds", 3u32), Ok(3));
        assert_eq!(given.finish(), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(options("8001").unwrap_err().contains("8001"));
        assert!(options("--port").unwrap_err().contains("--port"));
        let mut given = options("--port 99999 --only fast --loud yes").unwrap();
        assert!(given.number("port", 8000u16).unwrap_err().contains("99999"));
        assert!(given.choice("only", &["native", "wasm"]).unwrap_err().contains("native, wasm"));
        assert!(given.finish().unwrap_err().contains("--loud"));
        assert!(given.refused());
    }
}
