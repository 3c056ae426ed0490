// Parts of the gradients of b2 of Psi and of Phi, and of the loss, for the software adapter: one vector an invocation.

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(global_invocation_id) id: vec3u) {
  let at = id.x;
  let out = group.y * (VECTORS + 1u);
  let begin = group.y * piece.share;
  let end = min(begin + piece.share, count());
  var sum = ZERO;
  if (at < F) {
    for (var draw = begin; draw < end; draw++) { sum += scratch[PSI_BACK + draw * F + at]; }
    scratch[out + B2 + at] = sum;
  } else if (at < 2u * F) {
    for (var draw = begin; draw < end; draw++) { sum += scratch[PSI + draw * F + at - F] * sums[PULL + draw]; }
    scratch[out + NETWORK + B2 + at - F] = sum;
  } else if (at == 2u * F) {
    // The squared errors counted, from g = 2 · scale · error.
    var squares = 0.0;
    for (var i = begin * D; i < end * D; i++) { squares += sums[i] * sums[i]; }
    scratch[out + VECTORS] = vec4f(squares / (4.0 * piece.scale), 0.0, 0.0, 0.0);
  }
}
