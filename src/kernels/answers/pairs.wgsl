// One thread per number of the result [L, 2 k + 4 Q]: k logits, k pairs, 4 Q box numbers. A
// logit that is not a number is told as 0, and its pair as -1.
fn main(index : i32) {
  if (index < uniforms.total) {
    let layer = index / uniforms.width;
    let place = index % uniforms.width;
    let boxes_from = 2 * uniforms.k;
    if (place >= boxes_from) {
      result[index] = boxes[layer * uniforms.box_numbers + place - boxes_from];
    } else {
      let pair = best[layer * uniforms.k + place % uniforms.k];
      let logit = logits[layer * uniforms.pairs + pair];
      let broken = (bitcast<i32>(logit) & 0x7fffffff) > 0x7f800000;
      let told = vec2<f32>(select(logit, 0.0, broken), select(f32(pair), -1.0, broken));
      result[index] = select(told.x, told.y, place >= uniforms.k);
    }
  }
}
