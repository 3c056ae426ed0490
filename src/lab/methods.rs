//! Every method that writes a layer as Φ(W)·Ψ(x), its mean squared error against its width m, over the same w and x.
//!
//! | method | how its error is found |
//! |---|---|
//! | the floor | the tail of the singular values ([`super::floor`]) |
//! | a line and a constant, the series, least squares on its powers | quadrature over \|w\|, \|x\| and their angle ([`super::taylor`]) |
//! | random features ([`super::unbiased`]) | their second moment at one w and x is known; quadrature over \|w\|, \|x\| and their angle, and a k-th of it |
//! | the last layers in closed form, the networks of runs | measured: 48 times on 64² pairs |
//!
//! A width counts the features of Φ: the d of the line too, and the distinct monomials of a power. w and x are standard normal, or no longer than
//! a radius: random features have a finite variance there that they do not have over all of them.

use std::cell::RefCell;

use nalgebra::DMatrix;

use super::floor::{Ball, REACH, Spectrum, chi, chi_density, half_gegenbauer};
use super::layer::outputs;
use super::solve::{Solve, SolveError};
use super::taylor::{Fit, Plain, Taylor};
use super::unbiased::{Estimator, Method, line_width};
use crate::data::source::Source;
use crate::data::target::Parity;
use crate::data::{Draws, Stream};
use crate::model::weights::Weights;
use crate::recipe::{Recipe, Target};

/// Rounds of a measurement, on pairs of its own each.
const ROUNDS: usize = 48;

/// The w and the x of a round: each w is paired with each x.
const SIDE: usize = 64;

/// The widest that random features are measured at.
const WIDEST: usize = 1024;

/// Nodes of a radius and of half the angles.
const RADII: usize = 24;
const ANGLES: usize = 24;

/// The terms of the series that are measured.
const TERMS: usize = 8;

/// Steps of a radius' distribution, between which it is taken for a straight line.
const STEPS: usize = 1 << 14;

/// A method's error at one width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The width.
    pub m: f64,
    /// Mean squared error over w and x.
    pub mse: f64,
    /// Its standard error; 0 where nothing is drawn.
    pub standard_error: f64,
}

/// A method's errors, by width, or why there are none.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Which method.
    pub name: &'static str,
    /// In ascending order of their widths.
    pub points: Vec<Point>,
    /// Whether its variance over these w and x is finite. Where it is not, neither are its errors.
    pub finite: bool,
    /// Why it does not apply; empty where it does.
    pub reason: String,
}

/// Functions and balls whose courses are known at a time.
const KNOWN_MOST: usize = 4;

thread_local! {
    /// The courses that depend on the function and on the ball alone: they are the same after each run.
    static KNOWN: RefCell<Vec<(Target, Ball, Vec<Course>)>> = const { RefCell::new(Vec::new()) };
}

/// The courses of a function on a ball, where they were found before.
fn known(target: Target, ball: Ball) -> Option<Vec<Course>> {
    KNOWN.with_borrow(|known| {
        let found = known.iter().find(|(of, on, _)| (*of, *on) == (target, ball));
        found.map(|(_, _, courses)| courses.clone())
    })
}

fn keep(target: Target, ball: Ball, courses: &[Course]) {
    KNOWN.with_borrow_mut(|known| {
        known.truncate(KNOWN_MOST - 1);
        known.insert(0, (target, ball, courses.to_vec()));
    });
}

/// All methods on the same w and x. Works when it is asked to, a piece at a time.
pub struct Methods {
    recipe: Recipe,
    ball: Ball,
    trained: Vec<Weights>,
    solve: Option<Solve>,
    /// What is still to be done, the last one first.
    left: Vec<Piece>,
    pieces: usize,
    found: Vec<Course>,
}

enum Piece {
    Floor,
    Plain,
    Series,
    Random(Method),
    /// What does not depend on the recipe's run is kept.
    Known,
    Solve,
    Solved,
    Trained,
}

