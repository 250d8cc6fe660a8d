// PARTS threads have a row (../rows/sharing.ts): each sums up its share of the squares, and writes its share of the vectors.
// WIDTH counts vectors, NUMBERS their numbers.
fn main(index : i32) {
  let part = index % PARTS;
  let first = min(index / PARTS, uniforms.rows - 1) * WIDTH;
  var squares = 0.0;
  for (var j = part % STEP; j < WIDTH; j = j + STEP) {
    let v = entry(first + j);
    squares = squares + inner(v, v);
  }
  let scale = inverseSqrt(rowSum(squares) / f32(NUMBERS) + uniforms.epsilon);
  if (index < uniforms.total) {
    for (var j = part; j < WIDTH; j = j + PARTS) { result[first + j] = entry(first + j) * scale * weight[j]; }
  }
}
