//! The operations on burn-wgpu, as WGSL kernels of our own on its tensors' buffers.
//!
//! burn-wgpu brings the device, the memory and the tensors ([`device`]). What its own kernels go through, CubeCL, costs
//! 22 µs of the worker's time for each dispatch (11 where launches are captured and replayed; measured in Chromium), and
//! its compiler is most of a module; so the kernels are text ([`crate::shader`]), their pipelines and bind groups are made
//! once, and what a call asks for is recorded ([`commands`]) in a tight loop. How a recipe is computed is planned in
//! [`crate::plan`].
//!
//! Every element has one writer in a dispatch, and every sum one order: the same run on the same device gives the same
//! bits, however it is cut into calls of whole steps, and whichever runs are beside it.

mod commands;
mod device;
mod rows;
mod small;
mod tiled;

use std::ops::Range;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{DType, ExecutionError, Int, Tensor};
use burn_wgpu::{CubeBackend, CubeTensor};

use crate::op::{DrawTensors, PhiPsiOps, Query, StateTensors};
use crate::plan::span::Span;
use crate::plan::{Adapter, Way};
use crate::shader;

use commands::Binding;
pub(super) use commands::Reading;
use device::{Place, gpu};
pub(super) use device::{open, plan_for};

impl PhiPsiOps for CubeBackend {
    fn phi_psi_train(
        state: StateTensors<Self>,
        draws: DrawTensors<Self>,
        order: IntTensor<Self>,
        span: Span,
    ) -> StateTensors<Self> {
        gpu(|gpu| match Way::of(span.layout, span.batch.min(span.n), &gpu.adapter.get()) {
            Way::Resident(plan) if span.is_whole() => {
                small::train_resident(gpu, &plan, &state, &draws, &order, &span);
            }
            Way::Resident(_) | Way::Spread(_) => {
                small::train_spread(gpu, &state, &draws, &order, &span);
            }
            Way::Tiled(plan) => tiled::train(gpu, &plan, &state, &draws, &order, &span),
        });
        state
    }

    fn phi_psi_evaluate(
        parameters: FloatTensor<Self>,
        draws: DrawTensors<Self>,
        query: Query,
    ) -> FloatTensor<Self> {
        gpu(|gpu| match Way::of_evaluation(query.layout, &gpu.adapter.get()) {
            Some(plan) => small::evaluate(gpu, &plan, &parameters, &draws, &query),
            None => tiled::evaluate(gpu, &parameters, &draws, &query),
        })
    }
}

/// As [`super::put`].
pub(super) fn put<const D: usize>(values: &[f32], shape: [usize; D]) -> Tensor<D> {
    let tensor = gpu(|gpu| gpu.upload(bytemuck::cast_slice(values), shape.into(), DType::F32));
    Tensor::from_primitive::<CubeBackend>(tensor)
}

/// As [`super::put_indices`].
pub(super) fn put_indices(values: &[i32]) -> Tensor<1, Int> {
    let tensor =
        gpu(|gpu| gpu.upload(bytemuck::cast_slice(values), [values.len()].into(), DType::I32));
    Tensor::from_primitive::<CubeBackend>(tensor)
}

/// Workgroups in one direction, at most, that every device takes.
const MOST_GROUPS: usize = 65_535;

/// As [`super::put_orders`], where the device does it: not for one run, whose orders the host makes while the device
/// works, and not where the kernel is a burden to compile.
pub(super) fn shuffled(
    seed: u32,
    runs: usize,
    epochs: &Range<usize>,
    n: usize,
) -> Option<Tensor<1, Int>> {
    use Binding::{Table, Write};
    gpu(|gpu| {
        let Adapter { software, memory, .. } = gpu.adapter.get();
        let fits = shader::shuffle_needs(n).is_some_and(|bytes| bytes <= memory);
        if runs == 1 || software || !fits || epochs.len() > MOST_GROUPS {
            return None;
        }
        let kernel = gpu.kernel(&shader::shuffle(n), &[Write, Table]);
        let order = gpu.empty([runs * epochs.len() * n].into(), DType::I32);
        let numbers = [seed, epochs.start as u32, epochs.len() as u32, 0];
        let control = gpu.control(bytemuck::cast_slice(&numbers));
        let group = gpu.group(&[Write, Table], vec![Place::of(&order), control]);
        gpu.record(|pass| {
            pass.set_pipeline(&kernel);
            pass.set_bind_group(0, &group, &[]);
            pass.dispatch_workgroups(epochs.len() as u32, runs as u32, 1);
        });
        Some(Tensor::from_primitive::<CubeBackend>(order))
    })
}

/// As [`super::read_later`].
pub(super) fn read_later(tensors: Vec<Tensor<1>>) -> Reading {
    let tensors: Vec<CubeTensor> = tensors
        .into_iter()
        .map(|tensor| tensor.try_into_primitive::<CubeBackend>().expect("a tensor of WebGPU"))
        .collect();
    gpu(|gpu| gpu.read_later(&tensors))
}

/// As [`super::read`].
pub(super) async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ExecutionError> {
    let tensor = tensor.try_into_primitive::<CubeBackend>().expect("a tensor of WebGPU");
    let mut read = gpu(|gpu| gpu.read_later(&[tensor])).finish().await?;
    Ok(read.pop().expect("one for each tensor"))
}
