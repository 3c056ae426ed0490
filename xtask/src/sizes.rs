//! How large a file is on the wire: raw, gzip -9 and brotli 11, as Node's zlib makes them.

use std::path::Path;

use crate::checkout::Checkout;
use crate::process::answer;

/// Bytes of one file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) raw: u64,
    pub(crate) gzip: u64,
    pub(crate) brotli: u64,
}

const SCRIPT: &str = "const z = require('node:zlib'), b = require('node:fs').readFileSync(process.argv[1]); \
    console.log(b.length, z.gzipSync(b, { level: 9 }).length, z.brotliCompressSync(b).length)";

impl Sizes {
    /// Compresses `file` both ways; `None` without Node. Brotli at its best takes about a second per megabyte.
    pub(crate) fn of(checkout: &Checkout, file: &Path) -> Option<Self> {
        answer(checkout.command("node").arg("-e").arg(SCRIPT).arg(file))
            .and_then(|line| Self::parse(&line))
    }

    fn parse(line: &str) -> Option<Self> {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        let mut next = || numbers.next()?.ok();
        Some(Self { raw: next()?, gzip: next()?, brotli: next()? })
    }
}

/// Bytes as people read them: 1 kB is 1,000 bytes, as on the wire.
pub(crate) fn in_words(bytes: u64) -> String {
    let kilobytes = bytes as f64 / 1e3;
    if kilobytes < 999.5 {
        format!("{kilobytes:.0} kB")
    } else {
        format!("{:.2} MB", kilobytes / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown() {
        assert_eq!(
            Sizes::parse("2400000 500000 400000"),
            Some(Sizes { raw: 2_400_000, gzip: 500_000, brotli: 400_000 })
        );
        assert_eq!(Sizes::parse("2400000"), None);
        assert_eq!(in_words(500_400), "500 kB");
        assert_eq!(in_words(22_500_000), "22.50 MB");
    }
}
