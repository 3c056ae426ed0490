//! Where each parameter stands in the one flat buffer that a training step works on.
//!
//! ```text
//! [ Ψ: A₁ (d × lanes) | b₁ (lanes) | A₂ (m × lanes) | b₂ (m, padded) ] [ Φ: the same ]
//! ```
//!
//! The hidden dimension is the fast one in both layers, and padded to a multiple of four, so that every
//! product of a step runs along it in whole vectors. A padded hidden unit has no weights: its activation
//! is zero, its gradient is zero, and Adam leaves it where it is. So A₁ is transposed with respect to
//! PyTorch, `[in, out]`, and A₂ is not, `[out, in]`; b₁ follows A₁ as one more row, the weights of an input
//! that is always 1. ([`crate::model::weights`] goes there and back.)

use crate::recipe::Recipe;

/// Floats in a vector.
pub const LANES: usize = 4;

/// Floats apart at which rows get into each other's way in a cache: a kilobyte.
const CLASH: usize = 256;

/// The sizes of Φ and Ψ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Width of the layer that is approximated.
    pub d: usize,
    /// Feature dimension.
    pub m: usize,
    /// Hidden units of each network.
    pub hidden: usize,
}

impl Layout {
    /// The layout of a recipe's networks.
    pub fn of(recipe: &Recipe) -> Self {
        Self { d: recipe.d, m: recipe.m, hidden: recipe.hidden }
    }

    /// Hidden units, padded to whole vectors.
    ///
    /// And by one more where rows would be whole kilobytes apart: a cache keeps such rows in the same few places,
    /// and a column of them drives itself out. At hidden = 1024 the CPU's step took 1.7 times as long.
    pub fn lanes(&self) -> usize {
        let lanes = self.hidden.next_multiple_of(LANES);
        if lanes.is_multiple_of(CLASH) && lanes > CLASH { lanes + LANES } else { lanes }
    }

    /// Features, padded to whole vectors.
    pub fn features(&self) -> usize {
        self.m.next_multiple_of(LANES)
    }

    /// Floats of one network: where Φ begins.
    pub fn network(&self) -> usize {
        (self.d + 1 + self.m) * self.lanes() + self.features()
    }

    /// Floats of both networks.
    pub fn parameters(&self) -> usize {
        2 * self.network()
    }

    /// Floating-point operations that training on one draw costs, forward and backward.
    ///
    /// The hidden layers see d + 1 rows, once forward and once for their gradient; the output and what is
    /// pulled back through it take two passes over Φ's hidden layer; six products carry m ([`crate::op`]).
    pub fn flops_per_draw(&self) -> u64 {
        let Self { d, m, hidden } = *self;
        2 * (2 * (d + 1) * (d + 1) * hidden + 2 * d * hidden + 6 * hidden * m) as u64
    }

    /// Where A₂ begins within a network; A₁ and b₁ fill what is before.
    pub fn output_weight(&self) -> usize {
        (self.d + 1) * self.lanes()
    }

    /// Where b₂ begins within a network.
    pub fn output_bias(&self) -> usize {
        (self.d + 1 + self.m) * self.lanes()
    }
}
