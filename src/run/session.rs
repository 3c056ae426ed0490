//! A run as the outside sees it: recipe and backend in; epochs, comparisons and evaluations out.
//!
//! Everything between a validated [`Recipe`] and burn's tensors stands behind this file, and nothing
//! in it knows of JavaScript or of a browser.

use std::fmt;
use std::sync::Arc;

use burn::tensor::ExecutionError;

use crate::backend::{Backend, BackendError};
use crate::data::Dataset;
use crate::data::demo::{Demo, DemoError};
use crate::data::layer::Layer;
use crate::data::source::{Source, SourceError};
use crate::format::checkpoint::{Checkpoint, CheckpointError};
use crate::format::safetensors::{self as file, FileError};
use crate::model::layout::Layout;
use crate::plan::memory::MOST_OUTPUTS;
use crate::recipe::keys::MOST_SEEDS;
use crate::recipe::{BUFFER_LIMIT, MEMORY_LIMIT, Recipe, RecipeError};
use crate::run::compare::{Comparison, Evaluation, HELD_OUT_DRAWS, HeldOut, Sample, Watch};
#[cfg(feature = "cpu")]
use crate::run::train;
use crate::run::train::{EpochReport, Trainer};

/// A run on a device.
pub struct Session {
    trainer: Trainer,
    /// The evaluation under way, and the weights' position that it is for.
    held_out: Option<((usize, usize), HeldOut)>,
    watch: Option<Watch>,
}