impl Methods {
    /// Begins for a recipe's target and sizes. `radius` is the greatest length of w and of x; `trained` are the networks of
    /// runs, of any width.
    ///
    /// # Errors
    ///
    /// When the closed form has no room.
    pub fn open(recipe: Recipe, radius: f64, trained: Vec<Weights>) -> Result<Self, SolveError> {
        let recipe = Recipe { m: recipe.m.max(256.min(recipe.hidden)), ..recipe };
        let solve = Solve::open(recipe.clone(), &Source::Normal, None, recipe.n)?;
        let ball = Ball { d: recipe.d, most: radius };
        let known = known(recipe.target, ball);
        let mut left = vec![Piece::Solved, Piece::Solve];
        if !trained.is_empty() {
            left.insert(0, Piece::Trained);
        }
        if known.is_none() {
            left.extend([
                Piece::Known,
                Piece::Random(Method::Fourier),
                Piece::Random(Method::Maclaurin),
                Piece::Series,
                Piece::Plain,
                Piece::Floor,
            ]);
        }
        let (pieces, found) = (left.len(), known.unwrap_or_default());
        Ok(Self { recipe, ball, trained, solve: Some(solve), left, pieces, found })
    }

    /// Does the next piece. Returns how much of the whole is done, 1 at the end.
    pub fn advance(&mut self) -> f64 {
        let (target, ball) = (self.recipe.target, self.ball);
        match self.left.pop() {
            None => return 1.0,
            Some(Piece::Floor) => self.found.push(floor(target, ball)),
            Some(Piece::Plain) => self.found.extend(plain(target, ball)),
            Some(Piece::Series) => self.found.extend(series(target, ball)),
            Some(Piece::Random(method)) => {
                self.found.push(random(target, method, ball));
            }
            Some(Piece::Known) => keep(target, ball, &self.found),
            Some(Piece::Solve) => {
                let solve = self.solve.as_mut().expect("it is not done yet");
                if solve.advance(16) < 1.0 {
                    self.left.push(Piece::Solve);
                }
            }
            Some(Piece::Solved) => {
                let solve = self.solve.take().expect("it is done");
                let solution = solve.solution().expect("it is done");
                let widths: Vec<usize> = widths(solution.rank).collect();
                self.found.push(networks("solve", &self.recipe, ball, &solution.weights, &widths));
            }
            Some(Piece::Trained) => {
                let mut points = vec![];
                for weights in std::mem::take(&mut self.trained) {
                    let widths = [weights.phi.output.bias.len()];
                    points
                        .extend(networks("trained", &self.recipe, ball, &weights, &widths).points);
                }
                points.sort_by(|one, other| one.m.total_cmp(&other.m));
                self.found.push(told("trained", points));
            }
        }
        1.0 - self.left.len() as f64 / self.pieces as f64
    }

    /// What was found, once everything is done.
    pub fn found(&self) -> Option<&[Course]> {
        self.left.is_empty().then_some(&self.found)
    }
}

/// 1, 2, 3, 4, 6, 8, 12, … up to the largest, which is the last.
fn widths(largest: usize) -> impl Iterator<Item = usize> {
    let doubling = (0..).flat_map(|i| [2 << i, 3 << i]).take_while(move |m| *m < largest);
    std::iter::once(1).chain(doubling).filter(move |m| *m < largest).chain(Some(largest))
}

fn told(name: &'static str, points: Vec<Point>) -> Course {
    Course { name, points, finite: true, reason: String::new() }
}

fn untold(name: &'static str, reason: String) -> Course {
    Course { name, points: vec![], finite: true, reason }
}

fn exact(m: f64, mse: f64) -> Point {
    Point { m, mse, standard_error: 0.0 }
}

fn floor(target: Target, ball: Ball) -> Course {
    let spectrum = Spectrum::new(target, 1.0, ball);
    let points = (1..=WIDEST).map(|m| exact(m as f64, spectrum.floor(m as f64)));
    told("floor", points.filter(|point| point.mse.is_finite()).collect())
}

