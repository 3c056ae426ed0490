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

use crate::model::layout::Layout;
use crate::plan::cpu::BLOCK;
use crate::plan::span::Span;

use network::Workspace;

#[cfg(feature = "lab")]
pub(crate) use gelu::gelu;
#[cfg(feature = "lab")]
pub(crate) use product::{Four, accumulate};

/// The draws to train on, in host memory: W `[runs · n, d, d]`, x `[runs · n, d]`, y `[runs · n, d]`.
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
    pub(crate) snapshots: &'a mut [f32],
}

/// Trains on a span, one run after the other; `order` gives the index of each draw.
pub(crate) fn train(state: State, draws: Draws, order: &[i32], span: &Span) {
    let size = span.layout.parameters();
    let State { parameters, moments, gradient, losses, snapshots } = state;
    let of = |all: usize, run: usize| run * (all / span.runs)..(run + 1) * (all / span.runs);
    for run in 0..span.runs {
        let [w, x, y] = [draws.w, draws.x, draws.y].map(|all| &all[of(all.len(), run)]);
        let own = [of(parameters.len(), run), of(moments.len(), run)];
        let (gradient_of, losses_of) = (of(gradient.len(), run), of(losses.len(), run));
        // Nothing is kept where there is no room for it.
        let kept = (run * size).min(snapshots.len())..;
        let state = State {
            parameters: &mut parameters[own[0].clone()],
            moments: &mut moments[own[1].clone()],
            gradient: &mut gradient[gradient_of],
            losses: &mut losses[losses_of],
            snapshots: &mut snapshots[kept],
        };
        train_run(state, Draws { w, x, y }, &order[of(order.len(), run)], span);
    }
}

fn train_run(state: State, draws: Draws, order: &[i32], span: &Span) {
    let State { parameters, moments, gradient, losses, snapshots } = state;
    let size = span.layout.parameters();
    let (gradient, loss) = gradient.split_at_mut(size);
    let mut workspace = Workspace::new(span.layout);
    let (mut steps, mut slot, mut kept) = (span.steps, span.slot, span.snapshot);
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
        if piece.end.is_multiple_of(span.n)
            && let Some(epoch) = &mut kept
        {
            snapshots[*epoch * span.runs * size..][..size].copy_from_slice(parameters);
            *epoch += 1;
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
