//! The trainer: pulled, a few micro-batches at a time.
//!
//! Whoever holds a [`Trainer`] asks for work and gets control back: to pause is to stop asking, to
//! cancel is to drop it. It runs on any burn device, has no clock and no randomness of its own.
//! Each call becomes one operation, or a few ([`crate::op`]). Losses stay on the device until an epoch ends
//! (or [`READ_EVERY`] steps have gathered, or fewer heavy ones), since each read waits for everything that
//! was queued before it.

use std::fmt;

use burn::tensor::{Device, ExecutionError, Int, Tensor};

use crate::backend;
use crate::config::{Recipe, RecipeError};
use crate::data::{self, GeluDataset, Order, Stream};
use crate::file::checkpoint::Checkpoint;
use crate::layout::Layout;
use crate::op::{self, Draws, State};
use crate::span::Span;
use crate::weights::Weights;

/// Steps after which the losses are read although the epoch goes on.
///
/// WebGPU has no back-pressure: without a read now and then the queue of an epoch of a million steps
/// would grow until the tab dies.
pub const READ_EVERY: usize = 64;

/// Work, as [`Recipe::cost_per_draw`] counts it, after which they are read too, so that a pause or a lost
/// device shows soon also where one step is heavy.
const READ_EVERY_COST: u64 = 400_000_000;

/// Mini-batches of an epoch that [`audit`] trains on again: the third one's loss depends on two steps of Adam.
pub const AUDITED: usize = 3;

/// An epoch's MSE over the first one's, beyond which a run has diverged and no later epoch will bring it back.
const DIVERGED: f64 = 1e6;

/// What an epoch came to. Its `Display` is the line that the notebook prints.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochReport {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Σ batch loss · batch size / n, the losses taken before their steps as the notebook does.
    pub mse: f64,
    /// The mini-batches' losses, in the order of the steps.
    pub losses: Vec<f32>,
}

/// A run in progress.
pub struct Trainer {
    recipe: Recipe,
    device: Device,
    draws: Draws,
    order: Order,
    /// Taken out only while an operation works on it.
    state: Option<State>,
    micro_batch: usize,
    /// Steps between two reads of the losses.
    read_every: usize,
    /// Epochs finished.
    epoch: usize,
    /// Draws of the present epoch that have been trained on.
    position: usize,
    /// The epoch whose draws are on the device: they change only where every epoch has its own.
    drawn: usize,
    /// The present epoch's order on the device, `[n]`.
    indices: Option<Tensor<1, Int>>,
    /// Losses on the device that have not been read.
    unread: usize,
    /// The present epoch's losses that have been read, one a step.
    losses: Vec<f32>,
    /// The first epoch's MSE; NaN before it is over.
    first_mse: f64,
    diverged: bool,
}

impl Trainer {
    /// A run as its recipe defines it: data, weights and order drawn from the seed.
    ///
    /// `micro_batch` is the number of draws between two points at which control can return:
    /// [`Recipe::micro_batch`] or [`Recipe::largest_micro_batch`].
    pub fn new(recipe: Recipe, micro_batch: usize, device: &Device) -> Self {
        let weights = Weights::init(&recipe);
        Self::from_weights(recipe, &weights, micro_batch, device)
    }

    /// A run that begins with given weights; data and order are drawn from the seed.
    pub fn from_weights(
        recipe: Recipe,
        weights: &Weights,
        micro_batch: usize,
        device: &Device,
    ) -> Self {
        let data = training_set(&recipe, 0);
        let order = Order::Shuffled { seed: recipe.seed };
        Self::replay(recipe, data, weights, order, micro_batch, device)
    }

    /// A run on given data, from given weights, in a given order.
    pub fn replay(
        recipe: Recipe,
        data: GeluDataset,
        weights: &Weights,
        order: Order,
        micro_batch: usize,
        device: &Device,
    ) -> Self {
        let state = State::new(Layout::of(&recipe), weights, READ_EVERY, device);
        Self::from_state(recipe, data, state, order, micro_batch, device)
    }

    /// A run whose state is on the device already, before its first epoch.
    fn from_state(
        recipe: Recipe,
        data: GeluDataset,
        state: State,
        order: Order,
        micro_batch: usize,
        device: &Device,
    ) -> Self {
        let step_cost = recipe.cost_per_draw() * recipe.largest_batch() as u64;
        Self {
            read_every: (READ_EVERY_COST / step_cost).clamp(1, READ_EVERY as u64) as usize,
            draws: Draws::new(data, device),
            order,
            state: Some(state),
            micro_batch,
            epoch: 0,
            position: 0,
            drawn: 0,
            indices: None,
            unread: 0,
            losses: Vec::new(),
            first_mse: f64::NAN,
            diverged: false,
            device: device.clone(),
            recipe,
        }
    }

