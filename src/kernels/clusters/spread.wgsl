// To each row its group's numbers; a row of no group gets zeros. Flat over rows x width, in Vectors.
fn main(index : i32) {
  if (index < uniforms.total) {
    let column = index % uniforms.width;
    let group = owner[index / uniforms.width];
    let own = x[max(group, 0) * uniforms.width + column];
    result[index] = select(Vector(0.0), own, group >= 0);
  }
}
