//! A checkpoint: all that a run needs to go on as if it had never stopped.
//!
//! A safetensors file with the eight weights under their own names, and Adam's two moments of each under
//! `adam.exp_avg.` and `adam.exp_avg_sq.`, PyTorch's words for them. The metadata hold the recipe, the epochs that are
//! done, the first one's MSE and a checksum. Where it comes from may be damaged: it is believed only if it is to the
//! last byte what [`Checkpoint::to_bytes`] writes.

use std::fmt;

use super::header::Header;
use super::safetensors::{header, numbers, split, told, whole};
use crate::model::layout::Layout;
use crate::model::weights::{LinearWeights, MlpWeights, Weights};
use crate::recipe::{Recipe, keys};

/// How the names of each third of a checkpoint begin.
const SETS: [&str; 3] = ["", "adam.exp_avg.", "adam.exp_avg_sq."];

/// A run between two epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The recipe of the run.
    pub recipe: Recipe,
    /// Epochs that are done.
    pub epoch: usize,
    /// The MSE of the first epoch, by which a run is known to diverge; NaN before it is over.
    pub first_mse: f64,
    /// The weights.
    pub weights: Weights,
    /// Adam's first moments: the mean of the gradient.
    pub mean: Weights,
    /// Adam's second moments: the mean of its square.
    pub square: Weights,
}

impl Checkpoint {
    /// The checkpoint as a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let data = numbers(&[&self.weights, &self.mean, &self.square]);
        whole(&self.header(&data), &data)
    }

    /// Reads what [`Checkpoint::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// When a single byte is another.
    pub fn read(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let (text, data) = split(bytes).map_err(|_| CheckpointError::Damaged)?;
        let header = Header::parse(text).map_err(|_| CheckpointError::Damaged)?;
        let checkpoint = Self::of(&header, data).ok_or(CheckpointError::Damaged)?;
        if checkpoint.header(data) == text { Ok(checkpoint) } else { Err(CheckpointError::Damaged) }
    }

    fn of(header: &Header, data: &[u8]) -> Option<Self> {
        let recipe = told(header)?;
        let layout = Layout::of(&recipe);
        if data.len() != SETS.len() * 4 * recipe.parameters() {
            return None;
        }
        let mut numbers = data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let mut take = |count: usize| numbers.by_ref().take(count).collect::<Vec<f32>>();
        let mut linear = |inputs: usize, outputs: usize| LinearWeights {
            weight: take(inputs * outputs),
            bias: take(outputs),
        };
        let mut mlp = || MlpWeights {
            hidden: linear(layout.d, layout.hidden),
            output: linear(layout.hidden, layout.m),
        };
        let mut set = || Weights { psi: mlp(), phi: mlp() };
        let [weights, mean, square] = [set(), set(), set()];
        let epoch = header.note("epoch")?.parse().ok().filter(|epoch| *epoch <= recipe.epochs)?;
        let first_mse = header.note("first_mse")?.parse().ok()?;
        Some(Self { recipe, epoch, first_mse, weights, mean, square })
    }

    fn header(&self, data: &[u8]) -> String {
        let notes = [("epoch", self.epoch.to_string()), ("first_mse", self.first_mse.to_string())];
        let mut metadata: Vec<_> = self.recipe.fields().into_iter().chain(notes).collect();
        let told = metadata.iter().flat_map(|(_, value)| [value.as_bytes(), b"\n"]).flatten();
        metadata.push(("checksum", format!("{:016x}", fnv(told.chain(data)))));
        header(&metadata, &SETS, Layout::of(&self.recipe))
    }

    /// Whether another recipe's run comes by here too: the same draws in the same order, through the same networks.
    ///
    /// # Errors
    ///
    /// When it does not, or is over before.
    pub fn belongs_to(&self, recipe: &Recipe) -> Result<(), CheckpointError> {
        if self.recipe.agrees(recipe, keys::DRAWS) && self.epoch <= recipe.epochs {
            Ok(())
        } else {
            Err(CheckpointError::Another)
        }
    }
}

