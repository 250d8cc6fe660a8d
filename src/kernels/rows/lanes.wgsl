enable subgroups;
// PARTS neighbours in a subgroup share a row, a power of two that no subgroup is smaller than. Every invocation gets the row's
// result. Uniform control flow only.
fn rowSum(own : f32) -> f32 {
  var sum = own;
  for (var mask = u32(PARTS) / 2; mask > 0; mask /= 2) {
    sum += subgroupShuffleXor(sum, mask);
  }
  return sum;
}
fn rowMax(own : f32) -> f32 {
  var most = own;
  for (var mask = u32(PARTS) / 2; mask > 0; mask /= 2) {
    most = max(most, subgroupShuffleXor(most, mask));
  }
  return most;
}
