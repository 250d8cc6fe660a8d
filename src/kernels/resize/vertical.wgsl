// Vertical pass: bytes [H,w] -> float32 [h,w,3], each level through the table of values.
override GROUP_X : u32;
override GROUP_Y : u32;
override PRECISION_BITS : u32;

struct Sizes {
  width : i32,
  height : i32,
  stride : i32, // numbers of a table entry
}

@group(0) @binding(0) var<storage, read> rows : array<u32>;
@group(0) @binding(1) var<storage, read> table : array<i32>;
@group(0) @binding(2) var<storage, read> values : array<f32>; // [3,256]
@group(0) @binding(3) var<storage, read_write> result : array<f32>;
@group(0) @binding(4) var<uniform> sizes : Sizes;

@compute @workgroup_size(GROUP_X, GROUP_Y)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
  let column = i32(id.x);
  let row = i32(id.y);
  if (column >= sizes.width || row >= sizes.height) {
    return;
  }
  let entry = row * sizes.stride;
  let first = table[entry];
  let count = table[entry + 1];
  var sum = vec3<i32>(1i << (PRECISION_BITS - 1u));
  for (var k = 0; k < count; k++) {
    let packed = rows[(first + k) * sizes.width + column];
    let colour = vec3<i32>(vec3<u32>(packed & 255u, (packed >> 8u) & 255u, packed >> 16u));
    sum += colour * table[entry + 2 + k];
  }
  let level = min(sum >> vec3<u32>(PRECISION_BITS), vec3<i32>(255));
  let at = (row * sizes.width + column) * 3;
  result[at] = values[level.r];
  result[at + 1] = values[256 + level.g];
  result[at + 2] = values[512 + level.b];
}
