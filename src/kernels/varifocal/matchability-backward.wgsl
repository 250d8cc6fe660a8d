// One thread per logit; weights and targets are constants.
fn main(index : i32) {
  if (index < uniforms.total) {
    let row = index / uniforms.columns;
    let p = score(logits[index]);
    let positive = p - focus(quality[row]);
    let negative = uniforms.alpha * focus(p) * p;
    result[index] = dy[row / uniforms.queries] * select(negative, positive, index % uniforms.columns == labels[row]);
  }
}
