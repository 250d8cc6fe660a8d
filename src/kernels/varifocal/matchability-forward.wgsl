// One thread per logit.
fn main(index : i32) {
  if (index < uniforms.total) {
    let x = logits[index];
    let row = index / uniforms.columns;
    if (index % uniforms.columns == labels[row]) {
      result[index] = softplus(x) - x * focus(quality[row]);
    } else {
      result[index] = uniforms.alpha * focus(score(x)) * softplus(x);
    }
  }
}