/// What a run begins with.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a> {
    /// So many runs side by side, each from the weights of its own seed, counted up from the recipe's. What is asked of
    /// the session is asked of the first, but for the epochs, which report all.
    Seeds(usize),
    /// The weights in a `.safetensors` file, whose shapes take the place of the recipe's.
    Weights(&'a [u8]),
    /// A checkpoint of this run, on whichever backend that was taken.
    Checkpoint(&'a [u8]),
    /// The same, with the weights in a `.safetensors` file in the place of its own.
    Solved(&'a [u8], &'a [u8]),
    /// Runs side by side of as many seeds, counted up from the recipe's, each from a checkpoint of its own, all of the same
    /// epoch. The CPU trains runs one after the other, so that its module has no such thing.
    #[cfg(any(feature = "webgpu", test))]
    Checkpoints(&'a [Vec<u8>]),
}

impl Session {
    /// Opens a run whose draws are standard normal; see [`Session::open_from`].
    ///
    /// # Errors
    ///
    /// As [`Session::open_from`], and when the recipe names a layer.
    pub async fn open(
        recipe: Recipe,
        start: Start<'_>,
        backend: Backend,
    ) -> Result<Self, SessionError> {
        Self::open_from(recipe, None, start, backend).await
    }

    /// Opens the backend's device, draws the data, from the layer if the recipe names one, and is ready to be pulled.
    ///
    /// # Errors
    ///
    /// When the recipe breaks a limit or its layer is not at hand, there are no seeds, more than there are from the recipe's on,
    /// or too many for the memory, the file or the checkpoint is refused, or the device is not to be had.
    pub async fn open_from(
        recipe: Recipe,
        layer: Option<Arc<Layer>>,
        start: Start<'_>,
        backend: Backend,
    ) -> Result<Self, SessionError> {
        let (recipe, seeds, weights, checkpoints) = match start {
            Start::Seeds(seeds) if (1..=MOST_SEEDS).contains(&seeds) => {
                (recipe, seeds, None, Vec::new())
            }
            Start::Seeds(seeds) => return Err(RecipeError::seeds(seeds).into()),
            Start::Weights(bytes) => {
                let file = file::read(bytes)?;
                let Layout { d, m, hidden } = file.layout;
                (Recipe { d, m, hidden, ..recipe }, 1, Some(file.weights), Vec::new())
            }
            Start::Checkpoint(bytes) | Start::Solved(bytes, _) => {
                let mut checkpoint = Checkpoint::read(bytes)?;
                checkpoint.belongs_to(&recipe)?;
                if let Start::Solved(_, weights) = start {
                    let file = file::read(weights)?;
                    if file.layout != Layout::of(&recipe) {
                        return Err(SessionError::OtherSizes);
                    }
                    checkpoint.weights = file.weights;
                }
                (recipe, 1, None, vec![checkpoint])
            }
            #[cfg(any(feature = "webgpu", test))]
            Start::Checkpoints(all) => {
                if !(1..=MOST_SEEDS).contains(&all.len()) {
                    return Err(RecipeError::seeds(all.len()).into());
                }
                let mut checkpoints = Vec::with_capacity(all.len());
                for (run, bytes) in all.iter().enumerate() {
                    let checkpoint = Checkpoint::read(bytes)?;
                    checkpoint.belongs_to(&recipe.of_run(run))?;
                    checkpoints.push(checkpoint);
                }
                if checkpoints.iter().any(|one| one.epoch != checkpoints[0].epoch) {
                    return Err(SessionError::OtherEpochs);
                }
                (recipe, all.len(), None, checkpoints)
            }
        };
        recipe.validate()?;
        recipe.holds_seeds(seeds)?;
        let bytes = recipe.memory_of(seeds);
        let too_much =
            bytes > MEMORY_LIMIT || seeds as u64 * recipe.largest_buffer() > BUFFER_LIMIT;
        if too_much || !Dataset::has_room(recipe.d, recipe.n * seeds) {
            return Err(SessionError::NoRoom { bytes, seeds });
        }
        let source = Source::of(&recipe, layer)?;
        let micro_batch = backend.micro_batch(&recipe);
        let device = backend.open().await?;
        let trainer = match weights {
            Some(weights) => Trainer::from_weights(recipe, source, &weights, micro_batch, &device),
            None if checkpoints.is_empty() => {
                Trainer::of_seeds(recipe, source, seeds, micro_batch, &device)
            }
            None => Trainer::resume_all(recipe, source, &checkpoints, micro_batch, &device),
        };
        Ok(Self { trainer, held_out: None, watch: None })
    }

    /// Asks for up to `micro_batches` micro-batches more of epochs up to and with `until`; see [`Trainer::queue`].
    pub fn queue(&mut self, micro_batches: usize, until: usize) -> usize {
        self.trainer.queue(micro_batches, until)
    }

    /// The reports of what was asked for first, when it is done; see [`Trainer::collect`].
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn collect(&mut self) -> Result<Vec<EpochReport>, SessionError> {
        Ok(self.trainer.collect().await?)
    }

    /// Has the device watch the held-out error along with training; see [`Trainer::watch`]. Otherwise [`Session::watch`] is
    /// asked after each epoch.
    pub fn watch_along(&mut self) {
        self.trainer.watch();
    }

    /// Has a checkpoint be kept when the next epoch ends; see [`Trainer::keep`].
    pub fn keep(&mut self) {
        self.trainer.keep();
    }

    /// Has what is asked from here on be about this run, counted from the first; see [`Trainer::face`].
    ///
    /// # Errors
    ///
    /// When there is no such run, or the device fails.
    #[cfg(any(feature = "webgpu", test))]
    pub async fn face(&mut self, run: usize) -> Result<(), SessionError> {
        if run >= self.trainer.runs() {
            return Err(SessionError::NoRun { run, runs: self.trainer.runs() });
        }
        (self.held_out, self.watch) = (None, None);
        Ok(self.trainer.face(run).await?)
    }

    /// The run as a checkpoint, if it is between two epochs and all its numbers are finite.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn checkpoint(&mut self) -> Result<Option<Vec<u8>>, SessionError> {
        Ok(self.trainer.checkpoint().await?.map(|checkpoint| checkpoint.to_bytes()))
    }

    /// The present weights as a `.safetensors` file, with the recipe and further notes in its metadata.
    ///
    /// # Errors
    ///
    /// When training has diverged, since such a file helps nobody, or the device fails.
    pub async fn weights_file(&self, notes: &[(&str, String)]) -> Result<Vec<u8>, SessionError> {
        let weights = self.trainer.weights().await?;
        if let Some((name, value)) = weights.not_finite() {
            return Err(FileError::NotFinite { name, value }.into());
        }
        let steps = ("steps", self.trainer.steps().to_string());
        let notes: Vec<(&str, String)> = notes.iter().cloned().chain([steps]).collect();
        Ok(file::write(&weights, &self.trainer.faced_recipe(), &notes))
    }

    /// y' = Φ(W)·Ψ(x) for draws W `[draws, d, d]` and x `[draws, d]`, row by row: `[draws · d]`.
    ///
    /// # Errors
    ///
    /// When there are not d times as many numbers in W as in x, or the device fails.
    pub async fn predict(&self, w: Vec<f32>, x: Vec<f32>) -> Result<Vec<f32>, SessionError> {
        self.holds_draws(w.len(), x.len())?;
        Ok(self.trainer.predict(w, x).await?)
    }

    /// Whether so many numbers of W and of x are whole draws. Returns how many draws are to be predicted on in one go,
    /// by whoever has more of them than should be held at a time.
    ///
    /// # Errors
    ///
    /// As [`Session::predict`].
    pub fn holds_draws(&self, w: usize, x: usize) -> Result<usize, SessionError> {
        let d = self.trainer.recipe().d;
        let count = |name, expected, found| DemoError::Count { name, expected, found };
        if x == 0 || !x.is_multiple_of(d) {
            return Err(count("x", (x / d).max(1) * d, x).into());
        }
        if Some(w) != d.checked_mul(x) {
            return Err(count("W", d.saturating_mul(x), w).into());
        }
        Ok(slice(&self.trainer))
    }

    /// Trains on up to `micro_batches` micro-batches; see [`Trainer::advance`].
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn advance(
        &mut self,
        micro_batches: usize,
    ) -> Result<Option<EpochReport>, SessionError> {
        Ok(self.trainer.advance(micro_batches).await?)
    }

    /// Has another learning rate, as typed, hold from the next epoch that begins; see [`Trainer::change_rate`].
    ///
    /// # Errors
    ///
    /// When it is no learning rate, or no epoch is left.
    pub fn change_rate(&mut self, lr: &str) -> Result<&Recipe, RecipeError> {
        self.trainer.change_rate(Recipe::read_rate(lr)?)?;
        Ok(self.trainer.recipe())
    }

    /// The trainer, for what it knows of the run.
    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    /// The notebook's demo on one W and x, with the present weights.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn compare(&self, demo: Demo) -> Result<Comparison, SessionError> {
        let approx = self.trainer.predict(demo.w.clone(), demo.x.clone()).await?;
        Ok(Comparison::new(demo, approx, self.trainer.recipe().target))
    }

    /// The demo with this number; each is another seeded draw.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn compare_draw(&self, number: u32) -> Result<Comparison, SessionError> {
        self.compare(Demo::draw(&self.trainer.faced_recipe(), self.trainer.source(), number)).await
    }

    /// The demo on a W and an x as typed.
    ///
    /// # Errors
    ///
    /// When they cannot be read, or the device fails.
    pub async fn compare_typed(&self, w: &str, x: &str) -> Result<Comparison, SessionError> {
        self.compare(Demo::parse(self.trainer.recipe().d, w, x)?).await
    }

    /// Evaluates up to `micro_batches` slices of the held-out draws with the present weights.
    ///
    /// Returns the result with the last slice, and `None` while there are more. Starts over when the
    /// weights have changed in between.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn evaluate(
        &mut self,
        micro_batches: usize,
    ) -> Result<Option<Evaluation>, SessionError> {
        let position = self.trainer.position();
        if self.held_out.as_ref().is_none_or(|(of, _)| *of != position) {
            let (recipe, source) = (self.trainer.faced_recipe(), self.trainer.source());
            self.held_out = Some((position, HeldOut::new(&recipe, source)));
        }
        let (_, held_out) = self.held_out.as_mut().expect("just set");
        let size = slice(&self.trainer);
        for _ in 0..micro_batches {
            let slice = held_out.next_slice(size);
            if slice.is_empty() {
                break;
            }
            let approx = self.trainer.predict(slice.w.clone(), slice.x.clone()).await?;
            held_out.add(&slice, &approx);
        }
        Ok(held_out.evaluation())
    }

    /// Predicts up to `micro_batches` slices of the few held-out draws that are watched from epoch to epoch.
    ///
    /// Returns their mean squared error with the last slice, and `None` while there are more. The weights are not
    /// to change in between.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn watch(&mut self, micro_batches: usize) -> Result<Option<f64>, SessionError> {
        let watch = self
            .watch
            .get_or_insert_with(|| Watch::new(&self.trainer.faced_recipe(), self.trainer.source()));
        let size = slice(&self.trainer);
        for _ in 0..micro_batches {
            let (w, x) = watch.next_slice(size);
            let approx = self.trainer.predict(w.to_vec(), x.to_vec()).await?;
            if let Some(mse) = watch.add(&approx) {
                return Ok(Some(mse));
            }
        }
        Ok(None)
    }

    /// What the networks make of the first held-out draws, as many as have up to `entries` outputs together.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn sample(&self, entries: usize) -> Result<Sample, SessionError> {
        let recipe = &self.trainer.faced_recipe();
        let draws = (entries.min(MOST_OUTPUTS) / recipe.d).clamp(1, HELD_OUT_DRAWS);
        let (mut sample, data) = Sample::draw(recipe, self.trainer.source(), draws);
        let (d, size) = (recipe.d, slice(&self.trainer));
        for (w, x) in data.w.chunks(size * d * d).zip(data.x.chunks(size * d)) {
            sample.approx.extend(self.trainer.predict(w.to_vec(), x.to_vec()).await?);
        }
        Ok(sample)
    }
}

