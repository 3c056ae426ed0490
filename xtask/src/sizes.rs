//! How large a module is on the wire (raw, gzip -9 and brotli 11, as Node's zlib makes them), and whether it grew.
//!
//! What a visitor waits for grows a little with every change, and nobody notices. So the figures stand in a file,
//! and who wants a module to be larger changes the file, where the next reader sees it.

use std::path::Path;
use std::{fs, io};

use crate::Outcome;
use crate::checkout::Checkout;

/// The file with the recorded figures.
pub(crate) const RECORD: &str = "xtask/sizes.txt";

/// Growth over the recorded figure, in percent, that still passes: other paths in its messages and another
/// version of zlib move a module by less than one.
const TOLERATED: u64 = 5;

/// Bytes of one file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) raw: u64,
    pub(crate) gzip: u64,
    pub(crate) brotli: u64,
}

impl Sizes {
    /// Of what ships under a name made of the module's and its content, `module-cpu-0123456789.wasm`; its compressed forms lie
    /// beside it (`xtask/bundle/compress.mjs`).
    pub(crate) fn of(module: &str, content: &[u8], folder: &Path) -> io::Result<Self> {
        let begins = format!("module-{module}-");
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // That of the build before lies there too.
            if !name.starts_with(&begins) || !name.ends_with(".wasm") || fs::read(&path)? != content
            {
                continue;
            }
            let compressed = |kind: &str| {
                fs::metadata(path.with_extension(format!("wasm.{kind}"))).map(|it| it.len())
            };
            let raw = content.len() as u64;
            return Ok(Self { raw, gzip: compressed("gz")?, brotli: compressed("br")? });
        }
        Err(io::ErrorKind::NotFound.into())
    }
}

/// What the modules weighed when someone last looked, in bytes of gzip.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Recorded(Vec<(String, u64)>);

impl Recorded {
    /// Reads [`RECORD`].
    pub(crate) fn read(checkout: &Checkout) -> Outcome<Self> {
        Self::parse(&checkout.read(RECORD)?)
    }

    /// A module and its figure on each line; `#` begins a comment.
    pub(crate) fn parse(text: &str) -> Outcome<Self> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        let entry = |line: &str| {
            let (module, figure) = line.split_once(char::is_whitespace)?;
            let bytes = figure.trim().replace(',', "").parse().ok().filter(|bytes| *bytes > 0)?;
            Some((module.to_owned(), bytes))
        };
        let read = |line: &str| entry(line).ok_or_else(|| format!("{RECORD} has a line `{line}`"));
        lines.filter(|line| !line.is_empty()).map(read).collect::<Outcome<_>>().map(Self)
    }

    /// The figure of one module.
    pub(crate) fn of(&self, module: &str) -> Outcome<u64> {
        let entry = self.0.iter().find(|(name, _)| name == module);
        entry.map(|(_, bytes)| *bytes).ok_or_else(|| format!("{RECORD} has no figure for {module}"))
    }
}

/// How much larger `now` is than what was `recorded`, in percent.
pub(crate) fn growth(now: u64, recorded: u64) -> f64 {
    (now as f64 / recorded as f64 - 1.0) * 100.0
}

/// Refuses a module that grew by more than is tolerated.
pub(crate) fn refuse_growth(module: &str, gzip: u64, recorded: u64) -> Outcome {
    if gzip * 100 <= recorded * (100 + TOLERATED) {
        return Ok(());
    }
    let percent = growth(gzip, recorded);
    Err(format!(
        "the {module} module grew by {percent:.1} %, from {recorded} to {gzip} bytes of gzip: \
         find out why, or write {gzip} into {RECORD}"
    ))
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
    fn a_module_may_grow_by_five_percent_and_not_by_more() {
        assert_eq!(refuse_growth("cpu", 100_000, 100_000), Ok(()));
        assert_eq!(refuse_growth("cpu", 105_000, 100_000), Ok(()));
        assert_eq!(refuse_growth("cpu", 20_000, 100_000), Ok(()));
        let why = refuse_growth("cpu", 105_100, 100_000).unwrap_err();
        assert!(why.contains("cpu") && why.contains("5.1 %") && why.contains(RECORD), "{why}");
    }

    #[test]
    fn recorded_figures_are_read_and_anything_else_is_named() {
        let recorded =
            Recorded::parse("# gzip\n\ncpu 123,456\nwebgpu  1800000 # so far\n").unwrap();
        assert_eq!(recorded.of("cpu"), Ok(123_456));
        assert_eq!(recorded.of("webgpu"), Ok(1_800_000));
        assert!(recorded.of("metal").unwrap_err().contains("metal"));
        for wrong in ["cpu", "cpu many", "cpu -1", "cpu 0"] {
            assert!(Recorded::parse(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn every_module_has_a_recorded_figure() {
        let recorded = Recorded::parse(include_str!("../sizes.txt")).unwrap();
        for module in crate::dist::MODULES {
            assert!(recorded.of(module).is_ok(), "{module}");
        }
    }

    #[test]
    fn a_module_weighs_what_is_sent_of_this_build() {
        let folder = std::env::temp_dir().join(format!("phi-psi-sizes-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
        for (name, content) in [("module-cpu-0", "before"), ("module-cpu-1", "content")] {
            write(&format!("{name}.wasm"), content.as_bytes());
            write(&format!("{name}.wasm.gz"), &content.as_bytes()[1..]);
            write(&format!("{name}.wasm.br"), &content.as_bytes()[2..]);
        }
        let of = |module: &str, content: &str| Sizes::of(module, content.as_bytes(), &folder).ok();
        assert_eq!(of("cpu", "content"), Some(Sizes { raw: 7, gzip: 6, brotli: 5 }));
        assert_eq!([of("cpu", "another"), of("lab", "content")], [None, None]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn sizes_are_shown() {
        assert_eq!(in_words(500_400), "500 kB");
        assert_eq!(in_words(22_500_000), "22.50 MB");
    }
}
