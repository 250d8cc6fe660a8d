// PARTS threads have a row (../rows/sharing.ts): each sums up its share of mean and variance, and writes its share of the vectors.
// WIDTH counts vectors, NUMBERS their numbers.
fn main(index : i32) {
  let part = index % PARTS;
  let first = min(index / PARTS, uniforms.rows - 1) * WIDTH;
  var sum = Vector(0.0);
  for (var j = part % STEP; j < WIDTH; j = j + STEP) { sum = sum + entry(first + j); }
  let mean = rowSum(inner(sum, Vector(1.0))) / f32(NUMBERS);
  var squares = 0.0;
  for (var j = part % STEP; j < WIDTH; j = j + STEP) {
    let v = entry(first + j) - mean;
    squares = squares + inner(v, v);
  }
  let scale = inverseSqrt(rowSum(squares) / f32(NUMBERS) + uniforms.epsilon);
  if (index < uniforms.total) {
    for (var j = part; j < WIDTH; j = j + PARTS) { result[first + j] = (entry(first + j) - mean) * scale * weight[j] + bias[j]; }
  }
}
