// The gradient: own queries have it from their own seat, the others of an image from their seats in all rollouts. Flat over [R E + B O,C] in groups of components.
fn main(index : i32) {
  if (index < uniforms.total) {
    let c = index % uniforms.channels;
    let source = index / uniforms.channels;
    let seats = uniforms.own + uniforms.others;
    let own = uniforms.rows * uniforms.own;
    if (source < own) {
      let seat = source / uniforms.own * seats + source % uniforms.own;
      result[index] = dy[seat * uniforms.channels + c];
    } else {
      let other = source - own;
      let image = other / uniforms.others;
      let first = image * uniforms.rollouts * seats + uniforms.own + other % uniforms.others;
      var sum = ZERO;
      for (var g = 0; g < uniforms.rollouts; g++) {
        sum += dy[(first + g * seats) * uniforms.channels + c];
      }
      result[index] = sum;
    }
  }
}
