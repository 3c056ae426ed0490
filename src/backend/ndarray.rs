//! The operations on burn-ndarray: tensors become slices, and [`crate::kernel`] works on those in place.

use burn::backend::NdArray;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{Int, Tensor};
use burn_ndarray::{NdArrayTensor, SharedArray};

use crate::kernel;
use crate::op::{DrawTensors, PhiPsiOps, Query, StateTensors, Want};
use crate::plan::span::Span;

impl PhiPsiOps for NdArray {
    fn phi_psi_train(
        state: StateTensors<Self>,
        draws: DrawTensors<Self>,
        order: IntTensor<Self>,
        span: Span,
    ) -> StateTensors<Self> {
        let StateTensors { parameters, moments, gradient, losses, snapshots } = state;
        let mut state = [parameters, moments, gradient, losses, snapshots].map(numbers);
        let [parameters, moments, gradient, losses, snapshots] = &mut state;
        let slices = kernel::State { parameters, moments, gradient, losses, snapshots };
        let draws = kernel::Draws { w: view(&draws.w), x: view(&draws.x), y: view(&draws.y) };
        let NdArrayTensor::I32(order) = order else {
            panic!("the order's indices are i32");
        };
        let order = order.view().to_slice().expect("made in one piece");
        kernel::train(slices, draws, order, &span);
        let [parameters, moments, gradient, losses, snapshots] =
            state.map(|numbers| array(numbers).into());
        StateTensors { parameters, moments, gradient, losses, snapshots }
    }

    fn phi_psi_evaluate(
        parameters: FloatTensor<Self>,
        draws: DrawTensors<Self>,
        query: Query,
    ) -> FloatTensor<Self> {
        let [w, x, y] = [&draws.w, &draws.x, &draws.y].map(view);
        let models = view(&parameters).chunks_exact(query.layout.parameters());
        let mut output = Vec::new();
        for (index, model) in models.take(query.models).enumerate() {
            let [w, x, y] = [w, x, y].map(|draws| {
                let each = draws.len() / query.runs;
                &draws[index % query.runs * each..][..each]
            });
            let outputs = kernel::predict(model, w, x, query.layout);
            match query.want {
                Want::Outputs => output.extend(outputs),
                Want::Squares => {
                    output
                        .push(outputs.iter().zip(y).map(|(output, y)| (output - y).powi(2)).sum());
                }
            }
        }
        array(output).into()
    }
}

/// Numbers as a tensor of one dimension.
fn array(values: Vec<f32>) -> SharedArray<f32> {
    let shape = [values.len()];
    SharedArray::from_shape_vec(&shape[..], values).expect("as many numbers as the shape says")
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

/// The numbers where they lie, if nobody else holds the tensor, and a copy otherwise.
fn numbers(tensor: NdArrayTensor) -> Vec<f32> {
    let NdArrayTensor::F32(storage) = tensor else {
        panic!("every tensor of a run is f32");
    };
    match storage.into_shared().try_into_owned_nocopy() {
        Ok(array) => array.into_raw_vec_and_offset().0,
        Err(shared) => shared.as_slice().expect("made in one piece").to_vec(),
    }
}

/// The numbers where they lie.
fn view(tensor: &NdArrayTensor) -> &[f32] {
    match tensor {
        NdArrayTensor::F32(storage) => storage.view().to_slice().expect("made in one piece"),
        _ => panic!("every tensor of a run is f32"),
    }
}
