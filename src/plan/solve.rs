//! What the last layers in closed form take (`lab/solve.rs`): known before, so that a recipe that asks for too much of it on
//! its way is refused as it is read.

use crate::model::layout::LANES;
use crate::recipe::Recipe;

/// Rows of W that are at least used where the draws have them; x has as many as there are draws.
const LEAST_ROWS: usize = 4096;

/// Rows of W that are worked on at a time.
pub const ROWS: usize = 128;

/// Bytes that a solution needs: G, the vectors, three sums, and at the end up to six matrices of features².
pub fn memory(recipe: &Recipe, draws: usize) -> u64 {
    let features = (width(recipe) * LANES) as u64;
    let rows = rows(recipe, draws).next_multiple_of(ROWS) as u64;
    let vectors = (rows + draws as u64) * (recipe.d as u64 + 1);
    4 * (rows * features + vectors) + (3 + 6) * 8 * features * features
}

/// Rows of W that are used.
pub fn rows(recipe: &Recipe, draws: usize) -> usize {
    (draws * recipe.d).min(draws.max(LEAST_ROWS))
}

/// Vectors of a row of features. With the 1, no row of 256, 512, 768 or 1,024 hidden units is whole kilobytes long.
pub fn width(recipe: &Recipe) -> usize {
    (recipe.hidden + 1).div_ceil(LANES)
}
