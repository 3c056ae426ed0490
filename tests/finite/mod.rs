//! Gradients held against finite differences of the loss as it is defined, in double precision.

use phi_psi::data::Dataset;
use phi_psi::model::weights::{NAMES, Weights};
use phi_psi::recipe::Recipe;

/// The loss in double precision, straight from the definition.
fn loss(recipe: &Recipe, tensors: &[Vec<f64>], data: &Dataset) -> f64 {
    let Recipe { d, hidden, .. } = *recipe;
    let affine = |row: &[f64], input: &[f64], bias: f64| {
        bias + row.iter().zip(input).map(|(a, b)| a * b).sum::<f64>()
    };
    let mlp = |tensors: &[Vec<f64>], input: &[f32]| -> Vec<f64> {
        let input: Vec<f64> = input.iter().map(|value| f64::from(*value)).collect();
        let units = tensors[0].chunks_exact(d).zip(&tensors[1]);
        let active: Vec<f64> =
            units.map(|(row, bias)| affine(row, &input, *bias).max(0.0)).collect();
        let features = tensors[2].chunks_exact(hidden).zip(&tensors[3]);
        features.map(|(row, bias)| affine(row, &active, *bias)).collect()
    };
    let mut squares = 0.0;
    for (draw, x) in data.x.chunks_exact(d).enumerate() {
        let psi = mlp(&tensors[..4], x);
        for row in draw * d..(draw + 1) * d {
            let phi = mlp(&tensors[4..], &data.w[row * d..][..d]);
            squares += (affine(&phi, &psi, 0.0) - f64::from(data.y[row])).powi(2);
        }
    }
    squares / data.x.len() as f64
}

/// The gradient by finite differences, tensor by tensor.
pub fn differences(recipe: &Recipe, weights: &Weights, data: &Dataset) -> Vec<Vec<f64>> {
    const STEP: f64 = 1e-6;
    let double = |tensor: &Vec<f32>| tensor.iter().map(|value| f64::from(*value)).collect();
    let mut tensors: Vec<Vec<f64>> = weights.tensors().into_iter().map(double).collect();
    let mut differences: Vec<Vec<f64>> = Vec::new();
    for which in 0..tensors.len() {
        let mut of_tensor = Vec::new();
        for index in 0..tensors[which].len() {
            let value = tensors[which][index];
            let mut at = |offset: f64| {
                tensors[which][index] = value + offset;
                loss(recipe, &tensors, data)
            };
            of_tensor.push((at(STEP) - at(-STEP)) / (2.0 * STEP));
            tensors[which][index] = value;
        }
        differences.push(of_tensor);
    }
    differences
}

/// Holds a gradient to finite differences, up to a part of its largest number; returns how far off it is at most.
pub fn hold(recipe: &Recipe, gradient: &Weights, differences: &[Vec<f64>], tolerance: f64) -> f64 {
    let scale = largest(numbers(gradient));
    let mut worst: f64 = 0.0;
    for ((actual, expected), name) in gradient.tensors().into_iter().zip(differences).zip(NAMES) {
        assert_eq!(actual.len(), expected.len(), "{name}");
        for (index, (actual, expected)) in actual.iter().zip(expected).enumerate() {
            let off = (f64::from(*actual) - expected).abs() / scale;
            assert!(off < tolerance, "{recipe:?}, {name}[{index}]: {actual} vs {expected}");
            worst = worst.max(off);
        }
    }
    worst
}

/// The largest of some numbers' magnitudes; NaN if any is.
fn largest(values: impl Iterator<Item = f32>) -> f64 {
    let largest = |largest: f32, value: f32| {
        if value.abs() > largest || value.is_nan() { value.abs() } else { largest }
    };
    f64::from(values.fold(0.0, largest))
}

fn numbers(weights: &Weights) -> impl Iterator<Item = f32> {
    weights.tensors().into_iter().flatten().copied()
}

/// The largest |a − b| in units of the largest |b|.
pub fn deviation(a: &Weights, b: &Weights) -> f64 {
    largest(numbers(a).zip(numbers(b)).map(|(a, b)| a - b)) / largest(numbers(b))
}
