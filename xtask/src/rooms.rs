//! Which part may use which: data and calls go one way through the page and through the crate.
//!
//! The crate's modules stand in the table of `src/lib.rs` in the order in which they are read, and each uses only those
//! above it ([`upward`]). Each folder of `www/` is one line of [`ROOMS`]. Types in comments (`import('…')`) are free to come from anywhere, and
//! so are the addresses by which workers are started.

use std::path::{Component, Path, PathBuf};

/// A folder below `www/` and the folders that its scripts may import from, beside its own.
type Room = (&'static str, &'static [&'static str]);

const ROOMS: &[Room] = &[
    // Declarations and pure functions that every part may use, the page and its workers alike.
    ("common", &[]),
    // The document, without the domain.
    ("dom", &[]),
    // What every chart is made of, without the domain.
    ("plot", &["dom"]),
    // What is there before the page is and after it is gone: the first checks, the start of workers, the build.
    ("shell", &[]),
    // A run as text, in many forms; pure.
    ("export", &["common", "shell"]),
    // What strangers bring, made plain for the module, or named; pure.
    ("intake", &["common"]),
    // Runs as the page knows them, and the channels to their workers; no document, no wasm.
    ("run", &["common", "intake", "shell"]),
    // What computes; no document. The page starts it by its address, and they talk in messages.
    ("worker", &["common", "shell"]),
    // What is on show, a folder for each part of the page; none knows another.
    ("view/run", &["common", "dom", "export", "intake", "plot", "run", "shell"]),
    ("view/compare", &["common", "dom", "intake", "plot", "run"]),
    ("view/inside", &["common", "dom", "export", "plot", "run"]),
    ("view/errors", &["common", "dom", "plot", "run"]),
    ("view/limits", &["common", "dom", "export", "intake", "plot", "run"]),
    ("view/sweeps", &["common", "dom", "export", "intake", "plot", "run"]),
    ("view/seeds", &["common", "dom", "export", "plot", "run"]),
    ("view/layer", &["common", "dom", "export", "intake", "plot", "run", "shell"]),
    ("view/share", &["common", "dom", "export", "run", "shell"]),
    // The page: puts all of it together, and is imported by nobody.
    ("app", &["common", "dom", "run", "shell", "view/"]),
    // Runs for other pages, at an address that stays.
    ("", &["run"]),
    // The other pages. The bench times the very modules in the page itself.
    ("pages", &["common", "dom", "shell", "worker"]),
];

/// What breaks the table in one script of the page, by line.
pub(crate) fn trespasses(path: &str, text: &str) -> Vec<(usize, String)> {
    let Some(below) = path.strip_prefix("www/").filter(|path| path.ends_with(".js")) else {
        return Vec::new();
    };
    let own = folder(Path::new(below));
    let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == own) else {
        return vec![(1, format!("{own} is no folder that xtask/src/rooms.rs knows"))];
    };
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for target in imports(line) {
            let Some(other) = resolved(below, target) else { continue };
            let room = folder(&other);
            let may =
                |name: &&str| **name == *room || name.ends_with('/') && room.starts_with(*name);
            if room != own && !allowed.iter().any(may) {
                found.push((number + 1, format!("{} is not for {own}/", other.display())));
            }
        }
    }
    found
}

/// What a line of code imports, statically or not.
fn imports(line: &str) -> Vec<&str> {
    let text = line.trim_start();
    if text.starts_with(['*', '/']) {
        return Vec::new();
    }
    // A type in a comment at the line's end, or within it, is no import.
    let code = text.split("/*").enumerate().filter_map(|(index, part)| {
        if index == 0 { Some(part) } else { part.split_once("*/").map(|(_, after)| after) }
    });
    let mut found = Vec::new();
    for part in code {
        for mark in ["from '", "import '", "import('"] {
            let rests = part.match_indices(mark).map(|(at, _)| &part[at + mark.len()..]);
            found.extend(rests.filter_map(|rest| rest.split_once('\'').map(|(target, _)| target)));
        }
    }
    found
}

