// One thread per row: those that the threshold does not come before are appended to the batch's list: their number, then the
// (key, index) of each, in any order. `result` was zeroed before.
fn main(index : i32) {
  if (index < uniforms.total) {
    let batch = index / uniforms.rows;
    let row = vec2<i32>(keys[index], index % uniforms.rows);
    if (!comesBefore(threshold[batch], row)) {
      let list = batch * (1 + 2 * uniforms.rows);
      let slot = list + 1 + 2 * atomicAdd(&result[list], 1);
      atomicStore(&result[slot], row.x);
      atomicStore(&result[slot + 1], row.y);
    }
  }
}
