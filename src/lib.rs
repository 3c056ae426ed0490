//! Learn Φ and Ψ so that Φ(W)·Ψ(x) ≈ GELU(Wx).
//!
//! Two small networks, Φ on the rows of W and Ψ on x, are trained together until their product is a
//! GELU layer: the part that sees only the weights and the part that sees only the input come apart.
//! Read the files in this order; each uses only those above it.
//!
//! | file | what it holds |
//! |---|---|
//! | [`course`] | how a run may leave the notebook's path: fresh draws, a learning rate that changes |
//! | [`layout`] | where each parameter stands in the one buffer that a step works on |
//! | [`config`] | [`Recipe`](config::Recipe): everything that defines a run, and the one validator |
//! | [`data`] | seeded draws: W, x, y = GELU(Wx), shuffles |
//! | [`compare`] | y' against GELU on one draw, or over many |
//! | [`link`] | a run as a URL fragment, and back |
//! | [`weights`] | the learned numbers in PyTorch's layout, and their initial draw |
//! | [`mod@file`] | the same as a `.safetensors` file, and back; a run to be gone on with |
//! | [`adam`] | the optimizer's scalars, in PyTorch's arithmetic |
//! | [`span`] | which part of an epoch a call trains on |
//! | `kernel` | training and prediction on the CPU, on plain slices |
//! | [`shader`] | the text of a GPU's kernels |
//! | [`plan`] | how a GPU is to compute a recipe, by which kernels, and where everything lies: arithmetic, and no device |
//! | [`op`] | training and prediction as operations of burn's: what a backend must bring |
//! | [`backend`] | the CPU and WebGPU, by name, and their operations |
//! | [`train`] | the loop, pulled a few micro-batches at a time |
//! | [`session`] | a run as the outside sees it |
//! | [`floor`] | the lowest error that any Φ and Ψ of width m can have |
//! | [`taylor`] | the sister notebook's biased method, and the best its powers could do |
//! | [`population`] | the error over a great many fresh draws |
//! | [`solve`] | the last layers in closed form |
//! | `web` | the same for JavaScript: conversions only |
//!
//! No clock, no ambient randomness and no I/O in here: seeds come in, and time is measured by the caller.

pub mod adam;
#[cfg(feature = "train")]
pub mod backend;
pub mod compare;
pub mod config;
pub mod course;
pub mod data;
pub mod file;
#[cfg(feature = "lab")]
pub mod floor;
#[cfg(any(feature = "cpu", feature = "lab"))]
mod kernel;
pub mod layout;
pub mod link;
#[cfg(feature = "train")]
pub mod op;
pub mod plan;
#[cfg(feature = "lab")]
pub mod population;
#[cfg(feature = "train")]
pub mod session;
pub mod shader;
#[cfg(feature = "lab")]
pub mod solve;
pub mod span;
#[cfg(feature = "lab")]
pub mod taylor;
#[cfg(feature = "train")]
pub mod train;
pub mod weights;

#[cfg(target_arch = "wasm32")]
pub mod web;
