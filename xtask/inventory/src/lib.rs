//! An inventory in which nothing is registered, in the place of the crate of that name (`[patch.crates-io]`).
//!
//! In a wasm module that crate is used by pliron alone, the compiler framework under CubeCL's kernels, to register every
//! operation, type and parser that it has. What is registered is linked, needed or not: four fifths of the WebGPU
//! module. Our kernels are WGSL and no kernel of CubeCL's is compiled, so that nobody asks for what is not here; who did
//! would find an empty list, and a compiler without operations panics at its first.

#![no_std]

/// Where plugins of a type would be registered: nowhere.
#[macro_export]
macro_rules! collect {
    ($plugin:ty) => {};
}

/// Registers nothing.
#[macro_export]
macro_rules! submit {
    ($($plugin:tt)*) => {};
}

/// The plugins that are registered: none.
pub fn iter<T: 'static>() -> core::iter::Empty<&'static T> {
    core::iter::empty()
}
