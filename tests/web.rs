//! In a browser, in a dedicated worker as the page has it: both backends train, and give PyTorch's numbers.
//!
//! `wasm-pack test --headless --chrome` runs them; `webdriver.json` asks for WebGPU on a software adapter.
#![cfg(target_arch = "wasm32")]

mod replay;

use phi_psi::backend::Backend;
use phi_psi::config::Recipe;
use phi_psi::data::{Draws, GeluDataset, Stream};
use phi_psi::session::{Session, Start, audit, self_check};
use phi_psi::train::Trainer;
use phi_psi::web;
use replay::{Case, Deviation};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// The notebook's run, recorded from PyTorch.
const NOTEBOOK: &[u8] = include_bytes!("golden/notebook.safetensors");

/// As in `golden.rs`: the CPU in the browser is the CPU outside it.
const CPU_LIMIT: Deviation = Deviation {
    first_losses: 1e-4,
    losses: 1e-3,
    epoch_mse: 1e-3,
    weights: 1e-3,
    demo: 1e-3,
    target: 1e-6,
};

/// A GPU sums in another order and may flush denormals.
const WEBGPU_LIMIT: Deviation = Deviation { weights: 1e-2, ..CPU_LIMIT };

async fn hold_to_pytorch(backend: Backend, limit: Deviation) {
    web::start();
    let case = Case::read(NOTEBOOK).expect("a case");
    let device = backend.open().await.expect("the backend opens");
    let deviation = case.replay(case.recipe.micro_batch(), usize::MAX, &device).await;
    console_log!("{}: {deviation:?}", backend.name());
    assert!(deviation.within(&limit), "{deviation:?} exceeds {limit:?}");
}

#[wasm_bindgen_test]
async fn the_cpu_gives_pytorchs_numbers() {
    hold_to_pytorch(Backend::Cpu, CPU_LIMIT).await;
}

#[wasm_bindgen_test]
async fn webgpu_gives_pytorchs_numbers() {
    hold_to_pytorch(Backend::WebGpu, WEBGPU_LIMIT).await;
}

