//! The header of a safetensors file: the little of JSON that it is made of, and what the format asks of it.
//!
//! ```text
//! { "__metadata__": { key: text, … }, tensor: { "dtype": text, "shape": [n, …], "data_offsets": [start, end] }, … }
//! ```
//!
//! Read here and not by the `safetensors` crate, whose JSON reader and the tables of its numbers are 38 kB of what a
//! visitor waits for, a quarter of the CPU module. Stricter than that: no metadata stand there twice, and nothing beside the format.

/// The most entries that the metadata may have; ours have twenty at most.
const MOST_NOTES: usize = 256;

const UNFORMATTED: &str = "its header is not written as the format asks";

/// What the header says.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// `__metadata__`, in the order of the file.
    pub(super) metadata: Vec<(String, String)>,
    /// The tensors, in the order of the file.
    pub(super) tensors: Vec<Entry>,
}

/// One tensor.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) dtype: String,
    pub(super) shape: Vec<usize>,
    /// First byte and end, counted from where the data begin.
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Header {
    /// Reads the text.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if !text.starts_with('{') {
            return Err(UNFORMATTED);
        }
        let mut reader = Reader { rest: text };
        let mut header = Self::default();
        let mut described = false;
        reader.object(|reader, key| {
            if key == "__metadata__" {
                if std::mem::replace(&mut described, true) {
                    return Err("its metadata stand there twice");
                }
                return reader.object(|reader, key| {
                    // A few, so that each may be held against all before it.
                    if header.metadata.len() == MOST_NOTES {
                        return Err("its metadata have more entries than any that is read");
                    }
                    if header.metadata.iter().any(|(before, _)| *before == key) {
                        return Err("its metadata name something twice");
                    }
                    let value = reader.string()?;
                    header.metadata.push((key, value));
                    Ok(())
                });
            }
            header.tensors.push(reader.entry(key)?);
            Ok(())
        })?;
        reader.skip_space();
        if reader.rest.is_empty() { Ok(header) } else { Err("something stands behind its header") }
    }

    /// What the metadata say under a key.
    pub(super) fn note(&self, key: &str) -> Option<&str> {
        let (_, value) = self.metadata.iter().find(|(name, _)| name == key)?;
        Some(value)
    }

    /// Whether the tensors lie one behind another and fill so many bytes of data.
    pub(super) fn covers(&self, data: usize) -> Result<(), &'static str> {
        let mut ranges: Vec<(usize, usize)> =
            self.tensors.iter().map(|entry| (entry.start, entry.end)).collect();
        let mut covered = 0;
        // Not sorted, since the library's sort is ten times this reader.
        while !ranges.is_empty() {
            let follows = |at: &usize| ranges[*at].0 == covered && ranges[*at].1 >= covered;
            let next = (0..ranges.len()).filter(follows).min_by_key(|at| ranges[*at].1);
            covered = ranges.swap_remove(next.ok_or("its tensors overlap or leave gaps")?).1;
        }
        if covered == data { Ok(()) } else { Err("its tensors are not as long as its data") }
    }
}

/// A reader of JSON that never looks back and never nests: its depth is the format's.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// `{ "key": …, … }`, each value read by `value`.
    fn object(
        &mut self,
        mut value: impl FnMut(&mut Self, String) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        self.expect('{')?;
        if self.accept('}') {
            return Ok(());
        }
        loop {
            let key = self.string()?;
            self.expect(':')?;
            value(self, key)?;
            if !self.accept(',') {
                return self.expect('}');
            }
        }
    }

    fn entry(&mut self, name: String) -> Result<Entry, &'static str> {
        let mut entry = Entry { name, ..Entry::default() };
        let mut seen = [0; 3];
        self.object(|reader, key| {
            match key.as_str() {
                "dtype" => {
                    seen[0] += 1;
                    entry.dtype = reader.string()?;
                }
                "shape" => {
                    seen[1] += 1;
                    entry.shape = reader.numbers()?;
                }
                "data_offsets" => {
                    seen[2] += 1;
                    let [start, end] = reader.numbers()?[..] else {
                        return Err("a tensor has two offsets");
                    };
                    (entry.start, entry.end) = (start, end);
                }
                _ => return Err("a tensor has more than dtype, shape and data_offsets"),
            }
            Ok(())
        })?;
        if seen == [1; 3] { Ok(entry) } else { Err("a tensor has one dtype, shape and offsets") }
    }

    /// `[1, 2, …]`.
    fn numbers(&mut self) -> Result<Vec<usize>, &'static str> {
        let mut numbers = Vec::new();
        self.expect('[')?;
        if self.accept(']') {
            return Ok(numbers);
        }
        loop {
            self.skip_space();
            let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = self.rest.split_at(digits);
            const BROKEN: &str = "a number of its header cannot be read";
            if digits > 1 && number.starts_with('0') {
                return Err(BROKEN);
            }
            numbers.push(number.parse().map_err(|_| BROKEN)?);
            self.rest = rest;
            if !self.accept(',') {
                self.expect(']')?;
                return Ok(numbers);
            }
        }
    }

    fn string(&mut self) -> Result<String, &'static str> {
        const BROKEN: &str = "a text of its header cannot be read";
        self.expect('"')?;
        let mut text = String::new();
        loop {
            match self.next().ok_or(BROKEN)? {
                '"' => return Ok(text),
                '\\' => text.push(self.escaped().ok_or(BROKEN)?),
                c if c < ' ' => return Err(BROKEN),
                c => text.push(c),
            }
        }
    }

    /// What follows a backslash. A character beyond the 65,536th is written as two halves.
    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let half = self.four_digits()?;
                if !(0xd800..0xdc00).contains(&half) {
                    return char::from_u32(half);
                }
                self.rest = self.rest.strip_prefix("\\u")?;
                let low = self.four_digits()?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                char::from_u32(0x10000 + ((half - 0xd800) << 10) + low)?
            }
            _ => return None,
        })
    }

    fn four_digits(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |number, _| Some(number * 16 + self.next()?.to_digit(16)?))
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn accept(&mut self, c: char) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, c: char) -> Result<(), &'static str> {
        if self.accept(c) { Ok(()) } else { Err(UNFORMATTED) }
    }
}
