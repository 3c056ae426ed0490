//! Which part of a run one call of the training operation works on.
//!
//! An epoch is an order of the draws, cut into mini-batches of which the last may be smaller. A call takes any
//! stretch of one epoch or of several: many mini-batches, or a part of one whose gradient waits for the rest.

use crate::model::layout::Layout;
use crate::recipe::path::cosine;

/// Which part of a run a call trains on, and with what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The networks' sizes.
    pub layout: Layout,
    /// Runs that are trained side by side, each on draws and in an order of its own.
    pub runs: usize,
    /// Draws in a mini-batch; an epoch's last one may be smaller.
    pub batch: usize,
    /// Draws in an epoch.
    pub n: usize,
    /// The first draw to train on, counted in the order, which is one epoch's behind the other's.
    pub start: usize,
    /// One past the last. Where it ends a mini-batch (or an epoch), its step of Adam is taken; where it
    /// does not, the gradient waits in the state for the next call.
    pub end: usize,
    /// Steps of Adam taken before, of which a run may take more than 32 bits hold.
    pub steps: u64,
    /// Adam's learning rate, of which a cosine may leave a part.
    pub lr: f64,
    /// Steps of the run along whose cosine the rate falls; zero for a rate that stays.
    pub cosine: u64,
    /// Where in the losses' buffer the first finished mini-batch's loss goes.
    pub slot: usize,
    /// Where the parameters are kept as the first epoch that ends in the span leaves them; those of the next epochs follow.
    pub snapshot: Option<usize>,
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
    /// Whether the mini-batch begins here.
    pub first: bool,
    /// Whether it ends here.
    pub last: bool,
}

impl Span {
    /// A span that is no part of any training: draws that are evaluated as they come.
    pub fn evaluating(layout: Layout, runs: usize, n: usize) -> Self {
        let (batch, end) = (n.max(1), n);
        let (start, steps, lr, cosine, slot) = (0, 0, 0.0, 0, 0);
        Self { layout, runs, batch, n, start, end, steps, lr, cosine, slot, snapshot: None }
    }

    /// The span cut where mini-batches end and, counted from a mini-batch's first draw, every `size` draws.
    pub fn pieces(&self, size: usize) -> impl Iterator<Item = Piece> {
        let Self { batch, n, end: span_end, .. } = *self;
        let mut start = self.start;
        std::iter::from_fn(move || {
            if start >= span_end {
                return None;
            }
            let epoch = start / n * n;
            let batch_start = epoch + (start - epoch) / batch * batch;
            let batch_end = (batch_start + batch).min(epoch + n);
            let aligned = batch_start + ((start - batch_start) / size + 1) * size;
            let end = aligned.min(batch_end).min(span_end);
            let (first, last) = (start == batch_start, end == batch_end);
            let piece = Piece { start, end, batch: batch_end - batch_start, first, last };
            start = end;
            Some(piece)
        })
    }

    /// Whether the span consists of whole mini-batches.
    pub fn is_whole(&self) -> bool {
        let whole = |at: usize| (at % self.n).is_multiple_of(self.batch);
        whole(self.start) && whole(self.end)
    }

    /// Epochs that end within the span.
    pub fn epochs(&self) -> usize {
        self.end / self.n - self.start / self.n
    }

    /// The learning rate of a step, counted from 1.
    pub fn rate(&self, step: u64) -> f64 {
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
        Span { batch: 10, start, end, ..Span::evaluating(layout, 1, 25) }
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
    fn a_span_goes_on_from_one_epoch_to_the_next() {
        let two = span(20, 45);
        assert_eq!(cuts(two, 25), [(20, 25, 5, true), (25, 35, 10, true), (35, 45, 10, true)]);
        assert_eq!((two.finished(), two.epochs(), two.is_whole()), (3, 1, true));
        assert_eq!(span(0, 50).epochs(), 2);
        assert!(!span(0, 24).is_whole() && !span(3, 25).is_whole());
    }

    #[test]
    fn a_piece_says_whether_it_begins_and_ends_a_mini_batch() {
        let ends: Vec<_> = span(4, 25).pieces(4).map(|piece| (piece.first, piece.last)).collect();
        assert_eq!(ends[..3], [(false, false), (false, true), (true, false)]);
        assert_eq!(ends.last(), Some(&(false, true)));
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
