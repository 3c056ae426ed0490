//! The operations on burn-wgpu, as CubeCL kernels.
//!
//! A dispatch costs more than the arithmetic of a small step, so a step is as few of them as it can be:
//!
//! - where the networks fit in a workgroup's memory, **two** ([`chunk`], [`adam`]). Gradients of one mini-batch come
//!   from many workgroups and WebGPU cannot synchronise those within a dispatch, nor add floats atomically; so the
//!   sum over workgroups, and the step that needs it, is the second.
//! - otherwise a dozen products, each invocation with a tile of its own in registers ([`large`]).
//!
//! Every element has one writer in a dispatch, and every sum one order: the same run on the same device gives the
//! same bits. Scalars travel with a dispatch, parameters, moments, draws and order stay on the device, and scratch
//! memory is taken from CubeCL's pool at each call, which hands the same buffers out again.

mod adam;
mod chunk;
mod large;

use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::tensor::{Device, FloatTensor, IntTensor};
use burn::tensor::{DType, ExecutionError, Int, Shape, Tensor, TensorData};
use burn_wgpu::{CubeBackend, CubeTensor};
use cubecl::prelude::*;

use crate::adam::Adam;
use crate::layout::Layout;
use crate::op::{DrawTensors, PhiPsiOps, StateTensors};
use crate::span::{Piece, Span};

/// Four floats: neighbours in a row of the parameters, or four draws of one quantity.
type Four = Vector<f32, Const<4>>;

impl PhiPsiOps for CubeBackend {
    fn phi_psi_train(
        state: StateTensors<Self>,
        draws: DrawTensors<Self>,
        order: IntTensor<Self>,
        span: Span,
    ) -> StateTensors<Self> {
        match chunk::Plan::of(span.layout) {
            Some(plan) => chunk::train(&plan, &state, &draws, &order, &span),
            None => large::train(&state, &draws, &order, &span),
        }
        state
    }

    fn phi_psi_predict(
        parameters: FloatTensor<Self>,
        w: FloatTensor<Self>,
        x: FloatTensor<Self>,
        layout: Layout,
    ) -> FloatTensor<Self> {
        let output = empty(&x, x.meta.shape().clone());
        let order = as_they_come(&x, w.meta.shape()[0]);
        match chunk::Plan::of(layout) {
            Some(plan) => chunk::predict(&plan, &parameters, &w, &x, &order, &output),
            None => large::predict(layout, &parameters, &w, &x, &order, &output),
        }
        output
    }
}

/// As [`super::put`].
pub(super) fn put<const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &Device<CubeBackend>,
) -> Tensor<D> {
    let data = TensorData::new(values, shape);
    Tensor::from_primitive::<CubeBackend>(CubeBackend::float_from_data(data, device))
}

/// As [`super::put_indices`].
pub(super) fn put_indices(values: Vec<i32>, device: &Device<CubeBackend>) -> Tensor<1, Int> {
    let shape = [values.len()];
    let data = TensorData::new(values, shape);
    Tensor::from_primitive::<CubeBackend>(CubeBackend::int_from_data(data, device))
}

/// As [`super::read`]. The buffer as it lies: burn's own read brings the kernels that make any tensor
/// contiguous, 1.5 MB of them, and ours always are.
pub(super) async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ExecutionError> {
    let count = tensor.shape().num_elements();
    let tensor = tensor.try_into_primitive::<CubeBackend>().expect("a tensor of WebGPU");
    let read = tensor.client.read_async(vec![tensor.handle]).await;
    let buffers = read.map_err(|why| ExecutionError::WithContext { reason: why.to_string() })?;
    let numbers = buffers.iter().flat_map(|bytes| bytes.as_chunks().0);
    Ok(numbers.take(count).map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// What tells one piece of a call from another, on the device: a row a piece.
///
/// Not scalars of a dispatch: CubeCL keeps those in a buffer of their own, which it makes anew where they are new, and
/// every step's would be. So a call writes once, and what its dispatches are given is the same in every call.
struct Control {
    tensor: CubeTensor,
}

impl Control {
    /// Numbers in a row. All are whole numbers below 2²⁴ or floats anyway.
    const ROW: usize = 8;
    /// The piece's first draw in the order, and one past the last.
    const START: usize = 0;
    const END: usize = 1;
    /// What a squared error counts in the loss: 1 / (draws of the mini-batch · d).
    const SCALE: usize = 2;
    /// Whether the mini-batch begins here, and whether it ends here.
    const FIRST: usize = 3;
    const LAST: usize = 4;
    /// Where its loss goes.
    const SLOT: usize = 5;
    /// Adam's scalars.
    const RATE: usize = 6;
    const ROOT: usize = 7;

    /// Rows are made by so many, since a buffer's length is one of the things a dispatch is given.
    const ROWS: usize = 64;

    fn of(span: &Span, pieces: &[Piece], like: &CubeTensor) -> Self {
        let mut rows = Vec::new();
        let mut finished = 0;
        for piece in pieces {
            let step = span.steps + finished + 1;
            let Adam { rate, root } = Adam::at(span.rate(step), step);
            rows.extend([
                piece.start as f32,
                piece.end as f32,
                1.0 / (piece.batch * span.layout.d) as f32,
                f32::from(u8::from(piece.start.is_multiple_of(span.batch))),
                f32::from(u8::from(piece.last)),
                (span.slot + finished) as f32,
                rate,
                root,
            ]);
            finished += usize::from(piece.last);
        }
        rows.resize(rows.len().next_multiple_of(Self::ROWS * Self::ROW), 0.0);
        Self { tensor: upload(like, DType::F32, rows.len(), f32::as_bytes(&rows)) }
    }
}

/// A number of a piece's row.
#[cube]
fn field(control: &[f32], piece: u32, #[comptime] name: usize) -> f32 {
    control[piece as usize * Control::ROW + name]
}

/// `value` where `condition` is positive.
#[cube]
fn where_positive(condition: Four, value: Four) -> Four {
    let zero = Four::new(0.0);
    select_many(condition.greater_than(&zero), value, zero)
}

/// The order of draws that have none: a kernel always goes by one, for four bytes a draw.
fn as_they_come(like: &CubeTensor, count: usize) -> CubeTensor {
    let order: Vec<i32> = (0..count as i32).collect();
    upload(like, DType::I32, count, i32::as_bytes(&order))
}

/// Numbers as a tensor on the device of another.
fn upload(like: &CubeTensor, dtype: DType, count: usize, bytes: &[u8]) -> CubeTensor {
    let handle = like.client.create_from_slice(bytes);
    let (client, device) = (like.client.clone(), like.device.clone());
    CubeTensor::new_contiguous(client, device, [count].into(), handle, dtype)
}

/// An uninitialised tensor on the device of another.
fn empty(like: &CubeTensor, shape: Shape) -> CubeTensor {
    let handle = like.client.empty(shape.num_elements() * size_of::<f32>());
    let (client, device) = (like.client.clone(), like.device.clone());
    CubeTensor::new_contiguous(client, device, shape, handle, DType::F32)
}

/// A tensor as a kernel takes it.
fn buffer(tensor: &CubeTensor) -> BufferArg {
    tensor.clone().into_buffer_arg()
}
