//! Runs: recipes, links, files and the Session.

use js_sys::{Array, Error, Float32Array, Float64Array, Object, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::backend::Backend;
use crate::data::demo::Demo;
use crate::format::link::{Link, MOST_LINKED};
use crate::format::safetensors::{self as file, FileError, WeightsFile};
use crate::recipe::Recipe;
use crate::run::compare::{Comparison, Evaluation, Sample};
use crate::run::session::{self, Session, SessionError, Start};
use crate::run::train::{AUDITED, EpochReport};

use super::layer::held;
use super::{keyed_error, read_recipe, recipe_error, recipe_object, set, text, text_entries};

/// The name of the backend that this module was built for: `cpu` or `webgpu`.
#[wasm_bindgen]
pub fn backend() -> String {
    Backend::BUILT_FOR.name().to_owned()
}

/// Checks a recipe as typed, `{ d: "2", … }`, and returns it with its costs, memory in bytes.
///
/// # Errors
///
/// An `Error` whose `key` names the field.
#[wasm_bindgen(unchecked_return_type = "CheckedRecipe")]
pub fn check(
    #[wasm_bindgen(unchecked_param_type = "Fields")] fields: &JsValue,
) -> Result<Object, JsValue> {
    let recipe = read_recipe(fields)?;
    Ok(checked_object(&recipe))
}

/// Reads a link's fragment: `{ recipe, play }`, and `W` and `x` as text and `mse` where it has them.
///
/// # Errors
///
/// An `Error` whose message is the sentence for the visitor and whose `key` names what is wrong.
#[wasm_bindgen(js_name = readLink, unchecked_return_type = "OpenedLink")]
pub fn read_link(
    #[wasm_bindgen(unchecked_param_type = "string")] fragment: &JsValue,
) -> Result<Object, JsValue> {
    let link = Link::parse(&text(fragment).unwrap_or_default())
        .map_err(|error| keyed_error(&error, error.key()))?;
    Ok(link_object(&link))
}

/// Writes a link's fragment, without `#`, for a recipe as typed. `w` and `x` as typed, and the last epoch's MSE,
/// ride along where they are given.
///
/// # Errors
///
/// An `Error` whose `key` names what is wrong.
#[wasm_bindgen(js_name = writeLink)]
pub fn write_link(
    #[wasm_bindgen(unchecked_param_type = "Fields")] fields: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "string | undefined")] w: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "string | undefined")] x: &JsValue,
    mse: Option<f64>,
    play: bool,
) -> Result<String, JsValue> {
    let recipe = read_recipe(fields)?;
    let demo = match (text(w), text(x)) {
        (Some(w), Some(x)) => Some(
            Demo::parse(recipe.d, &w, &x)
                .map_err(|error| session_error(SessionError::Demo(error)))?,
        ),
        _ => None,
    };
    if demo.as_ref().is_some_and(|demo| demo.x.len() > MOST_LINKED) {
        let told = format!("a link has no room for a W and an x beyond d = {MOST_LINKED}");
        return Err(keyed_error(&told, "W"));
    }
    Ok(Link { recipe, demo, mse: mse.filter(|mse| mse.is_finite()), play }.to_string())
}

/// Reads a `.safetensors` file of weights without opening a run: `{ d, m, hidden }`, and `recipe` where the file
/// tells one that can be believed.
///
/// # Errors
///
/// When the file is refused.
#[wasm_bindgen(js_name = readWeights, unchecked_return_type = "Inspected")]
pub fn read_weights(bytes: &Uint8Array) -> Result<Object, JsValue> {
    let file = file::read(&file_bytes(bytes)?)
        .map_err(|error| session_error(SessionError::File(error)))?;
    Ok(file_object(&file))
}

/// Opens the backend's device, so that a refusal is known before a run depends on it.
///
/// # Errors
///
/// When the device is refused.
#[wasm_bindgen(js_name = openDevice)]
pub async fn open_device() -> Result<(), JsValue> {
    Backend::BUILT_FOR.open().await.map_err(|error| Error::new(&error.to_string()))?;
    Ok(())
}

/// Has WebGPU, once it is open, plan as for another adapter than it has found, so that every kernel can be tested and
/// timed wherever there is a device at all.
#[cfg(feature = "webgpu")]
#[wasm_bindgen(js_name = planFor)]
pub fn plan_for(software: bool, memory: Option<u32>) {
    crate::backend::plan_for(|adapter| crate::plan::Adapter {
        software,
        memory: memory.map_or(adapter.memory, |bytes| bytes as usize),
        ..adapter
    });
}

/// Has the backend make ready what runs of a recipe as typed will need: kernels are compiled and have run once.
///
/// # Errors
///
/// When the recipe is refused, or the device is or fails.
#[cfg(feature = "webgpu")]
#[wasm_bindgen]
pub async fn prepare(
    #[wasm_bindgen(unchecked_param_type = "Fields")] fields: JsValue,
) -> Result<(), JsValue> {
    let recipe = read_recipe(&fields)?;
    session::prepare(recipe, Backend::BUILT_FOR).await.map_err(session_error)
}

/// The losses of three steps of a small fixed recipe, to hold one backend against the other.
///
/// # Errors
///
/// When the device is refused or fails.
#[wasm_bindgen(js_name = selfCheck)]
pub async fn self_check() -> Result<Float32Array, JsValue> {
    let losses = session::self_check(Backend::BUILT_FOR).await.map_err(session_error)?;
    Ok(Float32Array::from(losses.as_slice()))
}

/// The losses of the mini-batches that follow a checkpoint, three at most, as the CPU computes them.
///
/// # Errors
///
/// When the checkpoint is damaged, or its layer not held.
#[cfg(feature = "cpu")]
#[wasm_bindgen]
pub fn audit(bytes: &[u8]) -> Result<Float32Array, JsValue> {
    let losses = session::audit(bytes, held).map_err(session_error)?;
    Ok(Float32Array::from(losses.as_slice()))
}

/// A run on this module's backend. One call at a time: a second one while another awaits throws.
#[wasm_bindgen(js_name = Session)]
pub struct WebSession(Session);

#[wasm_bindgen(js_class = Session)]
impl WebSession {
    /// Draws the data for a recipe as typed (or as numbers). The run begins with the seed's weights; with those of a
    /// `.safetensors` file, whose d, m and hidden take the place of the recipe's; or goes on from a checkpoint, with the
    /// file's weights in the place of its own where both are given. With
    /// `seeds` there are so many runs side by side, each from the weights of its own seed, counted up from the recipe's.
    ///
    /// # Errors
    ///
    /// When the recipe, the file or the checkpoint is refused, or the device.
    pub async fn open(
        #[wasm_bindgen(unchecked_param_type = "Fields")] fields: JsValue,
        weights: Option<Uint8Array>,
        checkpoint: Option<Uint8Array>,
        seeds: Option<u32>,
    ) -> Result<WebSession, JsValue> {
        let recipe = read_recipe(&fields)?;
        let [weights, checkpoint] =
            [weights, checkpoint].map(|file| file.as_ref().map(file_bytes).transpose());
        let (weights, checkpoint) = (weights?, checkpoint?);
        let start = match (&weights, &checkpoint) {
            (None, Some(bytes)) => Start::Checkpoint(bytes),
            (Some(weights), Some(bytes)) => Start::Solved(bytes, weights),
            (Some(bytes), None) => Start::Weights(bytes),
            (None, None) => Start::Seeds(seeds.unwrap_or(1) as usize),
        };
        let layer = held(&recipe);
        let session = Session::open_from(recipe, layer, start, Backend::BUILT_FOR).await;
        Ok(Self(session.map_err(session_error)?))
    }

    /// Asks for up to `micro_batches` micro-batches more, of epochs up to and with `until`. Returns how many it were: none
    /// where there is nothing left to ask for. What is asked for is done in the order of the calls, and nothing waits for it
    /// but `collect`; on the CPU it is done at once.
    pub fn queue(&mut self, micro_batches: u32, until: u32) -> u32 {
        self.0.queue(micro_batches as usize, until as usize) as u32
    }

    /// Waits for what `queue` was asked first and resolves to the epochs that ended in it, each with the losses that an audit
    /// repeats.
    ///
    /// # Errors
    ///
    /// When the device fails.
    #[wasm_bindgen(unchecked_return_type = "Report[]")]
    pub async fn collect(&mut self) -> Result<Array, JsValue> {
        let reports = self.0.collect().await.map_err(session_error)?;
        Ok(reports.iter().map(report_object).collect())
    }

    /// How often `collect` has something to wait for.
    #[wasm_bindgen(getter)]
    pub fn pending(&self) -> f64 {
        self.0.trainer().pending() as f64
    }

    /// Has the held-out draws that are watched be evaluated along with training, so that the reports of the epochs from now
    /// on have `heldOut`, or `heldOuts`. For one run on the CPU, where somebody else may have to wait meanwhile, `watch` is
    /// asked instead.
    #[wasm_bindgen(js_name = watchAlong)]
    pub fn watch_along(&mut self) {
        self.0.watch_along();
    }

    /// Has a checkpoint be kept of the moment when the next epoch ends that is asked for from now on; its report says so,
    /// and `checkpoint` then gives it.
    pub fn keep(&mut self) {
        self.0.keep();
    }

    /// The checkpoint that was kept, or the run as it is; `undefined` within an epoch, and where a number is not finite.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn checkpoint(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let bytes = self.0.checkpoint().await.map_err(session_error)?;
        Ok(bytes.map(|bytes| Uint8Array::from(bytes.as_slice())))
    }

    /// Has another learning rate hold from the next epoch that begins. Returns the recipe with the change in it.
    ///
    /// # Errors
    ///
    /// When it is no learning rate, or no epoch is left.
    #[wasm_bindgen(js_name = changeRate, unchecked_return_type = "Recipe")]
    pub fn change_rate(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "string")] lr: &JsValue,
    ) -> Result<Object, JsValue> {
        let lr = text(lr).unwrap_or_default();
        let recipe = self.0.change_rate(&lr).map_err(recipe_error)?;
        Ok(recipe_object(recipe))
    }

    /// The losses of the present epoch's steps that have been collected.
    pub fn losses(&self) -> Float32Array {
        Float32Array::from(self.0.trainer().losses())
    }

    /// Epochs finished.
    #[wasm_bindgen(getter)]
    pub fn epoch(&self) -> f64 {
        self.0.trainer().epoch() as f64
    }

    /// Steps finished since the beginning of the run.
    #[wasm_bindgen(getter)]
    pub fn step(&self) -> f64 {
        self.0.trainer().steps() as f64
    }

    /// Mini-batches in an epoch.
    #[wasm_bindgen(getter, js_name = stepsPerEpoch)]
    pub fn steps_per_epoch(&self) -> f64 {
        self.0.trainer().recipe().steps_per_epoch() as f64
    }

    /// Micro-batches in a full mini-batch.
    #[wasm_bindgen(getter, js_name = microBatchesPerStep)]
    pub fn micro_batches_per_step(&self) -> f64 {
        let trainer = self.0.trainer();
        trainer.recipe().largest_batch().div_ceil(trainer.micro_batch()) as f64
    }

    /// Whether nothing is left to train: every epoch of the recipe is finished, or the run has diverged.
    #[wasm_bindgen(getter)]
    pub fn done(&self) -> bool {
        self.0.trainer().done()
    }

    /// Whether the last epoch's MSE is not finite, or a million times the first one's.
    #[wasm_bindgen(getter)]
    pub fn diverged(&self) -> bool {
        self.0.trainer().diverged()
    }

    /// The notebook's demo on draw number `draw`, W row-major.
    ///
    /// # Errors
    ///
    /// When the device fails.
    #[wasm_bindgen(unchecked_return_type = "Comparison")]
    pub async fn compare(&self, draw: u32) -> Result<Object, JsValue> {
        let comparison = self.0.compare_draw(draw).await.map_err(session_error)?;
        Ok(comparison_object(&comparison))
    }

    /// The same on a W (d·d numbers, row by row) and an x (d numbers) as typed.
    ///
    /// # Errors
    ///
    /// When they cannot be read, or the device fails.
    #[wasm_bindgen(js_name = compareWith, unchecked_return_type = "Comparison")]
    pub async fn compare_with(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] w: JsValue,
        #[wasm_bindgen(unchecked_param_type = "string")] x: JsValue,
    ) -> Result<Object, JsValue> {
        let [w, x] = [&w, &x].map(|typed| text(typed).unwrap_or_default());
        let comparison = self.0.compare_typed(&w, &x).await.map_err(session_error)?;
        Ok(comparison_object(&comparison))
    }

    /// y' = Φ(W)·Ψ(x) for draws W `[draws, d, d]` and x `[draws, d]`, row by row: `[draws · d]`.
    ///
    /// # Errors
    ///
    /// When the numbers of W and x do not go together, or the device fails.
    pub async fn predict(&self, w: Float32Array, x: Float32Array) -> Result<Float32Array, JsValue> {
        let [all, entries] = [&w, &x].map(|array| array.length() as usize);
        let size = self.0.holds_draws(all, entries).map_err(session_error)?;
        let d = self.0.trainer().recipe().d;
        // Theirs and ours lie outside the module's memory, which holds one slice at a time.
        let output = Float32Array::new_with_length(x.length());
        for first in (0..entries).step_by(size * d) {
            let end = entries.min(first + size * d);
            let part = |array: &Float32Array, times: usize| {
                array.subarray((times * first) as u32, (times * end) as u32).to_vec()
            };
            let some = self.0.predict(part(&w, d), part(&x, 1)).await.map_err(session_error)?;
            output.set(&Float32Array::from(some.as_slice()), first as u32);
        }
        Ok(output)
    }

    /// The present weights as a `.safetensors` file. `notes`, an object of strings, goes into its metadata beside
    /// the recipe.
    ///
    /// # Errors
    ///
    /// When the device fails, or a weight is not finite since training has diverged.
    #[wasm_bindgen(js_name = weightsFile)]
    pub async fn weights_file(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Record<string, string>")] notes: JsValue,
    ) -> Result<Uint8Array, JsValue> {
        let pairs = text_entries(&notes);
        let notes: Vec<(&str, String)> =
            pairs.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        let bytes = self.0.weights_file(&notes).await.map_err(session_error)?;
        Ok(Uint8Array::from(bytes.as_slice()))
    }

    /// The mean squared error over the few held-out draws that are watched from epoch to epoch, with the present
    /// weights. Resolves with the last of their slices and to `undefined` before.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub async fn watch(&mut self, micro_batches: u32) -> Result<Option<f64>, JsValue> {
        self.0.watch(micro_batches as usize).await.map_err(session_error)
    }

    /// What the networks make of the first held-out draws, up to `entries` outputs together, draw by draw.
    ///
    /// # Errors
    ///
    /// When the device fails.
    #[wasm_bindgen(unchecked_return_type = "Sample")]
    pub async fn sample(&self, entries: u32) -> Result<Object, JsValue> {
        let sample = self.0.sample(entries as usize).await.map_err(session_error)?;
        Ok(sample_object(&sample))
    }

    /// Evaluates the next slices of the held-out draws with the present weights. Resolves to what they come to with the last
    /// slice and to `undefined` before.
    ///
    /// # Errors
    ///
    /// When the device fails.
    #[wasm_bindgen(unchecked_return_type = "Evaluation | undefined")]
    pub async fn evaluate(&mut self, micro_batches: u32) -> Result<Option<Object>, JsValue> {
        let evaluation = self.0.evaluate(micro_batches as usize).await.map_err(session_error)?;
        Ok(evaluation.as_ref().map(evaluation_object))
    }
}

