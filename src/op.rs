//! The training step as one burn operation: forward, mean squared error, backward and Adam, for as many
//! mini-batches as one call asks for; and evaluation of the same networks.
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

use crate::model::layout::Layout;
use crate::plan::span::Span;

/// What training changes. Each tensor is taken by a call and given back by it; a backend works in place.
///
/// Several runs are trained side by side, each with draws, an order and a state of its own: every tensor has them one
/// behind the other. One run is the case of one, and has the same bits in any company.
#[derive(Debug, Clone)]
pub struct State {
    /// Parameters in the order of [`Layout`], `[runs · parameters]`.
    pub parameters: Tensor<1>,
    /// Adam's first moments and then the second, `[runs · 2 · parameters]`.
    pub moments: Tensor<1>,
    /// The gradient of the mini-batch so far and then its loss so far, `[runs · (parameters + 1)]`.
    pub gradient: Tensor<1>,
    /// Losses of finished mini-batches, `[runs · slots]`.
    pub losses: Tensor<1>,
    /// Parameters as epochs have left them, `[kept · runs · parameters]`; see [`Span::snapshot`].
    pub snapshots: Tensor<1>,
}

/// Draws on the device, those of one run behind those of the other.
#[derive(Debug, Clone)]
pub struct Draws {
    /// W, `[runs · n, d, d]`.
    pub w: Tensor<3>,
    /// x, `[runs · n, d]`.
    pub x: Tensor<2>,
    /// y = target(Wx), `[runs · n, d]`.
    pub y: Tensor<2>,
}

/// [`State`] as a backend sees it.
#[derive(ExtensionType)]
pub struct StateTensors<B: Backend> {
    /// `[runs · parameters]`
    pub parameters: FloatTensor<B>,
    /// `[runs · 2 · parameters]`
    pub moments: FloatTensor<B>,
    /// `[runs · (parameters + 1)]`
    pub gradient: FloatTensor<B>,
    /// `[runs · slots]`
    pub losses: FloatTensor<B>,
    /// `[kept · runs · parameters]`
    pub snapshots: FloatTensor<B>,
}

/// [`Draws`] as a backend sees them.
#[derive(ExtensionType)]
pub struct DrawTensors<B: Backend> {
    /// `[runs · n, d, d]`
    pub w: FloatTensor<B>,
    /// `[runs · n, d]`
    pub x: FloatTensor<B>,
    /// `[runs · n, d]`
    pub y: FloatTensor<B>,
}

/// The operations that a backend must bring.
#[backend_extension(NdArray: cfg(feature = "cpu"), Cube: cfg(feature = "webgpu"))]
pub trait PhiPsiOps: Backend {
    /// Trains on a span; see [`train`].
    fn phi_psi_train(
        #[extension_type] state: StateTensors<Self>,
        #[extension_type] draws: DrawTensors<Self>,
        order: IntTensor<Self>,
        span: Span,
    ) -> StateTensors<Self>;

    /// Evaluates; see [`evaluate`].
    fn phi_psi_evaluate(
        parameters: FloatTensor<Self>,
        #[extension_type] draws: DrawTensors<Self>,
        query: Query,
    ) -> FloatTensor<Self>;
}

/// What is asked of some models, that is of sets of parameters, on the draws of some runs: the first model on the first run's,
/// and so on in turns, as in [`State::snapshots`].
#[derive(Debug, Clone, Copy)]
pub struct Query {
    /// The sizes of the networks.
    pub layout: Layout,
    /// Models, the first of those that there are.
    pub models: usize,
    /// Runs that there are draws of.
    pub runs: usize,
    /// What of each model.
    pub want: Want,
}

/// What is asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// y' = Φ(W)·Ψ(x), `[n · d]`; y is not looked at.
    Outputs,
    /// Σ(y' − y)², in parts that are to be added up: as many from each model.
    Squares,
}

impl Draws {
    fn tensors(&self) -> DrawTensors<Dispatch> {
        DrawTensors {
            w: self.w.clone().into_dispatch(),
            x: self.x.clone().into_dispatch(),
            y: self.y.clone().into_dispatch(),
        }
    }
}

/// Trains on a span, one mini-batch after another.
///
/// # Shapes
///
/// - draws: as [`Draws`] says
/// - order: `[runs · epochs · n]`, indices into a run's draws; the span counts from a run's first
pub fn train(state: State, draws: &Draws, order: &Tensor<1, Int>, span: Span) -> State {
    let state = StateTensors {
        parameters: state.parameters.into_dispatch(),
        moments: state.moments.into_dispatch(),
        gradient: state.gradient.into_dispatch(),
        losses: state.losses.into_dispatch(),
        snapshots: state.snapshots.into_dispatch(),
    };
    let state =
        Dispatch::phi_psi_train(state, draws.tensors(), order.clone().into_dispatch(), span);
    State {
        parameters: Tensor::from_dispatch(state.parameters),
        moments: Tensor::from_dispatch(state.moments),
        gradient: Tensor::from_dispatch(state.gradient),
        losses: Tensor::from_dispatch(state.losses),
        snapshots: Tensor::from_dispatch(state.snapshots),
    }
}

/// Evaluates models without training them.
///
/// # Shapes
///
/// - parameters: `[models or more · parameters]`
/// - draws: as [`Draws`] says
/// - output: `[models · what was asked of each]`
pub fn evaluate(parameters: &Tensor<1>, draws: &Draws, query: Query) -> Tensor<1> {
    let parameters = parameters.clone().into_dispatch();
    Tensor::from_dispatch(Dispatch::phi_psi_evaluate(parameters, draws.tensors(), query))
}
