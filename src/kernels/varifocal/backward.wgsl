// One thread per logit; weights and targets are constants.
fn main(index : i32) {
  if (index < uniforms.total) {
    let row = index / uniforms.columns;
    let p = score(logits[index]);
    let own = quality[row];
    let positive = own * (p - own);
    result[index] = dy[row / uniforms.queries] * select(NEGATIVE * p * p * p, positive, index % uniforms.columns == labels[row]);
  }
}
