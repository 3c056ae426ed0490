//! The browsers that the tests drive: Chrome or Chromium with its driver, Firefox as it is, and WebKitGTK's by its driver.

use std::env;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::checkout::Checkout;
use crate::process::answer;
use crate::setup::apt_install;

/// A Chrome that starts, and its driver where there is one (wasm-pack fetches the newest otherwise).
pub(crate) struct Chrome {
    pub(crate) program: PathBuf,
    pub(crate) driver: Option<PathBuf>,
}

/// Where a browser may be.
struct Whereabouts {
    /// The variable that names one.
    variable: &'static str,
    /// Its programs, as they are called on the search path.
    names: &'static [&'static str],
    /// Usual places that are not on anyone's search path.
    places: &'static [&'static str],
}

const CHROME: Whereabouts = Whereabouts {
    variable: "CHROME",
    names: &["chromium", "google-chrome", "google-chrome-stable", "chrome", "chromium-browser"],
    places: &[
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    ],
};

/// Chrome without its own windows, menus and services, which nobody sees in a test: a page costs half as much to open.
const SHELL: Whereabouts = Whereabouts {
    variable: "CHROME",
    names: &["chromium-headless-shell", "chrome-headless-shell"],
    places: &[],
};

const FIREFOX: Whereabouts = Whereabouts {
    variable: "FIREFOX",
    names: &["firefox", "firefox-esr"],
    places: &[
        "/Applications/Firefox.app/Contents/MacOS/firefox",
        r"C:\Program Files\Mozilla Firefox\firefox.exe",
        r"C:\Program Files (x86)\Mozilla Firefox\firefox.exe",
    ],
};

/// Finds Chrome or Chromium and its driver, or installs them where that is possible.
pub(crate) fn chrome(checkout: &Checkout) -> Outcome<Chrome> {
    let missing: &[&str] = match (CHROME.find(checkout)?, driver(checkout)?) {
        (Some(program), driver @ Some(_)) => return Ok(Chrome { program, driver }),
        (Some(_), None) => &["chromium-driver"],
        (None, _) => &["chromium", "chromium-driver"],
    };
    let installed = apt_install(checkout, missing);
    match (CHROME.find(checkout)?, driver(checkout)?) {
        (Some(program), driver) => {
            if driver.is_none() {
                println!(
                    "set-up: no chromedriver found; wasm-pack fetches the newest, which fits the newest Chrome alone: else set CHROMEDRIVER"
                );
            }
            Ok(Chrome { program, driver })
        }
        (None, _) => Err(format!(
            "no Chrome or Chromium was found ({}): install one and its chromedriver, or set CHROME and CHROMEDRIVER to their paths",
            why_missing(installed),
        )),
    }
}

/// Finds Chrome's headless shell, or installs it where that is possible; where there is none, Chrome itself serves.
pub(crate) fn shell(checkout: &Checkout) -> Outcome<PathBuf> {
    if let Some(program) = SHELL.find(checkout)? {
        return Ok(program);
    }
    // Where it cannot be installed the tests take longer, and that is all.
    let _ = apt_install(checkout, &["chromium-headless-shell"]);
    match SHELL.find(checkout)? {
        Some(program) => Ok(program),
        None => Ok(chrome(checkout)?.program),
    }
}

/// Finds Firefox, or installs it where that is possible. It needs no driver: it speaks WebDriver BiDi by itself.
pub(crate) fn firefox(checkout: &Checkout) -> Outcome<PathBuf> {
    if let Some(program) = FIREFOX.find(checkout)? {
        return Ok(program);
    }
    let installed = apt_install(checkout, &["firefox-esr"]);
    FIREFOX.find(checkout)?.ok_or_else(|| {
        format!(
            "no Firefox was found ({}): install one, or set FIREFOX to its path",
            why_missing(installed),
        )
    })
}

/// Finds the driver of WebKitGTK's own browser, which it starts by itself, and the screen that the browser needs; or installs them where that is
/// possible.
pub(crate) fn webkit(checkout: &Checkout) -> Outcome<PathBuf> {
    let found = || -> Outcome<Option<PathBuf>> {
        let driver = match named_by("WEBKIT")? {
            Some(path) => Some(path),
            None => checkout.which("WebKitWebDriver"),
        };
        Ok(driver.filter(|_| checkout.which("Xvfb").is_some()))
    };
    if let Some(driver) = found()? {
        return Ok(driver);
    }
    if !cfg!(target_os = "linux") {
        return Err("WebKitGTK and Xvfb are Linux's".to_owned());
    }
    let installed = apt_install(checkout, &["webkit2gtk-driver", "xvfb"]);
    found()?.ok_or_else(|| {
        format!(
            "no WebKitWebDriver with Xvfb was found ({}): install webkit2gtk-driver and xvfb, or set WEBKIT to the driver's path",
            why_missing(installed),
        )
    })
}

/// Sees to it that Firefox has something to compute WebGPU on: where there is no graphics card, Mesa's driver in software.
pub(crate) fn firefox_gpu(checkout: &Checkout) -> Outcome {
    if !cfg!(target_os = "linux") || has_vulkan_driver() {
        return Ok(());
    }
    let installed = apt_install(checkout, &["mesa-vulkan-drivers"]);
    if has_vulkan_driver() {
        return Ok(());
    }
    Err(format!(
        "no Vulkan driver was found ({}): install mesa-vulkan-drivers or a graphics card's",
        why_missing(installed),
    ))
}

fn has_vulkan_driver() -> bool {
    let folders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
    folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().next().is_some()
}

/// A browser's own name and version, except on Windows, where asking Chrome opens a window.
pub(crate) fn version(checkout: &Checkout, program: &Path) -> String {
    let asked = (!cfg!(windows)).then(|| answer(checkout.command(program).arg("--version")));
    asked.flatten().unwrap_or_else(|| "unknown version".to_owned())
}

impl Whereabouts {
    fn find(&self, checkout: &Checkout) -> Outcome<Option<PathBuf>> {
        if let Some(path) = named_by(self.variable)? {
            return Ok(Some(path));
        }
        // Ubuntu's `chromium-browser` and `firefox` may be stubs that only ask for a snap, so each must say its version.
        let starts = |path: &PathBuf| {
            cfg!(windows) || answer(checkout.command(path).arg("--version")).is_some()
        };
        let on_path = self.names.iter().filter_map(|name| checkout.which(name));
        let placed = self.places.iter().map(PathBuf::from).filter(|path| path.is_file());
        Ok(on_path.chain(placed).find(starts))
    }
}

/// Why a browser is missing after it should have been installed.
fn why_missing(installed: Outcome) -> String {
    installed.err().unwrap_or_else(|| "what apt-get installed does not start".to_owned())
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

/// Refuses a variable that names no file: what somebody asks for is not skipped.
pub(crate) fn named() -> Outcome {
    ["CHROME", "CHROMEDRIVER", "FIREFOX", "WEBKIT"]
        .into_iter()
        .try_for_each(|variable| named_by(variable).map(drop))
}

fn named_by(variable: &str) -> Outcome<Option<PathBuf>> {
    match env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from) {
        Some(path) if path.is_file() => Ok(Some(path)),
        Some(path) => Err(format!("{variable} names {}, which is not a file", path.display())),
        None => Ok(None),
    }
}
