//! Forward and backward over one block of draws.

use wide::f32x4;

use crate::model::layout::{LANES, Layout};
use crate::plan::cpu::{BLOCK, PHI_ROWS};

use super::Draws;
use super::product::{Four, accumulate, contract, total};

/// What a block makes on its way. Allocated once a call, since a step must not allocate.
///
/// Where a buffer is named twice, the second is its transpose, as [`accumulate`] reads its left operand.
pub(super) struct Workspace {
    layout: Layout,
    /// x with a one behind it, `[BLOCK, d + 1]` and `[d + 1, BLOCK]`.
    inputs: Vec<f32>,
    inputs_t: Vec<f32>,
    /// Rows of W with a one behind each, `[rows, d + 1]` and `[d + 1, rows]`, for some draws at a time.
    rows: Vec<f32>,
    rows_t: Vec<f32>,
    /// Ψ's hidden layer, `[BLOCK, lanes]`.
    psi_hidden: Vec<Four>,
    /// Ψ's features, `[BLOCK, features]` and `[features, BLOCK]`; later their gradient.
    psi: Vec<f32>,
    psi_t: Vec<f32>,
    /// q = A₂ᵀ·Ψ of Φ, `[BLOCK, lanes]`.
    query: Vec<Four>,
    /// b₂·Ψ of Φ, `[BLOCK]`.
    offset: Vec<f32>,
    /// Φ's hidden layer before ReLU, `[rows, lanes]`; later its gradient.
    phi_hidden: Vec<Four>,
    /// s = Σᵢ gᵢ·Hᵢ, `[BLOCK, lanes]`; later the gradient of Ψ's hidden layer.
    pulled: Vec<Four>,
    /// Σᵢ gᵢ, `[BLOCK]`.
    pull: Vec<f32>,
    /// y' of the draws whose rows are at hand, `[rows]`; later the gradient there.
    output: Vec<f32>,
}

/// One network's part of a flat buffer, or of its gradient's.
struct Network<'a> {
    /// A₁ and b₁, `[d + 1, lanes]`.
    hidden: &'a [Four],
    /// A₂, `[m, lanes]`.
    weight: &'a [Four],
    /// b₂, `[features]`.
    bias: &'a [f32],
}

/// The same, to be written.
struct NetworkMut<'a> {
    hidden: &'a mut [Four],
    weight: &'a mut [Four],
    bias: &'a mut [f32],
}

fn network<'a>(layout: &Layout, flat: &'a [f32]) -> Network<'a> {
    let (weights, bias) = flat.split_at(layout.output_bias());
    let (hidden, weight) = fours(weights).split_at(layout.output_weight() / LANES);
    Network { hidden, weight, bias }
}

fn network_mut<'a>(layout: &Layout, flat: &'a mut [f32]) -> NetworkMut<'a> {
    let (weights, bias) = flat.split_at_mut(layout.output_bias());
    let (hidden, weight) =
        weights.as_chunks_mut::<LANES>().0.split_at_mut(layout.output_weight() / LANES);
    NetworkMut { hidden, weight, bias }
}

fn fours(floats: &[f32]) -> &[Four] {
    floats.as_chunks::<LANES>().0
}

impl Workspace {
    pub(super) fn new(layout: Layout) -> Self {
        let (d, width) = (layout.d, layout.lanes() / LANES);
        let rows = draws_at_a_time(d) * d;
        let floats = |count: usize| vec![0.0; count];
        let vectors = |count: usize| vec![[0.0; LANES]; count];
        Self {
            inputs: floats(BLOCK * (d + 1)),
            inputs_t: floats(BLOCK * (d + 1)),
            rows: floats(rows * (d + 1)),
            rows_t: floats(rows * (d + 1)),
            psi_hidden: vectors(BLOCK * width),
            psi: floats(BLOCK * layout.features()),
            psi_t: floats(BLOCK * layout.features()),
            query: vectors(BLOCK * width),
            offset: floats(BLOCK),
            phi_hidden: vectors(rows * width),
            pulled: vectors(BLOCK * width),
            pull: floats(BLOCK),
            output: floats(rows),
            layout,
        }
    }

    /// y' of a block of draws, `[draws, d]`.
    pub(super) fn predict(&mut self, parameters: &[f32], draws: Draws, output: &mut [f32]) {
        let d = self.layout.d;
        let block: [i32; BLOCK] = std::array::from_fn(|index| index as i32);
        let count = output.len() / d;
        self.psi_forward(parameters, draws, &block[..count]);
        let at_a_time = draws_at_a_time(d);
        for (first, output) in (0..).step_by(at_a_time).zip(output.chunks_mut(at_a_time * d)) {
            let group = first..first + output.len() / d;
            self.phi_forward(parameters, draws, &block[group.clone()], group.start);
            output.copy_from_slice(&self.output[..output.len()]);
        }
    }

