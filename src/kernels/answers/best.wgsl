// One thread per query of every layer, into the result [L, 6 Q]: Q ranks (the logarithm of the best class's probability), Q
// classes (-1 where the logits are no probabilities), 4 Q box numbers. The last column, "no object", is no class.
const INFINITY_BITS : i32 = 0x7f800000;

fn main(index : i32) {
  if (index < uniforms.total) {
    let layer = index / uniforms.queries;
    let query = index % uniforms.queries;
    let first = index * uniforms.columns;
    let last = uniforms.columns - 1;
    var label = 0;
    var best = logits[first];
    var broken = false;
    for (var c = 0; c < last; c = c + 1) {
      let logit = logits[first + c];
      broken = broken || (bitcast<i32>(logit) & 0x7fffffff) > INFINITY_BITS;
      if (logit > best) {
        best = logit;
        label = c;
      }
    }
    let nothing = logits[first + last];
    let most = max(best, nothing);
    broken = broken || (bitcast<i32>(nothing) & 0x7fffffff) > INFINITY_BITS
        || (bitcast<i32>(most) & 0x7fffffff) >= INFINITY_BITS;
    var total = 0.0;
    for (var c = 0; c <= last; c = c + 1) { total = total + exp(logits[first + c] - most); }
    let row = layer * uniforms.queries * 6;
    result[row + query] = select(best - most - log(total), 0.0, broken);
    result[row + uniforms.queries + query] = select(f32(label), -1.0, broken);
    for (var edge = 0; edge < 4; edge = edge + 1) {
      result[row + 2 * uniforms.queries + 4 * query + edge] = boxes[4 * index + edge];
    }
  }
}
