// One thread per sample and channel scatters into the four cells. Floats are added by compare-exchange on their bits.
// `result` was zeroed before. The order of additions is free, so the last bits may differ between runs.
fn add(i : i32, v : f32) {
  var old = atomicLoad(&result[i]);
  loop {
    let exchange = atomicCompareExchangeWeak(&result[i], old, bitcast<i32>(bitcast<f32>(old) + v));
    if (exchange.exchanged) { break; }
    old = exchange.old_value;
  }
}

fn put(first : i32, here : vec4<i32>, x : i32, y : i32, g : f32) {
  if (x < 0 || y < 0 || x >= here.y || y >= here.x || g == 0.0) { return; }
  add(first + (here.z + y * here.y + x) * HEADS * DEPTH, g);
}

fn main(index : i32) {
  if (index < uniforms.total) {
    let c = index % DEPTH;
    let sample = index / DEPTH;
    let row = sample / SAMPLES;
    let head = row % HEADS;
    let batch = row / (HEADS * uniforms.queries);
    let here = levelOfSample(sample % SAMPLES);
    let at = inCells(locations[sample], here);
    if (touches(at, here)) {
      let corner = floor(at);
      let f = at - corner;
      let x = i32(corner.x);
      let y = i32(corner.y);
      let g = dy[row * DEPTH + c] * weights[sample];
      let first = (batch * uniforms.cells * HEADS + head) * DEPTH + c;
      put(first, here, x, y, g * (1.0 - f.x) * (1.0 - f.y));
      put(first, here, x + 1, y, g * f.x * (1.0 - f.y));
      put(first, here, x, y + 1, g * (1.0 - f.x) * f.y);
      put(first, here, x + 1, y + 1, g * f.x * f.y);
    }
  }
}
