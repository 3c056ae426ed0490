//! The trainer: pulled, a few micro-batches at a time.
//!
//! Whoever holds a [`Trainer`] asks for work and gets control back: to pause is to stop asking, to
//! cancel is to drop it. It runs on any burn device, has no clock and no randomness of its own.
//!
//! Work is asked for and its results are collected apart ([`Trainer::queue`], [`Trainer::collect`]), so that a GPU need
//! never wait for anybody to have read what it did: losses, held-out errors and checkpoints are read behind the run. How
//! much to ask for, and how far ahead, is for whoever has a clock. [`Trainer::advance`] does both at once.

use std::borrow::Cow;
use std::fmt;

use burn::tensor::{Device, ExecutionError, Int, Tensor};

use crate::backend::{self, Reading};
use crate::data::source::Source;
use crate::data::{Dataset, Order, Stream};
use crate::format::checkpoint::Checkpoint;
use crate::model::layout::Layout;
use crate::model::weights::Weights;
use crate::op::{self, Draws, Query, State, Want};
use crate::plan::span::Span;
use crate::recipe::{Recipe, RecipeError};
use crate::run::compare::watched;

/// Losses on the device, of all runs together, and of each at most and at least: one call takes no more steps.
const LOSSES: usize = 1 << 18;
const SLOTS: (usize, usize) = (256, 4096);

/// Mini-batches of an epoch that [`audit`] trains on again: the third one's loss depends on two steps of Adam.
pub const AUDITED: usize = 3;

/// An epoch's MSE over the first one's, beyond which a run has diverged and no later epoch will bring it back.
const DIVERGED: f64 = 1e6;

/// What an epoch came to. Its `Display` is the line that the notebook prints.
#[derive(Debug, Clone, PartialEq)]
pub struct EpochReport {
    /// The epoch, counted from 1.
    pub epoch: usize,
    /// Σ batch loss · batch size / n, the losses taken before their steps as the notebook does.
    pub mse: f64,
    /// The mini-batches' losses, in the order of the steps.
    pub losses: Vec<f32>,
    /// The MSE over the held-out draws that are watched, where the device watches them ([`Trainer::watch`]).
    pub held_out: Option<f64>,
    /// The MSE of each run, where several are trained side by side; what stands above is the first one's.
    pub mses: Vec<f64>,
    /// And the held-out MSE of each, where the device watches it.
    pub held_outs: Vec<f64>,
    /// Whether a checkpoint of this moment was kept ([`Trainer::keep`]).
    pub kept: bool,
}

/// How far a run is: whole epochs, and draws of the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Position {
    epoch: usize,
    draws: usize,
}

/// Runs in progress, of one recipe and of seeds that follow one another; most often one.
pub struct Trainer {
    recipe: Recipe,
    source: Source,
    runs: usize,
    device: Device,
    draws: Draws,
    order: Order,
    /// Taken out only while an operation works on it.
    state: Option<State>,
    micro_batch: usize,
    /// Losses that there is room for, of each run.
    slots: usize,
    /// How far the runs are when all is done that was asked for.
    queued: Position,
    /// How far they are by what has been collected.
    done: Position,
    /// What is asked for, the first of it first: a few pieces.
    pending: Vec<Work>,
    /// The epoch whose draws are on the device: they change only where every epoch has its own.
    drawn: usize,
    orders: Option<Orders>,
    /// What is watched, and how many epochs' parameters there is room for.
    watched: Option<(Draws, usize)>,
    /// Whether the next epoch that ends is to be kept, and those that were, the first of them first.
    keep: bool,
    kept: Vec<Checkpoint>,
    /// Of each run, the present epoch's losses that have been collected.
    losses: Vec<Vec<f32>>,
    /// The first epoch's MSE of each run; NaN before it is over.
    first_mse: Vec<f64>,
    diverged: Vec<bool>,
    /// The run that questions are about, where that is not the first.
    faced: Option<Faced>,
}

/// One of several runs, with the numbers of all as they were read. The CPU trains runs one after the other, so that its
/// module has no such thing.
#[cfg(any(feature = "webgpu", test))]
struct Faced {
    run: usize,
    parameters: Vec<f32>,
    moments: Vec<f32>,
    /// Its own parameters, on the device.
    own: Tensor<1>,
}

