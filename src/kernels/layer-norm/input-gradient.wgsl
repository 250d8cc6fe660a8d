// PARTS threads have a row, as in forward.wgsl: scale * (g - mean(g) - n * mean(g * n)) with g = weight * dy, n = (x - mean) * scale.
fn main(index : i32) {
  let part = index % PARTS;
  let row = min(index / PARTS, uniforms.rows - 1);
  let first = row * WIDTH;
  let mean = statistics[2 * row];
  let scale = statistics[2 * row + 1];
  var sum = Vector(0.0);
  var along = 0.0;
  for (var j = part % STEP; j < WIDTH; j = j + STEP) {
    let g = weight[j] * dy[first + j];
    sum = sum + g;
    along = along + inner((x[first + j] - mean) * scale, g);
  }
  let level = rowSum(inner(sum, Vector(1.0))) / f32(NUMBERS);
  let pull = rowSum(along) / f32(NUMBERS);
  if (index < uniforms.total) {
    for (var j = part; j < WIDTH; j = j + PARTS) {
      result[first + j] = scale * (weight[j] * dy[first + j] - level - (x[first + j] - mean) * scale * pull);
    }
  }
}
