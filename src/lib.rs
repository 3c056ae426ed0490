//! Learn Φ and Ψ so that Φ(W)·Ψ(x) ≈ GELU(Wx).
//!
//! Two small networks, Φ on the rows of W and Ψ on x, are trained together until their product is a
//! GELU layer: the part that sees only the weights and the part that sees only the input come apart.
//! Read the files in this order; each uses only those above it.
//!
//! | room | what it holds |
//! |---|---|
//! | [`recipe`] | everything that defines a run, as one table of keys; text in, text out, and the sentences of refusal |
//! | [`data`] | seeded draws: W, x, y = target(Wx), GELU first, of normal numbers or a real layer; shuffles, the demo’s W and x |
//! | [`model`] | the learned numbers: in PyTorch's layout, in a step's, and the optimizer's scalars |
//! | [`shader`] | the text of a GPU's kernels |
//! | [`plan`] | how a recipe is computed and what that takes, by which the one validator admits it: arithmetic, and no device |
//! | `kernel` | training and prediction on the CPU, on plain slices |
//! | [`op`] | training and prediction as operations of burn's: what a backend must bring |
//! | [`backend`] | the CPU and WebGPU, by name, and their operations; nothing else names `burn-ndarray` or `burn-wgpu` |
//! | [`mod@format`] | runs and weights as text and bytes, and back: links, `.safetensors` files, checkpoints |
//! | [`run`] | the loop, a run as the outside sees it, and the comparison |
//! | [`lab`] | floor, atlas, series, random features, closed form, a layer's replacement, population error: what is known without training |
//! | `web` | the same for JavaScript: conversions only |
//!
//! No clock, no ambient randomness and no I/O in here: seeds come in, and time is measured by the caller.

#[cfg(feature = "train")]
pub mod backend;
pub mod data;
pub mod format;
#[cfg(any(feature = "cpu", feature = "lab"))]
mod kernel;
#[cfg(feature = "lab")]
pub mod lab;
pub mod model;
#[cfg(feature = "train")]
pub mod op;
pub mod plan;
pub mod recipe;
pub mod run;
pub mod shader;

#[cfg(target_arch = "wasm32")]
pub mod web;
