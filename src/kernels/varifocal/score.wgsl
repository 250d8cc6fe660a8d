// The exponent is capped: infinity need not survive a driver's fast arithmetic.
fn score(x : f32) -> f32 { return 1.0 / (1.0 + exp(min(-x, 80.0))); }
fn softplus(x : f32) -> f32 { return max(x, 0.0) + log(1.0 + exp(-abs(x))); }
// share to the power of gamma; the usual 2 without a logarithm.
fn focus(share : f32) -> f32 {
  if (uniforms.gamma == 2.0) { return share * share; }
  return exp2(uniforms.gamma * log2(max(share, 1e-30)));
}
