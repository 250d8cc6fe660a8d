// exp(x - max) / sum over the last axis, one invocation a row. WIDE: the axis is a multiple of 4 and bound as vec4.

#if WIDE
fn greatest(v : vec4<f32>) -> f32 {
  return max(max(v.x, v.y), max(v.z, v.w));
}
fn total(v : vec4<f32>) -> f32 {
  return v.x + v.y + v.z + v.w;
}
#else
fn greatest(v : f32) -> f32 {
  return v;
}
fn total(v : f32) -> f32 {
  return v;
}
#end

fn main(index : i32) {
  if (index >= uniforms.rows) {
    return;
  }
  let start = index * uniforms.count;
  let end = start + uniforms.count;
  var most = logits[start];
  for (var k = start + 1; k < end; k++) {
    most = max(most, logits[k]);
  }
  let shift = greatest(most);
  var sum = exp(logits[start] - shift);
  for (var k = start + 1; k < end; k++) {
    sum += exp(logits[k] - shift);
  }
  let factor = 1.0 / total(sum);
  for (var k = start; k < end; k++) {
    result[k] = exp(logits[k] - shift) * factor;
  }
}
