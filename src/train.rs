//! The trainer: pulled, a few micro-batches at a time.
//!
//! Whoever holds a [`Trainer`] asks for work and gets control back: to pause is to stop asking, to
//! cancel is to drop it. It runs on any burn device, has no clock and no randomness of its own.
//! Losses stay on the device until an epoch ends (or [`READ_EVERY`] steps have gathered, or fewer heavy ones), since each
//! read waits for everything that was queued before it.

use std::fmt;

use burn::tensor::{Device, ExecutionError, Int, Tensor, TensorData};

use crate::config::Recipe;
use crate::data::{Draws, GeluDataset, Order, Stream};
use crate::step::Step;
use crate::weights::Weights;

/// Steps after which the losses are read although the epoch goes on.
///
/// WebGPU has no back-pressure: without a read now and then the queue of an epoch of a million steps
/// would grow until the tab dies.
pub const READ_EVERY: usize = 64;

/// Work, as [`Recipe::cost_per_draw`] counts it, after which they are read too, so that a pause or a lost
/// device shows soon also where one step is heavy.
const READ_EVERY_COST: u64 = 400_000_000;

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
    data: Batches,
    order: Order,
    step: Step,
    micro_batch: usize,
    /// Steps between two reads of the losses.
    read_every: usize,
    /// Epochs finished.
    epoch: usize,
    /// Draws of the present epoch that have been trained on.
    position: usize,
    /// The present epoch's order on the device, `[n]`.
    indices: Option<Tensor<1, Int>>,
    /// Losses not yet read, each `[1]`.
    unread: Vec<Tensor<1>>,
    /// The present epoch's losses that have been read, one a step.
    losses: Vec<f32>,
}

/// The training draws on the device.
struct Batches {
    w: Tensor<3>,
    x: Tensor<2>,
    y: Tensor<2>,
}

impl Trainer {
    /// A run as its recipe defines it: data, weights and order drawn from the seed.
    ///
    /// `micro_batch` is the number of draws between two points at which control can return:
    /// [`Recipe::micro_batch`] or [`Recipe::largest_micro_batch`].
    pub fn new(recipe: Recipe, micro_batch: usize, device: &Device) -> Self {
        let data =
            GeluDataset::draw(recipe.d, recipe.n, &mut Draws::new(recipe.seed, Stream::Data, 0));
        let weights = Weights::init(&recipe);
        let order = Order::Shuffled { seed: recipe.seed };
        Self::replay(recipe, data, &weights, order, micro_batch, device)
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
        let step_cost = recipe.cost_per_draw() * recipe.largest_batch() as u64;
        Self {
            read_every: (READ_EVERY_COST / step_cost).clamp(1, READ_EVERY as u64) as usize,
            data: Batches::new(data, device),
            order,
            step: Step::new(weights, recipe.lr, device),
            micro_batch,
            epoch: 0,
            position: 0,
            indices: None,
            unread: Vec::new(),
            losses: Vec::new(),
            device: device.clone(),
            recipe,
        }
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
        for _ in 0..micro_batches {
            if self.done() {
                break;
            }
            self.train_micro_batch();
            let epoch_ended = self.position == self.recipe.n;
            if epoch_ended || self.unread.len() == self.read_every {
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

    /// Whether every epoch of the recipe is finished.
    pub fn done(&self) -> bool {
        self.epoch >= self.recipe.epochs
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
        let w = Tensor::from_data(TensorData::new(w, [batch, d, d]), &self.device);
        let x = Tensor::from_data(TensorData::new(x, [batch, d]), &self.device);
        let output = self.step.predict(w, x).into_data_async().await?;
        Ok(output.try_to_vec().expect("predictions are f32"))
    }

    /// Reads the present weights from the device.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn weights(&self) -> Result<Weights, ExecutionError> {
        self.step.weights().await
    }

    fn train_micro_batch(&mut self) {
        let Recipe { n, batch, .. } = self.recipe;
        let batch_start = self.position / batch * batch;
        let batch_end = (batch_start + batch).min(n);
        let end = (self.position + self.micro_batch).min(batch_end);

        let order = self.epoch_order();
        let (w, x, y) = self.data.take(order.narrow(0, self.position, end - self.position));
        self.step.add(w, x, y, batch_end - batch_start);
        if end == batch_end {
            self.unread.push(self.step.update());
        }
        self.position = end;
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
                Tensor::from_data(TensorData::new(order, [recipe.n]), &*device)
            })
            .clone()
    }

    async fn read_losses(&mut self) -> Result<(), ExecutionError> {
        let losses = Tensor::cat(std::mem::take(&mut self.unread), 0).into_data_async().await?;
        self.losses.extend(losses.try_to_vec::<f32>().expect("losses are f32"));
        Ok(())
    }

    fn end_epoch(&mut self) -> EpochReport {
        self.epoch += 1;
        self.position = 0;
        self.indices = None;
        EpochReport::new(self.epoch, std::mem::take(&mut self.losses), &self.recipe)
    }
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
        let mse = format!("{:.4}", self.mse).to_lowercase();
        write!(f, "Epoch {}: MSE = {mse}", self.epoch)
    }
}

impl Batches {
    fn new(data: GeluDataset, device: &Device) -> Self {
        let (n, d) = (data.len(), data.d);
        Self {
            w: Tensor::from_data(TensorData::new(data.w, [n, d, d]), device),
            x: Tensor::from_data(TensorData::new(data.x, [n, d]), device),
            y: Tensor::from_data(TensorData::new(data.y, [n, d]), device),
        }
    }

    /// The draws with these indices: `[batch, d, d]`, `[batch, d]`, `[batch, d]`.
    fn take(&self, indices: Tensor<1, Int>) -> (Tensor<3>, Tensor<2>, Tensor<2>) {
        (
            self.w.clone().select(0, indices.clone()),
            self.x.clone().select(0, indices.clone()),
            self.y.clone().select(0, indices),
        )
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