#[cfg(not(any(feature = "webgpu", test)))]
enum Faced {}

#[cfg(any(feature = "webgpu", test))]
impl Faced {
    fn run(&self) -> usize {
        self.run
    }

    fn own(&self) -> &Tensor<1> {
        &self.own
    }

    /// Its parameters, and its moments.
    fn numbers(&self, size: usize) -> [&[f32]; 2] {
        [&self.parameters[self.run * size..], &self.moments[2 * self.run * size..]]
    }
}

#[cfg(not(any(feature = "webgpu", test)))]
impl Faced {
    fn run(&self) -> usize {
        match *self {}
    }

    fn own(&self) -> &Tensor<1> {
        match *self {}
    }

    fn numbers(&self, _: usize) -> [&[f32]; 2] {
        match *self {}
    }
}

/// Epochs' orders on the device, `[runs, epochs, n]`.
struct Orders {
    first: usize,
    epochs: usize,
    indices: Tensor<1, Int>,
}

/// What was asked for at one time and is not collected yet.
struct Work {
    to: Position,
    /// Steps of which there are losses.
    steps: usize,
    /// Of each span in which epochs ended, how many.
    evaluated: Vec<usize>,
    kept: bool,
    recipe: Recipe,
    /// Losses, sums of squared errors of each such span, and parameters and moments where they are kept.
    reading: Reading,
}

impl Trainer {
    /// A run as its recipe defines it: data, weights and order drawn from the seed.
    ///
    /// `micro_batch` is the number of draws between two points at which control can return:
    /// [`Recipe::micro_batch`] or [`Recipe::largest_micro_batch`].
    pub fn new(recipe: Recipe, micro_batch: usize, device: &Device) -> Self {
        Self::of_seeds(recipe, Source::Normal, 1, micro_batch, device)
    }

    /// Runs of so many seeds, counted up from the recipe's, side by side. Each has the bits of the same run alone.
    pub fn of_seeds(
        recipe: Recipe,
        source: Source,
        runs: usize,
        micro_batch: usize,
        device: &Device,
    ) -> Self {
        let weights: Vec<Weights> =
            (0..runs).map(|run| Weights::init(&recipe.of_run(run))).collect();
        let data = training_sets(&recipe, &source, runs, 0);
        let state = State::of(Layout::of(&recipe), &weights, slots(runs), device);
        let order = Order::Shuffled { seed: recipe.seed };
        Self::from_state(recipe, source, data, state, order, micro_batch, device)
    }

    /// A run that begins with given weights; data and order are drawn from the seed.
    pub fn from_weights(
        recipe: Recipe,
        source: Source,
        weights: &Weights,
        micro_batch: usize,
        device: &Device,
    ) -> Self {
        let data = training_sets(&recipe, &source, 1, 0);
        let order = Order::Shuffled { seed: recipe.seed };
        let state = State::new(Layout::of(&recipe), weights, slots(1), device);
        Self::from_state(recipe, source, data, state, order, micro_batch, device)
    }

    /// A run on given data, from given weights, in a given order.
    pub fn replay(
        recipe: Recipe,
        data: Dataset,
        weights: &Weights,
        order: Order,
        micro_batch: usize,
        device: &Device,
    ) -> Self {
        let state = State::new(Layout::of(&recipe), weights, slots(1), device);
        Self::from_state(recipe, Source::Normal, vec![data], state, order, micro_batch, device)
    }

    /// Runs whose state is on the device already, before their first epoch.
    fn from_state(
        recipe: Recipe,
        source: Source,
        data: Vec<Dataset>,
        state: State,
        order: Order,
        micro_batch: usize,
        device: &Device,
    ) -> Self {
        let runs = data.len();
        Self {
            runs,
            draws: Draws::of(data, device),
            order,
            state: Some(state),
            micro_batch,
            slots: slots(runs),
            queued: Position::default(),
            done: Position::default(),
            pending: Vec::new(),
            drawn: 0,
            orders: None,
            watched: None,
            keep: false,
            kept: Vec::new(),
            losses: vec![Vec::new(); runs],
            first_mse: vec![f64::NAN; runs],
            diverged: vec![false; runs],
            faced: None,
            device: device.clone(),
            source,
            recipe,
        }
    }

