//! The fused step against what it means: burn's autodiff over ordinary operations, and finite differences.
//!
//! Shapes are drawn from a seed, with the awkward ones in front: one of everything, hidden layers that are not
//! whole vectors, ragged and single-draw batches, batches of several blocks.
#![cfg(all(feature = "cpu", not(target_arch = "wasm32")))]
#![allow(clippy::print_stdout)] // The largest deviations are this test's product.

mod finite;
mod reference;

use burn::tensor::{DType, Device, Tensor, TensorData};
use finite::deviation;
use phi_psi::backend::Backend;
use phi_psi::data::{Dataset, Draws, Order, Stream};
use phi_psi::model::layout::Layout;
use phi_psi::model::weights::Weights;
use phi_psi::op::{self, State};
use phi_psi::plan::span::Span;
use phi_psi::run::train::Trainer;
use phi_psi::{plan::cpu::BLOCK, recipe::Recipe};
use pollster::block_on;
use reference::Reference;

/// d, m, hidden, draws in the mini-batch.
const AWKWARD: [[usize; 4]; 12] = [
    [1, 1, 1, 1],
    [1, 1, 3, 5],
    [1, 5, 4, 33],
    [2, 1, 1, 2],
    [2, 16, 64, 64],
    [2, 3, 5, 1],
    [3, 4, 9, 40],
    [3, 7, 10, 31],
    [5, 6, 7, 32],
    [9, 2, 13, 65],
    [17, 33, 21, 20],
    [64, 3, 6, 3],
];
const RANDOM: usize = 40;

fn shapes() -> Vec<Recipe> {
    let mut numbers = Draws::new(2, Stream::Data, 0);
    // |N(0, 1)| · scale + 1: mostly small, now and then large.
    let mut draw = |scale: f32| 1 + (numbers.normal().abs() * scale) as usize;
    let random: Vec<[usize; 4]> =
        (0..RANDOM).map(|_| [draw(6.0), draw(10.0), draw(24.0), draw(30.0)]).collect();
    let recipe = |(seed, [d, m, hidden, n]): (usize, [usize; 4])| {
        let seed = seed as u32;
        Recipe { d, m, hidden, n, batch: n, seed, ..Recipe::default() }
    };
    AWKWARD.into_iter().chain(random).enumerate().map(recipe).collect()
}

fn device() -> Device {
    block_on(Backend::Cpu.open()).expect("the CPU is always there")
}

fn draws(recipe: &Recipe) -> Dataset {
    Dataset::draw(recipe.target, recipe.d, recipe.n, &mut Draws::new(recipe.seed, Stream::Data, 0))
}

/// Some of the draws, in the order given.
fn pick(data: &Dataset, order: &[u32]) -> Dataset {
    let d = data.d;
    let rows = |values: &[f32], width: usize| -> Vec<f32> {
        let row = |index: &u32| &values[*index as usize * width..][..width];
        order.iter().flat_map(row).copied().collect()
    };
    Dataset { d, w: rows(&data.w, d * d), x: rows(&data.x, d), y: rows(&data.y, d) }
}

/// The fused step's loss and gradient over all draws of a recipe: as a part of a mini-batch that has one draw
/// more, so that no step is taken and the gradient stays to be read.
fn fused_gradient(recipe: &Recipe, weights: &Weights) -> (f32, Weights) {
    let (device, layout, n) = (device(), Layout::of(recipe), recipe.n);
    let order: Vec<i32> = (0..n as i32).collect();
    let order = Tensor::from_data(TensorData::new(order, [n]), (&device, DType::I32));
    let more = n + 1;
    let span = Span { end: n, lr: recipe.lr, ..Span::evaluating(layout, 1, more) };
    let state = State::new(layout, weights, 1, &device);
    let state = op::train(state, &op::Draws::of(vec![draws(recipe)], &device), &order, span);
    let mut gradient: Vec<f32> = state.gradient.into_data().try_to_vec().expect("f32");
    // Shares of n + 1 draws become shares of n.
    gradient.iter_mut().for_each(|value| *value *= more as f32 / n as f32);
    let loss = gradient.pop().expect("the loss is behind the gradient");
    let unpacked = layout.unpack(&gradient);
    assert_eq!(layout.pack(&unpacked), gradient, "padding has no gradient");
    (loss, unpacked)
}

