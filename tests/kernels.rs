//! The text of every kernel, read and checked by naga: the compiler that Firefox has, and not Chromium's.
//!
//! Kernels are put together for a plan, so the shapes here are to reach every way of planning and every branch of the
//! text. What they compute is tested in a browser (`web.rs`).
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeMap;

use naga::proc::Layouter;
use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, GlobalVariable, Module};
use phi_psi::model::layout::Layout;
use phi_psi::plan::{Adapter, large, small};
use phi_psi::shader;

/// Sizes, and draws in a mini-batch: the notebook's, awkward ones, large ones.
const SHAPES: [(usize, usize, usize, usize); 18] = [
    (2, 16, 64, 64),
    (1, 1, 1, 1),
    (3, 5, 7, 10),
    (2, 3, 50, 1),
    (4, 9, 30, 40),
    (2, 100, 8, 77),
    (8, 4, 16, 2048),
    (2, 16, 256, 500),
    (16, 64, 256, 512),
    (64, 128, 512, 1024),
    (1, 7, 1023, 20),
    (33, 17, 130, 17),
    (64, 256, 1024, 32),
    (63, 254, 3, 33),
    (65, 16, 256, 64),
    (257, 256, 1024, 32),
    // At the edge of the least memory, and of a little more.
    (30, 16, 64, 64),
    (1, 2, 4, 7166),
];

const ADAPTERS: [Adapter; 4] = [
    Adapter::LEAST,
    Adapter { software: false, memory: 32 << 10, invocations: 256 },
    Adapter { software: false, memory: 48 << 10, invocations: 1024 },
    Adapter { software: true, memory: 32 << 10, invocations: 256 },
];

struct Kernel {
    name: String,
    /// Bytes of workgroup memory, where the plan says.
    planned: Option<usize>,
    /// And at most.
    most: usize,
}

/// Bytes of workgroup memory that a module declares, as WebGPU counts them: each variable takes whole vectors.
fn memory(module: &Module) -> usize {
    let mut layouter = Layouter::default();
    layouter.update(module.to_ctx()).expect("sizes are known");
    let shared = |(_, variable): &(_, &GlobalVariable)| variable.space == AddressSpace::WorkGroup;
    let all = module.global_variables.iter().filter(shared);
    all.map(|(_, variable)| layouter[variable.ty].size.next_multiple_of(16) as usize).sum()
}

/// Every kernel that some plan has.
fn texts() -> BTreeMap<String, Kernel> {
    let mut texts = BTreeMap::new();
    for adapter in ADAPTERS {
        for (d, m, hidden, batch) in SHAPES {
            let layout = Layout { d, m, hidden };
            let mut add = |what: &str, text: String, planned| {
                let name = format!("{what} of {layout:?} on {adapter:?}");
                let kernel =
                    texts.entry(text).or_insert(Kernel { name, planned, most: usize::MAX });
                // Several adapters may have the same text.
                kernel.most = kernel.most.min(adapter.memory);
            };
            if let Some(plan) = small::Plan::resident(layout, batch, &adapter) {
                add("resident", plan.resident_kernel(), Some(plan.memory()));
            }
            if let Some(plan) = small::Plan::spread(layout, &adapter) {
                add("spread", plan.spread_kernel(), Some(plan.memory()));
                add("predict", plan.evaluating_kernel(), Some(plan.memory()));
                add("adam", shader::adam(&plan.adam(&adapter)), None);
            }
            if let Some(bytes) =
                shader::shuffle_needs(batch).filter(|bytes| *bytes <= adapter.memory)
            {
                add("shuffle", shader::shuffle(batch), Some(bytes));
            }
            let plan = large::Plan::of(layout, batch, &adapter);
            add("adam of tiles", shader::adam(&plan.adam()), None);
            add("outputs", plan.outputs(), None);
            for stage in plan.forward().into_iter().chain(plan.backward()) {
                add(stage.name, stage.text, None);
            }
        }
    }
    texts
}

#[test]
fn naga_takes_every_kernel_and_its_memory_is_what_the_plan_says() {
    let texts = texts();
    assert!(texts.len() > 200, "{}", texts.len());
    for (text, Kernel { name, planned, most }) in texts {
        let module = naga::front::wgsl::parse_str(&text)
            .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(&text)));
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
        if let Err(error) = validator.validate(&module) {
            panic!("{name}: {}", error.emit_to_string(&text));
        }
        let bytes = memory(&module);
        assert!(planned.is_none_or(|planned| planned == bytes), "{name}: {planned:?}, {bytes}");
        assert!(bytes <= most, "{name} has {bytes} bytes of workgroup memory, of {most}");
    }
}
