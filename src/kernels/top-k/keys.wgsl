// One thread per row: the row's highest number as an integer of the same order. NaN is the lowest; -0 equals 0.
const NAN_KEY : i32 = -2147483648;

fn keyOf(score : f32) -> i32 {
  let bits = bitcast<i32>(score);
  let magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) { return NAN_KEY; }
  if (magnitude == 0) { return 0; }
  return select(bits, bits ^ 0x7fffffff, bits < 0);
}

fn main(index : i32) {
  if (index < uniforms.total) {
    let first = index * uniforms.columns;
    var best = keyOf(scores[first]);
    var broken = best == NAN_KEY;
    for (var c = 1; c < uniforms.columns; c = c + 1) {
      let key = keyOf(scores[first + c]);
      broken = broken || key == NAN_KEY;
      best = max(best, key);
    }
    result[index] = select(best, NAN_KEY, broken);
  }
}
