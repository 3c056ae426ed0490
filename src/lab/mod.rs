//! What is known about a layer without training: the lowest error that any Φ and Ψ can have, the series, the closed form, and the error over
//! a great many draws. In double precision; uses the CPU's kernels, and never a run.

pub mod atlas;
pub mod copies;
pub mod floor;
pub mod layer;
pub mod methods;
pub mod population;
pub mod series;
pub mod solve;
pub mod taylor;
pub mod unbiased;