    /// Runs of seeds that follow one another, each going on from its own checkpoint, all of the same epoch.
    ///
    /// On the CPU the bits are those of runs that were never stopped.
    pub fn resume_all(
        recipe: Recipe,
        source: Source,
        checkpoints: &[Checkpoint],
        micro_batch: usize,
        device: &Device,
    ) -> Self {
        let epoch = checkpoints[0].epoch;
        let drawn = drawn_for(&recipe, epoch);
        let data = training_sets(&recipe, &source, checkpoints.len(), drawn);
        let order = Order::Shuffled { seed: recipe.seed };
        let state = State::at(Layout::of(&recipe), checkpoints, device);
        let mut trainer = Self::from_state(recipe, source, data, state, order, micro_batch, device);
        trainer.queued = Position { epoch, draws: 0 };
        trainer.done = trainer.queued;
        trainer.drawn = drawn;
        trainer.first_mse = checkpoints.iter().map(|checkpoint| checkpoint.first_mse).collect();
        trainer
    }

    /// Has the device evaluate the held-out draws that are watched after every epoch from now on, along with training:
    /// nobody need stop for it.
    pub fn watch(&mut self) {
        let of_run = |run| watched(&self.recipe.of_run(run), &self.source);
        let held_out = Draws::of((0..self.runs).map(of_run).collect(), &self.device);
        let epochs = self.recipe.snapshots(self.runs);
        let size = self.runs * Layout::of(&self.recipe).parameters();
        let state = self.state.as_mut().expect("an operation gives the state back");
        state.snapshots = backend::put(vec![0.0; epochs * size], [epochs * size], &self.device);
        self.watched = Some((held_out, epochs));
    }

    /// Has a checkpoint be kept of the moment when the next epoch ends of those that are still to be asked for. A
    /// checkpoint is of one run: of several side by side there is none.
    pub fn keep(&mut self) {
        self.keep = self.runs == 1;
    }

    /// Has what is asked from here on be about this run, counted from the first, until there is more training. Nothing is to
    /// be on its way.
    ///
    /// # Errors
    ///
    /// When the device fails.
    #[cfg(any(feature = "webgpu", test))]
    pub async fn face(&mut self, run: usize) -> Result<(), ExecutionError> {
        let (parameters, moments) = match self.faced.take() {
            Some(Faced { parameters, moments, .. }) => (parameters, moments),
            None => {
                let State { parameters, moments, .. } = self.state();
                let tensors = vec![parameters.clone(), moments.clone()];
                let mut read = backend::read_later(tensors, &self.device).finish().await?;
                let moments = read.pop().expect("two were asked for");
                (read.pop().expect("two were asked for"), moments)
            }
        };
        let size = Layout::of(&self.recipe).parameters();
        let own = parameters[run * size..][..size].to_vec();
        let own = backend::put(own, [size], &self.device);
        self.faced = Some(Faced { run, parameters, moments, own });
        Ok(())
    }

