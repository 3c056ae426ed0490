//! A real layer, y = GELU(W·x + b), as it is brought: its rows, and inputs of it.
//!
//! With the bias as one more input that is always 1, a row is w̃ = (w, b), an input x̃ = (x, 1), and y = GELU(w̃·x̃): what
//! Φ and Ψ are made for, in d + 1 dimensions.
//!
//! The inputs are split, by a seed, into three quarters that are learnt from and a quarter that is kept back; so are the rows
//! where a run draws from them ([`super::source`]). A layer that was itself trained on some of its inputs says how many of the
//! last ones it has not seen, and those are kept back.

use std::fmt;

use super::{Draws, Order, Stream};

/// Inputs that a row may have.
const MOST_INPUTS: usize = 1_024;

/// Rows that a layer may have.
const MOST_ROWS: usize = 1_024;

/// Inputs that a layer may come with, and outputs that it may have for all of them.
const MOST_SAMPLES: usize = 20_000;
const MOST_OUTPUTS: usize = 4_000_000;

/// Inputs that are drawn for a layer that has none.
const ASSUMED: usize = 2_000;

/// Numbers that they may be together: of long ones there are fewer.
const MOST_ASSUMED: usize = 1 << 20;

/// Inputs that are drawn, however long they are.
const LEAST_ASSUMED: usize = 64;

/// A layer that fits together.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    d: usize,
    kept: usize,
    /// W with the bias behind each row, `[rows, d + 1]`.
    weight: Vec<f32>,
    /// The inputs with a 1 behind each, `[samples, d + 1]`.
    inputs: Vec<f32>,
}

/// What is learnt from and what is kept back, by their numbers, each in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Those that are learnt from.
    pub seen: Vec<usize>,
    /// Those that are kept back.
    pub kept: Vec<usize>,
}

impl Layer {
    /// Puts a layer together: W `[rows, d]`, b `[rows]` and inputs `[samples, d]`, row-major. The last `kept` inputs are those that
    /// are kept back; 0 for a quarter of them.
    ///
    /// # Errors
    ///
    /// When the parts do not fit, are too many, or are not finite.
    pub fn new(
        d: usize,
        weight: &[f32],
        bias: &[f32],
        inputs: &[f32],
        kept: usize,
    ) -> Result<Self, LayerError> {
        let (rows, samples) = (bias.len(), inputs.len() / d.max(1));
        hold("inputs to a row", d, MOST_INPUTS)?;
        hold("rows", rows, MOST_ROWS)?;
        hold("inputs", samples, MOST_SAMPLES)?;
        hold("outputs (rows times inputs)", rows * samples, MOST_OUTPUTS)?;
        fit("weight", weight.len(), rows * d)?;
        fit("inputs", inputs.len(), samples * d)?;
        if samples < 8 {
            return Err(LayerError::Few { samples });
        }
        if kept > 0 && !(2..=samples - 4).contains(&kept) {
            return Err(LayerError::Kept { kept, samples });
        }
        for (name, numbers) in [("weight", weight), ("bias", bias), ("inputs", inputs)] {
            finite(name, numbers)?;
        }
        let ones = vec![1.0; samples];
        Ok(Self { d, kept, weight: beside(weight, bias, d), inputs: beside(inputs, &ones, d) })
    }

    /// Inputs for a layer that came without any: standard normal times a scale, `[samples, d]`. An assumption, always the same.
    pub fn assumed_inputs(d: usize, scale: f64) -> Vec<f32> {
        let samples = (MOST_ASSUMED / d.max(1)).clamp(LEAST_ASSUMED, ASSUMED);
        let mut draws = Draws::new(0, Stream::Inputs, 0);
        (0..samples * d).map(|_| (f64::from(draws.normal()) * scale) as f32).collect()
    }

    /// Numbers of a row and of an input as the networks are given them: one more than the layer's, for the bias.
    pub fn width(&self) -> usize {
        self.d + 1
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.weight.len() / self.width()
    }

    /// How many inputs there are.
    pub fn samples(&self) -> usize {
        self.inputs.len() / self.width()
    }

    /// A row with its bias behind it.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.weight[index * self.width()..][..self.width()]
    }

    /// An input with a 1 behind it.
    pub fn input(&self, index: usize) -> &[f32] {
        &self.inputs[index * self.width()..][..self.width()]
    }

    /// The split of the inputs.
    pub fn split_inputs(&self, seed: u32) -> Split {
        let samples = self.samples();
        if self.kept > 0 {
            let (seen, kept) = (0..samples).partition(|index| *index < samples - self.kept);
            return Split { seen, kept };
        }
        Split::quarter(samples, seed)
    }

    /// The split of the rows. Of a single one there is no other.
    pub fn split_rows(&self, seed: u32) -> Split {
        Split::quarter(self.rows(), seed)
    }
}

impl Split {
    /// Three quarters, and a quarter that is kept back; with fewer than four of them, all are both.
    fn quarter(count: usize, seed: u32) -> Self {
        if count < 4 {
            let all: Vec<usize> = (0..count).collect();
            return Self { seen: all.clone(), kept: all };
        }
        let mut is_kept = vec![false; count];
        let order = Order::Shuffled { seed }.of_epoch(0, count);
        for index in &order[..count / 4] {
            is_kept[*index as usize] = true;
        }
        let (kept, seen) = (0..count).partition(|index| is_kept[*index]);
        Self { seen, kept }
    }
}

/// Each row of `[count, d]` with one more number behind it.
fn beside(rows: &[f32], last: &[f32], d: usize) -> Vec<f32> {
    let mut all = Vec::with_capacity(rows.len() + last.len());
    for (row, last) in rows.chunks_exact(d).zip(last) {
        all.extend_from_slice(row);
        all.push(*last);
    }
    all
}

