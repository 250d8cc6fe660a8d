// One thread per logit; v is the logit of the right answer.
fn main(index : i32) {
  if (index < uniforms.total) {
    let own = index % uniforms.columns == labels[index / uniforms.columns];
    let v = select(-logits[index], logits[index], own);
    result[index] = select(1.0 - uniforms.alpha, uniforms.alpha, own) * focus(score(-v)) * softplus(-v);
  }
}
