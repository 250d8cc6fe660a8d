// Of every row 1 / sqrt(mean(x^2) + epsilon), by PARTS threads. WIDTH counts vectors, NUMBERS their numbers.
fn main(index : i32) {
  let part = index % PARTS;
  let row = min(index / PARTS, uniforms.rows - 1);
  var squares = 0.0;
  for (var j = part % STEP; j < WIDTH; j = j + STEP) {
    let v = x[row * WIDTH + j];
    squares = squares + inner(v, v);
  }
  let scale = inverseSqrt(rowSum(squares) / f32(NUMBERS) + uniforms.epsilon);
  if (part == 0 && index < uniforms.total) { result[row] = scale; }
}
