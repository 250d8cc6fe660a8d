// One thread per vector of outputs. HALF counts vectors.
fn main(index : i32) {
  if (index < uniforms.total) {
    let at = (index / HALF) * 2 * HALF + index % HALF;
    let gate = x[at];
    result[index] = gate * sigmoid(gate) * x[at + HALF];
  }
}
