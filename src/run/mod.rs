//! A run: trained a few micro-batches at a time, compared, kept and gone on with. Uses the backends and the formats.

pub mod compare;
pub mod session;
pub mod train;
