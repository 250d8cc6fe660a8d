// PARTS threads have a row, as in forward.wgsl: scale * (weight * dy - x * scale^2 * mean(x * weight * dy)).
fn main(index : i32) {
  let part = index % PARTS;
  let row = min(index / PARTS, uniforms.rows - 1);
  let first = row * WIDTH;
  var own = 0.0;
  for (var j = part % STEP; j < WIDTH; j = j + STEP) { own = own + inner(x[first + j], weight[j] * dy[first + j]); }
  let along = rowSum(own);
  let scale = scales[row];
  let pull = along * scale * scale / f32(NUMBERS);
  if (index < uniforms.total) {
    for (var j = part; j < WIDTH; j = j + PARTS) {
      result[first + j] = scale * (weight[j] * dy[first + j] - x[first + j] * pull);
    }
  }
}
