//! The two matrix products that a training step is made of, tiled over registers.
//!
//! Both are sums that run in one fixed order, whatever the tile: a tile decides which sums stand in
//! registers at a time, never how one is added up. No fused multiply-add, so that wasm and every native
//! machine agree to the bit.

use wide::f32x4;

use crate::model::layout::LANES;

/// Four neighbouring floats in memory.
pub(crate) type Four = [f32; LANES];

/// Rows of a tile of [`accumulate`].
const ROWS: usize = 4;

/// Vectors of a tile of [`accumulate`].
const VECTORS: usize = 2;

/// C[r, ·] (+)= Σₖ A[k, r]·B[k, ·], C being zeroed before or added to.
///
/// # Shapes
///
/// - c: `[rows, width]` in vectors
/// - a: `[depth, stride]`, of which the first `rows` columns count
/// - b: `[depth, width]` in vectors
pub(crate) fn accumulate(
    c: &mut [Four],
    rows: usize,
    a: &[f32],
    stride: usize,
    b: &[Four],
    width: usize,
    add: bool,
) {
    let c = &mut c[..rows * width];
    let mut column = 0;
    while column + VECTORS <= width {
        columns::<VECTORS>(c, a, stride, b, width, column, add);
        column += VECTORS;
    }
    while column < width {
        columns::<1>(c, a, stride, b, width, column, add);
        column += 1;
    }
}

/// Every row of `V` neighbouring columns of C.
fn columns<const V: usize>(
    c: &mut [Four],
    a: &[f32],
    stride: usize,
    b: &[Four],
    width: usize,
    column: usize,
    add: bool,
) {
    let mut blocks = c.chunks_exact_mut(ROWS * width);
    let mut row = 0;
    for block in &mut blocks {
        tile::<ROWS, V>(block, a, stride, row, b, width, column, add);
        row += ROWS;
    }
    let rest = blocks.into_remainder();
    match rest.len() / width {
        3 => tile::<3, V>(rest, a, stride, row, b, width, column, add),
        2 => tile::<2, V>(rest, a, stride, row, b, width, column, add),
        1 => tile::<1, V>(rest, a, stride, row, b, width, column, add),
        _ => {}
    }
}

/// `R` rows of `V` columns of C, in registers while k runs.
#[inline(always)]
#[allow(clippy::too_many_arguments)] // The two operands with their geometry.
fn tile<const R: usize, const V: usize>(
    c: &mut [Four],
    a: &[f32],
    stride: usize,
    row: usize,
    b: &[Four],
    width: usize,
    column: usize,
    add: bool,
) {
    let mut sums = [[f32x4::ZERO; V]; R];
    if add {
        for (sums, c) in sums.iter_mut().zip(c.chunks_exact(width)) {
            for (sum, c) in sums.iter_mut().zip(&c[column..column + V]) {
                *sum = f32x4::new(*c);
            }
        }
    }
    for (a, b) in a.chunks_exact(stride).zip(b.chunks_exact(width)) {
        let a: &[f32; R] = a[row..row + R].try_into().expect("R floats");
        let b: &[Four; V] = b[column..column + V].try_into().expect("V vectors");
        let b = b.map(f32x4::new);
        for (sums, a) in sums.iter_mut().zip(a) {
            let a = f32x4::splat(*a);
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum += a * b;
            }
        }
    }
    for (sums, c) in sums.iter().zip(c.chunks_exact_mut(width)) {
        for (sum, c) in sums.iter().zip(&mut c[column..column + V]) {
            *c = sum.to_array();
        }
    }
}

/// C[r, k] = Σⱼ A[r, j]·B[k, j].
///
/// # Shapes
///
/// - c: `[rows, features]`, `features` being a multiple of four; rows of B beyond its last count as zero
/// - a: `[rows, width]` in vectors
/// - b: `[depth ≤ features, width]` in vectors
pub(super) fn contract(c: &mut [f32], features: usize, a: &[Four], b: &[Four], width: usize) {
    let mut a_rows = a.chunks_exact(2 * width);
    let mut c_rows = c.chunks_exact_mut(2 * features);
    for (a, c) in (&mut a_rows).zip(&mut c_rows) {
        contract_rows::<2>(c, features, a, b, width);
    }
    let rest = a_rows.remainder();
    if !rest.is_empty() {
        contract_rows::<1>(&mut c_rows.into_remainder()[..features], features, rest, b, width);
    }
}

#[inline(always)]
fn contract_rows<const R: usize>(
    c: &mut [f32],
    features: usize,
    a: &[Four],
    b: &[Four],
    width: usize,
) {
    let a: [&[Four]; R] = std::array::from_fn(|row| &a[row * width..(row + 1) * width]);
    let mut column = 0;
    let mut blocks = b.chunks_exact(LANES * width);
    for block in &mut blocks {
        let (b, _) = block.split_at(LANES * width);
        let b: [&[Four]; LANES] = std::array::from_fn(|k| &b[k * width..(k + 1) * width]);
        dots::<R, LANES>(c, features, column, a, b);
        column += LANES;
    }
    let rest = blocks.remainder();
    for k in 0..rest.len() / width {
        let b = [&rest[k * width..(k + 1) * width]];
        dots::<R, 1>(c, features, column, a, b);
        column += 1;
    }
}

/// `R` × `K` dot products.
#[inline(always)]
fn dots<const R: usize, const K: usize>(
    c: &mut [f32],
    features: usize,
    column: usize,
    a: [&[Four]; R],
    b: [&[Four]; K],
) {
    let mut sums = [[f32x4::ZERO; K]; R];
    let width = a[0].len();
    let a = a.map(|row| &row[..width]);
    let b = b.map(|row| &row[..width]);
    for j in 0..width {
        let b = b.map(|row| f32x4::new(row[j]));
        for (sums, row) in sums.iter_mut().zip(a) {
            let a = f32x4::new(row[j]);
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum += a * b;
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (k, sum) in sums.iter().enumerate() {
            c[row * features + column + k] = total(*sum);
        }
    }
}

/// The sum of the four lanes, in this order on every machine.
#[inline(always)]
pub(super) fn total(vector: f32x4) -> f32 {
    let [a, b, c, d] = vector.to_array();
    (a + c) + (b + d)
}
