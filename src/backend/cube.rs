//! The operations on burn-wgpu, as CubeCL kernels.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn_wgpu::CubeBackend;

use crate::layout::Layout;
use crate::op::{DrawTensors, PhiPsiOps, StateTensors};
use crate::span::Span;

impl PhiPsiOps for CubeBackend {
    fn phi_psi_train(
        _state: StateTensors<Self>,
        _draws: DrawTensors<Self>,
        _order: IntTensor<Self>,
        _span: Span,
    ) -> StateTensors<Self> {
        panic!("not written yet")
    }

    fn phi_psi_predict(
        _parameters: FloatTensor<Self>,
        _w: FloatTensor<Self>,
        _x: FloatTensor<Self>,
        _layout: Layout,
    ) -> FloatTensor<Self> {
        panic!("not written yet")
    }
}
