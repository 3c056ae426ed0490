//! The operations on burn-ndarray: tensors become slices, and [`crate::kernel`] works on those in place.

use burn::backend::NdArray;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn_ndarray::{NdArrayTensor, SharedArray};

use crate::kernel;
use crate::layout::Layout;
use crate::op::{DrawTensors, PhiPsiOps, StateTensors};
use crate::span::Span;

impl PhiPsiOps for NdArray {
    fn phi_psi_train(
        state: StateTensors<Self>,
        draws: DrawTensors<Self>,
        order: IntTensor<Self>,
        span: Span,
    ) -> StateTensors<Self> {
        let StateTensors { parameters, moments, gradient, losses } = state;
        let [mut parameters, mut moments, mut gradient, mut losses] =
            [parameters, moments, gradient, losses].map(floats);
        let [w, x, y] = [draws.w, draws.x, draws.y].map(floats);
        let NdArrayTensor::I32(order) = order else {
            panic!("the order's indices are i32");
        };
        let order = order.into_shared();
        let state = kernel::State {
            parameters: slice_mut(&mut parameters),
            moments: slice_mut(&mut moments),
            gradient: slice_mut(&mut gradient),
            losses: slice_mut(&mut losses),
        };
        let draws = kernel::Draws { w: slice(&w), x: slice(&x), y: slice(&y) };
        kernel::train(state, draws, slice(&order), &span);
        StateTensors {
            parameters: parameters.into(),
            moments: moments.into(),
            gradient: gradient.into(),
            losses: losses.into(),
        }
    }

    fn phi_psi_predict(
        parameters: FloatTensor<Self>,
        w: FloatTensor<Self>,
        x: FloatTensor<Self>,
        layout: Layout,
    ) -> FloatTensor<Self> {
        let [parameters, w, x] = [parameters, w, x].map(floats);
        let output = kernel::predict(slice(&parameters), slice(&w), slice(&x), layout);
        let shape = x.raw_dim();
        SharedArray::from_shape_vec(shape, output).expect("one output for each input").into()
    }
}

fn floats(tensor: NdArrayTensor) -> SharedArray<f32> {
    match tensor {
        NdArrayTensor::F32(storage) => storage.into_shared(),
        _ => panic!("every tensor of a run is f32"),
    }
}

fn slice<T>(array: &SharedArray<T>) -> &[T] {
    array.as_slice().expect("made in one piece")
}

/// In place where nobody else holds the tensor, and on a copy otherwise.
fn slice_mut<T: Clone>(array: &mut SharedArray<T>) -> &mut [T] {
    array.as_slice_mut().expect("made in one piece")
}
