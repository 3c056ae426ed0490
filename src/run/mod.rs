//! A run: trained a few micro-batches at a time, compared, kept and gone on with. Uses the backends and the formats.

pub mod compare;
#[cfg(feature = "train")]
pub mod session;
#[cfg(feature = "train")]
pub mod train;
