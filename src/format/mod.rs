//! Runs and weights as text and bytes, and back: links, files, checkpoints. Uses the recipe, the draws and the model; all that comes in
//! is a stranger's.

pub mod checkpoint;
mod header;
pub mod link;
pub mod safetensors;
