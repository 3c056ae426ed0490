//! The rules of the house that no compiler knows, held by reading the tracked text.
//!
//! Most are invariants kept by absence: the core has no clock and no browser, one folder names the backends,
//! the page takes nothing from another host.

use std::env;
use std::path::Path;

use crate::Outcome;
use crate::checkout::{self, Checkout};
use crate::dist::MODULES;
use crate::process::answer;
use crate::rooms;
use crate::sizes;

/// A tracked text file.
pub(crate) struct File {
    path: String,
    text: String,
}

/// One line that breaks a rule, as `path:line: what`.
type Finding = String;

/// A rule by name, and the lines that break it.
type Rule = (&'static str, fn(&[File]) -> Vec<Finding>);

const RULES: &[Rule] = &[
    ("web_sys and js_sys only in src/web/", |files| {
        code(files).filter(|line| !line.file.starts_with("src/web/")).naming(&["web_sys", "js_sys"])
    }),
    ("concrete backends only in src/backend/", |files| {
        let names = [
            "burn_wgpu",
            "burn_ndarray",
            "Device::ndarray",
            "Device::wgpu",
            "Device::wgpu_options",
        ];
        code(files).filter(|line| !line.file.starts_with("src/backend/")).naming(&names)
    }),
    ("no unsafe in the crate", |files| code(files).naming(&["unsafe"])),
    ("no unwrap() outside tests", |files| code(files).naming(&["unwrap()"])),
    ("no clock and no unnamed generator in the crate", |files| {
        code(files).naming(&["StdRng", "SmallRng", "thread_rng", "Instant::now", "SystemTime"])
    }),
    ("no markup from strings on the page", |files| {
        page(files).naming(&[
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
        ])
    }),
    ("the page's folders import one way", |files| {
        let found = |file: &File| {
            let trespasses = rooms::trespasses(&file.path, &file.text).into_iter();
            let finding = |(line, what)| format!("{}:{line}: {what}", file.path);
            trespasses.map(finding).collect::<Vec<_>>()
        };
        files.iter().flat_map(found).collect()
    }),
    ("the crate's modules use only those above them", |files| {
        let Some(lib) = files.iter().find(|file| file.path == "src/lib.rs") else {
            return vec!["there is no src/lib.rs".to_owned()];
        };
        let order = rooms::order(&lib.text);
        let found = |line: Line| {
            let upward = rooms::upward(&order, line.file, line.text).into_iter();
            upward.map(|what| line.finding(&what)).collect::<Vec<_>>()
        };
        code(files).flat_map(found).collect()
    }),
    ("nothing from another host on the page", foreign_addresses),
    ("the promised ids are on the page", promised_ids),
    ("the README's sizes are the recorded ones", sizes_in_the_readme),
    ("npm packages are pinned, and install nothing by scripts", npm_packages),
    ("no machine's paths or registries in tracked files", machine_names),
    ("at the top level only what belongs there", top_level),
];

/// What stands at the top level, beside dot-files.
const TOP_LEVEL: [&str; 13] = [
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "index.html",
    "rust-toolchain.toml",
    "src",
    "tests",
    "webdriver.json",
    "www",
    "xtask",
];

/// Ids and field names by which the page is driven.
const IDS: [&str; 11] = [
    "recipe",
    "train",
    "pause",
    "step",
    "reset",
    "status",
    "notice",
    "backend",
    "log",
    "draw",
    "comparison",
];
const FIELDS: [&str; 8] = ["d", "m", "hidden", "n", "batch", "epochs", "lr", "seed"];

/// Every rule with its verdict.
pub(crate) fn all(checkout: &Checkout) -> Outcome<Vec<(&'static str, Outcome)>> {
    let files = tracked(checkout)?;
    Ok(RULES.iter().map(|(name, rule)| (*name, verdict(&rule(&files)))).collect())
}

fn verdict(findings: &[Finding]) -> Outcome {
    match findings {
        [] => Ok(()),
        _ => Err(findings.iter().map(|finding| format!("\n         {finding}")).collect()),
    }
}

/// What git tracks, or would with the next commit; binary files have no lines to read.
fn tracked(checkout: &Checkout) -> Outcome<Vec<File>> {
    let list = answer(checkout.command("git").args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))
    .ok_or("the rules are held over what git tracks, and git did not answer")?;
    let read = |path: &str| {
        let text = std::fs::read_to_string(checkout.root.join(path)).ok()?;
        Some(File { path: path.to_owned(), text })
    };
    Ok(list.lines().filter_map(read).collect())
}

