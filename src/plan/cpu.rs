//! How a recipe is computed on the CPU: how large the pieces are between which a run can be paused.

use crate::model::layout::Layout;
use crate::recipe::Recipe;

/// Draws that the CPU sums over before it adds their gradient to the mini-batch's.
///
/// Blocks are counted from a mini-batch's first draw and a run is cut between them only, so the same recipe
/// gives the same bits however it is pulled.
pub const BLOCK: usize = 32;

/// Rows of W that go through Φ's hidden layer together; where d is more, those of one draw do, which the estimate of memory leaves out.
pub const PHI_ROWS: usize = 64;

/// The most a micro-batch on the CPU should cost, as [`Recipe::cost_per_draw`] counts.
///
/// It is the grain at which a run can be paused: 2 ms at the 30–50 GFLOP/s of one wasm thread on a PC, some
/// 10 ms on a phone. A [`BLOCK`] of the largest recipe costs more than a hundred times as much.
const MICRO_BATCH_COST: u64 = 80_000_000;

impl Recipe {
    /// Floating-point operations that training on one draw costs, forward and backward.
    pub fn flops_per_draw(&self) -> u64 {
        Layout::of(self).flops_per_draw()
    }

    /// Draws in a micro-batch where a run must be able to pause between two (the CPU): whole [`BLOCK`]s.
    pub fn micro_batch(&self) -> usize {
        let affordable = MICRO_BATCH_COST / self.cost_per_draw();
        let blocks = (affordable as usize / BLOCK).max(1);
        (blocks * BLOCK).min(self.largest_batch())
    }

    /// What training on one draw costs in time, counted in floating-point operations: the products, the
    /// passes over rows and features, whose elements take as long as some forty operations of a product,
    /// and what every draw takes (measured on the CPU module: 50–60 a nanosecond over 15 shapes).
    pub fn cost_per_draw(&self) -> u64 {
        let Self { d, m, hidden, .. } = *self;
        self.flops_per_draw() + 40 * (d * (d + hidden) + m) as u64 + 4000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_micro_batch_is_the_whole_batch_unless_the_recipe_is_big() {
        assert_eq!(Recipe::default().micro_batch(), 64);
        let oversized = Recipe { n: 10, ..Recipe::default() };
        assert_eq!(oversized.micro_batch(), 10);
        let large = Recipe { d: 64, m: 128, hidden: 512, batch: 1024, ..Recipe::default() };
        assert_eq!(large.micro_batch(), BLOCK);
        assert!(large.largest_micro_batch() > 1);
    }
}