/// Draws to predict on in one go.
fn slice(trainer: &Trainer) -> usize {
    trainer.recipe().slice_of(trainer.micro_batch())
}

/// Has the device make ready what a recipe's runs will need there: kernels are compiled and have run once.
///
/// # Errors
///
/// When the recipe breaks a limit, or the device fails.
pub async fn prepare(recipe: Recipe, backend: Backend) -> Result<(), SessionError> {
    recipe.validate()?;
    // One run's kernels depend on the sizes of its networks and of a mini-batch, and on nothing else.
    let (n, epochs) = (recipe.largest_batch(), 1);
    let Recipe { d, m, hidden, batch, .. } = recipe;
    let few = Recipe { d, m, hidden, n, batch, epochs, ..Recipe::default() };
    let mut session = Session::open(few, Start::Seeds(1), backend).await?;
    session.watch_along();
    session.advance(usize::MAX).await?;
    session.compare_draw(0).await?;
    Ok(())
}

/// The recipe of [`self_check`]: three steps, small, with a ragged last batch.
fn self_check_recipe() -> Recipe {
    Recipe {
        d: 3,
        m: 4,
        hidden: 8,
        n: 20,
        batch: 8,
        epochs: 1,
        lr: 0.01,
        seed: 1,
        ..Recipe::default()
    }
}

/// The losses of three training steps of a small fixed recipe.
///
/// A device whose numbers differ from the CPU's beyond rounding is not to be used: some drivers
/// compile wrong kernels without a word.
///
/// # Errors
///
/// When the device is not to be had or fails.
pub async fn self_check(backend: Backend) -> Result<Vec<f32>, SessionError> {
    let mut session = Session::open(self_check_recipe(), Start::Seeds(1), backend).await?;
    let report = session.advance(usize::MAX).await?;
    Ok(report.expect("the recipe has one epoch").losses)
}

