// PARTS threads share a row, as in forward.wgsl: scale * (weight * dy - x * scale^2 * mean(x * weight * dy)).
fn main(index : i32) {
  if (index < uniforms.total) {
    let part = index % PARTS;
    let row = index / PARTS;
    let first = row * WIDTH;
    var along = 0.0;
    for (var j = 0; j < WIDTH; j = j + 1) { along = along + inner(x[first + j], weight[j] * dy[first + j]); }
    let scale = scales[row];
    let pull = along * scale * scale / f32(NUMBERS);
    for (var j = part; j < WIDTH; j = j + PARTS) {
      result[first + j] = scale * (weight[j] * dy[first + j] - x[first + j] * pull);
    }
  }
}
