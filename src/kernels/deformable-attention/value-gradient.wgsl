// One thread per cell, head and vector of channels: the sum over the samples on the lists of the four places that read the cell.
// The lists' order differs from run to run, the sum does not: every term is taken apart into two whole numbers of
// uniforms.unit steps, relative to the greatest possible term, and whole numbers add up exactly (the idea of Demmel and Nguyen,
// "Fast reproducible floating-point summation", 2013). What is cut off is below 2^-36 of the greatest term.

fn main(index : i32) {
  if (index < uniforms.total) {
    let c = index % DEPTH;
    let head = (index / DEPTH) % HEADS;
    let place = index / (DEPTH * HEADS);
    let batch = place / uniforms.cells;
    let cell = place - batch * uniforms.cells;
    let list = batch * HEADS + head;
    var here = uniforms.level0;
    var first = 0;
    var next = 0;
#for l in 0..LEVELS
    {
      let isPast = cell >= uniforms.level$l.z;
      here = select(here, uniforms.level$l, isPast);
      first = select(first, next, isPast);
      next += (uniforms.level$l.x + 1) * (uniforms.level$l.y + 1);
    }
#end
    let y = (cell - here.z) / here.y;
    let x = cell - here.z - y * here.y;
    // the place of the sample that reads the cell as its upper left one
    let own = list * uniforms.places + first + (y + 1) * (here.y + 1) + x + 1;
    let bits = lists[uniforms.greatest + list];
    // of a power of two above the greatest term; the limits keep its inverse times the unit finite
    let exponent = clamp((bits >> 23) + 1, 37, 227);
    let unit = uniforms.unit;
    let scale = bitcast<f32>((254 - exponent) << 23) * unit;
    var coarse = Whole(0);
    var fine = Whole(0);
#for corner in 0..4
    {
      var node = lists[own - ($corner >> 1) * (here.y + 1) - ($corner & 1)];
      while (node > 0) {
        let sample = node - 1;
        let at = inCells(locations[sample], here);
        let f = at - floor(at);
        let share = select(1.0 - f, f, vec2<bool>(($corner & 1) == 1, $corner >> 1 == 1));
        let term = dy[(sample / SAMPLES) * DEPTH + c] * (weights[sample] * share.x * share.y * scale);
        let whole = Whole(term);
        coarse += whole;
        fine += Whole((term - Vector(whole)) * unit);
        node = lists[uniforms.nexts + sample];
      }
    }
#end
    let sum = (Vector(coarse) + Vector(fine) / unit) / scale;
    // infinity or NaN among the inputs: seen in the bits, since whole numbers would hide it
    result[index] = select(sum, Vector(bitcast<f32>(bits)), bits >= 0x7f800000);
  }
}
