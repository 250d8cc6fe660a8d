// One thread per query, head and vector of channels. DEPTH counts vectors.
fn main(index : i32) {
  if (index < uniforms.total) {
    let c = index % DEPTH;
    let row = index / DEPTH;
    let head = row % HEADS;
    let batch = row / (HEADS * uniforms.queries);
    var sample = row * SAMPLES;
    var sum = Vector(0.0);
    for (var l = 0; l < LEVELS; l = l + 1) {
      let here = level(l);
      for (var p = 0; p < here.w; p = p + 1) {
        let at = inCells(locations[sample], here);
        if (touches(at, here)) {
          let corner = floor(at);
          let f = at - corner;
          let x = i32(corner.x);
          let y = i32(corner.y);
          let above = mix(tap(batch, head, here, x, y, c), tap(batch, head, here, x + 1, y, c), f.x);
          let below = mix(tap(batch, head, here, x, y + 1, c), tap(batch, head, here, x + 1, y + 1, c), f.x);
          sum = sum + weights[sample] * mix(above, below, f.y);
        }
        sample = sample + 1;
      }
    }
    result[index] = sum;
  }
}