/// The losses of the mini-batches that follow a checkpoint, computed anew on the CPU; see [`train::audit`].
///
/// # Errors
///
/// When the checkpoint is damaged, or the layer that its recipe names is not at hand.
#[cfg(feature = "cpu")]
pub fn audit(
    bytes: &[u8],
    layer: impl FnOnce(&Recipe) -> Option<Arc<Layer>>,
) -> Result<Vec<f32>, SessionError> {
    let checkpoint = Checkpoint::read(bytes)?;
    let source = Source::of(&checkpoint.recipe, layer(&checkpoint.recipe))?;
    Ok(train::audit(&checkpoint, &source, &Backend::cpu()?))
}

/// Why a session refused or failed. Its `Display` is a sentence for the visitor.
#[derive(Debug)]
pub enum SessionError {
    /// The recipe breaks a limit.
    Recipe(RecipeError),
    /// The typed W or x cannot be used.
    Demo(DemoError),
    /// The file of weights cannot be used.
    File(FileError),
    /// The checkpoint cannot be used.
    Checkpoint(CheckpointError),
    /// The weights to go on with are of networks of other sizes than the checkpoint's.
    OtherSizes,
    /// The checkpoints of runs side by side are not of one epoch.
    OtherEpochs,
    /// No run side by side has this number.
    #[cfg(any(feature = "webgpu", test))]
    NoRun {
        /// The number, counted from 0.
        run: usize,
        /// How many there are.
        runs: usize,
    },
    /// The recipe's draws are not to be had.
    Source(SourceError),
    /// The draws have no room here, although each run is within the limits.
    NoRoom {
        /// The estimate, in bytes.
        bytes: u64,
        /// Runs side by side.
        seeds: usize,
    },
    /// The device is not to be had.
    Backend(BackendError),
    /// The device failed during the run.
    Device(ExecutionError),
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recipe(error) => error.fmt(f),
            Self::Demo(error) => error.fmt(f),
            Self::File(error) => error.fmt(f),
            Self::Checkpoint(error) => error.fmt(f),
            Self::OtherSizes => {
                f.write_str("the weights are of networks of other sizes than the checkpoint’s")
            }
            Self::OtherEpochs => f.write_str("the checkpoints are not of one epoch"),
            #[cfg(any(feature = "webgpu", test))]
            Self::NoRun { run, runs } => {
                write!(f, "there is no run {run} among {runs}, counted from 0")
            }
            Self::Source(error) => error.fmt(f),
            Self::NoRoom { bytes, seeds } => write!(
                f,
                "this browser has no room for the run, which needs about {} MiB: lower {}n or d, or close other tabs",
                bytes.div_ceil(1 << 20),
                if *seeds > 1 { "seeds, " } else { "" }
            ),
            Self::Backend(error) => error.fmt(f),
            Self::Device(error) => write!(f, "the device failed during the run: {error}"),
        }
    }
}

impl std::error::Error for SessionError {}

impl From<RecipeError> for SessionError {
    fn from(error: RecipeError) -> Self {
        Self::Recipe(error)
    }
}

impl From<DemoError> for SessionError {
    fn from(error: DemoError) -> Self {
        Self::Demo(error)
    }
}

impl From<FileError> for SessionError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<SourceError> for SessionError {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

impl From<CheckpointError> for SessionError {
    fn from(error: CheckpointError) -> Self {
        Self::Checkpoint(error)
    }
}

impl From<BackendError> for SessionError {
    fn from(error: BackendError) -> Self {
        Self::Backend(error)
    }
}

impl From<ExecutionError> for SessionError {
    fn from(error: ExecutionError) -> Self {
        Self::Device(error)
    }
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use super::*;
    use crate::model::weights::Weights;
    use crate::recipe::LayerName;
    use crate::recipe::path::Rates;
    use pollster::block_on;

    fn small() -> Recipe {
        Recipe { d: 3, m: 4, hidden: 8, n: 50, batch: 16, epochs: 3, ..Recipe::default() }
    }

    /// The same with all that leaves the notebook's path, another learning rate from an epoch on.
    fn off_the_path(epoch: usize) -> Recipe {
        let rates = Rates(vec![(epoch, 0.002)]);
        Recipe { fresh: true, rates, ..small().along_a_cosine() }
    }

    fn open(recipe: Recipe) -> Session {
        open_from(recipe, Start::Seeds(1)).expect("opens")
    }

    fn open_from(recipe: Recipe, start: Start<'_>) -> Result<Session, SessionError> {
        block_on(Session::open(recipe, start, Backend::Cpu))
    }

    fn lines(session: &mut Session, micro_batches: usize) -> Vec<EpochReport> {
        let mut reports = Vec::new();
        while !session.trainer().done() {
            reports.extend(block_on(session.advance(micro_batches)).expect("trains"));
        }
        reports
    }

    #[test]
    fn the_same_recipe_gives_the_same_bits_however_it_is_pulled() {
        let all = lines(&mut open(small()), usize::MAX);
        let one_by_one = lines(&mut open(small()), 1);
        assert_eq!(all.len(), 3);
        assert_eq!(all, one_by_one);
        assert_ne!(all, lines(&mut open(Recipe { seed: 43, ..small() }), usize::MAX));
    }

