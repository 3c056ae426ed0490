//! Pieces of work in one queue: a few at a time, the longest first, each told whole when it has ended.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;
use std::{fs, thread};

use crate::Outcome;

/// A piece of work and where it stands in the queue.
pub(crate) struct Piece<T> {
    pub(crate) name: String,
    /// Whether nothing else may run meanwhile.
    pub(crate) alone: bool,
    pub(crate) work: Box<dyn FnOnce() -> Outcome<T> + Send>,
}

/// What came of a piece.
pub(crate) struct Ended<T> {
    pub(crate) name: String,
    pub(crate) seconds: f64,
    pub(crate) outcome: Outcome<T>,
}

/// Does all pieces: as many at a time as this machine has cores, two to eight, and then one by one those that run alone.
/// `tell` hears of each as it ends.
pub(crate) fn work_off<T: Send>(
    pieces: Vec<Piece<T>>,
    times: &Times,
    tell: impl Fn(&Ended<T>) + Sync,
) -> Vec<Ended<T>> {
    let (alone, mut together): (Vec<_>, Vec<_>) = pieces.into_iter().partition(|piece| piece.alone);
    together.sort_by(|a, b| times.longer_first(&a.name, &b.name));
    let cores = thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 8));
    let ended = Mutex::new(Vec::new());
    for (at_a_time, pieces) in [(cores, together), (1, alone)] {
        let waiting = Mutex::new(pieces.into_iter());
        let next = || waiting.lock().ok().and_then(|mut waiting| waiting.next());
        let worker = || {
            while let Some(Piece { name, work, .. }) = next() {
                let started = Instant::now();
                let outcome = work();
                let one = Ended { name, seconds: started.elapsed().as_secs_f64(), outcome };
                tell(&one);
                if let Ok(mut ended) = ended.lock() {
                    ended.push(one);
                }
            }
        };
        thread::scope(|scope| (0..at_a_time).for_each(|_| drop(scope.spawn(worker))));
    }
    ended.into_inner().unwrap_or_default()
}

/// How long each piece took the last time, kept beside the build: what takes longest begins first.
pub(crate) struct Times {
    file: PathBuf,
    seconds: BTreeMap<String, f64>,
}

impl Times {
    /// Of a file that need not be there.
    pub(crate) fn read(file: PathBuf) -> Self {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        let seconds =
            lines.filter_map(|(seconds, name)| Some((name.to_owned(), seconds.parse().ok()?)));
        Self { seconds: seconds.collect(), file }
    }

    /// What was never timed may take long.
    fn longer_first(&self, a: &str, b: &str) -> Ordering {
        let of = |name| self.seconds.get(name).copied().unwrap_or(f64::INFINITY);
        of(b).total_cmp(&of(a))
    }

    /// Keeps the times of what has ended. Without them the order is another, and that is all.
    pub(crate) fn keep<T>(mut self, ended: &[Ended<T>]) {
        self.seconds.extend(ended.iter().map(|one| (one.name.clone(), one.seconds)));
        let lines = self.seconds.iter().map(|(name, seconds)| format!("{seconds:.1} {name}\n"));
        let _ = fs::write(&self.file, lines.collect::<String>());
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_runs_alone_runs_alone_and_every_piece_ends_once() {
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        let told = AtomicUsize::new(0);
        let work = || {
            let others = RUNNING.fetch_add(1, SeqCst);
            thread::sleep(Duration::from_millis(20));
            RUNNING.fetch_sub(1, SeqCst);
            Ok(others)
        };
        let pieces = ["a", "b", "c", "d"].map(|name| Piece {
            name: name.to_owned(),
            alone: name > "b",
            work: Box::new(work),
        });
        let times = Times::read(PathBuf::new());
        let ended = work_off(pieces.into(), &times, |_| {
            told.fetch_add(1, SeqCst);
        });
        assert_eq!(told.into_inner(), 4);
        let last: Vec<_> =
            ended[2..].iter().map(|one| (one.name.as_str(), one.outcome.clone())).collect();
        assert_eq!(last, [("c", Ok(0)), ("d", Ok(0))]);
    }

    #[test]
    fn the_longest_begins_first_and_what_was_never_timed_before_it() {
        let file = env::temp_dir().join(format!("phi-psi-times-{}", std::process::id()));
        let ended = |name: &str, seconds| Ended { name: name.to_owned(), seconds, outcome: Ok(()) };
        Times::read(file.clone()).keep(&[ended("short one", 1.0), ended("long", 20.0)]);
        let times = Times::read(file.clone());
        fs::remove_file(file).unwrap();
        let mut names = ["short one", "long", "new"];
        names.sort_by(|a, b| times.longer_first(a, b));
        assert_eq!(names, ["new", "long", "short one"]);
    }
}
