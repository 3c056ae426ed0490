//! `cargo xtask bench`: both backends train the notebook's defaults on the shipped page, in one run.
//!
//! Only the ratio means something: another machine, or another hour on this one, has other absolute numbers.

use crate::Outcome;
use crate::browser;
use crate::checkout::Checkout;
use crate::dist;
use crate::options::Options;
use crate::process::run;
use crate::serve::Server;
use crate::setup;

/// `cargo xtask bench`.
pub(crate) fn task(checkout: &Checkout, options: &mut Options) -> Outcome {
    let rounds: u32 = options.number("rounds", 3)?;
    let epochs: u32 = options.number("epochs", 30)?;
    options.finish()?;
    setup::for_npm(checkout)?;
    let browser = browser::ready(checkout)?;
    let dist = dist::build(checkout)?;
    let server = Server::on_free_port(&dist, "/")?;
    println!("browser: {}", browser::version(checkout, &browser));
    let mut node = checkout.command("node");
    node.arg("tests/bench.mjs").arg(rounds.to_string()).arg(epochs.to_string());
    run(node.env("CHROME", &browser.chrome).env("PHI_PSI_URL", &server.url))
}