fn plain(target: Target, ball: Ball) -> [Course; 2] {
    let plain = Plain::of(target, ball);
    // An odd function has neither a mean nor a part along |w||x|: its line alone is all.
    let more = usize::from(target.parity() == Parity::Even);
    let line = if plain.line == 0.0 { 0 } else { ball.d };
    let m = (line + more) as f64;
    [told("constant", vec![exact(m, plain.constant)]), told("norms", vec![exact(m, plain.norms)])]
}

fn series(target: Target, ball: Ball) -> [Course; 2] {
    let (mut own, mut best) = (vec![], vec![]);
    for terms in 1..=TERMS {
        let series = match Taylor::new(target, terms) {
            Ok(series) => series,
            Err(error) => {
                return ["series", "powers"].map(|name| untold(name, error.to_string()));
            }
        };
        let (m, fit) = (series.monomials(ball.d), Fit::of(&series, ball));
        // z² has one power, whatever is asked for.
        if own.last().is_none_or(|last: &Point| last.m < m) {
            own.push(exact(m, fit.taylor));
            best.push(exact(m, fit.best));
        }
    }
    [told("series", own), told("powers", best)]
}

/// Random features, with the line beside them where the target has one. To draw them would tell little of their error: on a ball of
/// radius 2 the rare pairs that nobody draws make nearly all of it.
fn random(target: Target, method: Method, ball: Ball) -> Course {
    let name = method.name();
    let estimator = match Estimator::new(target, method) {
        Ok(estimator) => estimator,
        Err(error) => return untold(name, error.to_string()),
    };
    let line = line_width(target, ball.d);
    let finite = ball.most.is_finite() || target == Target::Square;
    let variance = if finite { variance(&estimator, target, ball) } else { f64::INFINITY };
    let most = (WIDEST - line) / estimator.width();
    let counts = (0..).map(|i| 1 << i).take_while(|count| *count <= most);
    let at =
        |count: usize| exact((line + count * estimator.width()) as f64, variance / count as f64);
    Course { finite, ..told(name, counts.map(at).collect()) }
}

/// The variance of one draw's estimate, in the mean over w and x.
fn variance(estimator: &Estimator, target: Target, ball: Ball) -> f64 {
    let (radius, angle) = (chi(RADII, ball), half_gegenbauer(ANGLES, ball.d));
    let mut mean = 0.0;
    for (i, (r, first)) in radius.iter().enumerate() {
        for (s, second) in &radius[..=i] {
            // r and s may be exchanged.
            let twice = if r == s { 1.0 } else { 2.0 };
            for (t, third) in &angle {
                let (a, b, z) = (r * r, s * s, r * s * t);
                // The other half of the angles has −z.
                let square = 0.5
                    * (estimator.second_moment(a, b, z) + estimator.second_moment(a, b, -z))
                    - target.bend(z).powi(2);
                mean += twice * first * second * third * square;
            }
        }
    }
    mean
}

/// Networks of the first features of theirs, for each width: those in closed form have them in the order of the singular values.
fn networks(
    name: &'static str,
    recipe: &Recipe,
    ball: Ball,
    weights: &Weights,
    widths: &[usize],
) -> Course {
    let mut errors = vec![vec![]; widths.len()];
    let mut draws = Draws::new(recipe.seed, Stream::Demo, u32::MAX);
    let radii = Radii::new(ball);
    for _ in 0..ROUNDS {
        let (w, x) = (radii.vectors(&mut draws), radii.vectors(&mut draws));
        let truth = (&w * x.transpose()).map(|z| recipe.target.at(z));
        let (phi, psi) = (outputs(&w, &weights.phi), outputs(&x, &weights.psi));
        for (errors, m) in errors.iter_mut().zip(widths) {
            let error = phi.columns(0, *m) * psi.columns(0, *m).transpose() - &truth;
            errors.push(error.norm_squared() / (SIDE * SIDE) as f64);
        }
    }
    let points = widths.iter().zip(&errors).map(|(m, errors)| measured(*m as f64, errors));
    told(name, points.collect())
}

