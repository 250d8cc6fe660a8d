// Sum of the rows of each group; a group without rows is zero. Flat over groups x width, in Vectors.
fn main(index : i32) {
  if (index < uniforms.total) {
    let column = index % uniforms.width;
    let group = index / uniforms.width;
    var sum = Vector(0.0);
    for (var at = starts[group]; at < starts[group + 1]; at++) {
      sum += x[members[at] * uniforms.width + column];
    }
    result[index] = sum;
  }
}
