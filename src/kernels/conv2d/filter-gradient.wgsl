// The gradient of weight [KERNEL_HEIGHT,KERNEL,I,O] of a convolution, as partial sums over uniforms.chunk output lines each.
// Taps are DILATION cells apart.
// One invocation: one tap, four input and four output channels. Flat over (chunk, ky, kx, four inputs, four outputs).
// x [B,H,W,I] and dy [B,Ho,Wo,O] are bound as numbers or, VECTOR_IN and ALIGNED, as vec4.

fn xAt(at : i32) -> vec4<f32> {
#if VECTOR_IN
  return x[at >> 2];
#else
  return vec4<f32>(x[at], x[at + 1], x[at + 2], x[at + 3]);
#end
}

fn dyAt(at : i32) -> vec4<f32> {
#if ALIGNED
  return dy[at >> 2];
#else
  return vec4<f32>(dy[at], dy[at + 1], dy[at + 2], dy[at + 3]);
#end
}

fn main(index : i32) {
  if (index >= uniforms.work) {
    return;
  }
  let inputs = uniforms.inChannels;
  let outputs = uniforms.channels;
  let outGroups = (outputs + 3) >> 2;
  let inGroups = (inputs + 3) >> 2;
  let o = (index % outGroups) * 4;
  let i = ((index / outGroups) % inGroups) * 4;
  let place = index / (outGroups * inGroups);
  let taps = uniforms.kernel.x * uniforms.kernel.y;
  let tap = place % taps;
  let chunk = place / taps;
  let ky = tap / uniforms.kernel.y;
  let kx = tap % uniforms.kernel.y;
  // output columns whose input column fx + ox * stride lies inside
  let fx = kx * DILATION - uniforms.padding.y;
  let firstX = max(0, (uniforms.strides.y - 1 - fx) / uniforms.strides.y);
  let lastX = min(uniforms.outSize.y - 1, (uniforms.size.y - 1 - fx + uniforms.strides.y) / uniforms.strides.y - 1);
  var acc : array<vec4<f32>, 4>;
  let lastLine = min(uniforms.lines, (chunk + 1) * uniforms.chunk);
  for (var line = chunk * uniforms.chunk; line < lastLine; line++) {
    let b = line / uniforms.outSize.x;
    let y = (line - b * uniforms.outSize.x) * uniforms.strides.x + ky * DILATION - uniforms.padding.x;
    if (y < 0 || y >= uniforms.size.x) {
      continue;
    }
    let row = ((b * uniforms.size.x + y) * uniforms.size.y + fx) * inputs + i;
    let outRow = line * uniforms.outSize.y * outputs + o;
    for (var ox = firstX; ox <= lastX; ox++) {
      let v = xAt(row + ox * uniforms.strides.y * inputs);
      let d = dyAt(outRow + ox * outputs);
#for q in 0..4
      acc[$q] += v[$q] * d;
#end
    }
  }
  let at = (place * inputs + i) * outputs + o;
#for q in 0..4
  if (i + $q < inputs) {
#if ALIGNED
    result[(at + $q * outputs) >> 2] = acc[$q];
#else
#for n in 0..4
    if (o + $n < outputs) {
      result[at + $q * outputs + $n] = acc[$q][$n];
    }
#end
#end
  }
#end
}
