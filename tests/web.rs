//! In a browser, in a dedicated worker as the page has it: both backends train, and give PyTorch's numbers.
//!
//! `wasm-pack test --headless --chrome` runs them; `webdriver.json` asks for WebGPU on a software adapter, without what Chrome
//! does for careless kernels: no memory is zeroed for them, and no index is held within its array. That they need none of it
//! is tested so, and takes two fifths less time, most of which is compiling.
#![cfg(target_arch = "wasm32")]

mod finite;
mod replay;

use burn::tensor::Device;
use finite::deviation;
use phi_psi::backend::{self, Backend};
use phi_psi::data::source::Source;
use phi_psi::data::{Dataset, Draws, Stream};
use phi_psi::model::layout::Layout;
use phi_psi::model::weights::Weights;
use phi_psi::op::{self, State};
use phi_psi::plan::span::Span;
use phi_psi::plan::{Adapter, Way};
use phi_psi::recipe::{Recipe, Target};
use phi_psi::run::session::{Session, Start, audit, self_check};
use phi_psi::run::train::Trainer;
use phi_psi::web;
use replay::{Case, Deviation, RECORDED};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// The notebook's run, recorded from PyTorch.
const NOTEBOOK: &[u8] = include_bytes!("golden/notebook.safetensors");

/// A GPU sums in another order and may flush denormals.
const WEBGPU_LIMIT: Deviation = Deviation {
    first_losses: 1e-4,
    losses: 1e-3,
    epoch_mse: 1e-3,
    weights: 1e-2,
    demo: 1e-3,
    target: 1e-6,
};

/// The software adapter that there is.
const SOFTWARE: Adapter = Adapter { software: true, memory: 32 << 10, invocations: 256 };

/// A card, planned for here as it would be there.
const CARD: Adapter = Adapter { software: false, memory: 32 << 10, invocations: 256 };

/// A card with the least memory that a workgroup may have and less: the notebook's network is spread over workgroups.
const NARROW: Adapter = Adapter { memory: 12 << 10, ..CARD };

/// An adapter as if no network fitted into a workgroup.
const fn in_tiles(adapter: Adapter) -> Adapter {
    Adapter { invocations: 0, ..adapter }
}

/// WebGPU's device, on which everything from now on is planned as for an adapter.
async fn webgpu(adapter: Adapter) -> Device {
    web::start();
    let device = Backend::WebGpu.open().await.expect("the backend opens");
    backend::plan_for(|_| adapter);
    device
}

/// What a recipe is computed by.
fn way(recipe: &Recipe, adapter: &Adapter) -> &'static str {
    match Way::of(Layout::of(recipe), recipe.largest_batch(), adapter) {
        Way::Resident(_) => "resident",
        Way::Spread(_) => "spread",
        Way::Tiled(_) => "tiled",
    }
}

async fn hold_to_pytorch(device: &Device, limit: Deviation) {
    let case = Case::read(NOTEBOOK).expect("a case");
    let deviation = case.replay(case.recipe.largest_micro_batch(), usize::MAX, device).await;
    console_log!("{deviation:?}");
    assert!(deviation.within(&limit), "{deviation:?} exceeds {limit:?}");
}

#[wasm_bindgen_test]
async fn the_cpu_gives_pytorchs_numbers() {
    web::start();
    let device = Backend::Cpu.open().await.expect("the CPU is always there");
    hold_to_pytorch(&device, RECORDED).await;
}

#[wasm_bindgen_test]
async fn webgpu_gives_pytorchs_numbers_on_every_path() {
    for adapter in [SOFTWARE, in_tiles(SOFTWARE), CARD, NARROW, in_tiles(CARD)] {
        console_log!("{}, {adapter:?}", way(&Recipe::default(), &adapter));
        hold_to_pytorch(&webgpu(adapter).await, WEBGPU_LIMIT).await;
    }
}

