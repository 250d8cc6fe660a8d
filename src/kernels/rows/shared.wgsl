// PARTS neighbours share a row by a tree in workgroup memory; PARTS is a power of two, a workgroup has WORKGROUP / PARTS rows.
// Every invocation gets the row's result. Uniform control flow only.
var<workgroup> tree : array<f32, WORKGROUP>;

fn rootOf(at : i32) -> f32 {
  workgroupBarrier();
  let root = tree[at - at % PARTS];
  // who reads late would read the next sum
  workgroupBarrier();
  return root;
}
fn rowSum(own : f32) -> f32 {
  let at = i32(localIndex);
  tree[at] = own;
  for (var half = PARTS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (at % PARTS < half) {
      tree[at] += tree[at + half];
    }
  }
  return rootOf(at);
}
fn rowMax(own : f32) -> f32 {
  let at = i32(localIndex);
  tree[at] = own;
  for (var half = PARTS / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (at % PARTS < half) {
      tree[at] = max(tree[at], tree[at + half]);
    }
  }
  return rootOf(at);
}