/// One line of one file.
struct Line<'a> {
    file: &'a str,
    number: usize,
    text: &'a str,
}

impl Line<'_> {
    fn finding(&self, what: &str) -> Finding {
        format!("{}:{}: {what}", self.file, self.number)
    }

    /// Prose in comments may name anything.
    fn is_comment(&self) -> bool {
        let text = self.text.trim_start();
        ["//", "/*", "* ", "*/", "<!--"].iter().any(|mark| text.starts_with(mark)) || text == "*"
    }
}

fn lines(file: &File) -> impl Iterator<Item = Line<'_>> {
    let numbered = file.text.lines().enumerate();
    numbered.map(|(index, text)| Line { file: &file.path, number: index + 1, text })
}

/// The crate's own lines: neither comments nor the tests at a file's foot.
fn code(files: &[File]) -> impl Iterator<Item = Line<'_>> {
    let sources =
        files.iter().filter(|file| file.path.starts_with("src/") && file.path.ends_with(".rs"));
    let own = |line: &Line| !line.text.trim_start().starts_with("#[cfg(test)]");
    sources.flat_map(move |file| lines(file).take_while(own)).filter(|line| !line.is_comment())
}

/// What the visitor's browser is given.
fn page_files(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| file.path == "index.html" || file.path.starts_with("www/"))
}

fn page(files: &[File]) -> impl Iterator<Item = Line<'_>> {
    page_files(files).flat_map(lines).filter(|line| !line.is_comment())
}

/// Lines that hold one of some names.
trait Naming<'a>: Iterator<Item = Line<'a>> + Sized {
    fn naming(self, names: &[&str]) -> Vec<Finding> {
        let findings = |line: Line| {
            let found: Vec<&str> =
                names.iter().copied().filter(|name| has_word(line.text, name)).collect();
            (!found.is_empty()).then(|| line.finding(&found.join(", ")))
        };
        self.filter_map(findings).collect()
    }
}

impl<'a, I: Iterator<Item = Line<'a>>> Naming<'a> for I {}

/// Whether `text` holds `name` as a name of its own, not as a part of a longer one.
fn has_word(text: &str, name: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(part_of_name);
        let after = text[at + name.len()..].chars().next().is_some_and(part_of_name);
        let ends_open = name.ends_with(part_of_name);
        !(before || ends_open && after)
    })
}

/// Addresses with a host, but for what is never fetched: XML namespaces, and links that a reader may follow.
fn foreign_addresses(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in page_files(files) {
        // Over the whole text, since a tag may span lines.
        for (at, _) in file.text.match_indices("//") {
            let before = &file.text[..at];
            let scheme =
                ["http:", "https:", "ws:", "wss:"].iter().any(|scheme| before.ends_with(scheme));
            let bare = before.ends_with(['"', '\'', '`', '(', '='])
                && file.text[at + 2..].starts_with(char::is_alphanumeric);
            let namespace = file.text[at..].starts_with("//www.w3.org/");
            if !(scheme || bare) || namespace || is_followed_by_hand(file, before) {
                continue;
            }
            let number = before.matches('\n').count() + 1;
            let line = Line {
                file: &file.path,
                number,
                text: file.text.lines().nth(number - 1).unwrap_or_default(),
            };
            if !line.is_comment() {
                findings.push(line.finding(line.text.trim()));
            }
        }
    }
    findings
}