    #[test]
    fn a_solution_takes_the_place_of_the_weights_alone_and_training_goes_on() {
        let recipe = Recipe { epochs: 2, ..small() };
        let mut before = open(recipe.clone());
        block_on(before.advance(usize::MAX)).expect("trains");
        let bytes = block_on(before.checkpoint()).expect("reads").expect("between two epochs");
        let other = open(Recipe { seed: 7, ..recipe.clone() });
        let file = block_on(other.weights_file(&[])).expect("a file");
        let mut solved =
            open_from(recipe.clone(), Start::Solved(&bytes, &file)).expect("the sizes agree");
        let after = block_on(solved.checkpoint()).expect("reads").expect("between two epochs");
        let [before, after] =
            [&bytes, &after].map(|bytes| Checkpoint::read(bytes).expect("a checkpoint"));
        let theirs = file::read(&file).expect("a file").weights;
        assert!(after.weights == theirs && before.weights != theirs);
        assert_eq!((after.mean, after.square, after.epoch), (before.mean, before.square, 1));
        assert_eq!(lines(&mut solved, usize::MAX).len(), 1);
        let wider = Weights::init(&Recipe { hidden: 9, ..recipe.clone() });
        let wider = file::write(&wider, &Recipe { hidden: 9, ..recipe.clone() }, &[]);
        assert!(open_from(recipe, Start::Solved(&bytes, &wider)).is_err());
    }

    #[test]
    fn an_epoch_ends_an_advance_and_a_finished_run_does_nothing_more() {
        let mut session = open(small());
        let report = block_on(session.advance(1000)).expect("trains").expect("an epoch");
        assert_eq!((report.epoch, report.losses.len(), session.trainer().steps()), (1, 4, 4));
        block_on(session.advance(2)).expect("trains");
        assert_eq!((session.trainer().epoch(), session.trainer().steps()), (1, 6));
        lines(&mut session, 5);
        assert!(block_on(session.advance(5)).expect("nothing to do").is_none());
        assert_eq!(session.trainer().steps(), 12);
    }

    #[test]
    fn losses_can_be_read_at_any_step_and_change_nothing() {
        let whole = lines(&mut open(small()), usize::MAX);
        let mut session = open(small());
        let per_step = session.trainer().recipe().batch.div_ceil(session.trainer().micro_batch());
        assert!(session.trainer().losses().is_empty());
        for steps in 1..4 {
            assert!(block_on(session.advance(per_step)).expect("trains").is_none());
            let so_far = session.trainer().losses().to_vec();
            assert_eq!(so_far, whole[0].losses[..steps]);
        }
        assert_eq!(lines(&mut session, usize::MAX), whole);
    }

    #[test]
    fn a_batch_larger_than_n_is_one_ragged_batch() {
        let reports = lines(&mut open(Recipe { batch: 64, ..small() }), 1);
        assert!(reports.iter().all(|report| report.losses.len() == 1));
        assert_eq!(reports[0].mse, f64::from(reports[0].losses[0]));
    }

    #[test]
    fn a_comparison_changes_nothing_and_training_improves_the_evaluation() {
        let mut session = open(Recipe { d: 2, m: 16, hidden: 64, n: 1024, batch: 64, ..small() });
        let evaluate = |session: &mut Session| loop {
            if let Some(evaluation) = block_on(session.evaluate(7)).expect("evaluates") {
                return evaluation;
            }
        };
        let before = evaluate(&mut session);
        assert_eq!(before, evaluate(&mut session));
        let reports = lines(&mut session, 3);
        let after = evaluate(&mut session);
        assert!(after.mse < 0.5 * before.mse, "{before:?} → {after:?}");
        let comparison = block_on(session.compare_draw(0)).expect("compares");
        assert_eq!(comparison, block_on(session.compare_draw(0)).expect("compares"));
        let undisturbed = lines(&mut open(session.trainer().recipe().clone()), usize::MAX);
        assert_eq!(reports, undisturbed);
    }

    #[test]
    fn a_run_that_is_stopped_and_resumed_has_the_bits_of_one_that_was_not() {
        for recipe in [small(), Recipe { epochs: 5, ..off_the_path(3) }] {
            let mut whole = open(recipe.clone());
            let all = lines(&mut whole, 3);
            for stop in 0..=recipe.epochs {
                let mut session = open(recipe.clone());
                for _ in 0..stop {
                    block_on(session.advance(usize::MAX)).expect("trains").expect("an epoch");
                }
                let bytes = block_on(session.checkpoint()).expect("reads").expect("is between");
                let again = open_from(recipe.clone(), Start::Checkpoint(&bytes));
                let mut again = again.expect("opens");
                assert_eq!(again.trainer().steps(), session.trainer().steps());
                assert_eq!(lines(&mut again, 2), all[stop..]);
                let end = |session: &mut Session| block_on(session.checkpoint()).expect("reads");
                assert_eq!(end(&mut again), end(&mut whole));
            }
        }
    }