    /// The recipe of the run that questions are about.
    pub fn faced_recipe(&self) -> Cow<'_, Recipe> {
        match &self.faced {
            Some(faced) => Cow::Owned(self.recipe.of_run(faced.run())),
            None => Cow::Borrowed(&self.recipe),
        }
    }

    /// The run as it was kept, what was kept first before what was later, each once; or, with nothing kept, as it is, if
    /// it is between two epochs and all its numbers are finite. Of several runs side by side there is one of the run that was
    /// faced.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn checkpoint(&mut self) -> Result<Option<Checkpoint>, ExecutionError> {
        if !self.kept.is_empty() {
            return Ok(Some(self.kept.remove(0)));
        }
        let between = self.queued.draws == 0 && self.pending.is_empty();
        if let Some(faced) = &self.faced {
            let run = faced.run();
            let [parameters, moments] = faced.numbers(Layout::of(&self.recipe).parameters());
            let (recipe, first) = (self.recipe.of_run(run), self.first_mse[run]);
            let there = between && !self.diverged[run];
            let epoch = self.queued.epoch;
            return Ok(there
                .then(|| Self::checkpoint_at(recipe, epoch, first, parameters, moments))
                .flatten());
        }
        if self.runs > 1 || !between || self.diverged() {
            return Ok(None);
        }
        let State { parameters, moments, .. } = self.state();
        let tensors = vec![parameters.clone(), moments.clone()];
        let read = backend::read_later(tensors, &self.device).finish().await?;
        let (recipe, first) = (self.recipe.clone(), self.first_mse[0]);
        Ok(Self::checkpoint_at(recipe, self.queued.epoch, first, &read[0], &read[1]))
    }

    /// A run at the end of an epoch, if all its numbers are finite.
    fn checkpoint_at(
        recipe: Recipe,
        epoch: usize,
        first_mse: f64,
        parameters: &[f32],
        moments: &[f32],
    ) -> Option<Checkpoint> {
        let layout = Layout::of(&recipe);
        let size = layout.parameters();
        let [weights, mean, square] =
            [&parameters[..size], &moments[..size], &moments[size..2 * size]]
                .map(|flat| layout.unpack(flat));
        let all = [&weights, &mean, &square];
        let finite = all.into_iter().all(|set| set.not_finite().is_none());
        finite.then_some(Checkpoint { recipe, epoch, first_mse, weights, mean, square })
    }

    /// The losses of the present epoch's steps that have been collected.
    pub fn losses(&self) -> &[f32] {
        &self.losses[0]
    }

    /// Trains on up to `micro_batches` micro-batches, and stops early where an epoch ends.
    ///
    /// Returns the epoch's report if one ended, and `None` otherwise, also when the run is done.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn advance(
        &mut self,
        micro_batches: usize,
    ) -> Result<Option<EpochReport>, ExecutionError> {
        let mut left = micro_batches;
        loop {
            if self.pending.is_empty() {
                let asked = self.queue(left, self.queued.epoch + 1);
                if asked == 0 {
                    return Ok(None);
                }
                left -= asked;
            }
            if let Some(report) = self.collect().await?.pop() {
                return Ok(Some(report));
            }
        }
    }

    /// Trains to the end of the present epoch. `None` when the run is done.
    ///
    /// # Errors
    ///
    /// As [`Trainer::advance`].
    pub async fn next_epoch(&mut self) -> Result<Option<EpochReport>, ExecutionError> {
        self.advance(usize::MAX).await
    }

    /// Asks for up to `micro_batches` micro-batches more, of epochs up to and with `until`, counted from 1. Returns how
    /// many it were: none when no more is to be trained, fewer where their losses would have no room, or where the
    /// device is done at once and an epoch ended.
    pub fn queue(&mut self, micro_batches: usize, until: usize) -> usize {
        let until = until.min(self.recipe.epochs);
        self.faced = None;
        let mut left = micro_batches;
        let (mut steps, mut kept, mut evaluated, mut sums) = (0, false, Vec::new(), Vec::new());
        while left > 0 && self.queued.epoch < until && steps < self.slots && !kept {
            if self.diverged() {
                break;
            }
            let (taken, span) = self.queue_span(left, until, steps);
            left -= taken;
            steps += span.finished();
            if span.epochs() == 0 {
                continue;
            }
            if let Some((held_out, _)) = &self.watched {
                let query = Query {
                    layout: span.layout,
                    models: span.epochs() * self.runs,
                    runs: self.runs,
                    want: Want::Squares,
                };
                sums.push(op::evaluate(&self.state().snapshots, held_out, query));
                evaluated.push(span.epochs());
            }
            kept = std::mem::take(&mut self.keep);
            if backend::is_immediate(&self.device) {
                break;
            }
        }
        if left < micro_batches {
            let state = self.state();
            let mut tensors = vec![state.losses.clone()];
            tensors.extend(sums);
            if kept {
                tensors.extend([state.parameters.clone(), state.moments.clone()]);
            }
            let reading = backend::read_later(tensors, &self.device);
            let (to, recipe) = (self.queued, self.recipe.clone());
            self.pending.push(Work { to, steps, evaluated, kept, recipe, reading });
        }
        micro_batches - left
    }

    /// How often [`Trainer::collect`] has something to wait for.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Waits for what was asked for first, and gives the reports of the epochs that ended in it.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn collect(&mut self) -> Result<Vec<EpochReport>, ExecutionError> {
        if self.pending.is_empty() {
            return Ok(Vec::new());
        }
        let work = self.pending.remove(0);
        let mut read = work.reading.finish().await?.into_iter();
        let losses = read.next().expect("losses are read first");
        let mut held_out = Vec::new();
        for epochs in &work.evaluated {
            let sums = read.next().expect("and the sums of each span");
            let parts = sums.len() / (epochs * self.runs);
            let total = |sums: &[f32]| sums.iter().map(|sum| f64::from(*sum)).sum::<f64>();
            let count = (work.recipe.watched() * work.recipe.d) as f64;
            held_out.extend(sums.chunks_exact(parts).map(|sums| total(sums) / count));
        }
        let mut reports = self.report(&work.recipe, work.steps, &losses, &held_out);
        self.done = match reports.last() {
            Some(last) if self.diverged() => Position { epoch: last.epoch, draws: 0 },
            _ => work.to,
        };
        if work.kept && !self.diverged() {
            let mut next = || read.next().expect("and what is kept");
            let (parameters, moments) = (next(), next());
            // With the rate that holds from here on, if it was changed meanwhile.
            let (recipe, first) = (self.recipe.clone(), self.first_mse[0]);
            let kept = Self::checkpoint_at(recipe, work.to.epoch, first, &parameters, &moments);
            if let Some(report) = reports.last_mut() {
                report.kept = kept.is_some();
            }
            self.kept.extend(kept);
        }
        if self.diverged() {
            // Nothing that was asked for behind it is of use.
            self.pending.clear();
            self.queued = self.done;
        }
        Ok(reports)
    }

    /// The reports of the epochs that end in some steps.
    fn report(
        &mut self,
        recipe: &Recipe,
        steps: usize,
        losses: &[f32],
        held_out: &[f64],
    ) -> Vec<EpochReport> {
        let slots = losses.len() / self.runs;
        let mut reports = Vec::new();
        let (per_epoch, mut epoch, mut from) = (recipe.steps_per_epoch(), self.done.epoch, 0);
        while from < steps {
            let to = steps.min(from + per_epoch - self.losses[0].len());
            for (run, so_far) in self.losses.iter_mut().enumerate() {
                so_far.extend(&losses[run * slots + from..run * slots + to]);
            }
            from = to;
            if self.losses[0].len() < per_epoch {
                break;
            }
            let held = held_out.chunks_exact(self.runs).nth(epoch - self.done.epoch);
            epoch += 1;
            reports.push(self.end_epoch(recipe, epoch, held));
            if self.diverged() {
                break;
            }
        }
        reports
    }

    fn end_epoch(
        &mut self,
        recipe: &Recipe,
        epoch: usize,
        held_out: Option<&[f64]>,
    ) -> EpochReport {
        let mut mses = Vec::with_capacity(self.runs);
        for (run, losses) in self.losses.iter().enumerate() {
            let mse = mse(recipe, losses);
            if self.first_mse[run].is_nan() {
                self.first_mse[run] = mse;
            }
            // Written so that NaN has diverged too.
            let holds = mse.is_finite() && mse <= DIVERGED * self.first_mse[run];
            self.diverged[run] |= !holds;
            mses.push(mse);
        }
        let losses = std::mem::take(&mut self.losses[0]);
        self.losses.iter_mut().for_each(Vec::clear);
        let (mse, mut held_outs) = (mses[0], held_out.map(<[f64]>::to_vec).unwrap_or_default());
        let held_out = held_outs.first().copied();
        if self.runs == 1 {
            mses.clear();
            held_outs.clear();
        }
        EpochReport { epoch, mse, losses, held_out, mses, held_outs, kept: false }
    }

    /// Has another learning rate hold from the next epoch that begins. The recipe has the change in it.
    ///
    /// # Errors
    ///
    /// When it is no learning rate, no epoch is left, or there were too many changes.
    pub fn change_rate(&mut self, lr: f64) -> Result<(), RecipeError> {
        let begun = usize::from(self.queued.draws > 0);
        let epoch = self.queued.epoch + begun + 1;
        self.recipe.change_rate(epoch, lr)
    }

    /// Where the draws come from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The recipe of the first run.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Runs that are trained side by side.
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// Epochs finished and collected.
    pub fn epoch(&self) -> usize {
        self.done.epoch
    }

    /// Steps finished since the beginning of the run, and collected.
    pub fn steps(&self) -> u64 {
        self.recipe.steps_in(self.done.epoch) + self.losses[0].len() as u64
    }

    /// Epochs asked for, and draws of the present one: changes whenever the weights may have.
    pub fn position(&self) -> (usize, usize) {
        (self.queued.epoch, self.queued.draws)
    }

    /// Whether nothing is left to train: every epoch of the recipe is finished, or the run has diverged.
    pub fn done(&self) -> bool {
        self.diverged() || self.done.epoch >= self.recipe.epochs
    }

    /// Whether the last epoch's MSE is not finite, or a million times the first one's, in every run.
    pub fn diverged(&self) -> bool {
        self.diverged.iter().all(|diverged| *diverged)
    }

    /// Draws in a micro-batch.
    pub fn micro_batch(&self) -> usize {
        self.micro_batch
    }

    /// y' = Φ(W)·Ψ(x) with the present weights of the first run, or of the one that was faced, for draws in host memory.
    ///
    /// # Shapes
    ///
    /// - draws.w: `[batch, d, d]`, draws.x: `[batch, d]`
    /// - output: `[batch · d]`, row-major
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn predict(&self, w: Vec<f32>, x: Vec<f32>) -> Result<Vec<f32>, ExecutionError> {
        let d = self.recipe.d;
        let batch = x.len() / d;
        let w = backend::put(w, [batch, d, d], &self.device);
        let x = backend::put(x, [batch, d], &self.device);
        let draws = Draws { w, y: x.clone(), x };
        let layout = Layout::of(&self.recipe);
        let query = Query { layout, models: 1, runs: 1, want: Want::Outputs };
        let first = &self.state().parameters;
        let parameters = self.faced.as_ref().map_or(first, Faced::own);
        backend::read(op::evaluate(parameters, &draws, query)).await
    }

    /// Reads the present weights of the first run, or of the one that was faced, from the device.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn weights(&self) -> Result<Weights, ExecutionError> {
        self.weights_of(self.faced.as_ref().map_or(0, Faced::run)).await
    }

    /// The same of any run, counted from the recipe's seed.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn weights_of(&self, run: usize) -> Result<Weights, ExecutionError> {
        let layout = Layout::of(&self.recipe);
        let flat = backend::read(self.state().parameters.clone()).await?;
        Ok(layout.unpack(&flat[run * layout.parameters()..][..layout.parameters()]))
    }

    fn state(&self) -> &State {
        self.state.as_ref().expect("an operation gives the state back")
    }

    /// Asks for up to `micro_batches` that one operation can do, the losses of which go behind `slot` others. Returns how
    /// many it were, and the span.
    fn queue_span(&mut self, micro_batches: usize, until: usize, slot: usize) -> (usize, Span) {
        let Position { epoch, draws } = self.queued;
        let drawn = drawn_for(&self.recipe, epoch);
        if self.drawn != drawn {
            // One draw in the place of the last epoch's first, so that no two epochs' are held at a time.
            let one = Recipe { n: 1, ..self.recipe.clone() };
            self.draws =
                Draws::of(training_sets(&one, &self.source, self.runs, drawn), &self.device);
            let all = training_sets(&self.recipe, &self.source, self.runs, drawn);
            self.draws = Draws::of(all, &self.device);
            self.drawn = drawn;
        }
        let epochs = self.epochs_alike(epoch, until);
        let (first, last, indices) = self.orders_from(epoch, epochs);
        let n = self.recipe.n;
        let start = (epoch - first) * n + draws;
        let mut span = Span {
            layout: Layout::of(&self.recipe),
            runs: self.runs,
            batch: self.recipe.batch,
            n,
            start,
            end: (last.min(epoch + epochs) - first) * n,
            steps: self.recipe.steps_in(epoch) + (draws / self.recipe.batch) as u64,
            lr: self.recipe.rate_of(epoch + 1),
            cosine: self.recipe.cosine_steps(),
            slot,
            snapshot: self.watched.as_ref().map(|_| 0),
        };
        let (mut taken, mut room) = (0, self.slots - slot);
        let mut end = start;
        for piece in span.pieces(self.micro_batch).take(micro_batches) {
            taken += 1;
            end = piece.end;
            room -= usize::from(piece.last);
            if room == 0 {
                break;
            }
        }
        span.end = end;
        self.queued = Position { epoch: first + end / n, draws: end % n };
        let state = self.state.take().expect("an operation gives the state back");
        self.state = Some(op::train(state, &self.draws, &indices, span));
        (taken, span)
    }

    /// Epochs from this one on, counted from 0, that one operation can go through.
    fn epochs_alike(&self, epoch: usize, until: usize) -> usize {
        let recipe = &self.recipe;
        if backend::is_immediate(&self.device) || recipe.fresh || self.keep {
            return 1;
        }
        let room = self.watched.as_ref().map_or(usize::MAX, |(_, epochs)| *epochs);
        let rate = recipe.rate_of(epoch + 1);
        let alike = (epoch..until).take_while(|epoch| recipe.rate_of(epoch + 1) == rate);
        alike.take(room).count().max(1)
    }

    /// The orders of an epoch and of those behind it, as far as they are on the device: the first of them, one past the
    /// last, and the indices.
    fn orders_from(&mut self, epoch: usize, epochs: usize) -> (usize, usize, Tensor<1, Int>) {
        let there = self
            .orders
            .take()
            .filter(|orders| (orders.first..orders.first + orders.epochs).contains(&epoch));
        let orders = there.unwrap_or_else(|| {
            let n = self.recipe.n;
            let epochs = epochs.min(self.recipe.orders(self.runs));
            let all = epoch..epoch + epochs;
            let indices = backend::put_orders(&self.order, self.runs, all, n, &self.device);
            Orders { first: epoch, epochs, indices }
        });
        let Orders { first, epochs, indices } = &orders;
        let found = (*first, first + epochs, indices.clone());
        self.orders = Some(orders);
        found
    }
}

