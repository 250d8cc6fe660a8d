// What follows the linear part: activation(sum + bias) * scale + shift + residual, for four neighbouring channels.
// ALIGNED: the number of channels is a multiple of 4 and result, bias and residual are bound as vec4.

#if GELU
// Abramowitz and Stegun 7.1.26, error below 1.5e-7.
fn erf4(v : vec4<f32>) -> vec4<f32> {
  let a = abs(v);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(v) * (1.0 - p * exp(-min(a * a, vec4<f32>(80.0))));
}
#end

fn sigmoid4(v : vec4<f32>) -> vec4<f32> {
  return 1.0 / (1.0 + exp(min(-v, vec4<f32>(80.0))));
}

fn activate(v : vec4<f32>) -> vec4<f32> {
#if RELU
  return max(v, vec4<f32>(0.0));
#end
#if RELU6
  return clamp(v, vec4<f32>(0.0), vec4<f32>(6.0));
#end
#if SILU
  return v * sigmoid4(v);
#end
#if HARDSWISH
  return v * clamp(v + 3.0, vec4<f32>(0.0), vec4<f32>(6.0)) * (1.0 / 6.0);
#end
#if SIGMOID
  return sigmoid4(v);
#end
#if HARDSIGMOID
  return clamp(v + 3.0, vec4<f32>(0.0), vec4<f32>(6.0)) * (1.0 / 6.0);
#end
#if GELU
  return 0.5 * v * (1.0 + erf4(v * 0.70710678));
#end
#if NONE
  return v;
#end
}

// cell: which output cell (row); channel: the first of the four. What is read past the last channel is not written.
fn finish(sum : vec4<f32>, cell : i32, channel : i32) {
  let at = cell * uniforms.channels + channel;
#if ALIGNED
#if BIAS
  let biased = sum + bias[channel >> 2];
#else
  let biased = sum;
#end
  let value = activate(biased) * uniforms.scale + uniforms.shift;
#if RESIDUAL
  result[at >> 2] = value + residual[at >> 2];
#else
  result[at >> 2] = value;
#end
#else
#if BIAS
  let biased = sum + vec4<f32>(bias[channel], bias[channel + 1], bias[channel + 2], bias[channel + 3]);
#else
  let biased = sum;
#end
  let value = activate(biased) * uniforms.scale + uniforms.shift;
#for i in 0..4
  if (channel + $i < uniforms.channels) {
#if RESIDUAL
    result[at + $i] = value[$i] + residual[at + $i];
#else
    result[at + $i] = value[$i];
#end
  }
#end
#end
}
