//! How a recipe is computed and what that takes: arithmetic, and no device. Uses the recipe, the networks' layout and the
//! kernels' text; the backends and the estimates of memory take their figures from here.
//!
//! On the CPU a step goes in [blocks](cpu). On a GPU there are three ways, by what fits into a workgroup's memory:
//!
//! - **resident** ([`small`]): the parameters and the activations of some draws. A workgroup is a run and takes many
//!   steps without leaving the dispatch.
//! - **spread** ([`small`]): the activations of four draws at least. A mini-batch is spread over workgroups, and a step is
//!   two dispatches: WebGPU cannot synchronise workgroups within one.
//! - **tiled** ([`large`]): anything. A step is some ten products in tiles.
//!
//! Which way a recipe goes depends on its sizes and on the adapter, never on how many runs there are: each of many has
//! the bits of the same run alone.

pub mod admit;
pub mod cpu;
pub mod large;
pub mod memory;
pub mod small;
pub mod solve;
pub mod span;

use crate::model::layout::Layout;

/// What is known of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adapter {
    /// Whether it is itself a program on the CPU. There a barrier costs much and a long loop in one invocation little;
    /// on a card it is the other way round.
    pub software: bool,
    /// Bytes of memory that a workgroup may have.
    pub memory: usize,
    /// Invocations that a workgroup may have.
    pub invocations: usize,
}

impl Adapter {
    /// What every WebGPU device grants.
    pub const LEAST: Self = Self { software: false, memory: 16 << 10, invocations: 256 };
}

/// How the steps of a recipe are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// Many steps in a dispatch.
    Resident(small::Plan),
    /// Two dispatches a step.
    Spread(small::Plan),
    /// Some ten dispatches a step.
    Tiled(large::Plan),
}

/// Chunks of a mini-batch, one after the other in one workgroup, beyond which a card has it spread over several.
///
/// On an H200 a chunk takes some 3 µs and two dispatches, with the sum over workgroups, some 12 to 20.
const MOST_CHUNKS: usize = 8;

/// Floating-point operations of a step beyond which the software adapter takes it in tiles.
///
/// A workgroup has one of its cores, and every dispatch costs 0.04 ms, on a machine with two cores. Resident and in tiles it
/// makes, at d/m/hidden/batch, steps a second: 2/16/64/64 (1.0 million) 1350 and 920, 12/64/64/32 (3.0) 400 and 387,
/// 2/16/256/64 (3.9) 325 and 364, 2/16/64/512 (7.7) 175 and 233. To spread a step is never the best of the three there.
const MOST_SOFT_FLOPS: u64 = 3 << 20;

/// Turns of loops that an invocation of a software adapter may take in a dispatch, those of inner loops counted each time.
///
/// Mesa's (llvmpipe, lavapipe) ends every loop of a kernel after 65,535 turns of all together, without a word, and what
/// comes out is wrong.
const SOFT_TURNS: usize = 60_000;

/// Draws for which it is decided how networks of some sizes are evaluated.
const EVALUATED: usize = 64;

impl Way {
    /// The way of networks of these sizes, trained on mini-batches of so many draws.
    pub fn of(layout: Layout, batch: usize, adapter: &Adapter) -> Self {
        let resident = small::Plan::resident(layout, batch, adapter).filter(|plan| {
            if adapter.software {
                batch as u64 * layout.flops_per_draw() <= MOST_SOFT_FLOPS
                    && plan.step_turns(batch) <= SOFT_TURNS
            } else {
                batch.div_ceil(plan.draws()) <= MOST_CHUNKS
            }
        });
        if let Some(plan) = resident {
            return Self::Resident(plan);
        }
        match small::Plan::spread(layout, adapter).filter(|_| !adapter.software) {
            Some(plan) => Self::Spread(plan),
            None => Self::Tiled(large::Plan::of(layout, batch, adapter)),
        }
    }

    /// What evaluates draws: the plan of small networks that are spread,
    /// or none where they go in tiles.
    pub fn of_evaluation(layout: Layout, adapter: &Adapter) -> Option<small::Plan> {
        match Self::of(layout, EVALUATED, adapter) {
            Self::Tiled(_) => None,
            Self::Resident(_) | Self::Spread(_) => small::Plan::spread(layout, adapter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: Adapter = Adapter { software: false, memory: 32 << 10, invocations: 256 };
    const SOFTWARE: Adapter = Adapter { software: true, ..CARD };

    fn way(d: usize, m: usize, hidden: usize, batch: usize, adapter: &Adapter) -> &'static str {
        match Way::of(Layout { d, m, hidden }, batch, adapter) {
            Way::Resident(_) => "resident",
            Way::Spread(_) => "spread",
            Way::Tiled(_) => "tiled",
        }
    }

    #[test]
    fn a_dispatch_of_the_notebooks_steps_ends_before_mesas_loops_do() {
        let layout = Layout { d: 2, m: 16, hidden: 64 };
        let Way::Resident(plan) = Way::of(layout, 64, &SOFTWARE) else { panic!("it is resident") };
        // With 65 steps it did not, there.
        assert!((16..=60).contains(&plan.steps(64, &SOFTWARE)), "{}", plan.steps(64, &SOFTWARE));
        assert!(plan.steps(64, &CARD) > 500);
    }

    #[test]
    fn small_networks_stay_where_they_are_and_large_ones_go_in_tiles() {
        for adapter in [&Adapter::LEAST, &CARD, &SOFTWARE] {
            assert_eq!(way(2, 16, 64, 64, adapter), "resident");
            assert_eq!(way(16, 64, 256, 512, adapter), "tiled");
            assert_eq!(way(64, 128, 512, 1024, adapter), "tiled");
        }
        assert_eq!(way(2, 16, 64, 2048, &CARD), "spread");
        assert_eq!(way(2, 16, 64, 2048, &SOFTWARE), "tiled");
    }

    #[test]
    fn what_can_be_resident_can_be_spread() {
        for adapter in [Adapter::LEAST, CARD, SOFTWARE] {
            for (d, m) in [(1, 1), (1, 64), (2, 16), (2, 30), (3, 100), (8, 9), (20, 2)] {
                for hidden in 1..=512 {
                    let layout = Layout { d, m, hidden };
                    let batches = [1, 5, 64, 100, 1000];
                    let resident = |batch| small::Plan::resident(layout, batch, &adapter).is_some();
                    let spread = small::Plan::spread(layout, &adapter).is_some();
                    assert!(spread || !batches.into_iter().any(resident), "{layout:?} {adapter:?}");
                }
            }
        }
    }
}
