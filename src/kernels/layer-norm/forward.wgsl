// PARTS threads share a row. Each computes its mean and variance, which is cheaper than a barrier, and writes its share of the vectors.
// WIDTH counts vectors, NUMBERS their numbers.
fn main(index : i32) {
  if (index < uniforms.total) {
    let part = index % PARTS;
    let first = (index / PARTS) * WIDTH;
    var sum = Vector(0.0);
    for (var j = 0; j < WIDTH; j = j + 1) { sum = sum + entry(first + j); }
    let mean = inner(sum, Vector(1.0)) / f32(NUMBERS);
    var squares = 0.0;
    for (var j = 0; j < WIDTH; j = j + 1) {
      let v = entry(first + j) - mean;
      squares = squares + inner(v, v);
    }
    let scale = inverseSqrt(squares / f32(NUMBERS) + uniforms.epsilon);
    for (var j = part; j < WIDTH; j = j + PARTS) { result[first + j] = (entry(first + j) - mean) * scale * weight[j] + bias[j]; }
  }
}
