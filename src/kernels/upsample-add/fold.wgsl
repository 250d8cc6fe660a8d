// The gradient of the coarse level: the sum of the four fine cells that read it. Flat over the coarse level.
fn main(index : i32) {
  if (index < uniforms.total) {
    let c = index % uniforms.channels;
    let x = (index / uniforms.channels) % uniforms.width;
    let row = index / (uniforms.channels * uniforms.width);
    let fineWidth = uniforms.width * 2;
    let upper = ((row * 2) * fineWidth + x * 2) * uniforms.channels + c;
    let lower = upper + fineWidth * uniforms.channels;
    result[index] = dy[upper] + dy[upper + uniforms.channels] + dy[lower] + dy[lower + uniforms.channels];
  }
}