/// A relative import as a path below `www/`; none where it leads out of it, or to a module of wasm.
fn resolved(from: &str, target: &str) -> Option<PathBuf> {
    let mut path = Path::new(from).parent()?.to_path_buf();
    if !target.starts_with('.') {
        return None;
    }
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir if !path.pop() => return None,
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    (!path.starts_with("pkg")).then_some(path)
}

/// The crate's modules in the order of the table of `src/lib.rs`.
pub(crate) fn order(lib: &str) -> Vec<&str> {
    lib.lines().filter_map(in_the_table).collect()
}

/// What a line of the crate's code uses that stands below its own module in the order.
pub(crate) fn upward(order: &[&str], path: &str, line: &str) -> Vec<String> {
    let place = |name: &str| order.iter().position(|known| *known == name);
    let below = path.strip_prefix("src/").and_then(|path| path.strip_suffix(".rs"));
    let own = below.and_then(|path| path.split('/').next());
    let Some((own, here)) = own.and_then(|own| Some((own, place(own)?))) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (at, mark) in line.match_indices("crate::") {
        let rest = &line[at + mark.len()..];
        let list = rest.strip_prefix('{').and_then(|list| list.split('}').next());
        for name in list.map_or_else(|| vec![rest], |list| list.split(',').collect()) {
            let name = name.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next();
            let name = name.unwrap_or_default();
            if place(name).is_some_and(|there| there > here) {
                found.push(format!("{name} stands below {own} in src/lib.rs"));
            }
        }
    }
    found
}

/// The module that a row of the table is about.
fn in_the_table(line: &str) -> Option<&str> {
    let cell = line.strip_prefix("//! | ")?.split(" |").next()?;
    let name = cell.trim_matches(|c| "[]`".contains(c)).trim_start_matches("mod@");
    (!name.is_empty() && cell.contains('`')).then_some(name)
}

fn folder(path: &Path) -> String {
    path.parent().map(|folder| folder.to_string_lossy().replace('\\', "/")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_a_room_that_is_not_open_is_found() {
        let text = "import { a } from '../common/a.js';\nimport { b } from '../view/run/b.js';\n";
        let found = trespasses("www/run/x.js", text);
        assert_eq!(found, [(2, "view/run/b.js is not for run/".to_owned())]);
        assert_eq!(trespasses("www/app/main.js", text), []);
        assert_eq!(trespasses("www/view/run/x.js", "import '../errors/y.js';").len(), 1);
        assert_eq!(trespasses("www/view/run/x.js", "import './y.js';"), []);
        assert_eq!(
            trespasses("www/worker/x.js", "const y = await import('../run/y.js');").len(),
            1
        );
        assert_eq!(trespasses("www/api.js", "export { a } from './worker/a.js';").len(), 1);
    }

    #[test]
    fn types_and_addresses_are_free() {
        let text = " * @param {import('../view/run/b.js').B} b\nconst c = /** @type {import('../app/c.js').C} */ (d);\nnew URL('../worker/worker.js', import.meta.url);\n";
        assert_eq!(trespasses("www/run/x.js", text), []);
    }

    #[test]
    fn what_stands_below_in_the_table_is_found() {
        let lib = "//! | file | what |\n//! | [`config`] | a |\n//! | [`mod@file`] | b |\n//! | `kernel` | c |\n";
        let order = order(lib);
        let none = Vec::<String>::new();
        assert_eq!(upward(&order, "src/file.rs", "use crate::config::Recipe;"), none);
        assert_eq!(upward(&order, "src/config/memory.rs", "use crate::file::read;").len(), 1);
        assert_eq!(upward(&order, "src/config.rs", "let a = crate::kernel::b();").len(), 1);
        assert_eq!(upward(&order, "src/config.rs", "use crate::{kernel, file};").len(), 2);
    }

    #[test]
    fn a_folder_that_nobody_has_thought_of_is_found() {
        assert_eq!(trespasses("www/utils/x.js", "").len(), 1);
        assert_eq!(trespasses("tests/x.js", "import '../www/run/x.js';"), []);
    }
}
