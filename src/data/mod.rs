//! Seeded draws: the training set, and every other random number of a run.
//!
//! All of them come from ChaCha8, a named generator whose output is the same on every machine, and from
//! `libm`'s software `ln`, `sin` and `cos`. Each purpose has a [`Stream`] of its own, so changing m
//! does not change the data, and drawing a demo does not disturb training. No device's generator is
//! ever asked: each backend has another one.

pub mod demo;
pub mod layer;
pub mod source;
pub mod target;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::recipe::Target;
pub use target::{gelu, gelu_tanh};

/// What a random number is for. The discriminants and indices are part of the meaning of a seed: never renumber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Training draws; the index is the epoch, from 0, where each has its own, and 0 elsewhere.
    Data = 0,
    /// Initial weights; at index 1 what the closed form's search for singular vectors begins with.
    Weights = 1,
    /// The order of the draws in an epoch; the index is the epoch, from 0. That of 0 also splits a layer's rows and inputs.
    Shuffle = 2,
    /// Held-out draws for the evaluation; at index 1 those of the population error.
    HeldOut = 3,
    /// The comparison demo; the index is the number of the draw. From the end, the lab's: `u32::MAX` for the pairs on which methods are
    /// measured, `u32::MAX − 8` and the one before for the features of each random method's copies.
    Demo = 4,
    /// Inputs of a layer that came without any; the seed and the index are 0.
    Inputs = 5,
}

/// A stream of random numbers that is a function of (seed, purpose, index) alone.
///
/// The ChaCha8 key is the seed in little-endian bytes followed by zeros, the nonce is
/// `purpose · 2³² + index`.
#[derive(Debug, Clone)]
pub struct Draws {
    chacha: ChaCha8Rng,
    /// Box–Muller makes normals in pairs; the second waits here.
    spare: Option<f64>,
}

impl Draws {
    /// Opens the stream for one purpose.
    pub fn new(seed: u32, stream: Stream, index: u32) -> Self {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&seed.to_le_bytes());
        let mut chacha = ChaCha8Rng::from_seed(key);
        chacha.set_stream(((stream as u64) << 32) | u64::from(index));
        Self { chacha, spare: None }
    }

    /// A number from U(−bound, bound), as PyTorch initialises a Linear layer.
    pub fn uniform(&mut self, bound: f64) -> f32 {
        (bound * (2.0 * self.unit() - 1.0)) as f32
    }

    /// A standard normal number, by Box–Muller.
    pub fn normal(&mut self) -> f32 {
        self.normal_double() as f32
    }

    /// The same with all its digits.
    pub fn normal_double(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        // 1 − u lies in (0, 1], where the logarithm is finite.
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        let (sin, cos) = libm::sincos(std::f64::consts::TAU * self.unit());
        self.spare = Some(radius * sin);
        radius * cos
    }

    /// Passes over so many normal numbers, as if they had been drawn.
    pub fn pass(&mut self, normals: usize) {
        let waiting = usize::from(normals > 0 && self.spare.take().is_some());
        let others = normals - waiting;
        // A pair is made of two numbers of two words each.
        let words = 4 * (others as u128 / 2);
        self.chacha.set_word_pos(self.chacha.get_word_pos() + words);
        if !others.is_multiple_of(2) {
            self.normal_double();
        }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.chacha.next_u64()
    }

    /// A permutation of `0..n`, by Fisher–Yates.
    pub fn permutation(&mut self, n: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n as u32).collect();
        for last in (1..n).rev() {
            order.swap(last, self.below(last as u32 + 1) as usize);
        }
        order
    }

    /// A number from [0, 1) with 53 random bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.chacha.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number below `bound`, each equally likely (Lemire's multiplication with rejection).
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u64::from(self.chacha.next_u32()) * u64::from(bound);
            if product as u32 >= threshold {
                return (product >> 32) as u32;
            }
        }
    }
}

/// Draws of W and x with y = target(Wx), in host memory.
///
/// W and x are iid standard normal, or a layer's rows and inputs. The draws follow one another in the stream (W, then x), so the
/// first k of n draws are the same for every n.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Width of the layer.
    pub d: usize,
    /// Weights, `[n, d, d]`, row-major.
    pub w: Vec<f32>,
    /// Inputs, `[n, d]`.
    pub x: Vec<f32>,
    /// Targets, `[n, d]`.
    pub y: Vec<f32>,
}

impl Dataset {
    /// Whether there is room for so many draws, which are as many as somebody asks for: to draw them where there is
    /// none would end the program.
    pub fn has_room(d: usize, n: usize) -> bool {
        let mut all = [const { Vec::<f32>::new() }; 3];
        let sizes = [n * d * d, n * d, n * d];
        all.iter_mut().zip(sizes).all(|(some, size)| some.try_reserve_exact(size).is_ok())
    }

    /// Takes the next `n` draws from a stream.
    pub fn draw(target: Target, d: usize, n: usize, draws: &mut Draws) -> Self {
        let Self { mut w, mut x, mut y, .. } = Self::with_room(d, n);
        for _ in 0..n {
            let (row, column) = (w.len(), x.len());
            w.extend((0..d * d).map(|_| draws.normal()));
            x.extend((0..d).map(|_| draws.normal()));
            y.extend(product(&w[row..], &x[column..]).map(|z| target.at(z) as f32));
        }
        Self { d, w, x, y }
    }

    /// None yet, with room for `n`.
    pub(crate) fn with_room(d: usize, n: usize) -> Self {
        let [w, x, y] = [n * d * d, n * d, n * d].map(Vec::with_capacity);
        Self { d, w, x, y }
    }

