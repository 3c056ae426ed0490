//! Small networks: many steps of many runs in a dispatch, or two dispatches a step.

use burn::tensor::DType;
use burn_wgpu::CubeTensor;

use crate::model::adam::Adam;
use crate::op::{DrawTensors, Query, StateTensors, Want};
use crate::plan::small::Plan;
use crate::plan::span::{Piece, Span};
use crate::shader;

use super::CubeBackend;
use super::commands::{Binding, ROW};
use super::device::{Gpu, Place};
use super::rows::{self, ADAM, Row, Rows};

/// Draws in a piece at most, so that no dispatch lasts so long that a driver would take the device for hung.
const PIECE: usize = 1 << 14;

/// Bytes at most of what workgroups have for themselves; where there are more runs or models than that is enough for,
/// they come one after the other.
const SCRATCH: usize = 64 << 20;

/// The bindings of a kernel, with the one for the workgroups' memory where that is a part of a buffer.
fn bindings(plan: &Plan, theirs: &[Binding]) -> Vec<Binding> {
    let memory = plan.buffered.then_some(Binding::Write);
    theirs.iter().copied().chain(memory).collect()
}

/// The memory of so many workgroups, where it is a part of a buffer.
fn memory(gpu: &Gpu, plan: &Plan, groups: usize) -> Option<CubeTensor> {
    let numbers = 4 * groups * plan.region();
    plan.buffered.then(|| gpu.empty([numbers].into(), DType::F32))
}

/// Trains whole steps in as few dispatches as their tables have room for.
pub(super) fn train_resident(
    gpu: &Gpu,
    plan: &Plan,
    state: &StateTensors<CubeBackend>,
    draws: &DrawTensors<CubeBackend>,
    order: &CubeTensor,
    span: &Span,
) {
    use Binding::{Read, Table, Write};
    let bindings = bindings(plan, &[Write, Write, Write, Write, Read, Read, Read, Read, Table]);
    let kernel = gpu.kernel(&plan.resident_kernel(), &bindings);
    let memory = memory(gpu, plan, span.runs);
    let tensors = [
        &state.parameters,
        &state.moments,
        &state.losses,
        &state.snapshots,
        &draws.w,
        &draws.x,
        &draws.y,
        order,
    ];
    let places: Vec<Place> = tensors.map(Place::of).to_vec();
    let slots = state.losses.meta.num_elements() / span.runs;
    let orders = order.meta.num_elements() / span.runs;
    let pieces: Vec<(usize, Piece)> = span.pieces(usize::MAX >> 1).enumerate().collect();
    for pieces in pieces.chunks(plan.steps(span.batch.min(span.n), &gpu.adapter.get())) {
        let mut table: Vec<u32> = [pieces.len(), span.n, slots, orders].map(|n| n as u32).to_vec();
        for (finished, piece) in pieces {
            let step = span.steps + *finished as u64 + 1;
            let Adam { rate, root } = Adam::at(span.rate(step), step);
            table.extend([
                piece.start as u32,
                (piece.end - piece.start) as u32,
                rows::scale(span, piece).to_bits(),
                rate.to_bits(),
                root.to_bits(),
                (span.slot + finished) as u32,
                rows::snapshot(span, piece),
                0,
            ]);
        }
        let table = gpu.control(bytemuck::cast_slice(&table));
        let places = places.iter().cloned().chain([table]).chain(memory.as_ref().map(Place::of));
        let group = gpu.group(&bindings, places.collect());
        gpu.record(|pass| {
            pass.set_pipeline(&kernel);
            pass.set_bind_group(0, &group, &[]);
            pass.dispatch_workgroups(span.runs as u32, 1, 1);
        });
    }
}

