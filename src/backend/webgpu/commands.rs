//! What a call asks for, recorded: kernels, their bindings, what differs from one dispatch to the next, and what is read.
//!
//! Commands gather in an encoder until something is read or written, so that a call of many steps is one submission.
//! Pipelines are made once for a text, bind groups once for the buffers that they bind. What differs from one dispatch
//! to the next stands in a control buffer; where a call has several such rows a bind group finds each by its offset.

use std::collections::HashMap;
use std::num::NonZeroU64;

use burn::tensor::ExecutionError;
use burn_wgpu::{CubeTensor, wgpu};
use futures_channel::oneshot;

use super::device::{Gpu, Place};

/// How a kernel takes a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Binding {
    Read,
    Write,
    /// So many bytes of a control buffer, from an offset on that a dispatch chooses.
    Row(u64),
    /// A control buffer as a whole.
    Table,
}

/// Bytes from one row of a control buffer to the next: the most that a device asks for.
pub(super) const ROW: usize = 256;

/// Bytes of a control buffer: 64 rows, or the table of a dispatch of resident runs.
pub(super) const CONTROL: usize = 64 * ROW;

/// Bind groups that are kept; a run has a few for each control buffer.
const MOST_GROUPS: usize = 256;

/// Kernels that are kept: those of some dozen recipes.
const MOST_KERNELS: usize = 128;

#[derive(Debug, Default)]
pub(super) struct Commands {
    encoder: Option<wgpu::CommandEncoder>,
    layouts: HashMap<Vec<Binding>, wgpu::BindGroupLayout>,
    kernels: HashMap<String, wgpu::ComputePipeline>,
    groups: HashMap<(Vec<Binding>, Vec<Place>), wgpu::BindGroup>,
    /// Control buffers that nothing recorded reads, and those that something does.
    free: Vec<wgpu::Buffer>,
    taken: Vec<wgpu::Buffer>,
}

impl std::hash::Hash for Place {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.buffer.hash(state);
        self.offset.hash(state);
    }
}

impl Place {
    fn entry(&self, binding: usize, kind: Binding) -> wgpu::BindGroupEntry<'_> {
        let size = if let Binding::Row(size) = kind { size } else { self.size };
        wgpu::BindGroupEntry {
            binding: binding as u32,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: &self.buffer,
                offset: self.offset,
                size: NonZeroU64::new(size.next_multiple_of(4)),
            }),
        }
    }
}

