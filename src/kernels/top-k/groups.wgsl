// One thread per group of `size` rows: its best row.
fn main(index : i32) {
  if (index < uniforms.total) {
    let base = (index / uniforms.groups) * uniforms.rows;
    let first = (index % uniforms.groups) * uniforms.size;
    let end = min(first + uniforms.size, uniforms.rows);
    var best = vec2<i32>(keys[base + first], first);
    for (var row = first + 1; row < end; row = row + 1) {
      let other = vec2<i32>(keys[base + row], row);
      if (comesBefore(other, best)) { best = other; }
    }
    result[index] = best;
  }
}
