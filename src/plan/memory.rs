//! What a run takes of memory, on each backend: what the visitor is told, and what is held against the limit.
//!
//! Counted part by part, as the parts are made, and held to what is measured (`tests/e2e/memory.test.mjs`). A module's
//! memory never shrinks, so what counts is the most that is held at one time:
//!
//! ```text
//! the module │ draws and their order │ parameters, gradient, two moments │ watched draws │ the largest of what comes and goes
//! ```
//!
//! WebGPU has the draws twice, in the module while they are made and on the device, and there a step's activations too.

use super::cpu::{BLOCK, PHI_ROWS};
use super::{MOST_SOFT_FLOPS, large};
use crate::model::layout::{LANES, Layout};
use crate::recipe::Recipe;

/// What the CPU module takes before it does anything, and what the WebGPU module does once its kernels are compiled.
const CPU_MODULE: u64 = 1_150_000;
const WEBGPU_MODULE: u64 = 1_500_000;

/// Bytes of draws that are predicted on in one go, and on the GPU of their activations.
const SLICE_BYTES: u64 = 4 << 20;
const SLICE_ACTIVATIONS: u64 = 16 << 20;

/// Draws that are watched, at most and at least, and floating-point operations that they may take: a pause waits for as
/// long, 50 ms on one core of a PC.
const WATCHED: (usize, usize) = (1_024, 64);
const WATCH_FLOPS: u64 = 2_000_000_000;

/// Outputs that the page's maps of errors are made of.
pub const MOST_OUTPUTS: usize = 20_000;

/// The most that a micro-batch's activations may take on the GPU, in bytes, and that the parts of a gradient may there.
const MICRO_BATCH_BYTES: u64 = BYTES * large::ACTIVATIONS as u64;
const PARTS_BYTES: u64 = BYTES * large::PARTS as u64;

/// What a checkpoint has beside its numbers.
const CHECKPOINT: u64 = 2_000;

/// Bytes of a vector.
const BYTES: u64 = 4 * LANES as u64;

/// Numbers that epochs' parameters may take on the GPU until they are evaluated, and epochs at most.
const SNAPSHOTS: usize = 1 << 20;
const MOST_SNAPSHOTS: usize = 64;

/// Indices of epochs' orders that are on the GPU at a time, where one epoch has not more of them.
const ORDERS: usize = 1 << 20;

impl Recipe {
    /// Numbers that Φ and Ψ learn together.
    pub fn parameters(&self) -> usize {
        let Self { d, m, hidden, .. } = *self;
        2 * (d * hidden + hidden + hidden * m + m)
    }

    /// An estimate of the memory that a run takes, in bytes, on the backend that takes more of it.
    pub fn memory(&self) -> u64 {
        self.cpu_memory().max(self.webgpu_memory())
    }

    /// As [`Recipe::memory`], of so many runs side by side.
    pub fn memory_of(&self, runs: usize) -> u64 {
        let more = self.draws_bytes() + self.state_bytes() + self.passing_bytes();
        // The draws of all are made before any is on a device.
        self.memory() + (runs as u64 - 1) * 2 * more
    }

    /// What the page keeps of the runs of many seeds, in bytes: a checkpoint of each, and two errors of each
    /// of its epochs.
    pub fn kept_bytes(&self) -> u64 {
        let one = 12 * self.parameters() as u64 + 16 * self.epochs as u64 + CHECKPOINT;
        if self.seeds > 1 { self.seeds as u64 * one } else { 0 }
    }

    /// As [`Recipe::memory`], on the CPU alone, in bytes.
    pub fn cpu_memory(&self) -> u64 {
        let Self { d, m, hidden, .. } = *self;
        // A block's rows and hidden layers.
        let workspace =
            4 * (PHI_ROWS * (2 * d + hidden) + BLOCK * (2 * d + 3 * hidden + 2 * m)) as u64;
        CPU_MODULE + self.draws_bytes() + self.state_bytes() + workspace + self.passing_bytes()
    }