    /// Number of draws.
    pub fn len(&self) -> usize {
        self.x.len() / self.d
    }

    /// Whether there is no draw.
    pub fn is_empty(&self) -> bool {
        self.x.is_empty()
    }
}

/// The order in which an epoch visits the training draws.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Shuffled anew every epoch, a function of (seed, epoch).
    Shuffled {
        /// The recipe's seed.
        seed: u32,
    },
    /// Written down, one permutation an epoch: how a PyTorch run is replayed.
    Given(Vec<Vec<u32>>),
}

impl Order {
    /// The order of `n` draws in the epoch with this index, from 0.
    pub fn of_epoch(&self, epoch: usize, n: usize) -> Vec<u32> {
        match self {
            Self::Shuffled { seed } => {
                Draws::new(*seed, Stream::Shuffle, epoch as u32).permutation(n)
            }
            Self::Given(orders) => orders[epoch].clone(),
        }
    }

    /// The same of a run among several, whose seeds follow one another.
    pub fn of_run(&self, run: usize, epoch: usize, n: usize) -> Vec<u32> {
        match self {
            Self::Shuffled { seed } => {
                Self::Shuffled { seed: seed.wrapping_add(run as u32) }.of_epoch(epoch, n)
            }
            Self::Given(_) => self.of_epoch(epoch, n),
        }
    }
}

/// Wx for one draw: W `[d, d]` row-major, x `[d]`, summed in double precision.
pub fn product<'a>(w: &'a [f32], x: &'a [f32]) -> impl Iterator<Item = f64> + 'a {
    w.chunks_exact(x.len())
        .map(move |row| row.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(n: usize) -> Dataset {
        Dataset::draw(Target::Gelu, 2, n, &mut Draws::new(42, Stream::Data, 0))
    }

    #[test]
    fn draws_are_standard_normal_and_the_target_is_gelu() {
        let data = dataset(20_000);
        let all: Vec<f64> = data.w.iter().chain(&data.x).map(|value| f64::from(*value)).collect();
        let count = all.len() as f64;
        let moment = |power| all.iter().map(|value| value.powi(power)).sum::<f64>() / count;
        // Five standard errors of the first four moments of N(0, 1): sd 1, √2, √15, √96.
        for (power, mean, sd) in
            [(1, 0.0, 1.0), (2, 1.0, 2f64.sqrt()), (3, 0.0, 15f64.sqrt()), (4, 3.0, 96f64.sqrt())]
        {
            assert!(
                (moment(power) - mean).abs() < 5.0 * sd / count.sqrt(),
                "moment {power}: {}",
                moment(power)
            );
        }
        // E[y²] from design: 0.935534 at d = 2; sd of y² is about 2.9.
        let second =
            data.y.iter().map(|y| f64::from(*y).powi(2)).sum::<f64>() / data.y.len() as f64;
        assert!(
            (second - 0.935534).abs() < 5.0 * 2.9 / (data.y.len() as f64).sqrt(),
            "E[y²] = {second}"
        );
    }

    #[test]
    fn fewer_draws_are_a_prefix_of_more() {
        let (few, many) = (dataset(10), dataset(100));
        assert_eq!(few.w, many.w[..few.w.len()]);
        assert_eq!(few.y, many.y[..few.y.len()]);
    }

    #[test]
    fn what_is_passed_over_is_as_if_it_had_been_drawn() {
        let draws = Draws::new(42, Stream::Data, 0);
        for before in 0..3 {
            for normals in (0..70).chain([66_049, 1 << 20]) {
                let (mut drawn, mut passed) = (draws.clone(), draws.clone());
                (0..before + normals).for_each(|_| _ = drawn.normal());
                (0..before).for_each(|_| _ = passed.normal());
                passed.pass(normals);
                let [drawn, passed] =
                    [drawn, passed].map(|mut draws| [(); 3].map(|()| draws.normal()));
                assert_eq!(drawn, passed, "{normals} after {before}");
            }
        }
    }

    #[test]
    fn streams_do_not_overlap() {
        let first = |stream, index| Draws::new(7, stream, index).normal();
        let numbers = [
            first(Stream::Data, 0),
            first(Stream::Weights, 0),
            first(Stream::Shuffle, 0),
            first(Stream::Shuffle, 1),
            first(Stream::HeldOut, 0),
            first(Stream::Demo, 0),
        ];
        for (index, number) in numbers.iter().enumerate() {
            assert!(!numbers[..index].contains(number), "{numbers:?}");
        }
    }

    #[test]
    fn a_seed_means_the_same_draws_for_ever() {
        // Recorded when the streams were fixed: a change here breaks every shared link.
        let mut draws = Draws::new(42, Stream::Data, 0);
        let normals: Vec<f32> = (0..4).map(|_| draws.normal()).collect();
        assert_eq!(normals, [-0.2058122, 0.90213275, -0.78708655, 0.8607252]);
        assert_eq!(Draws::new(42, Stream::Shuffle, 0).permutation(8), [4, 2, 5, 6, 7, 0, 3, 1]);
    }

    #[test]
    fn a_shuffle_is_a_fair_permutation() {
        let mut first = [0u32; 5];
        for epoch in 0..5_000 {
            let order = Order::Shuffled { seed: 3 }.of_epoch(epoch, 5);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4]);
            first[order[0] as usize] += 1;
        }
        // χ² with 4 degrees of freedom: 23.5 is exceeded once in 10,000 seeds.
        let chi: f64 =
            first.iter().map(|count| (f64::from(*count) - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi < 23.5, "{first:?}");
    }
}