/// Mean and standard error of the rounds.
fn measured(m: f64, rounds: &[f64]) -> Point {
    let count = rounds.len() as f64;
    let mse = rounds.iter().sum::<f64>() / count;
    let variance = rounds.iter().map(|error| (error - mse).powi(2)).sum::<f64>() / (count - 1.0);
    Point { m, mse, standard_error: (variance / count).sqrt() }
}

/// Draws from a ball: a direction, and a length by its distribution.
struct Radii {
    ball: Ball,
    /// The distribution of the length at equal steps; empty where nothing is cut off.
    below: Vec<f64>,
    to: f64,
}

impl Radii {
    fn new(ball: Ball) -> Self {
        if ball.most.is_infinite() {
            return Self { ball, below: vec![], to: 0.0 };
        }
        let to = ball.most.min((ball.d as f64).sqrt() + REACH);
        let width = to / STEPS as f64;
        let mut below = vec![0.0];
        for step in 0..STEPS {
            below.push(below[step] + chi_density((step as f64 + 0.5) * width, ball.d));
        }
        let all = below[STEPS];
        below.iter_mut().for_each(|sum| *sum /= all);
        Self { ball, below, to }
    }

    /// So many below one another, `[SIDE, d]`.
    fn vectors(&self, draws: &mut Draws) -> DMatrix<f64> {
        let numbers: Vec<f64> = (0..SIDE).flat_map(|_| self.vector(draws)).collect();
        DMatrix::from_row_slice(SIDE, self.ball.d, &numbers)
    }

