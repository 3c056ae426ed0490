//! Learn Φ and Ψ so that Φ(W)·Ψ(x) ≈ GELU(Wx).
//!
//! Two small networks, Φ on the rows of W and Ψ on x, are trained together until their product is a
//! GELU layer: the part that sees only the weights and the part that sees only the input come apart.
//! Read the files in this order; each uses only those above it.
//!
//! | file | what it holds |
//! |---|---|
//! | [`config`] | [`Recipe`](config::Recipe): everything that defines a run, and the one validator |
//! | [`data`] | seeded draws: W, x, y = GELU(Wx), shuffles |
//! | [`weights`] | the learned numbers in PyTorch's layout, and their initial draw |
//! | [`model`] | the two networks and their product |
//! | [`adam`] | the optimizer, in PyTorch's arithmetic |
//! | [`step`] | forward, MSE, backward, Adam: the seam for a faster step |
//! | [`train`] | the loop, pulled a few micro-batches at a time |
//! | [`compare`] | y' against GELU on one draw, or over many |
//! | [`backend`] | the CPU and WebGPU, by name |
//! | [`session`] | a run as the outside sees it |
//! | `web` | the same for JavaScript: conversions only |
//!
//! No clock, no ambient randomness and no I/O in here: seeds come in, and time is measured by the caller.

pub mod adam;
pub mod backend;
pub mod compare;
pub mod config;
pub mod data;
pub mod model;
pub mod session;
pub mod step;
pub mod train;
pub mod weights;

#[cfg(target_arch = "wasm32")]
pub mod web;
