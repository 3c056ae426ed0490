//! What tells one piece of a call from another on the device: a row of a control buffer for each (`shader/piece.wgsl`).

use burn_wgpu::CubeTensor;

use crate::model::adam::Adam;
use crate::op::StateTensors;
use crate::plan::span::{Piece, Span};

use super::CubeBackend;
use super::commands::{Binding, CONTROL, ROW};
use super::device::{Gpu, Place};

/// Bytes of a row that a kernel reads, in whole vectors.
pub(super) const BYTES: u64 = 80;

/// The bindings of the kernel that takes Adam's step.
pub(super) const ADAM: [Binding; 7] = {
    use Binding::{Read, Row, Write};
    [Read, Write, Write, Write, Write, Write, Row(BYTES)]
};

/// What a squared error counts in the loss.
pub(super) fn scale(span: &Span, piece: &Piece) -> f32 {
    1.0 / (piece.batch * span.layout.d) as f32
}

/// Where the parameters are kept after a piece, counted from 1; 0 for nowhere.
pub(super) fn snapshot(span: &Span, piece: &Piece) -> u32 {
    let epoch_ends = piece.end.is_multiple_of(span.n);
    let kept = span.snapshot.filter(|_| epoch_ends);
    kept.map_or(0, |first| (first + piece.end / span.n - span.start / span.n) as u32)
}

/// A row of `shader/piece.wgsl`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) n: usize,
    pub(super) orders: usize,
    pub(super) scale: f32,
    pub(super) rate: f32,
    pub(super) root: f32,
    pub(super) begins: bool,
    pub(super) ends: bool,
    pub(super) slot: usize,
    pub(super) slots: usize,
    pub(super) snapshot: u32,
    pub(super) runs: usize,
    pub(super) run: usize,
    pub(super) model: usize,
    pub(super) parts: usize,
    pub(super) row_parts: usize,
    pub(super) share: usize,
    pub(super) row_share: usize,
}

impl Row {
    fn numbers(&self) -> [u32; 19] {
        [
            self.start as u32,
            self.end as u32,
            self.n as u32,
            self.orders as u32,
            self.scale.to_bits(),
            self.rate.to_bits(),
            self.root.to_bits(),
            u32::from(self.begins),
            u32::from(self.ends),
            self.slot as u32,
            self.slots as u32,
            self.snapshot,
            self.runs as u32,
            self.run as u32,
            self.model as u32,
            self.parts as u32,
            self.row_parts as u32,
            self.share as u32,
            self.row_share as u32,
        ]
    }
}

/// What the rows of a call have in common.
pub(super) struct Rows<'a> {
    span: &'a Span,
    orders: usize,
    slots: usize,
}

impl<'a> Rows<'a> {
    /// Rows of a control buffer.
    pub(super) const MOST: usize = CONTROL / ROW;

    pub(super) fn of(
        state: &StateTensors<CubeBackend>,
        order: &CubeTensor,
        span: &'a Span,
    ) -> Self {
        let each = |tensor: &CubeTensor| tensor.meta.num_elements() / span.runs;
        Self { span, orders: each(order), slots: each(&state.losses) }
    }

    /// As many pieces at a time as a control buffer has rows for, and the mini-batches that have ended before them.
    pub(super) fn calls(pieces: &[Piece]) -> impl Iterator<Item = (&[Piece], usize)> {
        let mut finished = 0;
        pieces.chunks(Self::MOST).map(move |some| {
            let before = finished;
            finished += some.iter().filter(|piece| piece.last).count();
            (some, before)
        })
    }

    /// The rows of some draws that are evaluated as they come.
    pub(super) fn evaluating(span: &'a Span, squares: bool) -> Self {
        Self { span, orders: 0, slots: usize::from(squares) }
    }

    /// A control buffer with a row for each piece, before which so many mini-batches of the span have ended; `more`
    /// completes a row.
    pub(super) fn control(
        &self,
        gpu: &Gpu,
        pieces: &[Piece],
        mut finished: usize,
        more: impl Fn(&Piece, &mut Row),
    ) -> Place {
        let span = self.span;
        let mut rows = Vec::with_capacity(pieces.len() * ROW);
        for piece in pieces {
            let step = span.steps + finished as u64 + 1;
            let Adam { rate, root } = Adam::at(span.rate(step), step);
            let mut row = Row {
                start: piece.start,
                end: piece.end,
                n: span.n,
                orders: self.orders,
                scale: scale(span, piece),
                rate,
                root,
                begins: piece.first,
                ends: piece.last,
                slot: span.slot + finished,
                slots: self.slots,
                snapshot: snapshot(span, piece),
                runs: span.runs,
                ..Row::default()
            };
            more(piece, &mut row);
            rows.extend_from_slice(bytemuck::cast_slice(&row.numbers()));
            rows.resize(rows.len().next_multiple_of(ROW), 0);
            finished += usize::from(piece.last);
        }
        gpu.control(&rows)
    }
}