#[wasm_bindgen_test]
async fn a_session_trains_compares_and_evaluates_on_webgpu_as_on_the_cpu() {
    web::start();
    let recipe = Recipe { n: 128, epochs: 2, ..Recipe::default() };
    let mut figures = Vec::new();
    for backend in [Backend::Cpu, Backend::WebGpu] {
        let mut session = Session::open(recipe.clone(), Start::Seed, backend).await.expect("opens");
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
    for (cpu, webgpu) in figures[0].iter().zip(&figures[1]) {
        assert!((cpu - webgpu).abs() < 1e-3 * cpu, "{figures:?}");
    }
}

#[wasm_bindgen_test]
async fn a_run_moves_from_webgpu_to_the_cpu_by_a_checkpoint_and_an_audit_agrees() {
    web::start();
    let recipe = Recipe { n: 256, epochs: 3, ..Recipe::default() };
    let open = |start, backend| Session::open(recipe.clone(), start, backend);
    let mut webgpu = open(Start::Seed, Backend::WebGpu).await.expect("opens");
    webgpu.advance(usize::MAX).await.expect("trains").expect("an epoch");
    let bytes = webgpu.checkpoint().await.expect("reads").expect("between two epochs");
    let audited = audit(&bytes).expect("audits");
    let mut cpu = open(Start::Checkpoint(&bytes), Backend::Cpu).await.expect("opens");
    let mut again = open(Start::Checkpoint(&bytes), Backend::WebGpu).await.expect("opens");
    for _ in 0..2 {
        let [cpu, webgpu, again] = [&mut cpu, &mut webgpu, &mut again];
        let losses = cpu.advance(usize::MAX).await.expect("trains").expect("an epoch").losses;
        for other in [webgpu, again] {
            let others = other.advance(usize::MAX).await.expect("trains").expect("an epoch").losses;
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
    web::start();
    let cpu = self_check(Backend::Cpu).await.expect("the CPU is always there");
    let webgpu = self_check(Backend::WebGpu).await.expect("the backend opens");
    assert_eq!(cpu.len(), 3);
    for (cpu, webgpu) in cpu.iter().zip(&webgpu) {
        assert!((cpu - webgpu).abs() < 1e-4 * cpu, "{cpu} vs {webgpu}");
    }
}

/// What a run comes to, for comparing one with another.
struct Run {
    losses: Vec<f32>,
    /// The weights and then y' of draws that were not trained on.
    tensors: Vec<Vec<f32>>,
}

impl Run {
    async fn of(recipe: &Recipe, micro_batch: usize, at_a_time: usize, backend: Backend) -> Self {
        let device = backend.open().await.expect("the backend opens");
        let mut trainer = Trainer::new(recipe.clone(), micro_batch, &device);
        let mut losses = Vec::new();
        while !trainer.done() {
            let report = trainer.advance(at_a_time).await.expect("trains");
            losses.extend(report.into_iter().flat_map(|report| report.losses));
        }
        let weights = trainer.weights().await.expect("reads");
        let mut tensors: Vec<Vec<f32>> =
            weights.tensors().iter().map(|tensor| tensor.to_vec()).collect();
        let unseen = &mut Draws::new(recipe.seed, Stream::HeldOut, 0);
        let unseen = GeluDataset::draw(recipe.d, 37, unseen);
        tensors.push(trainer.predict(unseen.w, unseen.x).await.expect("predicts"));
        Self { losses, tensors }
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

/// ‖a − b‖ / ‖b‖, or ‖a − b‖ where b is nought.
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

/// In one workgroup's memory: two dispatches a step.
const SMALL: [Shape; 9] = [
    [2, 16, 64, 256, 64, 64],
    [1, 1, 1, 10, 3, 3],
    [3, 5, 7, 33, 10, 4],
    [2, 3, 50, 20, 1, 1],
    [4, 9, 30, 40, 100, 40],
    [2, 100, 8, 150, 77, 50],
    [8, 4, 16, 100, 33, 33],
    [2, 16, 256, 50, 20, 20],
    // More groups of draws than workgroups: each takes several.
    [2, 4, 8, 3000, 3000, 3000],
];

/// In tiles: a dozen.
const LARGE: [Shape; 7] = [
    [16, 64, 256, 64, 32, 32],
    [1, 7, 1023, 30, 20, 20],
    [33, 17, 130, 40, 17, 5],
    [5, 256, 100, 90, 64, 64],
    [64, 130, 61, 100, 96, 96],
    // One draw at a time, and tiles that hang over in every direction.
    [36, 3, 4, 12, 1, 1],
    [63, 254, 3, 70, 33, 20],
];

fn recipe([d, m, hidden, n, batch, _]: Shape) -> Recipe {
    Recipe { d, m, hidden, n, batch, epochs: 2, ..Recipe::default() }
}

async fn hold_to_the_cpu(shape: Shape) {
    web::start();
    let recipe = recipe(shape);
    let of = |at_a_time, backend| Run::of(&recipe, shape[5], at_a_time, backend);
    let (cpu, webgpu) = (of(usize::MAX, Backend::Cpu).await, of(usize::MAX, Backend::WebGpu).await);
    let (losses, tensors) = webgpu.distance(&cpu);
    console_log!("{shape:?}: losses {losses:.1e}, weights and predictions {tensors:.1e}");
    assert!(losses < 1e-4 && tensors < 1e-3, "{shape:?}: {losses:e}, {tensors:e}");

    let (losses, tensors) = of(1, Backend::WebGpu).await.distance(&webgpu);
    console_log!(
        "{shape:?}, one by one: losses {losses:.1e}, weights and predictions {tensors:.1e}"
    );
    assert!(losses < 1e-4 && tensors < 1e-3, "{shape:?} one by one: {losses:e}, {tensors:e}");
}

#[wasm_bindgen_test]
async fn webgpu_agrees_with_the_cpu_on_small_networks_of_any_shape() {
    for shape in SMALL {
        hold_to_the_cpu(shape).await;
    }
}

#[wasm_bindgen_test]
async fn webgpu_agrees_with_the_cpu_on_large_networks_of_any_shape() {
    for shape in LARGE {
        hold_to_the_cpu(shape).await;
    }
}