#[test]
fn gradients_are_those_of_autodiff() {
    let mut worst: f64 = 0.0;
    for recipe in shapes() {
        let weights = Weights::init(&recipe);
        let (loss, gradient) = fused_gradient(&recipe, &weights);
        let reference = Reference::new(&weights, recipe.lr, &device());
        let (expected_loss, expected) = reference.gradients(&draws(&recipe));
        let off = deviation(&gradient, &expected);
        assert!(off < 2e-6, "{recipe:?}: {off:.1e}");
        assert!((loss - expected_loss).abs() < 2e-6 * expected_loss, "{loss} vs {expected_loss}");
        worst = worst.max(off);
    }
    println!("fused against autodiff, {} shapes: at most {worst:.1e}", shapes().len());
}

#[test]
fn gradients_are_finite_differences() {
    let affordable = |recipe: &Recipe| recipe.parameters() * recipe.n * recipe.d < 20_000;
    let shapes: Vec<Recipe> = shapes().into_iter().filter(affordable).collect();
    assert!(shapes.len() >= 10, "{}", shapes.len());
    let mut worst: f64 = 0.0;
    for recipe in &shapes {
        let weights = Weights::init(recipe);
        let (_, gradient) = fused_gradient(recipe, &weights);
        let differences = finite::differences(recipe, &weights, &draws(recipe));
        worst = worst.max(finite::hold(recipe, &gradient, &differences, 1e-5));
    }
    println!("fused against finite differences, {} shapes: at most {worst:.1e}", shapes.len());
}

#[test]
fn steps_and_predictions_are_those_of_the_reference() {
    for recipe in shapes() {
        let recipe = Recipe { n: 2 * recipe.n + 1, epochs: 3, ..recipe };
        let (data, weights) = (draws(&recipe), Weights::init(&recipe));
        let order = Order::Shuffled { seed: recipe.seed };
        let mut reference = Reference::new(&weights, recipe.lr, &device());
        let mut expected = Vec::new();
        for epoch in 0..recipe.epochs {
            for batch in order.of_epoch(epoch, recipe.n).chunks(recipe.batch) {
                expected.push(reference.step(&pick(&data, batch)));
            }
        }
        let mut trainer =
            Trainer::replay(recipe.clone(), data.clone(), &weights, order, BLOCK, &device());
        let mut losses = Vec::new();
        while let Some(report) = block_on(trainer.next_epoch()).expect("trains") {
            losses.extend(report.losses);
        }
        assert_eq!(losses.len(), expected.len());
        for (actual, expected) in losses.iter().zip(&expected) {
            let close = (actual - expected).abs() <= 1e-5 * expected + 1e-7;
            assert!(close, "{recipe:?}: {actual} vs {expected}");
        }
        let trained = block_on(trainer.weights()).expect("reads");
        let off = deviation(&trained, &reference.weights());
        assert!(off < 1e-4, "{recipe:?}: weights {off:.1e}");
        let predicted =
            block_on(trainer.predict(data.w.clone(), data.x.clone())).expect("predicts");
        for (actual, expected) in predicted.iter().zip(reference.predict(&data)) {
            assert!((actual - expected).abs() < 1e-3, "{recipe:?}: {actual} vs {expected}");
        }
    }
}

#[test]
fn however_a_run_is_pulled_the_bits_are_the_same() {
    for recipe in shapes() {
        let recipe = Recipe { n: 2 * recipe.n + 1, epochs: 2, ..recipe };
        let run = |at_a_time: usize| {
            let mut trainer = Trainer::new(recipe.clone(), BLOCK, &device());
            let mut losses = Vec::new();
            while !trainer.done() {
                let report = block_on(trainer.advance(at_a_time)).expect("trains");
                losses.extend(report.into_iter().flat_map(|report| report.losses));
            }
            (losses, block_on(trainer.weights()).expect("reads"))
        };
        let whole = run(usize::MAX);
        assert_eq!(whole, run(1), "{recipe:?}");
        assert_eq!(whole, run(3), "{recipe:?}");
    }
}