    /// A run that goes on from a checkpoint, under a recipe that it belongs to.
    ///
    /// On the CPU the bits are those of a run that was never stopped.
    pub fn resume(
        recipe: Recipe,
        checkpoint: &Checkpoint,
        micro_batch: usize,
        device: &Device,
    ) -> Self {
        let drawn = drawn_for(&recipe, checkpoint.epoch);
        let data = training_set(&recipe, drawn);
        let order = Order::Shuffled { seed: recipe.seed };
        let state = State::at(Layout::of(&recipe), checkpoint, device);
        let mut trainer = Self::from_state(recipe, data, state, order, micro_batch, device);
        trainer.epoch = checkpoint.epoch;
        trainer.drawn = drawn;
        trainer.first_mse = checkpoint.first_mse;
        trainer
    }

    /// The run as it is, if it is between two epochs and all its numbers are finite.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn checkpoint(&self) -> Result<Option<Checkpoint>, ExecutionError> {
        if self.position > 0 || self.diverged {
            return Ok(None);
        }
        let layout = Layout::of(&self.recipe);
        let moments = backend::read(self.state().moments.clone()).await?;
        let (mean, square) = moments.split_at(layout.parameters());
        let [mean, square] = [mean, square].map(|flat| layout.unpack(flat));
        let weights = self.weights().await?;
        if [&weights, &mean, &square].iter().any(|set| set.not_finite().is_some()) {
            return Ok(None);
        }
        let Self { recipe, epoch, first_mse, .. } = self;
        let (recipe, epoch, first_mse) = (recipe.clone(), *epoch, *first_mse);
        Ok(Some(Checkpoint { recipe, epoch, first_mse, weights, mean, square }))
    }

    /// Has the losses read every so many steps, at most [`READ_EVERY`], whatever they cost.
    pub fn read_losses_every(&mut self, steps: usize) {
        self.read_every = steps.clamp(1, READ_EVERY);
    }

    /// The losses of the present epoch's steps so far. Reads those that are still on the device, so that
    /// everything asked for is done when this returns.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn losses(&mut self) -> Result<&[f32], ExecutionError> {
        if self.unread > 0 {
            self.read_losses().await?;
        }
        Ok(&self.losses)
    }

    /// Trains on up to `micro_batches` micro-batches, and stops early where an epoch ends.
    ///
    /// Returns the epoch's report if one ended, and `None` otherwise, also when the run is done.
    ///
    /// # Errors
    ///
    /// When the device fails while losses are read.
    pub async fn advance(
        &mut self,
        micro_batches: usize,
    ) -> Result<Option<EpochReport>, ExecutionError> {
        let mut left = micro_batches;
        while left > 0 && !self.done() {
            left -= self.train_span(left);
            let epoch_ended = self.position == self.recipe.n;
            if epoch_ended || self.unread >= self.read_every {
                self.read_losses().await?;
            }
            if epoch_ended {
                return Ok(Some(self.end_epoch()));
            }
        }
        Ok(None)
    }

    /// Trains to the end of the present epoch. `None` when the run is done.
    ///
    /// # Errors
    ///
    /// As [`Trainer::advance`].
    pub async fn next_epoch(&mut self) -> Result<Option<EpochReport>, ExecutionError> {
        self.advance(usize::MAX).await
    }

    /// Has another learning rate hold from the next epoch that begins. The recipe has the change in it.
    ///
    /// # Errors
    ///
    /// When it is no learning rate, no epoch is left, or there were too many changes.
    pub fn change_rate(&mut self, lr: f64) -> Result<(), RecipeError> {
        let begun = usize::from(self.position > 0);
        let epoch = self.epoch + begun + 1;
        self.recipe.change_rate(epoch, lr)
    }

    /// The recipe of this run.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Epochs finished.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// Steps finished since the beginning of the run.
    pub fn steps(&self) -> usize {
        self.epoch * self.recipe.steps_per_epoch() + self.position / self.recipe.batch
    }

    /// Epochs finished, and draws of the present one trained on: changes whenever the weights may have.
    pub fn position(&self) -> (usize, usize) {
        (self.epoch, self.position)
    }

    /// Whether nothing is left to train: every epoch of the recipe is finished, or the run has diverged.
    pub fn done(&self) -> bool {
        self.diverged || self.epoch >= self.recipe.epochs
    }

    /// Whether the last epoch's MSE is not finite, or a million times the first one's.
    pub fn diverged(&self) -> bool {
        self.diverged
    }

    /// Draws in a micro-batch.
    pub fn micro_batch(&self) -> usize {
        self.micro_batch
    }

    /// y' = Φ(W)·Ψ(x) with the present weights, for draws in host memory.
    ///
    /// # Shapes
    ///
    /// - draws.w: `[batch, d, d]`, draws.x: `[batch, d]`
    /// - output: `[batch · d]`, row-major
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn predict(&self, w: Vec<f32>, x: Vec<f32>) -> Result<Vec<f32>, ExecutionError> {
        let d = self.recipe.d;
        let batch = x.len() / d;
        let w = backend::put(w, [batch, d, d], &self.device);
        let x = backend::put(x, [batch, d], &self.device);
        let parameters = &self.state().parameters;
        let output = op::predict(parameters, w, x, Layout::of(&self.recipe));
        backend::read(output).await
    }

    /// Reads the present weights from the device.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn weights(&self) -> Result<Weights, ExecutionError> {
        let flat = backend::read(self.state().parameters.clone()).await?;
        Ok(Layout::of(&self.recipe).unpack(&flat))
    }

    fn state(&self) -> &State {
        self.state.as_ref().expect("an operation gives the state back")
    }

    /// Trains on up to `micro_batches`, to the end of the epoch or to the next read of the losses, whichever
    /// comes first. Returns how many it were.
    fn train_span(&mut self, micro_batches: usize) -> usize {
        let drawn = drawn_for(&self.recipe, self.epoch);
        if self.drawn != drawn {
            // One draw in the place of the last epoch's first, so that no two epochs' are held at a time.
            let one = Recipe { n: 1, ..self.recipe.clone() };
            self.draws = Draws::new(training_set(&one, drawn), &self.device);
            self.draws = Draws::new(training_set(&self.recipe, drawn), &self.device);
            self.drawn = drawn;
        }
        let mut span = Span {
            layout: Layout::of(&self.recipe),
            batch: self.recipe.batch,
            n: self.recipe.n,
            start: self.position,
            end: self.recipe.n,
            steps: self.steps(),
            lr: self.recipe.course.rate_of(self.epoch + 1, self.recipe.lr),
            cosine: self.recipe.cosine_steps(),
            slot: self.unread,
        };
        let mut taken = 0;
        for piece in span.pieces(self.micro_batch).take(micro_batches) {
            taken += 1;
            self.position = piece.end;
            self.unread += usize::from(piece.last);
            if self.unread >= self.read_every {
                break;
            }
        }
        span.end = self.position;
        let order = self.epoch_order();
        let state = self.state.take().expect("an operation gives the state back");
        self.state = Some(op::train(state, &self.draws, &order, span));
        taken
    }

    fn epoch_order(&mut self) -> Tensor<1, Int> {
        let Self { order, epoch, recipe, device, .. } = self;
        self.indices
            .get_or_insert_with(|| {
                let order: Vec<i32> = order
                    .of_epoch(*epoch, recipe.n)
                    .into_iter()
                    .map(|index| index as i32)
                    .collect();
                backend::put_indices(order, device)
            })
            .clone()
    }

    async fn read_losses(&mut self) -> Result<(), ExecutionError> {
        let losses = backend::read(self.state().losses.clone()).await?;
        self.losses.extend(&losses[..self.unread]);
        self.unread = 0;
        Ok(())
    }

    fn end_epoch(&mut self) -> EpochReport {
        self.epoch += 1;
        self.position = 0;
        self.indices = None;
        let report = EpochReport::new(self.epoch, std::mem::take(&mut self.losses), &self.recipe);
        if self.first_mse.is_nan() {
            self.first_mse = report.mse;
        }
        // Written so that NaN has diverged too.
        let holds = report.mse.is_finite() && report.mse <= DIVERGED * self.first_mse;
        self.diverged = !holds;
        report
    }
}

