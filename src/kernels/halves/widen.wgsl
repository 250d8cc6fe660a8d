// f16 numbers, two in an i32, to f32: an invocation two pairs.
fn main(index : i32) {
  if (index < uniforms.work) {
    let pair = bitcast<vec2<u32>>(packed[index]);
    result[index] = vec4<f32>(unpack2x16float(pair.x), unpack2x16float(pair.y));
  }
}