/// Whether the text before an address ends within the `href` of an `<a>`.
fn is_followed_by_hand(file: &File, before: &str) -> bool {
    let tag = before.rfind('<').map_or("", |at| &before[at..]);
    let attribute = tag.rsplit([' ', '\n', '\t']).next().unwrap_or_default();
    file.path.ends_with(".html") && tag.starts_with("<a") && attribute.starts_with("href=")
}

fn promised_ids(files: &[File]) -> Vec<Finding> {
    let Some(index) = files.iter().find(|file| file.path == "index.html") else {
        return vec!["there is no index.html".to_owned()];
    };
    let missing = |attribute: &'static str, names: &'static [&'static str]| {
        let absent = move |name: &&str| !index.text.contains(&format!("{attribute}=\"{name}\""));
        names
            .iter()
            .copied()
            .filter(absent)
            .map(move |name| format!("index.html: no {attribute}=\"{name}\""))
    };
    missing("id", &IDS).chain(missing("name", &FIELDS)).collect()
}

/// The compressed size of each module as the README gives it, in whole kilobytes.
fn sizes_in_the_readme(files: &[File]) -> Vec<Finding> {
    let text = |path: &str| files.iter().find(|file| file.path == path).map(|file| &file.text);
    let (Some(readme), Some(recorded)) = (text("README.md"), text(sizes::RECORD)) else {
        return vec![format!("README.md or {} is missing", sizes::RECORD)];
    };
    let recorded = match sizes::Recorded::parse(recorded) {
        Ok(recorded) => recorded,
        Err(why) => return vec![why],
    };
    let told = |module: &str| match recorded.of(module).map(sizes::in_words) {
        // Behind the size as it is, in brackets.
        Ok(size) if readme.contains(&format!(", {size}")) => None,
        Ok(size) => Some(format!("README.md: the {module} module has {size}")),
        Err(why) => Some(why),
    };
    MODULES.into_iter().filter_map(told).collect()
}

/// Exact versions only, each folder with its lock, which says from nowhere but the registry, and without the scripts
/// that packages would run on installation.
fn npm_packages(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for list in files.iter().filter(|file| file.path.ends_with("package.json")) {
        let mut within = false;
        for line in lines(list) {
            let text = line.text.trim();
            if within && text.starts_with('"') && !is_exact(text) {
                findings.push(line.finding(&format!("{text} is no exact version")));
            }
            within = text.contains("ependencies\": {") || within && !text.starts_with('}');
        }
        let folder = list.path.trim_end_matches("package.json");
        let beside = |name: &str| files.iter().find(|file| file.path == format!("{folder}{name}"));
        match beside("package-lock.json") {
            None => findings.push(format!("{folder}: there is no package-lock.json")),
            Some(lock) => findings.extend(lines(lock).filter_map(|line| {
                line.text.contains("\"resolved\":").then(|| line.finding(line.text.trim()))
            })),
        }
        if !beside(".npmrc")
            .is_some_and(|rc| rc.text.lines().any(|line| line == "ignore-scripts=true"))
        {
            let scripts = beside("package-lock.json")
                .map_or(0, |lock| lock.text.matches("\"hasInstallScript\": true").count());
            findings.push(format!("{folder}.npmrc: no ignore-scripts=true, and {scripts} packages have scripts that run on installation"));
        }
    }
    findings
}

/// A listing or a log that slipped in lies here as a rule.
fn top_level(files: &[File]) -> Vec<Finding> {
    let name = |file: &File| file.path.split('/').next().unwrap_or_default().to_owned();
    let strays = files.iter().filter(|file| {
        let name = name(file);
        !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str())
    });
    strays.map(|file| format!("{}: it belongs into a folder", file.path)).collect()
}

