// One thread per row: 1 / sqrt(mean(x^2) + epsilon). WIDTH counts vectors, NUMBERS their numbers.
fn main(index : i32) {
  if (index < uniforms.total) {
    var squares = 0.0;
    for (var j = 0; j < WIDTH; j = j + 1) {
      let v = x[index * WIDTH + j];
      squares = squares + inner(v, v);
    }
    result[index] = inverseSqrt(squares / f32(NUMBERS) + uniforms.epsilon);
  }
}