/// What only a device that trains several runs in one go is asked.
#[cfg(feature = "webgpu")]
#[wasm_bindgen(js_class = Session)]
impl WebSession {
    /// Opens runs side by side of as many seeds, counted up from the recipe's, each from a checkpoint of its own, all of
    /// the same epoch.
    ///
    /// # Errors
    ///
    /// As `open`.
    #[wasm_bindgen(js_name = openAll)]
    pub async fn open_all(
        #[wasm_bindgen(unchecked_param_type = "Fields")] fields: JsValue,
        checkpoints: Vec<Uint8Array>,
    ) -> Result<WebSession, JsValue> {
        let recipe = read_recipe(&fields)?;
        let checkpoints: Vec<Vec<u8>> =
            checkpoints.iter().map(file_bytes).collect::<Result<_, _>>()?;
        let start = Start::Checkpoints(&checkpoints);
        let layer = held(&recipe);
        let session = Session::open_from(recipe, layer, start, Backend::BUILT_FOR).await;
        Ok(Self(session.map_err(session_error)?))
    }

    /// Has what is asked from here on be about this run, counted from the first, until there is more training.
    ///
    /// # Errors
    ///
    /// When there is no such run, or the device fails.
    pub async fn face(&mut self, run: u32) -> Result<(), JsValue> {
        self.0.face(run as usize).await.map_err(session_error)
    }
}

