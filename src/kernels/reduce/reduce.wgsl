// x [outer, LENGTH, inner] -> [outer, chunks, inner]: the sum (times a factor) or the maximum of every `chunk` entries of the
// middle axis. One invocation an output, or four neighbouring ones along inner where everything is bound as vec4 (WIDE), or
// with LANES four entries of the middle axis at a time where inner is 1. Flat over the output.

#if WIDE
alias Value = vec4<f32>;
#else
alias Value = f32;
#end

#if MAXIMUM
fn join4(a : vec4<f32>, b : vec4<f32>) -> vec4<f32> {
  return max(a, b);
}
fn join(a : Value, b : Value) -> Value {
  return max(a, b);
}
#else
fn join4(a : vec4<f32>, b : vec4<f32>) -> vec4<f32> {
  return a + b;
}
fn join(a : Value, b : Value) -> Value {
  return a + b;
}
#end

fn main(index : i32) {
  if (index >= uniforms.work) {
    return;
  }
  // length, inner and chunk are counted in what x is bound as
  let inner = uniforms.inner;
  let i = index % inner;
  let place = index / inner;
  let chunk = place % uniforms.chunks;
  let outer = place / uniforms.chunks;
  let first = chunk * uniforms.chunk;
  let last = min(uniforms.count, first + uniforms.chunk);
  let start = (outer * uniforms.count) * inner + i;
#if LANES
  var four = x[start + first];
  for (var k = first + 1; k < last; k++) {
    four = join4(four, x[start + k]);
  }
  result[index] = join(join(four.x, four.y), join(four.z, four.w)) * uniforms.factor;
#else
  var all = x[start + first * inner];
  for (var k = first + 1; k < last; k++) {
    all = join(all, x[start + k * inner]);
  }
  result[index] = all * uniforms.factor;
#end
}
