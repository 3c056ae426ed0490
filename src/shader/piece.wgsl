// What tells one piece of a call from another: a row of the control buffer, chosen by its offset.
struct Piece {
  start: u32,     // the first draw in the order, and one past the last
  end: u32,
  n: u32,         // draws of a run, and indices of its order
  orders: u32,
  scale: f32,     // what a squared error counts in the loss: 1 / (draws of the mini-batch * d)
  rate: f32,      // Adam's scalars
  root: f32,
  begins: u32,    // whether the mini-batch begins here, and whether it ends here
  ends: u32,
  slot: u32,      // where its loss goes, of so many
  slots: u32,
  snapshot: u32,  // where the parameters are kept after it, counted from 1; 0 for nowhere
  runs: u32,      // runs that there are, and the first of those of the dispatch
  run: u32,
  model: u32,     // and its parameters, of several where they are evaluated
  parts: u32,     // parts of the gradient, and of that of Phi's first layer where it has others
  row_parts: u32,
  share: u32,     // draws of each part
  row_share: u32,
}