    /// As [`Recipe::memory`], on WebGPU alone, in bytes: the module's memory and the device's buffers.
    pub fn webgpu_memory(&self) -> u64 {
        // The draws have left the module when the rest comes.
        let module = self.draws_bytes().max(self.passing_bytes());
        let slice = self.slice() as u64 * self.draw_bytes();
        let orders = 4 * (self.n * (self.orders(1) - 1)) as u64;
        let snapshots = 4 * (self.parameters() * self.snapshots(1)) as u64;
        let watched = self.watched() as u64 * self.draw_bytes();
        let device = self.draws_bytes() + watched + self.state_bytes() + orders + snapshots;
        WEBGPU_MODULE + module + device + 2 * slice + self.outputs_bytes() + self.scratch_bytes()
    }

    /// Epochs whose parameters a GPU keeps for so many runs, at most, until the draws that are watched are evaluated on them.
    pub fn snapshots(&self, runs: usize) -> usize {
        let room = SNAPSHOTS / (runs * Layout::of(self).parameters());
        room.clamp(1, MOST_SNAPSHOTS).min(self.epochs)
    }

    /// Epochs whose orders a GPU has for so many runs at a time.
    pub fn orders(&self, runs: usize) -> usize {
        let room = if self.fresh { 1 } else { ORDERS / (self.n * runs) };
        room.clamp(1, self.epochs)
    }

    /// W, the largest buffer of a run, in bytes.
    pub fn largest_buffer(&self) -> u64 {
        4 * self.n as u64 * (self.d * self.d) as u64
    }

    /// Draws that are predicted on in one go: no more than need to be held at a time.
    pub fn slice(&self) -> usize {
        let affordable = SLICE_BYTES / self.draw_bytes();
        affordable.min(SLICE_ACTIVATIONS / self.activation_bytes_per_draw()).max(1) as usize
    }

    /// The same where training takes micro-batches of this size: a prediction costs a third of a training step, so that one takes
    /// no longer than a micro-batch.
    pub fn slice_of(&self, micro_batch: usize) -> usize {
        self.slice().min(3 * micro_batch)
    }

    /// Draws in the largest micro-batch whose activations stay within bounds (the GPU).
    pub fn largest_micro_batch(&self) -> usize {
        let affordable = (MICRO_BATCH_BYTES / self.activation_bytes_per_draw()).max(1) as usize;
        affordable.min(self.largest_batch())
    }

    /// Draws that are watched from epoch to epoch ([`crate::run::compare::Watch`]).
    ///
    /// Where an epoch has more than the least of them, never more than it has, so that to watch costs at most the forward
    /// third of training.
    pub fn watched(&self) -> usize {
        let (most, least) = WATCHED;
        let affordable = 3 * WATCH_FLOPS / self.flops_per_draw();
        self.n.clamp(least, most).min(affordable as usize)
    }

    /// W, x and y of one draw.
    fn draw_bytes(&self) -> u64 {
        4 * (self.d * self.d + 2 * self.d) as u64
    }

    /// All draws, the order of an epoch, and its losses.
    fn draws_bytes(&self) -> u64 {
        self.n as u64 * (self.draw_bytes() + 4) + 4 * self.steps_per_epoch() as u64
    }

    /// Parameters, their gradient and Adam's two moments.
    fn state_bytes(&self) -> u64 {
        16 * self.parameters() as u64
    }

    /// The draws that are watched, and the largest of what comes and goes: a slice of held-out draws and its copy, what
    /// the maps of errors are made of, the weights on their way into a file.
    fn passing_bytes(&self) -> u64 {
        let watched = self.watched() as u64 * self.draw_bytes();
        let slices = 2 * self.slice_of(self.micro_batch()) as u64 * self.draw_bytes();
        let weights = 16 * self.parameters() as u64;
        watched + slices.max(self.outputs_bytes()).max(weights)
    }

