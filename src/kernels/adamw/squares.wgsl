// Sums of squares of one gradient: invocation i adds the numbers i, i + sums, i + 2 sums, ... and writes parts[first + i].

struct Numbers {
  count : u32,
  first : u32,
  sums : u32,
}

@group(0) @binding(0) var<uniform> numbers : Numbers;
@group(0) @binding(1) var<storage, read> gradient : array<f32>;
@group(0) @binding(2) var<storage, read_write> parts : array<f32>;

@compute @workgroup_size(GROUP)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
  if (id.x >= numbers.sums) {
    return;
  }
  var total = 0.0;
  for (var i = id.x; i < numbers.count; i += numbers.sums) {
    total += gradient[i] * gradient[i];
  }
  parts[numbers.first + id.x] = total;
}
