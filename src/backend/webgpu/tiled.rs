//! Large networks: a dispatch for each stage of the plan, all of a call in one submission.

use burn::tensor::DType;
use burn_wgpu::{CubeTensor, wgpu};

use crate::op::{DrawTensors, Query, StateTensors, Want};
use crate::plan::large::{Plan, Stage};
use crate::plan::span::{Piece, Span};
use crate::shader;

use super::CubeBackend;
use super::commands::{Binding, ROW};
use super::device::{Gpu, Place};
use super::rows::{self, ADAM, Row, Rows};

/// The bindings that all stages share, so that a step binds them once.
const STAGE: [Binding; 9] = {
    use Binding::{Read, Row, Write};
    [Write, Write, Write, Read, Read, Read, Read, Read, Row(rows::BYTES)]
};

const OUTPUTS: [Binding; 4] = {
    use Binding::{Read, Row, Write};
    [Write, Read, Read, Row(rows::BYTES)]
};

/// Parts of a sum of squared errors, or more where its draws come in more pieces.
const SQUARES: usize = 64;

/// Draws of a mini-batch for which a plan is made where nothing has been trained.
const UNTRAINED: usize = 256;

/// A plan, ready.
#[derive(Debug)]
pub(super) struct Tiled {
    plan: Plan,
    forward: Vec<(Stage, wgpu::ComputePipeline)>,
    /// Made when training begins, since to predict needs none of it.
    backward: Vec<(Stage, wgpu::ComputePipeline)>,
    scratch: Place,
    sums: Place,
    bits: Place,
}

impl Tiled {
    /// Readies a plan; what belongs to another is let go.
    fn ready(gpu: &Gpu, plan: Plan, training: bool) -> Self {
        let last = gpu.tiled.borrow_mut().take();
        let last =
            last.and_then(|tiled| if tiled.plan == plan { Some(tiled) } else { tiled.free(gpu) });
        let mut tiled = last.unwrap_or_else(|| {
            let [scratch, sums, bits] = plan.sizes().map(|size| Place::whole(&gpu.scratch(size)));
            let (forward, backward) = (kernels(gpu, plan.forward()), Vec::new());
            Self { plan, forward, backward, scratch, sums, bits }
        });
        if training && tiled.backward.is_empty() {
            tiled.backward = kernels(gpu, plan.backward());
        }
        tiled
    }

    /// Lets go of all that is on the device, where a buffer that nobody holds waits for JavaScript's collector.
    fn free(self, gpu: &Gpu) -> Option<Self> {
        gpu.submit();
        gpu.forget_groups();
        for place in [self.scratch, self.sums, self.bits] {
            place.buffer.destroy();
        }
        None
    }

    /// What the stages of a call bind.
    fn group(
        &self,
        gpu: &Gpu,
        [parameters, w, x, y, order]: [&CubeTensor; 5],
        control: &Place,
    ) -> wgpu::BindGroup {
        let own = [&self.scratch, &self.sums, &self.bits].map(Place::clone);
        let theirs = [parameters, w, x, y, order].map(Place::of);
        let places = own.into_iter().chain(theirs).chain([control.clone()]);
        gpu.group(&STAGE, places.collect())
    }

    fn run(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        stages: &[(Stage, wgpu::ComputePipeline)],
        draws: usize,
    ) {
        for (stage, kernel) in stages {
            let [x, y, z] = stage.groups(&self.plan, draws);
            pass.set_pipeline(kernel);
            pass.dispatch_workgroups(x, y, z);
        }
    }
}

fn kernels(gpu: &Gpu, stages: Vec<Stage>) -> Vec<(Stage, wgpu::ComputePipeline)> {
    let ready = |stage: Stage| {
        let kernel = gpu.kernel(&stage.text, &STAGE);
        (stage, kernel)
    };
    stages.into_iter().map(ready).collect()
}

