//! The learned numbers of Φ and Ψ: as PyTorch has them, as a step has them, and the optimizer that moves them. Uses the recipe and its draws.

pub mod adam;
pub mod layout;
pub mod weights;
