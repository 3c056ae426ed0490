//! The training step on the CPU, on plain slices: one thread, four floats at a time, no allocation in a step.
//!
//! A mini-batch is taken in blocks of [`BLOCK`] draws, so that what a block makes stays in the cache; the
//! blocks' gradients add up in order. A block begins at a multiple of [`BLOCK`] within its mini-batch, so the
//! sums are the same, to the bit, however a run is cut into calls. The mathematics is told in [`crate::op`].

// The lab predicts and never trains.
#![cfg_attr(not(feature = "cpu"), allow(dead_code))]

mod adam;
#[cfg(feature = "lab")]
pub(crate) mod double;
#[cfg(feature = "lab")]
mod gelu;
mod network;
mod product;

use crate::config::BLOCK;
use crate::layout::Layout;
use crate::span::Span;

use network::Workspace;

#[cfg(feature = "lab")]
pub(crate) use gelu::gelu;
#[cfg(feature = "lab")]
pub(crate) use product::{Four, accumulate};

/// The draws to train on, in host memory: W `[n, d, d]`, x `[n, d]`, y `[n, d]`.
#[derive(Clone, Copy)]
pub(crate) struct Draws<'a> {
    pub(crate) w: &'a [f32],
    pub(crate) x: &'a [f32],
    pub(crate) y: &'a [f32],
}

/// What training changes, as [`crate::op::State`] describes it.
pub(crate) struct State<'a> {
    pub(crate) parameters: &'a mut [f32],
    pub(crate) moments: &'a mut [f32],
    pub(crate) gradient: &'a mut [f32],
    pub(crate) losses: &'a mut [f32],
}

/// Trains on a span; `order` gives the index of each draw of the epoch.
pub(crate) fn train(state: State, draws: Draws, order: &[i32], span: &Span) {
    let State { parameters, moments, gradient, losses } = state;
    let (gradient, loss) = gradient.split_at_mut(span.layout.parameters());
    let mut workspace = Workspace::new(span.layout);
    let (mut steps, mut slot) = (span.steps, span.slot);
    for piece in span.pieces(BLOCK) {
        let block = &order[piece.start..piece.end];
        loss[0] += workspace.backward(parameters, gradient, draws, block, piece.batch);
        if piece.last {
            steps += 1;
            adam::update(parameters, moments, gradient, span.rate(steps), steps);
            losses[slot] = loss[0];
            loss[0] = 0.0;
            slot += 1;
        }
    }
}

/// y' for draws W `[batch, d, d]` and x `[batch, d]`: `[batch, d]`.
pub(crate) fn predict(parameters: &[f32], w: &[f32], x: &[f32], layout: Layout) -> Vec<f32> {
    let d = layout.d;
    let mut output = vec![0.0; x.len()];
    let mut workspace = Workspace::new(layout);
    let blocks = w.chunks(BLOCK * d * d).zip(x.chunks(BLOCK * d));
    for (output, (w, x)) in output.chunks_mut(BLOCK * d).zip(blocks) {
        workspace.predict(parameters, Draws { w, x, y: &[] }, output);
    }
    output
}