/// The losses of the [`AUDITED`] mini-batches that follow a checkpoint, as the CPU computes them from it alone.
///
/// What another device reported of the same steps is to agree with them, up to rounding. The device is the CPU's.
#[cfg(feature = "cpu")]
pub fn audit(checkpoint: &Checkpoint, device: &Device) -> Vec<f32> {
    let Checkpoint { recipe, epoch, .. } = checkpoint;
    let layout = Layout::of(recipe);
    let mut order = Order::Shuffled { seed: recipe.seed }.of_epoch(*epoch, recipe.n);
    order.truncate(AUDITED * recipe.batch);
    let draws = &mut data::Draws::new(recipe.seed, Stream::Data, drawn_for(recipe, *epoch) as u32);
    let data = GeluDataset::pick(recipe.d, recipe.n, &order, draws);
    let span = Span {
        layout,
        batch: recipe.batch,
        n: order.len(),
        start: 0,
        end: order.len(),
        steps: epoch * recipe.steps_per_epoch(),
        lr: recipe.course.rate_of(epoch + 1, recipe.lr),
        cosine: recipe.cosine_steps(),
        slot: 0,
    };
    let as_they_come = backend::put_indices((0..order.len() as i32).collect(), device);
    let state = State::at(layout, checkpoint, device);
    let state = op::train(state, &Draws::new(data, device), &as_they_come, span);
    let mut losses = backend::read_at_once(state.losses);
    losses.truncate(span.finished());
    losses
}