/// The losses of the [`AUDITED`] mini-batches that follow a checkpoint, as the CPU computes them from it alone.
///
/// What another device reported of the same steps is to agree with them, up to rounding. The device is the CPU's.
#[cfg(feature = "cpu")]
pub fn audit(checkpoint: &Checkpoint, source: &Source, device: &Device) -> Vec<f32> {
    let Checkpoint { recipe, epoch, .. } = checkpoint;
    let layout = Layout::of(recipe);
    let mut order = Order::Shuffled { seed: recipe.seed }.of_epoch(*epoch, recipe.n);
    order.truncate(AUDITED * recipe.batch);
    let mut draws = source.stream(recipe, Stream::Data, drawn_for(recipe, *epoch) as u32);
    let data = draws.pick(recipe.n, &order);
    let span = Span {
        batch: recipe.batch,
        steps: recipe.steps_in(*epoch),
        lr: recipe.rate_of(epoch + 1),
        cosine: recipe.cosine_steps(),
        ..Span::evaluating(layout, 1, order.len())
    };
    let as_they_come = backend::put_indices((0..order.len() as i32).collect(), device);
    let state = State::at(layout, std::slice::from_ref(checkpoint), device);
    let state = op::train(state, &Draws::of(vec![data], device), &as_they_come, span);
    let mut losses = backend::read_at_once(state.losses);
    losses.truncate(span.finished());
    losses
}