    fn outputs_bytes(&self) -> u64 {
        4 * (MOST_OUTPUTS * (self.d + 4)) as u64
    }

    /// What the kernels write on their way, on the adapter that has the most of it: the software one.
    fn scratch_bytes(&self) -> u64 {
        let batch = self.largest_batch();
        if batch as u64 * self.flops_per_draw() <= MOST_SOFT_FLOPS {
            return 0;
        }
        let part = 4 * self.parameters() as u64;
        let activations = batch as u64 * self.activation_bytes_per_draw();
        let parts = large::most_parts(batch.min(self.largest_micro_batch()), true) as u64;
        let transposed = 8 * (self.hidden * self.m) as u64;
        activations.min(MICRO_BATCH_BYTES) + (parts * part).min(PARTS_BYTES) + transposed
    }

    /// A draw has its W and x there again, Φ's hidden layer for each of d rows, four vectors of its width, and Ψ and its
    /// gradient.
    fn activation_bytes_per_draw(&self) -> u64 {
        let Self { d, m, hidden, .. } = *self;
        4 * ((d + 4) * hidden + 2 * m + (d + 1) * d.next_multiple_of(LANES)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::MEMORY_LIMIT;

    /// The estimate of the page's first versions, which had a limit of 256 MiB.
    fn accepted_at_first(recipe: &Recipe) -> bool {
        let Recipe { d, m, hidden, n, .. } = *recipe;
        let parameters = recipe.parameters() as u64;
        let per_draw = 4 * ((d + 4) * hidden + 2 * m + d + 2) as u64;
        let affordable = ((48 << 20) / per_draw).max(1).min(recipe.largest_batch() as u64);
        let draws = n as u64 * (8 * (d * d + 2 * d) as u64 + 16);
        let parts = (64 * parameters).min(32 << 20);
        draws + 32 * parameters + parts + affordable * per_draw <= 256 << 20
    }

    #[test]
    fn what_was_accepted_at_first_is_accepted_for_ever() {
        let mut most = 0;
        for d in (1..=64).step_by(3) {
            for (m, hidden) in [(1, 1), (16, 64), (1, 1024), (256, 1), (64, 256), (256, 1024)] {
                for batch in [1, 64, 1 << 20] {
                    let recipe = |n| Recipe { d, m, hidden, n, batch, ..Recipe::default() };
                    let largest = (1..=1 << 20).rev().step_by(1 << 9).map(recipe);
                    if let Some(largest) = largest.into_iter().find(accepted_at_first) {
                        most = most.max(largest.memory());
                        assert_eq!(largest.validate(), Ok(()), "{largest:?}");
                    }
                }
            }
        }
        // And no room is given that nobody needs.
        assert!(most > MEMORY_LIMIT / 10 * 9, "{most} of {MEMORY_LIMIT}");
    }

    #[test]
    fn more_of_anything_takes_no_less() {
        let small = Recipe { d: 4, m: 8, hidden: 32, n: 500, batch: 50, ..Recipe::default() };
        let more = [
            Recipe { d: 5, ..small.clone() },
            Recipe { m: 64, ..small.clone() },
            Recipe { hidden: 512, ..small.clone() },
        ];
        for recipe in more {
            assert!(recipe.cpu_memory() > small.cpu_memory(), "{recipe:?}");
        }
        // Elsewhere the kernels of larger networks may take less than those of small ones.
        let longer = Recipe { n: 5_000, ..small.clone() };
        assert!(longer.cpu_memory() > small.cpu_memory());
        assert!(longer.webgpu_memory() > small.webgpu_memory());
    }

    #[test]
    fn a_slice_is_whole_but_where_its_draws_are_big() {
        assert!(Recipe::default().slice() >= 9_000);
        let wide = Recipe { d: 64, m: 256, hidden: 1024, ..Recipe::default() };
        assert!((32..256).contains(&wide.slice()), "{}", wide.slice());
    }
}
