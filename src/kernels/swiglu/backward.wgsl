// One thread per vector of outputs writes the gradients of its gate and of what it gates. HALF counts vectors.
fn main(index : i32) {
  if (index < uniforms.total) {
    let at = (index / HALF) * 2 * HALF + index % HALF;
    let gate = x[at];
    let s = sigmoid(gate);
    result[at] = dy[index] * x[at + HALF] * s * (1.0 + gate * (1.0 - s));
    result[at + HALF] = dy[index] * gate * s;
  }
}
