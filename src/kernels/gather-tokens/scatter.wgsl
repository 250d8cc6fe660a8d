// The gradient of the tokens: the sum over the queries that read them. Flat over [B,N,C] in groups of components.
fn main(index : i32) {
  if (index < uniforms.total) {
    let c = index % uniforms.channels;
    let row = index / uniforms.channels; // b * count + n
    let source = row / uniforms.count * uniforms.queries;
    let token = row % uniforms.count;
    var sum = ZERO;
    for (var q = first[row]; q < uniforms.queries; q++) {
      if (indices[source + q] == token) {
        sum += dy[(source + q) * uniforms.channels + c];
      }
    }
    result[index] = sum;
  }
}
