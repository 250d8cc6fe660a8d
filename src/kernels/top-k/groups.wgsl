// One thread per group of `size` rows: the index of its best row. A tie goes to the lower index.
fn main(index : i32) {
  if (index < uniforms.total) {
    let base = (index / uniforms.groups) * uniforms.rows;
    let first = (index % uniforms.groups) * uniforms.size;
    let end = min(first + uniforms.size, uniforms.rows);
    var best = first;
    for (var row = first + 1; row < end; row = row + 1) {
      if (keys[base + row] > keys[base + best]) { best = row; }
    }
    result[index] = best;
  }
}