/// The epoch whose draws an epoch, counted from 0, trains on.
fn drawn_for(recipe: &Recipe, epoch: usize) -> usize {
    if recipe.fresh { epoch } else { 0 }
}

/// The draws of some runs for an epoch, counted from 0, of a recipe whose every epoch has its own; of any other those of epoch 0.
fn training_sets(recipe: &Recipe, source: &Source, runs: usize, epoch: usize) -> Vec<Dataset> {
    let of_run =
        |run| source.stream(&recipe.of_run(run), Stream::Data, epoch as u32).take(recipe.n);
    (0..runs).map(of_run).collect()
}

/// Losses of each of so many runs that there is room for.
fn slots(runs: usize) -> usize {
    (LOSSES / runs).clamp(SLOTS.0, SLOTS.1)
}

/// Σ batch loss · batch size / n.
fn mse(recipe: &Recipe, losses: &[f32]) -> f64 {
    let Recipe { n, batch, .. } = *recipe;
    let sizes = (0..n).step_by(batch).map(|start| batch.min(n - start));
    let sum: f64 =
        losses.iter().zip(sizes).map(|(loss, size)| f64::from(*loss) * size as f64).sum();
    sum / n as f64
}

impl fmt::Display for EpochReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Python writes `nan` where Rust writes `NaN`.
        let mse = format!("{:.4}", self.mse).to_ascii_lowercase();
        write!(f, "Epoch {}: MSE = {mse}", self.epoch)
    }
}