/// The 64-bit hash of Fowler, Noll and Vo (FNV-1a).
fn fnv<'a>(bytes: impl Iterator<Item = &'a u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Why a checkpoint cannot be used. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointError {
    /// It is not as it was written.
    Damaged,
    /// It is of a run of another recipe.
    Another,
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Damaged => "the checkpoint is damaged",
            Self::Another => "the checkpoint is of a run of another recipe",
        })
    }
}

impl std::error::Error for CheckpointError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::safetensors as file;
    use crate::recipe::Key;
    use crate::recipe::path::Rates;
    use safetensors::SafeTensors;

    fn small() -> Checkpoint {
        let (fresh, rates) = (true, Rates(vec![(2, 0.5)]));
        let recipe = Recipe { d: 2, m: 3, hidden: 5, lr: 0.1, fresh, rates, ..Recipe::default() };
        let other = |seed| Weights::init(&Recipe { seed, ..recipe.clone() });
        let [weights, mean, square] = [1, 2, 3].map(other);
        Checkpoint { recipe, epoch: 3, first_mse: 0.1 + 0.2, weights, mean, square }
    }

    #[test]
    fn a_checkpoint_comes_back_whole() {
        for checkpoint in [small(), Checkpoint { epoch: 0, first_mse: 5e-324, ..small() }] {
            assert_eq!(Checkpoint::read(&checkpoint.to_bytes()), Ok(checkpoint));
        }
        let fresh = Checkpoint { first_mse: f64::NAN, ..small() };
        let read = Checkpoint::read(&fresh.to_bytes()).expect("is read");
        assert!(read.first_mse.is_nan());
    }

    #[test]
    fn that_of_the_largest_networks_is_a_file_that_is_read() {
        let [d, m, hidden] = ["d", "m", "hidden"]
            .map(|name| Key::named(name).expect("a key of the recipe").most() as usize);
        let recipe = Recipe { d, m, hidden, ..Recipe::default() };
        let [weights, mean, square] = [1, 2, 3].map(|_| Weights::init(&recipe));
        let bytes =
            Checkpoint { recipe, epoch: 3, first_mse: 0.1, weights, mean, square }.to_bytes();
        let least = file::LARGEST - file::LONGEST_HEADER;
        assert!((least..=file::LARGEST).contains(&bytes.len()), "{}", bytes.len());
    }

    #[test]
    fn no_byte_may_be_another() {
        let bytes = small().to_bytes();
        for at in 0..bytes.len() {
            for flip in [1, 0x20, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= flip;
                assert_eq!(Checkpoint::read(&changed), Err(CheckpointError::Damaged), "byte {at}");
            }
        }
        for cut in [0, 7, 8, 100, bytes.len() - 1] {
            assert_eq!(Checkpoint::read(&bytes[..cut]), Err(CheckpointError::Damaged));
        }
        assert!(Checkpoint::read(&[&bytes[..], b"\0"].concat()).is_err());
    }

    #[test]
    fn it_is_a_safetensors_file_whose_weights_are_read_as_such() {
        let checkpoint = small();
        let bytes = checkpoint.to_bytes();
        let file = SafeTensors::deserialize(&bytes).expect("the library reads it");
        assert_eq!(file.len(), 24);
        let moment = file.tensor("adam.exp_avg_sq.phi.net.2.bias").expect("is there");
        let expected: Vec<u8> =
            checkpoint.square.phi.output.bias.iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(moment.data(), expected);
        let read = file::read(&bytes).expect("is read");
        assert_eq!((read.weights, read.recipe), (checkpoint.weights, Some(checkpoint.recipe)));
    }

    #[test]
    fn a_longer_run_or_another_rate_may_go_on_from_it_and_other_draws_may_not() {
        let checkpoint = small();
        let goes_on = |change: fn(&mut Recipe)| {
            let mut recipe = checkpoint.recipe.clone();
            change(&mut recipe);
            checkpoint.belongs_to(&recipe).is_ok()
        };
        assert!(goes_on(|recipe| recipe.epochs = 100) && goes_on(|recipe| recipe.lr = 1e-4));
        assert!(!goes_on(|recipe| recipe.seed = 1) && !goes_on(|recipe| recipe.n = 1));
        assert!(!goes_on(|recipe| recipe.epochs = 2) && !goes_on(|recipe| recipe.hidden = 6));
        assert!(!goes_on(|recipe| recipe.fresh = false));
    }
}