    /// Adds a block's gradient to `gradient`, both laid out as [`Layout`] says, and returns its share of the
    /// loss of a mini-batch of `batch` draws. `block` holds the draws' indices.
    pub(super) fn backward(
        &mut self,
        parameters: &[f32],
        gradient: &mut [f32],
        draws: Draws,
        block: &[i32],
        batch: usize,
    ) -> f32 {
        let Layout { d, m, .. } = self.layout;
        let (width, features) = (self.layout.lanes() / LANES, self.layout.features());
        let (psi_gradient, phi_gradient) = gradient.split_at_mut(self.layout.network());
        let psi_gradient = network_mut(&self.layout, psi_gradient);
        let phi_gradient = network_mut(&self.layout, phi_gradient);
        let (psi_flat, phi_flat) = parameters.split_at(self.layout.network());
        let (psi, phi) = (network(&self.layout, psi_flat), network(&self.layout, phi_flat));

        self.psi_forward(parameters, draws, block);
        let scale = 1.0 / (batch * d) as f32;
        let mut squares = 0.0;
        let mut first = 0;
        for group in block.chunks(draws_at_a_time(d)) {
            self.phi_forward(parameters, draws, group, first);
            let rows = group.len() * d;
            squares += errors(&mut self.output[..rows], draws.y, group, scale);
            self.phi_backward(first, group.len());
            let (inputs, hidden) = (&self.rows[..rows * (d + 1)], &self.phi_hidden);
            accumulate(phi_gradient.hidden, d + 1, inputs, d + 1, hidden, width, true);
            first += group.len();
        }

        // Φ's second layer, of which Ψ's features are the gradient.
        let count = block.len();
        let (pulled, features_of) =
            (&self.pulled[..count * width], &mut self.psi[..count * features]);
        accumulate(phi_gradient.weight, m, features_of, features, pulled, width, true);
        for (row, pull) in features_of.chunks_exact(features).zip(&self.pull) {
            scaled_add(phi_gradient.bias, row, *pull);
        }

        // The features' own gradient takes their place.
        contract(features_of, features, pulled, phi.weight, width);
        for (row, pull) in features_of.chunks_exact_mut(features).zip(&self.pull) {
            scaled_add(row, phi.bias, *pull);
            scaled_add(psi_gradient.bias, row, 1.0);
        }
        transpose(features_of, features, &mut self.psi_t);
        let hidden = &self.psi_hidden[..count * width];
        accumulate(psi_gradient.weight, m, features_of, features, hidden, width, true);

        // Ψ's hidden layer, of which the ReLU lets through what was positive.
        accumulate(
            &mut self.pulled,
            count,
            &self.psi_t[..m * BLOCK],
            BLOCK,
            psi.weight,
            width,
            false,
        );
        for (gradient, hidden) in self.pulled.iter_mut().zip(hidden) {
            *gradient = where_positive(f32x4::new(*hidden), f32x4::new(*gradient)).to_array();
        }
        let inputs = &self.inputs[..count * (d + 1)];
        accumulate(psi_gradient.hidden, d + 1, inputs, d + 1, &self.pulled, width, true);
        (squares * f64::from(scale)) as f32
    }

    /// Ψ of the block's x, and what Φ's output needs of it: q and b₂·Ψ.
    fn psi_forward(&mut self, parameters: &[f32], draws: Draws, block: &[i32]) {
        let Layout { d, m, .. } = self.layout;
        let (width, features) = (self.layout.lanes() / LANES, self.layout.features());
        let (psi, phi) = parameters.split_at(self.layout.network());
        let (psi, phi) = (network(&self.layout, psi), network(&self.layout, phi));
        let count = block.len();

        let rows = block.iter().map(|index| &draws.x[*index as usize * d..][..d]);
        with_ones(rows, d, &mut self.inputs, &mut self.inputs_t, BLOCK);
        accumulate(&mut self.psi_hidden, count, &self.inputs_t, BLOCK, psi.hidden, width, false);
        let hidden = &mut self.psi_hidden[..count * width];
        for value in &mut *hidden {
            let value_in = f32x4::new(*value);
            *value = where_positive(value_in, value_in).to_array();
        }

        let rows = &mut self.psi[..count * features];
        contract(rows, features, hidden, psi.weight, width);
        for (row, offset) in rows.chunks_exact_mut(features).zip(&mut self.offset) {
            scaled_add(row, psi.bias, 1.0);
            *offset = dot(fours(row), fours(phi.bias));
        }
        transpose(rows, features, &mut self.psi_t);
        accumulate(
            &mut self.query,
            count,
            &self.psi_t[..m * BLOCK],
            BLOCK,
            phi.weight,
            width,
            false,
        );
    }

