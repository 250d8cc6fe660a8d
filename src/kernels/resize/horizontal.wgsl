// Horizontal pass over one tile of the source: texture -> bytes [H,w], one RGB pixel in a u32 (Pillow's rounding to uint8).
override GROUP_X : u32;
override GROUP_Y : u32;
override PRECISION_BITS : u32;

struct Tile {
  x : i32,          // left edge and top of the tile in the source
  y : i32,
  height : i32,     // rows in the tile
  from_column : i32, // output columns [from_column, to_column)
  to_column : i32,
  out_width : i32,
  stride : i32,     // numbers of a table entry
}

@group(0) @binding(0) var pixels : texture_2d<f32>;
@group(0) @binding(1) var<storage, read> table : array<i32>;
@group(0) @binding(2) var<storage, read_write> rows : array<u32>;
@group(0) @binding(3) var<uniform> tile : Tile;

@compute @workgroup_size(GROUP_X, GROUP_Y)
fn main(@builtin(global_invocation_id) id : vec3<u32>) {
  let column = tile.from_column + i32(id.x);
  let row = i32(id.y);
  if (column >= tile.to_column || row >= tile.height) {
    return;
  }
  let entry = column * tile.stride;
  let first = table[entry] - tile.x;
  let count = table[entry + 1];
  // At most 255 * 2^22 and a little: fits an i32.
  var sum = vec3<i32>(1i << (PRECISION_BITS - 1u));
  for (var k = 0; k < count; k++) {
    let colour = textureLoad(pixels, vec2<i32>(first + k, row), 0).rgb;
    sum += vec3<i32>(colour * 255.0 + 0.5) * table[entry + 2 + k];
  }
  let level = vec3<u32>(min(sum >> vec3<u32>(PRECISION_BITS), vec3<i32>(255)));
  rows[(tile.y + row) * tile.out_width + column] = level.r | (level.g << 8u) | (level.b << 16u);
}