/// Trains on a span, one run after the other.
pub(super) fn train(
    gpu: &Gpu,
    plan: &Plan,
    state: &StateTensors<CubeBackend>,
    draws: &DrawTensors<CubeBackend>,
    order: &CubeTensor,
    span: &Span,
) {
    let tiled = Tiled::ready(gpu, *plan, true);
    let parts = plan.adam();
    let adam = gpu.kernel(&shader::adam(&parts), &ADAM);
    let rows = Rows::of(state, order, span);
    let pieces: Vec<Piece> = span.pieces(plan.draws()).collect();
    for (some, finished) in Rows::calls(&pieces) {
        for run in 0..span.runs {
            let control = rows.control(gpu, some, finished, |piece, row| {
                let [all, of_rows] = plan.parts(piece.end - piece.start);
                *row = Row {
                    run,
                    model: run,
                    parts: all.parts,
                    share: all.share,
                    row_parts: of_rows.parts,
                    row_share: of_rows.share,
                    ..*row
                };
            });
            let own = [&state.parameters, &draws.w, &draws.x, &draws.y, order];
            let group = tiled.group(gpu, own, &control);
            let tensors = [
                &state.parameters,
                &state.moments,
                &state.gradient,
                &state.losses,
                &state.snapshots,
            ];
            let places = std::iter::once(tiled.scratch.clone()).chain(tensors.map(Place::of));
            let step = gpu.group(&ADAM, places.chain([control]).collect());
            gpu.record(|pass| {
                for (index, piece) in some.iter().enumerate() {
                    let offset = [(index * ROW) as u32];
                    let count = piece.end - piece.start;
                    pass.set_bind_group(0, &group, &offset);
                    tiled.run(pass, &tiled.forward, count);
                    tiled.run(pass, &tiled.backward, count);
                    pass.set_bind_group(0, &step, &offset);
                    pass.set_pipeline(&adam);
                    pass.dispatch_workgroups(parts.workgroups(), 1, 1);
                }
            });
        }
    }
    *gpu.tiled.borrow_mut() = Some(tiled);
}

/// y' or the squared errors, in pieces as a mini-batch is taken.
pub(super) fn evaluate(
    gpu: &Gpu,
    parameters: &CubeTensor,
    draws: &DrawTensors<CubeBackend>,
    query: &Query,
) -> CubeTensor {
    let Query { layout, models, runs, want } = *query;
    let n = draws.x.meta.num_elements() / (layout.d * runs);
    let trained = gpu.tiled.borrow().as_ref().map(|tiled| tiled.plan);
    let plan = trained
        .filter(|plan| plan.layout() == layout)
        .unwrap_or_else(|| Plan::of(layout, n.min(UNTRAINED), &gpu.adapter.get()));
    let tiled = Tiled::ready(gpu, plan, false);
    let outputs = gpu.kernel(&plan.outputs(), &OUTPUTS);
    let order: Vec<u32> = (0..n as u32).collect();
    let order = gpu.upload(bytemuck::cast_slice(&order), [n].into(), DType::I32);
    let span = Span::evaluating(layout, runs, n);
    let squares = want == Want::Squares;
    let rows = Rows::evaluating(&span, squares);
    let pieces: Vec<Piece> = span.pieces(plan.draws()).collect();
    // Each piece leaves its sums beside those of the others.
    let groups = if squares { (SQUARES / pieces.len()).max(1) } else { SQUARES };
    let parts = groups * pieces.len();
    let numbers = models * if squares { parts } else { n * layout.d };
    let output = gpu.empty([numbers].into(), DType::F32);
    let DrawTensors { w, x, y } = draws;
    for model in 0..models {
        for some in pieces.chunks(Rows::MOST) {
            let control = rows.control(gpu, some, 0, |piece, row| {
                let slot = model * parts + piece.start / plan.draws() * groups;
                *row = Row { run: model % runs, model, slot, ..*row };
            });
            let group = tiled.group(gpu, [parameters, w, x, y, &order], &control);
            let places = [Place::of(&output), tiled.sums.clone(), Place::of(y), control];
            let last = gpu.group(&OUTPUTS, places.to_vec());
            gpu.record(|pass| {
                for (index, piece) in some.iter().enumerate() {
                    let offset = [(index * ROW) as u32];
                    pass.set_bind_group(0, &group, &offset);
                    tiled.run(pass, &tiled.forward, piece.end - piece.start);
                    pass.set_bind_group(0, &last, &offset);
                    pass.set_pipeline(&outputs);
                    pass.dispatch_workgroups(groups as u32, 1, 1);
                }
            });
        }
    }
    *gpu.tiled.borrow_mut() = Some(tiled);
    output
}