/// Whether a line of a list of packages is `"name": "1.2.3"`.
fn is_exact(line: &str) -> bool {
    let version = line.trim_end_matches(',').rsplit(": ").next().unwrap_or_default();
    let numbers: Vec<&str> = version.trim_matches('"').split('.').collect();
    numbers.len() == 3
        && numbers
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn machine_names(files: &[File]) -> Vec<Finding> {
    // The machine at hand is asked for its own names, so that none need be written here.
    let root = checkout::root().ok();
    let home = env::home_dir();
    let above = root.as_deref().and_then(Path::parent).filter(|above| *above != env::temp_dir());
    let paths = [root.as_deref(), above, home.as_deref()]
        .into_iter()
        .flatten()
        .filter(|path| path.parent().is_some());
    let mut names: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    // In pieces, or this file would be the first finding.
    names.extend(
        ["/ho|me/", "/Us|ers/", "registry.npm|js.org", "static.crates|.io", "index.crates|.io"]
            .map(|name| name.replace('|', "")),
    );
    // Cargo.lock names the registry as cargo writes it.
    let read = files.iter().filter(|file| file.path != "Cargo.lock").flat_map(lines);
    let findings = |line: Line| {
        let found = names.iter().find(|name| holds_path(line.text, name))?;
        Some(line.finding(found))
    };
    read.filter_map(findings).collect()
}

/// Whether `text` holds the path (or host) `name` from its beginning, not as the tail of a longer one.
fn holds_path(text: &str, name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || ['_', '-', '.', '/', '~', '}', '*'].contains(&c);
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(name).any(|(at, _)| {
        let host = !name.starts_with('/');
        let before = text[..at].chars().next_back().is_some_and(inside);
        let after = text[at + name.len()..].chars().next().is_some_and(goes_on);
        (host || !before) && (name.ends_with('/') || !after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    fn findings(name: &str, files: &[File]) -> Vec<Finding> {
        let (_, rule) = RULES.iter().find(|(rule, _)| rule.contains(name)).unwrap();
        rule(files)
    }

    #[test]
    fn a_module_may_name_those_below_it_in_comments_and_tests() {
        let name = "the crate's modules use only those above them";
        let (_, rule) = RULES.iter().find(|rule| rule.0 == name).unwrap();
        let lib = "//! | [`config`] | a |\n//! | [`mod@file`] | b |\n//! | `kernel` | c |\n";
        let found = |text: &str| rule(&[file("src/lib.rs", lib), file("src/config.rs", text)]);
        assert!(found("//! [`crate::kernel`]\n#[cfg(test)]\nuse crate::file;").is_empty());
        assert_eq!(found("use crate::file;").len(), 1);
    }

    #[test]
    fn a_size_that_the_readme_does_not_tell_is_found() {
        let files = |told: &str| {
            let recorded = "# bytes\ncpu     149,678\nwebgpu\t1000 # small\nlab 2000\n";
            [file("README.md", told), file("xtask/sizes.txt", recorded)]
        };
        let all = "(300 kB, 150 kB compressed), (9 kB, 1 kB), (9 kB, 2 kB)";
        assert_eq!(sizes_in_the_readme(&files(all)), Vec::<String>::new());
        assert_eq!(sizes_in_the_readme(&files(&all.replace("9 kB, 1 kB", "1 kB, 9 kB"))).len(), 1);
        assert_eq!(
            sizes_in_the_readme(&[file("README.md", all), file("xtask/sizes.txt", "")]).len(),
            3
        );
    }

    #[test]
    fn names_are_found_where_they_do_not_belong() {
        let files = [
            file("src/web/mod.rs", "use web_sys::console;\nunsafe { ctors() }\n"),
            file("src/train.rs", "//! no `web_sys` here\nlet a = js_sys::Date::now();\n"),
            file("tests/web.rs", "use web_sys::Window;\n"),
        ];
        assert_eq!(findings("web_sys", &files), ["src/train.rs:2: js_sys"]);
        assert_eq!(findings("unsafe", &files), ["src/web/mod.rs:2: unsafe"]);
    }

    #[test]
    fn what_slipped_in_at_the_top_level_is_found() {
        let files = ["README.md", ".ci/run", "src/lib.rs", "slow.out", "notes/plan.md"];
        let found = findings("top level", &files.map(|path| file(path, "")));
        let strays =
            ["slow.out", "notes/plan.md"].map(|path| format!("{path}: it belongs into a folder"));
        assert_eq!(found, strays);
    }

    #[test]
    fn tests_may_unwrap_and_nothing_else_may() {
        let source = "fn a() {\n    b().unwrap();\n    c().unwrap_or(1);\n}\n#[cfg(test)]\nmod tests { fn t() { x.unwrap(); } }\n";
        assert_eq!(findings("unwrap", &[file("src/a.rs", source)]), ["src/a.rs:2: unwrap()"]);
    }

    #[test]
    fn a_longer_name_is_another_name() {
        assert!(has_word("unsafe { x }", "unsafe"));
        assert!(!has_word("#[allow(unsafe_code)]", "unsafe"));
        assert!(has_word("a.innerHTML = b", "innerHTML"));
        assert!(has_word("= eval(text)", "eval("));
        assert!(!has_word("medieval(text)", "eval("));
    }

    #[test]
    fn only_links_and_namespaces_may_name_a_host() {
        let good = "<a\n  class=\"x\" href=\"https://example.org/\">x</a> <math xmlns=\"http://www.w3.org/1998/Math/MathML\">";
        let bad = "<p>\n<script src=\"https://cdn.example/x.js\"></script>\n<link href=\"//fonts.example/f.css\">";
        let script =
            "// see https://example.org\nfetch('https://example.org');\nconst half = a //b\n";
        let files = [file("index.html", good), file("www/bad.html", bad), file("www/a.js", script)];
        let found = findings("another host", &files);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(
            found[0].starts_with("www/bad.html:2:") && found[1].starts_with("www/bad.html:3:"),
            "{found:?}"
        );
        assert!(found[2].starts_with("www/a.js:2:"), "{found:?}");
    }

    #[test]
    fn a_missing_id_is_named() {
        let ids = IDS.map(|id| format!("<p id=\"{id}\">")).concat();
        let fields = FIELDS.map(|name| format!("<input name=\"{name}\">")).concat();
        assert!(findings("ids", &[file("index.html", &format!("{ids}{fields}"))]).is_empty());
        let missing = findings("ids", &[file("index.html", &ids.replace("id=\"draw\"", ""))]);
        assert!(
            missing[0].contains("id=\"draw\"") && missing.len() == 1 + FIELDS.len(),
            "{missing:?}"
        );
    }

    #[test]
    fn npm_packages_are_exact_locked_and_silent() {
        let list = "{\n  \"devDependencies\": {\n    \"a\": \"1.2.3\",\n    \"b\": \"^1.2.3\",\n    \"c\": \"latest\"\n  },\n  \"type\": \"module\"\n}\n";
        let lock = "{\n  \"resolved\": \"git+ssh://git@example.org/a.git\",\n  \"hasInstallScript\": true\n}\n";
        let files = [
            file("t/package.json", list),
            file("t/package-lock.json", lock),
            file("t/.npmrc", "fund=false\n"),
        ];
        let found = findings("npm", &files);
        for part in [
            "t/package.json:4",
            "t/package.json:5",
            "t/package-lock.json:2",
            "t/.npmrc: no ignore-scripts=true, and 1 packages",
        ] {
            assert!(found.iter().any(|finding| finding.starts_with(part)), "{part} in {found:?}");
        }
        assert_eq!(found.len(), 4, "{found:?}");
        let exact = list.replace('^', "").replace("latest", "0.0.1");
        let fine = [
            file("package.json", &exact),
            file("package-lock.json", "{}"),
            file(".npmrc", "ignore-scripts=true\n"),
        ];
        assert!(findings("npm", &fine).is_empty());
        assert_eq!(findings("npm", &fine[..1]).len(), 2);
    }

    #[test]
    fn a_path_is_found_at_its_beginning_only() {
        assert!(holds_path("cd /srv/clone && ls", "/srv/clone"));
        assert!(!holds_path("dist/srv/clone", "/srv/clone"));
        assert!(!holds_path("/srv/clones", "/srv/clone"));
        assert!(holds_path("https://registry.example/x", "registry.example"));
    }
}
