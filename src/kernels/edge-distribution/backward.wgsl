// One thread per edge. With p = softmax(logits) and g the gradient of p (from the expectation, the top probabilities and
// their mean), the gradient of the logits is p * (g - sum(p * g)).
fn main(index : i32) {
  if (index < uniforms.edges) {
    let first = index * BINS;
    let given = index * (TOP + 2);
    var highest = logits[first];
    for (var j = 1; j < BINS; j = j + 1) { highest = max(highest, logits[first + j]); }
    var p : array<f32, BINS>;
    var g : array<f32, BINS>;
    var taken : array<f32, BINS>;
    var total = 0.0;
    for (var j = 0; j < BINS; j = j + 1) {
      p[j] = exp(logits[first + j] - highest);
      total = total + p[j];
      g[j] = dy[given] * weights[j];
    }
    for (var j = 0; j < BINS; j = j + 1) {
      p[j] = p[j] / total;
      taken[j] = p[j];
    }
    let mean = dy[given + 1 + TOP] / f32(TOP);
    for (var t = 0; t < TOP; t = t + 1) {
      var best = 0;
      for (var j = 1; j < BINS; j = j + 1) { if (taken[j] > taken[best]) { best = j; } }
      g[best] = g[best] + dy[given + 1 + t] + mean;
      taken[best] = -1.0;
    }
    var inner = 0.0;
    for (var j = 0; j < BINS; j = j + 1) { inner = inner + p[j] * g[j]; }
    for (var j = 0; j < BINS; j = j + 1) { result[first + j] = p[j] * (g[j] - inner); }
  }
}
