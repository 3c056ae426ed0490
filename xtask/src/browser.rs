//! The browser that the tests drive: Chrome or Chromium, with its driver.

use std::env;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::checkout::Checkout;
use crate::process::answer;
use crate::setup::apt_install;

/// A browser that starts, and its driver where there is one (wasm-pack fetches one otherwise).
pub(crate) struct Browser {
    pub(crate) chrome: PathBuf,
    pub(crate) driver: Option<PathBuf>,
}

const NAMES: [&str; 5] =
    ["chromium", "google-chrome", "google-chrome-stable", "chrome", "chromium-browser"];

/// Usual places that are not on anyone's search path.
const PLACES: [&str; 4] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
];

/// Finds the browser, or installs it where that is possible.
pub(crate) fn ready(checkout: &Checkout) -> Outcome<Browser> {
    let missing: &[&str] = match (chrome(checkout)?, driver(checkout)?) {
        (Some(chrome), driver @ Some(_)) => return Ok(Browser { chrome, driver }),
        (Some(_), None) => &["chromium-driver"],
        (None, _) => &["chromium", "chromium-driver"],
    };
    let installed = apt_install(checkout, missing);
    match (chrome(checkout)?, driver(checkout)?) {
        (Some(chrome), driver) => {
            if driver.is_none() {
                println!("set-up: no chromedriver found; wasm-pack will fetch one that fits");
            }
            Ok(Browser { chrome, driver })
        }
        (None, _) => Err(format!(
            "no Chrome or Chromium was found ({}): install one and its chromedriver, or set CHROME and CHROMEDRIVER to their paths",
            installed.err().unwrap_or_else(|| "what apt-get installed does not start".to_owned()),
        )),
    }
}

/// The browser's own name and version.
pub(crate) fn version(checkout: &Checkout, browser: &Browser) -> String {
    answer(checkout.command(&browser.chrome).arg("--version"))
        .unwrap_or_else(|| "unknown version".to_owned())
}

fn chrome(checkout: &Checkout) -> Outcome<Option<PathBuf>> {
    if let Some(path) = named_by("CHROME")? {
        return Ok(Some(path));
    }
    // Ubuntu's `chromium-browser` may be a stub that only asks for a snap, so each must say its version.
    let starts =
        |path: &PathBuf| cfg!(windows) || answer(checkout.command(path).arg("--version")).is_some();
    let on_path = NAMES.iter().filter_map(|name| checkout.which(name));
    let placed = PLACES.iter().map(PathBuf::from).filter(|path| path.is_file());
    Ok(on_path.chain(placed).find(starts))
}

fn driver(checkout: &Checkout) -> Outcome<Option<PathBuf>> {
    if let Some(path) = named_by("CHROMEDRIVER")? {
        return Ok(Some(path));
    }
    let file = format!("chromedriver{}", env::consts::EXE_SUFFIX);
    // GitHub's runners name its directory.
    let runner = env::var_os("CHROMEWEBDRIVER").map(|dir| Path::new(&dir).join(&file));
    let debian = Path::new("/usr/lib/chromium").join(&file);
    let candidates = [checkout.which("chromedriver"), runner, Some(debian)];
    Ok(candidates.into_iter().flatten().find(|path| path.is_file()))
}

fn named_by(variable: &str) -> Outcome<Option<PathBuf>> {
    match env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from) {
        Some(path) if path.is_file() => Ok(Some(path)),
        Some(path) => Err(format!("{variable} names {}, which is not a file", path.display())),
        None => Ok(None),
    }
}
