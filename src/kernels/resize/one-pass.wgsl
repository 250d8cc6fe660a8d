// Both passes in one: each invocation makes an output pixel [h,w,3] from the source itself. A line of source rows is weighted,
// rounded to a byte as between the two passes, and weighted down: the same integers as theirs.
override GROUP_X : u32;
override GROUP_Y : u32;
override PRECISION_BITS : u32;

struct Sizes {
  width : i32, // output
  height : i32,
  column_stride : i32, // numbers of a table entry
  row_stride : i32,
}

#if VIDEO
@group(0) @binding(0) var pixels : texture_external;
#else
@group(0) @binding(0) var pixels : texture_2d<f32>;
#end
@group(0) @binding(1) var<storage, read> columns : array<i32>;
@group(0) @binding(2) var<storage, read> rows : array<i32>;
@group(0) @binding(3) var<storage, read> values : array<f32>; // [3,256]
@group(0) @binding(4) var<storage, read_write> result : array<f32>;
@group(0) @binding(5) var<uniform> sizes : Sizes;

fn levels(x : i32, y : i32) -> vec3<i32> {
#if VIDEO
  // Converted from the frame's own colours, which may reach a little out of range.
  let colour = clamp(textureLoad(pixels, vec2<i32>(x, y)).rgb, vec3<f32>(0.0), vec3<f32>(1.0));
#else
  let colour = textureLoad(pixels, vec2<i32>(x, y), 0).rgb;
#end
  return vec3<i32>(colour * 255.0 + 0.5);
}

// At most 255 * 2^22 and a little: fits an i32.
fn rounded(sum : vec3<i32>) -> vec3<i32> {
  return min(sum >> vec3<u32>(PRECISION_BITS), vec3<i32>(255));
}

@compute @workgroup_size(GROUP_X, GROUP_Y)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
  let column = i32(id.x);
  let row = i32(id.y);
  if (column >= sizes.width || row >= sizes.height) {
    return;
  }
  let half = vec3<i32>(1i << (PRECISION_BITS - 1u));
  let column_entry = column * sizes.column_stride;
  let left = columns[column_entry];
  let across = columns[column_entry + 1];
  let row_entry = row * sizes.row_stride;
  let top = rows[row_entry];
  let down = rows[row_entry + 1];
  var sum = half;
  for (var y = 0; y < down; y++) {
    var line = half;
    for (var x = 0; x < across; x++) {
      line += levels(left + x, top + y) * columns[column_entry + 2 + x];
    }
    sum += rounded(line) * rows[row_entry + 2 + y];
  }
  let level = rounded(sum);
  let at = (row * sizes.width + column) * 3;
  result[at] = values[level.r];
  result[at + 1] = values[256 + level.g];
  result[at + 2] = values[512 + level.b];
}
