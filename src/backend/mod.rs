//! The two backends, by name. The only folder that knows burn-ndarray and burn-wgpu.
//!
//! Everything else takes a [`Device`] value. A backend that was not compiled in, or that this machine
//! does not have, is an error value and never a trap.

#[cfg(feature = "webgpu")]
mod cube;
// burn 0.22 prefers Flex to NdArray, the backend that this project was asked for.
#[cfg(feature = "cpu")]
#[allow(deprecated)]
mod ndarray;

use std::fmt;

use burn::backend::DispatchDevice;
use burn::tensor::{Device, ExecutionError, Int, Tensor};

use crate::config::Recipe;

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

/// Dispatches that wait for one another before they are submitted: 64 steps of two, between two reads of the
/// losses. A submit costs as much as several small steps.
#[cfg(feature = "webgpu")]
const DISPATCHES: usize = 128;

#[cfg(feature = "webgpu")]
async fn webgpu() -> Result<Device, BackendError> {
    use std::cell::OnceCell;
    thread_local! {
        // burn registers a device once and refuses to initialise it again.
        static OPENED: OnceCell<Device> = const { OnceCell::new() };
    }
    if let Some(device) = OPENED.with(|opened| opened.get().cloned()) {
        return Ok(device);
    }
    let device = Device::wgpu_options()
        .tasks_max(DISPATCHES)
        .init_async()
        .await
        .map_err(|error| BackendError::Refused(error.to_string()))?;
    Ok(OPENED.with(|opened| opened.get_or_init(|| device).clone()))
}

#[cfg(not(feature = "webgpu"))]
async fn webgpu() -> Result<Device, BackendError> {
    Err(BackendError::NotBuilt(Backend::WebGpu))
}

/// Puts numbers on a device.
///
/// What burn's own `from_data` and `into_data` do, for the two types of this project alone: those link the
/// conversions between all of burn's number types, a third of the CPU module.
pub fn put<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    match device.as_dispatch() {
        #[cfg(feature = "cpu")]
        DispatchDevice::NdArray(_) => ndarray::put(values, shape),
        #[cfg(feature = "webgpu")]
        DispatchDevice::Cube(device) => cube::put(values, shape, device),
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
        DispatchDevice::Cube(device) => cube::put_indices(values, device),
        #[allow(unreachable_patterns)]
        _ => panic!("a run is on the CPU or on WebGPU"),
    }
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
        DispatchDevice::Cube(_) => cube::read(tensor).await,
        #[allow(unreachable_patterns)]
        _ => panic!("a run is on the CPU or on WebGPU"),
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
