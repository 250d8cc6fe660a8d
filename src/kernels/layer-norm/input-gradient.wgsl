// PARTS threads share a row, as in forward.wgsl: scale * (g - mean(g) - n * mean(g * n)) with g = weight * dy, n = (x - mean) * scale.
fn main(index : i32) {
  if (index < uniforms.total) {
    let part = index % PARTS;
    let row = index / PARTS;
    let first = row * WIDTH;
    let mean = statistics[2 * row];
    let scale = statistics[2 * row + 1];
    var sum = Vector(0.0);
    var along = 0.0;
    for (var j = 0; j < WIDTH; j = j + 1) {
      let g = weight[j] * dy[first + j];
      sum = sum + g;
      along = along + inner((x[first + j] - mean) * scale, g);
    }
    let level = inner(sum, Vector(1.0)) / f32(NUMBERS);
    let pull = along / f32(NUMBERS);
    for (var j = part; j < WIDTH; j = j + PARTS) {
      result[first + j] = scale * (weight[j] * dy[first + j] - level - (x[first + j] - mean) * scale * pull);
    }
  }
}