    fn vector(&self, draws: &mut Draws) -> Vec<f64> {
        let v: Vec<f64> = (0..self.ball.d).map(|_| draws.normal_double()).collect();
        if self.below.is_empty() {
            return v;
        }
        let share = draws.unit();
        let after = self.below.partition_point(|below| *below <= share).clamp(1, STEPS);
        let [from, to] = [self.below[after - 1], self.below[after]];
        let length = (after as f64 - 1.0 + (share - from) / (to - from)) * self.to / STEPS as f64;
        let norm = v.iter().map(|v| v * v).sum::<f64>().sqrt();
        v.iter().map(|v| v * length / norm).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(recipe: &Recipe, radius: f64) -> Vec<Course> {
        let mut methods =
            Methods::open(recipe.clone(), radius, vec![Weights::init(recipe)]).expect("room");
        let mut last = -1.0;
        while last < 1.0 {
            assert!(methods.found().is_none());
            let done = methods.advance();
            assert!(done >= last);
            last = done;
        }
        methods.found().expect("done").to_vec()
    }

    #[test]
    fn nothing_is_below_the_floor_of_its_width() {
        for (target, radius) in [
            (Target::Gelu, f64::INFINITY),
            (Target::Gelu, 1.0),
            (Target::Sin, 1.5),
            (Target::Square, f64::INFINITY),
            (Target::Relu, 2.0),
        ] {
            let recipe = Recipe { n: 512, hidden: 32, target, ..Recipe::default() };
            let ball = Ball { d: 2, most: radius };
            let spectrum = Spectrum::new(target, 1.0, ball);
            for Course { name, points, .. } in all(&recipe, radius) {
                for Point { m, mse, standard_error } in points {
                    let least = spectrum.tail(m) - 4.0 * standard_error;
                    // The quadrature of a corner is good to four digits.
                    assert!(
                        mse >= least * (1.0 - 1e-4) - 1e-13,
                        "{target:?}, {name}, m = {m}: {mse} below {least}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_depends_on_the_function_alone_is_found_once() {
        let recipe = Recipe { n: 256, hidden: 8, ..Recipe::default() };
        let pieces = |recipe: &Recipe, radius| {
            Methods::open(recipe.clone(), radius, vec![]).expect("room").pieces
        };
        // Each test has a thread of its own, which knows nothing yet.
        let fresh = pieces(&recipe, 1.0);
        let first = all(&recipe, 1.0);
        assert!(pieces(&recipe, 1.0) < fresh);
        assert_eq!(all(&recipe, 1.0), first);
        let other = Recipe { seed: 7, ..recipe.clone() };
        let differs = |course: &Course| ["solve", "trained"].contains(&course.name);
        for (one, another) in first.iter().zip(&all(&other, 1.0)) {
            assert_eq!(one == another, !differs(one), "{}", one.name);
        }
        for another in [Recipe { target: Target::Sin, ..recipe.clone() }, Recipe { d: 3, ..recipe }]
        {
            assert_eq!(pieces(&another, 1.0), fresh);
        }
        assert_eq!(pieces(&other, 0.5), fresh);
    }

    #[test]
    fn the_error_of_random_features_is_what_draws_of_them_have_where_those_can_tell() {
        for (target, method) in [
            (Target::Gelu, Method::Maclaurin),
            (Target::Gelu, Method::Fourier),
            (Target::Sin, Method::Fourier),
            (Target::Square, Method::Maclaurin),
        ] {
            let ball = Ball { d: 3, most: 0.6 };
            let estimator = Estimator::new(target, method).expect("it is one");
            let (radii, mut draws) = (Radii::new(ball), Draws::new(11, Stream::Demo, 0));
            let (mut sum, rounds) = (0.0, 400_000);
            for _ in 0..rounds {
                let (w, x) = (radii.vector(&mut draws), radii.vector(&mut draws));
                let z: f64 = w.iter().zip(&x).map(|(w, x)| w * x).sum();
                sum += (estimator.draw(3, &mut draws).at(&w, &x) - target.bend(z)).powi(2);
            }
            let (found, known) = (sum / f64::from(rounds), variance(&estimator, target, ball));
            assert!((found / known - 1.0).abs() < 0.1, "{target:?}, {method:?}: {found}, {known}");
            let course = random(target, method, ball);
            let line = line_width(target, 3) as f64;
            for Point { m, mse, .. } in &course.points {
                let count = (m - line) / estimator.width() as f64;
                assert!((mse * count / known - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn what_is_drawn_from_a_ball_is_what_the_quadrature_takes() {
        for (d, most) in [(1, 0.7), (2, 1.0), (16, 3.0)] {
            let ball = Ball { d, most };
            let radii = Radii::new(ball);
            let mut draws = Draws::new(5, Stream::Demo, 0);
            let lengths: Vec<f64> = (0..400)
                .flat_map(|_| {
                    let vectors = radii.vectors(&mut draws);
                    vectors.row_iter().map(|v| v.norm_squared()).collect::<Vec<_>>()
                })
                .collect();
            assert!(lengths.iter().all(|square| square.sqrt() <= most));
            let mean = lengths.iter().sum::<f64>() / lengths.len() as f64;
            assert!(
                (mean / ball.moment(2) - 1.0).abs() < 0.02,
                "d = {d}: {mean} and {}",
                ball.moment(2)
            );
        }
    }

    #[test]
    fn the_errors_that_are_known_and_those_that_are_measured_agree() {
        // The untrained networks' error, and the constant's by the same pairs: within four standard errors of the quadrature's.
        let recipe = Recipe { n: 64, hidden: 4, ..Recipe::default() };
        let mut weights = Weights::init(&recipe);
        for mlp in [&mut weights.phi, &mut weights.psi] {
            mlp.output.weight.fill(0.0);
            mlp.output.bias.fill(0.0);
        }
        for radius in [f64::INFINITY, 1.3] {
            let ball = Ball { d: 2, most: radius };
            let Point { mse, standard_error, .. } =
                networks("zero", &recipe, ball, &weights, &[16]).points[0];
            let all = Spectrum::new(Target::Gelu, 1.0, ball).tail(0.0);
            assert!((mse - all).abs() < 4.0 * standard_error, "{mse} ± {standard_error}, {all}");
        }
    }
}