impl Gpu {
    /// A kernel by its text, whose bindings are numbered as they come.
    pub(super) fn kernel(&self, text: &str, bindings: &[Binding]) -> wgpu::ComputePipeline {
        if let Some(kernel) = self.commands.borrow().kernels.get(text) {
            return kernel.clone();
        }
        let layout = self.layout(bindings);
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: None,
            source: wgpu::ShaderSource::Wgsl(text.into()),
        });
        let pipeline_layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(&layout)],
            ..Default::default()
        });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: Default::default(),
            cache: None,
        });
        let kernels = &mut self.commands.borrow_mut().kernels;
        if kernels.len() >= MOST_KERNELS {
            kernels.clear();
        }
        kernels.insert(text.to_owned(), pipeline.clone());
        pipeline
    }

    fn layout(&self, bindings: &[Binding]) -> wgpu::BindGroupLayout {
        if let Some(layout) = self.commands.borrow().layouts.get(bindings) {
            return layout.clone();
        }
        let entry = |(binding, kind): (usize, &Binding)| {
            let uniform = matches!(kind, Binding::Row(_) | Binding::Table);
            let ty = if uniform {
                wgpu::BufferBindingType::Uniform
            } else {
                wgpu::BufferBindingType::Storage { read_only: *kind == Binding::Read }
            };
            wgpu::BindGroupLayoutEntry {
                binding: binding as u32,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty,
                    has_dynamic_offset: matches!(kind, Binding::Row(_)),
                    min_binding_size: None,
                },
                count: None,
            }
        };
        let entries: Vec<_> = bindings.iter().enumerate().map(entry).collect();
        let descriptor = wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries };
        let layout = self.device.create_bind_group_layout(&descriptor);
        self.commands.borrow_mut().layouts.insert(bindings.to_vec(), layout.clone());
        layout
    }

    /// Buffers bound as kernels with such bindings take them.
    #[allow(clippy::mutable_key_type)] // A buffer is told from others by which it is, and that does not change.
    pub(super) fn group(&self, bindings: &[Binding], places: Vec<Place>) -> wgpu::BindGroup {
        let key = (bindings.to_vec(), places);
        if let Some(group) = self.commands.borrow().groups.get(&key) {
            return group.clone();
        }
        let layout = self.layout(bindings);
        let places = key.1.iter().zip(bindings).enumerate();
        let entries: Vec<_> =
            places.map(|(binding, (place, kind))| place.entry(binding, *kind)).collect();
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &layout,
            entries: &entries,
        });
        let groups = &mut self.commands.borrow_mut().groups;
        // They keep buffers alive that a run which is over had.
        if groups.len() >= MOST_GROUPS {
            groups.clear();
        }
        groups.insert(key, group.clone());
        group
    }

    /// Lets go of the bind groups, and with them of buffers that nothing else holds.
    pub(super) fn forget_groups(&self) {
        self.commands.borrow_mut().groups.clear();
    }

    /// Bytes in a control buffer of this submission.
    pub(super) fn control(&self, bytes: &[u8]) -> Place {
        let free = self.commands.borrow_mut().free.pop();
        let buffer = free.unwrap_or_else(|| {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: CONTROL as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        });
        self.queue.write_buffer(&buffer, 0, bytes);
        self.commands.borrow_mut().taken.push(buffer.clone());
        Place::whole(&buffer)
    }

    /// Records dispatches.
    pub(super) fn record(&self, work: impl FnOnce(&mut wgpu::ComputePass<'_>)) {
        let mut commands = self.commands.borrow_mut();
        let encoder = commands.encoder.get_or_insert_with(|| {
            self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
        });
        work(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()));
    }

    /// Hands the device what was recorded.
    pub(super) fn submit(&self) {
        let mut commands = self.commands.borrow_mut();
        if let Some(encoder) = commands.encoder.take() {
            self.queue.submit([encoder.finish()]);
        }
        // What is written into them from now on comes behind what was just submitted.
        let Commands { free, taken, .. } = &mut *commands;
        free.append(taken);
    }

    /// Copies what tensors will hold when everything before is done, and hands the device all that was recorded.
    pub(super) fn read_later(&self, tensors: &[CubeTensor]) -> Reading {
        let places: Vec<Place> = tensors.iter().map(Place::of).collect();
        let lengths: Vec<u64> =
            tensors.iter().map(|tensor| 4 * tensor.meta.num_elements() as u64).collect();
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: lengths.iter().sum::<u64>().max(4),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut commands = self.commands.borrow_mut();
        let encoder = commands.encoder.get_or_insert_with(|| {
            self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
        });
        let mut at = 0;
        for (place, length) in places.iter().zip(&lengths) {
            encoder.copy_buffer_to_buffer(&place.buffer, place.offset, &buffer, at, *length);
            at += length;
        }
        drop(commands);
        self.submit();
        let (sender, ready) = oneshot::channel();
        buffer.map_async(wgpu::MapMode::Read, .., move |mapped| {
            // Nobody waits any more where a run was dropped.
            let _ = sender.send(mapped);
        });
        let lengths = lengths.into_iter().map(|length| length as usize / 4).collect();
        Reading { device: self.device.clone(), buffer, lengths, ready }
    }
}

/// Numbers on their way from the device.
#[derive(Debug)]
pub(in crate::backend) struct Reading {
    device: wgpu::Device,
    buffer: wgpu::Buffer,
    lengths: Vec<usize>,
    ready: oneshot::Receiver<Result<(), wgpu::BufferAsyncError>>,
}

impl Reading {
    /// The numbers, tensor by tensor, when they are there.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub(in crate::backend) async fn finish(self) -> Result<Vec<Vec<f32>>, ExecutionError> {
        let failed = |why: String| ExecutionError::WithContext { reason: why };
        if cfg!(not(target_arch = "wasm32")) {
            // A browser's device works by itself.
            let polled = self.device.poll(wgpu::PollType::wait_indefinitely());
            polled.map_err(|why| failed(why.to_string()))?;
        }
        let mapped = self.ready.await.map_err(|_| failed("the device is gone".to_owned()))?;
        mapped.map_err(|why| failed(why.to_string()))?;
        let view = self.buffer.get_mapped_range(..).map_err(|why| failed(why.to_string()))?;
        let mut numbers = view.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let tensors =
            self.lengths.iter().map(|length| numbers.by_ref().take(*length).collect()).collect();
        drop(view);
        self.buffer.destroy();
        Ok(tensors)
    }
}