impl State {
    /// The state before the first step, with room for `slots` losses.
    pub fn new(layout: Layout, weights: &Weights, slots: usize, device: &Device) -> Self {
        Self::of(layout, std::slice::from_ref(weights), slots, device)
    }

    /// The state of several runs before their first step, with room for `slots` losses each.
    pub fn of(layout: Layout, weights: &[Weights], slots: usize, device: &Device) -> Self {
        let moments = vec![0.0; weights.len() * 2 * layout.parameters()];
        let parameters =
            weights.iter().map(|weights| layout.pack(weights)).collect::<Vec<_>>().concat();
        Self::with(parameters, moments, weights.len(), slots, device)
    }

    /// The state of several runs, each at its checkpoint.
    fn at(layout: Layout, checkpoints: &[Checkpoint], device: &Device) -> Self {
        let (mut parameters, mut moments) = (Vec::new(), Vec::new());
        for Checkpoint { weights, mean, square, .. } in checkpoints {
            append(&mut parameters, layout.pack(weights));
            append(&mut moments, layout.pack(mean));
            append(&mut moments, layout.pack(square));
        }
        let runs = checkpoints.len();
        Self::with(parameters, moments, runs, slots(runs), device)
    }

    fn with(
        parameters: Vec<f32>,
        moments: Vec<f32>,
        runs: usize,
        slots: usize,
        device: &Device,
    ) -> Self {
        let put = |values: Vec<f32>| {
            let shape = [values.len()];
            backend::put(values, shape, device)
        };
        Self {
            gradient: put(vec![0.0; parameters.len() + runs]),
            parameters: put(parameters),
            moments: put(moments),
            losses: put(vec![0.0; runs * slots]),
            // Room for them is made where somebody watches.
            snapshots: put(vec![0.0; 4]),
        }
    }
}

