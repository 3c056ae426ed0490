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

use super::Recipe;

/// Floats in a vector, to whole ones of which the networks are padded.
const LANES: usize = 4;

/// What the CPU module takes before it does anything, and what the WebGPU module does once its kernels are compiled.
const CPU_MODULE: u64 = 1_150_000;
const WEBGPU_MODULE: u64 = 5_100_000;

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
const MICRO_BATCH_BYTES: u64 = 48 << 20;
const PARTS_BYTES: u64 = 32 << 20;

/// What every WebGPU device gives a workgroup, in vectors, and the most invocations that one has.
const WORKGROUP: usize = 1024;
const UNITS: usize = 256;

/// Workgroups at most whose gradients are added up, where a workgroup holds a network; and the parts of it otherwise.
const CHUNKS: usize = 128;
const SPLITS: usize = 16;

impl Recipe {
    /// An estimate of the memory that a run takes, in bytes, on the backend that takes more of it.
    pub fn memory(&self) -> u64 {
        self.cpu_memory().max(self.webgpu_memory())
    }

    /// The same on the CPU.
    pub fn cpu_memory(&self) -> u64 {
        let Self { d, m, hidden, .. } = *self;
        // A block's rows and hidden layers.
        let workspace = 4 * (64 * (2 * d + hidden) + 32 * (2 * d + 3 * hidden + 2 * m)) as u64;
        CPU_MODULE + self.draws_bytes() + self.state_bytes() + workspace + self.passing_bytes()
    }

    /// The same on WebGPU: the module's memory and the device's buffers.
    pub fn webgpu_memory(&self) -> u64 {
        // The draws have left the module when the rest comes.
        let module = self.draws_bytes().max(self.passing_bytes());
        let slice = self.slice() as u64 * self.draw_bytes();
        let device = self.draws_bytes() + self.state_bytes() + 2 * slice + self.outputs_bytes();
        WEBGPU_MODULE + module + device + self.scratch_bytes()
    }

    /// W, the largest buffer of a run, in bytes.
    pub fn largest_buffer(&self) -> u64 {
        4 * (self.n * self.d * self.d) as u64
    }

    /// Draws that are predicted on in one go: no more than need to be held at a time.
    pub fn slice(&self) -> usize {
        let affordable = SLICE_BYTES / self.draw_bytes();
        affordable.min(SLICE_ACTIVATIONS / self.activation_bytes_per_draw()).max(1) as usize
    }

    /// Draws in the largest micro-batch whose activations stay within bounds (the GPU).
    pub fn largest_micro_batch(&self) -> usize {
        let affordable = (MICRO_BATCH_BYTES / self.activation_bytes_per_draw()).max(1) as usize;
        affordable.min(self.largest_batch())
    }

    /// Draws that are watched from epoch to epoch ([`crate::compare::Watch`]).
    ///
    /// Never more of them than the epoch itself has, so that to watch costs at most the forward third of training.
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
        let slices = 2 * self.slice().min(3 * self.micro_batch()) as u64 * self.draw_bytes();
        let weights = 16 * self.parameters() as u64;
        watched + slices.max(self.outputs_bytes()).max(weights)
    }

    fn outputs_bytes(&self) -> u64 {
        4 * (MOST_OUTPUTS * (self.d + 4)) as u64
    }

    /// What the kernels write on their way. Where a workgroup holds a network, only the gradient's parts.
    fn scratch_bytes(&self) -> u64 {
        let part = 4 * self.parameters() as u64;
        let batch = self.largest_batch();
        if self.in_a_workgroup() {
            return part * batch.div_ceil(LANES).min(CHUNKS) as u64;
        }
        let per_draw = self.activation_bytes_per_draw();
        let activations = |draws: usize| (draws as u64 * per_draw).min(MICRO_BATCH_BYTES);
        let splits = batch.min(self.largest_micro_batch()).div_ceil(32).min(SPLITS) as u64;
        let transposed = 8 * (self.hidden * self.m) as u64;
        let slice = self.slice().min(3 * self.largest_micro_batch());
        activations(batch) + (splits * part).min(PARTS_BYTES) + activations(slice) + 2 * transposed
    }

    /// A draw has its W and x there again, Φ's hidden layer for each of d rows, four vectors of its width, and Ψ and its
    /// gradient.
    fn activation_bytes_per_draw(&self) -> u64 {
        let Self { d, m, hidden, .. } = *self;
        4 * ((d + 4) * hidden + 2 * m + (d + 1) * d.next_multiple_of(LANES)) as u64
    }

    /// Whether one workgroup's memory holds all that four draws need (`backend/cube/chunk.rs`).
    fn in_a_workgroup(&self) -> bool {
        let d = self.d;
        let (width, features) = (self.hidden.div_ceil(LANES), self.m.div_ceil(LANES));
        let parts = (width.max(16) / features).clamp(1, width);
        let sums = (parts * LANES * features).max(width * d);
        let vectors = d * (d + 2) + 2 * LANES * width + LANES * features + 1 + sums;
        width <= UNITS && vectors <= WORKGROUP
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MEMORY_LIMIT;

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
