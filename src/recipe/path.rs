//! How a run may leave the notebook's path: by a learning rate that changes, and by last layers that are not trained.
//!
//! ```text
//! schedule=cosine            step t of T takes (1 + cos(π·t/T))/2 of the learning rate, t from 0
//! rates=10:0.0005,20:0.0001  the learning rate from epoch 10 on, and from epoch 20 on
//! solve=30:1024              the last layers in closed form over 1,024 draws at the end of epoch 30, 0 being the beginning
//! ```
//!
//! All are off by default, so that the notebook's run stays the notebook's.

/// How the learning rate falls from step to step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Schedule {
    /// It does not.
    #[default]
    Constant,
    /// Along a cosine, to zero at the last step.
    Cosine,
}

impl Schedule {
    /// The schedules' names, in the order of the variants.
    pub const NAMES: &'static [&'static str] = &["constant", "cosine"];
}

/// Changes of the learning rate: the epoch, counted from 1, from which each holds. Epochs ascend.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rates(pub Vec<(usize, f64)>);

impl Rates {
    /// The learning rate of an epoch, counted from 1, before the schedule; `lr` is the recipe's.
    pub fn rate_of(&self, epoch: usize, lr: f64) -> f64 {
        let changes = self.0.iter().take_while(|(from, _)| *from <= epoch);
        changes.last().map_or(lr, |(_, lr)| *lr)
    }

    /// Has another learning rate hold from an epoch on. Later changes than that are dropped.
    pub(super) fn change(&mut self, epoch: usize, lr: f64) {
        self.0.retain(|(from, _)| *from < epoch);
        self.0.push((epoch, lr));
    }

    /// Whether the changes are in order, between the second epoch and the last, and at most so many.
    pub(super) fn are_within(&self, epochs: usize, most: usize) -> bool {
        let Self(rates) = self;
        let before = std::iter::once(1).chain(rates.iter().map(|(epoch, _)| *epoch));
        let ascending = before.zip(rates).all(|(before, (epoch, _))| before < *epoch);
        ascending && rates.len() <= most && rates.last().is_none_or(|(epoch, _)| *epoch <= epochs)
    }
}

/// Where the last layers take the values of the closed form (`lab/solve.rs`): the epoch at whose end, 0 for the beginning,
/// and over how many draws. Epochs ascend. Adam's moments stay, and training goes on from there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Solves(pub Vec<(usize, f64)>);

impl Solves {
    /// The most draws that are solved for.
    pub const MOST_DRAWS: usize = 1 << 17;

    /// Whether the epochs ascend up to the last, there are at most so many of them, and none has too many draws.
    pub(super) fn are_within(&self, epochs: usize, most: usize) -> bool {
        let Self(solves) = self;
        let ascending = solves.windows(2).all(|pair| pair[0].0 < pair[1].0);
        ascending
            && solves.len() <= most
            && solves.iter().all(|(_, draws)| *draws <= Self::MOST_DRAWS as f64)
            && solves.last().is_none_or(|(epoch, _)| *epoch <= epochs)
    }
}

/// The part of the learning rate that the cosine leaves: (1 + cos(π·t/T))/2 for step t, from 0, of T.
pub fn cosine(step: u64, steps: u64) -> f64 {
    0.5 * (1.0 + libm::cos(std::f64::consts::PI * step as f64 / steps as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosine_begins_whole_and_ends_at_zero() {
        assert_eq!((cosine(0, 80), cosine(80, 80)), (1.0, 0.0));
        assert!((cosine(40, 80) - 0.5).abs() < 1e-15);
        // torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=80), lr 1 after 20 steps.
        assert!((cosine(20, 80) - 0.853_553_390_593_273_7).abs() < 1e-15);
    }

    #[test]
    fn a_change_holds_from_its_epoch_on() {
        let mut rates = Rates(vec![(3, 0.5), (7, 0.25)]);
        let at = |rates: &Rates| [1, 2, 3, 6, 7, 9].map(|epoch| rates.rate_of(epoch, 1.0));
        assert_eq!(at(&rates), [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]);
        rates.change(6, 0.125);
        assert_eq!(at(&rates), [1.0, 1.0, 0.5, 0.125, 0.125, 0.125]);
    }

    #[test]
    fn solutions_ascend_from_the_beginning_to_the_end() {
        let within = |epochs: &[usize]| {
            Solves(epochs.iter().map(|epoch| (*epoch, 64.0)).collect()).are_within(10, 3)
        };
        assert!(within(&[]) && within(&[0]) && within(&[0, 4, 10]));
        assert!(!within(&[11]) && !within(&[4, 4]) && !within(&[4, 3]) && !within(&[0, 1, 2, 3]));
    }

    #[test]
    fn changes_ascend_within_the_run() {
        let within = |rates: &[(usize, f64)]| Rates(rates.to_vec()).are_within(10, 3);
        assert!(within(&[]) && within(&[(2, 0.1), (10, 0.2)]));
        assert!(!within(&[(1, 0.1)]) && !within(&[(11, 0.1)]) && !within(&[(4, 0.1), (4, 0.1)]));
        assert!(!within(&[(2, 0.1), (3, 0.1), (4, 0.1), (5, 0.1)]));
    }
}