impl Draws {
    /// Puts the draws of some runs on a device.
    pub fn of(data: Vec<Dataset>, device: &Device) -> Self {
        let (d, n) = (data[0].d, data.iter().map(Dataset::len).sum());
        let (mut w, mut x, mut y) = (Vec::new(), Vec::new(), Vec::new());
        for data in data {
            append(&mut w, data.w);
            append(&mut x, data.x);
            append(&mut y, data.y);
        }
        Self {
            w: backend::put(w, [n, d, d], device),
            x: backend::put(x, [n, d], device),
            y: backend::put(y, [n, d], device),
        }
    }
}

/// Numbers behind others; the first are taken as they lie, since they may be all that there is room for.
fn append(all: &mut Vec<f32>, more: Vec<f32>) {
    if all.is_empty() {
        *all = more;
    } else {
        all.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_as_the_notebook_prints_it() {
        let (losses, [mses, held_outs]) = (Vec::new(), [Vec::new(), Vec::new()]);
        let (mse, held_out, kept) = (0.80324, None, false);
        let report = EpochReport { epoch: 1, mse, losses, held_out, mses, held_outs, kept };
        assert_eq!(report.to_string(), "Epoch 1: MSE = 0.8032");
        let diverged = EpochReport { epoch: 2, mse: f64::NAN, ..report };
        assert_eq!(diverged.to_string(), "Epoch 2: MSE = nan");
    }

    #[test]
    fn a_ragged_batch_counts_by_its_size() {
        let recipe = Recipe { n: 5, batch: 2, ..Recipe::default() };
        assert_eq!(mse(&recipe, &[1.0, 2.0, 5.0]), (2.0 * 1.0 + 2.0 * 2.0 + 1.0 * 5.0) / 5.0);
    }
}