/// The epoch whose draws an epoch, counted from 0, trains on.
fn drawn_for(recipe: &Recipe, epoch: usize) -> usize {
    if recipe.course.fresh { epoch } else { 0 }
}

/// The draws of an epoch, counted from 0, of a recipe whose every epoch has its own; of any other those of epoch 0.
fn training_set(recipe: &Recipe, epoch: usize) -> GeluDataset {
    let draws = &mut data::Draws::new(recipe.seed, Stream::Data, epoch as u32);
    GeluDataset::draw(recipe.d, recipe.n, draws)
}

impl EpochReport {
    fn new(epoch: usize, losses: Vec<f32>, recipe: &Recipe) -> Self {
        let Recipe { n, batch, .. } = *recipe;
        let sizes = (0..n).step_by(batch).map(|start| batch.min(n - start));
        let sum: f64 =
            losses.iter().zip(sizes).map(|(loss, size)| f64::from(*loss) * size as f64).sum();
        Self { epoch, mse: sum / n as f64, losses }
    }
}

impl fmt::Display for EpochReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Python writes `nan` where Rust writes `NaN`.
        let mse = format!("{:.4}", self.mse).to_ascii_lowercase();
        write!(f, "Epoch {}: MSE = {mse}", self.epoch)
    }
}

impl State {
    /// The state before the first step, with room for `slots` losses.
    pub fn new(layout: Layout, weights: &Weights, slots: usize, device: &Device) -> Self {
        let moments = vec![0.0; 2 * layout.parameters()];
        Self::with(layout, weights, moments, slots, device)
    }

    /// The state at a checkpoint.
    fn at(layout: Layout, checkpoint: &Checkpoint, device: &Device) -> Self {
        let Checkpoint { weights, mean, square, .. } = checkpoint;
        let moments = [layout.pack(mean), layout.pack(square)].concat();
        Self::with(layout, weights, moments, READ_EVERY, device)
    }

    fn with(
        layout: Layout,
        weights: &Weights,
        moments: Vec<f32>,
        slots: usize,
        device: &Device,
    ) -> Self {
        let put = |values: Vec<f32>| {
            let shape = [values.len()];
            backend::put(values, shape, device)
        };
        let parameters = layout.parameters();
        Self {
            parameters: put(layout.pack(weights)),
            moments: put(moments),
            gradient: put(vec![0.0; parameters + 1]),
            losses: put(vec![0.0; slots]),
        }
    }
}

impl Draws {
    /// Puts draws on a device.
    pub fn new(data: GeluDataset, device: &Device) -> Self {
        let (n, d) = (data.len(), data.d);
        Self {
            w: backend::put(data.w, [n, d, d], device),
            x: backend::put(data.x, [n, d], device),
            y: backend::put(data.y, [n, d], device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_as_the_notebook_prints_it() {
        let report = EpochReport { epoch: 1, mse: 0.80324, losses: Vec::new() };
        assert_eq!(report.to_string(), "Epoch 1: MSE = 0.8032");
        let diverged = EpochReport { epoch: 2, mse: f64::NAN, losses: Vec::new() };
        assert_eq!(diverged.to_string(), "Epoch 2: MSE = nan");
    }

    #[test]
    fn a_ragged_batch_counts_by_its_size() {
        let recipe = Recipe { n: 5, batch: 2, ..Recipe::default() };
        let report = EpochReport::new(1, vec![1.0, 2.0, 5.0], &recipe);
        assert_eq!(report.mse, (2.0 * 1.0 + 2.0 * 2.0 + 1.0 * 5.0) / 5.0);
    }
}
