// The upper 24 bits as a number in (0, 1]: exact in f32, and the logarithm stays finite.
fn fraction(bits : vec2<u32>) -> vec2<f32> { return (vec2<f32>(bits >> vec2<u32>(8u)) + 1.0) * 0x1p-24; }

// WGSL promises sine and cosine to 2^-11 within -pi..pi only, and the logarithm near 1 to 2^-21: it may come out above 0.
fn pair(bits : vec2<u32>) -> vec2<f32> {
  let u = fraction(bits);
  let angle = 6.283185307179586 * (u.y - 0.5);
  return sqrt(max(-2.0 * log(u.x), 0.0)) * vec2<f32>(cos(angle), sin(angle));
}

// One thread per four numbers.
fn main(index : i32) {
  let first = 4 * index;
  if (first < uniforms.total) {
    let bits = philox(
      vec4<u32>(u32(index), 0u, bitcast<u32>(uniforms.stream.x), bitcast<u32>(uniforms.stream.y)),
      vec2<u32>(bitcast<u32>(uniforms.seed.x), bitcast<u32>(uniforms.seed.y)));
    let numbers = vec4<f32>(pair(bits.xy), pair(bits.zw));
    result[first] = numbers.x;
    if (first + 1 < uniforms.total) { result[first + 1] = numbers.y; }
    if (first + 2 < uniforms.total) { result[first + 2] = numbers.z; }
    if (first + 3 < uniforms.total) { result[first + 3] = numbers.w; }
  }
}