    #[test]
    fn there_is_no_checkpoint_within_an_epoch_and_none_for_another_run() {
        let mut session = open(small());
        let bytes = block_on(session.checkpoint()).expect("reads").expect("at the beginning");
        block_on(session.advance(1)).expect("trains");
        assert_eq!(block_on(session.checkpoint()).expect("reads"), None);
        let refusal = |recipe: Recipe, bytes: &[u8]| {
            open_from(recipe, Start::Checkpoint(bytes)).err().expect("is refused").to_string()
        };
        let another = refusal(Recipe { seed: 1, ..small() }, &bytes);
        assert_eq!(another, "the checkpoint is of a run of another recipe");
        assert_eq!(refusal(small(), &bytes[..90]), "the checkpoint is damaged");
    }

    #[test]
    fn an_audit_repeats_the_losses_that_follow_a_checkpoint() {
        for recipe in [small(), off_the_path(2), Recipe { batch: 64, ..small() }] {
            let mut session = open(recipe);
            while !session.trainer().done() {
                let bytes = block_on(session.checkpoint()).expect("reads").expect("is between");
                let found = audit(&bytes, |_| None).expect("audits");
                let report = block_on(session.advance(usize::MAX)).expect("trains");
                let losses = report.expect("an epoch").losses;
                assert_eq!(found, losses[..losses.len().min(3)]);
            }
        }
    }

    #[test]
    fn a_run_that_diverges_stops_at_that_epoch_and_has_no_checkpoint() {
        // Weights so large that the squared error of the second epoch is no number any more.
        let mut session = open(Recipe { epochs: 9, ..small() });
        let file = block_on(session.weights_file(&[])).expect("writes");
        let mut weights = file::read(&file).expect("reads").weights;
        lines(&mut session, usize::MAX);
        assert!(!session.trainer().diverged());
        for tensor in [&mut weights.phi.output.weight, &mut weights.psi.output.weight] {
            tensor.iter_mut().for_each(|value| *value *= 1e12);
        }
        let huge = file::write(&weights, session.trainer().recipe(), &[]);
        let recipe = Recipe { epochs: 9, ..small() };
        let mut session = open_from(recipe, Start::Weights(&huge)).expect("opens");
        let reports = lines(&mut session, usize::MAX);
        assert!(session.trainer().diverged() && reports.len() < 9, "{reports:?}");
        assert!(!reports[reports.len() - 1].mse.is_finite());
        assert_eq!(block_on(session.checkpoint()).expect("reads"), None);
    }

    #[test]
    fn weights_leave_and_come_back_and_predict_the_same() {
        let recipe = Recipe { epochs: 3, ..Recipe::default() };
        let mut session = open(recipe.clone());
        lines(&mut session, 7);
        let file = block_on(session.weights_file(&[("epoch", "3".to_owned())])).expect("writes");
        let other = Recipe { d: 1, m: 1, hidden: 1, seed: 5, ..recipe.clone() };
        let mut back = open_from(other, Start::Weights(&file)).expect("opens");
        assert_eq!(back.trainer().recipe(), &Recipe { seed: 5, ..recipe.clone() });
        let demo = Demo::draw(&recipe, &Source::Normal, 0);
        let predict = |session: &Session| {
            block_on(session.predict(demo.w.clone(), demo.x.clone())).expect("predicts")
        };
        assert_eq!(predict(&session), predict(&back));
        // Training goes on from there: the first epoch's MSE is a trained network's, not a fresh one's.
        let fresh = lines(&mut open(Recipe { seed: 5, ..recipe }), usize::MAX);
        let further = lines(&mut back, usize::MAX);
        assert!(further[0].mse < 0.5 * fresh[0].mse, "{} vs {}", further[0].mse, fresh[0].mse);
        let refused = block_on(session.predict(vec![1.0; 3], vec![1.0; 2])).expect_err("refused");
        assert_eq!(refused.to_string(), "W needs 4 numbers at this d, and 3 were given");
    }

    #[test]
    fn a_run_on_a_layer_is_a_run_like_any_other() {
        let numbers = |count: usize| (0..count).map(|at| (at as f32 * 0.37).sin()).collect();
        let [weight, bias, inputs]: [Vec<f32>; 3] = [24, 12, 120].map(numbers);
        let layer = Arc::new(Layer::new(2, &weight, &bias, &inputs, 0).expect("is a layer"));
        let name = LayerName::parse("00000000000000a1").expect("is a name");
        for recipe in [small(), off_the_path(2)] {
            let recipe = Recipe { layer: name, ..recipe };
            let open = |start: Start<'_>| {
                let layer = Some(layer.clone());
                block_on(Session::open_from(recipe.clone(), layer, start, Backend::Cpu))
            };
            let mut session = open(Start::Seeds(1)).expect("opens");
            block_on(session.advance(usize::MAX)).expect("trains").expect("an epoch");
            let bytes = block_on(session.checkpoint()).expect("reads").expect("is between");
            let audited = audit(&bytes, |_| Some(layer.clone())).expect("audits");
            let rest = lines(&mut session, usize::MAX);
            assert_eq!(audited, rest[0].losses[..3]);
            let mut again = open(Start::Checkpoint(&bytes)).expect("opens");
            assert_eq!(lines(&mut again, 1), rest);
            let mut held_out = None;
            while held_out.is_none() {
                held_out = block_on(session.evaluate(9)).expect("evaluates");
            }
            let sample = block_on(session.sample(60)).expect("predicts");
            let squares = sample.y.iter().map(|y| f64::from(*y).powi(2)).sum::<f64>() / 60.0;
            assert!(squares > 0.0 && held_out.expect("is done").mse.is_finite());
            let demo = block_on(session.compare_draw(0)).expect("compares").demo;
            let kept = layer.split_inputs(recipe.seed).kept;
            assert!(kept.iter().any(|index| layer.input(*index) == demo.x));
            // Without the layer there are no draws, and a checkpoint is of draws.
            for refused in
                [audit(&bytes, |_| None).err(), open_from(recipe.clone(), Start::Seeds(1)).err()]
            {
                let told = refused.expect("is refused").to_string();
                assert!(told.contains("the layer 00000000000000a1"), "{told}");
            }
            let normal = Recipe { layer: LayerName::default(), ..recipe.clone() };
            let refused = open_from(normal, Start::Checkpoint(&bytes)).err().expect("is refused");
            assert!(matches!(refused, SessionError::Checkpoint(CheckpointError::Another)));
        }
    }

