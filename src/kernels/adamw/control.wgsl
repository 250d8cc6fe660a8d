// From all sums of squares to what the step may do: control = scale, apply, norm. One workgroup.

struct Numbers {
  count : u32,
  // 0: no limit
  maxNorm : f32,
}

@group(0) @binding(0) var<uniform> numbers : Numbers;
@group(0) @binding(1) var<storage, read> parts : array<f32>;
@group(0) @binding(2) var<storage, read> loss : array<f32>;
@group(0) @binding(3) var<storage, read_write> control : array<f32>;

var<workgroup> sums : array<f32, GROUP>;

// By its bits: a compiler may take `x != x` for false.
fn finite(x : f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

@compute @workgroup_size(GROUP)
fn main(@builtin(local_invocation_index) own : u32) {
  var sum = 0.0;
  for (var i = own; i < numbers.count; i += u32(GROUP)) {
    sum += parts[i];
  }
  sums[own] = sum;
  workgroupBarrier();
  if (own != 0u) {
    return;
  }
  var total = 0.0;
  for (var i = 0; i < GROUP; i++) {
    total += sums[i];
  }
  let norm = sqrt(total);
  let fits = finite(total) && finite(loss[0]);
  var scale = 1.0;
  if (numbers.maxNorm > 0.0) {
    scale = min(1.0, numbers.maxNorm / (norm + NORM_EPSILON));
  }
  control[0] = scale;
  control[1] = select(0.0, 1.0, fits);
  control[2] = norm;
}