/// A file's bytes, brought into the module's memory only where they may be a file at all.
fn file_bytes(bytes: &Uint8Array) -> Result<Vec<u8>, JsValue> {
    let length = bytes.length() as usize;
    if length > file::LARGEST {
        return Err(session_error(SessionError::File(FileError::TooLarge { bytes: length })));
    }
    Ok(bytes.to_vec())
}

/// Numbers as a visitor would type them.
fn listed(values: &[f32]) -> String {
    values.iter().map(f32::to_string).collect::<Vec<_>>().join(", ")
}

crossing! {
    /// A recipe that passed, with what it will cost; `memory` is in bytes, on each backend.
    fn checked_object(recipe: &Recipe) -> "CheckedRecipe" {
        recipe ": Recipe" = recipe_object(recipe),
        memory ": Memory" = memory_object(recipe),
        stepsPerEpoch ": number" = recipe.steps_per_epoch() as f64,
        flopsPerDraw ": number" = recipe.flops_per_draw() as f64,
    }
}

crossing! {
    /// What a run takes of memory on each backend, in bytes, with what is kept of the runs of many seeds.
    fn memory_object(recipe: &Recipe) -> "Memory" {
        cpu ": number" = (recipe.cpu_memory() + recipe.kept_bytes()) as f64,
        webgpu ": number" = (recipe.webgpu_memory() + recipe.kept_bytes()) as f64,
    }
}

