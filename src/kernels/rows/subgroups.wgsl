enable subgroups;
// A workgroup of PARTS invocations has a row; its subgroups join what they have in workgroup memory. Their size is asked here:
// any from 4 on, also one larger than the workgroup. Every invocation gets the row's result. Uniform control flow only.
var<workgroup> shares : array<f32, PARTS / 4>;

// Invocations of this subgroup: TF.js's entry point passes no subgroup_size.
fn subgroupLength() -> i32 {
  return subgroupAdd(1);
}
fn share(value : f32, size : i32) {
  // the ones before have been read
  workgroupBarrier();
  if (subgroupElect()) {
    shares[i32(localIndex) / size] = value;
  }
  workgroupBarrier();
}
fn rowSum(own : f32) -> f32 {
  let size = subgroupLength();
  share(subgroupAdd(own), size);
  var sum = shares[0];
  for (var at = 1; at < PARTS / size; at++) {
    sum += shares[at];
  }
  return sum;
}
fn rowMax(own : f32) -> f32 {
  let size = subgroupLength();
  share(subgroupMax(own), size);
  var most = shares[0];
  for (var at = 1; at < PARTS / size; at++) {
    most = max(most, shares[at]);
  }
  return most;
}
