// tokens[b, indices[b,q], c]. Flat over the output in groups of components.
fn main(index : i32) {
  if (index < uniforms.total) {
    let c = index % uniforms.channels;
    let row = index / uniforms.channels; // b * queries + q
    let token = row / uniforms.queries * uniforms.count + indices[row];
    result[index] = tokens[token * uniforms.channels + c];
  }
}