crossing! {
    /// What a link says; `W` and `x` as they would be typed, `mse` the last epoch's where the link was made, and `play` asks
    /// the page to start by itself.
    fn link_object(link: &Link) -> "OpenedLink" {
        recipe ": Recipe" = recipe_object(&link.recipe),
        play ": boolean" = link.play,
        W "?: string" = link.demo.as_ref().map(|demo| listed(&demo.w)),
        x "?: string" = link.demo.as_ref().map(|demo| listed(&demo.x)),
        mse "?: number" = link.mse,
    }
}

crossing! {
    /// The networks' sizes in a weights file, and the recipe they were trained by where the file tells one that can be
    /// believed.
    fn file_object(file: &WeightsFile) -> "Inspected" {
        d ": number" = file.layout.d as f64,
        m ": number" = file.layout.m as f64,
        hidden ": number" = file.layout.hidden as f64,
        recipe "?: Recipe" = file.recipe.as_ref().map(recipe_object),
    }
}

crossing! {
    /// The end of an epoch. `line` is what the notebook prints; `losses` are those that an audit repeats; `heldOut`, the MSE
    /// over the held-out draws that are watched, is there where the device watches them along; `kept` where a checkpoint was kept of this
    /// moment. Of several seeds trained side by side these are the first one's, and `mses` and `heldOuts` have those of each.
    fn report_object(report: &EpochReport) -> "Report" {
        epoch ": number" = report.epoch as f64,
        mse ": number" = report.mse,
        line ": string" = report.to_string(),
        losses ": Float32Array" = Float32Array::from(&report.losses[..report.losses.len().min(AUDITED)]),
        heldOut "?: number" = report.held_out,
        kept "?: boolean" = report.kept.then_some(true),
        mses "?: Float64Array" = of_runs(&report.mses),
        heldOuts "?: Float64Array" = of_runs(&report.held_outs),
    }
}