#[wasm_bindgen_test]
async fn a_session_trains_compares_and_evaluates_on_webgpu_as_on_the_cpu() {
    webgpu(SOFTWARE).await;
    let recipe = Recipe { n: 128, epochs: 2, ..Recipe::default() };
    let mut figures = Vec::new();
    for backend in [Backend::Cpu, Backend::WebGpu] {
        let mut session =
            Session::open(recipe.clone(), Start::Seeds(1), backend).await.expect("opens");
        let mut run = Vec::new();
        while let Some(report) = session.advance(usize::MAX).await.expect("trains") {
            run.push(report.mse);
        }
        run.push(session.compare_draw(0).await.expect("compares").rmse);
        run.push(loop {
            if let Some(evaluation) = session.evaluate(10).await.expect("evaluates") {
                break evaluation.mse;
            }
        });
        figures.push(run);
    }
    // Two epochs, a comparison and an evaluation.
    assert_eq!([figures[0].len(), figures[1].len()], [4, 4]);
    for (cpu, webgpu) in figures[0].iter().zip(&figures[1]) {
        assert!((cpu - webgpu).abs() < 1e-3 * cpu, "{figures:?}");
    }
}

#[wasm_bindgen_test]
async fn a_run_moves_from_webgpu_to_the_cpu_by_a_checkpoint_and_an_audit_agrees() {
    webgpu(SOFTWARE).await;
    let recipe = Recipe { n: 256, epochs: 3, ..Recipe::default() };
    let open = |start, backend| Session::open(recipe.clone(), start, backend);
    let mut webgpu = open(Start::Seeds(1), Backend::WebGpu).await.expect("opens");
    webgpu.advance(usize::MAX).await.expect("trains").expect("an epoch");
    let bytes = webgpu.checkpoint().await.expect("reads").expect("between two epochs");
    let audited = audit(&bytes, |_| None).expect("audits");
    let mut cpu = open(Start::Checkpoint(&bytes), Backend::Cpu).await.expect("opens");
    let mut again = open(Start::Checkpoint(&bytes), Backend::WebGpu).await.expect("opens");
    for _ in 0..2 {
        let [cpu, webgpu, again] = [&mut cpu, &mut webgpu, &mut again];
        let losses = cpu.advance(usize::MAX).await.expect("trains").expect("an epoch").losses;
        for other in [webgpu, again] {
            let others = other.advance(usize::MAX).await.expect("trains").expect("an epoch").losses;
            assert_eq!(losses.len(), others.len());
            let close = losses.iter().zip(&others).all(|(a, b)| (a - b).abs() < 1e-3 * a);
            assert!(close, "{losses:?} and {others:?}");
        }
        if cpu.trainer().epoch() == 2 {
            assert_eq!(audited, losses[..3], "what the CPU computes anew is what it computes");
        }
    }
    assert!(webgpu.trainer().done() && again.trainer().done());
}

#[wasm_bindgen_test]
async fn the_self_check_agrees() {
    webgpu(SOFTWARE).await;
    let cpu = self_check(Backend::Cpu).await.expect("the CPU is always there");
    let webgpu = self_check(Backend::WebGpu).await.expect("the backend opens");
    assert_eq!((cpu.len(), webgpu.len()), (3, 3));
    for (cpu, webgpu) in cpu.iter().zip(&webgpu) {
        assert!((cpu - webgpu).abs() < 1e-4 * cpu, "{cpu} vs {webgpu}");
    }
}

/// What a run comes to, for comparing one with another.
#[derive(Debug, PartialEq)]
struct Run {
    losses: Vec<f32>,
    /// Of every epoch, where the device has watched.
    held_out: Vec<f64>,
    /// The weights and then y' of draws that were not trained on.
    tensors: Vec<Vec<f32>>,
}

impl Run {
    async fn of(recipe: &Recipe, micro_batch: usize, at_a_time: usize, device: &Device) -> Self {
        Self::watching(recipe, micro_batch, at_a_time, device, false).await
    }

    async fn watching(
        recipe: &Recipe,
        micro_batch: usize,
        at_a_time: usize,
        device: &Device,
        watch: bool,
    ) -> Self {
        let mut trainer = Trainer::new(recipe.clone(), micro_batch, device);
        if watch {
            trainer.watch();
        }
        let (mut losses, mut held_out) = (Vec::new(), Vec::new());
        while !trainer.done() {
            trainer.queue(at_a_time, usize::MAX);
            for report in trainer.collect().await.expect("trains") {
                losses.extend(report.losses);
                held_out.extend(report.held_out);
            }
        }
        let weights = trainer.weights().await.expect("reads");
        let mut tensors: Vec<Vec<f32>> =
            weights.tensors().iter().map(|tensor| tensor.to_vec()).collect();
        let unseen = &mut Draws::new(recipe.seed, Stream::HeldOut, 0);
        let unseen = Dataset::draw(Target::Gelu, recipe.d, 37, unseen);
        tensors.push(trainer.predict(unseen.w, unseen.x).await.expect("predicts"));
        Self { losses, held_out, tensors }
    }

