// fine[b,y,x,c] + coarse[b,y/2,x/2,c]. Flat over the output in groups of COMPONENTS channels.
fn main(index : i32) {
  if (index < uniforms.total) {
    let c = index % uniforms.channels;
    let x = (index / uniforms.channels) % uniforms.width;
    let row = index / (uniforms.channels * uniforms.width); // b * height + y, and height is even
    let below = ((row / 2) * (uniforms.width / 2) + x / 2) * uniforms.channels + c;
    result[index] = fine[index] + coarse[below];
  }
}
