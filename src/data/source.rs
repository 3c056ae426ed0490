//! Where a run's draws come from: W and x are iid standard normal, or rows and inputs of a real layer.
//!
//! A draw from a layer is one of its inputs with as many of its rows as the run has dimensions, each drawn with replacement and
//! independent of the others. Training takes them from the three quarters that are learnt from; the held-out draws and the demo's
//! from the quarter of the inputs and the quarter of the rows that are kept back, so that what is told of a run is told of
//! rows *and* inputs that it has not seen. The split is the seed's ([`Layer::split_inputs`]).

use std::fmt;
use std::sync::Arc;

use super::layer::Layer;
use super::{Dataset, Draws, Stream, gelu, product};
use crate::recipe::{Recipe, Target};

/// Where a run's draws come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The standard normal distribution.
    Normal,
    /// A layer's rows and inputs.
    Layer(Arc<Layer>),
}

/// A stream of draws, a function of (recipe, purpose, index) alone.
#[derive(Debug, Clone)]
pub struct Drawing {
    draws: Draws,
    d: usize,
    target: Target,
    from: Option<From>,
}

/// A layer, and what of it there is to draw from.
#[derive(Debug, Clone)]
struct From {
    layer: Arc<Layer>,
    rows: Vec<usize>,
    inputs: Vec<usize>,
}

impl Source {
    /// The source that a recipe names.
    ///
    /// # Errors
    ///
    /// When it names a layer that is not at hand or is of another width.
    pub fn of(recipe: &Recipe, layer: Option<Arc<Layer>>) -> Result<Self, SourceError> {
        let name = &recipe.layer;
        if name.is_none() {
            return Ok(Self::Normal);
        }
        let layer = layer.ok_or_else(|| SourceError::Missing { name: name.to_string() })?;
        if layer.width() != recipe.d {
            return Err(SourceError::Width { d: recipe.d, width: layer.width() });
        }
        Ok(Self::Layer(layer))
    }

    /// Opens the stream for one purpose of a recipe's run.
    pub fn stream(&self, recipe: &Recipe, stream: Stream, index: u32) -> Drawing {
        let Recipe { d, seed, target, .. } = *recipe;
        let from = match self {
            Self::Normal => None,
            Self::Layer(layer) => {
                let (rows, inputs) = (layer.split_rows(seed), layer.split_inputs(seed));
                let (rows, inputs) = match stream {
                    Stream::HeldOut | Stream::Demo => (rows.kept, inputs.kept),
                    Stream::Data | Stream::Weights | Stream::Shuffle | Stream::Inputs => {
                        (rows.seen, inputs.seen)
                    }
                };
                Some(From { layer: layer.clone(), rows, inputs })
            }
        };
        Drawing { draws: Draws::new(seed, stream, index), d, target, from }
    }
}

impl Drawing {
    /// Takes the next `n` draws. They follow one another, so the first k of n are the same for every n.
    pub fn take(&mut self, n: usize) -> Dataset {
        let Self { draws, d, target, from } = self;
        let d = *d;
        let Some(From { layer, rows, inputs }) = from else {
            return Dataset::draw(*target, d, n, draws);
        };
        let mut data = Dataset::with_room(d, n);
        for _ in 0..n {
            let x = layer.input(inputs[draws.below(inputs.len() as u32) as usize]);
            for _ in 0..d {
                let w = layer.row(rows[draws.below(rows.len() as u32) as usize]);
                data.w.extend_from_slice(w);
                data.y.extend(product(w, x).map(|z| gelu(z) as f32));
            }
            data.x.extend_from_slice(x);
        }
        data
    }

    /// The draws with some of the indices of the next `n`, in the order asked for, each index once.
    pub fn pick(&mut self, n: usize, indices: &[u32]) -> Dataset {
        let (d, picked) = (self.d, indices.len());
        let mut place = vec![usize::MAX; n];
        for (at, index) in indices.iter().enumerate() {
            place[*index as usize] = at;
        }
        let mut all = Dataset {
            d,
            w: vec![0.0; picked * d * d],
            x: vec![0.0; picked * d],
            y: vec![0.0; picked * d],
        };
        for at in place {
            let one = self.take(1);
            if at == usize::MAX {
                continue;
            }
            all.w[at * d * d..][..d * d].copy_from_slice(&one.w);
            all.x[at * d..][..d].copy_from_slice(&one.x);
            all.y[at * d..][..d].copy_from_slice(&one.y);
        }
        all
    }
}

/// Why a recipe has no draws. Its `Display` is the sentence that the visitor reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceError {
    /// It names a layer that is not at hand.
    Missing {
        /// The layer's name.
        name: String,
    },
    /// It is of another width than its layer.
    Width {
        /// The recipe's.
        d: usize,
        /// The layer's, with its bias.
        width: usize,
    },
}

