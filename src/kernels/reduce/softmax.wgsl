// exp(x - max) / sum over the last axis; PARTS invocations have a row (../rows/sharing.ts).
// WIDE: the axis is a multiple of 4 and bound as vec4.

#if WIDE
alias Value = vec4<f32>;
fn greatest(v : vec4<f32>) -> f32 {
  return max(max(v.x, v.y), max(v.z, v.w));
}
fn total(v : vec4<f32>) -> f32 {
  return v.x + v.y + v.z + v.w;
}
#else
alias Value = f32;
fn greatest(v : f32) -> f32 {
  return v;
}
fn total(v : f32) -> f32 {
  return v;
}
#end

fn main(index : i32) {
  let part = index % PARTS;
  // all come to the row's sums, also those past its end
  let start = min(index / PARTS, uniforms.rows - 1) * uniforms.count;
  let end = start + uniforms.count;
  let first = start + part % STEP;
  var most = logits[start];
  for (var k = first; k < end; k += STEP) {
    most = max(most, logits[k]);
  }
  let shift = rowMax(greatest(most));
  var sum = Value(0.0);
  for (var k = first; k < end; k += STEP) {
    sum += exp(logits[k] - shift);
  }
  let factor = 1.0 / rowSum(total(sum));
  if (index < uniforms.rows * PARTS) {
    for (var k = start + part; k < end; k += PARTS) {
      result[k] = exp(logits[k] - shift) * factor;
    }
  }
}
