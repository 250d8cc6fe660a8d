// The first query that reads token n of image b, the number of queries where none does. Flat over [B,N].
fn main(index : i32) {
  if (index < uniforms.total) {
    let source = index / uniforms.count * uniforms.queries;
    let token = index % uniforms.count;
    var q = 0;
    while (q < uniforms.queries && indices[source + q] != token) {
      q++;
    }
    result[index] = q;
  }
}
