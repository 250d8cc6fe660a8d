// One step of AdamW in place, one tensor. Nothing is written where control says that the step does not apply.

struct Numbers {
  count : u32,
  // learning rate / (1 - beta1^step)
  rate : f32,
  // 1 - learning rate * weight decay
  kept : f32,
  // sqrt(1 - beta2^step)
  rootCorrection : f32,
  beta1 : f32,
  beta2 : f32,
  // 1 - beta, exact to f32: the difference of two f32 would not be
  share1 : f32,
  share2 : f32,
  epsilon : f32,
  // 1 - its memory
  emaShare : f32,
}

// scale, apply, norm
@group(0) @binding(0) var<storage, read> control : array<f32>;
@group(0) @binding(1) var<uniform> numbers : Numbers;
@group(0) @binding(2) var<storage, read> gradient : array<f32>;
@group(0) @binding(3) var<storage, read_write> parameter : array<f32>;
@group(0) @binding(4) var<storage, read_write> m : array<f32>;
@group(0) @binding(5) var<storage, read_write> v : array<f32>;
#if EMA
@group(0) @binding(6) var<storage, read_write> ema : array<f32>;
#end

@compute @workgroup_size(GROUP)
fn main(@builtin(global_invocation_id) id : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>) {
  if (control[1] == 0.0) {
    return;
  }
  let stride = groups.x * u32(GROUP);
  for (var i = id.x; i < numbers.count; i += stride) {
    let g = gradient[i] * control[0];
    let first = numbers.beta1 * m[i] + numbers.share1 * g;
    let second = numbers.beta2 * v[i] + numbers.share2 * g * g;
    let moved = parameter[i] * numbers.kept - numbers.rate * first / (sqrt(second) / numbers.rootCorrection + numbers.epsilon);
    m[i] = first;
    v[i] = second;
    parameter[i] = moved;
#if EMA
    ema[i] += numbers.emaShare * (moved - ema[i]);
#end
  }
}