    /// Φ's hidden layer and y' for some draws of the block, the first of which is the `first`-th.
    fn phi_forward(&mut self, parameters: &[f32], draws: Draws, group: &[i32], first: usize) {
        let d = self.layout.d;
        let width = self.layout.lanes() / LANES;
        let phi = network(&self.layout, &parameters[self.layout.network()..]);
        let count = group.len() * d;
        let stride = self.output.len();

        let rows = group
            .iter()
            .flat_map(|index| draws.w[*index as usize * d * d..][..d * d].chunks_exact(d));
        with_ones(rows, d, &mut self.rows, &mut self.rows_t, stride);
        accumulate(&mut self.phi_hidden, count, &self.rows_t, stride, phi.hidden, width, false);
        let per_draw = (self.phi_hidden.chunks_exact(d * width))
            .zip(self.output.chunks_exact_mut(d))
            .zip(self.query.chunks_exact(width).zip(&self.offset).skip(first));
        for ((hidden, output), (query, offset)) in per_draw.take(group.len()) {
            for (hidden, output) in hidden.chunks_exact(width).zip(output) {
                *output = relu_dot(hidden, query) + offset;
            }
        }
    }

    /// From the gradient at y' to Φ's hidden layer: s, Σᵢ gᵢ, and the hidden layer's own gradient in its place.
    fn phi_backward(&mut self, first: usize, count: usize) {
        let d = self.layout.d;
        let width = self.layout.lanes() / LANES;
        let of_draws = (self.query.chunks_exact(width))
            .zip(self.pulled.chunks_exact_mut(width))
            .zip(&mut self.pull)
            .skip(first);
        let per_draw = (self.phi_hidden.chunks_exact_mut(d * width))
            .zip(self.output.chunks_exact(d))
            .zip(of_draws);
        for ((hidden, gradient), ((query, pulled), pull)) in per_draw.take(count) {
            *pull = gradient.iter().sum();
            pulled.fill([0.0; LANES]);
            for (hidden, gradient) in hidden.chunks_exact_mut(width).zip(gradient) {
                let gradient = f32x4::splat(*gradient);
                for ((hidden, query), pulled) in hidden.iter_mut().zip(query).zip(&mut *pulled) {
                    let active = f32x4::new(*hidden);
                    let sum = f32x4::new(*pulled) + gradient * where_positive(active, active);
                    *pulled = sum.to_array();
                    *hidden = where_positive(active, gradient * f32x4::new(*query)).to_array();
                }
            }
        }
    }
}

/// Draws whose rows of W go through Φ together.
fn draws_at_a_time(d: usize) -> usize {
    (PHI_ROWS / d).clamp(1, BLOCK)
}

/// Turns y' into the gradient of the loss there, 2·(y' − y)·scale, and returns Σ (y' − y)².
fn errors(output: &mut [f32], y: &[f32], group: &[i32], scale: f32) -> f64 {
    let d = output.len() / group.len();
    let mut squares = 0.0;
    for (output, index) in output.chunks_exact_mut(d).zip(group) {
        for (output, y) in output.iter_mut().zip(&y[*index as usize * d..][..d]) {
            let error = *output - y;
            squares += f64::from(error) * f64::from(error);
            *output = 2.0 * scale * error;
        }
    }
    squares
}

/// Writes rows of `d` floats with a one behind each: row by row, and transposed with `stride` columns.
fn with_ones<'a>(
    rows: impl Iterator<Item = &'a [f32]>,
    d: usize,
    to: &mut [f32],
    transposed: &mut [f32],
    stride: usize,
) {
    for (index, (row, to)) in rows.zip(to.chunks_exact_mut(d + 1)).enumerate() {
        to[..d].copy_from_slice(row);
        to[d] = 1.0;
        for (value, column) in to.iter().zip(transposed.chunks_exact_mut(stride)) {
            column[index] = *value;
        }
    }
}

/// `[rows, columns]` as `[columns, BLOCK]`.
fn transpose(matrix: &[f32], columns: usize, to: &mut [f32]) {
    for (index, row) in matrix.chunks_exact(columns).enumerate() {
        for (value, column) in row.iter().zip(to.chunks_exact_mut(BLOCK)) {
            column[index] = *value;
        }
    }
}

/// a += factor·b.
fn scaled_add(a: &mut [f32], b: &[f32], factor: f32) {
    let factor = f32x4::splat(factor);
    for (a, b) in a.as_chunks_mut::<LANES>().0.iter_mut().zip(fours(b)) {
        *a = (f32x4::new(*a) + factor * f32x4::new(*b)).to_array();
    }
}

/// `value` where `condition` is positive, and +0 elsewhere.
#[inline(always)]
fn where_positive(condition: f32x4, value: f32x4) -> f32x4 {
    condition.simd_gt(f32x4::ZERO) & value
}

fn dot(a: &[Four], b: &[Four]) -> f32 {
    let sum =
        a.iter().zip(b).fold(f32x4::ZERO, |sum, (a, b)| sum + f32x4::new(*a) * f32x4::new(*b));
    total(sum)
}

/// relu(a)·b.
#[inline(always)]
fn relu_dot(a: &[Four], b: &[Four]) -> f32 {
    let mut sum = f32x4::ZERO;
    for (a, b) in a.iter().zip(b) {
        let a = f32x4::new(*a);
        sum += where_positive(a, a) * f32x4::new(*b);
    }
    total(sum)
}