    #[test]
    fn fresh_draws_begin_with_the_second_epoch() {
        let fresh = lines(&mut open(Recipe { fresh: true, ..small() }), usize::MAX);
        let kept = lines(&mut open(small()), usize::MAX);
        assert_eq!(fresh[0], kept[0]);
        assert_ne!(fresh[1], kept[1]);
        assert_eq!(fresh, lines(&mut open(Recipe { fresh: true, ..small() }), 1));
    }

    #[test]
    fn a_cosine_ends_where_nothing_moves() {
        // 10,000 steps of one draw: the last few are as good as zero.
        let recipe = Recipe { n: 100, batch: 1, epochs: 100, ..small().along_a_cosine() };
        let reports = lines(&mut open(recipe), usize::MAX);
        let moved = |epoch: usize| (reports[epoch].mse - reports[epoch - 1].mse).abs();
        assert!(moved(99) < 1e-3 * moved(1), "{} and {}", moved(99), moved(1));
    }

    #[test]
    fn a_rate_changed_in_the_run_is_in_its_recipe_and_replays() {
        let mut session = open(small());
        assert_eq!(session.change_rate("0.002").expect("not begun").lr, 0.002);
        let mut reports =
            vec![block_on(session.advance(usize::MAX)).expect("trains").expect("one")];
        block_on(session.advance(1)).expect("trains");
        let recipe = session.change_rate("0.01").expect("in range").clone();
        assert_eq!(recipe.rates.0, [(3, 0.01)], "the epoch that has begun ends as it began");
        reports.extend(lines(&mut session, 1));
        assert_eq!(reports, lines(&mut open(recipe), usize::MAX));
        assert_ne!(reports[2], lines(&mut open(Recipe { lr: 0.002, ..small() }), 9)[2]);
        for (lr, words) in [("2", "lr = 2 is out of range"), ("x", "lr = “x” is not")] {
            assert!(session.change_rate(lr).expect_err(lr).to_string().starts_with(words));
        }
        assert_eq!(session.change_rate("0.1").expect_err("over").key(), "rates");
    }

    #[test]
    fn a_run_that_is_faced_answers_as_the_same_run_alone() {
        let recipe = small();
        let many = Session::open(recipe.clone(), Start::Seeds(3), Backend::Cpu);
        let mut many = block_on(many).expect("opens");
        lines(&mut many, usize::MAX);
        let evaluated = |session: &mut Session| loop {
            if let Some(evaluation) = block_on(session.evaluate(9)).expect("evaluates") {
                return evaluation;
            }
        };
        for run in [2, 0, 1] {
            let mut alone = open(recipe.of_run(run));
            lines(&mut alone, usize::MAX);
            block_on(many.face(run)).expect("there is one");
            assert_eq!(evaluated(&mut many), evaluated(&mut alone));
            let checkpoint = |session: &mut Session| block_on(session.checkpoint()).expect("reads");
            assert_eq!(checkpoint(&mut many), checkpoint(&mut alone));
            let file = |session: &Session| block_on(session.weights_file(&[])).expect("writes");
            assert_eq!(file(&many), file(&alone));
        }
        assert!(block_on(many.face(3)).is_err());
    }

    #[test]
    fn each_of_many_runs_has_the_bits_of_the_same_run_alone() {
        for recipe in [small(), off_the_path(2)] {
            let many = Session::open(recipe.clone(), Start::Seeds(3), Backend::Cpu);
            let mut many = block_on(many).expect("opens");
            let reports = lines(&mut many, 2);
            for run in 0..3 {
                let seed = recipe.seed + run as u32;
                let mut alone = open(Recipe { seed, ..recipe.clone() });
                for (all, one) in reports.iter().zip(lines(&mut alone, usize::MAX)) {
                    assert_eq!(all.mses[run], one.mse);
                    assert!(run > 0 || all.losses == one.losses);
                }
                let weights = |session: &Session, run| {
                    block_on(session.trainer().weights_of(run)).expect("reads")
                };
                assert_eq!(weights(&many, run), weights(&alone, 0));
            }
        }
    }

