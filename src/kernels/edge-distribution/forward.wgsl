// One thread per edge: softmax over its BINS logits, the expected value under `weights`, the TOP highest probabilities
// (ties: the lower bin first) and their mean.
fn main(index : i32) {
  if (index < uniforms.edges) {
    let first = index * BINS;
    var highest = logits[first];
    for (var j = 1; j < BINS; j = j + 1) { highest = max(highest, logits[first + j]); }
    var p : array<f32, BINS>;
    var total = 0.0;
    for (var j = 0; j < BINS; j = j + 1) {
      p[j] = exp(logits[first + j] - highest);
      total = total + p[j];
    }
    var expected = 0.0;
    for (var j = 0; j < BINS; j = j + 1) {
      p[j] = p[j] / total;
      expected = expected + p[j] * weights[j];
    }
    let out = index * (TOP + 2);
    result[out] = expected;
    var sum = 0.0;
    for (var t = 0; t < TOP; t = t + 1) {
      var best = 0;
      for (var j = 1; j < BINS; j = j + 1) { if (p[j] > p[best]) { best = j; } }
      result[out + 1 + t] = p[best];
      sum = sum + p[best];
      p[best] = -1.0;
    }
    result[out + 1 + TOP] = sum / f32(TOP);
  }
}
