//! How a run may leave the notebook's path: fresh draws every epoch, and a learning rate that changes.
//!
//! ```text
//! fresh=1                    the training draws of every epoch are new ones: the limit of n → ∞
//! schedule=cosine            step t of T takes (1 + cos(π·t/T))/2 of the learning rate, t from 0
//! rates=10:0.0005,20:0.0001  the learning rate from epoch 10 on, and from epoch 20 on
//! ```
//!
//! All of it is off by default, so that the notebook's run stays the notebook's.

use std::fmt;

/// The course of a run. The default is the notebook's.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Course {
    /// Whether every epoch draws its own training set.
    pub fresh: bool,
    /// Whether the learning rate falls along a cosine to zero at the last step.
    pub cosine: bool,
    /// Changes of the learning rate: the epoch, counted from 1, from which it holds. Epochs ascend.
    pub rates: Vec<(usize, f64)>,
}

/// The keys, in the order of the link.
pub const KEYS: [&str; 3] = ["fresh", "schedule", "rates"];

/// The most changes of the learning rate that a run may have.
pub const MOST_RATES: usize = 100;

impl Course {
    /// Reads one of [`KEYS`] as typed; the learning rates are read by `rate`.
    ///
    /// # Errors
    ///
    /// When the text is none of what the key may be.
    pub fn read(
        &mut self,
        key: &'static str,
        text: &str,
        rate: impl Fn(&str) -> Option<f64>,
    ) -> Result<(), CourseError> {
        let refused = || CourseError { key };
        match (key, text) {
            ("fresh", "0") | ("schedule", "constant") | ("rates", "") => {}
            ("fresh", "1") => self.fresh = true,
            ("schedule", "cosine") => self.cosine = true,
            ("rates", list) => {
                for change in list.split(',') {
                    if self.rates.len() == MOST_RATES {
                        return Err(refused());
                    }
                    let (epoch, lr) = change.split_once(':').ok_or_else(refused)?;
                    let digits =
                        !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit());
                    let epoch = epoch.parse().ok().filter(|_| digits).ok_or_else(refused)?;
                    self.rates.push((epoch, rate(lr).ok_or_else(refused)?));
                }
            }
            _ => return Err(refused()),
        }
        Ok(())
    }

    /// Whether the changes of the learning rate are in order, between the second epoch and the last, and not too many.
    ///
    /// # Errors
    ///
    /// When they are not.
    pub fn hold(&self, epochs: usize) -> Result<(), CourseError> {
        let before = std::iter::once(1).chain(self.rates.iter().map(|(epoch, _)| *epoch));
        let ascending = before.zip(&self.rates).all(|(before, (epoch, _))| before < *epoch);
        let within = self.rates.last().is_none_or(|(epoch, _)| *epoch <= epochs);
        if ascending && within && self.rates.len() <= MOST_RATES {
            return Ok(());
        }
        Err(CourseError { key: "rates" })
    }

    /// The keys that are not as the notebook has them, as text.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        if self.fresh {
            fields.push(("fresh", "1".to_owned()));
        }
        if self.cosine {
            fields.push(("schedule", "cosine".to_owned()));
        }
        if !self.rates.is_empty() {
            let changes: Vec<String> =
                self.rates.iter().map(|(epoch, lr)| format!("{epoch}:{lr}")).collect();
            fields.push(("rates", changes.join(",")));
        }
        fields
    }

    /// The learning rate of an epoch, counted from 1, before the schedule; `lr` is the recipe's.
    pub fn rate_of(&self, epoch: usize, lr: f64) -> f64 {
        let changes = self.rates.iter().take_while(|(from, _)| *from <= epoch);
        changes.last().map_or(lr, |(_, lr)| *lr)
    }

    /// Has another learning rate hold from an epoch on. Later changes than that are dropped.
    pub fn change_rate(&mut self, epoch: usize, lr: f64) {
        self.rates.retain(|(from, _)| *from < epoch);
        self.rates.push((epoch, lr));
    }
}

/// The part of the learning rate that a schedule leaves: (1 + cos(π·t/T))/2 for step t, from 0, of T.
pub fn cosine(step: usize, steps: usize) -> f64 {
    0.5 * (1.0 + libm::cos(std::f64::consts::PI * step as f64 / steps as f64))
}

/// What a key of a course may be. Its `Display` ends the sentence that the visitor reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CourseError {
    /// One of [`KEYS`].
    pub key: &'static str,
}

impl fmt::Display for CourseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key {
            "fresh" => f.write_str("0 or 1"),
            "schedule" => f.write_str("constant or cosine"),
            _ => write!(
                f,
                "epochs from 2 to the last, in order, each with the learning rate from it on: 10:0.0005,20:0.0001 \
                 (at most {MOST_RATES})"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosine_begins_whole_and_ends_at_nought() {
        assert_eq!((cosine(0, 80), cosine(80, 80)), (1.0, 0.0));
        assert!((cosine(40, 80) - 0.5).abs() < 1e-15);
        // torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=80), lr 1 after 20 steps.
        assert!((cosine(20, 80) - 0.853_553_390_593_273_7).abs() < 1e-15);
    }

    #[test]
    fn a_change_holds_from_its_epoch_on() {
        let mut course = Course { rates: vec![(3, 0.5), (7, 0.25)], ..Course::default() };
        let rates = |course: &Course| [1, 2, 3, 6, 7, 9].map(|epoch| course.rate_of(epoch, 1.0));
        assert_eq!(rates(&course), [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]);
        course.change_rate(6, 0.125);
        assert_eq!(rates(&course), [1.0, 1.0, 0.5, 0.125, 0.125, 0.125]);
    }

    #[test]
    fn changes_ascend_within_the_run() {
        let held = |rates: &[(usize, f64)]| {
            Course { rates: rates.to_vec(), ..Course::default() }.hold(10).is_ok()
        };
        assert!(held(&[]) && held(&[(2, 0.1), (10, 0.2)]));
        assert!(!held(&[(1, 0.1)]) && !held(&[(11, 0.1)]) && !held(&[(4, 0.1), (4, 0.1)]));
        let many: Vec<(usize, f64)> = (2..2 + MOST_RATES + 1).map(|epoch| (epoch, 0.1)).collect();
        assert!(Course { rates: many, ..Course::default() }.hold(1000).is_err());
    }
}