/// Trains steps and parts of steps, two dispatches each.
pub(super) fn train_spread(
    gpu: &Gpu,
    state: &StateTensors<CubeBackend>,
    draws: &DrawTensors<CubeBackend>,
    order: &CubeTensor,
    span: &Span,
) {
    let plan = Plan::spread(span.layout, &gpu.adapter.get()).expect("the way was planned");
    let bindings = bindings(&plan, &SPREAD);
    let spread = gpu.kernel(&plan.spread_kernel(), &bindings);
    let parts = plan.adam(&gpu.adapter.get());
    let adam = gpu.kernel(&shader::adam(&parts), &ADAM);

    let most = plan.workgroups(span.batch.min(span.n).min(PIECE), &gpu.adapter.get());
    let of_run = most * 4 * (plan.vectors() + 1);
    let memory_of_run = if plan.buffered { most * 4 * plan.region() } else { 0 };
    let at_a_time = (SCRATCH / (4 * (of_run + memory_of_run))).clamp(1, span.runs);
    let scratch = gpu.empty([at_a_time * of_run].into(), DType::F32);
    let memory = memory(gpu, &plan, at_a_time * most);
    let StateTensors { parameters, moments, gradient, losses, snapshots } = state;
    let forward = [&scratch, parameters, &draws.w, &draws.x, &draws.y, order].map(Place::of);
    let step = [&scratch, parameters, moments, gradient, losses, snapshots].map(Place::of);
    let memory = memory.as_ref().map(Place::of);

    let rows = Rows::of(state, order, span);
    let pieces: Vec<Piece> = span.pieces(PIECE).collect();
    for (some, finished) in Rows::calls(&pieces) {
        for first in (0..span.runs).step_by(at_a_time) {
            let runs = at_a_time.min(span.runs - first);
            let control = rows.control(gpu, some, finished, |piece, row| {
                let groups = plan.workgroups(piece.end - piece.start, &gpu.adapter.get());
                *row = Row { run: first, parts: groups, ..*row };
            });
            let places = forward.iter().chain([&control]).chain(&memory);
            let forward = gpu.group(&bindings, places.cloned().collect());
            let step = gpu.group(&ADAM, step.iter().chain([&control]).cloned().collect());
            gpu.record(|pass| {
                for (index, piece) in some.iter().enumerate() {
                    let offset = [(index * ROW) as u32];
                    let groups = plan.workgroups(piece.end - piece.start, &gpu.adapter.get());
                    pass.set_pipeline(&spread);
                    pass.set_bind_group(0, &forward, &offset);
                    pass.dispatch_workgroups(groups as u32, runs as u32, 1);
                    pass.set_pipeline(&adam);
                    pass.set_bind_group(0, &step, &offset);
                    pass.dispatch_workgroups(parts.workgroups(), runs as u32, 1);
                }
            });
        }
    }
}

const SPREAD: [Binding; 7] = {
    use Binding::{Read, Row, Write};
    [Write, Read, Read, Read, Read, Read, Row(rows::BYTES)]
};

/// y' or the squared errors.
pub(super) fn evaluate(
    gpu: &Gpu,
    plan: &Plan,
    parameters: &CubeTensor,
    draws: &DrawTensors<CubeBackend>,
    query: &Query,
) -> CubeTensor {
    use Binding::{Read, Table, Write};
    let bindings = bindings(plan, &[Write, Read, Read, Read, Read, Table]);
    let kernel = gpu.kernel(&plan.evaluating_kernel(), &bindings);
    let Query { layout, models, runs, want } = *query;
    let (n, squares) = (draws.x.meta.num_elements() / (layout.d * runs), want == Want::Squares);
    let groups = plan.workgroups(n, &gpu.adapter.get());
    let numbers = models * if squares { groups } else { n * layout.d };
    let output = gpu.empty([numbers].into(), DType::F32);
    let memory_of_model = if plan.buffered { 16 * groups * plan.region() } else { 1 };
    let at_a_time = (SCRATCH / memory_of_model).clamp(1, models.max(1));
    let memory = memory(gpu, plan, at_a_time * groups);
    let places = [&output, parameters, &draws.w, &draws.x, &draws.y].map(Place::of);
    for first in (0..models).step_by(at_a_time) {
        let numbers = [n as u32, runs as u32, u32::from(squares), first as u32];
        let control = gpu.control(bytemuck::cast_slice(&numbers));
        let places = places.iter().cloned().chain([control]).chain(memory.as_ref().map(Place::of));
        let group = gpu.group(&bindings, places.collect());
        gpu.record(|pass| {
            pass.set_pipeline(&kernel);
            pass.set_bind_group(0, &group, &[]);
            let some = at_a_time.min(models - first);
            pass.dispatch_workgroups(groups as u32, some as u32, 1);
        });
    }
    output
}
