// One thread per sample: puts it on the list of its place, the four cells that it reads from. `result` was zeroed before and holds
//   for each (batch, head, place) the list's first sample + 1, 0 for none,
//   from uniforms.nexts on, for each sample the one behind it on its list,
//   from uniforms.greatest on, for each (batch, head) the bits of max |dy| * max |weight| over its rows: no term is greater.
// A place of a level is (y + 1) * (w + 1) + x + 1 of the upper left cell, which may lie one outside.
fn main(index : i32) {
  if (index < uniforms.total) {
    let k = index % SAMPLES;
    let row = index / SAMPLES;
    let head = row % HEADS;
    let batch = row / (HEADS * uniforms.queries);
    let list = batch * HEADS + head;
    if (k == 0) {
      // bits of positive floats are in the floats' order, infinity and NaN behind all others
      var weight = 0;
      for (var s = 0; s < SAMPLES; s++) {
        weight = max(weight, bitcast<i32>(abs(weights[index + s])));
      }
      var most = 0;
      for (var c = 0; c < DEPTH; c++) {
        most = max(most, greatestBits(dy[row * DEPTH + c]));
      }
      let term = abs(bitcast<f32>(weight) * bitcast<f32>(most));
      atomicMax(&result[uniforms.greatest + list], bitcast<i32>(term));
    }
    var here = uniforms.level0;
    var first = 0;
    var next = 0;
    var left = k;
#for l in 0..LEVELS
    {
      let isPast = left >= 0;
      here = select(here, uniforms.level$l, isPast);
      first = select(first, next, isPast);
      next += (uniforms.level$l.x + 1) * (uniforms.level$l.y + 1);
      left -= uniforms.level$l.w;
    }
#end
    let at = inCells(locations[index], here);
    if (touches(at, here)) {
      let corner = vec2<i32>(floor(at)) + 1;
      let place = list * uniforms.places + first + corner.y * (here.y + 1) + corner.x;
      atomicStore(&result[uniforms.nexts + index], atomicExchange(&result[place], index + 1));
    }
  }
}
