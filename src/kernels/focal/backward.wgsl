// One thread per logit; v is the logit of the right answer.
fn main(index : i32) {
  if (index < uniforms.total) {
    let row = index / uniforms.columns;
    let own = index % uniforms.columns == labels[row];
    let v = select(-logits[index], logits[index], own);
    let wrong = score(-v);
    let slope = -focus(wrong) * (uniforms.gamma * score(v) * softplus(-v) + wrong);
    let balanced = select(uniforms.alpha - 1.0, uniforms.alpha, own) * slope;
    result[index] = dy[row / uniforms.queries] * balanced;
  }
}
