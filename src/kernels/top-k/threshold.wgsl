// One thread per group counts the groups whose best row comes before its own. The one that finds k - 1 of them writes.
fn main(index : i32) {
  if (index < uniforms.total) {
    let batch = index / uniforms.groups;
    let first = batch * uniforms.groups;
    let mine = best[index];
    var before = 0;
    for (var g = 0; g < uniforms.groups; g = g + 1) { before = before + select(0, 1, comesBefore(best[first + g], mine)); }
    if (before == uniforms.k - 1) { result[batch] = mine; }
  }
}
