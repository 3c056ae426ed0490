//! The two backends, by name. The only folder that knows burn-ndarray and burn-wgpu.
//!
//! Everything else takes a [`Device`] value. A backend that was not compiled in, or that this machine
//! does not have, is an error value and never a trap.

// burn 0.22 prefers Flex to NdArray, the backend that this project was asked for.
#[cfg(feature = "cpu")]
#[allow(deprecated)]
mod ndarray;
#[cfg(feature = "webgpu")]
mod webgpu;

use std::fmt;
use std::ops::Range;

use burn::backend::DispatchDevice;
use burn::tensor::{Device, ExecutionError, Int, Tensor};

use crate::data::Order;
#[cfg(feature = "webgpu")]
use crate::plan::Adapter;
use crate::recipe::Recipe;

/// Where a run computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// burn-ndarray: one thread, the same bits on every machine.
    Cpu,
    /// burn-wgpu: the browser's WebGPU, or a native graphics API outside a browser.
    WebGpu,
}

impl Backend {
    /// The backend that this build was made for: WebGPU where it is compiled in.
    pub const BUILT_FOR: Self = if cfg!(feature = "webgpu") { Self::WebGpu } else { Self::Cpu };

    /// The name used in links, messages and attributes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::WebGpu => "webgpu",
        }
    }

    /// Opens the backend's device. The WebGPU device is opened once and then shared.
    ///
    /// # Errors
    ///
    /// When the backend was not compiled in, or the machine refuses a device.
    pub async fn open(self) -> Result<Device, BackendError> {
        match self {
            Self::Cpu => Self::cpu(),
            Self::WebGpu => webgpu().await,
        }
    }

    /// The CPU's device, which is there at once.
    ///
    /// # Errors
    ///
    /// When the backend was not compiled in.
    #[cfg(feature = "cpu")]
    #[allow(deprecated)] // burn 0.22 prefers Flex to NdArray; when this project moves, these are the lines.
    pub fn cpu() -> Result<Device, BackendError> {
        Ok(Device::new(burn_ndarray::NdArrayDevice::Cpu))
    }

    #[cfg(not(feature = "cpu"))]
    fn cpu() -> Result<Device, BackendError> {
        Err(BackendError::NotBuilt(Backend::Cpu))
    }

    /// Draws between two points at which a run of the recipe can be paused. On the CPU those are close: computing blocks the thread.
    pub fn micro_batch(self, recipe: &Recipe) -> usize {
        match self {
            Self::Cpu => recipe.micro_batch(),
            Self::WebGpu => recipe.largest_micro_batch(),
        }
    }
}

#[cfg(feature = "webgpu")]
async fn webgpu() -> Result<Device, BackendError> {
    webgpu::open().await.map_err(BackendError::Refused)
}

#[cfg(not(feature = "webgpu"))]
async fn webgpu() -> Result<Device, BackendError> {
    Err(BackendError::NotBuilt(Backend::WebGpu))
}

/// Has WebGPU, once it is open, plan from now on as for another adapter than it has found: every kernel is to be tested
/// wherever there is a device at all.
#[cfg(feature = "webgpu")]
pub fn plan_for(change: impl FnOnce(Adapter) -> Adapter) {
    webgpu::plan_for(change);
}

/// Puts numbers on a device.
///
/// What burn's own `from_data` and `into_data` do, for the two types of this project alone: those link the
/// conversions between all of burn's number types, a third of the CPU module, and kernels that make any tensor contiguous.
pub fn put<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    match device.as_dispatch() {
        #[cfg(feature = "cpu")]
        DispatchDevice::NdArray(_) => ndarray::put(values, shape),
        #[cfg(feature = "webgpu")]
        DispatchDevice::Cube(_) => webgpu::put(&values, shape),
        #[allow(unreachable_patterns)]
        _ => panic!("a run is on the CPU or on WebGPU"),
    }
}

