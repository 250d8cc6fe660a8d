// One thread per logit.
fn main(index : i32) {
  if (index < uniforms.total) {
    let x = logits[index];
    let row = index / uniforms.columns;
    let softplus = max(x, 0.0) + log(1.0 + exp(-abs(x)));
    if (index % uniforms.columns == labels[row]) {
      let wanted = quality[row];
      result[index] = wanted * (softplus - x * wanted);
    } else {
      let p = score(x);
      result[index] = NEGATIVE * p * p * softplus;
    }
  }
}
