//! Which part of an epoch one call of the training operation works on.
//!
//! An epoch is an order of the draws, cut into mini-batches of which the last may be smaller. A call takes any
//! stretch of it: several mini-batches, or a part of one whose gradient waits for the rest.

use crate::course::cosine;
use crate::layout::Layout;

/// Which part of an epoch a call trains on, and with what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The networks' sizes.
    pub layout: Layout,
    /// Draws in a mini-batch; the epoch's last one may be smaller.
    pub batch: usize,
    /// Draws in the epoch: the length of its order.
    pub n: usize,
    /// The first draw of the epoch's order to train on.
    pub start: usize,
    /// One past the last. Where it ends a mini-batch (or the epoch), its step of Adam is taken; where it
    /// does not, the gradient waits in the state for the next call.
    pub end: usize,
    /// Steps of Adam taken before.
    pub steps: usize,
    /// Adam's learning rate, before the schedule.
    pub lr: f64,
    /// Steps of the run along whose cosine the rate falls; nought for a rate that stays.
    pub cosine: usize,
    /// Where in the losses' buffer the first finished mini-batch's loss goes.
    pub slot: usize,
}

/// A part of a span that belongs to one mini-batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// The first draw, in the epoch's order.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// Draws in the whole mini-batch.
    pub batch: usize,
    /// Whether the mini-batch ends here.
    pub last: bool,
}

impl Span {
    /// The span cut where mini-batches end and, counted from a mini-batch's first draw, every `size` draws.
    pub fn pieces(&self, size: usize) -> impl Iterator<Item = Piece> {
        let Self { batch, n, end: span_end, .. } = *self;
        let mut start = self.start;
        std::iter::from_fn(move || {
            if start >= span_end {
                return None;
            }
            let batch_start = start / batch * batch;
            let batch_end = (batch_start + batch).min(n);
            let aligned = batch_start + ((start - batch_start) / size + 1) * size;
            let end = aligned.min(batch_end).min(span_end);
            let piece =
                Piece { start, end, batch: batch_end - batch_start, last: end == batch_end };
            start = end;
            Some(piece)
        })
    }

    /// The learning rate of a step, counted from 1.
    pub fn rate(&self, step: usize) -> f64 {
        if self.cosine == 0 { self.lr } else { self.lr * cosine(step - 1, self.cosine) }
    }

    /// Mini-batches that end within the span.
    pub fn finished(&self) -> usize {
        self.pieces(usize::MAX >> 1).filter(|piece| piece.last).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: usize, end: usize) -> Span {
        let layout = Layout { d: 2, m: 1, hidden: 1 };
        Span { layout, batch: 10, n: 25, start, end, steps: 0, lr: 0.1, cosine: 0, slot: 0 }
    }

    fn cuts(span: Span, size: usize) -> Vec<(usize, usize, usize, bool)> {
        span.pieces(size).map(|piece| (piece.start, piece.end, piece.batch, piece.last)).collect()
    }

    #[test]
    fn pieces_end_with_mini_batches_and_count_from_their_beginning() {
        let whole = [
            (0, 4, 10, false),
            (4, 8, 10, false),
            (8, 10, 10, true),
            (10, 14, 10, false),
            (14, 18, 10, false),
            (18, 20, 10, true),
            (20, 24, 5, false),
            (24, 25, 5, true),
        ];
        assert_eq!(cuts(span(0, 25), 4), whole);
        // Wherever a call ends at a piece's end, the next goes on with the same pieces.
        for (index, (_, end, ..)) in whole.iter().enumerate() {
            assert_eq!(cuts(span(0, *end), 4), whole[..=index]);
            assert_eq!(cuts(span(*end, 25), 4), whole[index + 1..]);
        }
    }

    #[test]
    fn a_batch_larger_than_the_epoch_is_one_ragged_mini_batch() {
        let span = Span { batch: 100, ..span(0, 25) };
        assert_eq!(cuts(span, 100), [(0, 25, 25, true)]);
        assert_eq!(span.finished(), 1);
    }

    #[test]
    fn mini_batches_count_where_they_end() {
        assert_eq!(span(0, 25).finished(), 3);
        assert_eq!(span(5, 20).finished(), 2);
        assert_eq!(span(11, 19).finished(), 0);
    }
}