/// Puts indices on a device.
pub fn put_indices(values: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    match device.as_dispatch() {
        #[cfg(feature = "cpu")]
        DispatchDevice::NdArray(_) => ndarray::put_indices(values),
        #[cfg(feature = "webgpu")]
        DispatchDevice::Cube(_) => webgpu::put_indices(&values),
        #[allow(unreachable_patterns)]
        _ => panic!("a run is on the CPU or on WebGPU"),
    }
}

/// Puts the orders of some epochs on a device, `[runs, epochs, n]`: those of runs whose seeds follow one another.
pub fn put_orders(
    order: &Order,
    runs: usize,
    epochs: Range<usize>,
    n: usize,
    device: &Device,
) -> Tensor<1, Int> {
    #[cfg(feature = "webgpu")]
    if let (DispatchDevice::Cube(_), Order::Shuffled { seed }) = (device.as_dispatch(), order)
        && let Some(orders) = webgpu::shuffled(*seed, runs, &epochs, n)
    {
        return orders;
    }
    let mut indices = Vec::with_capacity(runs * epochs.len() * n);
    for run in 0..runs {
        for epoch in epochs.clone() {
            indices.extend(order.of_run(run, epoch, n).into_iter().map(|index| index as i32));
        }
    }
    put_indices(indices, device)
}

/// Reads numbers from their device, when everything queued before is done.
///
/// # Errors
///
/// When the device fails.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ExecutionError> {
    match tensor.device().as_dispatch() {
        #[cfg(feature = "cpu")]
        DispatchDevice::NdArray(_) => Ok(ndarray::read(tensor)),
        #[cfg(feature = "webgpu")]
        DispatchDevice::Cube(_) => webgpu::read(tensor).await,
        #[allow(unreachable_patterns)]
        _ => panic!("a run is on the CPU or on WebGPU"),
    }
}

/// Asks for the numbers that tensors of one device have now, and lets it go on: what is queued from here on does not
/// change them.
pub fn read_later(tensors: Vec<Tensor<1>>, device: &Device) -> Reading {
    match device.as_dispatch() {
        #[cfg(feature = "cpu")]
        DispatchDevice::NdArray(_) => {
            Reading::Ready(tensors.into_iter().map(ndarray::read).collect())
        }
        #[cfg(feature = "webgpu")]
        DispatchDevice::Cube(_) => Reading::Coming(webgpu::read_later(tensors)),
        #[allow(unreachable_patterns)]
        _ => panic!("a run is on the CPU or on WebGPU"),
    }
}

/// Numbers that were asked for.
pub enum Reading {
    /// On the CPU everything is done at once.
    Ready(Vec<Vec<f32>>),
    /// On their way from the device.
    #[cfg(feature = "webgpu")]
    #[allow(private_interfaces)] // Only [`Reading::finish`] looks inside.
    Coming(webgpu::Reading),
}

impl Reading {
    /// The numbers, tensor by tensor, when they are there.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn finish(self) -> Result<Vec<Vec<f32>>, ExecutionError> {
        match self {
            Self::Ready(numbers) => Ok(numbers),
            #[cfg(feature = "webgpu")]
            Self::Coming(reading) => reading.finish().await,
        }
    }
}

/// Whether a device does what it is asked at once, so that nothing is gained by asking for more before it is done.
pub fn is_immediate(device: &Device) -> bool {
    match device.as_dispatch() {
        #[cfg(feature = "cpu")]
        DispatchDevice::NdArray(_) => true,
        #[allow(unreachable_patterns)]
        _ => false,
    }
}

/// Reads numbers from the CPU, which never has anything queued.
#[cfg(feature = "cpu")]
pub fn read_at_once<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    ndarray::read(tensor)
}

/// Why a backend cannot be used. Its `Display` is a sentence for the visitor.
#[derive(Debug, Clone, PartialEq)]
pub enum BackendError {
    /// This build leaves the backend out.
    NotBuilt(Backend),
    /// The machine refused a device.
    Refused(String),
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBuilt(backend) => write!(f, "this build has no {} backend", backend.name()),
            Self::Refused(reason) => write!(f, "the device was refused: {reason}"),
        }
    }
}

impl std::error::Error for BackendError {}
