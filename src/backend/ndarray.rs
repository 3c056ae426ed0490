//! The operations on burn-ndarray: tensors become slices, and [`crate::kernel`] works on those in place.

use burn::backend::NdArray;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{Int, Tensor};
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
        let state = kernel::State {
            parameters: slice_mut(&mut parameters),
            moments: slice_mut(&mut moments),
            gradient: slice_mut(&mut gradient),
            losses: slice_mut(&mut losses),
        };
        let draws = kernel::Draws { w: view(&draws.w), x: view(&draws.x), y: view(&draws.y) };
        let NdArrayTensor::I32(order) = order else {
            panic!("the order's indices are i32");
        };
        let order = order.view().to_slice().expect("made in one piece");
        kernel::train(state, draws, order, &span);
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
        let output = kernel::predict(view(&parameters), view(&w), view(&x), layout);
        let shape = [output.len() / layout.d, layout.d];
        SharedArray::from_shape_vec(&shape[..], output).expect("one output for each input").into()
    }
}

/// As [`super::put`].
pub(super) fn put<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    let array =
        SharedArray::from_shape_vec(&shape[..], values).expect("as many numbers as the shape says");
    Tensor::from_primitive::<NdArray>(array.into())
}

/// As [`super::put_indices`].
pub(super) fn put_indices(values: Vec<i32>) -> Tensor<1, Int> {
    let shape = [values.len()];
    let array =
        SharedArray::from_shape_vec(&shape[..], values).expect("as many numbers as the shape says");
    Tensor::from_primitive::<NdArray>(array.into())
}

/// As [`super::read`].
pub(super) fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let tensor = tensor.try_into_primitive::<NdArray>().expect("a tensor of the CPU");
    view(&tensor).to_vec()
}

fn floats(tensor: NdArrayTensor) -> SharedArray<f32> {
    match tensor {
        NdArrayTensor::F32(storage) => storage.into_shared(),
        _ => panic!("every tensor of a run is f32"),
    }
}

/// The numbers where they lie.
fn view(tensor: &NdArrayTensor) -> &[f32] {
    match tensor {
        NdArrayTensor::F32(storage) => storage.view().to_slice().expect("made in one piece"),
        _ => panic!("every tensor of a run is f32"),
    }
}

/// In place where nobody else holds the tensor, and on a copy otherwise.
fn slice_mut<T: Clone>(array: &mut SharedArray<T>) -> &mut [T] {
    array.as_slice_mut().expect("made in one piece")
}
