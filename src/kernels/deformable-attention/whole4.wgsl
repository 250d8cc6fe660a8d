// Beside vectors of four numbers (../vectors/vec4.wgsl).
alias Whole = vec4<i32>;
fn greatestBits(v : Vector) -> i32 {
  let bits = bitcast<Whole>(abs(v));
  return max(max(bits.x, bits.y), max(bits.z, bits.w));
}