/// A figure of each run, where there are several.
fn of_runs(figures: &[f64]) -> Option<Float64Array> {
    (!figures.is_empty()).then(|| Float64Array::from(figures))
}

crossing! {
    /// The notebook's demo on one draw; `W` is row-major.
    fn comparison_object(comparison: &Comparison) -> "Comparison" {
        d ": number" = comparison.demo.x.len() as f64,
        W ": number[]" = array(&comparison.demo.w),
        x ": number[]" = array(&comparison.demo.x),
        wx ": number[]" = array(&comparison.wx),
        approx ": number[]" = array(&comparison.approx),
        yardstick ": number[]" = array(&comparison.yardstick),
        rmse ": number" = comparison.rmse,
    }
}

fn array(values: &[f32]) -> Array {
    values.iter().map(|value| JsValue::from(*value)).collect()
}

crossing! {
    /// The error over held-out draws, against what is learned and (`rmseYardstick`) against what the demo compares with; `mean` is the mean of the
    /// error with its sign. `mseError` and `meanError` are standard errors over draws.
    fn evaluation_object(evaluation: &Evaluation) -> "Evaluation" {
        draws ": number" = evaluation.draws as f64,
        mse ": number" = evaluation.mse,
        mseError ": number" = evaluation.mse_error,
        mean ": number" = evaluation.mean,
        meanError ": number" = evaluation.mean_error,
        rmse ": number" = evaluation.rmse(),
        rmseYardstick ": number" = evaluation.rmse_yardstick,
    }
}

crossing! {
    /// What the networks make of some held-out draws, entry by entry: z = Wx, y = target(z) and y'.
    fn sample_object(sample: &Sample) -> "Sample" {
        z ": Float32Array" = Float32Array::from(sample.z.as_slice()),
        y ": Float32Array" = Float32Array::from(sample.y.as_slice()),
        approx ": Float32Array" = Float32Array::from(sample.approx.as_slice()),
    }
}

fn session_error(error: SessionError) -> JsValue {
    match error {
        SessionError::Recipe(error) => recipe_error(error),
        SessionError::Source(error) => keyed_error(&error, error.key()),
        other => Error::new(&other.to_string()).into(),
    }
}
