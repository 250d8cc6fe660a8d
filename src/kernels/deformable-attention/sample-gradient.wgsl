// One thread per sample: the gradient of its location and of its weight. The result holds all locations' (x, y), then all
// weights'. DEPTH counts vectors.
fn main(index : i32) {
  if (index < uniforms.total) {
    let row = index / SAMPLES;
    let head = row % HEADS;
    let batch = row / (HEADS * uniforms.queries);
    let here = levelOfSample(index % SAMPLES);
    let at = inCells(locations[index], here);
    var along = vec2<f32>(0.0);
    var sampled = 0.0;
    if (touches(at, here)) {
      let corner = floor(at);
      let f = at - corner;
      let x = i32(corner.x);
      let y = i32(corner.y);
      for (var c = 0; c < DEPTH; c = c + 1) {
        let g = dy[row * DEPTH + c];
        let v00 = inner(g, tap(batch, head, here, x, y, c));
        let v10 = inner(g, tap(batch, head, here, x + 1, y, c));
        let v01 = inner(g, tap(batch, head, here, x, y + 1, c));
        let v11 = inner(g, tap(batch, head, here, x + 1, y + 1, c));
        along = along + vec2<f32>(mix(v10 - v00, v11 - v01, f.y), mix(v01 - v00, v11 - v10, f.x));
        sampled = sampled + mix(mix(v00, v10, f.x), mix(v01, v11, f.x), f.y);
      }
    }
    along = along * weights[index] * vec2<f32>(f32(here.y), f32(here.x));
    result[2 * index] = along.x;
    result[2 * index + 1] = along.y;
    result[2 * uniforms.total + index] = sampled;
  }
}