impl SourceError {
    /// The key to point at in the form.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "layer",
            Self::Width { .. } => "d",
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => {
                write!(f, "the run draws from the layer {name}, whose file is not here")
            }
            Self::Width { d, width } => write!(
                f,
                "d = {d} does not fit the layer: its rows have {width} numbers with their bias"
            ),
        }
    }
}

impl std::error::Error for SourceError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::LayerName;

    fn layer() -> Arc<Layer> {
        let weight: Vec<f32> = (0..24).map(|at| (at as f32 * 0.7).sin()).collect();
        let bias: Vec<f32> = (0..12).map(|at| at as f32 / 10.0).collect();
        let inputs: Vec<f32> = (0..80).map(|at| (at as f32 * 1.3).cos()).collect();
        Arc::new(Layer::new(2, &weight, &bias, &inputs, 0).expect("is a layer"))
    }

    fn recipe() -> Recipe {
        let layer = LayerName::parse("0123456789abcdef").expect("is a name");
        Recipe { d: 3, layer, ..Recipe::default() }
    }

    #[test]
    fn draws_are_the_layers_own_and_what_is_kept_back_is_never_trained_on() {
        let (layer, recipe) = (layer(), recipe());
        let source = Source::of(&recipe, Some(layer.clone())).expect("is at hand");
        let drawn = |stream| source.stream(&recipe, stream, 0).take(400);
        let (seen, kept) = (drawn(Stream::Data), drawn(Stream::HeldOut));
        let (rows, inputs) = (layer.split_rows(recipe.seed), layer.split_inputs(recipe.seed));
        for (data, rows, inputs) in
            [(&seen, &rows.seen, &inputs.seen), (&kept, &rows.kept, &inputs.kept)]
        {
            assert_eq!(data.len(), 400);
            let mut found = [vec![], vec![]];
            for (at, x) in data.x.chunks_exact(3).enumerate() {
                let input = inputs.iter().position(|index| layer.input(*index) == x);
                found[0].push(input.expect("is one of them"));
                for (w, y) in data.w[9 * at..][..9].chunks_exact(3).zip(&data.y[3 * at..]) {
                    let row = rows.iter().position(|index| layer.row(*index) == w);
                    found[1].push(row.expect("is one of them"));
                    let z: f64 = w.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum();
                    assert!((gelu(z) - f64::from(*y)).abs() < 1e-7);
                }
            }
            // All of them come up.
            for (found, all) in found.iter_mut().zip([inputs, rows]) {
                found.sort_unstable();
                found.dedup();
                assert_eq!(found.len(), all.len());
            }
        }
    }

    #[test]
    fn draws_are_picked_by_their_index() {
        for source in [Source::Normal, Source::Layer(layer())] {
            let stream = || source.stream(&recipe(), Stream::Data, 0);
            let (whole, picked) = (stream().take(9), stream().pick(9, &[7, 0, 3]));
            for (at, index) in [7, 0, 3].into_iter().enumerate() {
                assert_eq!(picked.w[9 * at..][..9], whole.w[9 * index..][..9]);
                assert_eq!(picked.x[3 * at..][..3], whole.x[3 * index..][..3]);
                assert_eq!(picked.y[3 * at..][..3], whole.y[3 * index..][..3]);
            }
            assert_eq!(picked.len(), 3);
        }
    }

    #[test]
    fn a_layer_that_is_not_at_hand_or_of_another_width_is_refused_in_a_sentence() {
        let refused = |recipe: &Recipe, layer| {
            let error = Source::of(recipe, layer).expect_err("is refused");
            (error.key(), error.to_string())
        };
        let (key, told) = refused(&recipe(), None);
        assert_eq!(key, "layer");
        assert_eq!(told, "the run draws from the layer 0123456789abcdef, whose file is not here");
        let (key, told) = refused(&Recipe { d: 2, ..recipe() }, Some(layer()));
        assert_eq!(key, "d");
        assert_eq!(told, "d = 2 does not fit the layer: its rows have 3 numbers with their bias");
        assert_eq!(Source::of(&Recipe::default(), None), Ok(Source::Normal));
    }

    #[test]
    fn every_seed_splits_in_its_own_way_unless_the_layer_says_what_it_has_not_seen() {
        let by_seed = |seed| layer().split_inputs(seed);
        assert_ne!(by_seed(1), by_seed(2));
        assert_eq!(by_seed(1).kept.len(), 10);
        let said = Layer::new(1, &[1.0; 4], &[0.0; 4], &[0.5; 40], 5).expect("is a layer");
        assert_eq!(said.split_inputs(1), said.split_inputs(2));
        assert_eq!(said.split_inputs(1).kept, [35, 36, 37, 38, 39]);
        assert_eq!(said.split_rows(3).kept.len(), 1);
    }
}
