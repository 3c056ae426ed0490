//! The device: opened here, with all that the adapter has, and given to burn-wgpu, which keeps tensors in its memory.
//!
//! burn-wgpu's server compiles CubeCL's kernels, and whatever may be asked of it is linked. Ours is the same server with
//! a compiler that refuses ([`Refusing`]): the compiler that nobody asks is four fifths of the module.

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::atomic::{AtomicU32, Ordering};

use burn::backend::Device as _;
use burn::tensor::{DType, Device, Shape};
use burn_wgpu::{CubeTensor, wgpu};
use cubecl::client::Client;
use cubecl::device::{WgpuDevice, WgpuDeviceKind};
use cubecl::ir::{
    DeviceIdentity, DeviceProperties, HardwareProperties, MemoryDeviceProperties, TargetProperties,
};
use cubecl::profile::TimingMethod;
use cubecl::server::{LaunchError, ServerUtilities};
use cubecl::wgpu::{AutoRepresentation, CompilerInfo, WgpuCompiler, WgpuServer};
use cubecl::{CompilationError, Compiler, MemoryConfiguration, WgpuCompilationOptions};
use cubecl_common::device::ServiceId;
use cubecl_server::allocator::ContiguousMemoryLayoutPolicy;
use cubecl_server::kernel::{CompiledKernel, CubeKernel, KernelDefinition};

use crate::plan::Adapter;

use super::commands::Commands;
use super::tiled::Tiled;

/// What is computed on: one device for each thread, which in a browser is the worker.
pub(super) struct Gpu {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) adapter: Cell<Adapter>,
    pub(super) commands: RefCell<Commands>,
    /// What the last large networks are computed with.
    pub(super) tiled: RefCell<Option<Tiled>>,
    client: Client,
    id: WgpuDevice,
}

thread_local! {
    static GPU: OnceCell<Gpu> = const { OnceCell::new() };
}

/// Works on the device, which is open wherever there is a tensor.
pub(super) fn gpu<T>(work: impl FnOnce(&Gpu) -> T) -> T {
    GPU.with(|gpu| work(gpu.get().expect("the device was opened before a tensor was made")))
}

/// Software adapters that do not say that they are.
const SOFTWARE: [&str; 4] = ["swiftshader", "llvmpipe", "lavapipe", "basic render"];

/// Buffers of a kernel that is made for them: all of them have more than the least of WebGPU.
const SOFT_BUFFERS: u32 = 9;

/// Bytes to which a buffer's beginning is aligned.
const ALIGNMENT: usize = 256;

/// Opens the device of this thread, or gives it again.
///
/// # Errors
///
/// When there is no adapter, or it refuses a device.
pub(in crate::backend) async fn open() -> Result<Device, String> {
    let opened = GPU.with(|gpu| {
        let gpu = gpu.get()?;
        // Those of the last run keep its buffers.
        gpu.forget_groups();
        Some(gpu.id.clone())
    });
    if let Some(id) = opened {
        return Ok(Device::from(id));
    }
    let backends = if cfg!(target_arch = "wasm32") {
        wgpu::Backends::BROWSER_WEBGPU
    } else {
        wgpu::Backends::PRIMARY
    };
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let power_preference = wgpu::PowerPreference::HighPerformance;
    let options = wgpu::RequestAdapterOptions { power_preference, ..Default::default() };
    let adapter = instance.request_adapter(&options).await.map_err(|why| why.to_string())?;
    let limits = adapter.limits();
    let (device, queue) = adapter
        .request_device(&wgpu::DeviceDescriptor {
            required_limits: limits.clone(),
            ..Default::default()
        })
        .await
        .map_err(|why| why.to_string())?;

    let gpu = Gpu {
        adapter: Cell::new(Adapter {
            software: is_software(&adapter.get_info()) && is_roomy(&limits),
            memory: limits.max_compute_workgroup_storage_size as usize,
            invocations: limits.max_compute_invocations_per_workgroup as usize,
        }),
        commands: RefCell::default(),
        tiled: RefCell::default(),
        ..register(adapter.get_info().backend, device, queue, &limits)?
    };
    // Two calls at the same time: the first device stays.
    let id = GPU.with(|opened| opened.get_or_init(|| gpu).id.clone());
    Ok(Device::from(id))
}

/// Has everything from now on be planned as for another adapter.
pub(in crate::backend) fn plan_for(change: impl FnOnce(Adapter) -> Adapter) {
    gpu(|gpu| {
        let Adapter { software, memory, invocations } = change(gpu.adapter.get());
        let software = software && is_roomy(&gpu.device.limits());
        gpu.adapter.set(Adapter { software, memory, invocations });
    });
}

/// Whether the kernels for software adapters can bind what they need.
fn is_roomy(limits: &wgpu::Limits) -> bool {
    limits.max_storage_buffers_per_shader_stage >= SOFT_BUFFERS
}

fn is_software(info: &wgpu::AdapterInfo) -> bool {
    let names = format!("{} {} {}", info.name, info.driver, info.driver_info).to_lowercase();
    info.device_type == wgpu::DeviceType::Cpu || SOFTWARE.iter().any(|name| names.contains(name))
}

