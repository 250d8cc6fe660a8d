// Of every row its mean and 1 / sqrt(variance + epsilon), by PARTS threads. WIDTH counts vectors, NUMBERS their numbers.
fn main(index : i32) {
  let part = index % PARTS;
  let row = min(index / PARTS, uniforms.rows - 1);
  let first = row * WIDTH;
  var sum = Vector(0.0);
  for (var j = part % STEP; j < WIDTH; j = j + STEP) { sum = sum + x[first + j]; }
  let mean = rowSum(inner(sum, Vector(1.0))) / f32(NUMBERS);
  var squares = 0.0;
  for (var j = part % STEP; j < WIDTH; j = j + STEP) {
    let v = x[first + j] - mean;
    squares = squares + inner(v, v);
  }
  let scale = inverseSqrt(rowSum(squares) / f32(NUMBERS) + uniforms.epsilon);
  if (part == 0 && index < uniforms.total) {
    result[2 * row] = mean;
    result[2 * row + 1] = scale;
  }
}
