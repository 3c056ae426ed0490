//! The second dispatch of a step: the gradient's parts added up, and Adam.

use burn_wgpu::CubeTensor;
use cubecl::prelude::*;

use crate::adam::Adam;
use crate::layout::LANES;
use crate::op::StateTensors;

use super::{Control, CubeBackend, Four, buffer, field};

/// Invocations in a workgroup.
const UNITS: usize = 64;

/// Adds the gradient's `parts` of a piece to what its mini-batch has, and takes the step if the mini-batch ends.
///
/// `parts` are rows of the parameters' gradient and, in a last vector, the loss.
pub(super) fn update(
    state: &StateTensors<CubeBackend>,
    parts: &CubeTensor,
    rows: usize,
    control: &Control,
    piece: usize,
) {
    let fours = state.parameters.meta.num_elements() / LANES;
    step::launch(
        &state.parameters.client,
        CubeCount::Static((fours + 1).div_ceil(UNITS) as u32, 1, 1),
        CubeDim::new_1d(UNITS as u32),
        buffer(parts),
        buffer(&state.parameters),
        buffer(&state.moments),
        buffer(&state.gradient),
        buffer(&state.losses),
        buffer(&control.tensor),
        piece as u32,
        rows as u32,
        fours,
    );
}

/// One vector of the gradient an invocation, and one more for the loss.
#[cube(launch)]
#[allow(clippy::too_many_arguments)] // a kernel's bindings
fn step(
    parts: &[Four],
    parameters: &mut [Four],
    moments: &mut [Four],
    gradient: &mut [f32],
    losses: &mut [f32],
    control: &[f32],
    piece: u32,
    rows: u32,
    #[comptime] fours: usize,
) {
    let at = ABSOLUTE_POS;
    if at > fours {
        terminate!();
    }
    let mut g = parts[at];
    for row in 1..rows as usize {
        g += parts[row * (fours + 1) + at];
    }
    if field(control, piece, Control::FIRST) == 0.0 {
        g.insert(0usize, g.extract(0usize) + gradient[4 * at]);
        if at < fours {
            #[unroll]
            for lane in 1..4usize {
                g.insert(lane, g.extract(lane) + gradient[4 * at + lane]);
            }
        }
    }
    if field(control, piece, Control::LAST) == 0.0 {
        gradient[4 * at] = g.extract(0usize);
        if at < fours {
            #[unroll]
            for lane in 1..4usize {
                gradient[4 * at + lane] = g.extract(lane);
            }
        }
    } else if at == fours {
        losses[field(control, piece, Control::SLOT) as usize] = g.extract(0usize);
    } else {
        let decay = comptime!(Adam::DECAY);
        let m = moments[at] * Four::new(comptime!(decay[0])) + g * Four::new(comptime!(decay[1]));
        let v = moments[fours + at] * Four::new(comptime!(decay[2]))
            + g * g * Four::new(comptime!(decay[3]));
        moments[at] = m;
        moments[fours + at] = v;
        let rate = Four::new(field(control, piece, Control::RATE));
        let root = Four::new(field(control, piece, Control::ROOT));
        let epsilon = Four::new(comptime!(Adam::EPSILON));
        parameters[at] -= m / (v.sqrt() * root + epsilon) * rate;
    }
}