/// Has burn-wgpu keep its tensors on the device.
fn register(
    backend: wgpu::Backend,
    device: wgpu::Device,
    queue: wgpu::Queue,
    limits: &wgpu::Limits,
) -> Result<Gpu, String> {
    static OPENED: AtomicU32 = AtomicU32::new(0);
    let id = WgpuDevice::new(WgpuDeviceKind::Existing(OPENED.fetch_add(1, Ordering::Relaxed)));
    let largest = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
    let memory = MemoryDeviceProperties::new(largest, ALIGNMENT as u64);
    let nobody = DeviceIdentity {
        name: String::new(),
        fingerprint: String::new(),
        physical: Default::default(),
    };
    let properties = DeviceProperties::new(
        Default::default(),
        memory.clone(),
        for_no_kernel(),
        TimingMethod::Device,
        nobody,
    );
    let (utilities, captures) = ServerUtilities::init(
        ServiceId::of::<Server>(id.to_id()),
        "wgpu",
        properties,
        TargetProperties { mma: Default::default() },
        Default::default(),
        ContiguousMemoryLayoutPolicy::new(ALIGNMENT),
    );
    let server = Server::new(
        memory,
        MemoryConfiguration::default(),
        WgpuCompilationOptions::default(),
        device.clone(),
        queue.clone(),
        1,
        backend,
        TimingMethod::Device,
        utilities,
        captures,
    );
    let client = Client::try_init(id.to_id(), server).map_err(|why| format!("{why:?}"))?;
    let (commands, tiled) = Default::default();
    Ok(Gpu { device, queue, adapter: Cell::new(Adapter::LEAST), commands, tiled, client, id })
}

/// What CubeCL's kernels would be made for.
fn for_no_kernel() -> HardwareProperties {
    HardwareProperties {
        load_width: 128,
        vector_register_count: None,
        plane_size_min: 1,
        plane_size_max: 1,
        max_bindings: 8,
        max_shared_memory_size: Adapter::LEAST.memory,
        max_cube_count: (1, 1, 1),
        max_units_per_cube: 1,
        max_cube_dim: (1, 1, 1),
        num_streaming_multiprocessors: None,
        num_cpu_cores: None,
        last_level_cache_size: None,
        num_tensor_cores: None,
        min_tensor_cores_dim: None,
        max_vector_size: 4,
        cube_mma_reserved_shared_memory: 0,
    }
}

type Server = WgpuServer<Refusing>;

/// A compiler that nobody asks, since no kernel of CubeCL's is launched.
#[derive(Debug, Clone)]
struct Refusing;

impl Compiler for Refusing {
    type Representation = String;
    type CompilationOptions = ();

    fn compile(&mut self, _: KernelDefinition, _: &()) -> Result<String, CompilationError> {
        unreachable!("no kernel of CubeCL's is launched")
    }

    fn extension(&self) -> &'static str {
        "wgsl"
    }

    fn lang_tag(&self) -> &'static str {
        "wgsl"
    }
}

impl WgpuCompiler for Refusing {
    fn init(_: wgpu::Backend, _: &WgpuCompilationOptions) -> Self {
        Self
    }

    fn validate_ir(&self, _: &Option<String>, _: &DeviceProperties) -> Result<(), LaunchError> {
        Ok(())
    }

    fn compile_kernel(
        &mut self,
        _: &mut Server,
        _: Box<dyn CubeKernel>,
        _: KernelDefinition,
    ) -> Result<CompiledKernel<Self>, CompilationError> {
        unreachable!("no kernel of CubeCL's is launched")
    }

    fn normalize_repr(&self, _: Option<String>) -> (CompilerInfo, Option<AutoRepresentation>) {
        (CompilerInfo::None, None)
    }
}

/// A tensor's place in a buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) buffer: wgpu::Buffer,
    pub(super) offset: u64,
    pub(super) size: u64,
}

impl Place {
    pub(super) fn of(tensor: &CubeTensor) -> Self {
        let resource = tensor.client.get_resource::<Server>(tensor.handle.clone());
        let resource = resource.expect("a tensor has a buffer");
        let resource = resource.resource();
        let (buffer, offset, size) = (resource.buffer.clone(), resource.offset, resource.size);
        Self { buffer, offset, size }
    }

    /// A buffer that is no tensor's, as a whole.
    pub(super) fn whole(buffer: &wgpu::Buffer) -> Self {
        Self { buffer: buffer.clone(), offset: 0, size: buffer.size() }
    }
}

impl Gpu {
    /// A tensor with whatever its memory held before.
    pub(super) fn empty(&self, shape: Shape, dtype: DType) -> CubeTensor {
        let handle = self.client.empty(shape.num_elements().max(1) * dtype.size());
        let device = cubecl::Device::Wgpu(self.id.clone());
        CubeTensor::new_contiguous(self.client.clone(), device, shape, handle, dtype)
    }

    /// A tensor of bytes.
    pub(super) fn upload(&self, bytes: &[u8], shape: Shape, dtype: DType) -> CubeTensor {
        let tensor = self.empty(shape, dtype);
        let Place { buffer, offset, .. } = Place::of(&tensor);
        // What is recorded may read what this memory held before, and a write comes before it.
        self.submit();
        self.queue.write_buffer(&buffer, offset, bytes);
        tensor
    }

    /// A buffer for what is only ever on the device, all zeros.
    pub(super) fn scratch(&self, numbers: usize) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: (4 * numbers.max(4)) as u64,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }
}
