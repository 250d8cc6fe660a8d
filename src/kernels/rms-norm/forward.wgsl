// PARTS threads share a row. Each sums all its squares, which is cheaper than a barrier, and writes its share of the vectors.
// WIDTH counts vectors, NUMBERS their numbers.
fn main(index : i32) {
  if (index < uniforms.total) {
    let part = index % PARTS;
    let first = (index / PARTS) * WIDTH;
    var squares = 0.0;
    for (var j = 0; j < WIDTH; j = j + 1) {
      let v = entry(first + j);
      squares = squares + inner(v, v);
    }
    let scale = inverseSqrt(squares / f32(NUMBERS) + uniforms.epsilon);
    for (var j = part; j < WIDTH; j = j + PARTS) { result[first + j] = entry(first + j) * scale * weight[j]; }
  }
}
