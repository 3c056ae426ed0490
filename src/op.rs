//! The training step as one burn operation: forward, mean squared error, backward and Adam, for as many
//! mini-batches as one call asks for; and prediction with the same networks.
//!
//! A *backend extension*: the trait stands on burn's `Backend`, each backend implements it in its own way
//! (`backend/`), and burn dispatches to the one that holds the tensors. What the operations mean is written
//! once, in burn's ordinary operations, in `tests/reference`; no such operation is in what ships.
//!
//! # The mathematics
//!
//! With H = relu(W·A₁ + b₁) for Φ's hidden layer, the output needs Φ's features only in a product with
//! Ψ's, and products may be taken in any order:
//!
//! ```text
//! y'ᵢ = Σₖ Φᵢₖ·Ψₖ = Σⱼ Hᵢⱼ·qⱼ + b₂·Ψ        q = A₂ᵀ·Ψ        (one vector a draw, not one a row)
//! ```
//!
//! so Φ(W) `[d, m]` is never made. The gradients come apart in the same way: with gᵢ = 2(y'ᵢ − yᵢ)/(B·d)
//! and s = Σᵢ gᵢ·Hᵢ,
//!
//! ```text
//! ∂A₂ = Ψ ⊗ s      ∂b₂ = Ψ·Σᵢgᵢ      ∂Ψ = A₂·s + b₂·Σᵢgᵢ      ∂Hᵢⱼ = gᵢ·qⱼ where Hᵢⱼ > 0
//! ```
//!
//! The same function and the same gradients with 1/d of the products that carry m: at d = 64, m = 128,
//! hidden = 512 a step takes a quarter of the multiplications of a step that makes Φ.

#![allow(deprecated)] // burn 0.22 prefers Flex to NdArray, the backend that this project was asked for.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, ExtensionType, backend_extension};
use burn::tensor::{Int, Tensor};

use crate::layout::Layout;
use crate::span::Span;

/// What training changes. Each tensor is taken by a call and given back by it; a backend works in place.
#[derive(Debug, Clone)]
pub struct State {
    /// Parameters in the order of [`Layout`], `[parameters]`.
    pub parameters: Tensor<1>,
    /// Adam's first moments and then the second, `[2 · parameters]`.
    pub moments: Tensor<1>,
    /// The gradient of the mini-batch so far and then its loss so far, `[parameters + 1]`.
    pub gradient: Tensor<1>,
    /// Losses of finished mini-batches, `[slots]`.
    pub losses: Tensor<1>,
}

/// The training draws on the device.
#[derive(Debug, Clone)]
pub struct Draws {
    /// W, `[n, d, d]`.
    pub w: Tensor<3>,
    /// x, `[n, d]`.
    pub x: Tensor<2>,
    /// y = GELU(Wx), `[n, d]`.
    pub y: Tensor<2>,
}

/// [`State`] as a backend sees it.
#[derive(ExtensionType)]
pub struct StateTensors<B: Backend> {
    /// `[parameters]`
    pub parameters: FloatTensor<B>,
    /// `[2 · parameters]`
    pub moments: FloatTensor<B>,
    /// `[parameters + 1]`
    pub gradient: FloatTensor<B>,
    /// `[slots]`
    pub losses: FloatTensor<B>,
}

/// [`Draws`] as a backend sees them.
#[derive(ExtensionType)]
pub struct DrawTensors<B: Backend> {
    /// `[n, d, d]`
    pub w: FloatTensor<B>,
    /// `[n, d]`
    pub x: FloatTensor<B>,
    /// `[n, d]`
    pub y: FloatTensor<B>,
}

/// The operations that a backend must bring.
#[backend_extension(NdArray: cfg(feature = "cpu"), Cube: cfg(feature = "webgpu"))]
pub trait PhiPsiOps: Backend {
    /// Trains on a span of the epoch; see [`train`].
    fn phi_psi_train(
        #[extension_type] state: StateTensors<Self>,
        #[extension_type] draws: DrawTensors<Self>,
        order: IntTensor<Self>,
        span: Span,
    ) -> StateTensors<Self>;

    /// Predicts; see [`predict`].
    fn phi_psi_predict(
        parameters: FloatTensor<Self>,
        w: FloatTensor<Self>,
        x: FloatTensor<Self>,
        layout: Layout,
    ) -> FloatTensor<Self>;
}

/// Trains on a span of the epoch, one mini-batch after another.
///
/// # Shapes
///
/// - draws: as [`Draws`] says
/// - order: `[n]`, indices into the draws
pub fn train(state: State, draws: &Draws, order: &Tensor<1, Int>, span: Span) -> State {
    let state = StateTensors {
        parameters: state.parameters.into_dispatch(),
        moments: state.moments.into_dispatch(),
        gradient: state.gradient.into_dispatch(),
        losses: state.losses.into_dispatch(),
    };
    let draws = DrawTensors {
        w: draws.w.clone().into_dispatch(),
        x: draws.x.clone().into_dispatch(),
        y: draws.y.clone().into_dispatch(),
    };
    let state = Dispatch::phi_psi_train(state, draws, order.clone().into_dispatch(), span);
    State {
        parameters: Tensor::from_dispatch(state.parameters),
        moments: Tensor::from_dispatch(state.moments),
        gradient: Tensor::from_dispatch(state.gradient),
        losses: Tensor::from_dispatch(state.losses),
    }
}

/// y' = Φ(W)·Ψ(x).
///
/// # Shapes
///
/// - parameters: `[parameters]`
/// - w: `[batch, d, d]`
/// - x: `[batch, d]`
/// - output: `[batch, d]`
pub fn predict(parameters: &Tensor<1>, w: Tensor<3>, x: Tensor<2>, layout: Layout) -> Tensor<2> {
    let output = Dispatch::phi_psi_predict(
        parameters.clone().into_dispatch(),
        w.into_dispatch(),
        x.into_dispatch(),
        layout,
    );
    Tensor::from_dispatch(output)
}
