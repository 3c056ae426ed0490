//! The operations on burn-wgpu, as CubeCL kernels.
//!
//! A dispatch costs more than the arithmetic of a small step, so a step is as few of them as it can be:
//!
//! - where the networks fit in a workgroup's memory, **two** ([`chunk`], [`adam`]). Gradients of one mini-batch come
//!   from many workgroups and WebGPU cannot synchronise those within a dispatch, nor add floats atomically; so the
//!   sum over workgroups, and the step that needs it, is the second.
//! - otherwise a dozen tiled products ([`large`]).
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

use crate::layout::Layout;
use crate::op::{DrawTensors, PhiPsiOps, StateTensors};
use crate::span::Span;

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

/// The order of draws that have none: a kernel always goes by one, for four bytes a draw.
fn as_they_come(like: &CubeTensor, count: usize) -> CubeTensor {
    let order: Vec<i32> = (0..count as i32).collect();
    let handle = like.client.create_from_slice(i32::as_bytes(&order));
    let (client, device) = (like.client.clone(), like.device.clone());
    CubeTensor::new_contiguous(client, device, [count].into(), handle, DType::I32)
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
