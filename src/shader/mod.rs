//! The text of the kernels: WGSL, from the files beside this one.
//!
//! A kernel is put together by a plan ([`crate::plan`]): the plan's numbers as constants, then what it shares with others,
//! then its own file. So a compiler knows every size and every length of a loop. Nothing here knows a plan or a device;
//! the tests have each text read and checked by naga, and browsers have them compiled.

use std::fmt::Write;

use crate::model::adam::Adam;

/// Steps in the table of one dispatch of resident runs: 16 kB of the 64 that a uniform buffer may have.
pub const STEPS: usize = 511;

/// What tells one piece of a call from another.
pub(crate) const PIECE: &str = include_str!("piece.wgsl");

/// Some draws through a small network, there and back; where a workgroup's memory is, says [`memory`].
pub(crate) const CHUNK: &str = include_str!("chunk.wgsl");
pub(crate) const BACKWARD: &str = include_str!("backward.wgsl");

/// Where a workgroup's memory is: its own, or a part of a buffer that is bound at a place.
pub(crate) fn memory(buffer: Option<usize>) -> String {
    match buffer {
        Some(binding) => {
            [&constants(&[("MEMORY", binding)]), include_str!("soft_memory.wgsl")].concat()
        }
        None => include_str!("memory.wgsl").to_owned(),
    }
}

/// Where the gradient's parts lie that [`adam`] adds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parts {
    /// Vectors of a run's parameters.
    pub vectors: usize,
    /// Vectors of which the parts lie elsewhere, from a place on: the first, one past the last, the place.
    pub other: (usize, usize, usize),
    /// Vectors of a workgroup.
    pub columns: usize,
    /// Invocations for the parts of each.
    pub slices: usize,
}

impl Parts {
    /// Workgroups for a run: the loss stands behind the last vector.
    pub fn workgroups(&self) -> u32 {
        (self.vectors + 1).div_ceil(self.columns) as u32
    }
}

/// The sum of a gradient's parts, and the step of Adam.
pub fn adam(parts: &Parts) -> String {
    let Parts { vectors, other: (begin, end, place), columns, slices } = *parts;
    let numbers = constants(&[
        ("VECTORS", vectors),
        ("OTHER_BEGIN", begin),
        ("OTHER_END", end),
        ("OTHER", place),
        ("COLUMNS", columns),
        ("SLICES", slices),
    ]);
    [&numbers, &adams(), PIECE, include_str!("adam.wgsl")].concat()
}

/// Orders of so many draws, for many runs' epochs.
pub fn shuffle(draws: usize) -> String {
    [&constants(&[("N", draws)]), include_str!("shuffle.wgsl")].concat()
}

/// Bytes of workgroup memory that [`shuffle`] needs, and draws that it can put in order.
pub fn shuffle_needs(draws: usize) -> Option<usize> {
    // Each array and number begins a vector.
    (draws < 1 << 16).then_some(4 * (16 * 64 + draws.next_multiple_of(4) + 4))
}

/// Numbers as WGSL's constants, a line each.
pub fn constants(numbers: &[(&str, usize)]) -> String {
    numbers.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "const {name}: u32 = {value}u;");
        text
    })
}

/// Adam's own numbers.
pub(crate) fn adams() -> String {
    let [m, rest_m, s, rest_s] = Adam::DECAY;
    let epsilon = Adam::EPSILON;
    format!(
        "const DECAY: vec4f = vec4f({m:?}, {rest_m:?}, {s:?}, {rest_s:?});\nconst EPSILON: f32 = {epsilon:?};\n"
    )
}

/// A text in which the lines from `#for x in N` to its `#end` stand once for each number below N, with the number in
/// the place of `$x`. N is a number or one of the names.
///
/// An array in registers is one only where each index is known, and not every compiler unrolls a loop to know it.
pub fn unroll(text: &str, names: &[(&str, usize)]) -> String {
    let mut lines = text.lines();
    let mut output = String::new();
    unroll_lines(&mut lines, names, &mut output);
    output
}

fn unroll_lines<'a>(
    lines: &mut impl Iterator<Item = &'a str>,
    names: &[(&str, usize)],
    output: &mut String,
) {
    while let Some(line) = lines.next() {
        let Some(head) = line.trim_start().strip_prefix("#for ") else {
            if line.trim() == "#end" {
                return;
            }
            output.push_str(line);
            output.push('\n');
            continue;
        };
        let (variable, bound) = head.split_once(" in ").expect("a loop has a bound");
        let named = names.iter().find(|(name, _)| *name == bound).map(|(_, value)| *value);
        let times =
            named.or_else(|| bound.parse().ok()).expect("a bound is a number or has a name");
        let mut body = String::new();
        unroll_lines(lines, names, &mut body);
        let marker = format!("${variable}");
        for number in 0..times {
            output.push_str(&body.replace(&marker, &number.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_repeated_within_one_another() {
        let text = "a\n#for r in N\nb$r\n#for c in 2\n$r$cu\n#end\n#end\nc";
        assert_eq!(unroll(text, &[("N", 2)]), "a\nb0\n00u\n01u\nb1\n10u\n11u\nc\n");
        assert_eq!(unroll("#for r in 0\nx\n#end\ny", &[]), "y\n");
    }

    #[test]
    fn adams_numbers_are_written_as_they_are() {
        assert_eq!(
            adams(),
            "const DECAY: vec4f = vec4f(0.9, 0.1, 0.999, 0.001);\nconst EPSILON: f32 = 1e-8;\n"
        );
    }
}
