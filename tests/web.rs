//! In a browser, in a dedicated worker as the page has it: both backends train, and give PyTorch's numbers.
//!
//! `wasm-pack test --headless --chrome` runs them; `webdriver.json` asks for WebGPU on a software adapter.
#![cfg(target_arch = "wasm32")]

mod replay;

use phi_psi::backend::Backend;
use phi_psi::config::Recipe;
use phi_psi::session::{Session, self_check};
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
    let deviation = case.replay(case.recipe.micro_batch(), &device).await;
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
        let mut session = Session::open(recipe.clone(), backend).await.expect("opens");
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
async fn the_self_check_agrees() {
    web::start();
    let cpu = self_check(Backend::Cpu).await.expect("the CPU is always there");
    let webgpu = self_check(Backend::WebGpu).await.expect("the backend opens");
    assert_eq!(cpu.len(), 3);
    for (cpu, webgpu) in cpu.iter().zip(&webgpu) {
        assert!((cpu - webgpu).abs() < 1e-4 * cpu, "{cpu} vs {webgpu}");
    }
}
