//! `cargo xtask write`: makes the committed files that are made from others. A native test holds them to it.

use crate::Outcome;
use crate::checkout::{Checkout, NATIVE};
use crate::options::Options;
use crate::process::run;

/// The environment variable by which a test that compares a file writes it instead.
const WRITE: &str = "PHI_PSI_WRITE";

/// `cargo xtask write`.
pub(crate) fn task(checkout: &Checkout, options: &mut Options) -> Outcome {
    options.finish()?;
    let mut cargo = checkout.cargo();
    cargo.arg("test").args(NATIVE).args(["--package", "phi-psi", "--lib"]);
    run(cargo.arg("the_pages_table_is_this_one").env(WRITE, "1"))?;
    println!("www/common/keys.js is the table of src/recipe/keys.rs");
    Ok(())
}
