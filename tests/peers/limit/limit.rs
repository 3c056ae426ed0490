//! Multiplies and adds, four floats at a time, as fast as the browser's engine can be made to: the measure of how close to
//! the machine a training step is. Built by `cargo xtask bench` with rustc alone; no part of what ships.

#![no_std]

use core::arch::wasm32::{f32x4, f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, v128};

/// Chains of each kind. A chain waits three or four cycles for its own last result, and two of each kind can start in a
/// cycle; with the two constants, fourteen chains are what sixteen registers hold.
const CHAINS: usize = 7;

/// Instructions of each kind in a turn, for one chain.
const UNROLLED: usize = 4;

/// Multiply-adds that `run` makes in each turn, counting every lane.
#[unsafe(no_mangle)]
pub extern "C" fn per_turn() -> u32 {
    (CHAINS * UNROLLED * 4) as u32
}

/// Runs so many turns with a factor (1) and a summand (0) that the compiler cannot know.
#[unsafe(no_mangle)]
pub extern "C" fn run(turns: u32, factor: f32, summand: f32) -> f32 {
    let (factor, summand) = (f32x4_splat(factor), f32x4_splat(summand));
    let mut products: [v128; CHAINS] = [f32x4(1.0, 2.0, 3.0, 4.0); CHAINS];
    let mut sums: [v128; CHAINS] = [f32x4(1.0, 2.0, 3.0, 4.0); CHAINS];
    for (index, (product, sum)) in products.iter_mut().zip(&mut sums).enumerate() {
        // Chains that begin alike would be one chain.
        *product = f32x4_mul(*product, f32x4_splat(index as f32 + 1.5));
        *sum = f32x4_add(*sum, f32x4_splat(index as f32));
    }
    for _ in 0..turns {
        for _ in 0..UNROLLED {
            for (product, sum) in products.iter_mut().zip(&mut sums) {
                *product = f32x4_mul(*product, factor);
                *sum = f32x4_add(*sum, summand);
            }
        }
    }
    let mut total = f32x4_splat(0.0);
    for (product, sum) in products.iter().zip(&sums) {
        total = f32x4_add(total, f32x4_add(*product, *sum));
    }
    f32x4_extract_lane::<0>(total)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
