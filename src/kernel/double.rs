//! [`accumulate`](super::product::accumulate) in double precision, for sums that a small eigenvalue is divided out of.

use wide::f64x2;

/// Neighbouring doubles in a register.
const LANES: usize = 2;

/// Rows and vectors of a tile.
const ROWS: usize = 4;
const VECTORS: usize = 2;

/// Columns of a tile; a matrix is padded to whole tiles both ways.
pub(crate) const TILE: usize = LANES * VECTORS;

/// C[r, c] += Σₖ A[k, r]·B[k, c], everywhere or, where that is all that is wanted of a symmetric C, for c ≤ r.
///
/// # Shapes
///
/// - c: `[size, size]`, `size` being a multiple of [`TILE`]
/// - a, b: `[depth, size]`
pub(crate) fn accumulate(c: &mut [f64], a: &[f64], b: &[f64], size: usize, triangle: bool) {
    for column in (0..size).step_by(TILE) {
        let first = if triangle { column } else { 0 };
        for row in (first..size).step_by(ROWS) {
            tile(c, a, b, size, row, column);
        }
    }
}

/// One tile, in registers while k runs.
#[inline(always)]
fn tile(c: &mut [f64], a: &[f64], b: &[f64], size: usize, row: usize, column: usize) {
    let mut sums = [[f64x2::ZERO; VECTORS]; ROWS];
    for (a, b) in a.chunks_exact(size).zip(b.chunks_exact(size)) {
        let a: &[f64; ROWS] = a[row..row + ROWS].try_into().expect("a tile's rows");
        let b: &[f64; TILE] = b[column..column + TILE].try_into().expect("a tile's columns");
        let b: [f64x2; VECTORS] =
            std::array::from_fn(|v| f64x2::new([b[LANES * v], b[LANES * v + 1]]));
        for (sums, a) in sums.iter_mut().zip(a) {
            let a = f64x2::splat(*a);
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum += a * b;
            }
        }
    }
    for (sums, c) in sums.iter().zip(c[row * size..].chunks_exact_mut(size)) {
        for (sum, c) in sums.iter().zip(c[column..column + TILE].chunks_exact_mut(LANES)) {
            let [first, second] = sum.to_array();
            c[0] += first;
            c[1] += second;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_product_and_half_of_a_symmetric_one() {
        let (size, depth) = (12, 5);
        let number = |i: usize| ((i * 37 + 11) % 17) as f64 - 8.0;
        let a: Vec<f64> = (0..depth * size).map(number).collect();
        let b: Vec<f64> = (0..depth * size).map(|i| number(i + 3)).collect();
        let sum = |a: &[f64], b: &[f64], r: usize, c: usize| {
            (0..depth).map(|k| a[k * size + r] * b[k * size + c]).sum::<f64>()
        };
        let (mut whole, mut half) = (vec![1.0; size * size], vec![0.0; size * size]);
        accumulate(&mut whole, &a, &b, size, false);
        accumulate(&mut half, &a, &a, size, true);
        for (r, c) in (0..size).flat_map(|r| (0..size).map(move |c| (r, c))) {
            assert_eq!(whole[r * size + c], 1.0 + sum(&a, &b, r, c));
            assert!(c > r || half[r * size + c] == sum(&a, &a, r, c));
        }
    }
}
