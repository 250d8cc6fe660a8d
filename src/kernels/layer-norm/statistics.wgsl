// One thread per row: its mean and 1 / sqrt(variance + epsilon). WIDTH counts vectors, NUMBERS their numbers.
fn main(index : i32) {
  if (index < uniforms.total) {
    let first = index * WIDTH;
    var sum = Vector(0.0);
    for (var j = 0; j < WIDTH; j = j + 1) { sum = sum + x[first + j]; }
    let mean = inner(sum, Vector(1.0)) / f32(NUMBERS);
    var squares = 0.0;
    for (var j = 0; j < WIDTH; j = j + 1) {
      let v = x[first + j] - mean;
      squares = squares + inner(v, v);
    }
    result[2 * index] = mean;
    result[2 * index + 1] = inverseSqrt(squares / f32(NUMBERS) + uniforms.epsilon);
  }
}