    /// The largest relative distances of losses, and of weights and predictions.
    fn distance(&self, other: &Self) -> (f64, f64) {
        assert_eq!(self.losses.len(), other.losses.len());
        let losses = self.losses.iter().zip(&other.losses);
        let losses = losses.map(|(a, b)| f64::from((a - b).abs() / b.abs())).fold(0.0, larger);
        let tensors = self.tensors.iter().zip(&other.tensors);
        (losses, tensors.map(|(a, b)| distance(a, b)).fold(0.0, larger))
    }
}

/// ‖a − b‖ / ‖b‖, or ‖a − b‖ where b is zero.
fn distance(a: &[f32], b: &[f32]) -> f64 {
    let squares =
        |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
    let difference = squares(&mut a.iter().zip(b).map(|(a, b)| f64::from(*a) - f64::from(*b)));
    let size = squares(&mut b.iter().map(|b| f64::from(*b)));
    (difference / if size > 0.0 { size } else { 1.0 }).sqrt()
}

/// The larger number, or NaN if there is one.
fn larger(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

/// d, m, hidden, n, batch, micro-batch.
type Shape = [usize; 6];

/// Small networks, most of them in one workgroup's memory.
const SMALL: [Shape; 10] = [
    [2, 16, 64, 256, 64, 64],
    [1, 1, 1, 10, 3, 3],
    [3, 5, 7, 33, 10, 4],
    [2, 3, 50, 20, 1, 1],
    [4, 9, 30, 40, 100, 40],
    [2, 100, 8, 150, 77, 50],
    [8, 4, 16, 100, 33, 33],
    [2, 16, 256, 50, 20, 20],
    // On a card more groups of draws than workgroups: each takes several.
    [2, 4, 8, 3000, 3000, 3000],
    // Parameters that do not fit.
    [4, 40, 60, 80, 30, 30],
];

/// In tiles, which hang over in every direction; the last one draw at a time.
const LARGE: [Shape; 9] = [
    [16, 64, 256, 100, 64, 48],
    [1, 7, 1023, 30, 20, 20],
    [33, 17, 130, 40, 17, 5],
    [5, 256, 100, 90, 64, 64],
    [64, 130, 61, 100, 96, 96],
    [36, 3, 4, 12, 1, 1],
    [63, 254, 3, 70, 33, 20],
    // More inputs than a workgroup has at a time.
    [65, 16, 70, 60, 30, 30],
    [257, 5, 40, 6, 4, 4],
];

/// So many rows that a card takes twice as many at a time.
const MANY_ROWS: Shape = [20, 3, 64, 2500, 2500, 2500];

/// Of two steps and more, of which the second has moments that are not zero.
fn recipe([d, m, hidden, n, batch, _]: Shape) -> Recipe {
    let epochs = if n > batch { 1 } else { 2 };
    Recipe { d, m, hidden, n, batch, epochs, ..Recipe::default() }
}

/// The same numbers as on the CPU, also in parts of a mini-batch where a shape has them; the same bits one mini-batch
/// at a time; and the CPU's gradient.
async fn hold_to_the_cpu(shape: Shape, adapter: Adapter) {
    let device = webgpu(adapter).await;
    let cpu = Backend::Cpu.open().await.expect("the CPU is always there");
    let (recipe, micro_batch) = (recipe(shape), shape[5]);
    let way = way(&recipe, &adapter);
    let whole = Run::of(&recipe, recipe.batch, usize::MAX, &device).await;
    let one_by_one = Run::of(&recipe, recipe.batch, 1, &device).await;
    assert!(whole == one_by_one, "{shape:?}, {way}: other bits one by one");
    let mut runs = vec![(whole, "whole")];
    if micro_batch < recipe.batch {
        runs.push((Run::of(&recipe, micro_batch, 1, &device).await, "in parts"));
    }
    let on_the_cpu = Run::of(&recipe, recipe.micro_batch(), usize::MAX, &cpu).await;
    for (run, what) in runs {
        let (losses, tensors) = run.distance(&on_the_cpu);
        console_log!("{shape:?}, {way}, {what}: losses {losses:.1e}, tensors {tensors:.1e}");
        assert!(losses < 1e-4 && tensors < 1e-3, "{shape:?} {what}: {losses:e}, {tensors:e}");
    }
    // Of one mini-batch, by the kernels that have trained them all.
    let recipe = Recipe { n: recipe.n.min(recipe.batch), ..recipe };
    let (weights, data) = (Weights::init(&recipe), draws(&recipe));
    let [ours, theirs] = [
        gradient(&recipe, &weights, &data, &device).await,
        gradient(&recipe, &weights, &data, &cpu).await,
    ];
    let off = deviation(&ours, &theirs);
    console_log!("{shape:?}, {way}: gradient {off:.1e} of the largest");
    assert!(off < 2e-6, "{shape:?}, {way}: {off:.1e} of the largest");
}

#[wasm_bindgen_test]
async fn small_networks_of_any_shape_are_trained_as_on_the_cpu() {
    for shape in SMALL {
        hold_to_the_cpu(shape, SOFTWARE).await;
    }
}

#[wasm_bindgen_test]
async fn small_networks_are_trained_as_on_the_cpu_by_the_kernels_for_cards() {
    for shape in SMALL {
        hold_to_the_cpu(shape, CARD).await;
    }
}

#[wasm_bindgen_test]
async fn large_networks_of_any_shape_are_trained_as_on_the_cpu() {
    for shape in LARGE {
        hold_to_the_cpu(shape, SOFTWARE).await;
    }
}

#[wasm_bindgen_test]
async fn large_networks_are_trained_as_on_the_cpu_by_the_kernels_for_cards() {
    for shape in LARGE.into_iter().chain([MANY_ROWS]) {
        hold_to_the_cpu(shape, in_tiles(CARD)).await;
    }
}

fn draws(recipe: &Recipe) -> Dataset {
    let draws = &mut Draws::new(recipe.seed, Stream::Data, 0);
    Dataset::draw(Target::Gelu, recipe.d, recipe.n, draws)
}

/// The gradient of one mini-batch: a tenth of it is Adam's first moment after a first step.
async fn gradient(recipe: &Recipe, weights: &Weights, data: &Dataset, device: &Device) -> Weights {
    let layout = Layout::of(recipe);
    let order = backend::put_indices((0..recipe.n as i32).collect(), device);
    let span = Span { lr: recipe.lr, slot: 0, ..Span::evaluating(layout, 1, recipe.n) };
    let state = State::new(layout, weights, 1, device);
    let state = op::train(state, &op::Draws::of(vec![data.clone()], device), &order, span);
    let mut moments = backend::read(state.moments).await.expect("reads");
    moments.truncate(layout.parameters());
    moments.iter_mut().for_each(|moment| *moment *= 10.0);
    layout.unpack(&moments)
}

/// d, m, hidden and draws, from a seed: mostly small, now and then large.
fn random(count: usize) -> Vec<Recipe> {
    let mut numbers = Draws::new(3, Stream::Data, 0);
    let mut draw = |scale: f32| 1 + (numbers.normal().abs() * scale) as usize;
    let mut one = |seed| {
        let [d, m, hidden, n] = [draw(3.0), draw(8.0), draw(16.0), draw(20.0)];
        Recipe { d, m, hidden, n, batch: n, seed, ..Recipe::default() }
    };
    (0..count as u32).map(&mut one).collect()
}

/// Gradients are finite differences, and the CPU's, which `gradients.rs` holds to autodiff as closely: of every other
/// network in a workgroup, of the rest in tiles, each by the kernels for this adapter and for cards.
#[wasm_bindgen_test]
async fn gradients_are_finite_differences_on_every_path() {
    const PATHS: [[Adapter; 2]; 2] = [[SOFTWARE, CARD], [in_tiles(SOFTWARE), in_tiles(CARD)]];
    let cpu = Backend::Cpu.open().await.expect("the CPU is always there");
    let (mut worst, mut furthest): (f64, f64) = (0.0, 0.0);
    let device = webgpu(SOFTWARE).await;
    for (nth, recipe) in random(12).into_iter().enumerate() {
        let paths = PATHS[nth % 2];
        let (weights, data) = (Weights::init(&recipe), draws(&recipe));
        let on_the_cpu = gradient(&recipe, &weights, &data, &cpu).await;
        let differences = finite::differences(&recipe, &weights, &data);
        for adapter in paths {
            backend::plan_for(|_| adapter);
            let ours = gradient(&recipe, &weights, &data, &device).await;
            let off = deviation(&ours, &on_the_cpu);
            let way = way(&recipe, &adapter);
            assert!(off < 2e-6, "{recipe:?}, {way}: {off:.1e} of the largest");
            worst = worst.max(off);
            furthest = furthest.max(finite::hold(&recipe, &ours, &differences, 1e-5));
        }
        console_log!("{recipe:?}: {:?}", paths.map(|adapter| way(&recipe, &adapter)));
    }
    console_log!("against the CPU {worst:.1e}, against finite differences {furthest:.1e}");
}

/// Several runs side by side have the bits of each alone, and so has what is watched along; asked for one by one or ahead.
async fn hold_many(recipe: &Recipe, adapter: Adapter) {
    const RUNS: usize = 3;
    let device = webgpu(adapter).await;
    let way = way(recipe, &adapter);
    let mut many = Trainer::of_seeds(recipe.clone(), Source::Normal, RUNS, recipe.batch, &device);
    many.watch();
    let mut reports = Vec::new();
    while !many.done() {
        many.queue(3, usize::MAX);
        many.queue(usize::MAX, usize::MAX);
        while many.pending() > 0 {
            reports.extend(many.collect().await.expect("trains"));
        }
    }
    assert_eq!(reports.len(), recipe.epochs);
    for run in 0..RUNS {
        let alone = Recipe { seed: recipe.seed + run as u32, ..recipe.clone() };
        let mut trainer = Trainer::new(alone.clone(), recipe.batch, &device);
        trainer.watch();
        for report in &reports {
            let one = trainer.next_epoch().await.expect("trains").expect("an epoch");
            assert_eq!(report.mses[run], one.mse, "{way}, run {run}, epoch {}", one.epoch);
            assert_eq!(Some(report.held_outs[run]), one.held_out, "{way}, run {run}");
            assert!(run > 0 || report.losses == one.losses);
        }
        let weights = trainer.weights().await.expect("reads");
        assert_eq!(many.weights_of(run).await.expect("reads"), weights, "{way}, run {run}");

        // What is watched along is what the CPU finds when it is asked.
        let cpu = Session::open(alone, Start::Seeds(1), Backend::Cpu).await;
        let mut cpu = cpu.expect("the CPU is always there");
        for report in &reports {
            cpu.advance(usize::MAX).await.expect("trains").expect("an epoch");
            let expected = loop {
                if let Some(mse) = cpu.watch(usize::MAX).await.expect("evaluates") {
                    break mse;
                }
            };
            let off = (report.held_outs[run] - expected).abs() / expected;
            assert!(off < 1e-3, "{way}, run {run}: {} and {expected}", report.held_outs[run]);
        }
    }
    console_log!("{way}: {RUNS} runs have the bits of each alone");
}

#[wasm_bindgen_test]
async fn each_of_many_runs_has_the_bits_of_the_same_run_alone_on_every_path() {
    let small = Recipe { n: 100, batch: 24, epochs: 4, ..Recipe::default() };
    let spread = Recipe { batch: 3000, n: 6100, epochs: 2, hidden: 8, ..Recipe::default() };
    let large = Recipe { d: 5, m: 9, hidden: 33, ..small.clone() };
    for (recipe, adapter) in [
        (&small, SOFTWARE),
        (&small, CARD),
        (&small, NARROW),
        (&spread, CARD),
        (&large, in_tiles(SOFTWARE)),
        (&large, in_tiles(CARD)),
    ] {
        hold_many(recipe, adapter).await;
    }
}