    #[test]
    fn many_runs_go_on_from_their_checkpoints_to_the_same_bits() {
        for recipe in [small(), off_the_path(2), Recipe { fresh: true, ..small() }] {
            fn started(recipe: &Recipe, start: Start<'_>) -> Result<Session, SessionError> {
                block_on(Session::open(recipe.clone(), start, Backend::Cpu))
            }
            let epochs = |session: &mut Session, many| {
                for _ in 0..many {
                    block_on(session.advance(usize::MAX)).expect("trains").expect("ends an epoch");
                }
            };
            let mut whole = started(&recipe, Start::Seeds(3)).expect("opens");
            let kept: Vec<_> = (0..3)
                .map(|run| {
                    let mut alone = open(recipe.of_run(run));
                    epochs(&mut alone, 2);
                    block_on(alone.checkpoint()).expect("reads").expect("is between two epochs")
                })
                .collect();
            let mut again = started(&recipe, Start::Checkpoints(&kept)).expect("opens");
            let reports = lines(&mut whole, usize::MAX);
            assert_eq!(lines(&mut again, usize::MAX), reports[2..]);
            let refused = |kept: &[Vec<u8>]| {
                started(&recipe, Start::Checkpoints(kept)).err().expect("is refused").to_string()
            };
            assert_eq!(
                refused(&[kept[1].clone(), kept[0].clone()]),
                "the checkpoint is of a run of another recipe"
            );
            assert!(refused(&[]).starts_with("seeds = 0 is out of range"));
            let mut later = open(recipe.of_run(1));
            epochs(&mut later, 3);
            let later = block_on(later.checkpoint()).expect("reads").expect("is there");
            assert_eq!(refused(&[kept[0].clone(), later]), "the checkpoints are not of one epoch");
        }
    }

    #[test]
    fn no_seeds_and_too_many_are_refused_in_words() {
        let refused = |recipe: Recipe, seeds| {
            let session = block_on(Session::open(recipe, Start::Seeds(seeds), Backend::Cpu));
            session.err().expect("is refused").to_string()
        };
        let range = "is out of range: it must be a whole number from 1 to 1024";
        assert_eq!(refused(small(), 0), format!("seeds = 0 {range}"));
        assert_eq!(refused(small(), 1025), format!("seeds = 1025 {range}"));
        let last = Recipe { seed: u32::MAX, ..small() };
        assert!(block_on(Session::open(last.clone(), Start::Seeds(1), Backend::Cpu)).is_ok());
        assert_eq!(
            refused(last, 2),
            "seeds = 2 go past the last seed there is: lower seeds or seed"
        );
        let words = refused(Recipe { n: 1 << 20, ..small() }, 64);
        assert!(words.starts_with("this browser has no room for the run, which needs about"));
    }

    #[test]
    fn what_is_asked_for_ahead_is_reported_as_it_is_done_and_can_be_kept() {
        let whole = lines(&mut open(small()), usize::MAX);
        let mut session = open(small());
        let mut reports = Vec::new();
        while session.queue(3, 2) > 0 {
            if reports.len() == 1 {
                session.keep();
            }
            reports.extend(block_on(session.collect()).expect("trains"));
            assert!(session.trainer().pending() == 0);
        }
        assert_eq!(reports.len(), 2, "no epoch beyond those that were asked for");
        assert!(!reports[0].kept && reports[1].kept);
        let kept = block_on(session.checkpoint()).expect("reads").expect("was kept");
        let mut again = open_from(small(), Start::Checkpoint(&kept)).expect("opens");
        assert_eq!(lines(&mut again, 5), whole[2..]);
        reports.iter_mut().for_each(|report| report.kept = false);
        assert_eq!(reports, whole[..2]);
    }

    #[test]
    fn weights_that_diverged_are_not_saved() {
        let recipe = Recipe { d: 1, m: 1, hidden: 1, n: 4, batch: 4, epochs: 1, ..small() };
        let mut weights = Weights::init(&recipe);
        weights.psi.output.bias[0] = 3e38;
        weights.phi.output.bias[0] = 3e38;
        let file = file::write(&weights, &recipe, &[]);
        let mut session = open_from(recipe, Start::Weights(&file)).expect("finite so far");
        assert!(block_on(session.weights_file(&[])).is_ok());
        lines(&mut session, 1);
        let refused = block_on(session.weights_file(&[])).expect_err("refused").to_string();
        assert!(refused.ends_with("and weights must be finite"), "{refused}");
    }

    #[test]
    fn micro_batches_change_the_order_of_additions_only() {
        let recipe = small();
        let device = block_on(Backend::Cpu.open()).expect("the CPU is always there");
        let run = |micro_batch| {
            let mut trainer = Trainer::new(recipe.clone(), micro_batch, &device);
            let mut losses = Vec::new();
            while let Some(report) = block_on(trainer.next_epoch()).expect("trains") {
                losses.extend(report.losses);
            }
            losses
        };
        for (whole, split) in run(16).into_iter().zip(run(5)) {
            assert!((whole - split).abs() < 1e-5 * whole.abs(), "{whole} vs {split}");
        }
    }

    #[test]
    fn a_bad_recipe_is_refused_in_its_own_words() {
        let refused = open_from(Recipe { m: 0, ..small() }, Start::Seeds(1));
        let error = refused.err().expect("refused");
        assert_eq!(
            error.to_string(),
            "m = 0 is out of range: it must be a whole number from 1 to 256"
        );
    }
}
