// Flat over [R,E+O,C] in groups of components: a row's own E, then the O of its image. x is one after another: [R,E], then [B,O].
fn main(index : i32) {
  if (index < uniforms.total) {
    let c = index % uniforms.channels;
    let seat = index / uniforms.channels;
    let seats = uniforms.own + uniforms.others;
    let row = seat / seats;
    let place = seat % seats;
    var source = row * uniforms.own + place;
    if (place >= uniforms.own) {
      source = uniforms.rows * uniforms.own + row / uniforms.rollouts * uniforms.others + place - uniforms.own;
    }
    result[index] = x[source * uniforms.channels + c];
  }
}