/// Whether there are some and not too many.
pub(crate) fn hold(what: &'static str, count: usize, most: usize) -> Result<(), LayerError> {
    if (1..=most).contains(&count) { Ok(()) } else { Err(LayerError::Count { what, count, most }) }
}

/// Whether a tensor has as many numbers as the others ask for.
pub(crate) fn fit(name: &'static str, found: usize, expected: usize) -> Result<(), LayerError> {
    if found == expected { Ok(()) } else { Err(LayerError::Misfit { name, found, expected }) }
}

/// Whether all numbers of a tensor are finite.
pub(crate) fn finite(name: &'static str, numbers: &[f32]) -> Result<(), LayerError> {
    match numbers.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(value) => Err(LayerError::NotFinite { name, value: *value }),
    }
}

/// Why a layer is not taken on. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, PartialEq)]
pub enum LayerError {
    /// More of something than there may be, or none.
    Count {
        /// What of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// A tensor of another size than the others ask for.
    Misfit {
        /// Its name.
        name: &'static str,
        /// Numbers in it.
        found: usize,
        /// Numbers that there should be.
        expected: usize,
    },
    /// Too few inputs to keep a quarter back.
    Few {
        /// How many there are.
        samples: usize,
    },
    /// More inputs kept back than leave some to solve on.
    Kept {
        /// How many are to be kept back.
        kept: usize,
        /// Of how many.
        samples: usize,
    },
    /// A number that is none.
    NotFinite {
        /// The tensor it stands in.
        name: &'static str,
        /// The number.
        value: f32,
    },
    /// A class that the head does not have.
    Label {
        /// The class.
        label: u32,
        /// How many there are.
        classes: usize,
    },
}

impl fmt::Display for LayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { what, count, most } => {
                write!(f, "the layer has {count} {what}: it must be 1 to {most}")
            }
            Self::Misfit { name, found, expected } => {
                write!(f, "{name} holds {found} numbers, and with the others it must be {expected}")
            }
            Self::Few { samples } => write!(
                f,
                "the file has {samples} inputs: at least 8 are needed, of which a quarter is kept back"
            ),
            Self::Kept { kept, samples } => {
                write!(f, "{kept} of {samples} inputs cannot be kept back")
            }
            Self::NotFinite { name, value } => {
                write!(f, "{name} holds {value}, and a layer's numbers must be finite")
            }
            Self::Label { label, classes } => {
                write!(f, "labels holds class {label}, and the head has {classes}, counted from 0")
            }
        }
    }
}

impl std::error::Error for LayerError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(
        d: usize,
        change: impl Fn(&mut [Vec<f32>; 3]),
        kept: usize,
    ) -> Result<Layer, String> {
        let mut parts = [vec![0.5; 27], vec![0.0; 9], vec![1.0; 300]];
        change(&mut parts);
        let [weight, bias, inputs] = &parts;
        Layer::new(d, weight, bias, inputs, kept).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_no_layer_is_refused_in_a_sentence() {
        type Change = fn(&mut [Vec<f32>; 3]);
        let cases: [(usize, Change, usize, &str); 10] = [
            (3, |l| l[1].clear(), 0, "the layer has 0 rows"),
            (3, |l| l[0].truncate(26), 0, "weight holds 26 numbers, and"),
            (3, |l| l[2].truncate(299), 0, "inputs holds 299 numbers, and"),
            (3, |l| l[2][5] = f32::NAN, 0, "inputs holds NaN, and"),
            (3, |l| l[2].truncate(12), 0, "the file has 4 inputs: at least 8"),
            (3, |_| (), 99, "99 of 100 inputs cannot be kept back"),
            (0, |_| (), 0, "the layer has 0 inputs to a row: it must be 1 to 1024"),
            (2000, |_| (), 0, "the layer has 2000 inputs to a row"),
            (3, |l| l[1] = vec![0.0; 2000], 0, "the layer has 2000 rows"),
            (
                3,
                |l| (l[1], l[2]) = (vec![0.0; 1000], vec![0.0; 12003]),
                0,
                "the layer has 4001000 outputs (rows times inputs): it must be 1 to 4000000",
            ),
        ];
        for (d, change, kept, words) in cases {
            let told = refused(d, change, kept).expect_err(words);
            assert!(told.starts_with(words), "{told}");
        }
        assert!(refused(3, |_| (), 20).is_ok());
    }

    #[test]
    fn the_bias_is_one_more_input_that_is_always_one() {
        let inputs: Vec<f32> = (0..16).map(|at| at as f32).collect();
        let layer = Layer::new(2, &[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0], &inputs, 0).expect("fits");
        assert_eq!((layer.width(), layer.rows(), layer.samples()), (3, 2, 8));
        assert_eq!((layer.row(1), layer.input(2)), (&[3.0, 4.0, 6.0][..], &[4.0, 5.0, 1.0][..]));
        // Two rows are too few to keep one back.
        assert_eq!(layer.split_rows(1).kept, layer.split_rows(1).seen);
    }

    #[test]
    fn assumed_inputs_have_the_scale_that_was_asked_for() {
        let inputs = Layer::assumed_inputs(64, 0.5);
        assert_eq!(inputs.len(), 2_000 * 64);
        let square = inputs.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 128_000.0;
        assert!((square.sqrt() - 0.5).abs() < 0.005, "{square}");
        assert_eq!(inputs, Layer::assumed_inputs(64, 0.5));
        assert_eq!(Layer::assumed_inputs(1_024, 1.0).len(), 1_024 * 1_024);
    }
}
