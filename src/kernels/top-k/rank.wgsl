// One thread per candidate counts the candidates before it, which is its place: whatever comes before a candidate is one too.
fn main(index : i32) {
  if (index < uniforms.total) {
    let batch = index / uniforms.rows;
    let list = batch * (1 + 2 * uniforms.rows);
    let count = candidates[list];
    let slot = index % uniforms.rows;
    if (slot < count) {
      let mine = vec2<i32>(candidates[list + 1 + 2 * slot], candidates[list + 2 + 2 * slot]);
      var before = 0;
      for (var other = 0; other < count; other = other + 1) {
        let at = list + 1 + 2 * other;
        before = before + select(0, 1, comesBefore(vec2<i32>(candidates[at], candidates[at + 1]), mine));
      }
      if (before < uniforms.k) { result[batch * uniforms.k + before] = mine.y; }
    }
  }
}
