// One invocation a target of a head: (logarithm of its sum to base 2, delta = dy y), [B,M,T,2]. The first is also what
// forward.wgsl left behind its result.
fn main(index : i32) {
  if (index < uniforms.rows) {
    let targets = uniforms.sizes.x;
    let heads = uniforms.sizes.z;
    let pair = index / targets;
    let batch = pair / heads;
    let at = ((batch * targets + index - pair * targets) * heads + pair - batch * heads) * QUADS;
    var sum = 0.0;
    for (var j = 0; j < QUADS; j++) {
      sum += dot(y[at + j], dy[at + j]);
    }
    result[index] = vec2<f32>(sums[index].x, sum);
  }
}
