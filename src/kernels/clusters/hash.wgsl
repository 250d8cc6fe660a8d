// Two 32-bit hashes of each row's numbers, rounded down: MurmurHash3 (https://github.com/aappleby/smhasher, MurmurHash3.cpp),
// once with the multipliers of its 32-bit form and once with two of its 128-bit form. Flat over the rows.
fn mixed(hash : u32, number : u32, first : u32, second : u32) -> u32 {
  let k = number * first;
  let h = hash ^ (((k << 15u) | (k >> 17u)) * second);
  return ((h << 13u) | (h >> 19u)) * 5u + 0xe6546b64u;
}

fn finished(hash : u32) -> i32 {
  var h = hash ^ (hash >> 16u);
  h = h * 0x85ebca6bu;
  h = h ^ (h >> 13u);
  h = h * 0xc2b2ae35u;
  return bitcast<i32>(h ^ (h >> 16u));
}

fn main(index : i32) {
  if (index < uniforms.total) {
    var a = 0u;
    var b = 0x9e3779b9u;
    for (var i = 0; i < uniforms.width; i++) {
      let whole = clamp(floor(x[index * uniforms.width + i]), f32(LEAST), f32(MOST));
      let number = bitcast<u32>(i32(whole));
      a = mixed(a, number, 0xcc9e2d51u, 0x1b873593u);
      b = mixed(b, number, 0x239b961bu, 0xab0e9789u);
    }
    result[2 * index] = finished(a);
    result[2 * index + 1] = finished(b);
  }
}
